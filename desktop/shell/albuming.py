"""A small question for an album: type to find one, or to make one."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.choices import Choice, ChoiceList
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from engine.language import digits, tr, trn
from engine.model import AlbumRow


class AlbumDialog(QDialog):
    """Asks for one album.

    Signals:
        chosen: an album that is there.
        named: the name of an album that is to be made.
    """

    chosen = Signal(object)
    named = Signal(str)

    def __init__(self, parent: QWidget, ops: Operations, look: Look, count: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Add to album"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ops, self._look = ops, look
        self._rows: tuple[AlbumRow, ...] = ()
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Find an album, or name a new one"))
        self.box.setAccessibleName(tr("Album"))
        self.box.installEventFilter(self)
        self.list = ChoiceList(look, tr("Albums"), self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.box.textChanged.connect(lambda _text: self._fill())
        self.box.returnPressed.connect(self._choose)
        self.list.picked.connect(self._choose)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button(tr("Cancel"), self.reject))
        self.go = button(tr("Add"), self._choose, "primary")
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(label(trn("Add {n} item to an album", "Add {n} items to an album", count), "subtitle"))
        column.addWidget(self.box)
        column.addWidget(self.list, 1)
        column.addLayout(buttons)
        self.resize(400, 380)
        loading = ops.latest()
        loading.start(self._load())
        self.finished.connect(lambda _result: loading.cancel())
        self._fill()

    def shown(self) -> list[str]:
        """What can be chosen, as it is written."""
        return self.list.texts()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self.list.step(step)
                return True
        return super().eventFilter(watched, event)

    async def _load(self) -> None:
        found = await self._ops.ask(self._ops.library.albums.listing)
        self._rows = tuple(found or ())
        self._fill()

    def _fill(self) -> None:
        """Show the albums that fit what is typed, those that begin so first; last a new one of that name."""
        name = " ".join(self.box.text().split())
        words = name.casefold()
        fitting = [row for row in self._rows if words in row.name.casefold()]
        fitting.sort(key=lambda row: not row.name.casefold().startswith(words))
        icon = self._look.icon
        rows = [Choice(row.name, row, lambda: icon("album"), digits(row.count)) for row in fitting]
        if name and all(row.name.casefold() != words for row in fitting):
            rows.append(Choice(tr("New album “{name}”", name=name), name, lambda: icon("plus")))
        self.list.show_choices(rows)
        self.go.setEnabled(bool(rows))

    def _choose(self) -> None:
        chosen = self.list.current()
        if chosen is None:
            return
        what = chosen.what
        self.accept()
        if isinstance(what, AlbumRow):
            self.chosen.emit(what)
        else:
            self.named.emit(str(what))
