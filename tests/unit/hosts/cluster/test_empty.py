"""A cluster that starts from zero: orders are seen by its scheduler, run by nobody unchecked, and come home in time."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostLost, HostSkew
from engine.hosts import remote
from engine.hosts.base import Keeping, Returned
from engine.hosts.cluster import node as cluster_node
from engine.hosts.cluster.books import Books
from engine.hosts.cluster.node import ClusterNode
from engine.jobs import wire
from engine.jobs.orders import Capabilities, sendable
from engine.model import HostStatus
from tests import nodes, tiny
from tests.unit.hosts.afar import Reached
from tests.unit.hosts.cluster.test_gate import row, said
from tests.waiting import until


class Scheduler:
    """Stands where the process with the Dask client stands: tells who is there, and keeps what is handed in."""

    def __init__(self) -> None:
        self.workers: dict[str, Any] = {}
        self.abouts: dict[str, Any] = {}
        self.tasks: dict[int, dict[str, Any]] = {}  # handed in and not cancelled
        self.pieces: dict[int, Sequence[bytes]] = {}
        self.log: list[str] = []  # kinds of tasks, in the order of their coming
        self.asked: set[str] = set()
        self.sent = self.received = self.pid = 0
        self.node: Any = None

    def come(self, address: str, **more: Any) -> None:
        self.workers[address], self.abouts[address] = row(), said(**more)

    async def ask(self, head: dict[str, Any]) -> dict[str, Any]:
        if head["do"] == "workers":
            return {"workers": dict(self.workers)}
        return {"about": {one: self.abouts.get(one) for one in head["ask"]}} if head["do"] == "about" else {}

    async def tell(self, head: dict[str, Any], pieces: Sequence[bytes] = ()) -> None:
        if head["do"] == "cancel":
            for number in head["tasks"]:
                self.tasks.pop(number, None)
            return
        self.tasks[head["task"]] = head
        self.pieces[head["task"]] = pieces
        self.log.append(head["run"])
        if head["run"] == "place" and head["at"][0] in self.workers:
            self.end(head["task"], {"missing": {}})

    def end(self, task: int, reply: dict[str, Any]) -> None:
        del self.tasks[task]
        self.node._heard({"task": task, "end": "done"}, [json.dumps(reply).encode()])

    def of(self, run: str) -> list[dict[str, Any]]:
        return [head for head in self.tasks.values() if head["run"] == run]

    async def close(self) -> None:
        pass


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    nodes.use_reads(monkeypatch)
    monkeypatch.setattr(cluster_node, "ATTENTION", 0.01)
    return Scheduler()


def connected(scheduler: Scheduler) -> ClusterNode:
    made = ClusterNode("lab", {}, Books())
    made._pipe = made._members._pipe = made._steps._pipe = scheduler  # type: ignore[assignment]
    scheduler.node = made
    return made


async def soon(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


def test_orders_wait_where_they_are_seen_and_go_to_the_first_worker_with_their_bytes(
    scheduler: Scheduler, tmp_path: Path
) -> None:
    async def go() -> None:
        node = connected(scheduler)
        able = await node.capabilities()
        assert able.waits
        assert able.analyzers[nodes.ANALYZER] == nodes.VERSION
        order, blobs = nodes.order_of(b"a boat")
        await nodes.give(node, order, nodes.files(tmp_path, blobs))
        (waiting,) = scheduler.of("wait")
        assert list(scheduler.pieces[waiting["task"]]) == []  # nothing of it has left this computer
        await asyncio.sleep(0.05)
        assert scheduler.of("run") == []
        scheduler.come("tls://a")
        await soon(lambda: scheduler.of("run"))
        assert scheduler.of("wait") == []
        (running,) = scheduler.of("run")
        assert running["at"] == ["tls://a"]
        assert scheduler.pieces[running["task"]][1] == b"a boat"
        assert not (await node.capabilities()).waits
        key = order.tasks[0].key
        scheduler.end(running["task"], {"answers": [json.loads(sendable(key, wire.Done(0, 0, 0)))]})
        assert [one.key for one in await node.answers(2.0)] == [key]
        await node.close()

    asyncio.run(go())


def test_what_was_marked_while_it_waited_for_a_worker_does_not_leave(scheduler: Scheduler, tmp_path: Path) -> None:
    asked: list[str] = []

    async def go() -> None:
        node = connected(scheduler)
        assert isinstance(node, Keeping)
        free, secret = nodes.order_of(b"a boat"), nodes.order_of(b"a diary")
        for order, blobs in (free, secret):
            await nodes.give(node, order, nodes.files(tmp_path, blobs))

        async def may_go(order: str) -> bool:
            asked.append(order)
            return order != secret[0].id

        node.may_go = may_go
        scheduler.come("tls://a")
        await soon(lambda: scheduler.of("run") and not scheduler.of("wait"))
        (running,) = scheduler.of("run")
        assert running["id"] == free[0].id
        assert not any(b"a diary" in piece for pieces in scheduler.pieces.values() for piece in pieces)
        await node.close()

    asyncio.run(go())
    assert len(asked) == 2


def test_an_order_that_is_cancelled_while_others_are_on_their_way_is_not_sent(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_node, "WINDOW", 8)

    async def go() -> None:
        node = connected(scheduler)
        scheduler.come("tls://a")
        await node.capabilities()
        first, second = nodes.order_of(b"a boat"), nodes.order_of(b"a house")
        await nodes.give(node, first[0], nodes.files(tmp_path, first[1]))
        giving = asyncio.ensure_future(nodes.give(node, second[0], nodes.files(tmp_path, second[1])))
        await soon(lambda: len(node._trips) == 2)
        await node.cancel([second[0].id])
        await giving
        assert [one["id"] for one in scheduler.of("run")] == [first[0].id]
        await node.cancel([first[0].id])
        assert node._weight == 0
        await node.close()

    asyncio.run(go())


def test_a_first_worker_of_another_version_gets_nothing(scheduler: Scheduler, tmp_path: Path) -> None:
    async def go() -> None:
        node = connected(scheduler)
        order, blobs = nodes.order_of(b"a boat")
        await nodes.give(node, order, nodes.files(tmp_path, blobs))
        scheduler.come("tls://a", versions={**said()["versions"], "python": "3.99"})
        with pytest.raises(HostSkew, match=r"3\.99"):
            await node.answers(5.0)
        assert scheduler.log == ["wait"]
        await node.close()

    asyncio.run(go())


def test_the_first_worker_gets_the_pack_before_the_order_that_needs_it(scheduler: Scheduler, tmp_path: Path) -> None:
    pack = tiny.image_text(tmp_path / "packs")

    async def go() -> None:
        node = connected(scheduler)
        await node.install(pack)
        ref = next(iter(node._installed))
        order, blobs = nodes.order_of(b"a boat", options={"packs": {"objects": ref}})
        await nodes.give(node, order, nodes.files(tmp_path, blobs))
        scheduler.come("tls://a")
        await soon(lambda: scheduler.of("run"))
        assert scheduler.log == ["wait", "place", "run"]
        await node.close()

    asyncio.run(go())


def test_a_worker_that_goes_while_it_takes_a_pack_holds_nothing_up(scheduler: Scheduler, tmp_path: Path) -> None:
    pack = tiny.image_text(tmp_path / "packs")

    async def go() -> None:
        node = connected(scheduler)
        scheduler.come("tls://a")
        await node.capabilities()
        del scheduler.workers["tls://a"]  # it is gone, and Dask lets its task wait for it for ever
        installing = asyncio.ensure_future(node.install(pack))
        await soon(lambda: scheduler.of("place"))
        await node.capabilities()
        with pytest.raises(HostLost, match="went away"):
            await installing
        assert scheduler.tasks == {}
        await node.close()

    asyncio.run(go())


def test_an_order_that_the_scheduler_keeps_no_longer_waits_anew_and_a_cancelled_one_does_not(
    scheduler: Scheduler, tmp_path: Path
) -> None:
    async def go() -> None:
        node = connected(scheduler)
        order, blobs = nodes.order_of(b"a boat")
        await nodes.give(node, order, nodes.files(tmp_path, blobs))
        (waiting,) = scheduler.of("wait")
        del scheduler.tasks[waiting["task"]]
        node._heard({"task": waiting["task"], "end": "failed", "why": "no-workers-timeout"}, [])
        await soon(lambda: scheduler.of("wait"))
        await node.cancel([order.id])
        assert scheduler.tasks == {}
        scheduler.come("tls://a")
        await node.capabilities()
        await asyncio.sleep(0.05)
        assert scheduler.tasks == {}
        await node.close()

    asyncio.run(go())


def test_a_connection_that_ends_at_once_leaves_nothing_begun(scheduler: Scheduler) -> None:
    async def go() -> None:
        node = connected(scheduler)
        scheduler.come("tls://a")
        await node.capabilities()  # begins to look what the worker lacks
        await node.close()

    asyncio.run(go())  # a coroutine that nobody awaits would be a warning


def test_workers_that_never_answer_are_told(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        node = connected(scheduler)
        scheduler.workers["tls://a"] = row()  # without our preload
        assert (await node.capabilities()).waits  # it may have just begun
        monkeypatch.setattr("engine.hosts.cluster.members.SETTLING", 0.0)
        with pytest.raises(HostLost, match="no workers that answer"):
            await node.capabilities()
        await node.close()

    asyncio.run(go())


# --- what the host makes of it ---------------------------------------------------------------------------------------


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A host whose node has no workers; `patience` is how long they are waited for."""
    monkeypatch.setattr("engine.hosts.conversation.PULSE", 0.02)
    monkeypatch.setattr("engine.hosts.conversation.LULL", 0.01)
    made = Reached("lab")
    made.node.held = True
    made.node.able = Capabilities(1, "9.9", {"ocr": 1, "tags": 1}, waits=True)
    made.host._patience._most = lambda: 3600.0
    yield made
    made.close()


def given(empty: Any, *bundles: int) -> None:
    for number in bundles:
        empty.host.send(
            wire.Start(number, b"x", "photo", "", f"c{number}", 1, 1, (wire.Task(number, 1, "ocr", {}),)),  # type: ignore[arg-type]
            deadline=30.0,
        )


def test_a_host_without_workers_says_so_and_takes_a_few_bundles(empty: Any) -> None:
    heard: list[Any] = []
    empty.host.start(heard.append)
    until(lambda: empty.host.free())
    assert 0 < empty.host.free() <= remote.AHEAD + 2
    given(empty, 1, 2)
    until(lambda: len(empty.node.orders) == 2)
    state = empty.host.state()
    assert (state.status, state.slots) == (HostStatus.READY, 0)
    assert "no workers" in state.text
    empty.node.able = Capabilities(1, "9.9", {"ocr": 1, "tags": 1}, slots=2)
    until(lambda: empty.host.state().status is HostStatus.BUSY)
    assert empty.host.state().text == ""


def test_what_waited_too_long_goes_back_unharmed_and_the_host_counts_as_slow(empty: Any) -> None:
    heard: list[Any] = []
    empty.host.start(heard.append)
    until(lambda: empty.host.free())
    given(empty, 1)
    until(lambda: empty.node.orders)
    empty.host._patience._most = lambda: 0.05
    until(lambda: any(isinstance(one, Returned) for one in heard))
    assert [one for one in heard if isinstance(one, (wire.Failed, wire.Ended))] == []
    until(lambda: empty.node.cancelled)
    assert empty.host.open() == ()
    assert empty.host._patience.vain >= 0.05
    assert empty.host.turnaround() >= 0.05
    empty.node.able = Capabilities(1, "9.9", {"ocr": 1, "tags": 1}, slots=2)
    until(lambda: empty.host._patience.vain == 0.0)


def test_deadlines_count_from_when_there_was_somebody(empty: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hosts.patience.SILENCE", -119.9)  # with the deadline: a tenth of a second
    heard: list[Any] = []
    empty.host.start(heard.append)
    until(lambda: empty.host.free())
    given(empty, 1)
    until(lambda: empty.node.orders)
    asyncio.run(asyncio.sleep(0.3))
    assert [one for one in heard if isinstance(one, wire.Failed)] == []
    empty.node.able = Capabilities(1, "9.9", {"ocr": 1, "tags": 1}, slots=2)
    until(lambda: [one for one in heard if isinstance(one, wire.Failed)])
    assert next(one for one in heard if isinstance(one, wire.Failed)).code == "deadline"


def test_that_it_waits_travels_as_json() -> None:
    waits = Capabilities(1, "9.9", {"ocr": 1}, waits=True)
    assert Capabilities.from_json(waits.to_json()) == waits
    assert not Capabilities.from_json({**waits.to_json(), "waits": "yes"}).waits
    assert "waits" not in Capabilities(1, "9.9", {}).to_json()
