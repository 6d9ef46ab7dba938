"""Tables of money: what can be rented, and what was spent."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.look import vocabulary, words
from engine.language import digits, mark, tr
from engine.model import LedgerRow, Offer

Index = QModelIndex | QPersistentModelIndex
T = TypeVar("T")
NOWHERE = QModelIndex()
ROW = Qt.ItemDataRole.UserRole + 2
TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
GIB = 1 << 30
TIMES = "\N{MULTIPLICATION SIGN}"


class MoneyModel(QAbstractTableModel):
    """Rows that are shown whole and can be sorted by each column."""

    HEADS: tuple[str, ...] = ()
    NUMBERS: frozenset[int] = frozenset()  # columns that are read from their end

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Any] = []
        self.sorted = (0, Qt.SortOrder.AscendingOrder)  # by which column, in which order

    def put(self, rows: Iterable[Any]) -> None:
        """Take newer rows; nothing moves when they are the same."""
        fresh = self._ordered(list(rows))
        if fresh != self.rows:
            self.beginResetModel()
            self.rows = fresh
            self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        held = [(index, self.rows[index.row()]) for index in self.persistentIndexList()]
        self.sorted = column, order
        self.rows = self._ordered(self.rows)
        for index, row in held:
            self.changePersistentIndex(index, self.index(self.rows.index(row), index.column()))
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return TRAILING if section in self.NUMBERS else LEADING
        return tr(self.HEADS[section]) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return TRAILING if index.column() in self.NUMBERS else LEADING
        return row if role == ROW else None

    def _ordered(self, rows: Sequence[T]) -> list[T]:
        column, order = self.sorted
        return sorted(rows, key=self._key(column), reverse=order is Qt.SortOrder.DescendingOrder)

    def _text(self, row: Any, column: int) -> str:
        raise NotImplementedError

    def _key(self, column: int) -> Callable[[Any], Any]:
        raise NotImplementedError


class OffersModel(MoneyModel):
    """Machines that can be rented now, the cheapest first."""

    HEADS = (mark("GPU"), mark("Memory"), mark("An hour"), mark("Its speed"), mark("Loads"), mark("Reliable"),
             mark("Where"))  # fmt: skip
    NUMBERS = frozenset({1, 2, 3, 4, 5})
    PRICE = 2

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sorted = (self.PRICE, Qt.SortOrder.AscendingOrder)

    def _text(self, row: Offer, column: int) -> str:
        name = f"{digits(row.gpus)} {TIMES} {row.gpu}" if row.gpus > 1 else row.gpu
        if row.bid:
            name = tr("{gpu}, may be taken away", gpu=name)
        return (
            name,
            tr("{n} GB", n=digits(round(row.gpu_memory / GIB))),
            words.money(row.price),
            digits(round(row.speed)) if row.speed else "",
            tr("{n} Mbit/s", n=digits(round(row.down))) if row.down else "",
            words.share(row.reliability, 1) if row.reliability else "",
            row.place,
        )[column]

    def _key(self, column: int) -> Callable[[Offer], Any]:
        return (
            lambda row: row.gpu.casefold(), lambda row: row.gpu_memory, lambda row: row.price,
            lambda row: row.speed, lambda row: row.down, lambda row: row.reliability,
            lambda row: row.place.casefold(),
        )[column]  # fmt: skip


class LedgerModel(MoneyModel):
    """Lines of the ledger, the latest first."""

    HEADS = (mark("When"), mark("Provider"), mark("What"), mark("Amount"), mark("How it is known"))
    NUMBERS = frozenset({3})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sorted = (0, Qt.SortOrder.DescendingOrder)

    def _text(self, row: LedgerRow, column: int) -> str:
        return (
            words.when(datetime.fromtimestamp(row.at).isoformat(timespec="minutes")),  # as the clock on the wall
            vocabulary.named(row.provider),
            row.what,
            words.money(row.amount),
            tr("By our clock") if row.estimated else tr("As billed"),
        )[column]

    def _key(self, column: int) -> Callable[[LedgerRow], Any]:
        return (
            lambda row: row.at, lambda row: row.provider, lambda row: row.what.casefold(), lambda row: row.amount,
            lambda row: row.estimated,
        )[column]  # fmt: skip
