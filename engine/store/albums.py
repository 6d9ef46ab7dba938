"""Albums: assets under a name, in an order of their own."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.errors import NameTaken, NotFound
from engine.language import tr, trn
from engine.model import AlbumRow
from engine.store.act import Act, State
from engine.store.fold import fold
from engine.store.plan import AllOf, Branch, Is, Plan
from engine.store.where import SEEN, albums_named

STEP = 1024.0  # between two places of an album that nobody put in order
LEAST = 1e-6  # places nearer than this are all numbered anew
UNQUOTABLE = frozenset('"“”„«»')
LONGEST = 200  # characters of a name


def listing(connection: sqlite3.Connection) -> list[AlbumRow]:
    """All of them by name."""
    rows = connection.execute(
        "SELECT b.id, b.name, "
        "(SELECT count(*) FROM album_member m CROSS JOIN asset a ON a.id = m.asset_id "
        f"WHERE m.album_id = b.id AND {SEEN}), "
        "(SELECT m.asset_id FROM album_member m CROSS JOIN asset a ON a.id = m.asset_id "
        f"WHERE m.album_id = b.id AND {SEEN} ORDER BY m.place LIMIT 1) FROM album b ORDER BY b.name COLLATE NOCASE"
    )
    found = rows.fetchall()
    names = Counter(fold(row[1]) for row in found)
    return [
        AlbumRow(number, name, count, cover, spelled(number, name, alone=names[fold(name)] == 1), "album")
        for number, name, count, cover in found
    ]


def spelled(album_id: int, name: str, *, alone: bool) -> str:
    """The filter that shows an album: by its name, or by its number where the name does not say it (`alone`)."""
    by_name = alone and fold(name) and not UNQUOTABLE & set(name) and not name.endswith("*")
    return f'album:"{name}"' if by_name else f"album:#{album_id}"


def of_asset(connection: sqlite3.Connection, asset_id: int) -> tuple[tuple[int, str], ...]:
    """The albums of an asset, by name."""
    return tuple(
        connection.execute(
            "SELECT b.id, b.name FROM album_member m JOIN album b ON b.id = m.album_id WHERE m.asset_id = ? "
            "ORDER BY b.name COLLATE NOCASE",
            (asset_id,),
        )
    )


def own_order(connection: sqlite3.Connection, plan: Plan) -> str:
    """The order of the albums that a plan asks for, as `grid` spells it; by date where a branch asks for none."""
    found: set[int] = set()
    for branch in plan.branches or (Branch(),):
        parts = branch.where.parts if isinstance(branch.where, AllOf) else (branch.where,)
        asked = [part for part in parts if isinstance(part, Is) and part.name == "album"]
        if not asked:
            return "taken"
        for part in asked:
            found.update(albums_named(connection, map(str, part.values)))
    return f"album:{','.join(map(str, sorted(found)))}" if found else "taken"


def state_of(connection: sqlite3.Connection, album_id: int) -> tuple[int, str, float]:
    """The number, name and time of an album.

    Raises:
        NotFound: there is none of this number.
    """
    row = connection.execute("SELECT id, name, made FROM album WHERE id = ?", (album_id,)).fetchone()
    if row is None:
        raise NotFound(tr("There is no album {number}.", number=album_id), hint=tr("`kinora albums` lists them."))
    return int(row[0]), str(row[1]), float(row[2])


def make(connection: sqlite3.Connection, name: str, asset_ids: Sequence[int] = ()) -> Act:
    """Make an album, with these assets in it.

    Raises:
        NameTaken: the name is empty, too long, or another album has it.
    """
    clean = _free(connection, name)
    used = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM album), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'album'), 0))"
    ).fetchone()[0]
    members = _placed(used + 1, _known(connection, asset_ids), STEP, STEP)
    made = [used + 1, clean, round(time.time(), 3)]
    said = tr("Made the album “{name}”", name=clean)
    return Act("album", said, {"gone": [used + 1]}, {"albums": [made], "members": members})


def rename(connection: sqlite3.Connection, album_id: int, name: str) -> Act:
    """Give an album another name.

    Raises:
        NotFound, NameTaken: see `make`.
    """
    number, old, made = state_of(connection, album_id)
    clean = _free(connection, name, but=album_id)
    said = tr("Renamed the album “{old}” to “{name}”", old=old, name=clean)
    return Act("album", said, {"albums": [[number, old, made]]}, {"albums": [[number, clean, made]]})


def delete(connection: sqlite3.Connection, album_id: int) -> Act:
    """Delete an album; its assets stay. Undoing brings it back with all of them.

    Raises:
        NotFound: there is none of this number.
    """
    was = state_of(connection, album_id)
    said = tr("Deleted the album “{name}”", name=was[1])
    return Act("album", said, {"albums": [list(was)], "members": _rows(connection, album_id)}, {"gone": [album_id]})


def add(connection: sqlite3.Connection, album_id: int, asset_ids: Sequence[int]) -> Act:
    """Put assets at the end of an album; those that are in it stay where they are.

    Raises:
        NotFound: there is no such album.
    """
    _, name, _ = state_of(connection, album_id)
    inside = {row[1] for row in _rows(connection, album_id)}
    new = [one for one in _known(connection, asset_ids) if one not in inside]
    end = connection.execute("SELECT max(place) FROM album_member WHERE album_id = ?", (album_id,)).fetchone()[0]
    members = _placed(album_id, new, (end or 0.0) + STEP, STEP)
    said = trn("Put {n} item into “{name}”", "Put {n} items into “{name}”", len(new), name=name)
    return Act("album", said, {"out": [[album_id, one] for one in new]}, {"members": members})


def remove(connection: sqlite3.Connection, album_id: int, asset_ids: Sequence[int]) -> Act:
    """Take assets out of an album.

    Raises:
        NotFound: there is no such album.
    """
    _, name, _ = state_of(connection, album_id)
    wanted = set(asset_ids)
    gone = [row for row in _rows(connection, album_id) if row[1] in wanted]
    said = trn("Took {n} item out of “{name}”", "Took {n} items out of “{name}”", len(gone), name=name)
    return Act("album", said, {"members": gone}, {"out": [[album_id, row[1]] for row in gone]})


def move(connection: sqlite3.Connection, album_id: int, asset_ids: Sequence[int], before: int | None) -> Act:
    """Put members of an album in front of another member, None at the end; they keep their order among themselves.

    Raises:
        NotFound: there is no such album.
    """
    _, name, _ = state_of(connection, album_id)
    rows = _rows(connection, album_id)
    wanted = set(asset_ids) - {before}
    moved = [row for row in rows if row[1] in wanted]
    rest = [row for row in rows if row[1] not in wanted]
    at = next((index for index, row in enumerate(rest) if row[1] == before), len(rest))
    low = rest[at - 1][2] if at else (rest[0][2] if rest else STEP) - STEP * (len(moved) + 1)
    high = rest[at][2] if at < len(rest) else low + STEP * (len(moved) + 1)
    gap = (high - low) / (len(moved) + 1)
    if gap >= LEAST:
        new = [[album_id, row[1], low + gap * (index + 1), row[3]] for index, row in enumerate(moved)]
        old = moved
    else:
        every = [*rest[:at], *moved, *rest[at:]]
        new = [[album_id, row[1], STEP * (index + 1), row[3]] for index, row in enumerate(every)]
        old = rows
    said = trn("Moved {n} item in “{name}”", "Moved {n} items in “{name}”", len(moved), name=name)
    return Act("album", said, {"members": old}, {"members": new})


def apply(connection: sqlite3.Connection, state: State) -> None:
    """Put in place what a decision about albums tells: first what goes, then what is to be."""
    for number in state.get("gone", ()):
        connection.execute("DELETE FROM album_member WHERE album_id = ?", (number,))
        connection.execute("DELETE FROM album WHERE id = ?", (number,))
    connection.executemany("DELETE FROM album_member WHERE album_id = ? AND asset_id = ?", state.get("out", ()))
    connection.executemany(
        "INSERT INTO album VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET name = excluded.name", state.get("albums", ())
    )
    connection.executemany("INSERT OR REPLACE INTO album_member VALUES(?, ?, ?, ?)", state.get("members", ()))


def by_name(connection: sqlite3.Connection, name: str) -> int | None:
    """The album of exactly this name, whatever its case."""
    row = connection.execute("SELECT id FROM album WHERE name = ?", (_clean(name),)).fetchone()
    return None if row is None else int(row[0])


def name_of(connection: sqlite3.Connection, album_id: int) -> str:
    """The name of an album, empty when there is none of that number."""
    row = connection.execute("SELECT name FROM album WHERE id = ?", (album_id,)).fetchone()
    return str(row[0]) if row else ""


def _clean(name: str) -> str:
    return " ".join(name.split())


def _free(connection: sqlite3.Connection, name: str, but: int | None = None) -> str:
    """The name without stray white space, when it may be given."""
    clean = _clean(name)
    if not clean:
        raise NameTaken(tr("An album needs a name."))
    if len(clean) > LONGEST:
        raise NameTaken(tr("This name is too long for an album."))
    if by_name(connection, clean) not in (None, but):
        raise NameTaken(tr("Another album is called “{name}”.", name=clean))
    return clean


def _known(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> list[int]:
    """These assets as far as they are there, each once."""
    rows = connection.execute(
        "SELECT v.value FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value ORDER BY v.key",
        (json.dumps(list(dict.fromkeys(asset_ids))),),
    )
    return [row[0] for row in rows]


def _rows(connection: sqlite3.Connection, album_id: int) -> list[list[Any]]:
    """The members of an album in its order, as a state has them."""
    rows = connection.execute(
        "SELECT album_id, asset_id, place, added FROM album_member WHERE album_id = ? ORDER BY place, asset_id",
        (album_id,),
    )
    return [list(row) for row in rows]


def _placed(album_id: int, asset_ids: Sequence[int], first: float, gap: float) -> list[list[Any]]:
    now = round(time.time(), 3)
    return [[album_id, asset, first + gap * index, now] for index, asset in enumerate(asset_ids)]
