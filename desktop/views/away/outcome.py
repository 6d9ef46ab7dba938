"""What becomes of a host that was just added and does not work: tried again, removed, or kept all the same."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label
from engine.language import tr
from engine.model import HostRow


class Outcome(QWidget):
    """Says that it was added, and asks.

    Signals:
        again: test it again.
        removal: take it away again.
        kept: leave it in the list.
    """

    again = Signal()
    removal = Signal()
    kept = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = label("", "strong", wrap=True)
        self.hint = label("", "small", wrap=True)
        for part in (self.text, self.hint):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.once_more = button(tr("Test again"), self.again.emit)
        self.remove = button("", self.removal.emit)
        self.keep = button(tr("Keep it in the list"), self.kept.emit)
        line = QHBoxLayout()
        line.setSpacing(tokens.S)
        for one in (self.once_more, self.remove, self.keep):
            line.addWidget(one)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.XS)
        column.addWidget(self.text)
        column.addWidget(self.hint)
        column.addLayout(line)
        self.hide()

    def show_failed(self, row: HostRow, *, stopped: bool) -> None:
        """The test failed or was stopped."""
        self.text.setText(
            tr("{name} is added. Whether it can be used is not known, because the test was stopped.", name=row.name)
            if stopped
            else tr("{name} is added, but it cannot be used yet.", name=row.name)
        )
        self.hint.setText(tr("If you keep it, it gets work as soon as it can be used."))
        self.remove.setText(tr("Remove {name}", name=row.name))
        self.show()
