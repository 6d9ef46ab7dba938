"""The durable queue: rows that stay until their findings are stored, claimed under a lease and fenced by an epoch."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from engine.model import Hold, JobState, Priority

FEW = 64  # so many first looks waiting are soon done: then an asset is decoded once for everything
UNREAD = (
    "unread"  # the code of jobs that failed because the file itself could not be read: told once, not once for each
)
# Ids as one value, so that one statement does for all. Beside it stands "+state": the index of states would be a scan.
LISTED = "SELECT value FROM json_each(?)"
# A job that no other host may have: it must stay, it failed elsewhere, or it is a suspect.
HERE = (
    f"(analyzer NOT IN ({LISTED}) OR stays = 1 OR batch_max = 1 "
    "OR EXISTS(SELECT 1 FROM strike s WHERE s.job_id = job.id))"
)
RETURNED = "state = CASE WHEN cancel_asked THEN 'cancelled' ELSE 'waiting' END, lease_owner = NULL, lease_until = NULL"


def listed(ids: Iterable[int]) -> str:
    """Ids as the value that `LISTED` takes."""
    return json.dumps(list(ids))


def listed_words(words: Iterable[str]) -> str:
    """Words as the value that `LISTED` takes."""
    return json.dumps(list(words))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One analyzer to run on one asset."""

    asset_id: int
    content: str
    analyzer: str
    version: int
    options: Mapping[str, Any]
    priority: int
    hold: int = 0


@dataclass(frozen=True, slots=True)
class Leased:
    """A claimed job; `epoch` fences its result."""

    id: int
    epoch: int
    asset_id: int
    analyzer: str
    version: int
    options: Mapping[str, Any]
    attempts: int
    crashes: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """Jobs of one asset that run together, decoding it once, with what a worker must know of the asset."""

    asset_id: int
    content: str
    kind: str
    mime: str
    size: int
    duration: float | None
    facts: str
    jobs: tuple[Leased, ...]


def key(wanted: Wanted) -> str:
    """The idempotent key of a job: the same content, analyzer, version and options are the same work."""
    options = json.dumps(dict(wanted.options), sort_keys=True)
    return sha256(f"{wanted.content}|{wanted.analyzer}|{wanted.version}|{options}".encode()).hexdigest()


def enqueue(connection: sqlite3.Connection, rows: Iterable[Wanted]) -> int:
    """Add the jobs that are not there yet; return how many were added."""
    now = time.time()
    added = 0
    for wanted in rows:
        options = json.dumps(dict(wanted.options), sort_keys=True)
        about = (wanted.asset_id, wanted.analyzer, wanted.version, options, wanted.priority, wanted.hold)
        # Epochs count on from the time: the number of a deleted job is given again, and its late result must not fit.
        added += connection.execute(
            "INSERT INTO job(key, asset_id, analyzer, version, options, state, priority, hold, lease_epoch, created, "
            "updated) VALUES(?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING",
            (key(wanted), *about, int(now * 1000), now, now),
        ).rowcount
    return added


def claim(
    connection: sqlite3.Connection, owner: str, *, bundles: int, lease: float, without: Collection[str] = ()
) -> list[Bundle]:
    """Lease up to `bundles` assets' worth of waiting jobs, the most urgent first, for `lease` seconds.

    Jobs of the analyzers in `without` are left to other hosts, unless they must be done here.
    """
    claimed = []
    for _ in range(bundles):
        bundle = _claim_one(connection, owner, lease, without)
        if bundle is None:
            break
        claimed.append(bundle)
    return claimed


def _claim_one(connection: sqlite3.Connection, owner: str, lease: float, without: Collection[str]) -> Bundle | None:
    now = time.time()
    here, left = (f" AND {HERE}", (listed_words(without),)) if without else ("", ())
    first = connection.execute(
        "SELECT asset_id, priority, batch_max, id FROM job INDEXED BY job_ready "
        f"WHERE state = 'waiting' AND hold = 0 AND not_before <= ?{here} "
        "ORDER BY priority DESC, id LIMIT 1",
        (now, *left),
    ).fetchone()
    if first is None:
        return None
    asset_id, priority, batch_max, job_id = first
    if batch_max == 1:
        ids = [job_id]
    else:
        least = priority if priority == Priority.FACTS and not _few(connection) else -1_000_000
        ids = [
            row[0]
            for row in connection.execute(
                "SELECT id FROM job WHERE asset_id = ? AND state = 'waiting' AND hold = 0 AND not_before <= ? "
                f"AND batch_max > 1 AND priority >= ?{here} ORDER BY priority DESC, id LIMIT ?",
                (asset_id, now, least, *left, batch_max),
            )
        ]
    return lease_until(connection, asset_id, ids, owner, now + lease)


def _few(connection: sqlite3.Connection) -> bool:
    """Whether hardly any first looks are waiting."""
    rows = connection.execute(
        "SELECT 1 FROM job INDEXED BY job_ready WHERE state = 'waiting' AND hold = 0 AND priority = ? LIMIT ?",
        (Priority.FACTS, FEW),
    ).fetchall()
    return len(rows) < FEW


def lease_until(connection: sqlite3.Connection, asset_id: int, ids: list[int], owner: str, until: float) -> Bundle:
    """Lease these jobs of one asset until then (time.time())."""
    marks = ", ".join("?" * len(ids))
    connection.execute(
        "UPDATE job SET state = 'running', lease_owner = ?, lease_until = ?, lease_epoch = lease_epoch + 1, "
        f"cancel_asked = 0, updated = ? WHERE id IN ({marks})",
        (owner, until, time.time(), *ids),
    )
    jobs = connection.execute(
        "SELECT id, lease_epoch, asset_id, analyzer, version, options, attempts, crashes FROM job "
        f"WHERE id IN ({marks}) ORDER BY priority DESC, id",
        ids,
    )
    leased = tuple(
        Leased(job, epoch, asset, analyzer, version, json.loads(options), attempts, crashes)
        for job, epoch, asset, analyzer, version, options, attempts, crashes in jobs
    )
    asset = connection.execute(
        "SELECT content, kind, mime, size, duration, facts FROM asset WHERE id = ?", (asset_id,)
    ).fetchone()
    content, kind, mime, size, duration, facts = asset
    return Bundle(asset_id, content, kind, mime, size, duration, facts, leased)


def any_ready(connection: sqlite3.Connection) -> bool:
    """Whether a job could be claimed now or after its back-off."""
    ready = "SELECT 1 FROM job INDEXED BY job_ready WHERE state = 'waiting' AND hold = 0 LIMIT 1"
    return connection.execute(ready).fetchone() is not None


def still_leased(connection: sqlite3.Connection, job_id: int, epoch: int, owner: str) -> bool:
    """Whether this lease is the job's present one; a result under any other is late and is thrown away."""
    row = connection.execute(
        "SELECT 1 FROM job WHERE id = ? AND state = 'running' AND lease_epoch = ? AND lease_owner = ?",
        (job_id, epoch, owner),
    ).fetchone()
    return row is not None


def finish(connection: sqlite3.Connection, job_id: int) -> None:
    """Mark a leased job as done; the caller stores its findings in the same transaction."""
    connection.execute(
        "UPDATE job SET state = 'done', lease_owner = NULL, lease_until = NULL, "
        "error_code = '', error = '', hint = '', not_before = 0, updated = ? WHERE id = ?",
        (time.time(), job_id),
    )


def forget_older(connection: sqlite3.Connection, job: Leased) -> None:
    """Its findings replaced those of the analyzer's other versions and options: wanted again, they are read again."""
    connection.execute(
        "DELETE FROM job WHERE asset_id = ? AND analyzer = ? AND id <> ? AND state = 'done'",
        (job.asset_id, job.analyzer, job.id),
    )


def cancel_asked(connection: sqlite3.Connection, job_id: int) -> bool:
    """Whether somebody wants this job stopped (and not just one that runs beside it)."""
    row = connection.execute("SELECT cancel_asked FROM job WHERE id = ?", (job_id,)).fetchone()
    return bool(row and row[0])


@dataclass(frozen=True, slots=True)
class Setback:
    """How a job goes on after an error: the retry policy's verdict in the words of the table."""

    state: JobState
    not_before: float
    hold: int
    batch_max: int | None
    attempts: int
    crashes: int
    code: str
    text: str
    hint: str


def set_back(connection: sqlite3.Connection, job_id: int, setback: Setback) -> None:
    """Write what became of a job that did not finish; one that somebody cancelled meanwhile does not wait again."""
    connection.execute(
        "UPDATE job SET state = CASE WHEN cancel_asked AND ? THEN 'cancelled' ELSE ? END, not_before = ?, "
        "hold = hold | ?, batch_max = coalesce(?, batch_max), attempts = ?, crashes = ?, error_code = ?, error = ?, "
        "hint = ?, lease_owner = NULL, lease_until = NULL, updated = ? WHERE id = ?",
        (setback.state is JobState.WAITING, setback.state.value, setback.not_before, setback.hold, setback.batch_max,
         setback.attempts, setback.crashes, setback.code, setback.text, setback.hint, time.time(), job_id),
    )  # fmt: skip


def fail_newest(connection: sqlite3.Connection, asset_id: int, setback: Setback) -> None:
    """The job that was just added cannot succeed: the file is nothing that is read."""
    set_back(
        connection, connection.execute("SELECT max(id) FROM job WHERE asset_id = ?", (asset_id,)).fetchone()[0], setback
    )


def fail_others(connection: sqlite3.Connection, asset_id: int, setback: Setback) -> None:
    """The file itself cannot be read: every other unfinished job of the asset fails with the same sentence."""
    connection.execute(
        "UPDATE job SET state = 'failed', error_code = ?, error = ?, hint = ?, lease_owner = NULL, lease_until = NULL, "
        "updated = ? WHERE asset_id = ? AND state IN ('waiting', 'running')",
        (UNREAD, setback.text, setback.hint, time.time(), asset_id),
    )


def release(connection: sqlite3.Connection, job_ids: Iterable[int], *, hold: int = 0) -> None:
    """Return leased jobs unharmed: they never began, the program is closing, or (with `hold`) their drive is away."""
    connection.executemany(
        f"UPDATE job SET {RETURNED}, hold = hold | ? WHERE id = ? AND state = 'running'",
        ((hold, job_id) for job_id in job_ids),
    )


def release_all(connection: sqlite3.Connection) -> int:
    """Return every lease: whoever held them is dead, for we hold the library's lock. Needs no clock."""
    return connection.execute(f"UPDATE job SET {RETURNED} WHERE state = 'running'").rowcount


def retry(connection: sqlite3.Connection, ids: Collection[int] | None) -> list[int]:
    """Put failed and cancelled jobs (all failed ones without `ids`) back to the start; return their assets."""
    change = (
        "UPDATE job SET state = 'waiting', attempts = 0, crashes = 0, not_before = 0, batch_max = 64, hold = hold & ?, "
        "cancel_asked = 0, error_code = '', error = '', hint = '', updated = ? WHERE "
    )
    values = (Hold.PACK | Hold.USER, time.time())
    if ids is None:
        rows = connection.execute(change + "state = 'failed' RETURNING asset_id", values).fetchall()
        return [row[0] for row in rows]
    wanted = change + f"id IN ({LISTED}) AND +state IN ('failed', 'cancelled', 'waiting') RETURNING asset_id"
    found = [row[0] for row in connection.execute(wanted, (*values, listed(ids)))]
    others = change + f"asset_id IN ({LISTED}) AND +state = 'failed' AND error_code = ?"
    connection.execute(others, (*values, listed(set(found)), UNREAD))
    return found


def cancel(connection: sqlite3.Connection, ids: Collection[int] | None) -> tuple[int, list[int]]:
    """Cancel waiting jobs and ask running ones to stop; return how many, and the running ones' ids."""
    these, values = ("state", ()) if ids is None else (f"id IN ({LISTED}) AND +state", (listed(ids),))
    count = connection.execute(
        f"UPDATE job SET state = 'cancelled', updated = ? WHERE {these} = 'waiting'", (time.time(), *values)
    ).rowcount
    asked = connection.execute(
        f"UPDATE job SET cancel_asked = 1 WHERE {these} = 'running' RETURNING id", values
    ).fetchall()
    return count + len(asked), [row[0] for row in asked]


def promote(connection: sqlite3.Connection, asset_ids: Iterable[int], priority: int) -> int:
    """Let the waiting jobs of these assets go first."""
    return connection.executemany(
        "UPDATE job SET priority = ? WHERE asset_id = ? AND state = 'waiting' AND priority < ?",
        ((priority, asset_id, priority) for asset_id in asset_ids),
    ).rowcount


def hold_analyzer(connection: sqlite3.Connection, analyzer: str, bit: int, *, on: bool) -> None:
    """Set or clear a hold on an analyzer's unfinished jobs."""
    change = "hold = hold | ?" if on else "hold = hold & ~?"
    where = "hold & ? = 0" if on else "hold & ? <> 0"
    connection.execute(
        f"UPDATE job SET {change} WHERE analyzer = ? AND state = 'waiting' AND {where}", (bit, analyzer, bit)
    )


def hold_offline(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Let the hold for a missing drive follow whether a file of the asset can be reached."""
    reach = "(SELECT present FROM asset WHERE id = job.asset_id) > 0"
    connection.execute(
        f"UPDATE job SET hold = CASE WHEN {reach} THEN hold & ~2 ELSE hold | 2 END "
        f"WHERE asset_id IN ({LISTED}) AND +state = 'waiting' AND (hold & 2 <> 0) = ({reach})",
        (listed(asset_ids),),
    )


def clear_hold(connection: sqlite3.Connection, bit: int) -> None:
    """Clear one hold everywhere."""
    connection.execute("UPDATE job SET hold = hold & ~? WHERE state = 'waiting' AND hold & ? <> 0", (bit, bit))


def record_attempt(connection: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    """Keep how an attempt went; the row has the columns below in their order."""
    connection.execute(
        "INSERT INTO attempt("
        "job_id, analyzer, kind, epoch, host, worker, started, ended, outcome, seconds, cpu, peak, bundle) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
