"""Looking through a film in the grid: the frame at the mouse's place across its picture."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.look.grid.stacks import picture_of
from desktop.look.look import Look
from desktop.workers.previews import Want
from engine.model import Cell, Kind

if TYPE_CHECKING:
    from desktop.look.grid.grid import Grid

FRAMES = 24  # along a whole film: that many are drawn at most
LEAST = 1.0  # seconds; of shorter films the preview says it all
EDGE = 6  # pixels at both sides that are the first and the last frame
LINE = 3  # height of the line that says where


def second_at(grid: "Grid", row: int, point: QPoint) -> float | None:
    """The second of a film that a place on its picture means; None where there is no film."""
    cell = grid.cell_at(row) if row >= 0 and not grid.wide else None
    if cell is None or cell.kind is not Kind.VIDEO or cell.offline or not cell.preview or (cell.duration or 0) < LEAST:
        return None
    picture = picture_of(grid, row)
    if not picture.contains(point):
        return None
    share = (point.x() - picture.left() - EDGE) / max(1, picture.width() - 2 * EDGE)
    step = min(FRAMES - 1, max(0, int(share * FRAMES)))
    return round((step + 0.5) / FRAMES * (cell.duration or 0.0), 2)


def want_at(preview: Want, second: float) -> Want:
    """The frame of a second, as large as the preview that it stands in for."""
    return replace(preview, time=second)


def draw_place(painter: QPainter, look: Look, picture: QRect, cell: Cell, second: float) -> None:
    """A line under the picture: how far into the film the frame lies."""
    if not cell.duration:
        return
    rail = QRectF(picture.left() + EDGE, picture.bottom() - EDGE - LINE, picture.width() - 2 * EDGE, LINE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("shade"))
    painter.drawRoundedRect(rail, LINE / 2, LINE / 2)
    rail.setWidth(rail.width() * min(1.0, second / cell.duration))
    painter.setBrush(look.colour("on_shade"))
    painter.drawRoundedRect(rail, LINE / 2, LINE / 2)
