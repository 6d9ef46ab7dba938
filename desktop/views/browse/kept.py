"""What a person keeps of one asset: whether it is a favourite, its albums, its note, and where its words come from."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.flow import Flow
from desktop.look.heart import Heart
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.operations import Operations
from desktop.views.browse.chips import chip
from desktop.views.browse.note import Note
from desktop.views.browse.origins import Origins
from engine.language import tr
from engine.model import AssetRow, Stay, StayScope


class Kept(QWidget):
    """The part of a panel; `heart` is put beside the stars by whoever shows it.

    Signals:
        favoured: an asset, and whether it is to be a favourite.
        noted: an asset and its note.
        asked: a query.
    """

    favoured = Signal(int, bool)
    noted = Signal(int, str)
    asked = Signal(str)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._asset = 0
        self._latest = ops.latest()
        self.stays = label("", "small", wrap=True)
        self.stays.hide()
        self.heart = Heart(look)
        self.heart.clicked.connect(lambda on: self.favoured.emit(self._asset, on))
        self.note = Note()
        self.note.written.connect(self.noted)
        self.origins = Origins(ops, look)
        self._albums = QWidget()
        self._flow = Flow(self._albums)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S)
        column.addWidget(self.stays)
        column.addWidget(self.origins)
        column.addWidget(label(tr("Note"), "caption"))
        column.addWidget(self.note)
        self._title = label(tr("In albums"), "caption")
        column.addWidget(self._title)
        column.addWidget(self._albums)

    def show_asset(self, row: AssetRow) -> None:
        """Show what is kept of an asset."""
        self._asset = row.cell.id
        self.heart.show_favourite(row.cell.favourite)
        self.note.show_note(row.cell.id, row.note)
        self.origins.show_asset(row.cell.id)
        self._flow.clear()
        for number, name in row.albums:
            made = chip(self._look, name, "")
            made.setToolTip(tr("Show the album “{name}”", name=name))
            made.setAccessibleName(made.toolTip())
            made.clicked.connect(lambda _on=False, number=number: self.asked.emit(f"album:#{number} sort:album"))
            self._flow.addWidget(made)
        for part in (self._title, self._albums):
            part.setVisible(bool(row.albums))
        self._albums.updateGeometry()
        self._latest.start(self._load_stays(row.cell.id))

    async def _load_stays(self, asset: int) -> None:
        """Say whether it stays on this computer, and because of what."""
        marks = await self._ops.ask(self._ops.library.hosts.keeps, asset)
        self.stays.setText(stay_words(marks or ()))
        self.stays.setVisible(bool(marks))

    def leave(self) -> None:
        """Keep what was typed: something else is shown."""
        self._latest.cancel()
        self.note.keep()


def stay_words(marks: Sequence[Stay]) -> str:
    """`Stays on this computer: the album “Family”`; empty without a mark."""
    if not marks:
        return ""
    first = marks[0]
    if first.scope is StayScope.ALBUM:
        return tr("Stays on this computer, as the album “{title}”", title=first.title)
    return tr("Stays on this computer, as the folder {title}", title=words.breakable(first.title))
