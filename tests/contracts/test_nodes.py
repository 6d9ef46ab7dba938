"""What every node must do, whatever the way to it: one set of tests for all of them.

A further kind of node adds its factory to `NODES`: a context that yields a function which connects with a token.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostRefused
from engine.jobs import wire
from tests import nodes

Connect = Callable[..., Any]  # a coroutine that returns a Node; takes whose token it shows


@contextlib.contextmanager
def plain(folder: Path) -> Iterator[Connect]:
    """HTTP on loopback."""
    with nodes.node_service(folder) as service, nodes.served(nodes.app_of(service)) as server:

        async def connect(token: str = "first") -> Any:
            return server.node(token)

        yield connect


@contextlib.contextmanager
def over_tls(folder: Path) -> Iterator[Connect]:
    """HTTP over TLS with a pinned certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = nodes.certificate(folder)
    with nodes.node_service(folder) as service, nodes.served(nodes.app_of(service), tls=tls) as server:

        async def connect(token: str = "first") -> Any:
            return server.node(token)

        yield connect


@contextlib.contextmanager
def through_ssh(folder: Path) -> Iterator[Connect]:
    """HTTP through a real SSH server on loopback."""
    from urllib.parse import urlsplit

    from engine.hosts.ssh.bootstrap import Running
    from engine.hosts.ssh.connection import Door, log_in
    from engine.hosts.ssh.opener import through
    from tests.sshd import running

    with (
        running(folder / "sshd") as sshd,
        nodes.node_service(folder) as service,
        nodes.served(nodes.app_of(service)) as server,
    ):
        port = int(urlsplit(server.url).port or 0)

        async def connect(token: str = "first") -> Any:
            link = await log_in(Door.of(sshd.address, sshd.pinned, sshd.options(folder)))
            return await through(link, "the box", Running(port, token, True))

        yield connect


@contextlib.contextmanager
def of_a_cluster(folder: Path) -> Iterator[Connect]:
    """A Dask scheduler with a worker; another authority's certificates are the wrong token."""
    from tests import clusters

    with clusters.running(folder, preloads=(clusters.PRELOAD, "tests.clusterload")) as cluster:
        strangers = clusters.Authority(folder / "strangers").options()
        openers = {"first": cluster.opener(), "second": cluster.opener(), "wrong": cluster.opener(**strangers)}

        async def connect(token: str = "first") -> Any:
            return clusters.Late(openers[token]) if token == "wrong" else await openers[token]()

        yield connect


NODES = {"http": plain, "https": over_tls, "ssh": through_ssh, "cluster": of_a_cluster}
SLOW = {"cluster"}  # processes that start for each test


@pytest.fixture(params=[pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in NODES])
def connect(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    nodes.use_reads(monkeypatch)
    with NODES[request.param](tmp_path / "node") as made:
        yield made


def test_it_says_what_it_is_and_can_do(connect: Connect) -> None:
    async def ask() -> None:
        node = await connect()
        able = await node.capabilities()
        await node.close()
        assert able.analyzers[nodes.ANALYZER] == nodes.VERSION
        assert able.slots >= 1

    asyncio.run(ask())


def test_an_order_is_answered_once_and_then_forgotten(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        order, blobs = nodes.order_of(b"a boat", b"a house")
        paths = nodes.files(tmp_path / "here", blobs)
        assert await node.missing(list(blobs)) == blobs.keys()
        await nodes.give(node, order, paths)
        assert await node.missing(list(blobs)) == set()
        found = await nodes.collect(node, {order.tasks[0].key})
        (answer,) = found.values()
        assert isinstance(answer.message, wire.Done)
        assert nodes.labels(answer) == ["a boat", "a house"]
        assert (answer.message.bundle, answer.message.job, answer.message.epoch) == (0, 0, 0)
        assert node.sent > 0
        assert node.received > 0
        await node.close()
        again = await connect()
        assert await again.answers(0.0) == []
        await again.close()

    asyncio.run(ask())


def test_an_answer_waits_until_it_is_acknowledged(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        order, blobs = nodes.order_of(b"a boat")
        await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
        async with asyncio.timeout(30):
            while not await node.answers(5.0):
                pass
        await node.close()  # and nothing was acknowledged
        for _ in range(2):
            node = await connect()
            (answer,) = await node.answers(5.0)
            assert answer.key == order.tasks[0].key
            await node.close()
        node = await connect()
        await node.acknowledge([order.tasks[0].key])
        await node.close()
        node = await connect()
        assert await node.answers(0.0) == []
        await node.close()

    asyncio.run(ask())


def test_the_same_key_is_done_once_however_often_it_is_ordered(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        order, blobs = nodes.order_of(b"a boat")
        other, _ = nodes.order_of(b"a boat")
        paths = nodes.files(tmp_path / "here", blobs)
        await nodes.give(node, order, paths)
        await nodes.give(node, other, paths)
        found = await nodes.collect(node, {order.tasks[0].key})
        assert len(found) == 1
        assert await node.answers(0.3) == []
        await node.close()

    asyncio.run(ask())


def test_a_cancelled_order_is_not_answered(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        slow, some = nodes.order_of(b"slow")
        quick, more = nodes.order_of(b"quick")
        paths = nodes.files(tmp_path / "here", {**some, **more})
        await nodes.give(node, slow, paths)
        await nodes.give(node, quick, paths)
        await node.cancel([slow.id])
        found = await nodes.collect(node, {quick.tasks[0].key})
        assert found.keys() == {quick.tasks[0].key}
        await node.close()

    asyncio.run(ask())


def test_a_crash_is_told_of_its_task_alone(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        bad, some = nodes.order_of(b"exit")
        good, more = nodes.order_of(b"a boat")
        paths = nodes.files(tmp_path / "here", {**some, **more})
        await nodes.give(node, bad, paths)
        await nodes.give(node, good, paths)
        found = await nodes.collect(node, {bad.tasks[0].key, good.tasks[0].key})
        failed = found[bad.tasks[0].key].message
        assert isinstance(failed, wire.Failed)
        assert (failed.code, failed.retry) == ("crash", "smaller")
        assert nodes.labels(found[good.tasks[0].key]) == ["a boat"]
        await node.close()

    asyncio.run(ask())


def test_another_version_and_a_missing_pack_are_told(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        old, blobs = nodes.order_of(b"a boat", version=nodes.VERSION + 1)
        bare, _ = nodes.order_of(b"a boat", options={"packs": {"objects": "not-there@3"}})
        paths = nodes.files(tmp_path / "here", blobs)
        await nodes.give(node, old, paths)
        await nodes.give(node, bare, paths)
        found = await nodes.collect(node, {old.tasks[0].key, bare.tasks[0].key})
        codes = {key: answer.message.code for key, answer in found.items()}  # type: ignore[union-attr]
        assert codes == {old.tasks[0].key: "host-skew", bare.tasks[0].key: "needs-pack"}
        await node.close()

    asyncio.run(ask())


def test_a_large_blob_arrives_whole(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await connect()
        order, blobs = nodes.order_of(b"large " * 900_000)
        await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
        found = await nodes.collect(node, {order.tasks[0].key})
        assert isinstance(found[order.tasks[0].key].message, wire.Done)
        await node.close()

    asyncio.run(ask())


def test_clients_do_not_see_each_other(connect: Connect, tmp_path: Path) -> None:
    async def ask() -> None:
        anna, bert = await connect("first"), await connect("second")
        order, blobs = nodes.order_of(b"a boat")
        await nodes.give(anna, order, nodes.files(tmp_path / "here", blobs))
        async with asyncio.timeout(30):
            while not await anna.answers(5.0):
                pass
        assert await bert.answers(0.0) == []
        assert await bert.missing(list(blobs)) == blobs.keys()
        await bert.acknowledge([order.tasks[0].key])
        await bert.cancel([order.id])
        await anna.close()
        anna = await connect("first")
        assert [answer.key for answer in await anna.answers(0.0)] == [order.tasks[0].key]
        await anna.close()
        await bert.close()

    asyncio.run(ask())


def test_a_wrong_token_is_refused(connect: Connect) -> None:
    async def ask() -> None:
        node = await connect("wrong")
        with pytest.raises(HostRefused):
            await node.capabilities()
        await node.close()

    asyncio.run(ask())
