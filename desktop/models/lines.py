"""Moments or lines of text of one asset, as a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.model import MomentHit

HIT = Qt.ItemDataRole.UserRole

SMALL = 2000  # entries that are compared; longer lists are taken as they come

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a moment with its words and what is marked in them."""

    hit: MomentHit
    found: bool = False  # the query matched it


class LinesModel(QAbstractListModel):
    """Entries, filtered by words that they contain."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[Entry, ...] = ()
        self._shown: Sequence[Entry] = ()
        self._filter = ""

    def put(self, entries: Sequence[Entry]) -> None:
        """Take another list; the filter stays."""
        fresh = tuple(entries)
        if len(fresh) < SMALL and fresh == self._all:
            return
        self._all = fresh
        self._refresh()

    def filter(self, text: str) -> None:
        """Show only entries with these words in them."""
        if text.casefold() != self._filter:
            self._filter = text.casefold()
            self._refresh()

    def entry(self, row: int) -> Entry | None:
        """The entry of a row."""
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @property
    def total(self) -> int:
        """Entries with and without the filter."""
        return len(self._all)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.hit.snippet
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.hit.snippet[:600]
        return entry if role == HIT else None

    def _refresh(self) -> None:
        self.beginResetModel()
        words = self._filter.split()
        self._shown = (
            [one for one in self._all if all(word in one.hit.snippet.casefold() for word in words)]
            if words
            else self._all
        )
        self.endResetModel()
