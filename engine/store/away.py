"""Claiming jobs for hosts beside this machine: what may travel, what failed there, and what never leaves."""

import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass

from engine.store import jobs, stays

LOOKED_AT = 200  # waiting jobs of an analyzer that are looked at for one claim
TRIES = 8  # times that what stays here is looked up, before a claim gives up for now
MOST = 512  # a backlog is counted up to here

# A job that a host may be asked for: it did not fail there, it is no suspect, and its file has had its first look.
MAY = (
    "batch_max > 1 AND NOT EXISTS(SELECT 1 FROM strike s WHERE s.job_id = j.id AND s.host = ?) "
    "AND NOT EXISTS(SELECT 1 FROM job p WHERE p.asset_id = j.asset_id AND p.analyzer = 'probe' "
    "AND p.state IN ('waiting', 'running'))"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a host asks the queue for: so many bundles; of these analyzers alone, when it is not this machine.

    `without` are analyzers that this machine leaves to others as long as those may have the job.
    """

    host: str
    bundles: int
    among: frozenset[str] | None = None
    without: frozenset[str] = frozenset()


def claim(connection: sqlite3.Connection, owner: str, wish: Wish, *, lease: float) -> list[jobs.Bundle]:
    """Lease up to `wish.bundles` assets' worth of jobs that may go to that host, the most urgent first."""
    among = sorted((wish.among or frozenset()) - stays.analyzers(connection))
    claimed: list[jobs.Bundle] = []
    tries = TRIES
    while len(claimed) < wish.bundles and tries:
        first = _first(connection, wish.host, among)
        if first is None:
            break
        if stays.of_asset(connection, first):
            _remember(connection, among)
            tries -= 1
            continue
        claimed.append(_lease(connection, owner, wish.host, among, first, lease))
    return claimed


def _remember(connection: sqlite3.Connection, among: Collection[str]) -> None:
    """Note which of the next waiting jobs stay here: a large folder that is marked must not be met file by file."""
    next_ones = {
        row[0]
        for name in among
        for row in connection.execute(
            "SELECT asset_id FROM job INDEXED BY job_away WHERE analyzer = ? AND state = 'waiting' AND hold = 0 "
            "AND stays = 0 ORDER BY priority DESC, id LIMIT ?",
            (name, LOOKED_AT),
        )
    }
    staying = jobs.listed(one for one in next_ones if stays.of_asset(connection, one))
    connection.execute(f"UPDATE job SET stays = 1 WHERE asset_id IN ({jobs.LISTED}) AND state = 'waiting'", (staying,))


def backlog(connection: sqlite3.Connection, analyzers: Collection[str]) -> dict[str, int]:
    """How many jobs of each analyzer may travel, counted up to `MOST`."""
    return {
        name: connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM job INDEXED BY job_away WHERE analyzer = ? AND state = 'waiting' "
            "AND hold = 0 AND stays = 0 LIMIT ?)",
            (name, MOST),
        ).fetchone()[0]
        for name in analyzers
    }


def any_stays(connection: sqlite3.Connection, analyzers: Collection[str]) -> bool:
    """Whether a job of these waits that stays here; quick where hardly any other waits."""
    return any(
        connection.execute(
            "SELECT 1 FROM (SELECT stays FROM job INDEXED BY job_waiting WHERE analyzer = ? AND state = 'waiting' "
            "AND hold = 0 LIMIT ?) WHERE stays = 1 LIMIT 1",
            (name, LOOKED_AT),
        ).fetchone()
        for name in analyzers
    )


def _first(connection: sqlite3.Connection, host: str, among: Collection[str]) -> int | None:
    """The asset of the most urgent job."""
    found = [
        row
        for name in among
        if (
            row := connection.execute(
                "SELECT -priority, id, asset_id FROM (SELECT id, asset_id, priority, batch_max FROM job INDEXED BY "
                "job_away WHERE analyzer = ? AND state = 'waiting' AND hold = 0 AND stays = 0 AND not_before <= ? "
                f"ORDER BY priority DESC, id LIMIT ?) j WHERE {MAY} ORDER BY priority DESC, id LIMIT 1",
                (name, time.time(), LOOKED_AT, host),
            ).fetchone()
        )
    ]
    return min(found)[2] if found else None


def _lease(
    connection: sqlite3.Connection, owner: str, host: str, among: Collection[str], asset_id: int, lease: float
) -> jobs.Bundle:
    ids = [
        row[0]
        for row in connection.execute(
            f"SELECT id FROM job j WHERE asset_id = ? AND analyzer IN ({jobs.LISTED}) AND state = 'waiting' "
            f"AND hold = 0 AND stays = 0 AND not_before <= ? AND {MAY} ORDER BY priority DESC, id LIMIT 64",
            (asset_id, jobs.listed_words(among), time.time(), host),
        )
    ]
    return jobs.lease_until(connection, asset_id, ids, owner, time.time() + lease)
