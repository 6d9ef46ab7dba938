"""Tables: how they are set up and how a row is drawn."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.look.look import Look
from desktop.models.jobs import SHARE
from desktop.models.table import TableModel

TALL = 48  # height of a row of two lines


class Table(QTableView):
    """A table that selects whole rows and shows no grid."""

    LINE = 34  # height of a row
    NARROW = 780  # pixels: below this width it does without its spare columns

    def __init__(self, look: Look, model: TableModel, name: str) -> None:
        super().__init__()
        self._look = look
        self._shares: tuple[int, ...] = ()
        self._spare: tuple[int, ...] = ()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(round(self.LINE * look.scale))
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setStretchLastSection(True)
        heads.setMinimumSectionSize(48)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def share_out(self, *shares: int, tall: bool = False) -> None:
        """Hundredths of the width for the first columns; the last takes the rest. `tall` rows have two lines."""
        self._shares = shares
        if tall:
            self.setWordWrap(True)
            self.verticalHeader().setDefaultSectionSize(round(TALL * self._look.scale))

    def spare(self, *columns: int) -> None:
        """Columns that a narrow table does without, so that it need not scroll sideways."""
        self._spare = columns
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column in self._spare:
            self.setColumnHidden(column, self.width() < self.NARROW)
        for column, share in enumerate(self._shares):
            least = self.horizontalHeader().sectionSizeHint(column)
            self.setColumnWidth(column, max(least, self.viewport().width() * share // 100))

    def height_of(self, rows: int) -> int:
        """The height at which so many rows show and nothing is empty."""
        return self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize() + 4

    def rows(self) -> list[int]:
        """The selected rows, in order."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())


class Progress(QStyledItemDelegate):
    """A bar in a cell for a running job."""

    def __init__(self, look: Look, parent: QTableView) -> None:
        super().__init__(parent)
        self._look = look

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE)
        if share is None:
            return
        room = QRectF(option.rect).adjusted(8, 0, -12, 0)
        track = QRectF(room.left(), room.center().y() - 3, min(room.width(), 220), 6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("sunken"))
        painter.drawRoundedRect(track, 3, 3)
        done = QRectF(track)
        done.setWidth(max(6.0, track.width() * min(1.0, float(share))))
        painter.setBrush(self._look.colour("accent"))
        painter.drawRoundedRect(done, 3, 3)
        painter.restore()


class Page(QWidget):
    """What a scrolling page holds: as high as it must be at least, not as high as it would like to be."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("content")

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.minimumHeightForWidth(width) if layout is not None else -1
