"""Choosing boxes with the mouse: a click, or a band drawn around them, over one picture or several pages."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.views.parts.overlays import INK, Marks

CLICK = 4.0  # pixels; less movement is a click


class Sheet(NamedTuple):
    """Boxes and the place of their picture on the screen."""

    marks: Marks
    area: QRectF


class Rubber:
    """The band under way; changes the selections of the sheets it is given."""

    def __init__(self) -> None:
        self._from: QPointF | None = None
        self._band = QRectF()
        self._kept: dict[int, frozenset[int]] = {}

    @property
    def active(self) -> bool:
        return self._from is not None

    def press(self, point: QPointF, sheets: Sequence[Sheet], *, keep: bool) -> None:
        """Begin here; `keep` adds to the selection."""
        self._from = QPointF(point)
        self._band = QRectF()
        self._kept = {id(sheet.marks): frozenset(sheet.marks.chosen) for sheet in sheets} if keep else {}

    def move(self, point: QPointF, sheets: Sequence[Sheet]) -> bool:
        """Stretch the band; True when other boxes are chosen now."""
        assert self._from is not None
        self._band = QRectF(self._from, point).normalized()
        if not self._wide():
            return False
        changed = False
        for marks, area in sheets:
            chosen = set(self._kept.get(id(marks), ())) | marks.within(self._band, area)
            changed = changed or chosen != marks.chosen
            marks.chosen = chosen
        return changed

    def release(self, point: QPointF, sheets: Sequence[Sheet]) -> tuple[Marks, int] | None:
        """End; the box that was clicked, when it was a click."""
        wide = self._wide()
        self._band, self._from = QRectF(), None
        if wide:
            return None
        found = under(point, sheets)
        for marks, _ in sheets:
            marks.chosen = set(self._kept.get(id(marks), ()))
        if found is not None:
            found[0].chosen ^= {found[1]}
        return found

    def paint(self, painter: QPainter) -> None:
        """Draw the band."""
        if not self.active or not self._wide():
            return
        colour = QColor(INK.chosen)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        colour.setAlphaF(0.12)
        painter.setBrush(colour)
        painter.drawRect(self._band)

    def _wide(self) -> bool:
        return max(self._band.width(), self._band.height()) >= CLICK


def under(point: QPointF, sheets: Sequence[Sheet]) -> tuple[Marks, int] | None:
    """The box under a point."""
    for marks, area in sheets:
        index = marks.at(point, area)
        if index is not None:
            return marks, index
    return None
