import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostError, HostLost, HostRefused
from engine.hosts.ssh import SshOpener, opener
from engine.hosts.ssh.connection import Patience
from engine.jobs.orders import PROTOCOL, Capabilities
from tests.sshd import Sshd, started


class Slow:
    """Stands where the client of a node stands; what it does is set by the test."""

    made: list["Slow"] = []
    fails: Exception | None = None
    silent = False

    def __init__(self, url: str, token: str, name: str = "") -> None:
        self.url, self.token = url, token
        self.sent, self.received = 7, 8
        self.closed = False
        Slow.made.append(self)

    async def capabilities(self) -> Capabilities:
        if Slow.fails is not None:
            raise Slow.fails
        if Slow.silent:
            await asyncio.sleep(60)
        return Capabilities(PROTOCOL, "0", {})

    async def answers(self, wait: float) -> list[Any]:
        await asyncio.sleep(60)
        return []

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.hosts import http

    monkeypatch.setattr(http, "HttpNode", Slow)
    Slow.made, Slow.fails, Slow.silent = [], None, False


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def way(sshd: Sshd, node: Path, **patience: Any) -> SshOpener:
    return SshOpener(sshd.address, sshd.pinned, sshd.options(node), patience=Patience(**patience))


async def waiting(one: Any) -> float:
    """How long somebody waits until the loss is known."""
    began = time.monotonic()
    with pytest.raises(HostLost):
        await one
    return time.monotonic() - began


def test_a_node_is_reached_and_a_broken_connection_is_known_at_once(own_sshd: Sshd, node: Path, home: Path) -> None:
    async def work() -> None:
        connect = way(own_sshd, node)
        there = await connect()
        assert (await there.capabilities()).protocol == PROTOCOL
        assert (there.sent, there.received) == (7, 8)
        assert Slow.made[-1].url.startswith("http://127.0.0.1:")
        asked = asyncio.ensure_future(there.answers(30))
        await asyncio.sleep(0.05)
        assert own_sshd.cut()
        assert await waiting(asked) < 30  # of the 60 that it would take to answer
        assert await waiting(there.capabilities()) < 10
        await there.close()
        assert Slow.made[-1].closed
        again = await connect()  # the node lives on, and is found
        assert Slow.made[-1].token == Slow.made[0].token
        await again.close()

    run(work())
    assert len(started(node)) == 1


def test_a_frozen_connection_is_noticed(own_sshd: Sshd, node: Path, home: Path) -> None:
    async def work() -> float:
        there = await way(own_sshd, node, pulse=0.2, beats=1)()
        asked = asyncio.ensure_future(there.answers(30))
        await asyncio.sleep(0.05)
        assert own_sshd.freeze()
        try:
            return await waiting(asked)
        finally:
            await there.close()
            own_sshd.thaw()

    assert run(work()) < 30


def test_after_a_kill_the_next_connection_starts_another_node(own_sshd: Sshd, node: Path, home: Path) -> None:
    async def work() -> None:
        connect = way(own_sshd, node)
        await (await connect()).close()
        (first,) = started(node)
        os.kill(first, signal.SIGKILL)
        await (await connect()).close()
        (second,) = started(node)
        assert second != first

    run(work())


def test_a_node_that_was_wiped_meanwhile_is_put_there_again(own_sshd: Sshd, node: Path, home: Path) -> None:
    from engine.hosts.ssh import wipe

    async def work() -> None:
        connect = way(own_sshd, node)
        await (await connect()).close()
        await wipe(own_sshd.address, own_sshd.pinned, own_sshd.options(node))
        await (await connect()).close()

    run(work())
    assert len(started(node)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("why", ["silent", "refuses"])
def test_a_node_that_will_not_talk_is_ended_and_started_anew(
    own_sshd: Sshd, node: Path, home: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(opener, "ANSWERS", 0.2)
    monkeypatch.setattr(opener, "SILENT", 0.3)

    async def work() -> None:
        connect = way(own_sshd, node)
        await (await connect()).close()
        (first,) = started(node)
        if why == "silent":
            Slow.silent = True
        else:
            Slow.fails = HostRefused("The token is wrong.")
        for _ in range(4):
            with contextlib.suppress(HostLost, HostRefused):
                await (await connect()).close()
            if first not in started(node):
                break
            await asyncio.sleep(0.2)
        assert first not in started(node)
        Slow.silent, Slow.fails = False, None
        await (await connect()).close()

    run(work())


def test_an_option_that_makes_no_sense_is_said_when_it_is_used(sshd: Sshd, node: Path, home: Path) -> None:
    """Not when it is read: a library with such a host must open."""
    for value in ("soon", "-1", "0.5", "9" * 40):
        connect = SshOpener(sshd.address, sshd.pinned, sshd.options(node, idle_exit=value))
        with pytest.raises(HostError, match="idle_exit"):
            run(connect())


def test_a_changed_key_sends_nothing(own_sshd: Sshd, node: Path, home: Path) -> None:
    from engine.errors import HostKeyChanged

    connect = way(own_sshd, node)
    own_sshd.new_host_key()
    with pytest.raises(HostKeyChanged):
        run(connect())
    assert not node.exists()


def test_a_check_says_each_step(own_sshd: Sshd, node: Path, home: Path) -> None:
    from engine.hosts.ssh import check

    async def work() -> list[str]:
        return [sentence async for sentence in check(own_sshd.address, own_sshd.pinned, own_sshd.options(node))]

    said = run(work())
    assert len(said) >= 7
    assert "lets you in" in said[0]
    assert "Python" in said[1]
    assert "ms" in said[-1]
    assert "Its node still ran." in run(work())
