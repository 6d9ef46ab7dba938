"""The page of all people: named ones first, then pets, those without a name below; strangers are only counted."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Empty, Tool, label, row
from desktop.operations import Operations
from desktop.views.faces.board import Tile
from desktop.views.faces.naming import NameBox
from desktop.views.faces.strangers import StrangersBar
from desktop.views.faces.tiles import Tiles
from engine.language import digits, mark, tr, trn
from engine.model import PersonRow


@dataclass(frozen=True, slots=True)
class Listed:
    """People in the order in which they are shown, made outside of the thread of the window."""

    people: tuple[PersonRow, ...]
    tiles: tuple[Tile, ...]
    names: tuple[str, ...]  # of all who have one
    folded: tuple[str, ...] = ()  # the names of all, to be searched
    groups: tuple[int, ...] = ()  # the section of each: named, pets, not named yet


def listed(people: Sequence[PersonRow]) -> Listed:
    """The most used names first, each section behind the other."""
    ordered = tuple(sorted(people, key=lambda one: (_group(one), not one.named, -one.assets, -one.faces)))
    return Listed(
        ordered,
        tuple(map(tile_of, ordered)),
        tuple(one.name for one in ordered if one.named),
        tuple(one.name.casefold() for one in ordered),
        tuple(map(_group, ordered)),
    )


def _group(one: PersonRow) -> int:
    return 1 if one.pet else 0 if one.named else 2


class Crowd(QWidget):
    """The grid of people.

    Signals:
        opened: the id of a person.
        named: a person and the name that was typed.
        joined: people that were dragged on another, which comes first.
        hidden_wanted: whether hidden people are listed.
    """

    opened = Signal(int)
    named = Signal(object, str)
    joined = Signal(list)
    hidden_wanted = Signal(bool)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.people: tuple[PersonRow, ...] = ()
        self._listed = Listed((), (), ())
        self._by_id: dict[int, PersonRow] = {}
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Find a person"))
        self.box.setAccessibleName(tr("Find a person"))
        self.box.setClearButtonEnabled(True)
        self.box.setMaximumWidth(260)
        self.box.textChanged.connect(lambda _text: self._show())
        self.hidden = Tool(look, "eye-off", tr("List hidden people too"), checkable=True)
        self.hidden.toggled.connect(self.hidden_wanted)
        self.more = Tool(look, "more", tr("More"))
        self.more.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.sum = label("", "small", wrap=True)
        self.tiles = Tiles(ops, look, tr("People"), round_=True, drags=True)
        self.naming = NameBox(self.tiles.viewport())
        self.naming.hide()
        self.strangers = StrangersBar()
        self.empty = Empty(look, "people", tr("Nobody yet"))
        self.nobody = Empty(look, "search", tr("Nobody of that name"), tr("Other words may find somebody."))
        self._named: int | None = None
        self._lay_out()
        self._connect()

    def show_people(self, listed: Listed) -> None:
        """Show these."""
        if listed == self._listed:
            return
        self._listed = listed
        self._by_id = {one.id: one for one in listed.people}
        self.people = listed.people
        self.naming.know(listed.names)
        self._show()

    def person(self, number: int) -> PersonRow | None:
        """The row of a person."""
        return self._by_id.get(number)

    def chosen(self) -> list[PersonRow]:
        """The selected people, else the one with the focus."""
        return [one for number in self.tiles.chosen_keys() if (one := self.person(number)) is not None]

    def rename(self, row: int) -> None:
        """Type a name over a row."""
        found = self.person(self.tiles.key_at(row) or 0)
        if found is not None:
            self._named = found.id
            self.tiles.go(row)
            self.naming.open_at(self.tiles.name_place(row).adjusted(0, 0, 0, 16), found.name)  # and what stands below

    def _given(self, name: str) -> None:
        found = self.person(self._named or 0)
        self.tiles.setFocus()
        if found is not None:
            self.named.emit(found, name)

    def _show(self) -> None:
        typed = self.box.text().casefold().split()
        total = len(self._listed.names)
        tiles, groups = self._listed.tiles, self._listed.groups
        if typed:
            known = [all(word in name for word in typed) for name in self._listed.folded]
            tiles = tuple(itertools.compress(tiles, known))
            groups = tuple(itertools.compress(groups, known))
        self.naming.hide()
        self.tiles.show_tiles(tiles, _sections(groups))
        self.sum.setText(
            tr(
                "{count} named, {n} not named yet",
                count=trn("{n} person", "{n} people", total),
                n=digits(len(self.people) - total),
            )
        )
        self.sum.setVisible(bool(self.people))
        self._pile.setCurrentWidget(self.tiles if tiles else self.nobody if self.people else self.empty)

    def _connect(self) -> None:
        tiles = self.tiles
        tiles.activated.connect(lambda row: self.opened.emit(tiles.key_at(row) or 0))
        tiles.rename_asked.connect(self.rename)
        tiles.dropped.connect(lambda keys, target: self.joined.emit([target, *keys]))
        tiles.verticalScrollBar().valueChanged.connect(lambda _value: self.naming.hide())
        self.naming.given.connect(self._given)
        self.naming.left.connect(tiles.setFocus)

    def _lay_out(self) -> None:
        head = QFrame()
        head.setObjectName("bar")
        inner = QVBoxLayout(head)
        inner.setContentsMargins(tokens.L, tokens.M, tokens.M, tokens.S)
        inner.setSpacing(tokens.XS)
        top = row(label(tr("People"), "title"), self.box, self.hidden, self.more)
        top.setStretch(1, 1)
        top.insertStretch(1, 1)
        inner.addLayout(top)
        inner.addWidget(self.sum)
        self._pile = QStackedWidget()
        self._pile.addWidget(self.tiles)
        self._pile.addWidget(self.empty)
        self._pile.addWidget(self.nobody)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(head)
        self.column.addWidget(self._pile, 1)
        self.column.addWidget(self.strangers)


def _sections(groups: Sequence[int]) -> list[tuple[str, int]]:
    """The headings of those sections that have somebody, each with its first row."""
    titles = (mark("Named · {n}"), mark("Pets · {n}"), mark("Not named yet · {n}"))
    return [
        (tr(title, n=digits(groups.count(group))), groups.index(group))
        for group, title in enumerate(titles)
        if group in groups
    ]


def tile_of(one: PersonRow) -> Tile:
    """A person as a tile."""
    note = trn("{n} file", "{n} files", one.assets)
    if one.hidden:
        note = tr("hidden · {note}", note=note)
    icon = "voice" if one.voices and not one.faces else "face"
    return Tile(one.id, one.name or tr("Add a name"), note, one.cover if one.faces else None, icon, not one.named)
