"""Drawing a rectangle around a part of a picture."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.views.parts.overlays import INK
from engine.model import Box

LEAST = 8.0  # pixels; less is no rectangle


class Outline:
    """The rectangle under way, in pixels of the canvas."""

    def __init__(self) -> None:
        self._from: QPointF | None = None
        self._rect = QRectF()

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
        if self._from is None:
            return
        colour = QColor(INK.chosen)
        painter.setPen(QPen(INK.words, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self._rect)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        colour.setAlphaF(0.14)
        painter.setBrush(colour)
        painter.drawRect(self._rect)
