"""A small chart of the memory that the window and the workers held."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from engine.language import tr
from engine.model.health import Memory

HEIGHT = 96
SPAN = 3600.0  # seconds


class Chart(QWidget):
    """Two lines over the last hour at most; what they say stands in the accessible name as well."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._memory: tuple[Memory, ...] = ()
        self.setMinimumSize(160, HEIGHT)
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(360, HEIGHT)

    def show_memory(self, memory: Sequence[Memory]) -> None:
        """Show these samples, oldest first."""
        self._memory = tuple(memory)
        if memory:
            last = memory[-1]
            self.setAccessibleName(
                tr(
                    "Memory: window {own}, workers {workers}",
                    own=words.size(last.own),
                    workers=words.size(last.workers),
                )
            )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, area = self._look, QRectF(self.rect()).adjusted(0, 14, 0, -2)
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            painter.drawLine(area.topLeft(), area.topRight())
            if not self._memory:
                return
            top = max(max(one.own, one.workers) for one in self._memory) * 1.1 or 1
            painter.setFont(look.font(tokens.CAPTION))
            painter.setPen(look.colour("muted"))
            painter.drawText(QRectF(0, 0, self.width(), 13), Qt.AlignmentFlag.AlignTrailing, words.size(round(top)))
            for colour, values in (
                ("warning", [(one.at, one.workers) for one in self._memory]),
                ("accent", [(one.at, one.own) for one in self._memory]),
            ):
                painter.setPen(QPen(look.colour(colour), 2))
                painter.drawPolyline(self._line(values, top, area))

    def _line(self, values: Sequence[tuple[float, int]], top: float, area: QRectF) -> QPolygonF:
        """The values from the leading to the trailing edge; a single one as a line across."""
        first, last = values[0][0], values[-1][0]
        span = max(60.0, min(SPAN, last - first))
        points = [
            QPointF(area.right() - (last - at) / span * area.width(), area.bottom() - value / top * area.height())
            for at, value in values
            if last - at <= span
        ]
        if len(points) == 1:
            points.insert(0, QPointF(area.left(), points[0].y()))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            points = [QPointF(area.left() + area.right() - point.x(), point.y()) for point in points]
        return QPolygonF(points)
