"""How what was taken over from sidecars is put into effect, and taken back: ratings, tags and faces."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from engine.store import assets, persons

SOURCE = "sidecar"  # of a tag
BESIDE = 2  # in `asset.rated`: a file beside it says so; 1 = the user does, 0 = the file itself
ROW = "asset_id, x, y, w, h, person_id, how, named, beside, animal"
# names: {person: row of person_name or 0} of people who came with it, ratings: {asset: [rating, rated]},
# tags: {name: {on: [asset], off: [asset]}}, rows: {appearance: its `ROW` or None}
State = dict[str, Any]


def apply(connection: sqlite3.Connection, state: State) -> None:
    """Bring ratings, tags and faces into the state that a decision left (or found)."""
    persons.apply(connection, {"names": state.get("names", {})})
    for asset, (rating, rated) in state.get("ratings", {}).items():
        connection.execute("UPDATE asset SET rating = ?, rated = ? WHERE id = ?", (rating, rated, int(asset)))
    for name, sides in state.get("tags", {}).items():
        for asset in sides.get("on", ()):
            assets.add_tag(connection, asset, name, SOURCE)
        for asset in sides.get("off", ()):
            assets.drop_tag(connection, asset, name, SOURCE)
    for number, row in state.get("rows", {}).items():
        _put_row(connection, int(number), row)


def touched(before: State, after: State) -> list[int]:
    """The assets that a decision is about."""
    found: set[int] = {int(asset) for asset in after.get("ratings", {})}
    for state in (before, after):
        found.update(asset for sides in state.get("tags", {}).values() for part in sides.values() for asset in part)
        found.update(row[0] for row in state.get("rows", {}).values() if row is not None)
    return sorted(found)


def _put_row(connection: sqlite3.Connection, number: int, row: Sequence[Any] | None) -> None:
    """A face as it was; None: it was not there, or only as a face that an analyzer sees."""
    if row is None:
        connection.execute("DELETE FROM appearance WHERE id = ? AND finding_id IS NULL", (number,))
        connection.execute(
            "UPDATE appearance SET person_id = NULL, how = '', named = NULL, beside = 0 WHERE id = ?", (number,)
        )
        return
    if row[5] is not None:
        connection.execute("INSERT OR IGNORE INTO person(id, made) VALUES(?, ?)", (row[5], time.time()))
    connection.execute(
        f"INSERT OR IGNORE INTO appearance(id, sort, {ROW}) VALUES(?, 'face', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, *row),
    )
    connection.execute(
        "UPDATE appearance SET person_id = ?, how = ?, named = ?, beside = ?, animal = ?, score = NULL WHERE id = ?",
        (*row[5:], number),
    )
