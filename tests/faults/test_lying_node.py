"""A node that lies, stalls, floods or sends us elsewhere: each a clear sentence, and nothing of it is believed."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine import __version__
from engine.errors import (
    HostError,
    HostFull,
    HostKeyChanged,
    HostKeyUnknown,
    HostLied,
    HostLimited,
    HostLost,
    HostRefused,
    HostSkew,
)
from engine.hosts import http
from engine.hosts.http import HttpNode, Patience
from tests import nodes
from tests.loopback import listening
from tests.packs import write_pack

KEY = "a" * 64
Script = Callable[[str, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Liar:
    """A server that answers what its script says; remembers what it was sent."""

    url: str
    heads: list[str] = field(default_factory=list)


@contextlib.contextmanager
def lying(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Liar]:
    """Serve a script on a free port of loopback, on a thread."""
    liar = Liar("")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer.transport), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                liar.heads.append(head)
                length = next((int(x[15:]) for x in head.lower().split("\r\n") if x.startswith("content-length:")), 0)
                await reader.readexactly(length)
                await script(head, writer)
                await writer.drain()

    with listening(answer, tls) as port:
        liar.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        yield liar


def says(status: int, body: bytes | str = b"", **headers: str) -> Script:
    """Answer everything with this."""
    content = body.encode() if isinstance(body, str) else body

    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(content)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if head.startswith("HEAD") else content))

    return script


def json_says(raw: Any, status: int = 200) -> Script:
    """Answer everything with this JSON."""
    return says(status, json.dumps(raw))


def asked(
    script: Script, work: Callable[[HttpNode], Coroutine[Any, Any, Any]], patience: Patience | None = None
) -> tuple[Any, Liar, HttpNode]:
    """Do something with a node that lies; what came of it."""
    with lying(script) as liar:
        node = HttpNode(liar.url, "secret", patience=patience)

        async def run() -> Any:
            try:
                return await work(node)
            except HostError as error:
                return error
            finally:
                await node.close()

        return asyncio.run(run()), liar, node


def answers(node: HttpNode) -> Coroutine[Any, Any, Any]:
    return node.answers(0.0)


def capabilities(node: HttpNode) -> Coroutine[Any, Any, Any]:
    return node.capabilities()


# --- size, depth, shape ----------------------------------------------------------------------------------------------


async def gigabyte(head: str, writer: asyncio.StreamWriter) -> None:
    """Announce a gigabyte."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + bytes(1000))


async def endless(head: str, writer: asyncio.StreamWriter) -> None:
    """Announce nothing, and never end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize("script", [gigabyte, endless])
def test_an_answer_without_end_is_cut_off(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWERS", 1 << 20)
    error, _, node = asked(script, answers)
    assert isinstance(error, HostLied)
    assert "more than 1,048,576 bytes" in error.text
    assert node.received <= 2 << 20


def spool(*rows: Any, **changed: Any) -> dict[str, Any]:
    return {"spool": "x", "next": 1, "answers": list(rows), **changed}


def done(**changed: Any) -> dict[str, Any]:
    body = {"t": "done", "bundle": 0, "job": 0, "epoch": 0, "findings": [], "facts": None, "previews": []}
    return {**body, "seconds": 0.0, "cpu": 0.0, "peak": 0, **changed}


@pytest.mark.parametrize(
    "body",
    [
        "not json", "[]", "[" * 100_000, '{"answers":' + "[" * 200 + "]" * 200 + "}", '{"spool": NaN}',
        json.dumps({"answers": []}), json.dumps(spool(next=-1)), json.dumps(spool(next="1")),
        json.dumps(spool(answers={})), json.dumps(spool({"key": "../../etc", "message": done()})),
        json.dumps(spool({"key": KEY, "message": {"t": "start", "bundle": 0}})),
        json.dumps(spool({"key": KEY, "message": {"t": "beat", "rss": 1}})),
        json.dumps(spool({"key": KEY, "message": "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"})),
        json.dumps(spool({"key": KEY, "message": done(findings=[{"kind": "no such kind"}])})),
        b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    ],
)  # fmt: skip
def test_an_answer_that_no_node_gives_is_refused(body: bytes | str) -> None:
    error, _, _ = asked(says(200, body), answers)
    assert isinstance(error, HostLied), error
    assert error.text.endswith(".")


def test_a_compressed_answer_is_not_unpacked() -> None:
    import gzip

    bomb = gzip.compress(b" " * (64 << 20))
    error, _, node = asked(says(200, bomb, Content_Encoding="gzip"), answers)
    assert isinstance(error, HostLied)
    assert node.received < 1 << 20


def test_headers_without_end_are_cut_off() -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            writer.write(b"X-%d: %s\r\n" % (number, b"y" * 1000))
            await writer.drain()

    error, _, _ = asked(script, answers)
    assert isinstance(error, HostLost)


# --- other keys, other files ------------------------------------------------------------------------------------------


def test_it_may_not_ask_for_what_was_not_offered() -> None:
    error, _, _ = asked(json_says({"missing": ["b" * 64]}), lambda node: node.missing([KEY]))
    assert isinstance(error, HostLied)
    error, _, _ = asked(json_says({"missing": ["../../.ssh/id_rsa"]}), lambda node: node.missing([KEY]))
    assert isinstance(error, HostLied)
    assert "not offered" in error.text


def test_it_may_not_name_other_orders() -> None:
    order, _ = nodes.order_of(b"a boat")
    error, _, _ = asked(json_says({"missing": {"f" * 32: [KEY]}}), lambda node: node.submit([order]))
    assert isinstance(error, HostLied)


def test_blobs_that_it_lost_are_sent_again() -> None:
    order, _ = nodes.order_of(b"a boat")
    error, _, _ = asked(json_says({"missing": {order.id: [KEY]}}), lambda node: node.submit([order]))
    assert isinstance(error, HostLost)
    assert "sent again" in error.text


def test_a_pack_gives_away_no_other_file(tmp_path: Path) -> None:
    raw = {"id": "tiny", "models": {"tags": {"adapter": "classifier", "file": "m.onnx"}},
           "files": [{"name": "m.onnx", "size": 3, "sha256": KEY}]}  # fmt: skip
    pack = write_pack(tmp_path, raw, {"m.onnx": b"abc", "installed.json": b"{}"})
    error, _, _ = asked(json_says({"state": "missing", "missing": ["b" * 64]}), lambda node: node.install(pack))
    assert isinstance(error, HostLied)

    async def forgets(head: str, writer: asyncio.StreamWriter) -> None:
        told = {"have": 3, "whole": True} if head.startswith("PUT") else {"state": "missing", "missing": [KEY]}
        await json_says(told)(head, writer)

    error, liar, _ = asked(forgets, lambda node: node.install(pack))
    assert isinstance(error, HostLied)
    assert "asks again" in error.text
    assert len(liar.heads) == 3


def test_it_cannot_have_more_of_a_file_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(2 << 20))
    error, _, node = asked(says(200, Kinora_Have=str(3 << 20)), lambda node: node.put(KEY, path))
    assert isinstance(error, HostLied)
    assert node.sent == 0


def test_a_hash_that_it_claims_to_be_wrong_is_sent_twice_and_then_it_lied(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"abc")
    error, liar, _ = asked(json_says({"error": {"code": "blob", "text": "Wrong."}}, 422), lambda n: n.put(KEY, path))
    assert isinstance(error, HostLied)
    assert len(liar.heads) == 2


def test_another_spool_means_that_it_forgot_everything() -> None:
    names = iter("ab")

    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        await json_says(spool(spool=next(names)))(head, writer)

    async def twice(node: HttpNode) -> None:
        await node.answers(0.0)
        await node.answers(0.0)

    error, _, _ = asked(script, twice)
    assert isinstance(error, HostLost)
    assert "began anew" in error.text


# --- elsewhere --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with lying(json_says({})) as other:
        error, liar, _ = asked(says(status, Location=f"{other.url}/v1/node/capabilities"), capabilities)
        assert isinstance(error, HostLied)
        assert "does not follow" in error.text
        assert (other.heads, len(liar.heads)) == ([], 1)


def test_proxies_of_the_surroundings_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(json_says({})) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        asked(says(401), capabilities)
        assert proxy.heads == []


# --- time -------------------------------------------------------------------------------------------------------------


def test_silence_is_a_loss() -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    error, _, _ = asked(script, answers, Patience(silence=0.3))
    assert isinstance(error, HostLost)


def test_a_byte_now_and_then_is_no_answer() -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    error, _, _ = asked(script, answers, Patience(whole=0.5))
    assert isinstance(error, HostLost)
    assert "in time" in error.text


def test_an_answer_that_breaks_off_is_a_loss() -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"spool"')
        await writer.drain()
        writer.close()

    error, _, _ = asked(script, answers)
    assert isinstance(error, HostLost)


def test_nobody_at_home_is_a_loss() -> None:
    with lying(json_says({})) as liar:
        url = liar.url

    async def run() -> None:
        node = HttpNode(url, "")
        with pytest.raises(HostLost):
            await node.capabilities()
        await node.close()

    asyncio.run(run())


# --- what errors mean -------------------------------------------------------------------------------------------------


def error_of(status: int, body: str | dict[str, Any] = "", **headers: str) -> HostError:
    content = body if isinstance(body, str) else json.dumps(body)
    found, _, _ = asked(says(status, content, **headers), capabilities)
    assert isinstance(found, HostError)
    return found


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_says_what_the_server_said(status: int) -> None:
    expired = error_of(status, {"error": {"code": "token-expired", "text": "This token has expired."}})
    assert isinstance(expired, HostRefused)
    assert "This token has expired." in expired.text
    hostile = error_of(status, "Revoked\r\n\x1b[31m\u202eevil " + "x" * 10_000)
    assert hostile.text.isprintable()
    assert len(hostile.text) < 400
    assert isinstance(error_of(status, "<html>go away</html>"), HostRefused)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, 0.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "99999999999999999999"}, 3600.0),
        ({"Retry-After": "soon"}, 0.0), ({"Retry-After": "-3"}, 0.0),
        # Its clock is a year ahead: its date is measured by its own.
        ({"Retry-After": "Sun, 28 Nov 2027 12:00:30 GMT", "Date": "Sun, 28 Nov 2027 12:00:00 GMT"}, 30.0),
        ({"Retry-After": "Sun, 28 Nov 1999 12:00:30 GMT"}, 0.0),
    ],
)  # fmt: skip
def test_being_asked_to_wait_is_understood_in_plain_text_too(headers: dict[str, str], after: float) -> None:
    for body in ("slow down", json.dumps({"error": {"text": "slow down"}}), '{"detail": "slow down"}'):
        found, _, _ = asked(says(429, body, **headers), capabilities)
        assert isinstance(found, HostLimited)
        assert found.after == after
        assert "slow down" in found.text


def test_a_full_disk_another_version_and_a_page_for_browsers() -> None:
    assert isinstance(error_of(507, {"error": {"code": "full", "text": "The disk is full."}}), HostFull)
    assert isinstance(error_of(500, "<html>oops</html>"), HostLost)
    assert isinstance(error_of(404, "nothing here"), HostLost)
    skew = error_of(426, {"error": {"code": "host-skew", "text": "This host runs Kinora 9.9 (protocol 7)."}})
    assert isinstance(skew, HostSkew)
    assert "9.9" in skew.text
    assert __version__ in skew.text


def test_another_protocol_names_both_versions() -> None:
    raw = {"protocol": 99, "version": "9.9", "analyzers": {}}
    found, _, _ = asked(json_says(raw), capabilities)
    assert isinstance(found, HostSkew)
    assert "9.9" in found.text
    assert __version__ in found.text


@pytest.mark.parametrize("raw", [{}, {"protocol": True}, {"protocol": 1, "version": "1", "analyzers": ["x"]}])
def test_capabilities_that_are_none(raw: dict[str, Any]) -> None:
    found, _, _ = asked(json_says(raw), capabilities)
    assert isinstance(found, HostLied)


# --- who it is --------------------------------------------------------------------------------------------------------


def tls_of(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    cert, key, pin = nodes.certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, pin


def test_another_certificate_is_refused_before_the_token_is_sent(tmp_path: Path) -> None:
    theirs, shown = tls_of(tmp_path, "other")
    _, pin = tls_of(tmp_path, "node")
    with lying(json_says({}), theirs) as liar:

        async def run() -> None:
            node = HttpNode(liar.url, "secret", pinned=pin)
            with pytest.raises(HostKeyChanged) as caught:
                await node.capabilities()
            await node.close()
            assert ":".join(shown[at : at + 2].upper() for at in range(0, 64, 2)) in caught.value.text

        asyncio.run(run())
        assert liar.heads == []  # not a byte of a request, a token least of all


def test_a_certificate_that_nobody_vouches_for_is_shown_and_not_trusted(tmp_path: Path) -> None:
    theirs, shown = tls_of(tmp_path, "node")
    with lying(json_says({}), theirs) as liar:

        async def run() -> None:
            node = HttpNode(liar.url, "secret")
            with pytest.raises(HostKeyUnknown) as caught:
                await node.capabilities()
            await node.close()
            assert caught.value.key == shown
            met = await http.introduce(liar.url)
            assert (met.key, met.address, met.known) == (shown, liar.url, False)
            assert met.fingerprint.startswith("SHA256:")

        asyncio.run(run())
        assert not [head for head in liar.heads if "secret" in head]


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:80", "http://box", "ftp://127.0.0.1", "https://user:pw@box", "https://box/path", "box"]
)
def test_an_address_that_is_not_encrypted_or_none_is_refused(url: str) -> None:
    with pytest.raises(HostError):
        HttpNode(url, "secret")


def test_a_token_with_a_line_break_is_none() -> None:
    with pytest.raises(HostRefused):
        HttpNode("https://box", "secret\r\nX-Evil: 1")
