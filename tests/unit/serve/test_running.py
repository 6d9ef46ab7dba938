"""How a node runs orders: who is to blame when a worker ends, whose turn it is, and what a full disk does."""

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StorageFull, WorkerCrashed
from engine.hosts.base import Listener, Lost, Returned
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask
from engine.serve.blobs import Blobs, owner_of
from engine.serve.running import TRIES, Runner, Work
from engine.store import spool
from engine.store.db import Database
from tests import nodes
from tests.waiting import until


class Scripted:
    """A host that does what the test says."""

    name = "scripted"

    def __init__(self) -> None:
        self.sent: list[wire.Start] = []
        self.cancelled: list[int] = []
        self.room = 1
        self.say: Listener = lambda message: None

    def start(self, listener: Listener) -> None:
        self.say = listener

    def free(self) -> int:
        return self.room - len(self.sent)

    def send(self, start: wire.Start, *, deadline: float) -> None:
        self.sent.append(start)

    def cancel(self, bundle: int) -> None:
        self.cancelled.append(bundle)

    def landed(self, bundle: int, job: int) -> None: ...
    def stop(self) -> None: ...


class Desk:
    """A runner with its spool, and a host that obeys."""

    def __init__(self, folder: Path) -> None:
        self.host = Scripted()
        self.database = Database(folder / "kinora.db", own=True)
        self.database.open()
        self.blobs = Blobs(folder / "blobs", cap=lambda: 1 << 30)
        self.heard: list[str] = []
        self.seconds: list[tuple[str, float]] = []
        self.runner = Runner(
            self.host, self.blobs, self.database, folder / "orders", settings=nodes.settings(),
            write_manifest=nodes.listed, answered=self.heard.append, used=lambda *one: self.seconds.append(one),
        )  # fmt: skip

    def order(self, *names: str, principal: str = "anna", tasks: int = 1) -> Order:
        """Take an order in, as the service does."""
        made, blobs = nodes.order_of(*(name.encode() for name in names))
        for name, content in blobs.items():
            if self.blobs.missing(owner_of(principal), [name]):
                upload = self.blobs.begin(owner_of(principal), name, len(content), 0)
                upload.write(content)
                upload.finish()
                upload.close()
        keys = [sha256(f"{made.id} {number}".encode()).hexdigest() for number in range(tasks)]
        rows = tuple(OrderTask(key, nodes.ANALYZER, nodes.VERSION) for key in keys)
        made = Order(made.id, made.kind, made.facts, made.parts, rows, made.deadline)
        body = json.dumps(made.to_json())
        self.database.write(lambda connection: spool.accept(connection, principal, made.id, body, keys, 1))
        self.blobs.hold(owner_of(principal), [part.sha256 for part in made.parts])
        self.runner.give([Work(principal, made, {row.key: row for row in rows}, held=True)])
        return made

    def answers(self, principal: str = "anna") -> dict[str, str]:
        """The code of each answer: done, or what failed."""
        with self.database.read() as connection:
            found, _ = spool.answers(connection, principal, 0, most=99, most_bytes=1 << 20)
        rows = [json.loads(one.body) for one in found]
        return {row["key"]: row["message"].get("code", "done") for row in rows}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    nodes.use_reads(monkeypatch)
    made = Desk(tmp_path)
    made.runner.start()
    yield made
    made.runner.stop()
    made.database.close()


def finish(desk: Desk) -> None:
    """Answer every task of the first start that is out."""
    start = desk.host.sent.pop(0)
    for task in start.tasks:
        desk.host.say(wire.Done(start.bundle, task.job, task.epoch, seconds=2.0))
    desk.host.say(wire.Ended(start.bundle))


def test_the_task_that_ran_is_to_blame_and_the_others_go_on(desk: Desk) -> None:
    order = desk.order("a", tasks=3)
    until(lambda: desk.host.sent)
    start = desk.host.sent.pop()
    first, second, third = (task.key for task in order.tasks)
    desk.host.say(wire.Done(start.bundle, 0, 0))
    desk.host.say(Lost((start.bundle,), (start.bundle, 1), WorkerCrashed("It crashed.")))
    until(lambda: desk.host.sent)
    assert len(desk.host.sent[0].tasks) == 1
    finish(desk)
    until(lambda: len(desk.answers()) == 3)
    assert desk.answers() == {first: "done", second: "crash", third: "done"}


def test_a_worker_that_ends_before_any_task_begins_blames_nobody_at_first(desk: Desk) -> None:
    order = desk.order("a", tasks=2)
    for _ in range(TRIES):
        until(lambda: desk.host.sent)
        desk.host.say(Lost((desk.host.sent.pop().bundle,), None, WorkerCrashed("It crashed.")))
    until(lambda: len(desk.answers()) == 2)
    assert set(desk.answers().values()) == {"crash"}
    until(lambda: desk.runner.busy() == 0)
    other = desk.order("b")
    until(lambda: desk.host.sent)
    for _ in range(TRIES + 2):  # workers that do not start at all
        until(lambda: desk.host.sent)
        desk.host.say(Lost((desk.host.sent.pop().bundle,), None, WorkerCrashed("No start."), started=False))
    until(lambda: desk.host.sent)
    desk.host.say(Returned((desk.host.sent.pop().bundle,), WorkerCrashed("Away.")))
    until(lambda: desk.host.sent)
    finish(desk)
    until(lambda: len(desk.answers()) == 3)
    assert desk.answers()[other.tasks[0].key] == "done"
    assert order.id != other.id


def test_clients_take_turns(desk: Desk) -> None:
    desk.host.room = 0
    for number in range(3):
        desk.order(f"a{number}")
    desk.order("b", principal="bert")
    desk.host.room = 1
    served = []
    for _ in range(4):
        desk.runner.give([])
        until(lambda: desk.host.sent)
        name = desk.host.sent[0].content
        finish(desk)
        until(lambda: desk.heard)
        served.append((name, desk.heard.pop()))
    assert [who for _, who in served][:2] in (["anna", "bert"], ["bert", "anna"])
    assert sum(who == "anna" for _, who in served) == 3
    assert ("anna", 2.0) in desk.seconds


def test_what_is_dropped_is_stopped_and_never_answered(desk: Desk) -> None:
    order = desk.order("a", tasks=2)
    waiting = desk.order("b")
    until(lambda: desk.host.sent)
    keys = [task.key for task in order.tasks]
    desk.database.write(lambda connection: spool.cancel(connection, "anna", [order.id, waiting.id]))
    desk.runner.drop("anna", [*keys, waiting.tasks[0].key])
    until(lambda: desk.host.cancelled)
    finish(desk)
    until(lambda: desk.runner.busy() == 0)
    assert desk.answers() == {}
    assert not any(desk.blobs._held.values())


def test_an_answer_that_the_disk_refuses_is_kept_and_nothing_new_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    real = spool.answer

    def answer(*values: Any, **named: Any) -> bool:
        if full:
            raise StorageFull("The disk is full.")
        return real(*values, **named)

    monkeypatch.setattr(spool, "answer", answer)
    monkeypatch.setattr("engine.serve.running.POLL", 0.02)
    order = desk.order("a")
    until(lambda: desk.host.sent)
    finish(desk)
    until(lambda: desk.runner._refused)
    desk.order("b")
    time.sleep(0.1)
    assert desk.answers() == {}
    assert desk.host.sent == []
    full = False
    until(lambda: desk.answers())
    assert desk.answers() == {order.tasks[0].key: "done"}
    until(lambda: desk.host.sent)
    finish(desk)


def test_an_answer_that_can_never_be_stored_stands_in_nobodys_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, told = spool.answer, []

    def answer(connection: Any, principal: str, key: str, body: str) -> bool:
        told.append(key)
        if '"done"' in body and key == first.tasks[0].key:
            raise ValueError("what SQLite does not take")
        return real(connection, principal, key, body)

    monkeypatch.setattr(spool, "answer", answer)
    monkeypatch.setattr("engine.serve.running.POLL", 0.02)
    first, second = desk.order("a"), desk.order("b")
    for _ in range(2):
        until(lambda: desk.host.sent)
        finish(desk)
    until(lambda: len(desk.answers()) == 2)
    assert desk.answers() == {first.tasks[0].key: "bug", second.tasks[0].key: "done"}
    until(lambda: desk.runner.busy() == 0)


def test_a_node_with_answers_that_the_disk_refused_is_busy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    full = True
    real = spool.answer

    def answer(*values: Any, **named: Any) -> bool:
        if full:
            raise StorageFull("The disk is full.")
        return real(*values, **named)

    monkeypatch.setattr(spool, "answer", answer)
    monkeypatch.setattr("engine.serve.running.POLL", 0.02)
    desk.order("a")
    until(lambda: desk.host.sent)
    finish(desk)
    until(lambda: desk.runner._refused and not desk.runner._out)
    time.sleep(0.1)
    assert desk.runner.busy()  # it must not end because nobody comes
    full = False
    until(lambda: desk.runner.busy() == 0)


def test_an_order_that_no_worker_can_be_started_for_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serve.running.POLL", 0.02)
    send, tries = desk.host.send, []

    def refuse(start: wire.Start, *, deadline: float) -> None:
        tries.append(start.bundle)
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(desk.host, "send", refuse)
    order = desk.order("a")
    until(lambda: len(tries) > 1)
    monkeypatch.setattr(desk.host, "send", send)
    until(lambda: desk.host.sent)
    finish(desk)
    until(lambda: desk.answers())
    assert desk.answers() == {order.tasks[0].key: "done"}


def test_an_order_goes_on_in_the_next_run_or_is_told_to_be_lost(desk: Desk, tmp_path: Path) -> None:
    there, gone, often = desk.order("a"), desk.order("b"), desk.order("c")
    desk.runner.stop()
    desk.blobs.path(owner_of("anna"), gone.parts[0].sha256).unlink()
    for _ in range(TRIES):
        desk.database.write(lambda connection: spool.began(connection, "anna", often.id))
    blobs = Blobs(tmp_path / "blobs", cap=lambda: 1 << 30)
    again = Runner(
        desk.host, blobs, desk.database, tmp_path / "orders",
        settings=nodes.settings(), write_manifest=nodes.listed, answered=desk.heard.append, used=lambda *one: None,
    )  # fmt: skip
    desk.host.sent.clear()
    desk.host.room = 3
    again.start()
    assert (owner_of("anna"), there.parts[0].sha256) in blobs._held  # before its turn comes: it makes room for nobody
    until(lambda: len(desk.answers()) == 2)
    finish(desk)
    until(lambda: len(desk.answers()) == 3)
    again.stop()
    codes = [desk.answers()[order.tasks[0].key] for order in (there, gone, often)]
    assert codes == ["done", "host-lost", "host-lost"]


def test_options_are_known_bounded_and_this_machines_own(desk: Desk) -> None:
    from engine.errors import HostSkew, SettingInvalid
    from engine.hosts.offers import options_here, refusal

    settings = nodes.settings(model_url="http://127.0.0.1:9/v1")()

    def task(**options: Any) -> OrderTask:
        return OrderTask("a" * 64, nodes.ANALYZER, nodes.VERSION, options)

    evil = task(**{"ocr.tesseract": "/bin/sh", "model.url": "http://evil", "model.key_file": "/etc/shadow"})
    told = options_here(evil, settings)
    assert told["ocr.tesseract"] == ""
    assert told["model.url"] == ""  # what was sent to this node goes nowhere else
    assert told["model.key_file"] == ""
    assert isinstance(refusal(task(**{"media.max_megapixels": "many"}), settings), SettingInvalid)
    assert isinstance(refusal(task(sidecar="2f657463"), settings), HostSkew)
    assert refusal(task(**{"objects.min_score": 0.5}), settings) is None
    for name in ("sidecar", "render", "encode", "measure", "cut", "probe", "no-such"):
        error = refusal(OrderTask("a" * 64, name, 1), settings)
        assert isinstance(error, HostSkew)
        assert name in error.text
