"""A small question for a tag, with the tags in use as proposals."""

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label
from desktop.operations import Operations
from engine.language import tr, trn


class TagDialog(QDialog):
    """Asks for one tag.

    Signals:
        chosen: the tag.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget, ops: Operations, count: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Tag"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ops = ops
        self._known = QStringListModel(self)
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("A word or two"))
        self.box.setAccessibleName(tr("Tag"))
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.box.setCompleter(completer)
        self.box.returnPressed.connect(self._choose)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button(tr("Cancel"), self.reject))
        buttons.addWidget(button(tr("Tag"), self._choose, "primary"))
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(label(tr("Tag for {count}", count=trn("{n} item", "{n} items", count)), "subtitle"))
        column.addWidget(self.box)
        column.addLayout(buttons)
        self.setMinimumWidth(360)
        filling = ops.latest()
        filling.start(self._fill())
        self.finished.connect(lambda _result: filling.cancel())

    def _choose(self) -> None:
        name = " ".join(self.box.text().split())
        if name:
            self.accept()
            self.chosen.emit(name)

    async def _fill(self) -> None:
        tags = await self._ops.ask(self._ops.library.tags)
        self._known.setStringList([name for name, _ in tags or ()])
