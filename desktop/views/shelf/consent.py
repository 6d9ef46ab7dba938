"""The question that is asked before a pack with special terms is installed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.badge import badge
from desktop.look.parts import button, label
from engine.language import tr


class ConsentDialog(QDialog):
    """Shows the terms; installing needs a tick and a press, and neither is there beforehand.

    Signals:
        agreed: the terms were accepted.
    """

    agreed = Signal()

    def __init__(self, parent: QWidget, title: str, licence: str, terms: str, *, commercial: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Terms of {title}", title=title))
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(label(tr("Terms of {title}", title=title), "subtitle", wrap=True))
        if licence:
            signs = QHBoxLayout()
            signs.setSpacing(tokens.S)
            signs.addWidget(badge(licence))
            signs.addWidget(commercial_badge(commercial))
            signs.addStretch(1)
            column.addLayout(signs)
        column.addWidget(label(terms, wrap=True, select=True))
        words = tr("Kinora never takes this pack by itself. You decide whether its terms fit what you do.")
        column.addWidget(label(words, "small", wrap=True))
        self.tick = QCheckBox(tr("I have read the terms and agree to them"))
        self.go = button(tr("Install"), self._agree, "primary")
        self.go.setEnabled(False)
        self.tick.toggled.connect(self.go.setEnabled)
        self.leave = button(tr("Cancel"), self.reject)
        column.addWidget(self.tick)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.go)
        column.addLayout(buttons)
        self.setMinimumWidth(440)
        self.setMaximumWidth(640)
        self.leave.setFocus()

    def _agree(self) -> None:
        if self.tick.isChecked():
            self.accept()
            self.agreed.emit()


def commercial_badge(allowed: bool) -> QWidget:
    """Whether the licence allows to earn money with it."""
    if allowed:
        return badge(tr("Commercial use: yes"), "good", tr("The licence allows commercial use."))
    return badge(tr("Commercial use: no"), "warn", tr("The licence does not allow commercial use."))
