"""Spaces of vectors as they stand in the database: their sizes, their rows in order, and the truth of single ones."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model import Box
from engine.store.where import SEEN, Sql

RARER = ("a.year", "a.place", "a.camera", "a.language")  # columns with an index and many values
STEP = 0.6180339887498949  # the golden ratio: its multiples spread evenly over 0..1 without ever falling together


@dataclass(frozen=True, slots=True)
class Space:
    """A space as it is now; `last` is the newest id in it, `epoch` counts every change."""

    id: int
    name: str
    dim: int
    count: int
    epoch: int
    last: int


@dataclass(frozen=True, slots=True)
class Row:
    """A stored vector and where it belongs."""

    id: int
    moment: int
    asset: int
    fp16: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """A stored vector of a body, and where that is."""

    start: float | None
    box: Box
    fp16: bytes


def listing(connection: sqlite3.Connection) -> list[Space]:
    """Every space that holds something."""
    rows = connection.execute(
        "SELECT s.id, s.name, s.dim, s.count, s.epoch, (SELECT max(id) FROM embedding WHERE space_id = s.id) "
        "FROM space s WHERE s.count > 0"
    )
    return [Space(row[0], row[1], row[2], row[3], row[4], row[5] or 0) for row in rows]


def rows(
    connection: sqlite3.Connection, space_id: int, after: int, until: int, limit: int
) -> list[tuple[int, int, bytes]]:
    """The next vectors of a space by id: (id, asset, fp16), those above `after` and up to `until`."""
    return connection.execute(
        "SELECT id, asset_id, fp16 FROM embedding WHERE space_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
        (space_id, after, until, limit),
    ).fetchall()


def later(connection: sqlite3.Connection, space_id: int, after: int, most: int) -> int:
    """How many vectors of a space came after an id, counted up to `most`."""
    return int(
        connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM embedding WHERE space_id = ? AND id > ? LIMIT ?)",
            (space_id, after, most),
        ).fetchone()[0]
    )


def truth(connection: sqlite3.Connection, ids: Sequence[int], where: Sql = ("1", [])) -> Iterator[Row]:
    """Of these vectors those that still are, of assets that are shown and under a condition."""
    sql, values = where
    found = connection.execute(
        "SELECT e.id, e.moment_id, e.asset_id, e.fp16 FROM json_each(?) v "
        "CROSS JOIN embedding e ON e.id = v.value CROSS JOIN asset a ON a.id = e.asset_id "
        f"WHERE {SEEN} AND {sql}",
        (json.dumps(list(ids)), *values),
    )
    return (Row(*row) for row in found)


def under(connection: sqlite3.Connection, where: Sql) -> list[int]:
    """Every asset that is shown and under a condition.

    There are few kinds and many assets of each: beside one of `RARER` the index of kinds would be the slower way.
    """
    sql, values = where
    if any(column in sql for column in RARER):
        sql = sql.replace("a.kind IN", "+a.kind IN")
    row = connection.execute(f"SELECT group_concat(a.id) FROM asset a WHERE {SEEN} AND {sql}", values).fetchone()
    return json.loads(f"[{row[0] or ''}]")  # type: ignore[no-any-return]


def sample(connection: sqlite3.Connection, space: Space, most: int) -> list[bytes]:
    """Vectors that stand for the whole space: always the same ones while nothing changes, spread over all of it."""
    if space.count <= most:
        return [row[2] for row in rows(connection, space.id, 0, space.last, most)]
    first = connection.execute("SELECT min(id) FROM embedding WHERE space_id = ?", (space.id,)).fetchone()[0]
    width = space.last - first + 1
    places = sorted(first + int(number * STEP % 1.0 * width) for number in range(most))
    found = connection.execute(
        "SELECT e.id, e.fp16 FROM json_each(?) v CROSS JOIN embedding e ON e.id = "
        "(SELECT id FROM embedding WHERE space_id = ? AND id >= v.value ORDER BY id LIMIT 1)",
        (json.dumps(places), space.id),
    )
    return list({row[0]: row[1] for row in found}.values())


def of_asset(connection: sqlite3.Connection, asset_id: int, space_id: int) -> list[tuple[int, float | None, bytes]]:
    """The vectors of an asset in a space: (moment, its second, fp16)."""
    return connection.execute(
        "SELECT e.moment_id, m.start, e.fp16 FROM embedding e JOIN moment m ON m.id = e.moment_id "
        "WHERE e.asset_id = ? AND e.space_id = ? ORDER BY m.page, m.start, e.id",
        (asset_id, space_id),
    ).fetchall()


def bodies(connection: sqlite3.Connection, asset_id: int, space_id: int) -> list[Body]:
    """The vectors of an asset in a space of bodies, in order of time."""
    found = connection.execute(
        "SELECT m.start, m.x, m.y, m.w, m.h, e.fp16 FROM embedding e JOIN moment m ON m.id = e.moment_id "
        "WHERE e.asset_id = ? AND e.space_id = ? AND m.x IS NOT NULL ORDER BY m.start, e.id",
        (asset_id, space_id),
    )
    return [Body(row[0], Box(*row[1:5]), row[5]) for row in found]


def passages(connection: sqlite3.Connection, vectors: Sequence[int]) -> dict[int, str]:
    """What these vectors are of, where it is text: a page has several passages, all at one moment."""
    rows = connection.execute(
        "SELECT e.id, json_extract(f.data, '$.text') AS said FROM json_each(?) v "
        "CROSS JOIN embedding e ON e.id = v.value CROSS JOIN finding f ON f.id = e.finding_id WHERE said <> ''",
        (json.dumps(list(vectors)),),
    )
    return dict(rows)
