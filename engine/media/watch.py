"""Watch folders and tell which of them changed, once the dust has settled."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from engine.media.files import shown

log = logging.getLogger(__name__)

_DEBOUNCE_MS, _STEP_MS, _TIMEOUT_MS = 1200, 100, 1000


class Watcher:
    """A thread that calls `on_change` with the folders in which something came, went or changed.

    Roots that are missing are passed over; `start` again with other roots after they came back. A folder is named once
    for a burst of changes. `stop` returns when the thread has ended.
    """

    def __init__(self, roots: Sequence[bytes], on_change: Callable[[frozenset[bytes]], None]) -> None:
        self._roots = tuple(roots)
        self._tell = on_change
        self._halt = threading.Event()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; does nothing where no root exists."""
        present = [os.fsdecode(root) for root in self._roots if Path(os.fsdecode(root)).is_dir()]
        for root in self._roots:
            if os.fsdecode(root) not in present:
                log.info("not watched, because it is not there: %s", shown(root))
        if not present or self._thread is not None:
            return
        self._halt.clear()
        self._ready.clear()
        self._thread = threading.Thread(target=self._run, args=(present,), name="kinora-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch and wait for its thread."""
        self._halt.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def stands(self, seconds: float) -> bool:
        """Wait until the watch notices changes; return whether it does."""
        return self._thread is None or self._ready.wait(seconds)

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self, roots: list[str]) -> None:
        from watchfiles import watch

        try:
            # The first answer, perhaps an empty one, says that the watch stands.
            for changes in watch(
                *roots,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._halt,
                rust_timeout=_TIMEOUT_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                if self._halt.is_set():
                    return
                self._ready.set()
                if changes:
                    self._tell(touched((change.name, path) for change, path in changes))
        except (OSError, RuntimeError):
            log.exception("the watch of folders ended; changes are found at the next rescan")
        finally:
            self._ready.set()


def touched(changes: Iterable[tuple[str, str]]) -> frozenset[bytes]:
    """The folders to look at after changes ("added", "modified", "deleted"; path): those in which something happened.

    A folder that came (also by being moved or renamed) counts itself, and so does what went: it may have been one.
    """
    folders = set()
    for change, path in changes:
        folders.add(os.fsencode(Path(path).parent))
        if change == "deleted" or (change == "added" and Path(path).is_dir()):
            folders.add(os.fsencode(path))
    return frozenset(folders)
