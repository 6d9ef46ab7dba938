"""Favourites and notes of assets."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence

from engine.language import trn
from engine.store.act import Act, State
from engine.store.where import SEEN


def favour(connection: sqlite3.Connection, asset_ids: Sequence[int], on: bool) -> Act:
    """Make assets favourites, or no longer."""
    known = dict(
        connection.execute(
            "SELECT asset_id, at FROM favourite WHERE asset_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(asset_ids)),),
        )
    )
    if on:
        new = [one for one in dict.fromkeys(asset_ids) if one not in known and exists(connection, one)]
        said = trn("Made {n} item a favourite", "Made {n} items favourites", len(new))
        return Act("favourite", said, {"off": new}, {"on": new, "since": [round(time.time(), 3)] * len(new)})
    old = [one for one in dict.fromkeys(asset_ids) if one in known]
    said = trn("{n} item is no longer a favourite", "{n} items are no longer favourites", len(old))
    return Act("favourite", said, {"on": old, "since": [known[one] for one in old]}, {"off": old})


def put_favourites(connection: sqlite3.Connection, state: State) -> None:
    """Put in place what a decision about favourites tells."""
    connection.executemany("DELETE FROM favourite WHERE asset_id = ?", ((one,) for one in state.get("off", ())))
    connection.executemany(
        "INSERT OR REPLACE INTO favourite VALUES(?, ?)", zip(state.get("on", ()), state.get("since", ()), strict=True)
    )


def favourites(connection: sqlite3.Connection) -> int:
    """How many favourites are shown."""
    sql = f"SELECT count(*) FROM favourite f CROSS JOIN asset a ON a.id = f.asset_id WHERE {SEEN}"
    return int(connection.execute(sql).fetchone()[0])


def annotate(connection: sqlite3.Connection, texts: Mapping[int, str]) -> Act:
    """Write notes; an empty one takes the note away."""
    before, after = {}, {}
    for asset, text in texts.items():
        old, new = note_of(connection, asset), text.strip()
        if old != new and exists(connection, asset):
            before[str(asset)], after[str(asset)] = old, new
    gone = sum(not text for text in after.values())
    if gone == len(after):
        said = trn("Took the note of {n} item away", "Took the notes of {n} items away", gone)
    else:
        said = trn("Wrote a note on {n} item", "Wrote a note on {n} items", len(after))
    return Act("note", said, {"notes": before}, {"notes": after})


def append(connection: sqlite3.Connection, asset_ids: Sequence[int], text: str) -> Act:
    """Write something below the notes of several assets."""
    notes = {asset: note_of(connection, asset) for asset in asset_ids}
    return annotate(connection, {asset: f"{old}\n{text}".strip() for asset, old in notes.items()})


def put_notes(connection: sqlite3.Connection, state: State) -> None:
    """Put in place what a decision about notes tells."""
    for asset, text in state.get("notes", {}).items():
        if text:
            connection.execute("INSERT OR REPLACE INTO note VALUES(?, ?, ?)", (int(asset), text, time.time()))
        else:
            connection.execute("DELETE FROM note WHERE asset_id = ?", (int(asset),))


def note_of(connection: sqlite3.Connection, asset_id: int) -> str:
    """The note of an asset, empty where there is none."""
    row = connection.execute("SELECT text FROM note WHERE asset_id = ?", (asset_id,)).fetchone()
    return row[0] if row else ""


def exists(connection: sqlite3.Connection, asset_id: int) -> bool:
    """Whether there is such an asset."""
    return connection.execute("SELECT 1 FROM asset WHERE id = ?", (asset_id,)).fetchone() is not None
