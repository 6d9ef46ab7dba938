"""Places on disk: roots that the user added, the folders below them and the files in them."""

import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.model import FileRow, Root


@dataclass(frozen=True, slots=True)
class Known:
    """What the library knows of one file in a folder."""

    id: int
    size: int
    mtime_ns: int
    state: str
    asset_id: int | None
    retry: bool  # reading it failed for a reason that may have passed


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


def roots(connection: sqlite3.Connection) -> list[Root]:
    """Everything the user added, with the number of files in reach or known."""
    rows = connection.execute(
        "SELECT r.id, r.shown, r.path, r.watch, r.online, "
        "(SELECT count(*) FROM file WHERE root_id = r.id AND state IN ('present', 'offline')) "
        "FROM root r ORDER BY r.shown"
    )
    return [Root(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows]


def device_of(connection: sqlite3.Connection, root_id: int) -> int | None:
    """The device that a root was on when it was added."""
    row = connection.execute("SELECT device FROM root WHERE id = ?", (root_id,)).fetchone()
    return None if row is None else row[0]


def drop_root(connection: sqlite3.Connection, root_id: int) -> list[int]:
    """Stop reading a root: its files count as missing, their assets and all that was decided stay."""
    assets = [row[0] for row in connection.execute("SELECT DISTINCT asset_id FROM file WHERE root_id = ?", (root_id,))]
    connection.execute("UPDATE file SET state = 'missing', root_id = NULL WHERE root_id = ?", (root_id,))
    connection.execute("DELETE FROM root WHERE id = ?", (root_id,))
    touched = [asset for asset in assets if asset is not None]
    recount(connection, touched)
    return touched


def set_online(connection: sqlite3.Connection, root_id: int, *, online: bool) -> list[int]:
    """A drive came or went: its present files become offline, or the other way round. Return the assets touched."""
    old, new = ("offline", "present") if online else ("present", "offline")
    connection.execute("UPDATE root SET online = ? WHERE id = ?", (online, root_id))
    rows = connection.execute(
        "UPDATE file SET state = ? WHERE root_id = ? AND state = ? RETURNING asset_id", (new, root_id, old)
    ).fetchall()
    touched = sorted({row[0] for row in rows if row[0] is not None})
    recount(connection, touched)
    return touched


def known_in(connection: sqlite3.Connection, folder: bytes) -> dict[bytes, Known]:
    """The files that the library knows in one folder, by name."""
    rows = connection.execute(
        "SELECT f.name, f.id, f.size, f.mtime_ns, f.state, f.asset_id, f.error_code <> '' FROM file f "
        "JOIN folder d ON d.id = f.folder_id WHERE d.path = ?",
        (folder,),
    )
    return {row[0]: Known(row[1], row[2], row[3], row[4], row[5], bool(row[6])) for row in rows}


def folders_below(connection: sqlite3.Connection, root_id: int) -> dict[bytes, int]:
    """Every folder that holds files of a root, with their number in reach."""
    rows = connection.execute(
        "SELECT d.path, count(*) FROM file f JOIN folder d ON d.id = f.folder_id "
        "WHERE f.root_id = ? AND f.state IN ('present', 'offline') GROUP BY d.id",
        (root_id,),
    )
    return {row[0]: row[1] for row in rows}


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
    return "moved" if _lost(connection, asset_id) else "copy"


def _lost(connection: sqlite3.Connection, asset_id: int) -> bool:
    """Mark the asset's files that are no longer where they were; return whether there was one."""
    lost = False
    for file_id, path in connection.execute(
        "SELECT f.id, d.path || ? || f.name FROM file f JOIN folder d ON d.id = f.folder_id "
        "WHERE f.asset_id = ? AND f.state = 'present'",
        (os.fsencode(os.sep), asset_id),
    ).fetchall():
        if not os.path.lexists(path):
            connection.execute("UPDATE file SET state = 'missing' WHERE id = ?", (file_id,))
            lost = True
    return lost or bool(
        connection.execute("SELECT 1 FROM file WHERE asset_id = ? AND state = 'missing'", (asset_id,)).fetchone()
    )


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
        "asset_id = excluded.asset_id, root_id = excluded.root_id, size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "state = 'present', error_code = excluded.error_code, error = excluded.error, hint = excluded.hint, "
        "last_seen = excluded.last_seen",
        (asset_id, folder_id, arrival.root_id, arrival.name, shown(arrival.name), arrival.size, arrival.mtime_ns,
         arrival.error_code, arrival.error, arrival.hint, now, now),
    )  # fmt: skip


def _inherit(connection: sqlite3.Connection, old: int, new: int) -> None:
    """A file was edited in place: what the user said of its former content goes on with it."""
    connection.execute(
        "INSERT OR IGNORE INTO asset_tag SELECT ?, tag_id, source FROM asset_tag WHERE asset_id = ? AND source = 'you'",
        (new, old),
    )
    connection.execute(
        "UPDATE asset SET (rating, rated) = (SELECT rating, 1 FROM asset WHERE id = ?1) "
        "WHERE id = ?2 AND rated = 0 AND (SELECT rated FROM asset WHERE id = ?1) = 1",
        (old, new),
    )


def set_state(connection: sqlite3.Connection, file_ids: Iterable[int], state: str) -> list[int]:
    """Set where files stand (present, missing, offline, trashed); return the assets touched."""
    touched: set[int] = set()
    for file_id in file_ids:
        rows = connection.execute(
            "UPDATE file SET state = ? WHERE id = ? RETURNING asset_id", (state, file_id)
        ).fetchall()
        touched.update(row[0] for row in rows if row[0] is not None)
    recount(connection, touched)
    return sorted(touched)


def miss_folder(connection: sqlite3.Connection, folder: bytes, root_id: int) -> list[int]:
    """A folder is gone: its files are missing. Return the assets touched."""
    rows = connection.execute(
        "UPDATE file SET state = 'missing' WHERE root_id = ? AND state IN ('present', 'offline') "
        "AND folder_id = (SELECT id FROM folder WHERE path = ?) RETURNING asset_id",
        (root_id, folder),
    ).fetchall()
    touched = sorted({row[0] for row in rows if row[0] is not None})
    recount(connection, touched)
    return touched


def recount(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Bring an asset's counts of reachable files, its exact-copy mark and its name up to date."""
    for asset_id in asset_ids:
        present, offline = connection.execute(
            "SELECT coalesce(sum(state = 'present'), 0), coalesce(sum(state = 'offline'), 0) "
            "FROM file WHERE asset_id = ?",
            (asset_id,),
        ).fetchone()
        connection.execute(
            "UPDATE asset SET present = ?, offline = ?, twins = (twins & ~1) | (? > 1), "
            "name = coalesce((SELECT shown FROM file WHERE asset_id = ? "
            "ORDER BY state = 'present' DESC, id LIMIT 1), name) WHERE id = ?",
            (present, offline if present == 0 else 0, present + offline, asset_id, asset_id),
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
