"""What this program is and which library it shows: a window beside the window, which stops nobody."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label
from engine import __version__
from engine.language import tr


class About(QDialog):
    """A few sentences; deleted when it is closed."""

    def __init__(self, library: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About Kinora"))
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(label(f"Kinora {__version__}", "title"))
        what = tr(
            "A private, local-first media library. Your files stay where they are; what Kinora knows about them stays "
            "on this computer."
        )
        column.addWidget(label(what, wrap=True))
        column.addWidget(label(tr("This library: {path}", path=library), "small", wrap=True, select=True))
        line = QHBoxLayout()
        line.addStretch(1)
        self.leave = button(tr("Close"), self.close)
        line.addWidget(self.leave)
        column.addLayout(line)
        self.setMinimumWidth(420)
        self.leave.setFocus()
