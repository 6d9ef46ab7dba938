"""What the queue looks like: counts, rates and rows for people."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from engine.model import Hold, JobRow, JobState

RECENT = 200  # attempts that a mean is taken over

JOB = (
    "SELECT j.id, j.asset_id, a.name, j.analyzer, j.state, j.hold, j.priority, j.attempts, "
    "j.error_code, j.error, j.hint, j.updated FROM job j JOIN asset a ON a.id = j.asset_id "
)


def counts(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Jobs by analyzer and state; those held back count as `held`, not as waiting."""
    out: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for analyzer, state, held, n in connection.execute("SELECT analyzer, state, held, n FROM tally WHERE n > 0"):
        out[analyzer]["held" if held and state == "waiting" else state] += n
    # A file that cannot be read at all is one failure, that of its first look, and not one of every analyzer.
    for analyzer, n in connection.execute(
        "SELECT analyzer, count(*) FROM job WHERE state = 'failed' AND error_code = 'unread' GROUP BY 1"
    ):
        out[analyzer]["failed"] -= n
    return {analyzer: dict(states) for analyzer, states in out.items()}


def mean_seconds(connection: sqlite3.Connection) -> dict[str, float]:
    """Seconds that one job of each analyzer took lately."""
    names = [row[0] for row in connection.execute("SELECT DISTINCT analyzer FROM tally")]
    out = {}
    for name in names:
        row = connection.execute(
            "SELECT avg(seconds) FROM (SELECT seconds FROM attempt WHERE analyzer = ? AND outcome = 'done' "
            "ORDER BY ended DESC LIMIT ?)",
            (name, RECENT),
        ).fetchone()
        if row[0] is not None:
            out[name] = float(row[0])
    return out


def rows(connection: sqlite3.Connection, state: JobState | None, limit: int) -> list[JobRow]:
    """Jobs, the latest first; without a state the ones at work and the ones that failed."""
    if state is None:
        sql = (
            f"{JOB}WHERE j.state IN ('running', 'failed') AND j.error_code <> 'unread' "
            "ORDER BY j.state = 'running' DESC, j.updated DESC LIMIT ?"
        )
        found = connection.execute(sql, (limit,)).fetchall()
    else:
        order = "j.priority DESC, j.id" if state is JobState.WAITING else "j.updated DESC"
        found = connection.execute(
            JOB + f"WHERE j.state = ? AND j.error_code <> 'unread' ORDER BY {order} LIMIT ?", (state.value, limit)
        ).fetchall()
    jobs = [job_of(row) for row in found]
    if state in (None, JobState.FAILED):
        jobs += unreadable(connection, limit - len(jobs))
    return jobs


def unreadable(connection: sqlite3.Connection, limit: int) -> list[JobRow]:
    """Files that could not even be read: no asset, no job, but a failure all the same (their id is negative)."""
    found = connection.execute(
        "SELECT -f.id, 0, f.shown, 'read', 'failed', 0, 0, 1, f.error_code, f.error, f.hint, f.last_seen FROM file f "
        "WHERE f.error_code <> '' AND f.asset_id IS NULL AND f.state = 'present' ORDER BY f.last_seen DESC LIMIT ?",
        (max(0, limit),),
    )
    return [job_of(row) for row in found]


def of_asset(connection: sqlite3.Connection, asset_id: int) -> tuple[JobRow, ...]:
    """The jobs of one asset."""
    return tuple(job_of(row) for row in connection.execute(JOB + "WHERE j.asset_id = ? ORDER BY j.id", (asset_id,)))


def job_of(row: Sequence[object]) -> JobRow:
    """Make a row of the columns of `JOB`."""
    values = list(row)
    values[4] = JobState(str(values[4]))
    return JobRow(*values)  # type: ignore[arg-type]


def unreadable_count(connection: sqlite3.Connection) -> int:
    """How many files could not even be read."""
    row = connection.execute(
        "SELECT count(*) FROM file WHERE error_code <> '' AND asset_id IS NULL AND state = 'present'"
    ).fetchone()
    return int(row[0])


def stale(
    connection: sqlite3.Connection, analyzer: str, version: int, options: str, kinds: Sequence[str]
) -> list[tuple[int, str]]:
    """Assets (id, content) that have no job of this analyzer in this version with these options."""
    marks = ", ".join("?" * len(kinds))
    return list(
        connection.execute(
            f"SELECT a.id, a.content FROM asset a WHERE a.kind IN ({marks}) AND a.error_code = '' "
            "AND (a.present > 0 OR a.offline > 0) AND NOT EXISTS(SELECT 1 FROM job j "
            "WHERE j.asset_id = a.id AND j.analyzer = ? AND j.version = ? AND j.options = ?)",
            (*kinds, analyzer, version, options),
        )
    )


def drop_superseded(connection: sqlite3.Connection, analyzer: str, version: int, options: str) -> int:
    """Take unfinished jobs of another version or other options out of the queue: newer ones stand in their place.

    One that runs goes, too: its result comes too late. It would else replace what the newer one found before it.
    """
    return connection.execute(
        "DELETE FROM job WHERE analyzer = ? AND state IN ('waiting', 'running', 'cancelled', 'failed') "
        "AND (version <> ? OR options <> ?) "
        "AND asset_id NOT IN (SELECT id FROM asset WHERE kind = 'other')",
        (analyzer, version, options),
    ).rowcount


def held_in(connection: sqlite3.Connection, root_id: int) -> list[int]:
    """The assets of a root whose jobs wait for a drive although a file of theirs is in reach."""
    rows = connection.execute(
        "SELECT DISTINCT asset_id FROM job WHERE state = 'waiting' AND hold & ? <> 0 AND EXISTS ("
        "SELECT 1 FROM file WHERE file.asset_id = job.asset_id AND +root_id = ? AND +state = 'present')",
        (Hold.OFFLINE, root_id),
    )
    return [row[0] for row in rows]


def interrupted(connection: sqlite3.Connection, asset_id: int) -> list[int]:
    """The jobs of an asset that failed only because its file changed while it was being read."""
    rows = connection.execute(
        "SELECT id FROM job WHERE asset_id = ? AND state = 'failed' AND error_code = 'changed'", (asset_id,)
    )
    return [row[0] for row in rows]


def waiting_for_packs(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """How many assets wait for a model, by analyzer and kind."""
    if connection.execute("SELECT 1 FROM tally WHERE held AND state = 'waiting' AND n > 0 LIMIT 1").fetchone() is None:
        return []
    return list(
        connection.execute(
            "SELECT j.analyzer, a.kind, count(*) FROM job j JOIN asset a ON a.id = j.asset_id "
            "WHERE j.state = 'waiting' AND j.hold & ? <> 0 GROUP BY 1, 2 ORDER BY 1, 3 DESC",
            (Hold.PACK,),
        )
    )
