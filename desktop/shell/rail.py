"""The navigation at the left of the window."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from engine.language import tr

EDGE = 6  # at both sides of the buttons
DENSITIES = ("roomy", "snug", "bare")  # how the buttons look in a high, a low and a very low window


class Rail(QFrame):
    """Buttons for the views; the one of the current view is checked. In a low window they move together.

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
        self._column.setContentsMargins(EDGE, tokens.S, EDGE, tokens.S)
        self._column.setSpacing(tokens.XS)
        self._column.addStretch(1)
        self._below = 0
        self.density = DENSITIES[0]
        look.changed.connect(self._tint)

    def add(self, view: str, title: str, icon: str, tip: str, *, bottom: bool = False) -> None:
        """Add a button, above or below the gap."""
        made = QToolButton()
        made.setText(title)
        made.setToolTip(tip)
        made.setCheckable(True)
        made.setAccessibleName(title)
        made.setProperty("rail", self.density)
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
        self._widen()

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit(event.size().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit(self.height())

    def _widen(self) -> None:
        """As wide as the longest title, so that no language is cut."""
        metrics = QFontMetrics(self._look.font(tokens.CAPTION, bold=True))
        longest = max(metrics.horizontalAdvance(made.text()) for made in self._buttons.values())
        self.setFixedWidth(max(round(tokens.RAIL * self._look.scale), longest + 2 * EDGE + 2 * tokens.XS))

    def _fit(self, height: int) -> None:
        """Take the roomiest way in which all buttons fit."""
        line = QFontMetrics(self._look.font(tokens.CAPTION)).height()
        room = height - 2 * tokens.S - (len(self._buttons) + 1) * tokens.XS
        each = room // max(1, len(self._buttons))
        needs = {"roomy": 24 + line + 24, "snug": 24 + line + 12}
        density = next((name for name, need in needs.items() if each >= need), DENSITIES[-1])
        if density == self.density:
            return
        self.density = density
        bare = density == "bare"
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if bare else Qt.ToolButtonStyle.ToolButtonTextUnderIcon
        for made in self._buttons.values():
            made.setProperty("rail", density)
            made.setToolButtonStyle(style)
            made.style().unpolish(made)
            made.style().polish(made)
