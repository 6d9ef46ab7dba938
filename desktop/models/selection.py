"""A selection of rows as ranges, so that selecting a million costs as much as selecting one."""

from bisect import bisect_right
from collections.abc import Iterator


class Selection:
    """Rows that are selected, kept as ordered half-open ranges that never touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __contains__(self, row: int) -> bool:
        at = bisect_right(self._starts, row) - 1
        return at >= 0 and row < self._ends[at]

    def __len__(self) -> int:
        return sum(end - start for start, end in zip(self._starts, self._ends, strict=True))

    def __iter__(self) -> Iterator[int]:
        for start, end in self.ranges():
            yield from range(start, end)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The ranges, `end` not included."""
        return tuple(zip(self._starts, self._ends, strict=True))

    def clear(self) -> None:
        """Select nothing."""
        self._starts, self._ends = [], []

    def set(self, start: int, end: int) -> None:
        """Select exactly start..end (not included)."""
        self._starts, self._ends = ([start], [end]) if end > start else ([], [])

    def add(self, start: int, end: int) -> None:
        """Select a range too."""
        if end <= start:
            return
        first, last = self._touching(start, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def remove(self, start: int, end: int) -> None:
        """Select a range no longer."""
        if end <= start:
            return
        kept = [
            piece
            for a, b in self.ranges()
            for piece in (((a, b),) if b <= start or a >= end else ((a, min(b, start)), (max(a, end), b)))
            if piece[1] > piece[0]
        ]
        self._starts, self._ends = [a for a, _ in kept], [b for _, b in kept]

    def toggle(self, row: int) -> None:
        """Turn one row over."""
        if row in self:
            self.remove(row, row + 1)
        else:
            self.add(row, row + 1)

    def copy(self) -> "Selection":
        """The same rows, apart."""
        made = Selection()
        made._starts, made._ends = list(self._starts), list(self._ends)
        return made

    def _touching(self, start: int, end: int) -> tuple[int, int]:
        first = bisect_right(self._starts, start)
        if first > 0 and self._ends[first - 1] >= start:
            first -= 1
        last = bisect_right(self._starts, end)
        return first, max(first, last)
