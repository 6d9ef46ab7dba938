"""What the keys do in the grid."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from desktop.look.grid.grid import Grid

_KEY = Qt.Key


def moved(grid: "Grid", event: QKeyEvent) -> bool:
    """Do what a key asks for; False when the key means nothing here."""
    count = len(grid.cells.ids)
    if not count:
        return False
    key, modifiers = event.key(), event.modifiers()
    shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    if key in (_KEY.Key_Return, _KEY.Key_Enter) or (key == _KEY.Key_Space and not control):
        _open(grid)
        return True
    if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in (_KEY.Key_Left, _KEY.Key_Right):
        return _shift(grid, 1 if (key == _KEY.Key_Right) == _forward(grid) else -1)
    if grid.wide and not control and not shift and key in (_KEY.Key_Left, _KEY.Key_Right):
        return _along(grid, 1 if (key == _KEY.Key_Right) == _forward(grid) else -1)
    if key == _KEY.Key_Space:
        grid.select_row(max(0, grid.current), toggle=True)
        return True
    if key == _KEY.Key_Escape:
        return _unselect(grid)
    target = _target(grid, key, count)
    if target is None:
        return False
    if control and not shift and key not in (_KEY.Key_Home, _KEY.Key_End):
        grid.go(target)
        grid.viewport().update()
    else:
        grid.select_row(target, extend=shift)
    return True


def _open(grid: "Grid") -> None:
    """Open the current row, at the moment that the keyboard is on."""
    row = max(0, grid.current)
    hit = grid.hit_of(row)
    if grid.wide and hit is not None and 0 <= grid.spot < len(hit.moments):
        grid.moment_activated.emit(row, hit.moments[grid.spot].moment)
    else:
        grid.activated.emit(row)


def _along(grid: "Grid", step: int) -> bool:
    """Go to another moment of the current row; before the first is the row as a whole."""
    if grid.current < 0:
        grid.select_row(0)
    hit = grid.hit_of(grid.current)
    spot = min(len(hit.moments) - 1, max(-1, grid.spot + step)) if hit is not None else -1
    if spot != grid.spot:
        grid.spot = spot
        grid.changed_spot()
    return True


def _shift(grid: "Grid", step: int) -> bool:
    """Put what is selected one place on or back, where the order is the user's."""
    ranges = grid.selection.ranges()
    if not grid.sortable or not ranges:
        return False
    first, last = ranges[0][0], ranges[-1][1]
    row = max(0, first - 1) if step < 0 else min(len(grid.cells.ids), last + 1)
    if (step < 0 and first > 0) or (step > 0 and last < len(grid.cells.ids)):
        grid.moved.emit(row)
    return True


def _forward(grid: "Grid") -> bool:
    return grid.layoutDirection() == Qt.LayoutDirection.LeftToRight


def _unselect(grid: "Grid") -> bool:
    if not len(grid.selection):
        return False
    grid.select_nothing()
    return True


def _target(grid: "Grid", key: int, count: int) -> int | None:
    """The row that a key leads to; None for other keys."""
    here = grid.current
    page = max(1, grid.viewport().height() // max(1, grid.plan.line) - 1)
    lines = {_KEY.Key_Down: 1, _KEY.Key_Up: -1, _KEY.Key_PageDown: page, _KEY.Key_PageUp: -page}
    forward = 1 if _forward(grid) else -1
    steps = {_KEY.Key_Right: forward, _KEY.Key_Left: -forward}
    if key == _KEY.Key_Home:
        return 0
    if key == _KEY.Key_End:
        return count - 1
    if key not in lines and key not in steps:
        return None
    if here < 0:
        return 0
    if key in steps:
        return min(count - 1, max(0, here + steps[_KEY(key)]))
    return grid.plan.below(here, lines[_KEY(key)])
