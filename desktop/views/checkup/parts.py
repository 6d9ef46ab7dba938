"""The parts of the library with their state, and a button for what mends one."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.badge import badge
from desktop.look.parts import button, label, rule
from engine.language import mark, tr
from engine.model.health import Part, State

SIGNS = {
    State.FINE: (mark("In order"), "good"),
    State.BUSY: (mark("At work"), "accent"),
    State.OFF: (mark("Off"), "plain"),
    State.LOOK: (mark("Worth a look"), "warn"),
    State.BROKEN: (mark("Broken"), "bad"),
}
FIXES = {
    "work": mark("Show the work"),
    "retry": mark("Try again"),
    "resume": mark("Go on"),
    "go_on": mark("Go on anyway"),
    "packs": mark("Packs"),
    "hosts": mark("Hosts"),
    "check": mark("Check it"),
    "rescan": mark("Look for changes"),
    "settings": mark("Settings"),
    "folder": mark("Open the folder"),
}
SIGN = 112  # width of the state
FIX = 150  # and of the button


class PartLine(QWidget):
    """One part.

    Signals:
        asked: what mends it.
    """

    asked = Signal(str)

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part
        self.title = label("", "strong")
        self.text = label("", wrap=True, select=True)
        self.hint = label("", "small", wrap=True)
        for one in (self.text, self.hint):
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.sign: QLabel = badge("", "plain")
        self.fix = button("", lambda: self.asked.emit(self.part.fix), "quiet")
        words = QVBoxLayout()
        words.setSpacing(1)
        for one in (self.title, self.text, self.hint):
            words.addWidget(one)
        holder = QWidget()
        holder.setFixedWidth(SIGN)
        place = QHBoxLayout(holder)
        place.setContentsMargins(0, 0, 0, 0)
        place.addWidget(self.sign)
        place.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, tokens.XS, 0, tokens.XS)
        line.setSpacing(tokens.M)
        line.addWidget(holder, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addLayout(words, 1)
        line.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignVCenter)
        self._show(part)

    def show_part(self, part: Part) -> None:
        """Show newer words."""
        if part != self.part:
            self._show(part)

    def _show(self, part: Part) -> None:
        self.part = part
        words, tone = SIGNS[part.state]
        self.sign.setText(tr(words))
        if self.sign.property("badge") != tone:
            self.sign.setProperty("badge", tone)
            self.sign.style().unpolish(self.sign)
            self.sign.style().polish(self.sign)
        self.title.setText(part.title)
        self.text.setText(part.text)
        self.hint.setText(part.hint)
        self.hint.setVisible(bool(part.hint))
        self.fix.setVisible(part.fix in FIXES)
        if part.fix in FIXES:
            self.fix.setText(tr(FIXES[part.fix]))
            self.fix.setAccessibleName(f"{part.title}: {self.fix.text()}")
        self.setAccessibleName(f"{part.title}: {self.sign.text()}. {part.text} {part.hint}".strip())


class Parts(QFrame):
    """All of them.

    Signals:
        asked: what mends a part.
    """

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.lines: dict[str, PartLine] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(tokens.L, tokens.S, tokens.L, tokens.S)
        self._column.setSpacing(tokens.XS)

    def missing(self, parts: Sequence[Part]) -> list[Part]:
        """Those that have no line yet."""
        return [part for part in parts if part.name not in self.lines]

    def add(self, part: Part) -> None:
        """Add the line of a part; apart from the rest, for it takes milliseconds to make."""
        if self.lines:
            self._column.addWidget(rule())
        made = PartLine(part)
        made.asked.connect(self.asked)
        self.lines[part.name] = made
        self._column.addWidget(made)

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show newer words."""
        for part in parts:
            if part.name in self.lines:
                self.lines[part.name].show_part(part)
