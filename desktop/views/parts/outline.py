"""Drawing a rectangle around a part of a picture, with the mouse or with the keys."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.views.parts.overlays import INK
from engine.model import Box

LEAST = 8.0  # pixels; less is no rectangle
PROPOSED = 0.4  # of the picture's sides: the rectangle that the keys begin with
STEP = 0.02  # of the picture's sides, for an arrow key


class Outline:
    """The rectangle under way, in pixels of the canvas."""

    def __init__(self) -> None:
        self._from: QPointF | None = None
        self._rect = QRectF()

    @property
    def rect(self) -> QRectF:
        """Where it is now."""
        return QRectF(self._rect)

    def propose(self, area: QRectF) -> None:
        """Begin in the middle of what is seen of the picture, for the keys."""
        self._rect = QRectF(0, 0, area.width() * PROPOSED, area.height() * PROPOSED)
        self._rect.moveCenter(area.center())

    def nudge(self, across: int, down: int, *, area: QRectF, grow: bool) -> None:
        """Move it by a step, or make it larger and smaller by one."""
        step = QPointF(across * area.width() * STEP, down * area.height() * STEP)
        if grow:
            size = self._rect.size()
            wide, high = max(LEAST, size.width() + step.x()), max(LEAST, size.height() + step.y())
            self._rect = QRectF(self._rect.topLeft(), self._rect.topLeft() + QPointF(wide, high))
        else:
            self._rect.translate(step)
        left = min(max(self._rect.left(), area.left()), max(area.left(), area.right() - self._rect.width()))
        top = min(max(self._rect.top(), area.top()), max(area.top(), area.bottom() - self._rect.height()))
        self._rect.moveTo(left, top)

    def press(self, point: QPointF) -> None:
        """Begin here."""
        self._from, self._rect = QPointF(point), QRectF(point, point)

    def move(self, point: QPointF) -> None:
        """Stretch it."""
        if self._from is not None:
            self._rect = QRectF(self._from, point).normalized()

    def box(self, area: QRectF) -> Box | None:
        """What it holds of a picture that lies in `area`; None when it is too small."""
        rect = self._rect.intersected(area)
        if rect.width() < LEAST or rect.height() < LEAST:
            return None
        return Box(
            (rect.x() - area.x()) / area.width(),
            (rect.y() - area.y()) / area.height(),
            rect.width() / area.width(),
            rect.height() / area.height(),
        )

    def paint(self, painter: QPainter) -> None:
        """Draw it."""
        colour = QColor(INK.chosen)
        painter.setPen(QPen(INK.words, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self._rect)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        colour.setAlphaF(0.14)
        painter.setBrush(colour)
        painter.drawRect(self._rect)
