"""What the pages of the hosts view have in common: a column that scrolls, and cards in it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label
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
        self._side = QWidget()  # what is left free before the column, so that it stands below the title
        self._side.setFixedWidth(0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(_scrolling(content, self._side))

    def stand(self, side: int) -> None:
        """Leave so many pixels free before the column."""
        self._side.setFixedWidth(side)


class Gap(QWidget):
    """Room before something that asks its neighbour how wide it would like to be, as tabs do."""

    def __init__(self) -> None:
        super().__init__()
        self._wide = 0

    def take(self, wide: int) -> None:
        """Take so many pixels."""
        if wide != self._wide:
            self._wide = wide
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._wide, 1)


def _scrolling(content: QWidget, side: QWidget) -> QScrollArea:
    middle = QWidget()
    middle.setObjectName("content")
    line = QHBoxLayout(middle)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(0)
    line.addWidget(side)
    line.addWidget(content, 1000)
    line.addStretch(1)
    area = QScrollArea()
    area.setWidget(middle)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


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
