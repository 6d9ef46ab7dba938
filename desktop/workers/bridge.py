"""Engine changes, merged and brought to the UI thread as one Qt signal."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from engine.model import Change

QUIET = 50  # milliseconds in which changes are gathered into one
MANY = 5000  # touched assets above which "many" is said instead of listing them
_ABOUT_ASSETS = frozenset({"assets", "files", "findings", "decisions"})


class Bridge(QObject):
    """Listens to a library on any thread and says what changed on the UI thread.

    Signals:
        changed: one `Change` for all that happened in the last 50 ms.
    """

    changed = Signal(object)
    _woken = Signal()

    def __init__(
        self, subscribe: Callable[[Callable[[Change], None]], Callable[[], None]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._pending: Change | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET)
        self._timer.timeout.connect(self._flush)
        self._woken.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] | None = subscribe(self.put)

    def put(self, change: Change) -> None:
        """Take a change; called on any thread."""
        with self._lock:
            first = self._pending is None
            self._pending = change if self._pending is None else merged(self._pending, change)
        if first:
            self._woken.emit()

    def close(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._timer.stop()

    def _flush(self) -> None:
        with self._lock:
            change, self._pending = self._pending, None
        if change is not None and self._unsubscribe is not None:
            self.changed.emit(change)


def merged(one: Change, two: Change) -> Change:
    """Both changes as one; "many assets" (topics about assets without a list) stays many."""
    both = one.merge(two)
    if _many(one) or _many(two) or len(both.assets) > MANY:
        return Change(both.topics)
    return both


def _many(change: Change) -> bool:
    return not change.assets and bool(change.topics & _ABOUT_ASSETS)
