"""Where the cells of a grid are: arithmetic on sections, so that a million cells need no list of their own."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """A rectangle of the content, pixels from its top left."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Measures:
    """The sizes of a grid, in logical pixels."""

    width: int  # of the viewport
    cell: int  # wanted width of a cell; it grows or shrinks a little to fill the line
    below: int = 0  # height of the words under a picture
    gap: int = 4
    margin: int = 12
    heading: int = 44
    wide: bool = False  # one cell on each line (matches with their words)
    mirrored: bool = False  # the first cell of a line is at its right


class Layout:
    """Places of `count` cells in sections.

    Building costs one step for each section; every question costs a binary search.
    """

    def __init__(self, count: int, sections: Sequence[tuple[str, int]], measures: Measures) -> None:
        self.count = count
        self.measures = measures
        self.headings: tuple[str, ...] = tuple(name for name, _ in sections)
        self.firsts: list[int] = [start for _, start in sections] or [0]
        m = measures
        room = max(1, m.width - 2 * m.margin)
        self.columns = 1 if m.wide else max(1, round((room + m.gap) / (m.cell + m.gap)))
        self.side = room if m.wide else min(room, (room + m.gap) // self.columns - m.gap)
        self.line = (m.cell if m.wide else self.side + m.below) + m.gap
        self._tops: list[int] = []
        y = 0 if self.headings else m.margin
        for index, first in enumerate(self.firsts):
            self._tops.append(y)
            size = self._end(index) - first
            y += self._heading + -(-size // self.columns) * self.line
        self.height = y + m.margin

    @property
    def _heading(self) -> int:
        return self.measures.heading if self.headings else 0

    def _end(self, section: int) -> int:
        return self.firsts[section + 1] if section + 1 < len(self.firsts) else self.count

    def section_of(self, row: int) -> int:
        """The section of a cell."""
        return max(0, bisect_right(self.firsts, row) - 1)

    def section_at(self, y: int) -> int:
        """The section at a height."""
        return max(0, bisect_right(self._tops, y) - 1)

    def top(self, section: int) -> int:
        """Where a section begins (its heading)."""
        return self._tops[section]

    def bottom(self, section: int) -> int:
        """Where a section ends."""
        return self._tops[section + 1] if section + 1 < len(self._tops) else self.height - self.measures.margin

    def rows_of(self, section: int) -> tuple[int, int]:
        """First cell and the one after the last of a section."""
        return self.firsts[section], self._end(section)

    def place(self, row: int) -> Place:
        """The rectangle of a cell."""
        section = self.section_of(row)
        line, column = divmod(row - self.firsts[section], self.columns)
        x = self.measures.margin + column * (self.side + self.measures.gap)
        y = self._tops[section] + self._heading + line * self.line
        if self.measures.mirrored:
            x = self.measures.width - x - self.side
        return Place(x, y, self.side, self.line - self.measures.gap)

    def at(self, x: int, y: int) -> int | None:
        """The cell at a point; None between cells."""
        row = self._near(x, y)
        if row is None:
            return None
        place = self.place(row)
        inside = place.x <= x < place.x + place.w and place.y <= y < place.y + place.h
        return row if inside else None

    def visible(self, top: int, bottom: int) -> tuple[int, int]:
        """First cell and the one after the last that show between two heights."""
        if not self.count:
            return 0, 0
        return self._line_start(top), min(self.count, self._line_end(bottom))

    def inside(self, left: int, top: int, right: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Ranges of cells that a rectangle touches (the rubber band)."""
        if self.measures.mirrored:
            left, right = self._across(right), self._across(left)
        step = self.side + self.measures.gap
        first = max(0, (left - self.measures.margin + self.measures.gap) // step)
        last = min(self.columns - 1, (right - self.measures.margin) // step)
        if last < first or right < self.measures.margin:
            return
        for section in range(self.section_at(top), self.section_at(bottom) + 1):
            start, end = self.rows_of(section)
            base = self._tops[section] + self._heading
            low = max(0, (top - base + self.measures.gap) // self.line)
            high = min((bottom - base) // self.line, (end - start - 1) // self.columns)
            for line in range(low, high + 1):
                row = start + line * self.columns
                yield row + first, min(row + last + 1, end)

    def below(self, row: int, lines: int) -> int:
        """The cell `lines` lines further down (negative: up) in the same column, over headings too."""
        section = self.section_of(row)
        column = (row - self.firsts[section]) % self.columns
        while lines:
            start, end = self.rows_of(section)
            line, deepest = (row - start) // self.columns, (end - start - 1) // self.columns
            if 0 <= line + lines <= deepest:
                return min(start + (line + lines) * self.columns + column, end - 1)
            down = lines > 0
            lines -= deepest - line + 1 if down else -(line + 1)
            section += 1 if down else -1
            if not 0 <= section < len(self.firsts):
                return row
            start, end = self.rows_of(section)
            row = min(start + column, end - 1) if down else self._last_line(start, end, column)
        return row

    def _last_line(self, start: int, end: int, column: int) -> int:
        line = (end - start - 1) // self.columns
        return min(start + line * self.columns + column, end - 1)

    def _across(self, x: int) -> int:
        """A point as far from the other edge."""
        return self.measures.width - 1 - x

    def _near(self, x: int, y: int) -> int | None:
        if not self.count or not 0 <= y < self.height:
            return None
        section = self.section_at(y)
        start, end = self.rows_of(section)
        line = (y - self._tops[section] - self._heading) // self.line
        x = self._across(x) if self.measures.mirrored else x
        column = (x - self.measures.margin) // (self.side + self.measures.gap)
        row = start + line * self.columns + column
        return row if line >= 0 and 0 <= column < self.columns and start <= row < end else None

    def _line_start(self, y: int) -> int:
        section = self.section_at(max(0, y))
        start, end = self.rows_of(section)
        line = max(0, (y - self._tops[section] - self._heading) // self.line)
        return min(end, start + line * self.columns)

    def _line_end(self, y: int) -> int:
        section = self.section_at(max(0, y))
        start, end = self.rows_of(section)
        line = (y - self._tops[section] - self._heading) // self.line
        return min(end, start + (line + 1) * self.columns) if line >= 0 else start
