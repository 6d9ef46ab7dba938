"""Logos that were taught: each by one example, a part of a picture with its vector."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.model import Box

STATE = ("id", "name", "space_id", "fp16", "asset_id", "x", "y", "w", "h", "time", "page", "made")
REGIONS = "/regions"  # ends the name of a space of parts of pictures


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a logo: where it was shown, and its vector (little-endian fp16) in a space."""

    id: int
    name: str
    space: str
    fp16: bytes
    asset: int | None
    box: Box | None
    time: float | None
    page: int | None


@dataclass(frozen=True, slots=True)
class Region:
    """A stored part of a picture."""

    space: str
    fp16: bytes
    box: Box
    time: float | None


def examples(connection: sqlite3.Connection, name: str | None = None) -> list[Example]:
    """The examples of a logo (without a name: of all), oldest first; the case of letters makes no difference."""
    rows = connection.execute(
        "SELECT l.id, l.name, s.name, l.fp16, l.asset_id, l.x, l.y, l.w, l.h, l.time, l.page FROM logo l "
        "JOIN space s ON s.id = l.space_id WHERE ?1 IS NULL OR l.name = ?1 COLLATE NOCASE ORDER BY l.name, l.id",
        (name,),
    )
    return [_example(row) for row in rows]


def names(connection: sqlite3.Connection) -> list[str]:
    """The names of all logos."""
    return [row[0] for row in connection.execute("SELECT DISTINCT name FROM logo ORDER BY name")]


def regions(connection: sqlite3.Connection, asset_id: int) -> list[Region]:
    """The parts of an asset's pictures that have a vector."""
    rows = connection.execute(
        "SELECT s.name, e.fp16, m.x, m.y, m.w, m.h, m.start FROM embedding e JOIN space s ON s.id = e.space_id "
        "JOIN finding f ON f.id = e.finding_id JOIN moment m ON m.id = e.moment_id "
        "WHERE e.asset_id = ? AND f.kind = 'region' AND m.x IS NOT NULL ORDER BY e.id",
        (asset_id,),
    )
    return [Region(space, fp16, Box(x, y, w, h), time) for space, fp16, x, y, w, h, time in rows]


def new(connection: sqlite3.Connection, values: Mapping[str, Any], space: str, fp16: bytes) -> dict[str, Any]:
    """Return the state of a logo that is to be kept, for `apply`; `values` are its name, asset_id, x, y, w, h ..."""
    row = connection.execute("SELECT id FROM space WHERE name = ?", (space,)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO space(name, dim) VALUES(?, ?) RETURNING id", (space, len(fp16) // 2)
        ).fetchone()
    used = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM logo), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'logo'), 0))"
    ).fetchone()[0]
    return {**values, "id": used + 1, "space_id": row[0], "fp16": fp16.hex()}


def state(connection: sqlite3.Connection, logo_id: int) -> dict[str, Any] | None:
    """The state of a kept logo, None when there is none of that id."""
    row = connection.execute(f"SELECT {', '.join(STATE)} FROM logo WHERE id = ?", (logo_id,)).fetchone()
    if row is None:
        return None
    found = dict(zip(STATE, row, strict=True))
    return {**found, "fp16": found["fp16"].hex()}


def apply(connection: sqlite3.Connection, states: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Put what a decision tells in place: `on` are logos that are to be, `off` those that are not."""
    for gone in states.get("off", ()):
        connection.execute("DELETE FROM logo WHERE id = ?", (gone["id"],))
    for kept in states.get("on", ()):
        values = [bytes.fromhex(kept["fp16"]) if name == "fp16" else kept.get(name) for name in STATE]
        connection.execute(
            f"INSERT OR REPLACE INTO logo({', '.join(STATE)}) VALUES({', '.join('?' * len(STATE))})", values
        )


def _example(row: Sequence[Any]) -> Example:
    number, name, space, fp16, asset, x, y, w, h, time, page = row
    return Example(number, name, space, fp16, asset, None if x is None else Box(x, y, w, h), time, page)
