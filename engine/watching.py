"""Watched folders: what changes on the disk is read by itself, and drives that come and go are noticed."""

import contextlib
import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import KinoraError
from engine.media.watch import Watcher
from engine.model import Root, Step

if TYPE_CHECKING:
    from engine.intake import Intake
    from engine.library import Library

log = logging.getLogger(__name__)

DRIVES = 10.0  # seconds between looks at whether the added folders are there
STANDS = 30  # tenths of a second that a new watch may take until it notices changes


class _Place(NamedTuple):
    raw: bytes
    device: int
    number: int


class Watching:
    """Follows the watched roots of one library on a thread of its own."""

    def __init__(self, library: "Library", intake: "Intake") -> None:
        self._library = library
        self._intake = intake
        self._watcher: Watcher | None = None
        self._roots: list[_Place] = []
        self._behind: set[bytes] = set()  # roots that may have changed while nobody watched them
        self._changed: set[bytes] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self.step: Step | None = None  # how far the reading of changes is, None while there is none
        self._thread = threading.Thread(target=self._serve, name="kinora-watching", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()
        self.again()

    def again(self) -> None:
        """The roots or the setting changed."""
        self._wake.set()

    @property
    def watched(self) -> int:
        """How many folders are watched now."""
        watcher = self._watcher
        return len(self._roots) if watcher is not None and watcher.running else 0

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
                self._library.packs.look()
                self._follow_roots()
                self._catch_up()
                self._read_changes()
                self._library.wait_idle(0)  # when the queue is at rest, duplicates are compared
            except KinoraError as error:
                log.warning("watching: %s", error.text)
            except Exception:  # the watch must outlive a bug in reading one folder
                log.exception("watching failed")

    def _look_at_drives(self) -> None:
        for root in self._library.roots():
            if self._intake.reachable(root) != root.online:
                self._refresh({root.raw}, deep=True)

    def _follow_roots(self) -> None:
        """Watch the roots that there are now; while no watch stood anything may have happened in them."""
        wanted: list[_Place] = []
        if self._library.settings()["scan.watch"]:
            wanted = sorted(filter(None, map(_place, self._library.roots())))
        if wanted == self._roots:
            return
        self._roots = wanted
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        self._behind = {place.raw for place in wanted}
        if wanted:
            self._watcher = Watcher(sorted(self._behind), self._note)
            self._watcher.start()

    def _catch_up(self) -> None:
        if not self._behind or self._watcher is None or self._intake.busy:
            return
        for _ in range(STANDS):
            if self._closing or self._watcher.stands(0.1):
                break
        behind, self._behind = self._behind, set()
        self._refresh(behind, deep=True)

    def _note(self, folders: frozenset[bytes]) -> None:
        with self._lock:
            self._changed |= folders
        self._wake.set()

    def _read_changes(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
        if changed:
            self._refresh(changed, deep=False)

    def _refresh(self, folders: set[bytes], *, deep: bool) -> None:
        try:
            for step in self._library.refresh(folders, deep=deep):
                self.step = step
                if self._closing:
                    return
        finally:
            self.step = None


def _place(root: Root) -> _Place | None:
    """A root that is to be watched, as it is now: put away and made anew it is another folder, which nobody watches."""
    if root.watch and root.online and os.path.isdir(root.raw):
        with contextlib.suppress(OSError):
            found = os.stat(root.raw)
            return _Place(root.raw, found.st_dev, found.st_ino)
    return None
