"""The dialog that draws a posture to search for."""

from contextlib import suppress
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.views.parts.figure import PRESETS, Figure
from engine.language import mark, tr
from engine.packs import drawn

HOW = mark("Drag the joints, or use Tab and the arrow keys. Filled joints are the person's left side.")


class PostureDialog(QDialog):
    """Shows a figure to bend, and postures to begin with.

    Signals:
        chosen: the posture as a query has it.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget, look: Look, posture: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Draw a posture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.figure = Figure(look)
        self.note = label(tr(HOW), "small", wrap=True)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().height())
        self.presets = {name: button(tr(name), partial(self.figure.pose, joints)) for name, joints in PRESETS.items()}
        self.mirror = button(tr("Mirror"), self.figure.mirror)
        self.go = button(tr("Search"), self._choose, "primary")
        self.go.setDefault(True)
        side = QVBoxLayout()
        side.setSpacing(tokens.S)
        for widget in (label(tr("Begin with"), "caption"), *self.presets.values(), label(), self.mirror):
            side.addWidget(widget)
        side.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(tokens.L)
        middle.addWidget(self.figure, 1)
        middle.addLayout(side)
        buttons = QHBoxLayout()
        buttons.addWidget(self.note, 1)
        buttons.addWidget(button(tr("Cancel"), self.reject))
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addLayout(middle, 1)
        column.addLayout(buttons)
        if posture:
            with suppress(ValueError):  # half typed: begin anew
                self.figure.pose(drawn.read(posture))
        self.figure.grips["nose"].setFocus()

    def _choose(self) -> None:
        posture = drawn.written(self.figure.joints)
        try:
            drawn.read(posture)
        except ValueError as error:
            self.note.setText(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return
        self.accept()
        self.chosen.emit(posture)
