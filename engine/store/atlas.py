"""Assets on the map: counted in the cells of a net over a rectangle, and by the names of places."""

import json
import sqlite3
from collections.abc import Collection

from engine.model import Area, Cluster
from engine.store.plan import Plan, Within
from engine.store.where import SEEN, Sql, compiled, within

PLACED = f"a.latitude IS NOT NULL AND {SEEN}"  # the condition of the index `asset_on_map`


def under(connection: sqlite3.Connection, plan: Plan, chosen: Collection[int] | None) -> Sql:
    """The condition on `asset a` of a search: of these assets, or (None) of what the plan's filters let through."""
    if chosen is not None:
        return "a.id IN (SELECT value FROM json_each(?))", [json.dumps(list(chosen))]
    pairs = [compiled(connection, branch.where) for branch in plan.branches]
    if not pairs:
        return "1", []
    return "(" + " OR ".join(f"({sql})" for sql, _ in pairs) + ")", [value for _, values in pairs for value in values]


def clusters(connection: sqlite3.Connection, where: Sql, area: Area, tall: float, wide: float) -> list[Cluster]:
    """The assets of a rectangle by cells of so many degrees: how many, in the middle of them, and the newest."""
    inside, values = within(Within(area))
    rows = connection.execute(
        "SELECT CAST((a.latitude + 90) / ? AS INTEGER) << 24 | CAST((a.longitude + 180) / ? AS INTEGER) AS k, "
        "count(*), avg(a.latitude), avg(a.longitude), min(a.latitude), min(a.longitude), max(a.latitude), "
        "max(a.longitude), a.id, max(a.moment_at) "
        f"FROM asset a WHERE {PLACED} AND {inside} AND {where[0]} GROUP BY k ORDER BY 2 DESC, k",
        (tall, wide, *values, *where[1]),
    )
    return [Cluster(row[2], row[3], row[1], row[8], Area(*row[4:8])) for row in rows]


def counts(connection: sqlite3.Connection, where: Sql) -> tuple[int, int]:
    """How many assets of a search have a position, and how many have none."""
    row = connection.execute(f"SELECT count(*) FROM asset a WHERE {PLACED} AND {where[0]}", where[1]).fetchone()
    every = connection.execute(f"SELECT count(*) FROM asset a WHERE {SEEN} AND {where[0]}", where[1]).fetchone()
    return row[0], every[0] - row[0]


def bounds(connection: sqlite3.Connection, where: Sql) -> Area | None:
    """The rectangle around all of them; None where none has a position."""
    row = connection.execute(
        "SELECT min(a.latitude), min(a.longitude), max(a.latitude), max(a.longitude) "
        f"FROM asset a WHERE {PLACED} AND {where[0]}",
        where[1],
    ).fetchone()
    return None if row[0] is None else Area(*row)


def places(connection: sqlite3.Connection, where: Sql, area: Area, most: int) -> list[tuple[str, int, float, float]]:
    """The named places of a rectangle with most assets: name, how many, the middle of them."""
    inside, values = within(Within(area))
    rows = connection.execute(
        "SELECT a.place, count(*), avg(a.latitude), avg(a.longitude) "
        f"FROM asset a WHERE {PLACED} AND {inside} AND a.place <> '' AND {where[0]} "
        "GROUP BY a.place ORDER BY 2 DESC, a.place LIMIT ?",
        (*values, *where[1], most),
    )
    return [tuple(row) for row in rows]


def newest(connection: sqlite3.Connection, where: Sql, area: Area, most: int) -> list[int]:
    """The newest assets of a rectangle."""
    inside, values = within(Within(area))
    rows = connection.execute(
        f"SELECT a.id FROM asset a WHERE {PLACED} AND {inside} AND {where[0]} "
        "ORDER BY a.moment_at DESC, a.id DESC LIMIT ?",
        (*values, *where[1], most),
    )
    return [row[0] for row in rows]
