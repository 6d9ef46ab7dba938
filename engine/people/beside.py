"""Names that other programs keep beside photos: the walk over XMP sidecar files, each read by a worker."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import KinoraError, StoreError, WorkerCrashed, error_classes
from engine.hosts.base import Lost
from engine.hosts.local import LocalHost
from engine.jobs import wire
from engine.language import digits, tr
from engine.media.files import joined, shown
from engine.model import Change, Facts, Kind, Step
from engine.store import appearances, files, persons
from engine.store.db import Database

log = logging.getLogger(__name__)

BATCH = 200  # files between two steps
WAIT = 60.0  # seconds for one file
ENDING = b".xmp"
Folder = dict[bytes, bytes]  # each name as it is written, and in small letters


def take(database: Database, log_path: Path | None) -> Iterator[Step]:
    """Take over the faces that sidecar files name; the last step says how many.

    Raises:
        StoreError: this is not the Kinora that may change the library.
    """
    if not database.own:
        raise StoreError(tr("Another Kinora has this library open: names can only be taken over there."))
    yield from _Walk(database, log_path).steps()


class _Walk:
    """One walk over the library."""

    def __init__(self, database: Database, log_path: Path | None) -> None:
        self._database = database
        self._log_path = log_path
        self._reader: _Reader | None = None
        self._folder: tuple[bytes, Folder | None] = (b"", None)
        self._said: set[int] = set()  # assets beside which something was read, or lies and could not be
        self._bare: set[int] = set()  # assets that were named by a sidecar which is no more
        self._people: set[int] = set()
        self._faces = self._files = self._failed = 0

    def steps(self) -> Iterator[Step]:
        with self._database.read() as connection:
            total = files.countable(connection)
            named = appearances.named_beside(connection)
        done, after = 0, (0, b"")
        try:
            while True:
                with self._database.read() as connection:
                    batch = files.pictures_after(connection, after, BATCH)
                if not batch:
                    break
                for one in batch:
                    self._visit(one, named)
                    done += 1
                    if done % 10 == 0 or one.id in self._said:
                        yield Step(
                            done,
                            max(done, total),
                            tr("{faces} faces in {files} files", faces=digits(self._faces), files=digits(self._files)),
                        )
                after = batch[-1].folder_id, batch[-1].name
            for asset in sorted(self._bare - self._said):
                self._store(asset, Facts())
        finally:
            if self._reader is not None:
                self._reader.close()
        yield Step(total, total, self._sum())

    def _visit(self, one: files.Picture, named: set[int]) -> None:
        if one.id in self._said:
            return  # a copy of a file whose sidecar was read
        if self._folder[0] != one.folder:
            self._folder = one.folder, _listing(one.folder)
        listing = self._folder[1]
        if listing is None:
            self._said.add(one.id)  # the folder cannot be read now, which says nothing
            return
        name = beside(one.name, listing, alone=one.kind == Kind.VIDEO)
        if name is None:
            if one.id in named:
                self._bare.add(one.id)
            return
        self._said.add(one.id)
        try:
            facts = self._read(one, joined(one.folder, name))
        except KinoraError as error:
            self._failed += 1
            log.warning("%s was left out: %s", shown(name), error.text)
            return
        if facts.extra or one.id in named:
            self._store(one.id, facts)

    def _read(self, one: files.Picture, sidecar: bytes) -> Facts:
        if self._reader is None:
            self._reader = _Reader(self._log_path)
        return self._reader.read(one, sidecar)

    def _store(self, asset: int, facts: Facts) -> None:
        change = Change(frozenset({"people", "assets", "findings"}), frozenset({asset}))
        taken = self._database.write(partial(_write, asset=asset, facts=facts), change)
        self._faces += len(taken)
        self._files += bool(taken)
        self._people |= {person for _, person in taken}

    def _sum(self) -> str:
        text = f"{_count(self._faces, 'face')} in {_count(self._files, 'file')}, "
        text += _count(len(self._people), "person", "people")
        if self._failed:
            text += f". {_count(self._failed, 'sidecar file')} could not be read; the log names "
            text += "it" if self._failed == 1 else "them"
        return text + "."


class _Reader:
    """The worker that reads sidecars: XML from anywhere is not parsed in the process that has the library."""

    def __init__(self, log_path: Path | None) -> None:
        self._host = LocalHost(workers=1, log_path=log_path)
        self._host.start(self._heard)
        self._lock = threading.Lock()
        self._number = 0
        self._answer: Future[Facts] = Future()

    def read(self, one: files.Picture, sidecar: bytes) -> Facts:
        """The faces that a sidecar names, as facts. Raises KinoraError."""
        with self._lock:
            self._number += 1
            number, answer = self._number, Future[Facts]()
            self._answer = answer
        task = wire.Task(number, number, "sidecar", {"sidecar": sidecar.hex()})
        path = joined(one.folder, one.name)
        start = wire.Start(number, path, Kind(one.kind), one.mime, one.content, one.size, one.mtime_ns, (task,))
        self._host.send(start, deadline=WAIT)
        try:
            return answer.result(WAIT * 2)
        except TimeoutError as error:
            self._host.cancel(number)
            raise WorkerCrashed(tr("Reading this file took too long.")) from error

    def close(self) -> None:
        """End the worker."""
        self._host.stop()

    def _heard(self, message: object) -> None:
        match message:
            case wire.Done(bundle=number, facts=facts):
                self._settle(number, facts or Facts())
            case wire.Failed(bundle=number):
                cls = error_classes().get(message.code, KinoraError)
                error = cls.__new__(cls)
                KinoraError.__init__(error, message.text, hint=message.hint)
                self._settle(number, error)
            case Lost(bundles=bundles, error=error):
                for number in bundles:
                    self._settle(number, error)

    def _settle(self, number: int, result: Facts | KinoraError) -> None:
        with self._lock:
            if number != self._number or self._answer.done():
                return
            if isinstance(result, Facts):
                self._answer.set_result(result)
            else:
                self._answer.set_exception(result)


def beside(name: bytes, listing: Folder, *, alone: bool = False) -> bytes | None:
    """The sidecar of a file: `IMG.jpg.xmp`, else `IMG.xmp`; None without one.

    `alone`: the short name counts only where no other file has it (the photo of a moving one, for instance).
    """
    stem, dot, _ = name.rpartition(b".")
    found = _spelt(name, listing)
    if found is not None or not (dot and stem):
        return found
    short = stem.lower()
    others = {other.lower() for other in listing} - {name.lower(), short + ENDING}
    if alone and any(other.rpartition(b".")[0] == short for other in others):
        return None
    return _spelt(stem, listing)


def _spelt(name: bytes, listing: Folder) -> bytes | None:
    return listing.get(name + ENDING) or listing.get(name.lower() + ENDING)


def _listing(folder: bytes) -> Folder | None:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return None
    return {name.lower(): name for name in names} | {name: name for name in names}


def _write(connection: Any, asset: int, facts: Facts) -> list[tuple[int, int]]:
    taken = appearances.take_regions(connection, asset, facts, beside=True)
    persons.index_words(connection, [asset])
    return taken


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
