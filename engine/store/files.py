"""Places on disk: roots that the user added, the folders below them and the files in them."""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.model import FileRow, Root


class Known(NamedTuple):
    """What the library knows of one file in a folder."""

    name: bytes
    id: int
    size: int
    mtime_ns: int
    state: str
    sound: int  # present, and not to be read again because reading it failed for a reason that may have passed


class Picture(NamedTuple):
    """A file, with what a worker is told of it."""

    id: int  # of the asset
    folder_id: int
    folder: bytes
    name: bytes
    size: int
    mtime_ns: int
    kind: str
    mime: str
    content: str


_PICTURES = "('photo', 'video')"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was read: where it is, and the content it has (or why it could not be read)."""

    folder: bytes
    name: bytes
    root_id: int
    size: int
    mtime_ns: int
    content: str = ""
    kind: str = ""
    mime: str = ""
    format: str = ""
    error_code: str = ""
    error: str = ""
    hint: str = ""
    lost: tuple[int, ...] = ()  # files with the same content that are no longer where they were


def shown(raw: bytes) -> str:
    """A path or name for the eye: undecodable bytes become the replacement character."""
    return raw.decode("utf-8", errors="replace")


def put_root(connection: sqlite3.Connection, path: bytes, *, single: bool, watch: bool, device: int | None) -> int:
    """Remember that the user added this folder or file; return its id."""
    row = connection.execute(
        "INSERT INTO root(path, shown, single, watch, device, added) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(path) DO UPDATE SET watch = max(watch, excluded.watch), online = 1, device = excluded.device "
        "RETURNING id",
        (path, shown(path), single, watch, device, time.time()),
    ).fetchone()
    return int(row[0])


def roots(connection: sqlite3.Connection, *, counted: bool = True) -> list[Root]:
    """Everything the user added, with the number of files in reach or known."""
    count = "(SELECT count(*) FROM file WHERE root_id = r.id AND state IN ('present', 'offline'))" if counted else "0"
    rows = connection.execute(f"SELECT r.id, r.shown, r.path, r.watch, r.online, {count} FROM root r ORDER BY r.shown")
    return [Root(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows]


def device_of(connection: sqlite3.Connection, root_id: int) -> int | None:
    """The device that a root was on when it was added."""
    row = connection.execute("SELECT device FROM root WHERE id = ?", (root_id,)).fetchone()
    return None if row is None else row[0]


def drop_root(connection: sqlite3.Connection, root_id: int) -> list[int]:
    """Stop reading a root: its files count as missing, their assets and all that was decided stay."""
    rows = connection.execute(
        "UPDATE file SET state = 'missing', root_id = NULL WHERE root_id = ? RETURNING asset_id", (root_id,)
    ).fetchall()
    connection.execute("DELETE FROM root WHERE id = ?", (root_id,))
    return _recounted(connection, rows)


def set_online(connection: sqlite3.Connection, root_id: int, *, online: bool) -> list[int]:
    """A drive came or went: its present files become offline, or the other way round. Return the assets touched."""
    old, new = ("offline", "present") if online else ("present", "offline")
    connection.execute("UPDATE root SET online = ? WHERE id = ?", (online, root_id))
    rows = connection.execute(
        "UPDATE file SET state = ? WHERE root_id = ? AND state = ? RETURNING asset_id", (new, root_id, old)
    ).fetchall()
    return _recounted(connection, rows)


def known_in(connection: sqlite3.Connection, folder: bytes) -> dict[bytes, Known]:
    """The files that the library knows in one folder, by name."""
    rows = connection.execute(
        "SELECT f.name, f.id, f.size, f.mtime_ns, f.state, f.state = 'present' AND f.error_code = '' "
        "FROM folder d JOIN file f ON f.folder_id = d.id WHERE d.path = ?",
        (folder,),
    )
    make = tuple.__new__  # a rescan does this for every file
    return {row[0]: make(Known, row) for row in rows}


def holds_any(connection: sqlite3.Connection, folder: bytes) -> bool:
    """Whether files of this very folder are in reach, or were before their drive went."""
    row = connection.execute(
        "SELECT 1 FROM folder d JOIN file f ON f.folder_id = d.id "
        "WHERE d.path = ? AND f.state IN ('present', 'offline') LIMIT 1",
        (folder,),
    ).fetchone()
    return row is not None


def below(path: bytes) -> tuple[bytes, bytes]:
    """The bounds of all paths below a folder: from the first, up to and without the second."""
    separator = os.fsencode(os.sep)
    stem = path.rstrip(separator)
    return stem + separator, stem + bytes([separator[0] + 1])


def folders_below(connection: sqlite3.Connection, root_id: int, top: bytes) -> list[bytes]:
    """The folders from `top` downwards that hold files of a root, in reach or offline."""
    rows = connection.execute(
        "SELECT d.path FROM folder d WHERE (d.path = ? OR (d.path >= ? AND d.path < ?)) AND EXISTS ("
        "SELECT 1 FROM file f WHERE f.folder_id = d.id AND +f.root_id = ? AND +f.state IN ('present', 'offline'))",
        (top, *below(top), root_id),
    )
    return [row[0] for row in rows]


def places_of(connection: sqlite3.Connection, content: str) -> list[tuple[int, int | None, bytes, bytes]]:
    """Where a content lies as far as the library knows: id, root, folder and name of its present files."""
    return connection.execute(
        "SELECT f.id, f.root_id, d.path, f.name FROM asset a JOIN file f ON f.asset_id = a.id "
        "JOIN folder d ON d.id = f.folder_id WHERE a.content = ? AND f.state = 'present'",
        (content,),
    ).fetchall()


def countable(connection: sqlite3.Connection, *, every: bool = False) -> int:
    """How many files `pictures_after` goes over."""
    sql = "SELECT count(*) FROM file f JOIN asset a ON a.id = f.asset_id WHERE f.state = 'present'"
    return int(connection.execute(sql if every else f"{sql} AND a.kind IN {_PICTURES}").fetchone()[0])


def pictures_after(
    connection: sqlite3.Connection, after: tuple[int, bytes], limit: int, *, every: bool = False
) -> list[Picture]:
    """The next photos and videos that are there (`every` file), folder by folder.

    `after` is folder id and name of the one before.
    """
    kinds = "" if every else f"AND a.kind IN {_PICTURES} "
    rows = connection.execute(
        "SELECT a.id, f.folder_id, d.path, f.name, f.size, f.mtime_ns, a.kind, a.mime, a.content "
        "FROM file f JOIN asset a ON a.id = f.asset_id JOIN folder d ON d.id = f.folder_id "
        f"WHERE (f.folder_id, f.name) > (?, ?) AND f.state = 'present' {kinds}"
        "ORDER BY f.folder_id, f.name LIMIT ?",
        (*after, limit),
    )
    return [Picture(*row) for row in rows]


def put_arrival(connection: sqlite3.Connection, arrival: Arrival) -> tuple[int | None, str]:
    """Store a file and, when its content is new, its asset; return the asset's id and what it was.

    The answer is one of new, changed, moved, copy, same, failed.
    """
    folder_id = _folder(connection, arrival.folder)
    old = connection.execute(
        "SELECT id, asset_id FROM file WHERE folder_id = ? AND name = ?", (folder_id, arrival.name)
    ).fetchone()
    asset_id, fresh = (None, False) if not arrival.content else _asset(connection, arrival)
    _put_file(connection, folder_id, asset_id, arrival)
    if asset_id is None:
        if old and old[1] is not None:
            recount(connection, [old[1]])
        return None, "failed"
    what = _what(connection, arrival, asset_id, old, fresh=fresh)
    touched = {asset_id} if old is None or old[1] is None else {asset_id, old[1]}
    recount(connection, touched)
    if what == "changed" and old is not None and old[1] != asset_id:
        _inherit(connection, old[1], asset_id)
    return asset_id, what


def _what(
    connection: sqlite3.Connection, arrival: Arrival, asset_id: int, old: tuple[int, int | None] | None, *, fresh: bool
) -> str:
    if old is not None and old[1] is not None:
        return "same" if old[1] == asset_id else "changed"
    if fresh:
        return "new"
    return "moved" if _lost(connection, asset_id, arrival.lost) else "copy"


def _lost(connection: sqlite3.Connection, asset_id: int, lost: Sequence[int]) -> bool:
    """Mark the asset's files that are no longer where they were; return whether it has such files."""
    connection.executemany(
        "UPDATE file SET state = 'missing' WHERE id = ? AND asset_id = ? AND state = 'present'",
        ((file_id, asset_id) for file_id in lost),
    )
    row = connection.execute("SELECT 1 FROM file WHERE asset_id = ? AND state = 'missing'", (asset_id,)).fetchone()
    return row is not None


def _folder(connection: sqlite3.Connection, path: bytes) -> int:
    row = connection.execute("SELECT id FROM folder WHERE path = ?", (path,)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO folder(path, shown) VALUES(?, ?) RETURNING id", (path, shown(path))
        ).fetchone()
    return int(row[0])


def _asset(connection: sqlite3.Connection, arrival: Arrival) -> tuple[int, bool]:
    row = connection.execute("SELECT id FROM asset WHERE content = ?", (arrival.content,)).fetchone()
    if row is not None:
        return int(row[0]), False
    row = connection.execute(
        "INSERT INTO asset(content, kind, mime, format, size, name, moment_at, year, added) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (arrival.content, arrival.kind, arrival.mime, arrival.format, arrival.size, shown(arrival.name),
         *_local(arrival.mtime_ns), time.time()),
    ).fetchone()  # fmt: skip
    return int(row[0]), True


def _local(mtime_ns: int) -> tuple[float, int | None]:
    """Local seconds since 1970 (what the wall clock said, without its zone) and year of a file time."""
    seconds = mtime_ns / 1e9
    try:
        parts = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return 0.0, None
    return seconds + parts.tm_gmtoff, parts.tm_year


def _put_file(connection: sqlite3.Connection, folder_id: int, asset_id: int | None, arrival: Arrival) -> None:
    now = time.time()
    connection.execute(
        "INSERT INTO file(asset_id, folder_id, root_id, name, shown, size, mtime_ns, state, error_code, error, hint, "
        "first_seen, last_seen) VALUES(?, ?, ?, ?, ?, ?, ?, 'present', ?, ?, ?, ?, ?) "
        "ON CONFLICT(folder_id, name) DO UPDATE SET "
        # While a file cannot be read it keeps its asset: what the user said of it goes on with its next content.
        "asset_id = coalesce(excluded.asset_id, asset_id), "
        "root_id = excluded.root_id, size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "state = 'present', error_code = excluded.error_code, error = excluded.error, hint = excluded.hint, "
        "last_seen = excluded.last_seen",
        (asset_id, folder_id, arrival.root_id, arrival.name, shown(arrival.name), arrival.size, arrival.mtime_ns,
         arrival.error_code, arrival.error, arrival.hint, now, now),
    )  # fmt: skip


# What goes on with an edited file: its tags, albums and note, and whether it is a favourite.
CARRIED = (
    "asset_tag(asset_id, tag_id, source, at) SELECT ?1, tag_id, source, at FROM asset_tag WHERE source = 'you'",
    "album_member(album_id, asset_id, place, added) SELECT album_id, ?1, place, added FROM album_member WHERE 1",
    "favourite(asset_id, at) SELECT ?1, at FROM favourite WHERE 1",
    "note(asset_id, text, at) SELECT ?1, text, at FROM note WHERE 1",
)


def _inherit(connection: sqlite3.Connection, old: int, new: int) -> None:
    """A file was edited in place: what the user said of its former content goes on with it."""
    for carried in CARRIED:
        connection.execute(f"INSERT OR IGNORE INTO {carried} AND asset_id = ?2", (new, old))
    connection.execute(
        "UPDATE asset SET (rating, rated) = (SELECT rating, 1 FROM asset WHERE id = ?1) "
        "WHERE id = ?2 AND rated = 0 AND (SELECT rated FROM asset WHERE id = ?1) = 1",
        (old, new),
    )


def set_state(connection: sqlite3.Connection, file_ids: Iterable[int], state: str) -> list[int]:
    """Set where files stand (present, missing, offline, trashed); return the assets touched."""
    rows = connection.execute(
        "UPDATE file SET state = ? WHERE id IN (SELECT value FROM json_each(?)) RETURNING asset_id",
        (state, json.dumps(list(file_ids))),
    ).fetchall()
    return _recounted(connection, rows)


def miss_folder(connection: sqlite3.Connection, folder: bytes, root_id: int) -> tuple[int, list[int]]:
    """A folder is gone: its files are missing. Return how many, and the assets touched."""
    rows = connection.execute(
        "UPDATE file SET state = 'missing' WHERE +root_id = ? AND +state IN ('present', 'offline') "
        "AND folder_id = (SELECT id FROM folder WHERE path = ?) RETURNING asset_id",
        (root_id, folder),
    ).fetchall()
    return len(rows), _recounted(connection, rows)


def _recounted(connection: sqlite3.Connection, rows: Iterable[tuple[int | None]]) -> list[int]:
    """Recount the assets in the rows that a change returned; return them."""
    touched = sorted({row[0] for row in rows if row[0] is not None})
    recount(connection, touched)
    return touched


def recount(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Bring the assets' counts of reachable files, their exact-copy marks and names up to date."""
    connection.execute(
        "UPDATE asset SET present = n.present, offline = CASE WHEN n.present = 0 THEN n.offline ELSE 0 END, "
        "twins = (twins & ~1) | (n.present + n.offline > 1), "
        "name = coalesce((SELECT shown FROM file WHERE asset_id = n.id "
        "ORDER BY state = 'present' DESC, id LIMIT 1), name) "
        "FROM (SELECT w.value AS id, coalesce(sum(f.state = 'present'), 0) AS present, "
        "coalesce(sum(f.state = 'offline'), 0) AS offline "
        "FROM json_each(?) w LEFT JOIN file f ON f.asset_id = w.value GROUP BY w.value) n WHERE asset.id = n.id",
        (json.dumps(list(asset_ids)),),
    )


def of_asset(connection: sqlite3.Connection, asset_id: int) -> tuple[FileRow, ...]:
    """The places of an asset, those in reach first."""
    return tuple(rows_where(connection, "f.asset_id = ?", (asset_id,)))


def rows_where(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> list[FileRow]:
    """File rows under a condition of this package (never of user text)."""
    separator = os.fsencode(os.sep)
    rows = connection.execute(
        "SELECT f.id, d.path, f.name, f.state, f.size, f.mtime_ns, f.error, f.hint FROM file f "
        f"JOIN folder d ON d.id = f.folder_id WHERE {where} "
        "ORDER BY CASE f.state WHEN 'present' THEN 0 WHEN 'offline' THEN 1 ELSE 2 END, f.id",
        values,
    )
    found = []
    for row in rows:
        raw = row[1].rstrip(separator) + separator + row[2]
        found.append(FileRow(row[0], shown(raw), raw, row[3], row[4], row[5], row[6], row[7]))
    return found


def absorb_root(connection: sqlite3.Connection, old: int, new: int) -> None:
    """A folder above an added one was added: it takes over its files."""
    connection.execute("UPDATE file SET root_id = ? WHERE root_id = ?", (new, old))
    connection.execute("DELETE FROM root WHERE id = ?", (old,))


def take_over(connection: sqlite3.Connection, top: bytes, root_id: int) -> None:
    """A root got its own place inside of another one: what lies below it belongs to it from now on."""
    connection.execute(
        "UPDATE file SET root_id = ? WHERE root_id IS NOT NULL AND folder_id IN ("
        "SELECT id FROM folder WHERE path = ? OR (path >= ? AND path < ?))",
        (root_id, top, *below(top)),
    )
