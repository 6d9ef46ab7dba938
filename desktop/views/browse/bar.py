"""The bar over the grid: search box, filters, order, size, and what was found."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QSlider, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.grid.grid import LARGEST, SMALLEST
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label, row
from desktop.models import query
from desktop.operations import Operations
from desktop.views.browse.chips import Chips
from desktop.views.browse.filters import FilterMenu
from desktop.views.browse.searchbox import SearchBox
from desktop.views.browse.seeker import Found
from engine.errors import QueryError
from engine.language import digits, mark, tr, trn

SORTS = (
    ("taken", mark("Date taken")),
    ("added", mark("Date added")),
    ("name", mark("Name")),
    ("size", mark("Size of the file")),
    ("rating", mark("Stars")),
    ("relevance", mark("Best match")),
    ("quality", mark("Sharpness and light")),
    ("album", mark("Order of the album")),
)
ROOMY = 860  # width from which the buttons have words


class Bar(QFrame):
    """Everything above the grid.

    Signals:
        asked: a query and an order.
        packs_asked: show the packs that would find more.
    """

    asked = Signal(str, str)
    packs_asked = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._sort = "taken"
        self.box = SearchBox(ops, look)
        self.box.asked.connect(lambda text: self._ask())
        self.filters = Tool(look, "filter", tr("Filters"), text=tr("Filters"))
        self.filters.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.filters.setMenu(FilterMenu(ops, look, self.box.text, self.box.set_query, self))
        self.order = Tool(look, "sort", tr("Order"), text=tr("Date taken"))
        self.order.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.order.setMenu(self._sort_menu())
        self.zoom = QSlider(Qt.Orientation.Horizontal)
        self.zoom.setRange(SMALLEST, LARGEST)
        self.zoom.setValue(180)
        self.zoom.setSingleStep(12)
        self.zoom.setPageStep(48)
        self.zoom.setFixedWidth(90)
        self.zoom.setToolTip(tr("Size of the pictures"))
        self.zoom.setAccessibleName(tr("Size of the pictures"))
        self.matches = Tool(look, "list", tr("Show the words that matched"), checkable=True)
        self.matches.setChecked(True)
        self.matches.hide()
        self.details = Tool(look, "panel", tr("Details (Ctrl+I)"), checkable=True)
        self.chips = Chips(look, ops)
        self.chips.changed.connect(self.box.set_query)
        self._error = label("", "danger", wrap=True)
        self._error.hide()
        self._count = label("", "small")
        self._note = label("", "muted", wrap=True)
        self._note.hide()
        self._missing = label("", "small", wrap=True)
        self._missing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._lacks = QWidget()
        self._lacks.setLayout(row(self._missing, button(tr("Packs"), self.packs_asked.emit, "quiet"), stretch=0))
        self._lacks.hide()
        self.narrow = Tool(look, "narrow", tr("Albums and filters (Ctrl+Shift+F)"), checkable=True)
        parts = (self.narrow, self.box, self.filters, self.order, self.zoom, self.matches, self.details)
        top = row(*parts, stretch=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.M, tokens.S)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._error)
        column.addWidget(self.chips)
        column.addWidget(self._note)
        column.addWidget(self._lacks)
        column.addWidget(self._count)

    @property
    def missing(self) -> str:
        """The line that says what would find more."""
        return self._missing.text() if not self._lacks.isHidden() else ""

    @property
    def sort(self) -> str:
        """The chosen order."""
        return self._sort

    @property
    def count(self) -> str:
        """The line that says how many were found."""
        return self._count.text()

    @property
    def error(self) -> str:
        """The line that says what is wrong with the query; empty when nothing is."""
        return self._error.text()

    def set_sort(self, sort: str) -> None:
        """Take up an order without asking."""
        if sort in dict(SORTS):
            self._sort = sort
            self.order.setText(tr(dict(SORTS)[sort]))
            for action in self.order.menu().actions():
                action.setChecked(action.data() == sort)

    def show_result(self, found: Found) -> None:
        """Say how many were found."""
        self._error.hide()
        self._error.setText("")
        self.box.show_error(None)
        self.chips.show_query(found.text)
        below = len(found.listing.under)
        number = len(found.listing.ids) + below
        text = _stacked(trn("{n} item", "{n} items", number), below)
        if found.text.strip() and not query.only_album(found.text):
            text = trn("{n} match", "{n} matches", number)
            if found.listing.over:
                text = trn("More than {n} match", "More than {n} matches", number)
            text = _stacked(text, below)
            text = (
                tr("{words} in {quick}", words=text, quick=words.quick(found.listing.took))
                if number
                else tr("No matches")
            )
        self._count.setText(text)
        self.order.setText(tr(dict(SORTS)[found.sort]))
        own = next(action for action in self.order.menu().actions() if action.data() == "album")
        own.setVisible(bool(query.album_of(found.text)))
        self._note.setText(found.listing.note)
        self._note.setVisible(bool(found.listing.note))

    def show_missing(self, text: str) -> None:
        """Say what would find more, with the way there."""
        self._missing.setText(text)
        self._lacks.setVisible(bool(text))

    def show_error(self, error: QueryError) -> None:
        """Say what is wrong with the query, and where; a filter whose value is being typed is no mistake yet."""
        if self.box.hasFocus() and self.box.text().endswith(":"):
            return
        self._error.setText(f"{error.text} {error.hint}".strip())
        self._count.setText(tr("The search before this one found:"))
        self._error.show()
        self.chips.show_query(self.box.text())
        self.box.show_error(error)

    def close_bar(self) -> None:
        """Stop the timers."""
        self.box.close_box()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= ROOMY
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if roomy else Qt.ToolButtonStyle.ToolButtonIconOnly
        for part in (self.filters, self.order):
            part.setToolButtonStyle(style)
        self.zoom.setVisible(self.width() >= 620)

    def _ask(self) -> None:
        self.asked.emit(self.box.text(), self._sort)

    def _choose_sort(self, name: str, _checked: bool = False) -> None:
        self.set_sort(name)
        self._ask()

    def _sort_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for name, title in SORTS:
            action = menu.addAction(tr(title))
            action.setCheckable(True)
            action.setChecked(name == self._sort)
            action.setData(name)
            group.addAction(action)
            action.triggered.connect(partial(self._choose_sort, name))
        return menu


def _stacked(words: str, below: int) -> str:
    """How many of what was found lie below others of their stacks."""
    return tr("{words} ({below} inside stacks)", words=words, below=digits(below)) if below else words
