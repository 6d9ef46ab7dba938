"""What every table of the window is: whole rows under heads, and the words of each cell."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
Words = Callable[[Any, int], str]  # what a row says in a column
NOWHERE = QModelIndex()
ROW = Qt.ItemDataRole.UserRole + 2
TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter


class TableModel(QAbstractTableModel):
    """Rows of one kind; `numbers` are the columns that are read from their end."""

    def __init__(
        self, heads: Sequence[str], text: Words, parent: QObject | None = None, *, numbers: Collection[int] = ()
    ) -> None:
        super().__init__(parent)
        self.rows: list[Any] = []
        self._heads = tuple(heads)
        self._text = text
        self._numbers = frozenset(numbers)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return self._heads[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        return row if role == ROW else None

    def _repaint(self, row: int) -> None:
        """Say that a row reads differently now."""
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self._heads) - 1))

    def _side(self, column: int) -> Qt.AlignmentFlag:
        return TRAILING if column in self._numbers else LEADING
