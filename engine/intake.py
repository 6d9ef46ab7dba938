"""Adding files: walk, compare with what is known, hash what is new, store asset, file and jobs in one transaction."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from engine import senses
from engine.errors import EmptyFile, FileMissing, KinoraError, UnsupportedFormat
from engine.media.hashing import content_hash
from engine.media.scan import FolderSeen, walk
from engine.media.sniff import sniff
from engine.model import AddReport, Change, JobState, Kind, Step
from engine.store import assets, files, jobs, whole
from engine.store.db import Database, crash_point

TOGETHER = 256  # files hashed before they are stored in one transaction
READERS = 4  # threads that hash: reading a disk, not computing
ADDED = Change(frozenset({"assets", "files", "jobs"}))

Settings = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that has to be read."""

    folder: bytes
    name: bytes
    root_id: int
    size: int
    mtime_ns: int

    @property
    def path(self) -> bytes:
        return os.path.join(self.folder, self.name)


@dataclass(slots=True)
class _Scan:
    """One walk over a part of a root."""

    root_id: int
    top: bytes
    visited: set[bytes]
    barred: list[bytes]
    gone: list[int]
    back: list[int]


class Intake:
    """Keeps the library's files in step with the disk."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self.report = AddReport()

    def add(self, paths: Sequence[Path | bytes | str], *, watch: bool) -> Iterator[Step]:
        """Add folders and files; yields progress, `report` says what was done.

        Raises:
            FileMissing: a path does not exist (the ones before it are added).
        """
        self.report = AddReport()
        for path in paths:
            yield from self._add_one(os.path.realpath(os.fsencode(path)), watch=watch)

    def rescan(self) -> Iterator[Step]:
        """Bring every root up to date; a drive that is away makes its files offline."""
        self.report = AddReport()
        with self._database.read() as connection:
            roots = files.roots(connection)
        for root in roots:
            yield from self._rescan_root(root.id, root.raw, known=root.files)

    def refresh(self, folders: Iterable[bytes]) -> Iterator[Step]:
        """Read some folders again: the watcher saw a change in them."""
        self.report = AddReport()
        with self._database.read() as connection:
            roots = [(root.id, root.raw) for root in files.roots(connection)]
        for folder in sorted(set(folders)):
            owner = next((root_id for root_id, top in roots if _inside(folder, top)), None)
            if owner is None:
                continue
            if os.path.isdir(folder):
                yield from self._scan(owner, folder, deep=not self._known(folder))
            else:
                self._forget_below(owner, folder, visited=set())

    # --- one root -----------------------------------------------------------------------------------------------------

    def _add_one(self, path: bytes, *, watch: bool) -> Iterator[Step]:
        if not os.path.lexists(path):
            raise FileMissing(f"{files.shown(path)} does not exist.", hint="Check the path.")
        single = not os.path.isdir(path)
        device = os.stat(path).st_dev
        root_id, inside = self._database.write(
            lambda connection: _own_root(connection, path, single=single, watch=watch, device=device), ADDED
        )
        if single:
            yield from self._single(root_id, path)
            return
        if not inside:
            self._set_online(root_id, online=True)
        yield from self._scan(root_id, path, deep=True)

    def _rescan_root(self, root_id: int, path: bytes, *, known: int) -> Iterator[Step]:
        if not os.path.lexists(path) or (known and self._empty_mount(root_id, path)):
            self._set_online(root_id, online=False)
            yield Step(text=f"{files.shown(path)} is not connected")
            return
        self._set_online(root_id, online=True)
        if os.path.isdir(path):
            yield from self._scan(root_id, path, deep=True)
        else:
            yield from self._single(root_id, path)

    def _empty_mount(self, root_id: int, path: bytes) -> bool:
        """Whether the folder is empty and on another device than its files were: their drive is away."""
        if not os.path.isdir(path) or os.listdir(path):
            return False
        with self._database.read() as connection:
            device = files.device_of(connection, root_id)
        return device is not None and device != os.stat(path).st_dev

    def _set_online(self, root_id: int, *, online: bool) -> None:
        def work(connection: sqlite3.Connection) -> list[int]:
            touched = files.set_online(connection, root_id, online=online)
            jobs.hold_offline(connection, touched)
            return touched

        self._database.write(work, lambda touched: ADDED if touched else None)

    def _single(self, root_id: int, path: bytes) -> Iterator[Step]:
        stat = os.lstat(path)
        found = _Found(os.path.dirname(path), os.path.basename(path), root_id, stat.st_size, stat.st_mtime_ns)
        with self._database.read() as connection:
            known = files.known_in(connection, found.folder).get(found.name)
        if known is not None and _unchanged(known, stat.st_size, stat.st_mtime_ns):
            self._count(seen=1, unchanged=1)
            return
        yield from self._read([found], 1)

    def _scan(self, root_id: int, top: bytes, *, deep: bool) -> Iterator[Step]:
        leave_out = self._settings()["scan.leave_out"]
        scan = _Scan(root_id, top, set(), [], [], [])
        todo: list[_Found] = []
        found = done = 0
        for folder in walk(top, leave_out):
            new = self._compare(scan, folder)
            todo += new
            found += len(new)
            while len(todo) >= TOGETHER:
                part, todo = todo[:TOGETHER], todo[TOGETHER:]
                yield from self._read(part, found, done)
                done += len(part)
            if not deep:
                break
        yield from self._read(todo, found, done)
        self._settle(scan, deep=deep)
        yield Step(found, found, self._sentence())

    def _compare(self, scan: _Scan, folder: FolderSeen) -> list[_Found]:
        if folder.problems:
            scan.barred.append(folder.path)
        scan.visited.add(folder.path)
        with self._database.read() as connection:
            known = files.known_in(connection, folder.path)
        new = []
        same = 0
        for seen in folder.files:
            old = known.pop(seen.name, None)
            if old is None or not _unchanged(old, seen.size, seen.mtime_ns):
                new.append(_Found(folder.path, seen.name, scan.root_id, seen.size, seen.mtime_ns))
            else:
                same += 1
        if not folder.problems:
            scan.gone += [old.id for old in known.values() if old.state in ("present", "offline")]
        self._count(seen=len(folder.files), unchanged=same, left_out=folder.left_out)
        return new

    def _settle(self, scan: _Scan, *, deep: bool) -> None:
        """After the walk: files that were not seen are missing, with all that is known of them kept."""
        if scan.gone:
            self._touch(lambda connection: files.set_state(connection, scan.gone, "missing"))
            self._count(missing=len(scan.gone))
        if deep:
            self._forget_below(scan.root_id, scan.top, visited=scan.visited, barred=scan.barred)

    def _forget_below(self, root_id: int, top: bytes, *, visited: set[bytes], barred: Sequence[bytes] = ()) -> None:
        with self._database.read() as connection:
            known = files.folders_below(connection, root_id)
        for folder, count in known.items():
            if folder in visited or not _inside(folder, top) or any(_inside(folder, one) for one in barred):
                continue
            self._touch(partial(files.miss_folder, folder=folder, root_id=root_id))
            self._count(missing=count)

    def _touch(self, work: Callable[[sqlite3.Connection], list[int]]) -> None:
        def both(connection: sqlite3.Connection) -> list[int]:
            touched = work(connection)
            jobs.hold_offline(connection, touched)
            return touched

        self._database.write(both, ADDED)

    def _known(self, folder: bytes) -> bool:
        with self._database.read() as connection:
            return bool(files.known_in(connection, folder))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, todo: list[_Found], total: int, done: int = 0) -> Iterator[Step]:
        """Hash files on a few threads and store them together."""
        for begin in range(0, len(todo), TOGETHER):
            part = todo[begin : begin + TOGETHER]
            arrivals = []
            with ThreadPoolExecutor(READERS, thread_name_prefix="kinora-hash") as pool:
                for number, arrival in enumerate(pool.map(_arrive, part), start=1):
                    arrivals.append(arrival)
                    if number % 32 == 0:
                        yield Step(done + begin + number, total, files.shown(arrival.name))
            crash_point("hashed")
            outcome = self._database.write(partial(_store, arrivals=arrivals, settings=self._settings()), ADDED)
            crash_point("added")
            self._count(**outcome)
            yield Step(done + begin + len(part), total, files.shown(part[-1].name))

    def _count(self, **more: int) -> None:
        self.report = replace(self.report, **{name: getattr(self.report, name) + n for name, n in more.items()})

    def _sentence(self) -> str:
        r = self.report
        words = [(r.added, "new"), (r.changed, "changed"), (r.moved, "moved"), (r.unchanged, "unchanged"),
                 (r.missing, "missing"), (r.failed, "unreadable")]  # fmt: skip
        return ", ".join(f"{count:,} {word}" for count, word in words if count) or "Nothing to read here"


def _own_root(
    connection: sqlite3.Connection, path: bytes, *, single: bool, watch: bool, device: int
) -> tuple[int, bool]:
    """The root of a path: an outer one that has it already, or a new one, which takes over the ones inside it."""
    roots = files.roots(connection)
    outer = next((root for root in roots if _inside(path, root.raw) and root.raw != path), None)
    if outer is not None:
        return outer.id, True
    root_id = files.put_root(connection, path, single=single, watch=watch, device=device)
    for root in roots:
        if root.id != root_id and _inside(root.raw, path):
            files.absorb_root(connection, root.id, root_id)
    return root_id, False


def _inside(path: bytes, top: bytes) -> bool:
    separator = os.fsencode(os.sep)
    return path == top or path.startswith(top.rstrip(separator) + separator)


def _unchanged(known: files.Known, size: int, mtime_ns: int) -> bool:
    return known.state == "present" and known.size == size and known.mtime_ns == mtime_ns and not known.retry


def _arrive(found: _Found) -> files.Arrival:
    """Read a file's type and hash; what cannot be read becomes a row with a sentence, never an exception."""
    arrival = files.Arrival(found.folder, found.name, found.root_id, found.size, found.mtime_ns)
    try:
        try:
            sniffed = sniff(found.path)
            arrival = replace(arrival, kind=sniffed.kind.value, mime=sniffed.mime, format=sniffed.format)
        except (UnsupportedFormat, EmptyFile) as error:
            arrival = replace(arrival, kind=Kind.OTHER.value, error_code=error.code, error=error.text, hint=error.hint)
        return replace(arrival, content=content_hash(found.path))
    except KinoraError as error:
        return replace(arrival, content="", error_code=error.code, error=error.text, hint=error.hint)
    except OSError as error:
        text = f"This file cannot be read: {error.strerror or error}."
        return replace(
            arrival,
            content="",
            error_code="unreadable",
            error=text,
            hint="Check the rights and the drive, then add it again.",
        )


def _store(
    connection: sqlite3.Connection, arrivals: list[files.Arrival], settings: Mapping[str, Any]
) -> dict[str, int]:
    """Store files with their assets and jobs; count what they were."""
    counts = {"added": 0, "changed": 0, "moved": 0, "failed": 0}
    names = {"new": "added", "changed": "changed", "moved": "moved", "failed": "failed", "copy": "added"}
    for arrival in arrivals:
        asset_id, what = files.put_arrival(connection, arrival)
        if what in names:
            counts[names[what]] += 1
        if asset_id is None:
            continue
        if arrival.error_code:
            _refuse(connection, asset_id, arrival)
        else:
            jobs.enqueue(connection, senses.wanted(asset_id, arrival.content, arrival.kind, settings))
            jobs.hold_offline(connection, [asset_id])
        whole.index(connection, asset_id)
    return counts


def _refuse(connection: sqlite3.Connection, asset_id: int, arrival: files.Arrival) -> None:
    """A file that is nothing Kinora reads: it is listed as failed, with the reason."""
    assets.set_error(connection, asset_id, arrival.error_code, arrival.error, arrival.hint)
    if jobs.enqueue(connection, [jobs.Wanted(asset_id, arrival.content, "probe", 1, {}, 0)]):
        setback = jobs.Setback(JobState.FAILED, 0.0, 0, None, 1, 0, arrival.error_code, arrival.error, arrival.hint)
        jobs.fail_newest(connection, asset_id, setback)
