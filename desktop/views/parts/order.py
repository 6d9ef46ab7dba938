"""The words of boxes as the eye reads them: columns, rows, words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.model import Box

if TYPE_CHECKING:
    from desktop.views.parts.overlays import Mark

COLUMN_GAP = 0.02  # of the width: a wider empty stripe from top to bottom parts two columns
COLUMN_LINES = 3  # lines on each side that make a stripe a gutter and not an accident
ROW_OVERLAP = 0.5  # of the lower of two heights: more puts both boxes on one line


def in_order(marks: Sequence[Mark]) -> str:
    """The words of boxes as one text: by their own order where they have one, else as the eye reads them."""
    if all(mark.order is not None for mark in marks):
        return "\n".join(mark.text for mark in sorted(marks, key=lambda mark: mark.order or 0))
    return "\n".join(" ".join(mark.text for mark in row) for row in reading_order(marks))


def reading_order(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Rows from top to bottom, each from left to right; columns one after the other (a recursive XY cut)."""
    if len(marks) < 2:
        return [list(marks)] if marks else []
    for parts in (_columns(marks), _bands(marks)):
        if parts is not None:
            return [row for part in parts for row in reading_order(part)]
    return _rows(marks)


def _columns(marks: Sequence[Mark]) -> tuple[list[Mark], list[Mark]] | None:
    """Part at the widest gutter, if there is one."""
    return _cut(marks, axis=0, least=COLUMN_GAP, lines=COLUMN_LINES)


def _bands(marks: Sequence[Mark]) -> tuple[list[Mark], list[Mark]] | None:
    """Part at the widest empty stripe from left to right, so that a heading does not hide the gutter below it."""
    return _cut(marks, axis=1, least=COLUMN_GAP, lines=1) if len(marks) > 2 * COLUMN_LINES else None


def _cut(marks: Sequence[Mark], *, axis: int, least: float, lines: int) -> tuple[list[Mark], list[Mark]] | None:
    spans = sorted(marks, key=lambda mark: mark.box[axis])
    best, at, reach = least, 0, spans[0].box[axis]
    for index, mark in enumerate(spans):
        gap = mark.box[axis] - reach
        if index >= lines and len(spans) - index >= lines and gap > best:
            best, at = gap, index
        reach = max(reach, mark.box[axis] + mark.box[axis + 2])
    return (spans[:at], spans[at:]) if at else None


def _rows(marks: Sequence[Mark]) -> list[list[Mark]]:
    rows: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark.box.y + mark.box.h / 2):
        if rows and _same_row(rows[-1][-1].box, mark.box):
            rows[-1].append(mark)
        else:
            rows.append([mark])
    return [sorted(row, key=lambda mark: mark.box.x) for row in rows]


def _same_row(one: Box, two: Box) -> bool:
    common = min(one.y + one.h, two.y + two.h) - max(one.y, two.y)
    return common > ROW_OVERLAP * min(one.h, two.h)
