"""The command palette: every command, found by a few letters of its words."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop.actions import Action, keys
from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label
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
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(20, 20))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("Commands that fit"))
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, tokens.S)
        column.setSpacing(tokens.S)
        column.addWidget(self.box)
        column.addWidget(self.list)
        self.box.textChanged.connect(self._filter)
        self.box.returnPressed.connect(self.run)
        self.list.itemClicked.connect(lambda _item: self.run())
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
        item = self.list.currentItem()
        self.hide()
        if item is None:
            return
        wanted = item.data(Qt.ItemDataRole.UserRole)
        next(action for action in self._actions if action.id == wanted).callback()

    def shown_ids(self) -> list[str]:
        """The commands that fit, best first."""
        return [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
            Qt.Key(event.key())
        )
        if step is not None and self.list.count():
            self.list.setCurrentRow(min(self.list.count() - 1, max(0, self.list.currentRow() + step)))
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        ranked = [(fuzzy(text, f"{action.title} {tr(action.group)}"), action) for action in self._actions]
        fitting = sorted(((cost, n, action) for n, (cost, action) in enumerate(ranked) if cost is not None))
        self.list.clear()
        for _, _, action in fitting:
            self._add(action)
        self.list.setCurrentRow(0)

    def _add(self, action: Action) -> None:
        item = QListWidgetItem(self._look.icon(action.icon), "")
        item.setData(Qt.ItemDataRole.UserRole, action.id)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, action.title)
        item.setSizeHint(QSize(0, 36))
        self.list.addItem(item)
        words = QWidget()
        line = QHBoxLayout(words)
        line.setContentsMargins(tokens.S, 0, tokens.S, 0)
        line.addWidget(label(action.title), 1)
        line.addWidget(label(keys(action), "small"))
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.list.setItemWidget(item, words)
