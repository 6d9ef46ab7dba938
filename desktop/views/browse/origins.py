"""Where the words about an asset come from: who said them or which model, when, and how sure."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.operations import Operations
from engine.language import mark, tr
from engine.model import Origin

SORTS = {"tag": mark("Tag"), "label": mark("Seen"), "object": mark("Thing"), "sound": mark("Heard")}
MOST = 60  # lines


class Origins(QWidget):
    """A line that opens a list.

    Signals:
        came: the `Origin`s of the shown asset.
    """

    came = Signal(list)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._asset = 0
        self._latest = ops.latest()
        self.button = QToolButton()
        self.button.setText(tr("Where words come from"))
        self.button.setProperty("opens", True)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(14, 14))
        self.button.toggled.connect(self._turn)
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.M)
        self._grid.setVerticalSpacing(tokens.XS)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        self._holder.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.XS)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self._holder)
        look.changed.connect(self._tint)
        self._tint()

    def show_asset(self, asset: int) -> None:
        """Be about another asset."""
        self._asset = asset
        self._latest.start(self._load())

    def said(self) -> list[tuple[str, str]]:
        """The words that show, each with where it comes from."""
        count = self._grid.rowCount() if self._grid.count() else 0
        cells = [(self._grid.itemAtPosition(row, 0), self._grid.itemAtPosition(row, 1)) for row in range(count)]
        pairs = [(left.widget(), right.widget()) for left, right in cells if left is not None and right is not None]
        return [(a.text(), b.text()) for a, b in pairs if isinstance(a, QLabel) and isinstance(b, QLabel)]

    def _turn(self, open_: bool) -> None:
        self._holder.setVisible(open_)
        self._tint()

    async def _load(self) -> None:
        asset = self._asset
        found = await self._ops.ask(self._ops.library.keep.origins, asset) if asset else []
        if found is not None and asset == self._asset:
            self._show(found)
            self.came.emit(found)

    def _show(self, found: Sequence[Origin]) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not found:
            self._grid.addWidget(label(tr("Nobody has said anything about it yet."), "small", wrap=True), 0, 0, 1, 2)
        for row, one in enumerate(found[:MOST]):
            for column, (text, role) in enumerate(((one.name, ""), (told(one), "small"))):
                made = label(text, role, wrap=True, select=True)
                made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                made.setToolTip(tr(SORTS.get(one.sort, "")) if not column else "")
                self._grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignTop)

    def _tint(self) -> None:
        self.button.setIcon(self._look.icon("down" if self.button.isChecked() else "right", size=14))


def told(origin: Origin) -> str:
    """`You, 3 May 2026`, `In the file`, `RAM++ 84 %, 28 November 2026`."""
    if origin.by == "you":
        who = tr("You")
    elif origin.by == "file":
        who = tr("In the file")
    else:
        who = ", ".join(origin.models) or origin.title or origin.by
    if origin.score is not None:
        who = tr("{model} {sure}", model=who, sure=words.share(origin.score))
    if origin.at is None:
        return who
    day = words.when(datetime.fromtimestamp(origin.at).date().isoformat())
    return tr("{who}, {day}", who=who, day=day)
