"""The page of one person: every face and voice, to be moved, taken out and shown in its file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.flow import Flow
from desktop.look.grid.snippet import place_words
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.operations import Operations
from desktop.views.faces.board import Tile
from desktop.views.faces.naming import NameBox
from desktop.views.faces.round import RoundFace
from desktop.views.faces.tiles import DropButton, Tiles
from desktop.views.parts.elided import Elided
from engine.language import digits, mark, tr, trn
from engine.model import AppearanceRow, Cell, PersonRow

HOW = {"auto": "", "you": mark("confirmed"), "file": mark("named in the file")}


@dataclass(frozen=True, slots=True)
class Page:
    """A person with what was found of them, made outside of the thread of the window."""

    person: PersonRow
    rows: dict[int, AppearanceRow]
    tiles: tuple[Tile, ...]
    sections: tuple[tuple[str, int], ...]


def page_of(person: PersonRow, rows: Sequence[AppearanceRow], cells: Callable[[Sequence[int]], Sequence[Cell]]) -> Page:
    """Faces first, then voices; `cells` finds the files by their numbers."""
    names = {cell.id: cell.name for cell in cells(list({one.asset for one in rows}))}
    faces = [one for one in rows if one.sort == "face"]
    voices = [one for one in rows if one.sort != "face"]
    sections = [(tr("Faces · {n}", n=digits(len(faces))), 0)] if faces else []
    if voices:
        sections.append((tr("Voices · {n}", n=digits(len(voices))), len(faces)))
    shown = (*faces, *voices)
    tiles = tuple(appearance_tile(one, names.get(one.asset, "")) for one in shown)
    return Page(person, {one.id: one for one in shown}, tiles, tuple(sections))


class Single(QWidget):
    """One person.

    Signals:
        left: back to all people.
        named: the name that was typed.
        asked: what to do (move, deny, split, cover, show, files, hide, erase, merge, pet).
        dropped_on: faces were dragged on what is to be done with them (deny, split).
    """

    left = Signal()
    named = Signal(str)
    asked = Signal(str)
    dropped_on = Signal(str, list)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.person: PersonRow | None = None
        self.rows: dict[int, AppearanceRow] = {}
        self.back = Tool(look, "back", tr("All people (Esc)"))
        self.back.clicked.connect(self.left)
        self.face = RoundFace(ops, look, 72)
        self.title = Elided("title")
        self.note = label("", "small", wrap=True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.naming = NameBox(self)
        self.naming.hide()
        self.naming.given.connect(self._given)
        self.naming.left.connect(self._after_naming)
        self.tiles = Tiles(ops, look, tr("Faces and voices of this person"), round_=False, drags=True)
        self.tiles.setAcceptDrops(False)  # they are dragged on the buttons
        self.tiles.activated.connect(lambda _row: self.asked.emit("show"))
        self.tiles.rename_asked.connect(lambda _row: None)
        self.tiles.selection_changed.connect(self._count)
        self._chosen = label("", "small")
        self._chosen.setMinimumHeight(tokens.CONTROL)
        self._lay_out()

    def show_page(self, page: Page) -> None:
        """Show a person with what was found of them."""
        self.person = person = page.person
        self.rows = page.rows
        self.title.say(person.name or tr("No name yet"))
        counts = [
            trn("{n} face", "{n} faces", person.faces),
            trn("{n} voice", "{n} voices", person.voices) if person.voices else "",
            tr("in {count}", count=trn("{n} file", "{n} files", person.assets)),
        ]
        self.note.setText(" · ".join(part for part in counts if part))
        self.face.show_face(person.cover if person.faces else None, person.name or tr("This person"))
        self.pet.setText(tr("Not a pet (P)") if person.pet else tr("A pet (P)"))
        self.rename.setText(tr("Rename") if person.named else tr("Add a name"))
        self.hide_.setText(tr("Show in the list again") if person.hidden else tr("Hide"))
        self.tiles.show_tiles(page.tiles, page.sections)
        self._count()

    def chosen(self) -> list[AppearanceRow]:
        """The selected appearances, else the one with the focus."""
        return [self.rows[key] for key in self.tiles.chosen_keys() if key in self.rows]

    def begin_naming(self) -> None:
        """Type a name over the title."""
        if self.person is not None:
            place = self.title.geometry()
            self.naming.open_at(place.adjusted(-10, -4, 0, 6), self.person.name)

    def _given(self, name: str) -> None:
        self._after_naming()
        self.named.emit(name)

    def _after_naming(self) -> None:
        self.tiles.setFocus()

    def _count(self) -> None:
        number = len(self.tiles.selection)
        self._chosen.setText(
            tr("{number} selected", number=digits(number))
            if number
            else tr("Select faces to move them or take them out.")
        )
        for part in self._deeds:
            part.setEnabled(number > 0 or part is self._show)
        self._cover.setEnabled(number == 1)

    def _lay_out(self) -> None:
        words_ = QVBoxLayout()
        words_.setSpacing(2)
        words_.addStretch(1)
        words_.addWidget(self.title)
        words_.addWidget(self.note)
        words_.addStretch(1)
        head = QFrame()
        head.setObjectName("bar")
        top = QHBoxLayout()
        top.setSpacing(tokens.M)
        for part in (self.back, self.face):
            top.addWidget(part)
        top.addLayout(words_, 1)
        self.rename = button(tr("Rename"), self.begin_naming)
        self.hide_ = button(tr("Hide"), lambda: self.asked.emit("hide"), "quiet")
        self.pet = button(tr("A pet (P)"), lambda: self.asked.emit("pet"), "quiet")
        own = QWidget()
        flow = Flow(own, gap=tokens.S)
        for one in (
            self.rename,
            button(tr("Show the files"), lambda: self.asked.emit("files")),
            button(tr("Merge with…"), lambda: self.asked.emit("merge")),
            self.pet,
            self.hide_,
            button(tr("Erase…"), lambda: self.asked.emit("erase"), "quiet"),
        ):
            flow.addWidget(one)
        inner = QVBoxLayout(head)
        inner.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.S)
        inner.setSpacing(tokens.S)
        inner.addLayout(top)
        inner.addWidget(own)
        inner.addWidget(self._selected_bar())
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(head)
        self.column.addWidget(self.tiles, 1)

    def _selected_bar(self) -> QWidget:
        bar = QWidget()
        flow = Flow(bar, gap=tokens.S)
        self._show = button(tr("Show in its file (Enter)"), lambda: self.asked.emit("show"))
        self._cover = button(tr("Make cover"), lambda: self.asked.emit("cover"))
        self._deeds = (
            button(tr("Move to… (M)"), lambda: self.asked.emit("move")),
            self._target(tr("Not this person (Del)"), "deny"),
            self._target(tr("New person"), "split"),
            self._cover,
            self._show,
        )
        for part in self._deeds:
            flow.addWidget(part)
        flow.addWidget(self._chosen)
        return bar

    def _target(self, text: str, what: str) -> DropButton:
        """A button on which faces may be dragged."""
        made = DropButton(text, lambda: self.asked.emit(what))
        made.dropped.connect(lambda ids: self.dropped_on.emit(what, ids))
        return made


def appearance_tile(one: AppearanceRow, file: str) -> Tile:
    """A face or a voice as a tile."""
    title = file or (tr("Face") if one.sort == "face" else tr("Voice"))
    note = " · ".join(filter(None, (place_words(one.moment), tr(HOW.get(one.how, "")))))
    picture = one.id if one.sort == "face" else None
    return Tile(
        one.id,
        title,
        note or tr("{share} clear", share=words.share(one.quality)),
        picture,
        "face" if picture else "voice",
    )
