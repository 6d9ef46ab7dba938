"""How a host is and how it is reached, in a word, a colour and a drawing."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop.look import icons
from desktop.look.badge import badge
from desktop.look.look import Look
from engine.language import mark, tr
from engine.model import HostKind, HostStatus, RentalState

# Words, tone of the badge, drawing, token of the drawing.
STATUSES = {
    HostStatus.OFF: (mark("Switched off"), "plain", "power", "muted"),
    HostStatus.CONNECTING: (mark("Connecting"), "accent", "clock", "accent"),
    HostStatus.READY: (mark("Ready"), "good", "check", "success"),
    HostStatus.BUSY: (mark("At work"), "accent", "play", "accent"),
    HostStatus.LOST: (mark("Not reached"), "warn", "offline", "warning"),
    HostStatus.REFUSED: (mark("Not used"), "bad", "shield", "danger"),
    HostStatus.ASIDE: (mark("Set aside"), "warn", "pause", "warning"),
}
RENTALS = {
    RentalState.REQUESTING: (mark("Being rented"), "accent", "clock", "accent"),
    RentalState.STARTING: (mark("Starting"), "accent", "clock", "accent"),
    RentalState.RUNNING: (mark("Running"), "good", "play", "success"),
    RentalState.ENDING: (mark("Being destroyed"), "warn", "clock", "warning"),
    RentalState.ENDED: (mark("Ended"), "plain", "check", "muted"),
    RentalState.FAILED: (mark("Came to nothing"), "plain", "close", "muted"),
}
KINDS = {
    HostKind.LOCAL: (mark("This computer"), "computer"),
    HostKind.SSH: (mark("Over SSH"), "server"),
    HostKind.HTTP: (mark("Over TLS"), "link"),
    HostKind.CLUSTER: (mark("A cluster"), "cluster"),
    HostKind.RENTAL: (mark("Rented"), "rented"),
}


class Drawing(QLabel):
    """A line drawing that keeps its colour right when the theme changes."""

    def __init__(self, look: Look, icon: str, token: str = "muted", size: int = 20) -> None:
        super().__init__()
        self._look, self._icon, self._token, self._side = look, icon, token, size
        self.setFixedSize(size, size)
        look.changed.connect(self._tint)
        self._tint()

    def show_icon(self, icon: str, token: str) -> None:
        """Show another drawing."""
        if (icon, token) != (self._icon, self._token):
            self._icon, self._token = icon, token
            self._tint()

    def _tint(self) -> None:
        colour = getattr(self._look.colours, self._token)
        self.setPixmap(icons.pixmap(self._icon, colour, self._side, self.devicePixelRatioF()))


class Sign(QWidget):
    """A drawing and a badge that say how something is."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.drawing = Drawing(look, "clock", "muted", 16)
        self.badge = badge("", "plain")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.drawing)
        line.addWidget(self.badge)

    @property
    def text(self) -> str:
        """What it says."""
        return self.badge.text()

    def show_sign(self, words: str, tone: str, icon: str, token: str) -> None:
        """Say something else; `words` is in the language of the window."""
        self.drawing.show_icon(icon, token)
        self.badge.setText(words)
        if self.badge.property("badge") != tone:
            self.badge.setProperty("badge", tone)
            self.badge.style().unpolish(self.badge)
            self.badge.style().polish(self.badge)

    def show_host(self, status: HostStatus) -> None:
        """Say how a host is."""
        words, tone, icon, token = STATUSES[status]
        self.show_sign(tr(words), tone, icon, token)

    def show_rental(self, state: RentalState, *, alarm: bool = False) -> None:
        """Say what became of a rental."""
        words, tone, icon, token = RENTALS[state]
        if alarm:
            tone, icon, token = "bad", "warning", "danger"
        self.show_sign(tr(words), tone, icon, token)
