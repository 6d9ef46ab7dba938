"""Tags as chips, with a field for another one."""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.browse.chips import chip
from desktop.views.browse.origins import told
from engine.language import tr
from engine.model import Origin


class Tags(QWidget):
    """Shows and edits the tags of assets.

    Signals:
        added, removed: a tag.
        asked: show what else has this tag.
    """

    added = Signal(str)
    removed = Signal(str)
    asked = Signal(str)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._known = QStringListModel(self)
        self._holder = QWidget()
        self._flow = Flow(self._holder)
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Add a tag"))
        self.box.setAccessibleName(tr("Add a tag"))
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.box.setCompleter(completer)
        self.box.returnPressed.connect(self._add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S)
        column.addWidget(self._holder)
        column.addWidget(self.box)

    def show_tags(self, tags: Sequence[tuple[str, str]]) -> None:
        """Show tags with where they come from; only the user's own can be taken away."""
        self._flow.clear()
        for name, source in tags:
            mine = source == "you"
            made = chip(self._look, name, "close" if mine else "")
            made.setToolTip(
                tr("Take away “{name}”", name=name)
                if mine
                else tr("“{name}” stands in the file. Show all with it", name=name)
            )
            made.setAccessibleName(made.toolTip())
            made.setProperty("tag", name)
            made.clicked.connect(lambda _c=False, n=name, m=mine: (self.removed if m else self.asked).emit(n))
            self._flow.addWidget(made)
        self._holder.setVisible(bool(tags))

    def show_origins(self, origins: Sequence[Origin]) -> None:
        """Say on each tag who gave it, and when."""
        said: dict[str, list[str]] = {}
        for one in origins:
            if one.sort == "tag":
                said.setdefault(one.name, []).append(told(one))
        for index in range(self._flow.count()):
            item = self._flow.itemAt(index)
            widget = item.widget() if item is not None else None
            if widget is not None and (lines := said.get(str(widget.property("tag")))):
                widget.setToolTip("\n".join([widget.accessibleName(), *lines]))
                widget.setAccessibleDescription(", ".join(lines))

    async def refresh_known(self) -> None:
        """Fetch the proposals."""
        tags = await self._ops.ask(self._ops.library.tags)
        self._known.setStringList([name for name, _ in tags or ()])

    def _add(self) -> None:
        name = " ".join(self.box.text().split())
        if name:
            self.box.clear()
            self.added.emit(name)
