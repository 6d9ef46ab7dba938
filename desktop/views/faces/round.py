"""One round picture of a face, loaded in a thread."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.look import icons
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.workers.previews import Want, drawn
from engine.errors import KinoraError


class RoundFace(QWidget):
    """A face.

    Signals:
        clicked: somebody clicked it.
    """

    clicked = Signal()

    def __init__(self, ops: Operations, look: Look, side: int, *, opens: bool = False) -> None:
        """`opens`: a click, Enter or the space bar on it means something."""
        super().__init__()
        if opens:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._ops, self._look = ops, look
        self._side = side
        self._image: QImage | None = None
        self._number: int | None = None
        self._latest = ops.latest()
        self.setFixedSize(side, side)
        look.changed.connect(self.update)

    def show_face(self, appearance: int | None, name: str) -> None:
        """Show the face of an appearance."""
        self.setToolTip(name)
        self.setAccessibleName(name)
        if appearance == self._number:
            return
        self._number, self._image = appearance, None
        self._latest.cancel()
        if appearance is not None:
            self._latest.start(self._load(appearance))
        self.update()

    def resize_face(self, side: int) -> None:
        """Show it so large."""
        if side != self._side:
            number, self._side, self._number = self._number, side, None
            self.setFixedSize(side, side)
            self.show_face(number, self.toolTip())

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._image is not None:
                painter.drawImage(self.rect(), self._image)
                self._ring(painter)
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("sunken"))
            painter.drawEllipse(QRectF(self.rect()))
            side = round(self._side * 0.42)
            drawing = icons.pixmap("face", self._look.colours.faint, side, self.devicePixelRatioF())
            painter.drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, drawing)
            self._ring(painter)

    def _ring(self, painter: QPainter) -> None:
        """The sign of the keyboard's focus."""
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.colour("text"), 3))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    async def _load(self, appearance: int) -> None:
        side = round(self._side * self.devicePixelRatioF())
        image = await self._ops.ask(self._read, appearance, side)
        if appearance == self._number and image is not None:
            self._image = image
            self.update()

    def _read(self, appearance: int, side: int) -> QImage | None:
        try:
            path = self._ops.library.people.picture(appearance, 160 if side <= 160 else 320)
        except KinoraError:
            return None  # a voice, or a file that is away: the sign stays
        return drawn(path, Want(appearance, side, side, side // 2))
