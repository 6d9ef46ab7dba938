"""Backups that are verified when they are made, and restored only when they are whole."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.errors import BackupInvalid, LibraryBusy, StorageFull, not_written
from engine.language import tr
from engine.model import Step
from engine.store import migrations
from engine.store.db import Database, explained, open_plain

MANIFEST = "manifest.json"
NAME = "kinora.db"
COUNTED = (
    "asset", "file", "moment", "finding", "job", "decision", "setting", "tag", "asset_tag", "embedding", "person",
    "person_name", "appearance", "not_person", "not_same", "erased_place", "void_decision", "saved_search", "logo",
    "album", "album_member", "favourite", "note", "stacked",
)  # fmt: skip


def backup(database: Database, target: Path) -> Iterator[Step]:
    """Write a copy of the library's truth to a new folder inside `target`, then read it back and compare.

    The last step's text is the folder. Previews and indexes are not copied: they are made again.

    Raises:
        BackupInvalid: what was written is not what should have been.
        StorageFull: there is no room.
        StoreError: the folder cannot be written.
    """
    try:
        yield from _backup(database, target)
    except OSError as error:
        raise not_written(error, tr("write the backup")) from error


def _backup(database: Database, target: Path) -> Iterator[Step]:
    folder = target / f"kinora-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    part = folder.with_name(folder.name + ".part")
    size = database.path.stat().st_size
    part.mkdir(parents=True)
    if shutil.disk_usage(part).free < size * 1.1:
        part.rmdir()
        raise StorageFull(
            tr(
                "The backup needs {size:.0f} MB, and there is less room in {target}.",
                size=size / 1000000.0,
                target=target,
            )
        )
    yield Step(1, 4, tr("Copying the library"))
    copy = part / NAME
    with explained(tr("write the backup")), database.read() as connection:
        connection.execute("ROLLBACK")  # VACUUM INTO makes its own transaction
        connection.execute("PRAGMA query_only = 0")
        connection.execute("VACUUM INTO ?", (str(copy),))
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")
    yield Step(2, 4, tr("Checking the copy"))
    manifest = {
        "made": datetime.now().astimezone().isoformat(timespec="seconds"),
        "sha256": digest(copy),
        **inspect(copy),
    }
    yield Step(3, 4, tr("Writing the manifest"))
    (part / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    flush(copy)
    flush(part / MANIFEST)
    part.rename(folder)
    verify(folder)
    yield Step(4, 4, str(folder))


def verify(folder: Path) -> dict[str, object]:
    """Read a backup and compare it with its manifest; return the manifest.

    Raises:
        BackupInvalid: something is missing or differs.
    """
    copy, note = folder / NAME, folder / MANIFEST
    if not copy.is_file() or not note.is_file():
        raise BackupInvalid(
            tr("{folder} is not a backup: it lacks {NAME} or {MANIFEST}.", folder=folder, NAME=NAME, MANIFEST=MANIFEST),
            hint=tr("Choose a folder that `kinora backup` made."),
        )
    try:
        manifest: dict[str, object] = json.loads(note.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BackupInvalid(tr("The manifest of {folder} cannot be read.", folder=folder)) from error
    if digest(copy) != manifest.get("sha256"):
        raise BackupInvalid(
            tr("The backup in {folder} has changed since it was made: its checksum differs.", folder=folder)
        )
    found = inspect(copy)
    if not _agrees(manifest, found):
        raise BackupInvalid(tr("The backup in {folder} does not hold what its manifest says.", folder=folder))
    return manifest


def _agrees(manifest: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a copy holds what its manifest says, which may be of a Kinora that counted fewer tables."""
    told = manifest.get("rows")
    return (
        manifest.get("schema") == found["schema"]
        and isinstance(told, dict)
        and {name: found["rows"].get(name) for name in told} == told
    )


def restore(folder: Path, library: Path) -> Iterator[Step]:
    """Put a verified backup in the place of a library that nobody has open; the former database is kept beside it.

    Raises:
        BackupInvalid: the backup is not whole; nothing was changed.
        LibraryBusy: the library is open.
        StoreError: a folder cannot be read or written.
    """
    try:
        yield from _restore(folder, library)
    except OSError as error:
        raise not_written(error, tr("put the backup in place")) from error


def _restore(folder: Path, library: Path) -> Iterator[Step]:
    from filelock import FileLock, Timeout

    yield Step(0, 3, tr("Checking the backup"))
    verify(folder)
    library.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(library / "instance.lock", timeout=0):
            yield Step(1, 3, tr("Copying"))
            fresh = library / (NAME + ".restored")
            shutil.copyfile(folder / NAME, fresh)
            flush(fresh)
            inspect(fresh)
            yield Step(2, 3, tr("Putting it in place"))
            stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
            for suffix in ("", "-wal", "-shm"):
                old = library / (NAME + suffix)
                if old.exists():
                    old.rename(library / f"{NAME}.before-{stamp}{suffix}")
            fresh.rename(library / NAME)
    except Timeout as error:
        raise LibraryBusy(tr("This library is open in another Kinora.")) from error
    yield Step(3, 3, str(library))


def inspect(path: Path) -> dict[str, object]:
    """Open a copy, run SQLite's whole check and count its rows.

    Raises:
        BackupInvalid: the check found damage.
    """
    with explained(tr("read the backup")), open_plain(path) as connection:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise BackupInvalid(tr("The copy {path} is damaged: {verdict}.", path=path, verdict=verdict))
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = {name: _count(connection, name) for name in COUNTED if name in there}  # an older schema has fewer
        return {"schema": migrations.version(connection), "rows": rows}


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    total = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def flush(path: Path) -> None:
    """Make sure that a written file is on the disk and not only in the cache."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
