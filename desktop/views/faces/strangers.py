"""The page of strangers: faces that were seen once, to be named, to be a pet, or to be left alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import Empty, Tool, button, label
from desktop.operations import Operations
from desktop.views.faces.board import Tile
from desktop.views.faces.single import appearance_tile
from desktop.views.faces.tiles import Tiles
from engine.language import digits, tr, trn
from engine.model import AppearanceRow, Cell

MOST = 2000  # that are shown at once


@dataclass(frozen=True, slots=True)
class Unknown:
    """Strangers with their tiles, made outside of the thread of the window; `count` is of all of them."""

    count: int
    rows: dict[int, AppearanceRow]
    tiles: tuple[Tile, ...]


def unknown(count: int, rows: Sequence[AppearanceRow], cells: Callable[[Sequence[int]], Sequence[Cell]]) -> Unknown:
    """The strangers as they are shown; `cells` finds the files by their numbers."""
    names = {cell.id: cell.name for cell in cells(list({one.asset for one in rows}))}
    tiles = tuple(appearance_tile(one, names.get(one.asset, "")) for one in rows)
    return Unknown(count, {one.id: one for one in rows}, tiles)


class StrangersBar(QFrame):
    """The section of strangers below the people, closed: how many there are.

    Signals:
        opened: they are to be shown.
        ignored: all of them are to be left alone.
        stands: it came or went; how high it is.
    """

    opened = Signal()
    ignored = Signal()
    stands = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAccessibleName(tr("Strangers"))
        self.words = label("", "", wrap=False)
        self.note = label(tr("Faces that were seen once."), "small")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_ = button(tr("Show"), self.opened.emit)
        self.show_.setAccessibleName(tr("Show the strangers"))
        self.ignore = button(tr("Ignore all"), self.ignored.emit, "quiet")
        self.ignore.setToolTip(tr("Leave all of them alone: they are not asked about. Undo brings them back."))
        line = QHBoxLayout(self)
        line.setContentsMargins(tokens.L, tokens.S, tokens.M, tokens.S)
        line.setSpacing(tokens.M)
        line.addWidget(self.words)
        line.addWidget(self.note, 1)
        line.addWidget(self.ignore)
        line.addWidget(self.show_)
        self.hide()

    def show_count(self, count: int) -> None:
        """Say how many there are; nothing is shown of none."""
        self.words.setText(tr("Strangers · {n}", n=digits(count)))
        self.setVisible(count > 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.stands.emit(self.sizeHint().height())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stands.emit(0)


class Strangers(QWidget):
    """The faces of nobody.

    Signals:
        left: back to all people.
        asked: what to do with the chosen ones (who, pet, ignore, all, show).
        joined: faces that were dragged on another, which comes first.
    """

    left = Signal()
    asked = Signal(str)
    joined = Signal(list)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.rows: dict[int, AppearanceRow] = {}
        self._total = 0
        self.back = Tool(look, "back", tr("All people (Esc)"))
        self.back.clicked.connect(self.left)
        self.note = label("", "small", wrap=True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.tiles = Tiles(ops, look, tr("Strangers"), round_=False, drags=True)
        self.tiles.activated.connect(lambda _row: self.asked.emit("show"))
        self.tiles.rename_asked.connect(lambda _row: self.asked.emit("who"))
        self.tiles.selection_changed.connect(self._count)
        self.tiles.dropped.connect(lambda keys, target: self.joined.emit([target, *keys]))
        self.empty = Empty(look, "people", tr("No strangers"), tr("Every face belongs to somebody, or is left alone."))
        self._chosen = label("", "small")
        self._chosen.setMinimumHeight(tokens.CONTROL)
        self._deeds = (
            button(tr("Who is it? (M)"), lambda: self.asked.emit("who"), "primary"),
            button(tr("A pet (P)"), lambda: self.asked.emit("pet")),
            button(tr("Ignore (Del)"), lambda: self.asked.emit("ignore")),
            button(tr("Show in its file (Enter)"), lambda: self.asked.emit("show")),
        )
        self.all = button(tr("Ignore all"), lambda: self.asked.emit("all"), "quiet")
        self._lay_out()

    def show_page(self, page: Unknown) -> None:
        """Show these."""
        self.rows, self._total = page.rows, page.count
        self.tiles.show_tiles(page.tiles)
        said = trn("{n} face that was seen once, as far as can be told.",
                   "{n} faces that were seen once, as far as can be told.", page.count)  # fmt: skip
        if page.count > len(page.rows):
            said += " " + tr("The clearest {n} are shown.", n=digits(len(page.rows)))
        self.note.setText(said)
        self.tiles.setVisible(page.count > 0)
        self.empty.setVisible(page.count == 0)
        self._count()

    def chosen(self) -> list[AppearanceRow]:
        """The selected faces, else the one with the focus."""
        return [self.rows[key] for key in self.tiles.chosen_keys() if key in self.rows]

    def _count(self) -> None:
        number = len(self.tiles.selection)
        self._chosen.setText(
            tr("{number} selected", number=digits(number)) if number else tr("Drag one on another: they are one.")
        )
        for part in self._deeds:
            part.setEnabled(number > 0)
        self.all.setEnabled(self._total > 0)

    def _lay_out(self) -> None:
        head = QFrame()
        head.setObjectName("bar")
        top = QHBoxLayout()
        top.setSpacing(tokens.M)
        top.addWidget(self.back)
        top.addWidget(label(tr("Strangers"), "title"))
        top.addWidget(self.note, 1)
        bar = QWidget()
        flow = Flow(bar, gap=tokens.S)
        for part in (*self._deeds, self.all, self._chosen):
            flow.addWidget(part)
        inner = QVBoxLayout(head)
        inner.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.S)
        inner.setSpacing(tokens.S)
        inner.addLayout(top)
        inner.addWidget(bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.tiles, 1)
        column.addWidget(self.empty, 1)
