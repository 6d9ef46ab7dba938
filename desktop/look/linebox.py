"""A line to type in that opens over a place of a view, and goes when it is left."""

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class LineBox(QLineEdit):
    """Enter asks `give` what becomes of the text; Esc and a click elsewhere leave it as it was.

    Signals:
        given: the text, as `give` says.
        left: it was closed.
    """

    given = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None, longest: int) -> None:
        super().__init__(parent)
        self.before = ""
        self.setMaxLength(longest)
        self.returnPressed.connect(lambda: self.give(" ".join(self.text().split())))

    def give(self, text: str) -> None:
        """Take what was typed (spaces put right)."""
        self.leave()
        if text != self.before:
            self.given.emit(text)

    def open_at(self, rect: QRect, text: str) -> None:
        """Show it over a place, with the text to change."""
        self.before = text
        self.setText(text)
        self.setGeometry(rect)
        self.show()
        self.raise_()
        self.setFocus()
        self.selectAll()

    def leave(self) -> None:
        """Close it without a change."""
        self.hide()
        self.left.emit()

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
            self.leave()
            return
        super().keyPressEvent(event)
        event.accept()  # what is typed here means nothing to the view behind

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason and self.isVisible():
            self.leave()
