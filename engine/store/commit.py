"""The fenced commit: what a job found and that it is done, in one transaction or not at all."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model import Facts, Finding, JobState
from engine.store import appearances, assets, corrections, findings, hosts, jobs, judgements, persons, pets, whole


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went; times in seconds, memory in bytes."""

    job: jobs.Leased
    owner: str
    host: str
    kind: str
    bundle: int
    started: float
    seconds: float
    cpu: float
    peak: int


def commit_done(
    connection: sqlite3.Connection, outcome: Outcome, found: Sequence[Finding], facts: Facts | None, preview: int
) -> bool:
    """Store a result and finish its job; return False (and store nothing) when the lease is no longer this one's."""
    job = outcome.job
    if not jobs.still_leased(connection, job.id, job.epoch, outcome.owner):
        _attempt(connection, outcome, "late")
        return False
    if facts is not None:
        appearances.take_regions(connection, job.asset_id, facts)
        assets.put_facts(connection, job.asset_id, persons.without_regions(facts))
        whole.index(connection, job.asset_id)
    if preview:
        connection.execute("UPDATE asset SET preview = ? WHERE id = ?", (preview, job.asset_id))
    known = appearances.remember(connection, job.asset_id, job.analyzer)
    found = appearances.not_erased(connection, job.asset_id, job.analyzer, found)
    findings.replace(connection, job.asset_id, job.analyzer, job.version, found)
    appearances.sync(connection, job.asset_id, job.analyzer, known)
    if job.analyzer in pets.TOLD_BY:
        pets.mark(connection, [job.asset_id])
    corrections.again(connection, job.asset_id, job.analyzer)
    judgements.again(connection, job.asset_id, job.analyzer)
    assets.summarise(connection, job.asset_id)
    jobs.finish(connection, job.id)
    jobs.forget_older(connection, job)
    _attempt(connection, outcome, "done")
    return True


def commit_failed(connection: sqlite3.Connection, outcome: Outcome, setback: jobs.Setback, *, whole: bool) -> bool:
    """Write down a failure; `whole` says that the file itself is to blame, so that its other jobs fail with it."""
    job = outcome.job
    if not jobs.still_leased(connection, job.id, job.epoch, outcome.owner):
        _attempt(connection, outcome, "late")
        return False
    if setback.state is JobState.CANCELLED and not jobs.cancel_asked(connection, job.id):
        jobs.release(connection, [job.id])  # it only ran beside the one that was cancelled
    else:
        jobs.set_back(connection, job.id, setback)
    if whole and setback.state is JobState.FAILED:
        assets.set_error(connection, job.asset_id, setback.code, setback.text, setback.hint)
        jobs.fail_others(connection, job.asset_id, setback)
    _attempt(connection, outcome, setback.code)
    return True


def commit_strike(connection: sqlite3.Connection, outcome: Outcome, code: str) -> bool:
    """Return a job that failed on another host, which is not asked for it again."""
    job = outcome.job
    if not jobs.still_leased(connection, job.id, job.epoch, outcome.owner):
        _attempt(connection, outcome, "late")
        return False
    hosts.strike(connection, job.id, outcome.host, code)
    jobs.release(connection, [job.id])
    _attempt(connection, outcome, code)
    return True


def _attempt(connection: sqlite3.Connection, outcome: Outcome, result: str) -> None:
    job = outcome.job
    row = (job.id, job.analyzer, outcome.kind, job.epoch, outcome.host, "", outcome.started, time.time(), result,
           outcome.seconds, outcome.cpu, outcome.peak, outcome.bundle)  # fmt: skip
    jobs.record_attempt(connection, row)


def shows_people(analyzer: str) -> tuple[str, ...]:
    """The topic of a change by this analyzer beside those of every one."""
    return ("people",) if analyzer in appearances.SORTS or analyzer in pets.TOLD_BY else ()
