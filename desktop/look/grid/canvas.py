"""Draws the part of the grid that shows, and asks for the cells and previews that it lacks."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from desktop.look import tokens
from desktop.look.grid.match import MatchPaint
from desktop.look.grid.moments import THUMB, cards, has_picture, want_of
from desktop.look.grid.paint import CellPaint, State
from desktop.look.grid.scrub import draw_place, want_at
from desktop.look.grid.stacks import beneath, draw_ground, draw_sign, leads, picture_of
from desktop.workers.previews import Want
from engine.model import Cell, Hit, MomentHit

if TYPE_CHECKING:
    from desktop.look.grid.grid import Grid

AHEAD = 1.0  # screens whose cells and previews are fetched before they show


class Canvas:
    """What is drawn on the viewport of one grid."""

    def __init__(self, grid: "Grid") -> None:
        self._grid = grid
        self._paint: CellPaint | None = None
        self._matches: MatchPaint | None = None

    def restyle(self) -> None:
        """Take new fonts and colours at the next paint."""
        self._paint = self._matches = None

    def draw(self, painter: QPainter, area: QRect) -> None:
        """Draw what lies in `area` of the viewport."""
        grid = self._grid
        if self._paint is None:
            self._paint = CellPaint(grid.look, grid.devicePixelRatioF())
            self._matches = MatchPaint(self._paint)
        top = grid.verticalScrollBar().value()
        first, last = grid.plan.visible(top + area.top(), top + area.bottom() + 1)
        for row in range(first, last):
            self._draw_row(painter, self._paint, row)
        if area.top() < 2 * grid.plan.measures.heading or last > first:
            self._draw_headings(painter, self._paint, top, area)

    def fetch(self) -> None:
        """Wish for all that shows, then for the screen after it."""
        grid = self._grid
        top = grid.verticalScrollBar().value()
        first, last = grid.plan.visible(top, top + grid.viewport().height())
        spare = round((last - first) * AHEAD)
        grid.cells.want(first, last)
        end = min(last + spare, grid.plan.count)
        cells = (grid.cells.get(row) for row in range(first, end))
        grid.previews.want([self._want(cell) for cell in cells if cell is not None and cell.preview])
        if grid.wide:
            grid.stills.want(self._stills(first, last))
        else:
            self.look_through()
        if not grid.cells.busy:
            grid.cells.want(first - spare, last + spare)

    def picture(self, row: int) -> QImage | None:
        """The preview of a row when it is at hand."""
        grid = self._grid
        cell = grid.cell_at(row)
        return grid.previews.get(self._want(cell)) if cell is not None and cell.preview else None

    def _stills(self, first: int, last: int) -> list[Want]:
        """The pictures of the moments that show."""
        grid = self._grid
        rows = ((row, grid.cells.get(row), grid.hits.get(grid.cells.ids[row])) for row in range(first, last))
        return [
            self._still(cell, moment)
            for row, cell, hit in rows
            if cell is not None and hit is not None
            for _, moment, _ in cards(grid.place_of(row), hit, grid.spot_of(row))
            if has_picture(cell, moment)
        ]

    def _still(self, cell: Cell, moment: MomentHit) -> Want:
        grid = self._grid
        ratio, line = grid.devicePixelRatioF(), grid.look.colours.accent
        return want_of(cell, moment, ratio, line, blur=grid.blurred(cell))

    def _draw_cards(self, painter: QPainter, row: int, rect: QRect, cell: Cell, hit: Hit) -> None:
        grid = self._grid
        assert self._matches is not None
        spot = grid.spot_of(row)
        for number, moment, place in cards(rect, hit, spot):
            image = grid.stills.get(self._still(cell, moment)) if has_picture(cell, moment) else None
            on, hover = number == spot and grid.hasFocus(), grid.pointer.card == (row, number)
            self._matches.card(painter, place, cell, moment, image, on=on, hover=hover)

    def _draw_row(self, painter: QPainter, paint: CellPaint, row: int) -> None:
        grid = self._grid
        cell, rect = grid.cells.get(row), grid.place_of(row)
        image = None
        state = State(
            row in grid.selection, row == grid.current, grid.hasFocus(), row == grid.pointer.hover, grid.names
        )
        if cell is not None:
            state.blurred = grid.blurred(cell)
            image = grid.previews.get(self._want(cell)) if cell.preview else None
            image = self._frame(row, cell) or image
        hit = grid.hits.get(grid.cells.ids[row])
        if grid.wide:
            assert self._matches is not None
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # pictures, paths and marked words side by side
            self._matches.entry(painter, rect, cell, image, state, hit)
            if cell is not None and hit is not None:
                self._draw_cards(painter, row, rect, cell, hit)
        else:
            if cell is not None and cell.stack in grid.opened:
                draw_ground(painter, paint, rect, grid.plan.measures.gap)
            paint.cell(painter, rect, cell, image, state, hit.moments[0] if hit and hit.moments else None)
            if cell is not None and row == grid.pointer.hover and grid.pointer.second is not None:
                draw_place(painter, grid.look, picture_of(grid, row), cell, grid.pointer.second)
            if cell is not None and leads(grid, row):
                draw_sign(painter, paint, picture_of(grid, row), cell)

    def look_through(self) -> None:
        """Wish for the frame of the film under the mouse; those of places that it has left are dropped."""
        grid = self._grid
        cell, second = grid.cell_at(grid.pointer.hover), grid.pointer.second
        grid.stills.want([want_at(self._want(cell), second)] if cell is not None and second is not None else [])

    def _frame(self, row: int, cell: Cell) -> QImage | None:
        grid = self._grid
        if row != grid.pointer.hover or grid.pointer.second is None:
            return None
        return grid.stills.get(want_at(self._want(cell), grid.pointer.second))

    def _want(self, cell: Cell) -> Want:
        grid = self._grid
        ratio = grid.devicePixelRatioF()
        side = round((THUMB if grid.wide else grid.plan.side) * ratio)
        page = cell.kind == "document"
        return Want(cell.id, side, side, round(tokens.RADIUS * ratio), blur=grid.blurred(cell), top=page)

    def _draw_headings(self, painter: QPainter, paint: CellPaint, top: int, area: QRect) -> None:
        plan = self._grid.plan
        if not plan.headings:
            return
        first, size = plan.section_at(top), plan.measures.heading
        for section in range(first, plan.section_at(top + area.bottom() + 1) + 1):
            y = plan.top(section) - top
            sticky = section == first and y < 0
            if sticky:
                y = min(0, plan.bottom(section) - top - size)
            if y + size < area.top():
                continue
            start, end = plan.rows_of(section)
            rect = QRect(0, y, self._grid.viewport().width(), size)
            count = end - start + beneath(self._grid.front, start, end)
            paint.heading(painter, rect.adjusted(4, 0, -4, 0), plan.headings[section], count, sticky=sticky)
