"""The command palette: every command, found by a few letters of its words."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from desktop.actions import Action, keys
from desktop.look import tokens
from desktop.look.choices import Choice, ChoiceList
from desktop.look.look import Look
from engine.language import tr


def fuzzy(wanted: str, title: str) -> int | None:
    """How well a title fits: lower is better, None when the letters do not all follow each other in it."""
    wanted, title = wanted.lower().replace(" ", ""), title.lower()
    if not wanted:
        return 0
    at, cost = -1, 0
    for letter in wanted:
        found = title.find(letter, at + 1)
        if found < 0:
            return None
        begins_word = found == 0 or not title[found - 1].isalnum()
        cost += 0 if found == at + 1 or begins_word else 3 + found - at
        at = found
    return cost + len(title) // 8


class Palette(QFrame):
    """A box over the window that runs one command."""

    def __init__(self, look: Look, window: QWidget, actions: Sequence[Action]) -> None:
        super().__init__(window)
        self._look = look
        self._window = window
        self._actions = tuple(actions)
        self.setObjectName("popup")
        self.setAccessibleName(tr("All commands"))
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Type a command"))
        self.box.setAccessibleName(tr("Command"))
        self.list = ChoiceList(look, tr("Commands that fit"), self, icon=20)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, tokens.S)
        column.setSpacing(tokens.S)
        column.addWidget(self.box)
        column.addWidget(self.list)
        self.box.textChanged.connect(self._filter)
        self.box.returnPressed.connect(self.run)
        self.list.picked.connect(self.run)
        self.box.installEventFilter(self)
        self.hide()

    def open_palette(self) -> None:
        """Show it, empty and ready to type."""
        width = min(560, self._window.width() - 2 * tokens.XL)
        height = min(440, self._window.height() - 120)
        self.setGeometry((self._window.width() - width) // 2, 72, width, height)
        self.box.clear()
        self._filter("")
        self.show()
        self.raise_()
        self.box.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def run(self) -> None:
        """Run the chosen command."""
        chosen = self.list.current()
        self.hide()
        if chosen is not None and isinstance(chosen.what, Action):
            chosen.what.callback()

    def shown_ids(self) -> list[str]:
        """The commands that fit, best first."""
        return [one.what.id for one in self.list.choices.rows if isinstance(one.what, Action)]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
            Qt.Key(event.key())
        )
        if step is not None:
            self.list.step(step)
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        ranked = [(fuzzy(text, f"{action.title} {tr(action.group)}"), action) for action in self._actions]
        fitting = sorted(((cost, n, action) for n, (cost, action) in enumerate(ranked) if cost is not None))
        self.list.show_choices(
            [
                Choice(action.title, action, partial(self._look.icon, action.icon), keys(action))
                for _, _, action in fitting
            ]
        )
