"""What stands above the facets: everything, the favourites, and the albums, on which assets are dropped."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.models import query
from desktop.models.carried import MIME, carried
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from desktop.views.browse.line import Line
from desktop.views.browse.naming import ask_name
from desktop.views.parts.cards import emptied
from engine.language import digits, mark, tr
from engine.model import AlbumRow, StayScope

FAVOURITES = "is:favourite"
STAYS = mark("Never leaves this computer")


class Plus(Tool):
    """The button for a new album; what is dropped on it goes into that album.

    Signals:
        dropped: assets were dropped on it.
    """

    dropped = Signal(list)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "plus", tr("New album"))
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(MIME))
        self.setDown(event.isAccepted())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.setDown(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.setDown(False)
        event.acceptProposedAction()
        self.dropped.emit(carried(event.mimeData()))


class Albums(QWidget):
    """The list of albums of a library.

    Signals:
        asked: a query and an order ("" leaves the order).
        listed: the albums came.
    """

    asked = Signal(str, str)
    listed = Signal()

    def __init__(self, ops: Operations, look: Look, deeds: Deeds) -> None:
        super().__init__()
        self._ops, self._look, self._deeds = ops, look, deeds
        self.rows: tuple[AlbumRow, ...] = ()
        self.staying: frozenset[str] = frozenset()  # numbers of those that never leave this computer
        self._text = ""
        self._latest = ops.latest()
        self.everything = Line(look, tr("Everything"), icon="library")
        self.everything.clicked.connect(lambda _on=False: self._ask("", ""))
        self.favourites = Line(look, tr("Favourites"), icon="heart", takes=True)
        self.favourites.clicked.connect(lambda _on=False: self._ask(FAVOURITES, ""))
        self.favourites.dropped.connect(lambda ids: deeds.favourite(ids, on=True))
        self.add = Plus(look)
        self.add.dropped.connect(self.make)
        self.add.clicked.connect(lambda _on=False: self.make())
        self.lines = QVBoxLayout()
        self.lines.setSpacing(2)
        self._assemble()

    def reload(self) -> None:
        """Fetch the albums and the number of favourites."""
        self._latest.start(self._load())

    def show_query(self, text: str) -> None:
        """Mark what shows."""
        self._text = text
        flat = " ".join(text.split())
        self.everything.setChecked(not flat)
        self.favourites.setChecked(flat.casefold() == FAVOURITES)
        current = self.current()
        for row, line in zip(self.rows, self.album_lines(), strict=False):
            line.setChecked(current is not None and row.id == current.id)

    def current(self) -> AlbumRow | None:
        """The album that the query asks for, where it is one."""
        wanted = query.album_of(self._text).casefold()
        return next((row for row in self.rows if wanted and query.album_of(row.query).casefold() == wanted), None)

    def album_lines(self) -> Sequence[Line]:
        """The lines of the albums, in their order."""
        items = (self.lines.itemAt(index) for index in range(self.lines.count()))
        return [one for item in items if item is not None and isinstance(one := item.widget(), Line)]

    def make(self, ids: Sequence[int] = ()) -> None:
        """Ask for a name and make an album."""
        ask_name(self, tr("New album"), "", lambda name: self._deeds.make_album(name, ids))

    # --- inside

    async def _load(self) -> None:
        library = self._ops.library
        found = await self._ops.ask(
            lambda: (library.albums.listing(), library.keep.favourites(), library.hosts.stays())
        )
        if found is None:
            return
        self.rows = tuple(found[0])
        self.staying = frozenset(stay.target for stay in found[2] if stay.scope is StayScope.ALBUM)
        self.favourites.show_count(digits(found[1]) if found[1] else "")
        emptied(self.lines)
        for row in self.rows:
            self.lines.addWidget(self._line(row))
        if not self.rows:
            note = label(tr("Drop pictures on + or press Ctrl+B to begin an album."), "small", wrap=True)
            note.setContentsMargins(9, 0, 0, 0)
            self.lines.addWidget(note)
        self.show_query(self._text)
        self.listed.emit()

    def _line(self, row: AlbumRow) -> Line:
        stays = str(row.id) in self.staying
        line = Line(self._look, row.name, digits(row.count), icon="lock" if stays else "album", takes=True)
        if stays:
            line.setToolTip(tr("{name}: never leaves this computer", name=row.name))
            line.setAccessibleDescription(tr(STAYS))
        line.clicked.connect(lambda _on=False: self._ask(row.query, row.sort))
        line.changed.connect(partial(self._touched, row))
        line.dropped.connect(lambda ids: self._deeds.add_to(row, ids))
        return line

    def _ask(self, text: str, sort: str) -> None:
        self.asked.emit(text, sort)
        self.show_query(self._text)  # the button has turned itself over; the query decides

    def _touched(self, row: AlbumRow, what: str, point: QPoint) -> None:
        if what == "rename":
            ask_name(self, tr("Rename"), row.name, lambda name: self._deeds.rename_album(row, name))
        elif what == "delete":
            self._deeds.delete_album(row)
        else:
            menu = QMenu(self)
            menu.addAction(tr("Rename…")).triggered.connect(lambda _on=False: self._touched(row, "rename", point))
            menu.addAction(tr("Delete")).triggered.connect(lambda _on=False: self._touched(row, "delete", point))
            menu.addSeparator()
            menu.addAction(self._stay_action(row, menu))
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(point)

    def _stay_action(self, row: AlbumRow, menu: QMenu) -> QAction:
        """Whether what is in it may go to other machines."""
        made = QAction(tr(STAYS), menu)
        made.setCheckable(True)
        made.setChecked(str(row.id) in self.staying)
        made.triggered.connect(
            lambda on=False: self._deeds.keep_here(StayScope.ALBUM, str(row.id), row.name, on=bool(on))
        )
        return made

    def _assemble(self) -> None:
        title = label(tr("Albums"), "caption")
        title.setContentsMargins(9, 0, 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(0, tokens.S, 0, 0)
        head.addWidget(title, 1)
        head.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.everything)
        column.addWidget(self.favourites)
        column.addLayout(head)
        column.addLayout(self.lines)
