"""The frame of a step: a heading, a sentence, what it holds, and its buttons."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label

WIDTH = 760


class Step(QWidget):
    """A page of the first start; `primary` is what Return presses."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.primary: QPushButton | None = None
        self.body = QVBoxLayout()
        self.body.setSpacing(tokens.M)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(tokens.S)
        self._buttons.addStretch(1)
        area = QScrollArea(self)  # from the outside in: whatever moves into another widget is styled again
        middle = QWidget(area)
        content = QWidget(middle)
        content.setObjectName("content")
        content.setMaximumWidth(WIDTH)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.XL, tokens.S, tokens.XL, tokens.L)
        inner.setSpacing(tokens.M)
        inner.addWidget(label(title, "display", wrap=True))
        inner.addWidget(label(text, "muted", wrap=True))
        inner.addLayout(self.body)
        inner.addStretch(1)
        middle.setObjectName("content")
        across = QHBoxLayout(middle)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(content, 1000)
        across.addStretch(1)
        area.setWidget(middle)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QWidget(self)
        foot.setMaximumWidth(WIDTH)
        foot_line = QHBoxLayout(foot)
        foot_line.setContentsMargins(tokens.XL, tokens.S, tokens.XL, tokens.L)
        foot_line.addLayout(self._buttons)
        foot_row = QHBoxLayout()
        foot_row.addStretch(1)
        foot_row.addWidget(foot, 1000)
        foot_row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)
        column.addLayout(foot_row)

    def add_button(self, text: str, callback: Callable[[], object], kind: str = "") -> QPushButton:
        """Add a button below; the primary one takes the focus when the step opens."""
        made = button(text, callback, kind)
        self._buttons.addWidget(made)
        if kind == "primary":
            self.primary = made
        return made
