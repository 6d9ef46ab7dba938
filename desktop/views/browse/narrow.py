"""The panel beside the grid: albums, smart albums, and what the result can be narrowed down by."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, vocabulary
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.models import query
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from desktop.views.browse.albums import Albums
from desktop.views.browse.line import Line
from desktop.views.browse.naming import ask_name
from desktop.views.parts.cards import emptied
from engine.errors import KinoraError
from engine.language import digits, tr
from engine.model import Facet, FacetValue, SavedSearch

WIDTH = 222
NAMED = frozenset({"type", "safe", "pose"})  # facets whose values are words of the engine
VALUES = 8  # of a facet
SETTLES = 0.2  # seconds without a further key until values are counted: the lists come first
RESTS = 0.7  # seconds after which estimated numbers are counted
SHARE = 4  # while the library changes, counting again takes at most one part in so many of the time
SLICE = 5  # lines that are shown in one turn of the loop


class Narrow(QFrame):
    """Albums and smart albums (the saved searches) above, facets below.

    Signals:
        asked: a query and an order ("" leaves the order).
        moved: saved searches changed.
        forgotten: a saved search is gone; a sentence, and what brings it back.
    """

    asked = Signal(str, str)
    moved = Signal()
    forgotten = Signal(str, object)

    def __init__(self, ops: Operations, look: Look, deeds: Deeds) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setAccessibleName(tr("Albums and filters"))
        self.albums = Albums(ops, look, deeds)
        self.albums.asked.connect(self.asked)
        self.saved: list[SavedSearch] = []
        self._ops, self._look = ops, look
        self._text = ""
        self._counted = ""  # the query whose result was counted
        self._took = 0.0  # seconds of its last exact count
        self._facets = ops.latest()
        self._searches = ops.latest()
        self._counts: dict[str, str] = {}  # of smart albums, as they were counted last
        self.kept = QVBoxLayout()
        self.values = QVBoxLayout()
        self._assemble()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 300)

    def show_query(self, text: str) -> None:
        """Count what the result of this query has."""
        self._text = text
        self.albums.show_query(text)
        self._mark()
        if self.isVisible():
            self._facets.start(self._load(text))

    def refresh(self) -> None:
        """Look at everything again."""
        self.reload_saved()
        self.show_query(self._text)

    def reload_saved(self) -> None:
        """Fetch the albums and the saved searches."""
        self._searches.start(self._load_saved())
        self.albums.reload()

    def find_saved(self, text: str) -> SavedSearch | None:
        """The saved search of this query."""
        flat = " ".join(text.split())
        return next((one for one in self.saved if " ".join(one.query.split()) == flat), None)

    def keep(self, text: str, sort: str) -> None:
        """Save this search under a name, or forget it when it is saved."""
        known = self.find_saved(text)
        if known is not None:
            self._ops.start(self._forget(known))
            return
        ask_name(self, tr("Save this search"), default_name(text), partial(self._save, text, sort))

    def _save(self, text: str, sort: str, name: str) -> None:
        self._ops.start(self._change(self._ops.library.searches.save, name, text, sort))

    def _touched(self, one: SavedSearch, what: str, point: QPoint) -> None:
        if what == "rename":
            rename = self._ops.library.searches.rename
            ask_name(self, tr("Rename"), one.name, lambda name: self._ops.start(self._change(rename, one.id, name)))
        elif what == "delete":
            self._ops.start(self._forget(one))
        else:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(tr("Rename…")).triggered.connect(lambda _on=False: self._touched(one, "rename", point))
            menu.addAction(tr("Delete")).triggered.connect(lambda _on=False: self._touched(one, "delete", point))
            menu.popup(point)

    async def _forget(self, one: SavedSearch) -> None:
        searches = self._ops.library.searches
        try:
            await self._ops.demand(searches.delete, one.id)
        except KinoraError as error:
            self._ops.tell(error)
        else:
            back = partial(self._save, one.query, one.sort, one.name)
            self.forgotten.emit(tr("“{name}” is no longer saved.", name=one.name), back)
        await self._load_saved()

    async def _change(self, verb: Callable[..., Any], *values: object) -> None:
        await self._ops.ask(verb, *values)
        await self._load_saved()

    async def _load_saved(self) -> None:
        found = await self._ops.ask(self._ops.library.searches.listing)
        if found is None:
            return
        self.saved = list(found)
        emptied(self.kept)
        for one in self.saved:
            line = Line(self._look, one.name, self._counts.get(one.query, ""), icon="search")
            line.setToolTip(one.query)
            line.clicked.connect(partial(self._open, one))
            line.changed.connect(partial(self._touched, one))
            self.kept.addWidget(line)
        if not self.saved:
            self.kept.addWidget(_note(tr("The star in the search box keeps a search here.")))
        self._mark()
        self.moved.emit()
        if self.isVisible():
            await self._count()

    async def _count(self) -> None:
        """Count what the smart albums have now, one after another."""
        for index, one in enumerate(self.saved):
            try:
                number = await self._ops.demand(self._ops.library.albums.count, one.query)
            except KinoraError:
                continue  # it cannot be read any more: opening it says why
            item = self.kept.itemAt(index)
            line = item.widget() if item is not None else None
            self._counts[one.query] = digits(number)
            if isinstance(line, Line):
                line.show_count(digits(number))

    def _open(self, one: SavedSearch) -> None:
        self.asked.emit(one.query, one.sort)

    async def _load(self, text: str) -> None:
        if text != self._counted:
            await asyncio.sleep(SETTLES)
        found = await self._ops.ask(self._ops.library.facets, text)
        if found is not None and text == self._text:
            self._counted = text
            await self._show_facets(found)
            if any(facet.about for facet in found):
                await self._recount(text)

    async def _recount(self, text: str) -> None:
        """Put exact numbers in place of estimated ones, once the query and the library rest."""
        await asyncio.sleep(max(RESTS, self._took * SHARE))
        began = time.monotonic()
        exact = await self._ops.ask(self._ops.library.facets, text, exact=True) if text == self._text else None
        if exact is not None and text == self._text:
            self._took = time.monotonic() - began
            await self._show_facets(exact)

    async def _show_facets(self, facets: Sequence[Facet]) -> None:
        """Show these, with those marked that are in the query already.

        Lines that are there are used again, and a few are made in each turn of the loop: the window answers.
        """
        now = {(one.key, one.value.casefold()) for one in query.filters(self._text) if not one.negated}
        there = [item.widget() for n in range(self.values.count()) if (item := self.values.itemAt(n)) is not None]
        lines = iter([one for one in there if isinstance(one, Line)])
        labels = iter([one for one in there if isinstance(one, QLabel)])
        shown: list[QWidget] = []
        # Without a search the albums stand above already, with the same numbers.
        for facet in (one for one in facets if one.name != "album" or self._text.strip()):
            if facet.values:
                heading = next(labels, None) or _heading("")
                heading.setText(facet.title)
                self._put(heading, shown)
            for value in facet.values[:VALUES]:
                line = next(lines, None) or self._value_line()
                on = (facet.name, value.value.casefold()) in now
                count = f"~{digits(value.count)}" if facet.about else digits(value.count)
                words = vocabulary.named(value.shown) if facet.name in NAMED else value.shown
                line.show_value(words, count, (facet.name, value), on=on)
                self._put(line, shown)
                if len(shown) % SLICE == 0:
                    await asyncio.sleep(0)
        for spare in (*lines, *labels):
            self.values.removeWidget(spare)
            spare.hide()
            spare.deleteLater()
        self._nothing.setVisible(not shown)

    def _put(self, part: QWidget, shown: list[QWidget]) -> None:
        item = self.values.itemAt(len(shown))
        if item is None or item.widget() is not part:
            self.values.insertWidget(len(shown), part)
        shown.append(part)

    def _value_line(self) -> Line:
        line = Line(self._look, "")
        line.clicked.connect(lambda _on=False: self._narrow(*line.meant) if line.meant is not None else None)
        return line

    def _narrow(self, name: str, value: FacetValue) -> None:
        same = [one for one in query.filters(self._text) if one.key == name and not one.negated]
        for one in same:
            if one.value.casefold() == value.value.casefold():
                self.asked.emit(query.without(self._text, one), "")
                return
        current = self._counted == self._text  # else the numbers are those of the search before
        self.asked.emit(value.query if current else query.toggled(self._text, name, value.value), "")

    def _mark(self) -> None:
        known = self.find_saved(self._text)
        for index, one in enumerate(self.saved):
            item = self.kept.itemAt(index)
            line = item.widget() if item is not None else None
            if isinstance(line, Line):
                line.setChecked(known is not None and one.id == known.id)

    def _assemble(self) -> None:
        content = QWidget()
        content.setObjectName("content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.M, tokens.M, tokens.S, tokens.M)
        inner.setSpacing(tokens.S)
        for part in (self.kept, self.values):
            part.setSpacing(2)
        inner.addWidget(self.albums)
        inner.addWidget(_heading(tr("Smart albums")))
        inner.addLayout(self.kept)
        inner.addSpacing(tokens.S)
        inner.addLayout(self.values)
        self._nothing = _note(tr("Nothing to narrow down by."))
        self._nothing.hide()
        inner.addWidget(self._nothing)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.setFixedWidth(WIDTH)


def _note(text: str) -> QLabel:
    made = label(text, "small", wrap=True)
    made.setContentsMargins(9, 0, 0, 0)
    return made


def _heading(text: str) -> QLabel:
    made = label(text, "caption")
    made.setContentsMargins(9, tokens.S, 0, 2)
    return made


def default_name(text: str) -> str:
    """A name for a search: its words and the values of its filters."""
    parts = [query.words(text), *(tr("drawn posture") if one.drawn else one.value for one in query.filters(text))]
    return " ".join(part for part in parts if part)[:60]
