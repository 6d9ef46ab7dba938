"""Where the words of a line are corrected, over the line itself."""

from PySide6.QtWidgets import QWidget

from desktop.look.linebox import LineBox
from engine.language import tr

LONGEST = 2000  # characters of a line


class WordsBox(LineBox):
    """A line to type in; Enter keeps it, Esc leaves it, an empty one takes the line away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, LONGEST)
        self.setAccessibleName(tr("Corrected words"))
        self.setPlaceholderText(tr("Nothing stands here"))
        self.hide()
