"""The filters of the query as chips that can be taken away."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.models import query
from desktop.models.query import Filter
from desktop.operations import Operations
from desktop.views.browse.sample import icon_with, sample_of
from engine.language import tr


class Chips(QWidget):
    """One chip for each filter.

    Signals:
        changed: the query without the filter that was taken away.
    """

    changed = Signal(str)

    def __init__(self, look: Look, ops: Operations) -> None:
        super().__init__()
        self._look, self._ops = look, ops
        self._samples = ops.latest()
        self._text = ""
        self._flow = Flow(self)
        self.setAccessibleName(tr("Filters in force"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        look.changed.connect(self._again)
        self.hide()

    def show_query(self, text: str) -> None:
        """Show the filters of a query."""
        self._text = text
        found = query.filters(text)
        self._flow.clear()
        examples = []
        for one in found:
            made = self._chip(one)
            self._flow.addWidget(made)
            if one.key == "like":
                examples.append((made, one.value))
        self._samples.cancel()
        if examples:
            self._samples.start(self._show_samples(examples))
        if len(found) > 1:
            clear = chip(self._look, tr("Clear all"), "")
            clear.clicked.connect(lambda: self.changed.emit(query.words(text)))
            self._flow.addWidget(clear)
        self.setVisible(bool(found))
        self.updateGeometry()

    def _again(self) -> None:
        self.show_query(self._text)

    def buttons(self) -> list[QToolButton]:
        """The chips."""
        widgets = (
            item.widget() for index in range(self._flow.count()) if (item := self._flow.itemAt(index)) is not None
        )
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    async def _show_samples(self, examples: Sequence[tuple[QToolButton, str]]) -> None:
        ratio = self.devicePixelRatioF()
        for made, value in examples:
            image = await sample_of(self._ops, self._look, value, ratio)
            if image is not None:
                icon, size = icon_with(image, self._look, ratio)
                made.setIcon(icon)
                made.setIconSize(size)

    def _chip(self, one: Filter) -> QToolButton:
        made = chip(self._look, one.shown, "close")
        made.setToolTip(tr("Take away “{shown}”", shown=one.shown))
        made.setAccessibleName(made.toolTip())
        made.clicked.connect(lambda: self.changed.emit(query.without(self._text, one)))
        return made


def chip(look: Look, text: str, icon: str) -> QToolButton:
    """A small rounded button, with its sign after the words."""
    made = QToolButton()
    made.setProperty("chip", True)
    made.setText(text if len(text) <= 40 else text[:39] + "…")
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if icon:
        made.setIcon(look.icon(icon, size=12))
        made.setIconSize(QSize(12, 12))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    return made
