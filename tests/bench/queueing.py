"""Durable jobs per second against the bare statements; and whether an asset costs the same in a large library."""

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.model import Finding, FindingKind
from engine.store import jobs
from engine.store.commit import Outcome, commit_done
from engine.store.db import Database
from tests.bench.rows import row

BATCH = 32


def _fill(database: Database, first: int, count: int) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for number in range(first, first + count):
            connection.execute(
                "INSERT INTO asset(id, content, kind, size, added) VALUES(?, ?, 'photo', 1, 0)", (number, f"c{number}")
            )
            jobs.enqueue(connection, [jobs.Wanted(number, f"c{number}", "ocr", 1, {}, 10)])

    database.write(work)


def _through(database: Database, count: int) -> float:
    """Claim and finish jobs as the scheduler does, a finding of 200 characters each."""
    words = "lorem ipsum dolor sit amet " * 7
    began = time.perf_counter()
    left = count
    while left > 0:
        bundles = database.write(lambda connection: jobs.claim(connection, "bench", bundles=BATCH, lease=60))
        futures = []
        for bundle in bundles:
            for job in bundle.jobs:
                outcome = Outcome(job, "bench", "here", "photo", 1, 0.0, 0.1, 0.1, 1)
                found = [Finding(FindingKind.LABEL, label=words)]
                futures.append(
                    database.submit(lambda connection, o=outcome, f=found: commit_done(connection, o, f, None, 0))
                )
        for future in futures:
            assert future.result()
        left -= len(futures)
    return time.perf_counter() - began


def _bare(path: Path, count: int) -> float:
    """The same statements in a plain loop on one connection, in batches, FULL: no thread, no futures."""
    database = Database(path, own=True)
    database.open()
    _fill(database, 1, count)
    database.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    words = "lorem ipsum dolor sit amet " * 7
    began = time.perf_counter()
    left = count
    while left > 0:
        connection.execute("BEGIN IMMEDIATE")
        bundles = jobs.claim(connection, "bench", bundles=BATCH, lease=60)
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        for bundle in bundles:
            outcome = Outcome(bundle.jobs[0], "bench", "here", "photo", 1, 0.0, 0.1, 0.1, 1)
            assert commit_done(connection, outcome, [Finding(FindingKind.LABEL, label=words)], None, 0)
        connection.execute("COMMIT")
        left -= len(bundles)
    took = time.perf_counter() - began
    connection.close()
    return took


def run(quick: bool) -> list[dict[str, Any]]:
    """P9."""
    count = 320 if quick else 6400
    with tempfile.TemporaryDirectory() as name:
        database = Database(Path(name) / "kinora.db", own=True)
        database.open()
        _fill(database, 1, count)
        ours = _through(database, count)
        database.close()
        bare = _bare(Path(name) / "bare.db", count)
    what = f"{count:,} durable jobs, with findings, counts and attempts"
    against = f"the same statements in a loop: {count / bare:,.0f}/s"
    return [row("P9", what, f"{count / ours:,.0f}/s", against, round(bare / ours, 2), ">= 0.9")]


def growth(quick: bool) -> list[dict[str, Any]]:
    """P12: the time of one job at growing sizes."""
    sizes = (1_000, 3_000) if quick else (10_000, 100_000, 300_000)
    times = []
    with tempfile.TemporaryDirectory() as name:
        database = Database(Path(name) / "kinora.db", own=True)
        database.open()
        there = 0
        for size in sizes:
            for first in range(there + 1, size + 1, 5000):
                _fill(database, first, min(5000, size + 1 - first))
            there = size
            times.append(_through(database, 960) / 960)
        database.close()
    shown = ", ".join(f"{size:,}: {took * 1e3:.2f} ms" for size, took in zip(sizes, times, strict=True))
    ratio = round(max(times) / times[0], 2)
    return [row("P12", "time of a job as the library grows", shown, "the smallest", ratio, "<= 1.3")]
