"""Framed messages inside a page: what went wrong with a file, and what can be done."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label


class Card(QFrame):
    """A sentence, a hint, and at most a few buttons below or `aside`, on a coloured ground."""

    def __init__(self, look: Look, tone: str, text: str, hint: str = "", *, aside: bool = False) -> None:
        super().__init__()
        self.setObjectName("message")
        self.setProperty("tone", tone)
        self.text = label(text, "strong" if hint else "", wrap=True, select=True)
        self.hint = label(hint, "", wrap=True, select=True)
        for part in (self.text, self.hint):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(tokens.S)
        column = QVBoxLayout()
        column.setSpacing(tokens.XS)
        column.addWidget(self.text)
        column.addWidget(self.hint)
        whole = QHBoxLayout(self) if aside else QVBoxLayout(self)
        whole.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.S)
        whole.setSpacing(tokens.M if aside else tokens.XS)
        whole.addLayout(column, 1)
        if not aside:
            self.buttons.addStretch(1)
        whole.addLayout(self.buttons)
        self.hint.setVisible(bool(hint))  # only here: without a parent it would be a window of its own

    def add(self, text: str, callback: Callable[[], object], kind: str = "") -> None:
        """Add a button."""
        self.buttons.addWidget(button(text, callback, kind))

    def say(self, text: str, hint: str = "") -> None:
        """Change the words."""
        self.text.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))


def section(title: str) -> QLabel:
    """A small heading."""
    return label(title, "caption")


def emptied(holder: QLayout) -> None:
    """Take every widget out of a layout and delete it."""
    while (item := holder.takeAt(0)) is not None:
        _delete(item.widget())


def taken(holder: QLayout, widget: QWidget) -> None:
    """Take one widget out of a layout and delete it."""
    holder.removeWidget(widget)
    _delete(widget)


def _delete(widget: QWidget | None) -> None:
    if widget is not None:
        widget.hide()
        widget.deleteLater()
