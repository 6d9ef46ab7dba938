"""The navigation at the left of the window."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from engine.language import tr


class Rail(QFrame):
    """Buttons for the views; the one of the current view is checked.

    Signals:
        chosen: the id of a view.
    """

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(round(tokens.RAIL * look.scale))
        self.setAccessibleName(tr("Views"))
        self._look = look
        self._buttons: dict[str, QToolButton] = {}
        self._icons: dict[str, str] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, tokens.S, 6, tokens.S)
        self._column.setSpacing(tokens.XS)
        self._column.addStretch(1)
        self._below = 0
        look.changed.connect(self._tint)

    def add(self, view: str, title: str, icon: str, tip: str, *, bottom: bool = False) -> None:
        """Add a button, above or below the gap."""
        made = QToolButton()
        made.setText(title)
        made.setToolTip(tip)
        made.setCheckable(True)
        made.setProperty("rail", True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setIconSize(QSize(24, 24))
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        made.clicked.connect(lambda: self.chosen.emit(view))
        self._group.addButton(made)
        self._buttons[view] = made
        self._icons[view] = icon
        if bottom:
            self._column.addWidget(made)
            self._below += 1
        else:
            self._column.insertWidget(self._column.count() - 1 - self._below, made)
        self._tint()

    def mark(self, view: str) -> None:
        """Show which view is in front (none for a view without a button)."""
        if view in self._buttons:
            self._buttons[view].setChecked(True)

    def button(self, view: str) -> QToolButton:
        """The button of a view."""
        return self._buttons[view]

    def _tint(self) -> None:
        for view, made in self._buttons.items():
            made.setIcon(self._look.icon(self._icons[view], size=24))
