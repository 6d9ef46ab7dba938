"""A cluster of real processes over TLS, killed, frozen, skewed or hostile: each result comes once, or a sentence."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.errors import HostLied, HostLost, HostSkew
from engine.hosts.loop import Loop
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.jobs.orders import Order, Part
from engine.model import Facts, HostKind, HostRow, Kind
from tests import clusters, nodes
from tests.unit.hosts.afar import Heard

LOADS = (clusters.PRELOAD, "tests.clusterload")


@pytest.fixture(autouse=True)
def _wild(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.use_reads(monkeypatch)
    monkeypatch.setenv("KINORA_TEST_ANALYZER", f"{nodes.ANALYZER}=tests.clusterload:Wild")


def run(work: Any) -> Any:
    return asyncio.run(work)


async def until(true: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


# --- in the default suite: what must never go wrong ------------------------------------------------------------------


def test_an_answer_that_runs_code_reaches_nothing(tmp_path: Path) -> None:
    """A worker returns an object with `__reduce__`: it runs in the lane, which may do nothing; here nothing runs."""
    secret, plant = tmp_path / "secret", tmp_path / "planted"
    secret.write_text("a secret of the user")
    with socket.create_server(("127.0.0.1", 0)) as other:
        env = {"KINORA_TEST_CLUSTER": "evil", "KINORA_TEST_SECRET": str(secret), "KINORA_TEST_PLANT": str(plant),
               "KINORA_TEST_PORT": str(other.getsockname()[1])}  # fmt: skip
        with clusters.running(tmp_path / "cluster", preloads=LOADS, env=env) as cluster:

            async def ask() -> None:
                node = await cluster.opener()()
                lane, folder = node.pid, node._pipe._folder
                assert folder is not None
                order, blobs = nodes.order_of(b"a boat")
                await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
                with pytest.raises(HostLied, match="not bytes"):
                    await node.answers(60.0)
                told = json.loads((folder / "ran.json").read_text())
                assert int(told["pid"]) == lane != os.getpid()
                if node._pipe.confined:
                    assert told["read"].startswith("no: ")
                    assert told["write"].startswith("no: ")
                    assert told["run"].startswith("no: ")
                    assert told["connect"].startswith("no: ")
                    assert told["environ"].startswith("no: ")
                    assert not plant.exists()
                assert not plant.exists() or int(plant.read_text()) == lane
                await node.close()
                assert not psutil.pid_exists(lane)
                assert not folder.exists()

            run(ask())


@pytest.mark.slow
def test_a_cancelled_order_and_one_that_nobody_waits_for_end_with_their_process(tmp_path: Path) -> None:
    with clusters.running(tmp_path / "cluster", preloads=LOADS) as cluster:

        async def ask() -> None:
            node = await cluster.opener()()
            for way in ("cancel", "close"):
                mark = tmp_path / way
                order, blobs = nodes.order_of(b"mark " + os.fsencode(mark))
                await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
                await until(mark.exists)
                (process,) = cluster.orders(cluster.workers[0])
                await (node.cancel([order.id]) if way == "cancel" else node.close())
                await until(lambda process=process: ended(process))

        run(ask())


# --- slow ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[clusters.Cluster]:
    """Two workers."""
    with clusters.running(tmp_path / "cluster", 2, preloads=LOADS, env={"KINORA_TEST_CLUSTER": "ttl"}) as made:
        yield made


@pytest.mark.slow
def test_a_killed_worker_costs_no_answer(cluster: clusters.Cluster, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await cluster.opener()()
        keys = await _give_many(node, tmp_path, 12)
        await until(lambda: len(cluster.orders(cluster.workers[0])) == 1)
        cluster.workers[0].send_signal(signal.SIGKILL)
        found = await nodes.collect(node, keys)
        assert all(isinstance(answer.message, wire.Done) for answer in found.values())
        assert (await node.capabilities()).slots == 1
        await node.close()

    run(ask())


@pytest.mark.slow
def test_a_frozen_worker_is_given_up_and_its_orders_are_done_elsewhere(
    cluster: clusters.Cluster, tmp_path: Path
) -> None:
    async def ask() -> None:
        node = await cluster.opener()()
        keys = await _give_many(node, tmp_path, 12)
        await until(lambda: len(cluster.orders(cluster.workers[0])) == 1)
        cluster.workers[0].send_signal(signal.SIGSTOP)
        found = await nodes.collect(node, keys, 60.0)
        assert all(isinstance(answer.message, wire.Done) for answer in found.values())
        await node.close()

    try:
        run(ask())
    finally:
        cluster.workers[0].send_signal(signal.SIGCONT)


@pytest.mark.slow
def test_an_order_that_kills_its_workers_is_told_as_a_crash(cluster: clusters.Cluster, tmp_path: Path) -> None:
    cluster.start_worker()
    cluster.wait(3)

    async def ask() -> None:
        node = await cluster.opener()()
        bad, blobs = nodes.order_of(b"kill")
        await nodes.give(node, bad, nodes.files(tmp_path / "here", blobs))
        found = await nodes.collect(node, {bad.tasks[0].key})
        failed = found[bad.tasks[0].key].message
        assert isinstance(failed, wire.Failed)
        assert (failed.code, failed.retry) == ("crash", "smaller")
        good = await _give_many(node, tmp_path, 2)
        assert (await nodes.collect(node, good)).keys() == good  # by the third
        await node.close()

    run(ask())
    assert sum(worker.poll() is None for worker in cluster.workers) == 1


@pytest.mark.slow
def test_the_deadline_holds_there(cluster: clusters.Cluster, tmp_path: Path) -> None:
    async def ask() -> None:
        node = await cluster.opener()()
        order, blobs = nodes.order_of(b"hang")
        await nodes.give(node, replace(order, deadline=1.0), nodes.files(tmp_path / "here", blobs))
        found = await nodes.collect(node, {order.tasks[0].key})
        assert found[order.tasks[0].key].message.code == "deadline"  # type: ignore[union-attr]
        await node.close()

    run(ask())
    assert not [one for worker in cluster.workers for one in cluster.orders(worker)]


@pytest.mark.slow
def test_a_worker_of_another_version_that_comes_later_stops_all(cluster: clusters.Cluster) -> None:
    async def ask() -> None:
        node = await cluster.opener()()
        assert (await node.capabilities()).slots == 2
        cluster.start_worker(env={"KINORA_TEST_CLUSTER": "skew"})
        await asyncio.to_thread(cluster.wait, 3)
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        with pytest.raises(HostSkew, match=rf"python 3\.99, this machine has {ours}"):
            await node.capabilities()
        await node.close()

    run(ask())


@pytest.mark.slow
def test_a_scheduler_without_our_preload_and_one_without_workers_are_told_apart(tmp_path: Path) -> None:
    with clusters.running(tmp_path / "bare", preloads=()) as bare, pytest.raises(HostSkew, match="does not say"):
        run(bare.opener()())
    alone = clusters.Cluster(tmp_path / "alone", preloads=LOADS)

    async def ask() -> None:
        node = await alone.opener()()
        assert (await node.capabilities()).waits
        await node.close()

    try:
        alone.start_scheduler()
        run(ask())
    finally:
        alone.stop()
    with pytest.raises(HostLost, match="cannot be reached"):
        run(alone.opener()())


@pytest.mark.slow
def test_a_cluster_that_starts_from_zero_sees_the_work_grows_and_shrinks_again(tmp_path: Path) -> None:
    async def ask(connect: Any) -> None:
        node = await connect()
        assert (await node.capabilities()).waits
        keys = await _give_many(node, tmp_path, 6)
        found = await nodes.collect(node, keys, 90.0)
        assert all(isinstance(answer.message, wire.Done) for answer in found.values())
        async with asyncio.timeout(60):
            while not (await node.capabilities()).waits:  # nobody needs its workers any more
                await asyncio.sleep(0.2)
        keys = await _give_many(node, tmp_path, 2)
        assert (await nodes.collect(node, keys, 90.0)).keys() == keys
        await node.close()

    with clusters.adaptive(tmp_path / "cluster", preloads=LOADS) as connect:
        run(ask(connect))


@pytest.mark.slow
def test_a_first_worker_of_another_version_is_refused_before_anything_runs_there(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    async def ask(connect: Any) -> None:
        node = await connect()
        order, blobs = nodes.order_of(b"mark " + os.fsencode(ran))
        await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
        with pytest.raises(HostSkew, match=r"python 3\.99"):
            await node.answers(90.0)
        await node.close()

    with clusters.adaptive(tmp_path / "cluster", preloads=LOADS, env={"KINORA_TEST_CLUSTER": "skew"}) as connect:
        run(ask(connect))
    assert not ran.exists()


@pytest.mark.slow
def test_a_pack_is_brought_to_every_worker_once(tmp_path: Path) -> None:
    from tests import tiny

    pack = tiny.image_text(tmp_path / "packs")
    made = clusters.Cluster(tmp_path / "cluster", preloads=LOADS)
    shared = {"KINORA_PACKS": str(tmp_path / "shared")}
    try:
        made.start_scheduler()
        made.start_worker(env={"KINORA_PACKS": str(tmp_path / "own")})
        made.start_worker(env=shared)
        made.start_worker(env=shared)
        made.wait(3)

        async def ask() -> None:
            node = await made.opener()()
            assert (await node.capabilities()).packs == ()
            await node.install(pack)
            (ref,) = (await node.capabilities()).packs
            assert ref.partition("@")[0] == pack.name
            sent = node.sent
            await node.install(pack)
            assert node.sent == sent  # nobody lacks it
            await node.close()
            again = await made.opener()()
            assert (await again.capabilities()).packs == (ref,)
            await again.close()

        run(ask())
        assert (tmp_path / "own" / pack.name / "pack.json").exists()
        assert (tmp_path / "shared" / pack.name / "pack.json").exists()
    finally:
        made.stop()


class Cutter:
    """Gives a bundle one part, a file that holds its content's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    async def pack(self, start: wire.Start) -> tuple[Part, ...]:
        order, blobs = nodes.order_of(f"wait {start.bundle}".encode())
        nodes.files(self.folder, blobs)
        return order.parts

    def path_of(self, part: Part) -> Path:
        return self.folder / part.sha256

    def release(self, bundle: int) -> None:
        pass


def order_of(start: wire.Start, parts: tuple[Part, ...]) -> Order:
    order, _ = nodes.order_of(f"wait {start.bundle}".encode())
    return replace(order, parts=parts)


@pytest.mark.slow
def test_the_schedulers_death_costs_no_result_and_doubles_none(cluster: clusters.Cluster, tmp_path: Path) -> None:
    """Its workers end with it; our own queue hands everything in again once there is a cluster."""
    loop, heard, count = Loop("test-cluster"), Heard(), 16
    host = RemoteHost(
        HostRow(1, HostKind.CLUSTER, "cluster", cluster.address), cluster.opener(), Cutter(tmp_path / "parts"), loop,
        order_of=order_of, travellers=lambda: {nodes.ANALYZER: nodes.VERSION}, pack_folder=Path,
    )  # fmt: skip
    host.start(heard)
    try:
        for number in range(1, count + 1):
            task = wire.Task(number, 1, nodes.ANALYZER, {})
            host.send(wire.Start(number, b"", Kind.PHOTO, "", "", 0, 0, (task,), Facts()), deadline=30.0)
        heard.wait(lambda messages: sum(isinstance(one, wire.Done) for one in messages) >= 3, 30)
        assert cluster.scheduler is not None
        cluster.scheduler.send_signal(signal.SIGKILL)
        cluster.scheduler.wait()
        for worker in cluster.workers:
            worker.wait(60)  # they end by themselves
        cluster.workers.clear()
        cluster.start_scheduler()
        cluster.start_worker()
        heard.wait(lambda messages: sum(isinstance(one, wire.Done) for one in messages) >= count, 60)
        done = Counter(one.bundle for one in heard.of(wire.Done))
        assert done == Counter(range(1, count + 1))
        assert not list(heard.of(wire.Failed))
        assert host.open() == ()
    finally:
        host.stop()
        loop.close()


@pytest.mark.slow
def test_a_node_before_a_cluster_answers_through_the_schedulers_death(
    cluster: clusters.Cluster, tmp_path: Path
) -> None:
    from engine.serve.gateway import Gateway

    gateway = Gateway(cluster.address, cluster.authority.options(), nodes.settings())
    with (
        nodes.node_service(
            tmp_path / "node", host=gateway, write_manifest=gateway.write_manifest, able=gateway.able
        ) as service,
        nodes.served(nodes.app_of(service)) as server,
    ):

        async def ask() -> None:
            node = server.node("first")
            await _ready(node)
            keys = await _give_many(node, tmp_path, 3)
            await nodes.collect(node, keys)
            assert cluster.scheduler is not None
            cluster.scheduler.send_signal(signal.SIGKILL)
            cluster.scheduler.wait()
            keys = await _give_many(node, tmp_path, 6)
            await asyncio.to_thread(lambda: [worker.wait(60) for worker in cluster.workers])
            await asyncio.to_thread(cluster.start_scheduler)
            cluster.start_worker()
            found = await nodes.collect(node, keys, 90.0)
            assert all(isinstance(answer.message, wire.Done) for answer in found.values())
            assert (await node.capabilities()).slots == 2
            await node.close()

        run(ask())


@pytest.mark.slow
def test_a_node_before_a_cluster_without_workers_says_that_it_waits_and_does_its_orders(tmp_path: Path) -> None:
    from engine.serve.gateway import Gateway

    with clusters.adaptive(tmp_path / "cluster", preloads=LOADS) as connect:
        gateway = Gateway(connect._address, connect._options, nodes.settings())
        with (
            nodes.node_service(
                tmp_path / "node", host=gateway, write_manifest=gateway.write_manifest, able=gateway.able
            ) as service,
            nodes.served(nodes.app_of(service)) as server,
        ):

            async def ask() -> None:
                node = server.node("first")
                await _ready(node)
                assert (await node.capabilities()).waits
                keys = await _give_many(node, tmp_path, 3)
                found = await nodes.collect(node, keys, 90.0)
                assert all(isinstance(answer.message, wire.Done) for answer in found.values())
                await node.close()

            run(ask())


async def _ready(node: Any) -> None:
    from engine.errors import HostError

    async with asyncio.timeout(20):
        while True:
            try:
                await node.capabilities()
            except HostError:
                await asyncio.sleep(0.1)
            else:
                return


async def _give_many(node: Any, folder: Path, count: int) -> set[str]:
    keys = set()
    for number in range(count):
        order, blobs = nodes.order_of(f"wait {os.urandom(4).hex()} {number}".encode())
        await nodes.give(node, order, nodes.files(folder / "here", blobs))
        keys.add(order.tasks[0].key)
    return keys
