"""A table of money: whole rows, sorted by a press on a head, columns that share the width."""

from typing import Any

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from desktop.look.look import Look
from desktop.models.market import ROW, MoneyModel

LINE = 32  # height of a row
NARROW = 640  # pixels: below this width it does without its spare columns


class MoneySheet(QTableView):
    """Shows a `MoneyModel`.

    Signals:
        chosen: another row, or None.
    """

    chosen = Signal(object)

    def __init__(self, look: Look, model: MoneyModel, name: str, shares: tuple[int, ...], spare: tuple[int, ...]):
        super().__init__()
        self._shares, self._spare = shares, spare
        self.setModel(model)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, heads = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(round(LINE * look.scale))
        heads.setHighlightSections(False)
        heads.setStretchLastSection(True)
        heads.setMinimumSectionSize(48)
        heads.setSortIndicator(*model.sorted)
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

    def height_of(self, rows: int) -> int:
        """The height at which so many rows show."""
        return self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize() + 4

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column in self._spare:
            self.setColumnHidden(column, self.width() < NARROW)
        for column, share in enumerate(self._shares):
            least = self.horizontalHeader().sectionSizeHint(column)
            self.setColumnWidth(column, max(least, self.viewport().width() * share // 100))
