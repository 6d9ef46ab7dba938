"""The queue's promises in the store: idempotent, fenced, in order, in company, alone."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import Retry, StoreError
from engine.jobs.retry import decide
from engine.model import Change, Finding, FindingKind, JobState, Priority
from engine.store import jobs, queue
from engine.store.commit import Outcome, commit_done, commit_failed
from engine.store.db import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "kinora.db", own=True)
    opened.open()
    yield opened
    opened.close()


def fill(
    database: Database, assets: int, analyzers: tuple[str, ...] = ("probe", "ocr"), priority: int = Priority.IMPORT
) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for number in range(assets):
            connection.execute(
                "INSERT OR IGNORE INTO asset(content, kind, size, added) VALUES(?, 'photo', 1, 0)", (f"c{number}",)
            )
            rows = [jobs.Wanted(number + 1, f"c{number}", name, 1, {}, priority) for name in analyzers]
            jobs.enqueue(connection, rows)

    database.write(work)


def claim(database: Database, bundles: int = 1, owner: str = "me") -> list[jobs.Bundle]:
    return database.write(lambda connection: jobs.claim(connection, owner, bundles=bundles, lease=60))


def outcome(job: jobs.Leased, owner: str = "me") -> Outcome:
    return Outcome(job, owner, "here", "photo", 1, 0.0, 0.1, 0.1, 1)


def done(database: Database, job: jobs.Leased, owner: str = "me", text: str = "words") -> bool:
    found = [Finding(FindingKind.TEXT, text=text, label="ocr")]
    return database.write(lambda connection: commit_done(connection, outcome(job, owner), found, None, 0))


def test_the_same_work_is_queued_once(database: Database) -> None:
    fill(database, 2)
    fill(database, 2)
    with database.read() as connection:
        assert queue.counts(connection) == {"probe": {"waiting": 2}, "ocr": {"waiting": 2}}


def test_a_bundle_is_one_asset_with_all_its_jobs(database: Database) -> None:
    fill(database, 3)
    bundles = claim(database, 5)
    assert [bundle.asset_id for bundle in bundles] == [1, 2, 3]
    assert [[job.analyzer for job in bundle.jobs] for bundle in bundles] == [["probe", "ocr"]] * 3
    assert claim(database) == []


def test_first_looks_go_before_everything_else_while_there_are_many(database: Database) -> None:
    fill(database, jobs.FEW + 2, ("ocr",))
    fill(database, jobs.FEW + 2, ("probe",), Priority.FACTS)
    (bundle,) = claim(database)
    assert [job.analyzer for job in bundle.jobs] == ["probe"]
    claim(database, 4)
    (bundle,) = claim(database)  # few are left: now an asset is decoded once for everything
    assert [job.analyzer for job in bundle.jobs] == ["probe", "ocr"]


def test_what_is_on_the_screen_goes_first(database: Database) -> None:
    fill(database, 5)
    database.write(lambda connection: jobs.promote(connection, [4], Priority.VISIBLE))
    assert claim(database)[0].asset_id == 4


def test_a_late_result_is_fenced_off(database: Database) -> None:
    fill(database, 1, ("ocr",))
    (first,) = claim(database)
    database.write(jobs.release_all)
    (second,) = claim(database)
    assert done(database, second.jobs[0], text="second")
    assert not done(database, first.jobs[0], text="first")
    with database.read() as connection:
        assert connection.execute("SELECT text FROM finding").fetchall() == [("second",)]
        assert [row[0] for row in connection.execute("SELECT outcome FROM attempt ORDER BY id")] == ["done", "late"]


def test_another_owner_cannot_finish_it(database: Database) -> None:
    fill(database, 1, ("ocr",))
    (bundle,) = claim(database)
    assert not done(database, bundle.jobs[0], owner="somebody else")
    assert done(database, bundle.jobs[0])


def test_a_crash_in_company_is_bisected_down_to_one(database: Database) -> None:
    import random

    fill(database, 1, ("a", "b", "c", "d"))
    crashes = 0
    while bundles := claim(database):
        (bundle,) = bundles
        guilty = [job for job in bundle.jobs if job.analyzer == "c"]
        if not guilty:
            for job in bundle.jobs:
                assert done(database, job)
            continue
        crashes += 1
        for job in bundle.jobs:
            verdict = decide(
                "crash",
                Retry.SMALLER,
                attempts=job.attempts,
                crashes=job.crashes,
                together=len(bundle.jobs),
                chance=random.Random(1),
            )
            setback = jobs.Setback(
                verdict.state, 0.0, 0, verdict.batch_max, verdict.attempts, verdict.crashes, "crash", "It crashed.", ""
            )
            database.write(
                lambda connection, job=job, setback=setback: commit_failed(
                    connection, outcome(job), setback, whole=False
                )
            )  # type: ignore[misc]
    with database.read() as connection:
        assert queue.counts(connection) == {"a": {"done": 1}, "b": {"done": 1}, "c": {"failed": 1}, "d": {"done": 1}}
    assert crashes == 4  # four together, two together, twice alone


def test_a_file_that_cannot_be_read_is_one_failure_and_retried_as_a_whole(database: Database) -> None:
    fill(database, 1, ("probe", "look", "ocr"))
    (bundle,) = claim(database)
    setback = jobs.Setback(JobState.FAILED, 0.0, 0, None, 1, 0, "damaged", "It is cut.", "")
    database.write(lambda connection: commit_failed(connection, outcome(bundle.jobs[0]), setback, whole=True))
    with database.read() as connection:
        (row,) = queue.rows(connection, JobState.FAILED, 10)
        assert (row.analyzer, row.error) == ("probe", "It is cut.")
        assert queue.counts(connection)["probe"]["failed"] == 1
    database.write(lambda connection: jobs.retry(connection, [row.id]))
    assert len(claim(database)[0].jobs) == 3


def test_cancel_and_retry(database: Database) -> None:
    fill(database, 2, ("ocr",))
    claim(database)
    count, running = database.write(lambda connection: jobs.cancel(connection, None))
    assert (count, len(running)) == (2, 1)
    with database.read() as connection:
        assert queue.counts(connection) == {"ocr": {"running": 1, "cancelled": 1}}
        (row,) = queue.rows(connection, JobState.CANCELLED, 10)
    assert database.write(lambda connection: jobs.retry(connection, [row.id])) == [row.asset]


def test_replaced_findings_leave_no_words_behind(database: Database) -> None:
    fill(database, 1, ("ocr",))
    for text in ("old lighthouse", "new mill"):
        database.write(lambda connection: connection.execute("UPDATE job SET state = 'waiting'"))
        (bundle,) = claim(database)
        assert done(database, bundle.jobs[0], text=text)
    with database.read() as connection:
        assert [row[0] for row in connection.execute("SELECT term FROM vocabulary ORDER BY term")] == ["mill", "new"]
        assert connection.execute("SELECT count(*) FROM moment").fetchone() == (1,)


def test_counts_always_agree_with_the_rows(database: Database) -> None:
    fill(database, 7)
    for bundle in claim(database, 3):
        done(database, bundle.jobs[0])
    database.write(lambda connection: jobs.hold_analyzer(connection, "ocr", 4, on=True))
    database.write(lambda connection: jobs.cancel(connection, None))
    with database.read() as connection:
        rows = connection.execute("SELECT analyzer, state, hold <> 0, count(*) FROM job GROUP BY 1, 2, 3").fetchall()
        tally = connection.execute("SELECT * FROM tally WHERE n > 0").fetchall()
    assert sorted(rows) == sorted(tally)


def setback(state: JobState, code: str) -> jobs.Setback:
    return jobs.Setback(state, 0.0, 0, None, 1, 0, code, "It did not work.", "")


def fails(database: Database, job: jobs.Leased, state: JobState, code: str) -> None:
    database.write(lambda connection: commit_failed(connection, outcome(job), setback(state, code), whole=False))


def states(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return dict(connection.execute("SELECT analyzer, state FROM job ORDER BY id"))


def test_cancelling_one_job_leaves_its_company_in_the_queue(database: Database) -> None:
    fill(database, 1, ("probe", "look", "ocr"))
    (bundle,) = claim(database)
    ocr = next(job for job in bundle.jobs if job.analyzer == "ocr")
    assert database.write(lambda connection: jobs.cancel(connection, [ocr.id])) == (1, [ocr.id])
    for job in bundle.jobs:  # the worker stops the whole bundle
        fails(database, job, JobState.CANCELLED, "cancelled")
    assert states(database) == {"probe": "waiting", "look": "waiting", "ocr": "cancelled"}


def test_a_job_that_was_cancelled_while_it_ran_does_not_come_back(database: Database) -> None:
    fill(database, 1, ("a", "b", "c", "d"))
    (bundle,) = claim(database)
    database.write(lambda connection: jobs.cancel(connection, [job.id for job in bundle.jobs[:3]]))
    fails(database, bundle.jobs[0], JobState.WAITING, "crash")
    fails(database, bundle.jobs[1], JobState.FAILED, "damaged")
    database.write(lambda connection: jobs.release(connection, [bundle.jobs[2].id]))
    assert database.write(jobs.release_all) == 1
    assert states(database) == {"a": "cancelled", "b": "failed", "c": "cancelled", "d": "waiting"}
    fill(database, 1, ("e",))
    (bundle,) = claim(database)
    database.write(lambda connection: jobs.cancel(connection, [bundle.jobs[0].id]))
    database.write(jobs.release_all)
    assert states(database)["d"] == "cancelled"


def test_an_option_that_is_changed_and_changed_back_is_read_again(database: Database) -> None:
    fill(database, 1, ())

    def enqueue(side: int) -> int:
        wanted = jobs.Wanted(1, "c0", "ocr", 1, {"side": side}, Priority.IMPORT)
        return database.write(lambda connection: jobs.enqueue(connection, [wanted]))

    for side in (960, 1280, 960):
        assert enqueue(side) == 1, f"the findings of {side} are not there"
        (bundle,) = claim(database)
        assert done(database, bundle.jobs[0])


def steps(database: Database, work: Callable[[sqlite3.Connection], object]) -> int:
    """How many thousand steps SQLite takes: a measure that no clock disturbs."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def measured(connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(tick, 100)
        work(connection)
        connection.set_progress_handler(None, 0)

    database.write(measured)
    return count


def test_a_claim_costs_the_same_however_many_jobs_wait(database: Database) -> None:
    fill(database, 10)
    claim(database)  # what is done once is done now
    few = steps(database, lambda connection: jobs.claim(connection, "me", bundles=1, lease=60))
    fill(database, 3000)
    many = steps(database, lambda connection: jobs.claim(connection, "me", bundles=1, lease=60))
    ready = steps(database, jobs.any_ready)
    assert many <= few + 2
    assert ready <= 2


def test_many_jobs_change_their_hold_in_one_statement(database: Database) -> None:
    fill(database, 300, ("ocr",))
    said: list[str] = []

    def work(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(said.append)
        jobs.hold_offline(connection, range(1, 301))
        jobs.cancel(connection, range(1, 201))
        jobs.retry(connection, range(1, 101))
        connection.set_trace_callback(None)

    database.write(work)
    assert len({one for one in said if one.startswith("UPDATE job")}) == 5  # cancel and retry take two each
    with database.read() as connection:
        assert connection.execute("SELECT state, hold, count(*) FROM job GROUP BY 1, 2 ORDER BY 1, 2").fetchall() == [
            ("cancelled", 2, 100),
            ("waiting", 0, 100),
            ("waiting", 2, 100),
        ]
        assert connection.execute("PRAGMA temp_store").fetchone() == (2,)
    assert database.write(lambda connection: connection.execute("PRAGMA temp_store").fetchone()) == (0,)


def test_an_order_that_races_with_the_end_is_answered(database: Database) -> None:
    inner = database._orders
    closing = threading.Thread(target=database.close)

    class Slow:
        """Lets the end overtake an order, if it can."""

        def put(self, order: object) -> None:
            if order is not None and not closing.is_alive():
                closing.start()
                time.sleep(0.2)
            inner.put(order)  # type: ignore[arg-type]

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

    database._orders = Slow()  # type: ignore[assignment]
    late = database.submit(lambda connection: 7)
    assert late.result(5) == 7
    closing.join()
    with pytest.raises(StoreError, match="closed"):
        database.submit(lambda connection: 8).result(5)


def test_a_work_that_fails_costs_no_other_of_its_group(database: Database) -> None:
    fill(database, 1, ())
    gate = threading.Event()
    first = database.submit(lambda connection: gate.wait(5))
    time.sleep(0.05)  # the writer is at it: what follows is one group
    name = "UPDATE asset SET name = name || ?"
    good = [database.submit(lambda connection, n=n: connection.execute(name, (n,)).rowcount) for n in "ab"]  # type: ignore[misc]
    bad = database.submit(lambda connection: connection.execute(name, ("\ud800",)))
    broken = database.submit(lambda connection: connection.execute("INSERT INTO tag(name) VALUES(NULL)"))
    good.append(database.submit(lambda connection: connection.execute(name, ("c",)).rowcount))
    gate.set()
    assert first.result(5)
    assert [future.result(5) for future in good] == [1, 1, 1]
    assert isinstance(bad.exception(5), UnicodeEncodeError)
    assert isinstance(broken.exception(5), sqlite3.IntegrityError)
    with database.read() as connection:
        assert connection.execute("SELECT name FROM asset").fetchone() == ("abc",)


def test_a_change_of_many_assets_stays_one_of_many() -> None:
    one, many = Change(frozenset({"findings"}), frozenset({3})), Change(frozenset({"assets"}))
    assert one.merge(many) == many.merge(one) == Change(frozenset({"findings", "assets"}))
    assert Change(frozenset({"jobs"})).merge(one).assets == {3}
