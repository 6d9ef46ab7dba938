"""Clips: pieces of films and recordings that the user chose, in one order; one without an end is a mark."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.model import Moment
from engine.model.clips import Clip

STATE = ("id", "asset_id", "start", "end", "name", "note", "place", "made")
COLUMNS = 'c.id, c.asset_id, c.start, c."end", c.name, c.note, c.place, c.made'


def listing(connection: sqlite3.Connection, asset_id: int | None = None) -> list[Clip]:
    """The clips in their order, of one asset or of all."""
    rows = connection.execute(
        f"SELECT {COLUMNS}, a.name, a.kind, a.duration FROM clip c JOIN asset a ON a.id = c.asset_id "
        "WHERE ?1 IS NULL OR c.asset_id = ?1 ORDER BY c.place, c.id",
        (asset_id,),
    )
    return [
        Clip(row[0], row[1], Moment(row[2], row[3]), row[4], row[5], row[8], row[9], row[10]) for row in rows
    ]  # fmt: skip


def states(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The rows of clips as a decision keeps them, by id; unknown ids are left out."""
    found = {}
    for number in ids:
        row = connection.execute(f"SELECT {COLUMNS} FROM clip c WHERE c.id = ?", (number,)).fetchone()
        if row is not None:
            found[int(row[0])] = dict(zip(STATE, row, strict=True))
    return found


def new(connection: sqlite3.Connection, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The states of clips to be made at the end of the list; `wanted` are asset_id, start, end, name, note."""
    used = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM clip), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'clip'), 0)), "
        "coalesce((SELECT max(place) FROM clip), 0)"
    ).fetchone()
    now = time.time()
    return [
        {"id": used[0] + count, "asset_id": one["asset_id"], "start": one["start"], "end": one.get("end"),
         "name": one.get("name", ""), "note": one.get("note", ""), "place": used[1] + count, "made": now}
        for count, one in enumerate(wanted, start=1)
    ]  # fmt: skip


def apply(connection: sqlite3.Connection, change: Mapping[str, Any]) -> None:
    """Put what a decision tells in place: `on` are clips that are to be, `off` those that are not."""
    connection.executemany("DELETE FROM clip WHERE id = ?", ((one["id"],) for one in change.get("off", ())))
    connection.executemany(
        'INSERT OR REPLACE INTO clip(id, asset_id, start, "end", name, note, place, made) '
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        ([one[name] for name in STATE] for one in change.get("on", ())),
    )
