"""Choosing text as it is read: from where the mouse went down to where it is, over lines and pages."""

from collections.abc import Mapping

from desktop.views.parts.order import reading_order
from desktop.views.parts.overlays import Layer, Mark, Marks

Spot = tuple[int, int]  # page, and the index of a box on it


class TextFlow:
    """The choice under way over the boxes of pages."""

    def __init__(self) -> None:
        self._from: Spot | None = None
        self._orders: dict[int, list[int]] = {}

    @property
    def active(self) -> bool:
        return self._from is not None

    def press(self, spot: Spot, pages: Mapping[int, Marks]) -> None:
        """Begin at a box."""
        self._from = spot
        self._orders.clear()
        self.move(spot, pages)

    def move(self, spot: Spot, pages: Mapping[int, Marks]) -> bool:
        """Choose all from the first box to this one; True when others are chosen now."""
        if self._from is None:
            return False
        first, last = sorted((self._key(self._from, pages), self._key(spot, pages)))
        changed = False
        for page, marks in pages.items():
            order = self._order(page, marks)
            chosen = {index for place, index in enumerate(order) if first <= (page, place) <= last}
            changed = changed or chosen != marks.chosen
            marks.chosen = chosen
        return changed

    def release(self) -> None:
        """End."""
        self._from = None

    def _key(self, spot: Spot, pages: Mapping[int, Marks]) -> tuple[int, int]:
        page, index = spot
        return page, self._order(page, pages[page]).index(index)

    def _order(self, page: int, marks: Marks) -> list[int]:
        if page not in self._orders:
            self._orders[page] = in_turn(marks)
        return self._orders[page]


def in_turn(marks: Marks) -> list[int]:
    """The boxes of text of a page in the order in which they are read."""
    texts = [(index, mark) for index, mark in enumerate(marks.all) if mark.layer is Layer.TEXT]
    if all(mark.order is not None for _, mark in texts):
        return [index for index, _ in sorted(texts, key=lambda one: one[1].order or 0)]
    places: dict[int, list[int]] = {}
    for index, mark in texts:
        places.setdefault(id(mark), []).append(index)
    read: list[Mark] = [mark for row in reading_order([mark for _, mark in texts]) for mark in row]
    return [places[id(mark)].pop(0) for mark in read]
