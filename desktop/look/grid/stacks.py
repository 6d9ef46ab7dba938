"""Stacks in the grid: the sign that opens and closes one, the ground behind an opened one, how many lie below."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect

from desktop.look.grid.paint import BADGE, SIGNED, CellPaint
from engine.language import digits
from engine.model import Cell

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from desktop.look.grid.grid import Grid

WIDEST = 64  # pixels in which the sign may be hit


def opens(grid: "Grid", row: int, point: QPoint) -> bool:
    """Whether the sign of a stack is at a point of the viewport."""
    cell = grid.cell_at(row)
    if grid.wide or cell is None or not leads(grid, row):
        return False
    picture = picture_of(grid, row)
    return QRect(picture.right() - WIDEST, picture.top(), WIDEST + 1, BADGE + 12).contains(point)


def leads(grid: "Grid", row: int) -> bool:
    """Whether a row stands for its stack: all of a closed one, the first of an opened one."""
    cell = grid.cell_at(row)
    if cell is None or cell.stacked < 2 or cell.stack not in grid.opened:
        return cell is not None and cell.stacked > 1
    before = grid.cell_at(row - 1)
    return before is None or before.stack != cell.stack


def picture_of(grid: "Grid", row: int) -> QRect:
    """Where the picture of a row is on the viewport."""
    rect = grid.place_of(row)
    return QRect(rect.left(), rect.top(), rect.width(), rect.width())


def draw_ground(painter: "QPainter", paint: CellPaint, rect: QRect, gap: int) -> None:
    """The ground behind a member of an opened stack; those of its neighbours meet it."""
    side = (gap + 1) // 2 + 1
    paint.plate(painter, rect.adjusted(-side, -side, side, side - 2), "accent_soft")


def draw_sign(painter: "QPainter", paint: CellPaint, picture: QRect, cell: Cell) -> None:
    """How many there are in the stack, in the corner."""
    if picture.width() >= SIGNED:
        inner = picture.adjusted(6, 6, -6, -6)
        paint.badge(painter, inner.right(), inner.top(), "stack", digits(cell.stacked))


def beneath(front: Sequence[int], start: int, end: int) -> int:
    """How many lie below the rows start..end (not included); `front` are the rows on top of them, ascending."""
    return bisect_left(front, end) - bisect_left(front, start)
