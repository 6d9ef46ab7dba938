"""The client of a node: uploads go on after a cut, packs are given whole, a real parcel is read there as it is here."""

import asyncio
import contextlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.errors import HostError, HostLost
from engine.hosts import http, pinning
from engine.hosts.http import HttpNode
from engine.hosts.local import LocalHost
from engine.hosts.packer import Packer, order_of
from engine.jobs import wire
from engine.model import Kind
from engine.packs import shelf
from engine.serve.blobs import owner_of
from tests import nodes
from tests.loopback import listening
from tests.packs import write_pack


@contextlib.contextmanager
def cutting(url: str, after: list[int]) -> Iterator[tuple[str, list[int]]]:
    """Pass bytes on to a server; each connection is cut after so many of ours (no more cuts when the list is empty)."""
    host, port = url.removeprefix("http://").split(":")
    passed: list[int] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        passed.append(0)
        number, left = len(passed) - 1, after[0] if after else 1 << 60

        async def back() -> None:
            with contextlib.suppress(OSError):
                while data := await up_reader.read(65536):
                    writer.write(data)

        answering = asyncio.create_task(back())
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    passed[number] += len(data)
                    if passed[number] > left:
                        after.pop(0)
                        break
                    up_writer.write(data)
                    await up_writer.drain()
        finally:
            answering.cancel()
            writer.transport.abort()
            up_writer.close()  # what was passed on arrives
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(up_writer.wait_closed(), 20)

    with listening(relay) as own:
        yield f"http://127.0.0.1:{own}", passed


def test_an_upload_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    size = 6 << 20
    path = tmp_path / "large"
    path.write_bytes(os.urandom(size))
    name = sha256(path.read_bytes()).hexdigest()
    with (
        nodes.node_service(tmp_path / "node") as service,
        nodes.served(nodes.app_of(service)) as server,
        cutting(server.url, [3 << 20, 2 << 20]) as (url, passed),
    ):

        async def run() -> None:
            node = HttpNode(url, "first")
            await node.put(name, path)
            assert await node.missing([name]) == set()
            await node.close()

        asyncio.run(run())
        assert service.blobs.path(owner_of("anna"), name).read_bytes() == path.read_bytes()
    assert sum(passed) < size + (3 << 20)  # what was on the way when it was cut is sent again, not all of it


def test_an_upload_that_is_cut_again_and_again_is_a_loss_and_what_arrived_stays(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(4 << 20))
    name = sha256(path.read_bytes()).hexdigest()
    with (
        nodes.node_service(tmp_path / "node") as service,
        nodes.served(nodes.app_of(service)) as server,
        cutting(server.url, [300_000] * 50) as (url, _),
    ):

        async def run() -> None:
            node = HttpNode(url, "first")
            with pytest.raises(HostLost):
                await node.put(name, path)
            await node.close()
            direct = server.node()
            assert await direct.missing([name]) == {name}
            await direct.put(name, path)
            await direct.close()

        asyncio.run(run())


def test_what_is_gone_here_is_said_so(tmp_path: Path) -> None:
    async def run() -> None:
        node = HttpNode("http://127.0.0.1:1", "first")
        with pytest.raises(HostError, match="gone from this computer"):
            await node.put("a" * 64, tmp_path / "gone")
        await node.close()

    asyncio.run(run())


@pytest.mark.parametrize("tls", [False, True])
def test_an_introduction_shows_who_is_there_and_that_it_asks_for_a_token(tmp_path: Path, tls: bool) -> None:
    keys = nodes.certificate(tmp_path) if tls else None
    with nodes.node_service(tmp_path / "node") as service, nodes.served(nodes.app_of(service), tls=keys) as server:
        met = asyncio.run(http.introduce(server.url))
    assert met.token
    assert met.key == server.pinned
    assert met.address == server.url
    assert bool(met.fingerprint) is tls


def test_what_a_library_said_ends_in_one_full_stop() -> None:
    error = asyncio.run(pinning.explained(RuntimeError("Server disconnected."), urlsplit("http://box:1")))
    assert error.text == "box cannot be reached: Server disconnected."


def test_the_offline_guard_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError("Kinora is offline: no connection")

    monkeypatch.setattr("socket.getaddrinfo", refuse)

    async def run() -> None:
        node = HttpNode("https://box.example:8443", "first", pinned="a" * 64)
        with pytest.raises(HostLost, match="Offline is on"):
            await node.capabilities()
        await node.close()

    asyncio.run(run())


def test_a_pack_is_given_once_and_checked_there_as_any_import(
    real_shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "there"))
    with nodes.node_service(tmp_path / "node") as service, nodes.served(nodes.app_of(service)) as server:

        async def run() -> None:
            node = server.node()
            await node.install(real_shelf / "ultraface")
            assert "ultraface@1" in (await node.capabilities()).packs
            sent = node.sent
            await node.install(real_shelf / "ultraface")
            assert node.sent - sent < 10_000
            await node.close()

        asyncio.run(run())
    assert list(shelf.installed(tmp_path / "there")) == ["ultraface"]
    assert not list((tmp_path / "node" / "node" / "incoming").glob("*"))


def test_a_pack_that_an_import_refuses_is_refused_there_too(
    real_shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "there"))

    def pack(name: str, files: dict[str, bytes], **changed: Any) -> Path:
        model = {"adapter": "classifier", "file": next(iter(files))}
        listed = [{"name": file, "size": len(body), "sha256": sha256(body).hexdigest()} for file, body in files.items()]
        licence = {"name": "own", "commercial": True}
        raw = {"id": name, "models": {"tags": model}, "files": listed, "licence": licence, **changed}
        return write_pack(tmp_path / "bad", raw, files)

    pickled = pack("pickled", {"m.onnx": b"\x80\x04\x95pickle"})
    program = pack("program", {"m.onnx": b"\x7fELF" + bytes(100)})
    asks = shutil.copytree(real_shelf / "yunet", tmp_path / "asks")
    raw = json.loads((asks / "pack.json").read_text())
    (asks / "pack.json").write_text(json.dumps({**raw, "licence": {"name": "research", "consent": True}}))
    with nodes.node_service(tmp_path / "node") as service, nodes.served(nodes.app_of(service)) as server:

        async def refused(folder: Path) -> str:
            node = server.node()
            with pytest.raises(HostError) as caught:
                await node.install(folder)
            await node.close()
            return caught.value.text

        assert "pickle" in asyncio.run(refused(pickled))
        assert "program" in asyncio.run(refused(program))
        assert "research" in asyncio.run(refused(asks))
    assert shelf.installed(tmp_path / "there") == {}


def test_a_real_picture_is_read_there_as_from_its_parcel_here(
    media: Path, with_packs: dict[str, str], tmp_path: Path
) -> None:
    path = media / "people" / "groups" / "family1_beach.jpg"
    told = path.stat()
    options = {"packs": {"objects": with_packs["objects"]}, "objects.min_score": 0.3}
    tasks = (wire.Task(7, 3, "objects", options),)
    start = wire.Start(1, os.fsencode(path), Kind.PHOTO, "image/jpeg", "c" * 64, told.st_size, told.st_mtime_ns, tasks)
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)

    async def run(server: nodes.Serving) -> wire.Done:
        parts = await packer.pack(start)
        order = order_of(start, parts)
        assert str(path) not in json.dumps(order.to_json())
        node = server.node()
        await nodes.give(node, order, {part.sha256: packer.path_of(part) for part in parts})
        found = await nodes.collect(node, {order.tasks[0].key}, 60)
        await node.close()
        message = found[order.tasks[0].key].message
        assert isinstance(message, wire.Done), message
        return message

    try:
        with (
            nodes.node_service(tmp_path / "node", write_manifest=None) as service,
            nodes.served(nodes.app_of(service)) as server,
        ):
            there = asyncio.run(run(server))
    finally:
        packer.stop()
    here = local(start)
    assert [one.label for one in there.findings] == [one.label for one in here.findings]
    assert there.findings
    for one, other in zip(there.findings, here.findings, strict=True):
        assert one.score == pytest.approx(other.score, abs=0.05)


def local(start: wire.Start) -> wire.Done:
    """What a worker of this machine says."""
    came, done = threading.Event(), []

    def hear(message: Any) -> None:
        if isinstance(message, wire.Done | wire.Failed):
            done.append(message)
            came.set()

    host = LocalHost(workers=1)
    host.start(hear)
    try:
        host.send(start, deadline=60)
        assert came.wait(60)
    finally:
        host.stop()
    (message,) = done
    assert isinstance(message, wire.Done)
    return message
