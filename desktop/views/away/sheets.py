"""A table of money: one row is chosen, and a press on a head sorts."""

from typing import Any

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent

from desktop.look.look import Look
from desktop.models.market import MoneyModel
from desktop.models.table import ROW
from desktop.views.parts.tables import Table


class MoneySheet(Table):
    """Shows a `MoneyModel`.

    Signals:
        chosen: another row, or None.
    """

    LINE, NARROW = 32, 640

    chosen = Signal(object)

    def __init__(
        self, look: Look, model: MoneyModel, name: str, shares: tuple[int, ...], spare: tuple[int, ...]
    ) -> None:
        super().__init__(look, model, name)
        self.share_out(*shares)
        self.spare(*spare)
        self.setSelectionMode(Table.SelectionMode.SingleSelection)
        self.horizontalHeader().setSortIndicator(*model.sorted)
        self.setSortingEnabled(True)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.current()))
        model.modelReset.connect(lambda: self.chosen.emit(self.current()))

    def current(self) -> Any:
        """The row that is selected, None without one."""
        found = self.selectionModel().selectedRows()
        return found[0].data(ROW) if found else None

    def choose(self, row: int) -> None:
        """Select a row (`selectRow` fails read from the right before the table was laid out)."""
        flag = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), flag.ClearAndSelect | flag.Rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 to 9 sort by a column: a head cannot be reached with the keyboard otherwise."""
        column = event.key() - Qt.Key.Key_1
        if 0 <= column < self.model().columnCount() and not event.modifiers():
            heads = self.horizontalHeader()
            same = heads.sortIndicatorSection() == column
            down = same and heads.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            self.sortByColumn(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)
            return
        super().keyPressEvent(event)
