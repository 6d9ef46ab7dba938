"""Adding files: walk, compare with what is known, have read what is new, and mark what is gone."""

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from engine.errors import FileMissing
from engine.language import digits, mark, tr
from engine.media.scan import FolderSeen, Rule, walk
from engine.model import AddReport, Root, Step
from engine.reading import Found, Reader, Settings
from engine.roots import ADDED, Roots, inside
from engine.store import files, jobs, queue
from engine.store.db import Database

PACE = 0.05  # seconds between words on folders in which nothing is new


@dataclass(slots=True)
class _Scan:
    """One walk over a part of a root."""

    root_id: int
    top: bytes
    tally: Counter[str]
    visited: set[bytes] = field(default_factory=set)
    barred: list[bytes] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


class Intake:
    """Keeps the library's files in step with the disk."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._roots = Roots(database)
        self._reader = Reader(database, settings, self._roots)
        self._under_way: set[object] = set()
        self.report = AddReport()  # of the last adding or rescan that somebody asked for

    @property
    def busy(self) -> bool:
        """Whether an adding or a rescan is under way."""
        return bool(self._under_way)

    def add(self, paths: Sequence[Path | bytes | str], *, watch: bool) -> Iterator[Step]:
        """Add folders and files; yields progress, `report` says at the end what was done.

        Raises:
            FileMissing: a path does not exist (the ones before it are added).
            KinoraError: it is a library.
        """
        yield from self._asked(
            lambda tally: (
                step for path in paths for step in self._add_one(os.path.realpath(os.fsencode(path)), tally, watch)
            )
        )

    def rescan(self) -> Iterator[Step]:
        """Bring every root up to date; a drive that is away makes its files offline."""
        yield from self._asked(
            lambda tally: (step for root in self._roots.all() for step in self._rescan_root(root, tally))
        )

    def refresh(self, folders: Iterable[bytes], *, deep: bool = False) -> Iterator[Step]:
        """Read some folders again: the watcher saw a change in them; with `deep` all that is below them too."""
        tally: Counter[str] = Counter()
        rule = Rule(self._settings()["scan.leave_out"])
        for folder in sorted(set(folders)):
            roots = self._roots.all()
            owner = self._roots.of(roots, folder, rule)
            if owner is None:
                continue
            if not self._roots.reachable(owner) or not owner.online or not os.path.isdir(owner.raw):
                yield from self._rescan_root(owner, tally)
            elif os.path.isdir(folder):
                yield from self._scan(owner.id, folder, tally, deep=deep or not self._known(folder))
            else:
                self._forget_below(_Scan(owner.id, folder, tally))

    def reachable(self, root: Root) -> bool:
        """Whether a root is there: not gone, and no empty folder where a drive was."""
        return self._roots.reachable(root)

    # --- one root -----------------------------------------------------------------------------------------------------

    def _asked(self, work: Callable[[Counter[str]], Iterator[Step]]) -> Iterator[Step]:
        """A call that somebody asked for: its report is the last one when it has come to its end."""
        tally: Counter[str] = Counter()
        self._under_way.add(mark := object())
        try:
            yield from work(tally)
        finally:
            self._under_way.discard(mark)
        self.report = AddReport(**tally)

    def _add_one(self, path: bytes, tally: Counter[str], watch: bool) -> Iterator[Step]:
        if not os.path.lexists(path):
            raise FileMissing(tr("{shown} does not exist.", shown=files.shown(path)), hint=tr("Check the path."))
        root_id, covered = self._roots.own(path, Rule(self._settings()["scan.leave_out"]), watch=watch)
        if not os.path.isdir(path):
            yield from self._single(root_id, path, tally)
            return
        if not covered:
            self._roots.set_online(root_id, online=True)
        yield from self._scan(root_id, path, tally, deep=True)

    def _rescan_root(self, root: Root, tally: Counter[str]) -> Iterator[Step]:
        if not self._roots.reachable(root):
            self._roots.set_online(root.id, online=False)
            yield Step(text=tr("{shown} is not connected", shown=files.shown(root.raw)))
            return
        self._roots.set_online(root.id, online=True)
        if os.path.isdir(root.raw):
            yield from self._scan(root.id, root.raw, tally, deep=True)
        else:
            yield from self._single(root.id, root.raw, tally)

    def _single(self, root_id: int, path: bytes, tally: Counter[str]) -> Iterator[Step]:
        stat = os.lstat(path)
        found = Found(os.path.dirname(path), os.path.basename(path), root_id, stat.st_size, stat.st_mtime_ns)
        with self._database.read() as connection:
            known = files.known_in(connection, found.folder).get(found.name)
        if known is not None and known.sound and (known.size, known.mtime_ns) == (found.size, found.mtime_ns):
            tally.update(seen=1, unchanged=1)
        else:
            yield from self._reader.read([found], tally, total=1)
        self._let_go(root_id)

    def _scan(self, root_id: int, top: bytes, tally: Counter[str], *, deep: bool) -> Iterator[Step]:
        scan = _Scan(root_id, top, tally)
        todo: list[Found] = []
        found = 0
        spoke = 0.0
        for folder in walk(top, self._settings()["scan.leave_out"], self._roots.skip):
            new = self._compare(scan, folder)
            todo += new
            found += len(new)
            yield from self._reader.read(todo, tally, total=found, rest=False)
            if time.monotonic() - spoke >= PACE:
                yield Step(found - len(todo), found, files.shown(folder.path))
                spoke = time.monotonic()
            if not deep:
                break
        yield from self._reader.read(todo, tally, total=found)
        root = next((one for one in self._roots.all() if one.id == root_id), None)
        if root is not None and not self._roots.reachable(root):  # unplugged in the middle: nothing was deleted
            self._roots.set_online(root_id, online=False)
            return
        if scan.gone:
            self._touch(lambda connection: (0, files.set_state(connection, scan.gone, "missing")))
            tally.update(missing=len(scan.gone))
        if deep:
            self._forget_below(scan)
            self._let_go(root_id)
        yield Step(found, found, _sentence(tally))

    def _compare(self, scan: _Scan, folder: FolderSeen) -> list[Found]:
        """The files of a folder that have to be read; those that are gone are noted."""
        scan.visited.add(folder.path)
        with self._database.read() as connection:
            known = files.known_in(connection, folder.path)
        new = []
        for name, size, mtime_ns, _, _ in folder.files:
            old = known.pop(name, None)
            if old is None or not old.sound or old.size != size or old.mtime_ns != mtime_ns:
                new.append(Found(folder.path, name, scan.root_id, size, mtime_ns))
        if folder.problems:
            scan.barred.append(folder.path)
        else:
            scan.gone += [old.id for old in known.values() if old.state in ("present", "offline")]
        same = len(folder.files) - len(new)
        scan.tally.update(seen=len(folder.files), unchanged=same, left_out=folder.left_out)
        return new

    def _forget_below(self, scan: _Scan) -> None:
        """Files in folders that are gone are missing, with all that is known of them kept."""
        with self._database.read() as connection:
            known = files.folders_below(connection, scan.root_id, scan.top)
        gone = [folder for folder in known if folder not in scan.visited]
        if not gone:
            return
        others = [root.raw for root in self._roots.all() if root.id != scan.root_id and inside(root.raw, scan.top)]
        for folder in gone:
            if any(inside(folder, one) for one in (*scan.barred, *others)):
                continue
            count = self._touch(partial(files.miss_folder, folder=folder, root_id=scan.root_id))
            scan.tally.update(missing=count)

    def _let_go(self, root_id: int) -> None:
        """The jobs of files that are in reach again wait no longer for their drive."""
        with self._database.read() as connection:
            held = queue.held_in(connection, root_id)
        if held:
            self._touch(lambda connection: (0, held))

    def _touch(self, work: Callable[[sqlite3.Connection], tuple[int, list[int]]]) -> int:
        """Change where files stand, and let the jobs of their assets follow."""

        def both(connection: sqlite3.Connection) -> int:
            count, touched = work(connection)
            jobs.hold_offline(connection, touched)
            return count

        return self._database.write(both, ADDED)

    def _known(self, folder: bytes) -> bool:
        with self._database.read() as connection:
            return files.holds_any(connection, folder)


def _sentence(tally: Counter[str]) -> str:
    words = {"added": mark("{n} new"), "changed": mark("{n} changed"), "moved": mark("{n} moved"),
             "unchanged": mark("{n} unchanged"), "missing": mark("{n} missing"),
             "failed": mark("{n} unreadable")}  # fmt: skip
    said = [tr(word, n=digits(tally[name])) for name, word in words.items() if tally[name]]
    return ", ".join(said) or tr("Nothing to read here")
