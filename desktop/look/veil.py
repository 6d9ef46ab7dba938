"""Which pictures are blurred until somebody asks to see them: one answer for every view of the window."""

from PySide6.QtCore import QObject, Signal

LEVELS = ("", "safe", "suggestive", "explicit")
STRICTEST = "suggestive"


class Veil(QObject):
    """The level of the option look.blur, and what was asked for since the window was opened.

    Until the option is known the strictest level holds, so that nothing is seen sharply for a moment first.

    Signals:
        changed: other pictures are blurred now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.level = STRICTEST  # never, explicit or suggestive
        self.lifted = False  # everything is shown until the window is closed
        self._shown: set[int] = set()

    def choose(self, level: str) -> None:
        """Blur from this safety level on: never, explicit or suggestive."""
        if level != self.level:
            self.level = level
            self.changed.emit()

    def hides(self, asset: int, safety: str) -> bool:
        """Whether a picture is blurred."""
        return not self.lifted and asset not in self._shown and is_blurred(safety, self.level)

    def show(self, asset: int) -> None:
        """Show one picture until the window is closed."""
        if asset not in self._shown:
            self._shown.add(asset)
            self.changed.emit()

    def lift(self, on: bool = True) -> None:
        """Show every picture until the window is closed, or blur again (also those that were shown one by one)."""
        if not on:
            self._shown.clear()
        self.lifted = on
        self.changed.emit()


def is_blurred(safety: str, level: str) -> bool:
    """Whether a picture of this safety level is blurred from that level on."""
    if level == "never" or level not in LEVELS:
        return False
    return safety in LEVELS and LEVELS.index(safety) >= LEVELS.index(level)
