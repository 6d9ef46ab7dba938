"""Tables of money: what can be rented, and what was spent."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Qt

from desktop.look import vocabulary, words
from desktop.models.table import TableModel, Words
from engine.language import digits, tr
from engine.model import LedgerRow, Offer

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


class MoneyModel(TableModel):
    """Rows that are shown whole and can be sorted by each column: `key` says what it goes by there."""

    def __init__(
        self, heads: Sequence[str], text: Words, key: Callable[[Any, int], Any], parent: QObject | None = None,
        *, numbers: Collection[int], first: tuple[int, Qt.SortOrder],
    ) -> None:  # fmt: skip
        super().__init__(heads, text, parent, numbers=numbers)
        self._key = key
        self.sorted = first  # by which column, in which order

    def put(self, rows: Iterable[Any]) -> None:
        """Take newer rows; nothing moves when they are the same."""
        fresh = self._ordered(rows)
        if fresh != self.rows:
            self.beginResetModel()
            self.rows = fresh
            self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = UP) -> None:
        self.layoutAboutToBeChanged.emit()
        held = [(index, self.rows[index.row()]) for index in self.persistentIndexList()]
        self.sorted = column, order
        self.rows = self._ordered(self.rows)
        for index, row in held:
            self.changePersistentIndex(index, self.index(self.rows.index(row), index.column()))
        self.layoutChanged.emit()

    def _ordered(self, rows: Iterable[Any]) -> list[Any]:
        column, order = self.sorted
        return sorted(rows, key=lambda row: self._key(row, column), reverse=order is DOWN)


class OffersModel(MoneyModel):
    """Machines that can be rented now, the cheapest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = (tr("GPU"), tr("Memory"), tr("Price an hour"), tr("Speed of the GPU"), tr("Download speed"),
                 tr("Reliability"), tr("Country"))  # fmt: skip
        super().__init__(heads, _offer_words, _offer_key, parent, numbers=range(1, 6), first=(2, UP))


class LedgerModel(MoneyModel):
    """Lines of the ledger, the latest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = (tr("When"), tr("Provider"), tr("What"), tr("Amount"), tr("Source of the amount"))
        super().__init__(heads, _line_words, _line_key, parent, numbers=(3,), first=(0, DOWN))


def _offer_words(row: Offer, column: int) -> str:
    name = words.several(row.gpus, row.gpu)
    return (
        tr("{gpu}, the provider may take it back", gpu=name) if row.bid else name,
        words.memory(row.gpu_memory),
        words.money(row.price),
        digits(round(row.speed)) if row.speed else "",
        tr("{n} Mbit/s", n=digits(round(row.down))) if row.down else "",
        words.share(row.reliability, 1) if row.reliability else "",
        row.place,
    )[column]


def _offer_key(row: Offer, column: int) -> Any:
    return (row.gpu.casefold(), row.gpu_memory, row.price, row.speed, row.down, row.reliability,
            row.place.casefold())[column]  # fmt: skip


def _line_words(row: LedgerRow, column: int) -> str:
    return (
        words.when(datetime.fromtimestamp(row.at).isoformat(timespec="minutes")),  # as the clock on the wall
        vocabulary.named(row.provider),
        row.what,
        words.money(row.amount),
        tr("Reckoned by Kinora") if row.estimated else tr("Billed by the provider"),
    )[column]


def _line_key(row: LedgerRow, column: int) -> Any:
    return (row.at, row.provider, row.what.casefold(), row.amount, row.estimated)[column]
