"""Where the pages of a document lie under each other, for any number of pages."""

from bisect import bisect_right

from PySide6.QtCore import QRectF

GAP = 14.0  # pixels between pages
USUAL = 1.4142  # height by width of a page that nobody has seen yet (A4 upright)


class Sheets:
    """Tops of pages in logical pixels at a page width; pages count from 0 here."""

    def __init__(self) -> None:
        self._ratios: list[float] = []
        self._width = 100.0
        self._tops: list[float] = [GAP]

    def begin(self, count: int, ratio: float = USUAL) -> None:
        """Take another document, whose pages are all of this shape until seen."""
        self._ratios = [ratio] * max(0, count)
        self._measure()

    def __len__(self) -> int:
        return len(self._ratios)

    @property
    def width(self) -> float:
        return self._width

    @property
    def height(self) -> float:
        """Of all pages with their gaps."""
        return self._tops[-1]

    def set_width(self, width: float) -> None:
        """Draw pages this wide."""
        if width != self._width:
            self._width = max(40.0, width)
            self._measure()

    def set_ratio(self, index: int, ratio: float) -> bool:
        """A page was seen; True when it has another shape than thought."""
        if not 0 <= index < len(self._ratios) or abs(self._ratios[index] - ratio) < 0.002:
            return False
        self._ratios[index] = ratio
        self._measure()
        return True

    def guess(self, ratio: float, seen: "set[int]") -> None:
        """Take the shape of the first page seen for all that were not seen yet."""
        self._ratios = [old if index in seen else ratio for index, old in enumerate(self._ratios)]
        self._measure()

    def rect(self, index: int) -> QRectF:
        """A page's place from the top of the document; x begins at 0."""
        return QRectF(0, self._tops[index], self._width, self._width * self._ratios[index])

    def at(self, y: float) -> int:
        """The page at a height of the document (a gap belongs to the page above it)."""
        return min(max(0, bisect_right(self._tops, y) - 1), max(0, len(self._ratios) - 1))

    def between(self, top: float, bottom: float) -> range:
        """The pages that show between two heights."""
        if not self._ratios:
            return range(0)
        return range(self.at(top), self.at(bottom) + 1)

    def _measure(self) -> None:
        tops, top = [], GAP
        for ratio in self._ratios:
            tops.append(top)
            top += self._width * ratio + GAP
        tops.append(top)
        self._tops = tops
