"""The scheduler with a host of our own: whatever a host or the disk does, no job is lost and the thread goes on."""

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import WorkerCrashed
from engine.hosts.base import Lost
from engine.hosts.local import LocalHost
from engine.jobs import committing, wire
from engine.jobs.scheduler import Scheduler
from engine.model import Facts, Finding, FindingKind, Hold, Priority
from engine.settings import defaults
from engine.store import files, jobs
from engine.store.db import Database
from tests.waiting import until


class Standin:
    """A host that does what the test says."""

    name = "stand-in"

    def __init__(self) -> None:
        self.room = 0
        self.sent: list[wire.Start] = []
        self.cancelled: list[int] = []
        self.refuse: Exception | None = None
        self.say: Callable[[Any], None] = lambda message: None

    def start(self, listener: Callable[[Any], None]) -> None:
        self.say = listener

    def free(self) -> int:
        return self.room

    def send(self, start: wire.Start, *, deadline: float) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.room -= 1
        self.sent.append(start)

    def cancel(self, bundle: int) -> None:
        self.cancelled.append(bundle)

    def stop(self) -> None:
        pass


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "kinora.db", own=True)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def host() -> Standin:
    return Standin()


@pytest.fixture
def scheduler(database: Database, host: Standin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduler]:
    monkeypatch.setattr(committing, "FULL_PAUSE", 0.1)
    made = Scheduler(database, host, settings=defaults, save_preview=lambda content, preview: None)
    made.start()
    yield made
    made.stop()


def put(database: Database, folder: Path, count: int, *analyzers: str) -> None:
    """Files, one asset each, with a job for each analyzer."""

    def work(connection: sqlite3.Connection) -> None:
        root = files.put_root(connection, bytes(folder), single=False, watch=False, device=None)
        for number in range(1, count + 1):
            arrival = files.Arrival(bytes(folder), b"%d.png" % number, root, 1, 1, f"c{number}", "photo")
            asset, _ = files.put_arrival(connection, arrival)
            assert asset is not None
            rows = [jobs.Wanted(asset, f"c{number}", name, 1, {}, Priority.IMPORT) for name in analyzers]
            jobs.enqueue(connection, rows)

    database.write(work)


def states(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as connection:
        return connection.execute("SELECT analyzer, state, error_code FROM job ORDER BY id").fetchall()


def begin(scheduler: Scheduler, host: Standin, bundles: int = 1) -> list[wire.Start]:
    """Let the host take so many bundles more."""
    before = len(host.sent)
    host.room = bundles
    scheduler.wake()
    until(lambda: len(host.sent) >= before + bundles)
    return host.sent[before:]


def answer(start: wire.Start, *findings: Finding, facts: Facts | None = None) -> list[Any]:
    """What a worker says of a bundle that goes well."""
    said = [wire.Done(start.bundle, task.job, task.epoch, findings, facts) for task in start.tasks]
    return [*said, wire.Ended(start.bundle)]


def test_a_host_that_cannot_start_anything_costs_no_job(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 3, "ocr")
    host.refuse = OSError(24, "Too many open files")
    host.room = 2
    scheduler.wake()
    until(lambda: scheduler.trouble)
    until(lambda: {state for _, state, _ in states(database)} == {"waiting"})
    host.refuse = None
    for message in [message for start in begin(scheduler, host, 3) for message in answer(start)]:
        host.say(message)
    host.room = 1
    assert scheduler.wait_idle(10)
    assert {state for _, state, _ in states(database)} == {"done"}
    assert scheduler.trouble == ""


def test_an_answer_that_makes_no_sense_does_not_end_the_thread(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 2, "ocr")
    first, second = begin(scheduler, host, 2)
    host.say(wire.Failed(first.bundle, first.tasks[0].job, first.tasks[0].epoch, "x", "y", retry="no such word"))
    for message in answer(second):
        host.say(message)
    until(lambda: states(database)[1][1] == "done")


@pytest.mark.parametrize(
    "finding",
    [
        Finding(FindingKind.TEXT, text="a lone \udce9 surrogate", label="ocr"),
        Finding(FindingKind.LABEL, label="x", score=2**70),
    ],
)
def test_a_result_that_cannot_be_stored_fails_as_a_bug(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path, finding: Finding
) -> None:
    put(database, tmp_path, 2, "ocr")
    first, second = begin(scheduler, host, 2)
    for message in [*answer(first, finding), *answer(second)]:
        host.say(message)
    until(lambda: states(database) == [("ocr", "failed", "bug"), ("ocr", "done", "")])
    host.room = 1
    assert scheduler.wait_idle(10)


def test_results_stay_in_hand_while_the_disk_takes_nothing_and_trouble_ends_with_it(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, tmp_path, 1, "ocr")
    database.write(lambda connection: connection.execute("INSERT INTO asset(content, kind, size, added) "
                                                         "VALUES('waits', 'photo', 1, 0)"))  # fmt: skip
    (start,) = begin(scheduler, host)
    held = jobs.Wanted(2, "waits", "ocr", 1, {}, 0, int(Hold.SPACE))
    database.write(lambda connection: jobs.enqueue(connection, [held]))
    real, refused = committing.commit_done, deque([1, 1])

    def commit_done(connection: sqlite3.Connection, *rest: Any) -> bool:
        if refused:
            refused.pop()
            raise sqlite3.OperationalError("disk I/O error")  # a quota, or a full disk that fsync noticed
        return real(connection, *rest)

    monkeypatch.setattr(committing, "commit_done", commit_done)
    for message in answer(start):
        host.say(message)
    until(lambda: states(database)[0][1] == "done")
    until(lambda: scheduler.trouble == "")  # though nothing more was claimed: the host is full

    def hold() -> int:
        with database.read() as connection:
            return int(connection.execute("SELECT hold FROM job WHERE asset_id = 2").fetchone()[0])

    until(lambda: hold() == 0)


def test_what_waited_for_space_is_tried_again_at_a_start(database: Database, host: Standin, tmp_path: Path) -> None:
    put(database, tmp_path, 1, "ocr")
    database.write(lambda connection: connection.execute("UPDATE job SET hold = ?", (Hold.SPACE,)))
    scheduler = Scheduler(database, host, settings=defaults, save_preview=lambda content, preview: None)
    scheduler.start()
    try:
        assert begin(scheduler, host)
    finally:
        scheduler.stop()
    until(lambda: states(database) == [("ocr", "waiting", "")])


def test_a_worker_that_never_started_blames_no_file(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 1, "ocr")
    for _ in range(3):
        (start,) = begin(scheduler, host)
        host.say(Lost((start.bundle,), None, WorkerCrashed("A worker did not start."), started=False))
        until(lambda: scheduler.trouble == "A worker did not start.")
        until(lambda: states(database) == [("ocr", "waiting", "")])
    (start,) = begin(scheduler, host)
    for message in answer(start):
        host.say(message)
    until(lambda: states(database) == [("ocr", "done", "")])
    until(lambda: scheduler.trouble == "")


def test_a_worker_that_died_at_work_blames_the_file_that_it_had(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 2, "ocr")
    first, second = begin(scheduler, host, 2)
    host.say(Lost((first.bundle, second.bundle), None, WorkerCrashed("It crashed.")))
    until(lambda: [state for _, state, _ in states(database)] == ["waiting", "waiting"])
    with database.read() as connection:
        assert [row[0] for row in connection.execute("SELECT crashes FROM job ORDER BY id")] == [1, 0]


def test_a_bundle_that_ends_without_an_answer_is_not_read_for_ever(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 1, "ocr")
    (start,) = begin(scheduler, host)
    host.say(wire.Ended(start.bundle))
    until(lambda: states(database) == [("ocr", "waiting", "bug")])
    with database.read() as connection:
        attempts, not_before = connection.execute("SELECT attempts, not_before FROM job").fetchone()
    assert attempts == 1
    assert not_before > time.time()


def test_files_out_of_reach_hold_nothing_up(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 200, "ocr")
    database.write(lambda connection: connection.execute("UPDATE file SET state = 'missing' WHERE id < 200"))
    began = time.monotonic()
    (start,) = begin(scheduler, host)
    assert start.content == "c200"
    assert time.monotonic() - began < 6  # one at a time, with a pause after each, would be minutes
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM job WHERE hold = 2").fetchone() == (199,)


def test_a_copy_is_read_when_the_first_file_is_gone(
    database: Database, host: Standin, scheduler: Scheduler, tmp_path: Path
) -> None:
    put(database, tmp_path, 1)
    (tmp_path / "copy.png").write_bytes(b"x")

    def copy(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO file(asset_id, folder_id, root_id, name, shown, size, mtime_ns, state, first_seen, last_seen) "
            "SELECT asset_id, folder_id, root_id, ?, 'copy.png', 1, 1, 'present', 0, 0 FROM file",
            (b"copy.png",),
        )
        jobs.enqueue(connection, [jobs.Wanted(1, "c1", "ocr", 1, {}, 0)])

    database.write(copy)
    (start,) = begin(scheduler, host)
    assert start.path == bytes(tmp_path / "copy.png")


class Process:
    """Stands for a child of the local host."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.bundles: dict[int, float] = {}
        self.began = None
        self.heard = self.spoke = time.monotonic()
        self.rss = 0
        self.served = 0
        self.ready = True
        self.retiring = False
        self.closed = False
        self.verdict: Exception | None = None
        self.sent: list[Any] = []

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def retire(self) -> None:
        self.retiring = self.closed = True

    def excuse(self, now: float) -> None:
        self.heard = self.spoke = now

    def kill(self, verdict: Exception | None = None) -> None:
        self.verdict = verdict


def order(number: int) -> wire.Start:
    return wire.Start(number, b"a", "photo", "", "c", 1, 1, ())  # type: ignore[arg-type]


def test_a_busy_worker_is_renewed_and_gets_nothing_more() -> None:
    local = LocalHost(workers=1, recycle=3)
    child = Process()
    local._children.append(child)  # type: ignore[arg-type]
    for number in (1, 2):
        local.send(order(number), deadline=1)
    child.served = 3
    child.bundles.pop(1)
    local._heard(child, wire.Ended(1))  # type: ignore[arg-type]
    assert child.retiring  # though it has a bundle still: with two ahead it always has
    assert not child.closed
    assert local.free() == 2  # in another one
    child.bundles.pop(2)
    local._heard(child, wire.Ended(2))  # type: ignore[arg-type]
    assert child.closed


def test_the_watchdog_forgives_a_sleep_of_the_machine() -> None:
    local = LocalHost(workers=1)
    child = Process()
    local._children.append(child)  # type: ignore[arg-type]
    child.bundles[1] = 10.0
    now = child.heard
    local._tick(now + 3599.9, now + 3600)
    assert child.verdict is not None  # it was silent while we were awake
    child.verdict = None
    local._tick(now, now + 3600)
    assert child.verdict is None


def test_the_watchdog_outlives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = []

    def tick(self: LocalHost, before: float, now: float) -> None:
        ticks.append(now)
        raise RuntimeError("dictionary changed size during iteration")

    monkeypatch.setattr(LocalHost, "_tick", tick)
    monkeypatch.setattr("engine.hosts.local.TICK", 0.01)
    local = LocalHost(workers=1)
    local.start(lambda message: None)
    until(lambda: len(ticks) > 2)
    local.stop()


def test_a_process_that_the_system_refuses_is_trouble_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with pytest.raises(WorkerCrashed, match="could not be started: Cannot allocate memory"):
        LocalHost(workers=1).send(order(1), deadline=1)
