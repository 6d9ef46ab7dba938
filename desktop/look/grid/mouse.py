"""What the mouse does in the grid: choosing, the rubber band, dragging files out."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from desktop.look.grid.moments import cards, info_place, said
from desktop.look.grid.scrub import second_at
from desktop.look.grid.stacks import opens
from desktop.models.carried import MOST, carry
from desktop.models.selection import Selection
from engine.errors import KinoraError
from engine.model import MomentHit

if TYPE_CHECKING:
    from pathlib import Path

    from desktop.look.grid.grid import Grid
    from engine.library import Library

DRAGGED = 500  # files of one drag at most: other programs choke on more
EDGE = 24  # pixels from the border where the rubber band scrolls


class Pointer:
    """The state of the mouse over one grid."""

    def __init__(self, grid: "Grid") -> None:
        self.hover = -1
        self.second: float | None = None  # of the film under the mouse
        self.card = (-1, -1)  # the row and the number of the moment under the mouse
        self._grid = grid
        self._pressed: QPoint | None = None  # in content coordinates
        self._row: int | None = None
        self._band: QRect | None = None
        self._before: Selection | None = None
        self._later = False  # select the pressed row alone on release, unless a drag begins
        self._files: list[Path] = []

    @property
    def banding(self) -> bool:
        """Whether a rubber band is drawn."""
        return self._band is not None

    def press(self, event: QMouseEvent) -> None:
        """Choose a row, or begin a rubber band."""
        grid = self._grid
        point = event.position().toPoint()
        self._pressed = self._content(point)
        self._row = self._at(point)
        if event.button() == Qt.MouseButton.RightButton:
            self._menu(event)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        modifiers = event.modifiers()
        extend = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        toggle = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if self._row is None:
            self._press_between(point, extend or toggle)
            return
        if opens(grid, self._row, point):
            row, self._row = self._row, None
            grid.stack_asked.emit(row)
            return
        self._later = self._row in grid.selection and not (extend or toggle)
        if self._later:
            grid.go(self._row)
        else:
            grid.select_row(self._row, extend=extend, toggle=toggle)
        self._files = []
        grid.ops.start(self._find_files(grid.selected_ids(DRAGGED)))

    def move(self, event: QMouseEvent) -> None:
        """Follow with the hover, the rubber band or a drag."""
        point = event.position().toPoint()
        if not event.buttons() & Qt.MouseButton.LeftButton or self._pressed is None:
            self._hover(self._at(point), point)
            return
        far = (self._content(point) - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._row is None and self._before is not None and (self._band is not None or far):
            self._stretch(point)
        elif self._row is not None and far:
            self._drag()

    def release(self, event: QMouseEvent) -> None:
        """End the rubber band, or choose what the press left open."""
        grid = self._grid
        if event.button() == Qt.MouseButton.LeftButton and self._later and self._row is not None:
            grid.select_row(self._row)
        if event.button() == Qt.MouseButton.LeftButton and self._row is not None and grid.wide:
            self._open_moment(event.position().toPoint())
        banded = self.banding
        self._forget()
        if banded:
            grid.changed_selection()  # it stands now
        grid.viewport().update()

    def double(self, event: QMouseEvent) -> None:
        """Open a row."""
        row = self._at(event.position().toPoint())
        if (
            row is None
            or event.button() != Qt.MouseButton.LeftButton
            or opens(self._grid, row, event.position().toPoint())
        ):
            return
        self._forget()
        self._grid.activated.emit(row)

    def leave(self) -> None:
        """The mouse is gone."""
        self._hover(None)

    def paint(self, painter: QPainter) -> None:
        """Draw the rubber band."""
        if self._band is None:
            return
        accent = QColor(self._grid.look.colour("accent"))
        painter.setPen(accent)
        accent.setAlpha(40)
        painter.setBrush(accent)
        painter.drawRect(self._band.translated(0, -self._grid.verticalScrollBar().value()))

    def _press_between(self, point: QPoint, adding: bool) -> None:
        grid = self._grid
        section = grid.heading_at(point.y())
        if section is not None:
            grid.selection.set(*grid.plan.rows_of(section))
            grid.changed_selection()
            return
        if not adding:
            grid.select_nothing()
        self._before = grid.selection.copy()

    def _stretch(self, point: QPoint) -> None:
        grid = self._grid
        if self._pressed is None or self._before is None:
            return
        bar = grid.verticalScrollBar()
        if point.y() > grid.viewport().height() - EDGE:
            bar.setValue(bar.value() + EDGE)
        elif point.y() < EDGE:
            bar.setValue(bar.value() - EDGE)
        self._band = QRect(self._pressed, self._content(point)).normalized()
        chosen = self._before.copy()
        band = self._band
        for start, end in grid.plan.inside(band.left(), band.top(), band.right(), band.bottom()):
            chosen.add(start, end)
        grid.selection = chosen
        grid.changed_selection()

    def _drag(self) -> None:
        grid, files = self._grid, self._files
        self._forget()
        drag = QDrag(grid)
        data = QMimeData()
        carry(data, grid.selected_ids(MOST))
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        drag.setMimeData(data)
        drag.setPixmap(self._drag_picture())
        drag.exec(Qt.DropAction.CopyAction)  # the originals stay: only a copy is offered

    def _drag_picture(self) -> QPixmap:
        grid = self._grid
        rect = grid.place_of(grid.current).intersected(grid.viewport().rect())
        picture = grid.viewport().grab(rect) if grid.current >= 0 and rect.isValid() else QPixmap()
        return picture.scaled(96, 96, Qt.AspectRatioMode.KeepAspectRatio) if not picture.isNull() else picture

    async def _find_files(self, ids: list[int]) -> None:
        found = await self._grid.ops.ask(originals, self._grid.ops.library, ids)
        self._files = found or []

    def _menu(self, event: QMouseEvent) -> None:
        grid = self._grid
        if self._row is not None and self._row not in grid.selection:
            grid.select_row(self._row)
        self._pressed = None
        grid.menu_asked.emit(event.globalPosition().toPoint())

    def _open_moment(self, point: QPoint) -> None:
        grid, row = self._grid, self._row
        if row is None or self._pressed is None or self._content(point) != self._pressed:
            return
        if grid.cells.ids[row] in grid.hits and info_place(grid.place_of(row)).adjusted(-6, -6, 6, 6).contains(point):
            grid.explain_asked.emit(row)
            return
        found = moment_at(grid, row, point)
        if found is not None:
            grid.moment_activated.emit(row, found[1].moment)

    def _forget(self) -> None:
        self._pressed = self._band = self._before = None
        self._later = False

    def _hover(self, row: int | None, point: QPoint | None = None) -> None:
        now = -1 if row is None else row
        found = moment_at(self._grid, now, point) if self._grid.wide and point is not None and now >= 0 else None
        card = (-1, -1) if found is None else (now, found[0])
        second = second_at(self._grid, now, point) if point is not None else None
        if (now, card, second) == (self.hover, self.card, self.second):
            return
        if now != self.hover or card != self.card:
            cell = self._grid.cell_at(now)
            named = "" if cell is None else f"{cell.name}\n{cell.error}".strip()
            self._grid.setToolTip(said(found[1]) if found is not None else named)
        self.hover, self.card, self.second = now, card, second
        self._grid.viewport().update()

    def _at(self, point: QPoint) -> int | None:
        if self._grid.heading_at(point.y()) is not None:
            return None
        content = self._content(point)
        return self._grid.plan.at(content.x(), content.y())

    def _content(self, point: QPoint) -> QPoint:
        return QPoint(point.x(), point.y() + self._grid.verticalScrollBar().value())


def moment_at(grid: "Grid", row: int, point: QPoint) -> tuple[int, MomentHit] | None:
    """The moment of the list of matches under a point of the viewport, with its number."""
    hit = grid.hits.get(grid.cells.ids[row])
    if hit is None:
        return None
    places = cards(grid.place_of(row), hit, grid.spot_of(row))
    return next(((number, moment) for number, moment, rect in places if rect.contains(point)), None)


def originals(library: "Library", ids: list[int]) -> "list[Path]":
    """The files of these assets that are present (runs in a thread)."""
    found: list[Path] = []
    for asset in ids:
        try:
            found.append(library.original(asset))
        except KinoraError:
            continue
    return found
