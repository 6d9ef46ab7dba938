"""A front on a real socket: TLS, slow heads, WebSockets, signals of its end, and where it may not listen."""

import asyncio
import json
import logging
import socket
import ssl
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from cryptography import x509

from engine.access import RUN, Access
from engine.errors import KinoraError
from engine.hosts.pinning import fingerprint
from engine.library import Library
from engine.model.access import Role
from engine.serve import connection, listening, tls
from engine.serve.blobs import owner_of
from engine.serve.listening import Server, Wish, beyond, charge, listener, serve
from engine.serve.orders import Use
from engine.serve.tls import CERTIFICATE, KEY, identity
from engine.store import spool
from tests.unit.keeping import kept


class Stage:
    """A `kinora serve` on a thread."""

    def __init__(self, told: dict[str, Any], library: Path) -> None:
        self.told = told
        self.library = library
        self.port = int(told["address"].rpartition(":")[2])

    def client(self, token: str = "") -> httpx2.Client:
        context = ssl.create_default_context(cafile=self.library / CERTIFICATE)
        head = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.told["address"], verify=context, headers=head, timeout=60, trust_env=False)


@contextmanager
def staged(folder: Path, monkeypatch: pytest.MonkeyPatch, **wish: Any) -> Iterator[Stage]:
    """It serves the library of a few pictures until the block ends."""
    with kept(folder, 2):
        pass
    ready, found, servers = threading.Event(), [], []
    real = Server.__init__

    def noted(self: Server, *given: Any) -> None:
        real(self, *given)
        servers.append(self)

    monkeypatch.setattr(Server, "__init__", noted)

    def say(told: dict[str, Any]) -> None:
        found.append(told)
        ready.set()

    def work() -> None:
        try:
            serve(folder / "library", Wish(port=0, node=True, **wish), say)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="serve")
    thread.start()
    try:
        assert ready.wait(60)
        yield Stage(found[0], folder / "library")
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def test_it_serves_over_tls_pairs_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(tmp_path, monkeypatch, tls=True, pair=Role.ADMIN) as stage:
        with stage.client() as client:
            assert client.get("/v1/health/live").json()["alive"] is True
            assert client.get("/v1/node/capabilities").status_code == 401
            paired = client.post("/v1/pair", json={"code": stage.told["code"], "label": "laptop"}).json()
        with stage.client(paired["token"]) as client:
            me = client.get("/v1/me")
            assert me.json()["label"] == "laptop"
            assert "strict-transport-security" in me.headers
            assert client.get("/v1/node/capabilities").json()["protocol"] == 1
            assert client.get("/v1/assets").status_code == 404  # a node alone
        certificate = stage.library / CERTIFICATE
        assert fingerprint(identity(stage.library).fingerprint) == stage.told["fingerprint"]
        if sys.platform != "win32":
            assert stat.S_IMODE((stage.library / KEY).stat().st_mode) == 0o600
            assert stat.S_IMODE(certificate.stat().st_mode) == 0o600
        with pytest.raises(httpx2.ConnectError):  # not on a list of anybody's
            httpx2.get(stage.told["address"] + "/v1/health/live", trust_env=False, timeout=5)
        monkeypatch.setattr(connection, "HEAD", 0.3)
        _dribble(stage)
        token = paired["token"]
    with Library.open(tmp_path / "library", work=False) as library:
        access = Access(library.database)
        assert access.check(token, "").label == "laptop"
        assert access.used(access.check(token, "").id).requests == 2  # written down at the end
        assert access.verify().broken is None


def _dribble(stage: Stage) -> None:
    """Heads that never end cost the one who sends them his connection, and nobody else anything."""
    context = ssl.create_default_context(cafile=stage.library / CERTIFICATE)
    raw = socket.create_connection(("127.0.0.1", stage.port), timeout=60)
    with context.wrap_socket(raw, server_hostname="localhost") as slow:
        slow.sendall(b"GET /v1/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        with suppress(OSError):
            assert slow.recv(100) == b""


def test_a_real_socket_hears_what_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A WebSocket, asked by a client of others."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    monkeypatch.setattr("engine.serve.live.HEARTBEAT", 0.05)
    monkeypatch.setattr("engine.serve.live.PAUSE", 0.0)
    from engine.serve import app as app_module

    monkeypatch.setattr(listening, "create_app", lambda front, only_node: app_module.create_app(front))
    with staged(tmp_path, monkeypatch, pair=Role.VIEWER) as stage:
        with httpx2.Client(base_url=stage.told["address"], trust_env=False) as client:
            token = client.post("/v1/pair", json={"code": stage.told["code"]}).json()["token"]
            head = {"authorization": f"Bearer {token}"}
            assert client.get("/v1/assets", headers=head).json()["total"] == 2
            with client.stream("GET", "/v1/events", headers=head) as events:
                lines = events.iter_lines()
                assert next(lines) == "id: 1"
                assert json.loads(next(lines).removeprefix("data: "))["queue"]["waiting"] > 0

        async def talk() -> list[Any]:
            url = f"ws://127.0.0.1:{stage.port}/v1/live"
            link = await websocket_connect(HTTPRequest(url, headers=head))
            await link.write_message("nobody listens to this")
            heard = [json.loads(str(await link.read_message())) for _ in range(3)]
            pinged: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            link.on_pong = lambda data: pinged.done() or pinged.set_result(data)  # type: ignore[method-assign]
            link.ping(b"hello")
            assert await asyncio.wait_for(pinged, 5) == b"hello"
            link.close()
            while await link.read_message() is not None:
                pass
            big = await websocket_connect(HTTPRequest(url, headers=head))
            await big.write_message("x" * 100_000)  # a word too long is the end
            while await big.read_message() is not None:
                pass
            assert big.close_code == 1009
            big.close()
            return heard

        heard = asyncio.run(talk())
        assert heard[0]["queue"]["waiting"] > 0
        assert heard[1:] == [{}, {}]
        for head_line in ("Sec-WebSocket-Version: 12", "Sec-WebSocket-Key: short"):
            assert b" 400 " in _upgrade(stage, head_line)
        assert b" 403 " in _upgrade(stage, "Authorization: Bearer no")
        assert b" 403 " in _upgrade(stage, "Origin: http://evil.example")
        assert _pings_without_reading(stage, token) < 24 << 20  # what lies in the system's buffers, and no more


def _pings_without_reading(stage: Stage, token: str) -> int:
    """How many bytes of pings are taken of one who reads no answer, 32 MB at most."""
    lines = "\r\n".join(f"{key}: {one}" for key, one in {**UPGRADE, "Authorization": f"Bearer {token}"}.items())
    ping = b"\x89\xfd" + bytes(4) + b"p" * 125
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", stage.port))
        raw.sendall(f"GET /v1/live HTTP/1.1\r\n{lines}\r\n\r\n".encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 101")
        raw.settimeout(1.0)
        sent = 0
        with suppress(TimeoutError):
            while sent < 32 << 20:
                sent += raw.send(ping * 500)
        return sent


UPGRADE = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip


def _upgrade(stage: Stage, line: str) -> bytes:
    name, _, value = line.partition(": ")
    lines = {**UPGRADE, name: value}
    head = "".join(f"{key}: {one}\r\n" for key, one in lines.items())
    with socket.create_connection(("127.0.0.1", stage.port), timeout=60) as raw:
        raw.sendall(f"GET /v1/live HTTP/1.1\r\n{head}\r\n".encode())
        return raw.recv(1000)


def test_it_ends_when_nobody_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "FLUSH", 1)
    told: list[dict[str, Any]] = []
    serve(tmp_path / "library", Wish(port=0, node=True, announce=True, idle_exit=0.2), told.append)
    assert set(told[0]) == {"port", "token", "protocol", "version", "pid"}
    with Library.open(tmp_path / "library", work=False) as library:
        assert Access(library.database).rows() == []  # its token ended with it


def test_a_node_that_ends_by_itself_leaves_nothing_of_what_was_sent_and_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "FLUSH", 1)
    left = tmp_path / "library" / "node" / "blobs" / owner_of(RUN) / ("a" * 64)
    words = "confidential " * 50_000

    def answer(connection: Any) -> None:
        spool.accept(connection, RUN, "o", "{}", ["k"], 1)
        spool.answer(connection, RUN, "k", words)

    with Library.open(tmp_path / "library", work=False) as library:
        library.database.maintain(lambda connection: connection.execute("PRAGMA secure_delete = OFF").fetchall())
        library.database.write(answer)
        library.database.write(lambda connection: spool.acknowledge(connection, RUN, ["k"]))
    assert b"confidential" in (tmp_path / "library" / "kinora.db").read_bytes()
    left.parent.mkdir(parents=True)
    left.write_bytes(b"sent")
    serve(tmp_path / "library", Wish(port=0, node=True, announce=True, idle_exit=0.2), lambda told: None)
    assert not left.parent.exists()
    assert not any(b"confidential" in place.read_bytes() for place in (tmp_path / "library").glob("kinora.db*"))


@pytest.mark.parametrize(("host", "outside"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_what_others_can_reach(host: str, outside: bool) -> None:
    assert beyond(host) is outside


def test_what_no_machine_can_ask_for_is_told_with_addresses_that_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography import x509

    monkeypatch.setattr(tls, "own_addresses", lambda: ["192.0.2.7", "2001:db8::7"])
    monkeypatch.setattr(listening, "own_addresses", tls.own_addresses)
    found = identity(tmp_path)
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "192.0.2.7" in map(str, names.get_values_for_type(x509.IPAddress)), "curl --cacert finds it"
    for host, reached in (("0.0.0.0", ["192.0.2.7"]), ("::", ["192.0.2.7", "[2001:db8::7]"]), ("127.0.0.1", None)):
        try:
            bound = listener(host, 0)
        except KinoraError:
            assert host == "::"  # this machine has no IPv6
            continue
        with bound:
            told = listening._told(bound, cast(Any, None), Wish(host=host), found)
        port = told["address"].rpartition(":")[2]
        assert told.get("reached") == (reached and [f"https://{one}:{port}" for one in reached])


def test_the_addresses_of_this_machine_are_those_of_others() -> None:
    import ipaddress

    assert not [one for one in tls.own_addresses() if ipaddress.ip_address(one).is_loopback]


def test_beyond_this_computer_only_with_a_token_and_not_offline(tmp_path: Path) -> None:
    wish = Wish(host="0.0.0.0", port=0, node=True)
    with pytest.raises(KinoraError, match="no token yet"):
        serve(tmp_path / "library", wish, lambda told: None)
    with Library.open(tmp_path / "library", work=False) as library:
        row, _ = Access(library.database).make(Role.VIEWER)
        Access(library.database).revoke(row.id)
    with pytest.raises(KinoraError, match="no token yet"):
        serve(tmp_path / "library", wish, lambda told: None)
    with Library.open(tmp_path / "library", work=False) as library:
        Access(library.database).make(Role.VIEWER)
        library.set("net.offline", True)
    with pytest.raises(KinoraError, match="Offline is set"):
        serve(tmp_path / "library", wish, lambda told: None)
    with pytest.raises(KinoraError, match="no address"):
        beyond("nowhere.invalid.")


def test_a_taken_port_is_a_sentence() -> None:
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(KinoraError, match=f"port {port}") as told:
            listener("127.0.0.1", port)
    assert "--port 0" in told.value.hint


def test_a_certificate_holds_the_names_that_were_asked_for(tmp_path: Path) -> None:
    own = identity(tmp_path, names=("box.example", "no name", "10.0.0.1"))
    text = x509.load_pem_x509_certificate(own.certificate.read_bytes())
    held = text.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert "box.example" in held
    assert not {"no name", "10.0.0.1"} & {*held}


def test_certificates_that_cannot_be_used_are_sentences(tmp_path: Path) -> None:
    own = identity(tmp_path)
    again = identity(tmp_path)
    assert own.fingerprint == again.fingerprint
    assert identity(tmp_path, own.certificate, own.key).fingerprint == own.fingerprint
    with pytest.raises(KinoraError, match="not one of them"):
        identity(tmp_path, own.certificate, None)
    other = tmp_path / "other"
    other.mkdir()
    foreign = identity(other)
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing")
    for certificate, key in ((own.certificate, foreign.key), (bad, own.key), (own.certificate, bad),
                             (tmp_path / "none.pem", own.key)):  # fmt: skip
        with pytest.raises(KinoraError, match="cannot be used"):
            identity(tmp_path, certificate, key)


def test_a_nodes_work_counts_against_the_quota_and_its_end_does_not_fail(tmp_path: Path) -> None:
    from engine.errors import HostLimited
    from engine.model.access import Quota

    with kept(tmp_path, 1) as library:
        access = Access(library.database)
        row, _ = access.make(Role.OPERATOR, quota=Quota(jobs=2, gpu=5.0))
        count = charge(access)
        count(row.id, Use(jobs=2))
        count(row.id, Use(seconds=9.0))  # what was done is counted, whatever it cost
        with pytest.raises(HostLimited):
            count(row.id, Use(jobs=1))
        assert (access.used(row.id).jobs, access.used(row.id).gpu) == (2, 9.0)


def test_many_who_ask_at_once_get_no_more_than_the_quota_holds(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from engine.errors import HostLimited
    from engine.model.access import Quota

    with kept(tmp_path, 1) as library:
        access = Access(library.database)
        row, _ = access.make(Role.OPERATOR, quota=Quota(jobs=100, bytes=1000))
        count, real = charge(access), access.allow

        def slow(*given: Any, **more: Any) -> None:
            real(*given, **more)
            time.sleep(0.01)

        access.allow = slow  # type: ignore[method-assign]

        def ask(use: Use) -> bool:
            try:
                count(row.id, use)
            except HostLimited:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(ask, [Use(jobs=40)] * 16)) == 2
            assert sum(pool.map(ask, [Use(bytes=300)] * 16)) == 3  # uploads that are announced, none of them here yet
        assert (access.used(row.id).jobs, access.used(row.id).bytes) == (80, 900)


def test_no_secret_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        staged(tmp_path, monkeypatch, pair=Role.ADMIN) as stage,
        httpx2.Client(base_url=stage.told["address"], trust_env=False) as client,
    ):
        token = client.post("/v1/pair", json={"code": stage.told["code"]}).json()["token"]
        client.get("/v1/me", headers={"authorization": f"Bearer {token}"})
        client.get("/v1/me", headers={"authorization": f"Bearer {token[:-3]}xyz"})
        _upgrade(stage, f"Authorization: Bearer {token}")
    written = "".join(path.read_text(errors="replace") for path in (stage.library / "logs").iterdir())
    for text in (caplog.text, written):
        assert token.split("_", 2)[2][:20] not in text
        assert stage.told["code"] not in text
