"""The gate: so many connections and no more, and whoever dawdles at any stage is let go."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.model.access import Role
from engine.serve import connection, gate, listening, shield
from engine.serve.gate import Gate
from engine.serve.listening import listener
from engine.serve.tls import CERTIFICATE, identity
from tests.unit.serve.test_listening import Stage, staged
from tests.waiting import until


class Greets(asyncio.Protocol):
    """Says one letter to who is let in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"!")


def opened(work: Callable[[Gate, int, list[int]], Awaitable[None]], tls: ssl.SSLContext | None = None) -> None:
    """A gate on loopback, and what is done with it: it, its port, and one entry for each who was refused."""

    async def run() -> None:
        refused: list[int] = []
        one = Gate(Greets, tls, lambda: refused.append(1))
        with listener("127.0.0.1", 0) as bound:
            one.open(bound)
            try:
                async with asyncio.timeout(30):
                    await work(one, bound.getsockname()[1], refused)
            finally:
                await one.close()

    asyncio.run(run())


async def knock(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def inside(came: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bool:
    with suppress(ConnectionError):
        return await came[0].read(1) == b"!"
    return False


async def leave(came: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    came[1].close()
    with suppress(OSError):
        await came[1].wait_closed()


async def settled(one: Gate, count: int) -> None:
    while one.count() != count:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("bound", ["in all", "of one address"])
def test_so_many_come_in_and_no_more_until_one_leaves(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    if bound == "in all":
        monkeypatch.setattr(gate, "MOST", 2)
    else:
        monkeypatch.setattr(gate, "EACH", 2)
        monkeypatch.setattr(gate, "_own", lambda address: False)

    async def work(one: Gate, port: int, refused: list[int]) -> None:
        first, second, third = [await knock(port) for _ in range(3)]
        assert [await inside(came) for came in (first, second, third)] == [True, True, False]
        assert (one.count(), one.count("127.0.0.1"), len(refused)) == (2, 2, 1)
        await leave(first)
        await settled(one, 1)
        fourth = await knock(port)
        assert await inside(fourth)
        for came in (second, third, fourth):
            await leave(came)
        await settled(one, 0)

    opened(work)


def test_this_computer_itself_has_no_bound_but_the_one_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "EACH", 1)

    async def work(one: Gate, port: int, refused: list[int]) -> None:
        came = [await knock(port) for _ in range(3)]
        assert all([await inside(each) for each in came])
        for each in came:
            await leave(each)

    opened(work)
    assert [gate._own(each) for each in ("127.0.0.1", "::1", "192.0.2.7", "fe80::1%eth0", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_who_speaks_no_tls_or_nothing_at_all_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "HANDSHAKE", 0.3)

    async def work(one: Gate, port: int, refused: list[int]) -> None:
        silent, rude = await knock(port), await knock(port)
        rude[1].write(b"GET / HTTP/1.1\r\n\r\n")
        for came in (silent, rude):
            with suppress(ConnectionError):
                while await came[0].read(100):
                    pass
        await settled(one, 0)
        for came in (silent, rude):
            await leave(came)

    opened(work, identity(tmp_path).context())


def test_nobody_comes_in_while_the_system_has_no_handle_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "AGAIN", 0.01)

    async def work(one: Gate, port: int, refused: list[int]) -> None:
        loop, failures = asyncio.get_running_loop(), iter(range(2))
        real = loop.sock_accept

        async def full(bound: socket.socket) -> object:
            if next(failures, None) is not None:
                raise OSError(24, "Too many open files")
            return await real(bound)

        monkeypatch.setattr(loop, "sock_accept", full)
        first, second = await knock(port), await knock(port)  # the first is accepted by the call that waits already
        assert await inside(first)
        assert await inside(second)
        for came in (first, second):
            await leave(came)

    opened(work)


@contextmanager
def spoken(stage: Stage) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=stage.library / CERTIFICATE)
    with (
        socket.create_connection(("127.0.0.1", stage.port), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as made,
    ):
        yield made


def rest(link: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    told = b""
    with suppress(OSError):
        while more := link.recv(4096):
            told += more
    return told


def test_who_dawdles_at_any_stage_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "HANDSHAKE", 0.3)
    monkeypatch.setattr(connection, "HEAD", 0.3)
    monkeypatch.setattr(shield, "SLOWEST", 0.3)
    monkeypatch.setattr(listening, "KEEP_ALIVE", 0.3)
    ask = b" HTTP/1.1\r\nHost: localhost\r\n"
    with staged(tmp_path, monkeypatch, tls=True, pair=Role.OPERATOR) as stage:
        with socket.create_connection(("127.0.0.1", stage.port), timeout=30) as half:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a hello
            assert rest(half) == b""
        with spoken(stage) as silent:
            assert rest(silent) == b""
        with spoken(stage) as dribbling:
            dribbling.sendall(b"GET /v1/health/live" + ask + b"X-Slow: ")
            assert rest(dribbling) == b""
        with spoken(stage) as idle:  # between two requests
            idle.sendall(b"GET /v1/health/live" + ask + b"\r\n")
            assert rest(idle).startswith(b"HTTP/1.1 200")
        with spoken(stage) as slow:
            slow.sendall(b"POST /v1/pair" + ask + b"Content-Length: 100\r\nContent-Type: application/json\r\n\r\n{")
            assert rest(slow).startswith(b"HTTP/1.1 408")
        with stage.client() as client:
            token = client.post("/v1/pair", json={"code": stage.told["code"]}).json()["token"]
        head = b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: 5000\r\n\r\n"
        with spoken(stage) as crawling:  # an upload, whose bound is how fast it comes in the mean
            crawling.sendall(b"PUT /v1/node/blob/" + b"a" * 64 + b"?size=5000" + ask + head + b"abc")
            assert rest(crawling).startswith(b"HTTP/1.1 408")


def test_who_is_refused_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MOST", 0)
    with staged(tmp_path, monkeypatch) as stage:
        with socket.create_connection(("127.0.0.1", stage.port), timeout=30) as link:
            assert rest(link) == b""
        monkeypatch.setattr(gate, "MOST", 10)

        def told() -> bool:
            with socket.create_connection(("127.0.0.1", stage.port), timeout=30) as link:
                link.sendall(b"GET /v1/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return b" 200 " in rest(link)

        until(told)
