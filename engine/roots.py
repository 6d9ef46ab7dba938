"""What the user added: which root a path belongs to, whether it can be reached, and what of it is never read."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence

from engine.errors import KinoraError
from engine.language import tr
from engine.media.files import system_path
from engine.media.scan import FolderSeen, Rule
from engine.model import Change, Root
from engine.store import files, jobs
from engine.store.db import Database
from engine.store.migrations import APPLICATION_ID

ADDED = Change(frozenset({"assets", "files", "jobs"}))


class Roots:
    """The added folders of one library; its own folder and other libraries are never read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._library = os.path.realpath(os.fsencode(database.path.parent))
        self._name = os.fsencode(database.path.name)

    def all(self) -> list[Root]:
        """Every root, its files not counted."""
        with self._database.read() as connection:
            return files.roots(connection, counted=False)

    # --- which one ----------------------------------------------------------------------------------------------------

    def own(self, path: bytes, rule: Rule, *, watch: bool) -> tuple[int, bool]:
        """The root of a path that the user adds, and whether it is inside of one that reads it already.

        Otherwise it becomes one itself, which takes over those inside of it.

        Raises:
            KinoraError: it is a library of Kinora, or a part of this one.
        """
        single = not os.path.isdir(path)
        if inside(path, self._library) or (not single and self._is_library(path)):
            raise KinoraError(
                tr("{shown} is a library of Kinora itself.", shown=files.shown(path)),
                hint=tr("Add the folders that hold your own files."),
            )
        device = os.stat(path).st_dev

        def work(connection: sqlite3.Connection) -> tuple[int, bool]:
            roots = files.roots(connection, counted=False)
            outer = _deepest([root for root in roots if root.raw != path], path)
            if outer is not None and not rule.bars(path, outer.raw):
                return outer.id, True
            root_id = files.put_root(connection, path, single=single, watch=watch, device=device)
            for root in roots:
                if root.id != root_id and inside(root.raw, path) and not rule.bars(root.raw, path):
                    files.absorb_root(connection, root.id, root_id)
            if outer is not None:
                files.take_over(connection, path, root_id)
            return root_id, False

        return self._database.write(work, ADDED)

    def of(self, roots: Sequence[Root], folder: bytes, rule: Rule) -> Root | None:
        """The root that reads a folder; None for one that no root has or that is left out."""
        owner = _deepest(roots, folder)
        if owner is None or inside(folder, self._library) or rule.bars(folder, owner.raw):
            return None
        above = folder
        while len(above) > len(owner.raw):
            if self._is_library(above):
                return None
            above = os.path.dirname(above)
        return owner

    def skip(self, folder: FolderSeen) -> bool:
        """Whether a folder is a library: this one, or another one of Kinora."""
        return inside(folder.path, self._library) or self._is_library(folder.path)

    def _is_library(self, folder: bytes) -> bool:
        with contextlib.suppress(OSError), open(system_path(os.path.join(folder, self._name)), "rb") as stream:
            return stream.read(72)[68:] == APPLICATION_ID.to_bytes(4)  # where SQLite keeps it
        return False

    # --- in reach -----------------------------------------------------------------------------------------------------

    def reachable(self, root: Root) -> bool:
        """Whether a root is there: not gone, and no empty folder where a drive was."""
        return os.path.lexists(root.raw) and not self._empty_mount(root)

    def set_online(self, root_id: int, *, online: bool) -> None:
        """Remember whether a root can be reached; its files and their jobs follow."""

        def work(connection: sqlite3.Connection) -> list[int]:
            touched = files.set_online(connection, root_id, online=online)
            jobs.hold_offline(connection, touched)
            return touched

        self._database.write(work, lambda touched: ADDED if touched else None)

    def lost(self, content: str) -> tuple[int, ...]:
        """The files with this content that are no longer where they were, though their root can be reached."""
        with self._database.read() as connection:
            places = files.places_of(connection, content)
        gone = [place for place in places if not os.path.lexists(os.path.join(place[2], place[3]))]
        if not gone:
            return ()
        there = {root.id for root in self.all() if self.reachable(root)}
        return tuple(file_id for file_id, root_id, _, _ in gone if root_id is None or root_id in there)

    def _empty_mount(self, root: Root) -> bool:
        """Whether the folder is empty and on another device than its files were: their drive is away."""
        if not os.path.isdir(root.raw):
            return False
        with contextlib.suppress(OSError), os.scandir(root.raw) as entries:
            if next(entries, None) is not None:
                return False
            with self._database.read() as connection:
                device = files.device_of(connection, root.id)
            return device is not None and device != os.stat(root.raw).st_dev
        return False


def inside(path: bytes, top: bytes) -> bool:
    """Whether a path is a folder or something in it."""
    separator = os.fsencode(os.sep)
    return path == top or path.startswith(top.rstrip(separator) + separator)


def _deepest(roots: Sequence[Root], path: bytes) -> Root | None:
    return max((root for root in roots if inside(path, root.raw)), key=lambda root: len(root.raw), default=None)
