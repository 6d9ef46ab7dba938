"""Five stars to give with the mouse or the keys."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.look import icons
from desktop.look.look import Look
from engine.language import tr

SIDE = 20


class Stars(QWidget):
    """A rating of 0 to 5.

    Signals:
        rated: the new number of stars.
    """

    rated = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._stars = 0
        self._over: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(self.sizeHint())
        look.changed.connect(self.update)
        self.show_stars(0)

    def sizeHint(self) -> QSize:
        return QSize(5 * (SIDE + 4) + 6, SIDE + 8)

    def show_stars(self, stars: int | None) -> None:
        """Show a rating."""
        self._stars = stars or 0
        self.setAccessibleName(tr("Rating: {stars} of 5 stars", stars=self._stars))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            shown = self._stars if self._over is None else self._over
            for index in range(5):
                name, colour = ("star-full", "star") if index < shown else ("star", "faint")
                drawing = icons.pixmap(name, getattr(self._look.colours, colour), SIDE, self.devicePixelRatioF())
                painter.drawPixmap(3 + index * (SIDE + 4), 4, drawing)
            if self.hasFocus():
                painter.setPen(QPen(self._look.colour("accent"), 1))
                painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._over = self._at(event)
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        self._over = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            chosen = self._at(event)
            self._give(0 if chosen == self._stars else chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_5:
            self._give(event.key() - Qt.Key.Key_0)
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self._give(min(5, max(0, self._stars + (1 if event.key() == Qt.Key.Key_Right else -1))))
        else:
            super().keyPressEvent(event)

    def _at(self, event: QMouseEvent) -> int:
        return min(5, max(1, int((event.position().x() - 3) // (SIDE + 4)) + 1))

    def _give(self, stars: int) -> None:
        self.show_stars(stars)
        self.rated.emit(stars)
