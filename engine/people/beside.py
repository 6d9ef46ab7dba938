"""What other programs keep beside files: the walk over XMP sidecars, each read by a worker, taken over at its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import KinoraError, StoreError
from engine.hosts.errands import About, Errands
from engine.language import tr, trn
from engine.media.files import joined, shown
from engine.model import Change, Facts, Kind, Step
from engine.store import appearances, decisions, files, sidecars, whole
from engine.store.db import Database
from engine.store.sidecars import FACES, KEYWORDS, RATINGS, WANTED, Taken

__all__ = ["FACES", "KEYWORDS", "RATINGS", "WANTED", "take"]

log = logging.getLogger(__name__)

BATCH = 200  # files read from the store at once
ENDING = b".xmp"
Folder = dict[bytes, bytes]  # each name as it is written, and in small letters


def take(database: Database, log_path: Path | None, wanted: Collection[str] = (FACES,)) -> Iterator[Step]:
    """Take over what sidecar files say: one decision when all are read; the last step says what it was.

    Ended before, it changes nothing.

    Raises:
        StoreError: this is not the Kinora that may change the library.
    """
    if not database.own:
        raise StoreError(tr("Another Kinora has this library open: sidecars can only be taken over there."))
    yield from _Walk(database, log_path, wanted).steps()


class _Walk:
    """One walk over the library."""

    def __init__(self, database: Database, log_path: Path | None, wanted: Collection[str]) -> None:
        self._database = database
        self._log_path = log_path
        self._wanted = wanted
        self._every = RATINGS in wanted or KEYWORDS in wanted  # faces are those of photos and videos
        self._reader: _Reader | None = None
        self._folder: tuple[bytes, Folder | None] = (b"", None)
        self._said: set[int] = set()  # assets beside which something was read, or lies and could not be
        self._bare: set[int] = set()  # assets that were named by a sidecar which is no more
        self._found: dict[int, Facts] = {}
        self._failed = 0

    def steps(self) -> Iterator[Step]:
        with self._database.read() as connection:
            total = files.countable(connection, every=self._every)
            named = appearances.named_beside(connection) if FACES in self._wanted else set()
        done, after = 0, (0, b"")
        try:
            while True:
                with self._database.read() as connection:
                    batch = files.pictures_after(connection, after, BATCH, every=self._every)
                if not batch:
                    break
                for one in batch:
                    self._visit(one, named)
                    done += 1
                    if done % 10 == 0 or one.id in self._said:
                        read = trn("{n} sidecar file read", "{n} sidecar files read", len(self._found))
                        yield Step(done, max(done, total), read)
                after = batch[-1].folder_id, batch[-1].name
        finally:
            if self._reader is not None:
                self._reader.close()
        gone = {asset: Facts() for asset in sorted(self._bare - self._said)}
        yield Step(total, total, self._sum(self._store(self._found | gone)))

    def _visit(self, one: files.Picture, named: set[int]) -> None:
        if one.id in self._said:
            return  # a copy of a file whose sidecar was read
        if self._folder[0] != one.folder:
            self._folder = one.folder, _listing(one.folder)
        listing = self._folder[1]
        if listing is None:
            self._said.add(one.id)  # the folder cannot be read now, which says nothing
            return
        name = beside(one.name, listing, alone=one.kind != Kind.PHOTO)
        if name is None:
            if one.id in named:
                self._bare.add(one.id)
            return
        self._said.add(one.id)
        try:
            self._found[one.id] = self._read(one, joined(one.folder, name))
        except KinoraError as error:
            self._failed += 1
            log.warning("%s was left out: %s", shown(name), error.text)

    def _read(self, one: files.Picture, sidecar: bytes) -> Facts:
        if self._reader is None:
            self._reader = _Reader(self._log_path)
        return self._reader.read(one, sidecar)

    def _store(self, found: dict[int, Facts]) -> Taken:
        if not found:
            return Taken()
        change = Change(frozenset({"people", "assets", "findings", "decisions"}), frozenset(found))
        return self._database.write(partial(_write, found=found, wanted=self._wanted), change)

    def _sum(self, taken: Taken) -> str:
        faces = trn("{n} face", "{n} faces", taken.faces)
        there = trn("{n} file", "{n} files", len(taken.files))
        if self._every:
            stars = trn("{n} rating", "{n} ratings", taken.ratings)
            words = trn("{n} keyword", "{n} keywords", taken.keywords)
            text = tr("{ratings}, {keywords}, {faces} in {files}.", ratings=stars, keywords=words, faces=faces,
                      files=there)  # fmt: skip
        else:
            people = trn("{n} person", "{n} people", len(taken.people))
            text = tr("{faces} in {files}, {people}.", faces=faces, files=there, people=people)
        if taken.kept and self._every:
            text += " " + trn("{n} stayed as you had decided.", "{n} stayed as you had decided.", taken.kept)
        if self._failed:
            text += " " + trn(
                "{n} sidecar file could not be read; the log names it.",
                "{n} sidecar files could not be read; the log names them.",
                self._failed,
            )
        return text


class _Reader:
    """The worker that reads sidecars: XML from anywhere is not parsed in the process that has the library."""

    def __init__(self, log_path: Path | None) -> None:
        self._errands = Errands(log_path)

    def read(self, one: files.Picture, sidecar: bytes) -> Facts:
        """What a sidecar says, as facts. Raises KinoraError."""
        about = About(joined(one.folder, one.name), one.kind, one.mime, one.content, one.size, one.mtime_ns)
        return self._errands.ask(about, "sidecar", {"sidecar": sidecar.hex()})

    def close(self) -> None:
        """End the worker."""
        self._errands.close()


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


def _write(connection: Any, found: dict[int, Facts], wanted: Collection[str]) -> Taken:
    before = decisions.latest(connection)
    taken = sidecars.take(connection, found, wanted)
    if decisions.latest(connection) > before:
        whole.index_all(connection, decisions.touched(connection, decisions.latest(connection))[1])
    return taken
