"""Duplicates: pairs of assets that look nearly the same, and assets with several files."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from engine.store import settings
from engine.store.where import KINDED, SEEN, Sql

COMPARED = "compared"  # the own fact that says what the stored pairs were made of
MARGIN = 10_000  # ids of findings: SQLite gives the highest ones again when they were deleted


class Compared(NamedTuple):
    """What the near pairs were made of: the hashes at that time, and the limit."""

    hashes: int
    newest: int  # the highest id of a finding
    total: int  # of the ids
    bits: str  # of the newest
    limit: int


def hashes(connection: sqlite3.Connection, kind: str) -> list[tuple[int, str]]:
    """Every perceptual hash of a kind of asset as (asset, bits in hex); a video has one for each keyframe.

    Assets that are out of reach are among them: when they come back, their pairs are known.
    """
    frames = "AND m.start IS NOT NULL " if kind == "video" else ""
    return list(
        connection.execute(
            "SELECT f.asset_id, json_extract(f.data, '$.bits') FROM finding f JOIN moment m ON m.id = f.moment_id "
            "JOIN asset a ON a.id = f.asset_id WHERE f.kind = 'hash' AND a.kind = ? "
            f"{frames}ORDER BY f.asset_id, m.start",
            (kind,),
        )
    )


def looks(connection: sqlite3.Connection, where: Sql) -> list[tuple[int, int, str]]:
    """Every perceptual hash of what is shown under a condition on `asset a`: asset, moment, bits in hex."""
    return list(
        connection.execute(
            "SELECT f.asset_id, f.moment_id, json_extract(f.data, '$.bits') FROM finding f "
            f"JOIN asset a ON a.id = f.asset_id WHERE f.kind = 'hash' AND {KINDED.replace('kind', 'f.kind')} "
            f"AND {SEEN} AND {where[0]}",
            where[1],
        )
    )


def lengths(connection: sqlite3.Connection) -> dict[int, float]:
    """Seconds of every video."""
    return dict(connection.execute("SELECT id, coalesce(duration, 0) FROM asset WHERE kind = 'video'"))


def put_pairs(
    connection: sqlite3.Connection, pairs: Iterable[tuple[int, int, int]], of: Compared, *, add: bool
) -> None:
    """Store near pairs (low asset, high asset, distance), beside the known ones or instead; mark their assets."""
    if not add:
        connection.execute("DELETE FROM twin")
    connection.executemany("INSERT OR REPLACE INTO twin VALUES(?, ?, ?)", pairs)
    connection.execute(
        "DELETE FROM twin WHERE EXISTS(SELECT 1 FROM not_twin n WHERE n.low = twin.low AND n.high = twin.high)"
    )
    mark(connection)
    settings.put_own(connection, COMPARED, of)


def mark(connection: sqlite3.Connection) -> None:
    """Bring the near-duplicate mark of every asset up to date with the pairs."""
    connection.execute(
        "UPDATE asset SET twins = twins & ~2 "
        "WHERE twins & 2 AND id NOT IN (SELECT low FROM twin UNION SELECT high FROM twin)"
    )
    connection.execute(
        "UPDATE asset SET twins = twins | 2 WHERE id IN (SELECT low FROM twin UNION SELECT high FROM twin)"
    )


def pairs(connection: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """The near pairs that nobody denied, with both assets in reach."""
    return list(
        connection.execute(
            "SELECT t.low, t.high, t.distance FROM twin t JOIN asset a ON a.id = t.low JOIN asset b ON b.id = t.high "
            "WHERE (a.present > 0 OR a.offline > 0) AND (b.present > 0 OR b.offline > 0) "
            "AND NOT EXISTS(SELECT 1 FROM not_twin n WHERE n.low = t.low AND n.high = t.high) ORDER BY t.low, t.high"
        )
    )


def several_files(connection: sqlite3.Connection) -> list[int]:
    """Assets whose content lies in more than one place."""
    return [row[0] for row in connection.execute("SELECT id FROM asset WHERE twins & 1 ORDER BY id")]


def quality(connection: sqlite3.Connection, asset_id: int) -> dict[str, float]:
    """The measures of an asset (sharpness, exposure, ...) by name."""
    return dict(
        connection.execute(
            "SELECT label, max(score) FROM finding WHERE asset_id = ? AND kind = 'quality' GROUP BY label", (asset_id,)
        )
    )


def stamp(connection: sqlite3.Connection) -> tuple[int, int, int, str]:
    """Changes when hashes came or went: their number, the newest finding, the sum of their ids, the newest's bits."""
    count, newest, total = connection.execute(
        "SELECT count(*), coalesce(max(id), 0), coalesce(sum(id), 0) FROM finding WHERE kind = 'hash'"
    ).fetchone()
    bits = connection.execute("SELECT json_extract(data, '$.bits') FROM finding WHERE id = ?", (newest,)).fetchone()
    return int(count), int(newest), int(total), str(bits[0]) if bits else ""


def compared(connection: sqlite3.Connection) -> Compared | None:
    """What the stored pairs were made of, None when nothing was ever compared."""
    kept = settings.own(connection, COMPARED)
    return None if kept is None else Compared(*kept)


def hashed_since(connection: sqlite3.Connection, newest: int) -> set[int]:
    """The assets whose hashes may be newer than this finding."""
    rows = connection.execute(
        "SELECT DISTINCT asset_id FROM finding WHERE kind = 'hash' AND id > ?", (newest - MARGIN,)
    )
    return {row[0] for row in rows}
