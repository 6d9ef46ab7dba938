"""A small question for an album: type to find one, or to make one."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from engine.language import digits, tr, trn
from engine.model import AlbumRow

ROW = Qt.ItemDataRole.UserRole


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
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Albums"))
        self.list.setIconSize(QSize(18, 18))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.box.textChanged.connect(lambda _text: self._fill())
        self.box.returnPressed.connect(self._choose)
        self.list.itemClicked.connect(lambda _item: self._choose())
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
        return [self.list.item(row).text() for row in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                self.list.setCurrentRow(min(self.list.count() - 1, max(0, self.list.currentRow() + step)))
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
        self.list.clear()
        for row in fitting:
            self._add(self._look.icon("album"), f"{row.name}   {digits(row.count)}", row)
        if name and all(row.name.casefold() != words for row in fitting):
            self._add(self._look.icon("plus"), tr("New album “{name}”", name=name), name)
        self.list.setCurrentRow(0)
        self.go.setEnabled(self.list.count() > 0)

    def _add(self, icon: object, text: str, what: AlbumRow | str) -> None:
        item = QListWidgetItem(icon, text)  # type: ignore[call-overload]  # an icon, which its stub does not say here
        item.setData(ROW, what)
        self.list.addItem(item)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        what = item.data(ROW)
        self.accept()
        if isinstance(what, AlbumRow):
            self.chosen.emit(what)
        else:
            self.named.emit(str(what))
