"""The places of a map by name, with how many pictures each has."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.views.parts.elided import Elided
from engine.language import digits, tr
from engine.model import PlaceRow

ROW = 34
WIDTH = 230


class PlaceList(QListWidget):
    """The places that are in view, those with most pictures first.

    Signals:
        chosen: go to a place.
        searched: show its pictures in the library (Ctrl+Enter, double click).
    """

    chosen = Signal(object)
    searched = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.places: tuple[PlaceRow, ...] = ()
        self.setObjectName("side")
        self.setAccessibleName(tr("Places by name"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(150)
        self.itemClicked.connect(lambda item: self.chosen.emit(self.places[self.row(item)]))
        self.itemDoubleClicked.connect(lambda item: self.searched.emit(self.places[self.row(item)]))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 300)

    def show_places(self, places: Sequence[PlaceRow]) -> None:
        """Show these; the chosen one stays so when it is among them."""
        if tuple(places) == self.places:
            return
        before = self.places[self.currentRow()].name if self.currentRow() >= 0 else ""
        self.places = tuple(places)
        self.clear()
        for number, place in enumerate(self.places):
            self._add(place)
            if place.name == before:
                self.setCurrentRow(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentRow()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            searching = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            (self.searched if searching else self.chosen).emit(self.places[row])
        else:
            super().keyPressEvent(event)

    def _add(self, place: PlaceRow) -> None:
        item = QListWidgetItem()
        item.setSizeHint(QSize(0, ROW))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{place.name}, {digits(place.count)}")
        item.setToolTip(place.name)
        self.addItem(item)
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(tokens.S, 0, tokens.S, 0)
        name = Elided()
        name.say(place.name)
        line.addWidget(name, 1)
        line.addWidget(label(digits(place.count), "small"))
        holder.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setItemWidget(item, holder)
