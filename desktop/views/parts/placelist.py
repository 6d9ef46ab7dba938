"""The places of a map by name, with how many pictures each has."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.look import tokens
from desktop.look.look import Look
from engine.language import digits, tr
from engine.model import PlaceRow

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
ROW = 34
WIDTH = 230


class Rows(QAbstractListModel):
    """The places as a model."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.places: tuple[PlaceRow, ...] = ()

    def put(self, places: Sequence[PlaceRow]) -> None:
        """Take other places."""
        self.beginResetModel()
        self.places = tuple(places)
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.places)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        place = self.places[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return place.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{place.name}, {digits(place.count)}"
        return None


class Line(QStyledItemDelegate):
    """Draws a place: its name, and its number at the end."""

    def __init__(self, look: Look, owner: "PlaceList") -> None:
        super().__init__(owner)
        self._look, self._owner = look, owner

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place = self._owner.places[index.row()]
        rect: QRect = option.rect
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            on = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("accent_soft" if on else "hover"))
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        inner = rect.adjusted(tokens.M, 0, -tokens.M, 0)
        count, small = digits(place.count), self._look.font(tokens.SMALL)
        width = QFontMetrics(small).horizontalAdvance(count) + tokens.M
        begins, ends = Qt.AlignmentFlag.AlignLeading, Qt.AlignmentFlag.AlignTrailing  # the painter mirrors them
        room = inner.adjusted(0, 0, -width, 0)
        if self._owner.isRightToLeft():
            room = inner.adjusted(width, 0, 0, 0)
        font = self._look.font(tokens.BODY)
        painter.setFont(font)
        painter.setPen(self._look.colour("text"))
        name = QFontMetrics(font).elidedText(place.name, Qt.TextElideMode.ElideRight, max(20, room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | begins, name)
        painter.setFont(small)
        painter.setPen(self._look.colour("muted"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | ends, count)


class PlaceList(QListView):
    """The places that are in view, those with most pictures first.

    Signals:
        chosen: go to a place.
        searched: show its pictures in the library (Ctrl+Enter, double click).
    """

    chosen = Signal(object)
    searched = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._rows = Rows(self)
        self.setModel(self._rows)
        self.setItemDelegate(Line(look, self))
        self.setObjectName("side")
        self.setAccessibleName(tr("Places by name"))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(150)
        self.clicked.connect(lambda index: self.chosen.emit(self.places[index.row()]))
        self.doubleClicked.connect(lambda index: self.searched.emit(self.places[index.row()]))
        look.changed.connect(self.viewport().update)

    @property
    def places(self) -> tuple[PlaceRow, ...]:
        """The places that are listed."""
        return self._rows.places

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 300)

    def setCurrentRow(self, row: int) -> None:
        """Mark a place."""
        self.setCurrentIndex(self._rows.index(row, 0))

    def show_places(self, places: Sequence[PlaceRow]) -> None:
        """Show these; the chosen one stays so when it is among them."""
        if tuple(places) == self.places:
            return
        row = self.currentIndex().row()
        before = self.places[row].name if row >= 0 else ""
        self._rows.put(places)
        found = next((number for number, place in enumerate(places) if place.name == before), -1)
        if found >= 0:
            self.setCurrentRow(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            searching = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self.searched if searching else self.chosen).emit(self.places[row])
        else:
            super().keyPressEvent(event)
