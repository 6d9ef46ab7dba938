"""What can be done with several selected items, at the lower edge of the grid."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from engine.language import tr, trn

LIFT = tokens.L  # pixels from the lower edge


class Chosen(QFrame):
    """A bar over another widget, while several items are selected.

    Signals:
        asked: a command of the window.
        left: select nothing any more.
        stands: it came or went; how high is what it covers.
    """

    asked = Signal(str)
    left = Signal()
    stands = Signal(int)

    def __init__(self, look: Look, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("popup")
        self.setAccessibleName(tr("Selected items"))
        self._over = over
        self._count = label("", "strong")
        line = QHBoxLayout(self)
        line.setContentsMargins(tokens.L, tokens.XS, tokens.S, tokens.XS)
        line.setSpacing(tokens.XS)
        line.addWidget(self._count)
        line.addSpacing(tokens.S)
        self.tools = {name: self._tool(look, name, icon, words) for name, icon, words in _deeds()}
        for tool in self.tools.values():
            line.addWidget(tool)
        self.close_tool = Tool(look, "close", tr("Select nothing (Esc)"))
        self.close_tool.clicked.connect(lambda _on=False: self.left.emit())
        line.addWidget(self.close_tool)
        over.installEventFilter(self)
        self.hide()

    @property
    def words(self) -> str:
        """What it says."""
        return self._count.text()

    def show_count(self, count: int) -> None:
        """Show that so many are selected; one or none needs no bar."""
        self.setVisible(count > 1)
        if count > 1:
            self._count.setText(trn("{n} selected", "{n} selected", count))
            self._place()
        self.stands.emit(self.floor)

    @property
    def floor(self) -> int:
        """How much of the lower edge it takes, in pixels."""
        return 0 if self.isHidden() else self.height() + LIFT

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():  # also while another view is in front
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.adjustSize()
        self.move((self._over.width() - self.width()) // 2, self._over.height() - self.height() - LIFT)
        self.raise_()

    def _tool(self, look: Look, name: str, icon: str, words: str) -> Tool:
        made = Tool(look, icon, words)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the grid
        made.clicked.connect(lambda _on=False: self.asked.emit(name))
        return made


def _deeds() -> tuple[tuple[str, str, str], ...]:
    return (
        ("items.favourite", "heart", tr("Favourite (F)")),
        ("items.album", "album", tr("Add to album (Ctrl+B)")),
        ("items.tag", "tag", tr("Tag (Ctrl+T)")),
        ("items.stack", "stack", tr("Stack (G)")),
        ("view.details", "rename", tr("Edit all of them (Ctrl+I)")),
    )
