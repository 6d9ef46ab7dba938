"""What the pages of the hosts view have in common: a column that scrolls, and cards in it."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label, page
from desktop.operations import Operations

WIDEST = 1180  # pixels of the column


class Page(QWidget):
    """A column that is as wide as is good to read, and scrolls."""

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        content = QWidget()
        content.setObjectName("content")
        content.setMaximumWidth(WIDEST)
        self._inner = QVBoxLayout(content)
        self._inner.setContentsMargins(0, tokens.M, tokens.XS, tokens.XL)
        self._inner.setSpacing(tokens.L)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(page(content))


def card(title: str, more: QWidget | None = None, gap: int = tokens.S) -> tuple[QFrame, QVBoxLayout]:
    """A card with a title, `more` beside it, and the column below it."""
    made = QFrame()
    made.setObjectName("card")
    column = QVBoxLayout(made)
    column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
    column.setSpacing(gap)
    head = QHBoxLayout()
    head.addWidget(label(title, "subtitle", wrap=True), 1)
    if more is not None:
        head.addWidget(more)
    column.addLayout(head)
    return made, column
