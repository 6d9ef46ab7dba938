"""Where the words of a line are corrected, over the line itself."""

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.language import tr

LONGEST = 2000  # characters of a line


class WordsBox(QLineEdit):
    """A line to type in; Enter keeps it, Esc leaves it, an empty one takes the line away.

    Signals:
        given: the words, when Enter is pressed and they are others than before.
        left: it was closed.
    """

    given = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._before = ""
        self.setMaxLength(LONGEST)
        self.setAccessibleName(tr("Corrected words"))
        self.setPlaceholderText(tr("Nothing stands here"))
        self.returnPressed.connect(self._give)
        self.hide()

    def open_at(self, rect: QRect, text: str) -> None:
        """Show it over a place, with the words to correct."""
        self._before = text
        self.setText(text)
        self.setGeometry(rect)
        self.show()
        self.raise_()
        self.setFocus()
        self.selectAll()

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()  # it closes this line, and is no shortcut of the view behind
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)
        event.accept()  # what is typed here means nothing to the picture behind

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason and self.isVisible():
            self._leave()

    def _give(self) -> None:
        text = " ".join(self.text().split())
        self._leave()
        if text != self._before:
            self.given.emit(text)

    def _leave(self) -> None:
        self.hide()
        self.left.emit()
