"""Where a name is typed: over a face in the grid, or in a question, with the names in use as proposals."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens
from desktop.look.choices import Choice, ChoiceList
from desktop.look.linebox import LineBox
from desktop.look.parts import button, label
from engine.language import tr
from engine.model import PersonRow

LONGEST = 120  # characters of a name


class NameBox(LineBox):
    """A line for a name; `left` says that it was left without a new one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, LONGEST)
        self._known: Sequence[str] = ()
        self._proposed: Sequence[str] = ()  # those that the completer has: it takes them when it is needed
        self._names = QStringListModel(self)
        self.setPlaceholderText(tr("Name"))
        self.setAccessibleName(tr("Name of this person"))
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def know(self, names: Sequence[str]) -> None:
        """Propose these names."""
        self._known = names

    def open_at(self, rect: QRect, text: str) -> None:
        """Show it over a place, with a name to change."""
        if self._proposed is not self._known:
            self._proposed = self._known
            self._names.setStringList(list(self._known))
        super().open_at(rect, text)

    def give(self, text: str) -> None:
        """Take a name that is one and another than before."""
        if not text or text == self.before:
            self.leave()
            return
        self.hide()
        self.given.emit(text)


class PersonDialog(QDialog):
    """Asks for one of the named people, or for a new name.

    Signals:
        chosen: the id of a person (0 for a new one) and the name.
    """

    chosen = Signal(int, str)

    def __init__(self, parent: QWidget, title: str, people: Sequence[PersonRow], *, new: bool = True) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._people, self._new = people, new
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Type a name"))
        self.box.setAccessibleName(tr("Name"))
        self.box.setMaxLength(LONGEST)
        self.list = ChoiceList(None, tr("People"), self)
        self.list.setMinimumHeight(200)
        self.box.textChanged.connect(self._filter)
        self.box.returnPressed.connect(self._choose)
        self.list.activated.connect(lambda _index: self._choose())
        self.go = button(tr("Choose"), self._choose, "primary")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button(tr("Cancel"), self.reject))
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(label(title, "subtitle", wrap=True))
        column.addWidget(self.box)
        column.addWidget(self.list)
        column.addLayout(buttons)
        self.setMinimumWidth(360)
        self._filter("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and self.list.texts():
            self.list.step(step)
            return
        super().keyPressEvent(event)

    def _filter(self, text: str) -> None:
        typed = " ".join(text.split())
        fitting = [one for one in self._people if typed.casefold() in one.name.casefold()]
        rows = [Choice(one.name, (one.id, one.name)) for one in fitting]
        if self._new and typed and all(one.name.casefold() != typed.casefold() for one in fitting):
            rows.append(Choice(tr("New person “{typed}”", typed=typed), (0, typed)))
        self.list.show_choices(rows)
        self.go.setEnabled(bool(rows))

    def _choose(self) -> None:
        chosen = self.list.current()
        if chosen is not None and isinstance(chosen.what, tuple):
            number, name = chosen.what
            self.accept()
            self.chosen.emit(number, name)
