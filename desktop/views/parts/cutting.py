"""The in point and the out point of the film or recording that is shown."""

from PySide6.QtCore import QObject, Signal


class Cutting(QObject):
    """Two seconds between which a clip lies; each may be absent.

    Signals:
        changed: another in or out point.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.start: float | None = None
        self.end: float | None = None

    def mark_in(self, second: float) -> None:
        """A clip begins here; an out point before it goes."""
        self.start = second
        if self.end is not None and self.end <= second:
            self.end = None
        self.changed.emit()

    def mark_out(self, second: float) -> None:
        """A clip ends here; an in point behind it goes."""
        self.end = second
        if self.start is not None and self.start >= second:
            self.start = None
        self.changed.emit()

    def put(self, start: float | None, end: float | None) -> None:
        """Take both, as a clip has them."""
        self.start, self.end = start, end
        self.changed.emit()

    def clear(self) -> None:
        """Neither."""
        self.put(None, None)

    def span(self, length: float) -> tuple[float, float] | None:
        """The piece that is marked: from the beginning, or to the end, where only one of them is set."""
        if self.start is None and self.end is None:
            return None
        start, end = self.start or 0.0, self.end if self.end is not None else length
        return (start, end) if end > start else None
