"""The folders that the library reads."""

import os

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label, row, rule
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from engine.language import tr, trn
from engine.model import Root, StayScope


class Folders(QWidget):
    """Lists the added folders; they can be taken out, not changed.

    Signals:
        command: a command of the window, by its id.
        decided: a folder was marked: a sentence that offers to undo it.
    """

    command = Signal(str)
    decided = Signal(str)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._shown: list[Root] | None = None
        self._staying: frozenset[str] = frozenset()
        self._deeds = Deeds(ops, self)
        self._deeds.done.connect(self.decided)
        self._list = QVBoxLayout()
        self._list.setSpacing(tokens.XS)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, tokens.S, 0, tokens.S)
        column.setSpacing(tokens.S)
        column.addLayout(self._list)
        buttons = row(
            button(tr("Add folder…"), lambda: self.command.emit("file.add_folder")),
            button(tr("Look for changes"), lambda: self.command.emit("file.rescan"), "quiet"),
        )
        buttons.addStretch(1)
        column.addLayout(buttons)

    async def load(self) -> None:
        """Fetch the folders."""
        library = self._ops.library
        found = await self._ops.ask(lambda: (library.roots(), library.hosts.stays()))
        if found is None:
            return
        staying = frozenset(stay.target for stay in found[1] if stay.scope is StayScope.FOLDER)
        if found[0] != self._shown or staying != self._staying:
            self._staying = staying
            self.show_roots(found[0])

    def show_roots(self, roots: list[Root]) -> None:
        """Show these folders."""
        self._shown = roots
        while self._list.count():
            item = self._list.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for root in roots:
            self._list.addWidget(self._line(root))
            self._list.addWidget(rule())
        if not roots:
            self._list.addWidget(
                label(tr("No folder is added yet. Drop one anywhere in this window."), "muted", wrap=True)
            )

    def _line(self, root: Root) -> QWidget:
        holder = QWidget()
        path = label(words.breakable(root.path), wrap=True, select=True)
        path.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        text = QVBoxLayout()
        text.setSpacing(1)
        text.addWidget(path)
        text.addWidget(label(state_words(root), "small" if root.online else "warning", wrap=True))
        remove = Tool(self._look, "close", tr("Take out of the library"))
        remove.setAccessibleName(tr("Take {path} out of the library", path=root.path))
        remove.clicked.connect(lambda: self._ask(root))
        line = row()
        line.addLayout(text, 1)
        line.addWidget(self._stay(root), 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(remove, 0, Qt.AlignmentFlag.AlignVCenter)
        holder.setLayout(line)
        return holder

    def _stay(self, root: Root) -> Tool:
        """The lock: whether what is in the folder may go to other machines."""
        target = os.fsdecode(root.raw)
        made = Tool(self._look, "lock", tr("Never leaves this computer"), checkable=True)
        made.setAccessibleName(tr("{path} never leaves this computer", path=root.path))
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.setChecked(target in self._staying)
        made.clicked.connect(lambda on: self._deeds.keep_here(StayScope.FOLDER, target, root.path, on=on))
        return made

    def _ask(self, root: Root) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(tr("Take out of the library?"))
        box.setText(tr("Take “{path}” out of the library?", path=root.path))
        box.setInformativeText(tr("The files themselves stay as they are. Kinora no longer reads this folder."))
        take = box.addButton(tr("Take out"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        take.clicked.connect(lambda: self._ops.start(self._remove(root)))
        box.open()

    async def _remove(self, root: Root) -> None:
        await self._ops.ask(self._ops.library.remove_root, root.id)
        await self.load()


def state_words(root: Root) -> str:
    """`1,204 files, watched for changes`."""
    if not root.online:
        return tr("{count}; not connected now", count=trn("{n} file", "{n} files", root.files))
    return (
        trn("{n} file, watched for changes", "{n} files, watched for changes", root.files)
        if root.watch
        else trn("{n} file, read once", "{n} files, read once", root.files)
    )
