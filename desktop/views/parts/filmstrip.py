"""The strip of small pictures at the bottom of the viewer: what is before and after."""

from array import array
from collections.abc import Sequence

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.look import icons
from desktop.look.look import Look
from desktop.models.cells import Cells
from desktop.operations import Operations
from desktop.workers.previews import Previews, Want
from engine.language import digits, tr
from engine.model import Cell, Kind

SIDE, GAP, EDGE = 52, 6, 8  # pixels
GLIDE = 140  # milliseconds
ICONS = {Kind.VIDEO: "video", Kind.AUDIO: "audio", Kind.DOCUMENT: "document", Kind.OTHER: "other"}


class Filmstrip(QWidget):
    """A row of previews around the current one, for a list of any length.

    Signals:
        picked: the index of a picture that was clicked.
    """

    picked = Signal(int)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._look = look
        self.cells = Cells(ops, self)
        self.previews = Previews(ops.library.preview, threads=1, budget=24 << 20, parent=self)
        self._index = 0
        self._offset = 0.0  # pictures that are scrolled past
        self._hover = -1
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(GLIDE)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._glided)
        self.cells.arrived.connect(self.update)
        self.previews.ready.connect(self.update)
        look.changed.connect(self.update)
        look.veil.changed.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("What is before and after"))

    def show_list(self, ids: "Sequence[int]", index: int) -> None:
        """Take another list."""
        self.cells.show(ids if isinstance(ids, array) else array("q", ids))
        self._index = index
        self._offset = self._aim()
        self.update()

    def show_index(self, index: int) -> None:
        """Glide to another picture."""
        self._index = index
        self._glide.stop()
        self._describe()
        if not self.isVisible() or not self._look.motion or abs(self._aim() - self._offset) > self._room():
            self._offset = self._aim()
        else:
            self._glide.setStartValue(self._offset)
            self._glide.setEndValue(self._aim())
            self._glide.start()
        self.update()

    def _describe(self) -> None:
        cell = self.cell(self._index)
        place = tr("{index} of {total}", index=digits(self._index + 1), total=digits(len(self.cells.ids)))
        self.setAccessibleDescription(f"{cell.name}; {place}" if cell is not None else place)

    def cell(self, index: int) -> Cell | None:
        """The row of an index when it is known."""
        return self.cells.get(index) if 0 <= index < len(self.cells.ids) else None

    def close_strip(self) -> None:
        """End the threads."""
        self._glide.stop()
        self.previews.close()

    def sizeHint(self) -> QSize:
        return QSize(400, SIDE + 2 * EDGE)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, SIDE + 2 * EDGE)

    def place(self, index: int) -> QRectF:
        """Where a picture is on the widget."""
        return QRectF(EDGE + (index - self._offset) * (SIDE + GAP), EDGE, SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), self._look.colour("surface"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            first = max(0, int(self._offset) - 1)
            last = min(len(self.cells.ids), int(self._offset + self._room()) + 3)
            self.cells.want(first, last)
            wants = [want for index in self._outward(first, last) if (want := self._want(index)) is not None]
            self.previews.want(wants)
            for index in range(first, last):
                self._paint_one(painter, index)

    def _outward(self, first: int, last: int) -> list[int]:
        return sorted(range(first, last), key=lambda index: abs(index - self._index))

    def _want(self, index: int) -> Want | None:
        cell = self.cells.get(index)
        if cell is None:
            return None
        side = round(SIDE * self.devicePixelRatioF())
        blurred = self._look.veil.hides(cell.id, cell.safety)
        return Want(cell.id, side, side, round(5 * self.devicePixelRatioF()), blurred)

    def _paint_one(self, painter: QPainter, index: int) -> None:
        rect = self.place(index)
        want = self._want(index)
        image = self.previews.get(want) if want is not None else None
        if image is not None:
            painter.drawImage(rect, image)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("sunken"))
            painter.drawRoundedRect(rect, 5, 5)
            cell = self.cells.get(index)
            if cell is not None:
                drawing = icons.pixmap(
                    ICONS.get(cell.kind, "photo"), self._look.colours.faint, 20, self.devicePixelRatioF()
                )
                painter.drawPixmap(round(rect.center().x()) - 10, round(rect.center().y()) - 10, drawing)
        if index == self._index or index == self._hover:
            colour = self._look.colour("accent" if index == self._index else "line_strong")
            painter.setPen(QPen(colour, 3 if index == self._index else 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(-2.5, -2.5, 2.5, 2.5), 7, 7)
            if self.hasFocus() and index == self._index:
                painter.setPen(QPen(self._look.colour("text"), 1.5))
                painter.drawRoundedRect(rect.adjusted(-5.5, -5.5, 5.5, 5.5), 9, 9)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().x())
        if over != self._hover:
            self._hover = over
            cell = self.cell(over)
            QToolTip.showText(event.globalPosition().toPoint(), cell.name if cell else "", self)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and over >= 0:
            self.picked.emit(over)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows, Home and End go through the list from here too."""
        last = len(self.cells.ids) - 1
        forward = 1 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else -1
        to = {
            Qt.Key.Key_Right: self._index + forward,
            Qt.Key.Key_Left: self._index - forward,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if to is None:
            super().keyPressEvent(event)
        elif 0 <= to <= last and to != self._index:
            self.picked.emit(to)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = -1
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        self._glide.stop()
        self._offset = self._bounded(self._offset - turn / 60)
        self.update()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._glide.stop()
        self._offset = self._aim()

    def _glided(self, value: float) -> None:
        self._offset = float(value)
        self.update()

    def _at(self, x: float) -> int:
        index = int((x - EDGE) // (SIDE + GAP) + self._offset + 1e-9)
        for near in (index - 1, index, index + 1):
            if 0 <= near < len(self.cells.ids) and self.place(near).left() <= x <= self.place(near).right():
                return near
        return -1

    def _room(self) -> float:
        return max(1.0, (self.width() - 2 * EDGE + GAP) / (SIDE + GAP))

    def _aim(self) -> float:
        return self._bounded(self._index - self._room() / 2 + 0.5)

    def _bounded(self, offset: float) -> float:
        """Centred when everything has room, else without a gap at either end."""
        spare = len(self.cells.ids) - self._room()
        return spare / 2 if spare < 0 else min(max(0.0, offset), spare)
