"""A titled group of settings of which those that fit a search stay."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import label, rule


class Card(QWidget):
    """A heading and a framed column of entries."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._entries: list[tuple[QWidget, QFrame | None, str]] = []
        frame = QFrame()
        frame.setObjectName("card")
        self._column = QVBoxLayout(frame)
        self._column.setContentsMargins(tokens.L, tokens.S, tokens.L, tokens.S)
        self._column.setSpacing(tokens.XS)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(tokens.S)
        outer.addWidget(label(title, "subtitle"))
        outer.addWidget(frame)
        self._title = title

    def add(self, widget: QWidget, words: str) -> None:
        """Add an entry that is found by these words."""
        line = rule() if self._entries else None
        if line is not None:
            self._column.addWidget(line)
        self._column.addWidget(widget)
        self._entries.append((widget, line, f"{self._title} {words}".lower()))

    def filter(self, text: str) -> bool:
        """Show the entries that have all the words; False when none is left."""
        wanted = text.lower().split()
        shown = 0
        for widget, line, words in self._entries:
            fits = all(word in words for word in wanted)
            widget.setVisible(fits)
            if line is not None:
                line.setVisible(fits and shown > 0)
            shown += fits
        self.setVisible(shown > 0)
        return shown > 0
