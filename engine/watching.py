"""Watched folders: what changes on the disk is read by itself, and drives that come and go are noticed."""

import logging
import os
import threading
from typing import TYPE_CHECKING

from engine.errors import KinoraError
from engine.media.watch import Watcher

if TYPE_CHECKING:
    from engine.library import Library

log = logging.getLogger(__name__)

DRIVES = 10.0  # seconds between looks at whether the added folders are there


class Watching:
    """Follows the watched roots of one library on a thread of its own."""

    def __init__(self, library: "Library") -> None:
        self._library = library
        self._watcher: Watcher | None = None
        self._roots: list[bytes] = []
        self._changed: set[bytes] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="kinora-watching", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()
        self.again()

    def again(self) -> None:
        """The roots or the setting changed."""
        with self._lock:
            self._roots = [b"?"]  # never equal to a real list
        self._wake.set()

    def close(self) -> None:
        """Stop watching."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        if self._watcher is not None:
            self._watcher.stop()

    def _serve(self) -> None:
        while not self._closing:
            self._wake.wait(DRIVES)
            self._wake.clear()
            if self._closing:
                return
            try:
                self._look_at_drives()
                self._follow_roots()
                self._read_changes()
                self._library.wait_idle(0)  # when the queue is at rest, duplicates are compared
            except KinoraError as error:
                log.warning("watching: %s", error.text)
            except Exception:  # the watch must outlive a bug in reading one folder
                log.exception("watching failed")

    def _look_at_drives(self) -> None:
        for root in self._library.roots():
            if os.path.lexists(root.raw) != root.online:
                for _ in self._library.rescan():
                    if self._closing:
                        return
                return

    def _follow_roots(self) -> None:
        wanted: list[bytes] = []
        if self._library.settings()["scan.watch"]:
            wanted = sorted(
                root.raw for root in self._library.roots() if root.watch and root.online and os.path.isdir(root.raw)
            )
        with self._lock:
            if wanted == self._roots:
                return
            self._roots = wanted
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        if wanted:
            self._watcher = Watcher(wanted, self._note)
            self._watcher.start()

    def _note(self, folders: frozenset[bytes]) -> None:
        with self._lock:
            self._changed |= folders
        self._wake.set()

    def _read_changes(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
        if not changed:
            return
        for _ in self._library.refresh(changed):
            if self._closing:
                return
