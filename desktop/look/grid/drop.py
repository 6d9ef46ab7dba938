"""Putting rows of the grid into another order by dragging them between others."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QDropEvent, QPainter

from desktop.models.carried import MIME

if TYPE_CHECKING:
    from desktop.look.grid.grid import Grid

EDGE = 28  # pixels from the border where dragging scrolls


class Dropping:
    """Where dragged rows would come to lie in one grid."""

    def __init__(self, grid: "Grid") -> None:
        self._grid = grid
        self._row: int | None = None

    def over(self, event: QDropEvent) -> None:
        """Something is dragged over the grid: only its own rows, and only where their order is the user's."""
        grid = self._grid
        if not grid.sortable or grid.wide or event.source() is not grid or not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        point = event.position().toPoint()
        bar = grid.verticalScrollBar()
        if point.y() > grid.viewport().height() - EDGE:
            bar.setValue(bar.value() + EDGE)
        elif point.y() < EDGE:
            bar.setValue(bar.value() - EDGE)
        self._show(self.row_at(point))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def drop(self, event: QDropEvent) -> None:
        """The rows are let go."""
        self.over(event)
        if event.isAccepted():
            grid, row = self._grid, self.row_at(event.position().toPoint())
            grid.moved.emit(row)
        self.leave()

    def leave(self) -> None:
        """What was dragged is gone."""
        self._show(None)

    def row_at(self, point: QPoint) -> int:
        """The row in front of which a point lies; the number of rows for the end."""
        grid = self._grid
        y = point.y() + grid.verticalScrollBar().value()
        first, last = grid.plan.visible(y, y)
        for row in range(first, last):
            place = grid.place_of(row)
            before = point.x() < place.center().x()
            if before if grid.layoutDirection() == Qt.LayoutDirection.LeftToRight else not before:
                return row
        return last

    def paint(self, painter: QPainter) -> None:
        """Draw a line where the rows would come to lie."""
        grid, row = self._grid, self._row
        if row is None or not grid.plan.count:
            return
        end = row >= grid.plan.count
        place = grid.place_of(grid.plan.count - 1 if end else row)
        gap = grid.plan.measures.gap
        left = place.right() + gap // 2 if end else place.left() - gap // 2 - 1
        painter.fillRect(QRect(left - 1, place.top(), 3, place.width()), grid.look.colour("accent"))

    def _show(self, row: int | None) -> None:
        if row != self._row:
            self._row = row
            self._grid.viewport().update()
