"""Small widgets that every view uses: labels, buttons, chips, rules, empty states."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.look import icons, tokens
from desktop.look.look import Look


def label(text: str = "", role: str = "", *, wrap: bool = False, select: bool = False) -> QLabel:
    """A label in a step of the type scale; plain text, never markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if select:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def button(text: str, callback: Callable[[], object], kind: str = "") -> QPushButton:
    """A push button: plain, primary, quiet or danger."""
    made = QPushButton(text)
    if kind:
        made.setProperty("kind", kind)
    made.clicked.connect(lambda _checked=False: callback())
    made.setAutoDefault(False)
    return made


class Tool(QToolButton):
    """An icon button that keeps its colour right when the theme changes."""

    def __init__(self, look: Look, icon: str, tip: str, *, text: str = "", checkable: bool = False) -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setCheckable(checkable)
        self.setAutoRaise(True)
        if text:
            self.setText(text)
            self.setProperty("labelled", True)
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        look.changed.connect(self._recolour)
        self._tint()

    def show_icon(self, icon: str) -> None:
        """Change the drawing."""
        self._icon = icon
        self._tint()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._tint()

    def _recolour(self) -> None:
        if self.isVisible():
            self._tint()
        else:  # most buttons are in views that do not show
            self._stale = True

    def _tint(self) -> None:
        self._stale = False  # True: the icon has the colour of another theme
        self.setIcon(self._look.icon(self._icon))


def choose(card: QWidget, chosen: bool) -> None:
    """Draw a card as the one that is meant, or as any other."""
    if card.property("chosen") != chosen:
        card.setProperty("chosen", chosen)
        card.style().unpolish(card)
        card.style().polish(card)


def rule() -> QFrame:
    """A thin horizontal line."""
    made = QFrame()
    made.setObjectName("line")
    made.setFixedHeight(1)
    return made


def row(*widgets: QWidget, gap: int = tokens.S, stretch: int | None = None) -> QHBoxLayout:
    """Widgets side by side; `stretch` is the index that takes the room."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(gap)
    for index, widget in enumerate(widgets):
        made.addWidget(widget, 1 if index == stretch else 0)
    return made


def page(content: QWidget) -> QScrollArea:
    """A column in the middle of a view that scrolls; `content` says how wide it may be."""
    middle = QWidget()
    middle.setObjectName("content")
    line = QHBoxLayout(middle)
    line.setContentsMargins(0, 0, 0, 0)
    line.addStretch(1)
    line.addWidget(content, 1000)
    line.addStretch(1)
    area = QScrollArea()
    area.setWidget(middle)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class Empty(QWidget):
    """What a page shows when it has nothing: a drawing, a sentence, what to do."""

    def __init__(self, look: Look, icon: str, title: str, text: str = "", *, small: bool = False) -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self._size = 28 if small else 56  # `small`: for a place that is low
        self._drawing = QLabel()
        self._drawing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drawing.setMinimumHeight(self._size)
        self.title = label(title, "subtitle" if small else "title", wrap=True)
        self.text = label(text, "muted", wrap=True)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(tokens.S)
        self.buttons.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        edge = tokens.S if small else tokens.XL
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(tokens.S if small else tokens.M)
        column.addStretch(2)
        column.addWidget(self._drawing)
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setMaximumWidth(520)
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
            holder = QHBoxLayout()
            holder.addStretch(1)
            holder.addWidget(part, 8)
            holder.addStretch(1)
            column.addLayout(holder)
        column.addSpacing(tokens.S)
        column.addLayout(self.buttons)
        column.addStretch(3)
        look.changed.connect(self._tint)
        self._tint()

    def show_icon(self, icon: str) -> None:
        """Change the drawing."""
        self._icon = icon
        self._tint()

    def add(self, text: str, callback: Callable[[], object], kind: str = "") -> QPushButton:
        """Add a button under the text."""
        made = button(text, callback, kind)
        self.buttons.addWidget(made)
        return made

    def clear(self) -> None:
        """Take the buttons away."""
        while self.buttons.count():
            item = self.buttons.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _tint(self) -> None:
        self._drawing.setPixmap(
            icons.pixmap(self._icon, self._look.colours.faint, self._size, self.devicePixelRatioF())
        )
