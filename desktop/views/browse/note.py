"""The note of an asset, kept when the field is left."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QPlainTextEdit

from engine.language import tr

LINES = 8  # that show at most; more are scrolled
ROOM = 26  # pixels around the words


class Note(QPlainTextEdit):
    """As high as its words; Ctrl+Enter or leaving it keeps them, Esc brings the former ones back.

    Signals:
        written: an asset and its new note.
    """

    written = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._asset = 0
        self._kept = ""
        self.setPlaceholderText(tr("Add a note"))
        self.setAccessibleName(tr("Note"))
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._fit)
        self._fit()

    def show_note(self, asset: int, text: str) -> None:
        """Show the note of an asset; what was typed for another one is kept first, what is being typed stays."""
        if asset != self._asset:
            self.keep()
        elif self.hasFocus() and self.toPlainText() != self._kept:
            return
        self._asset, self._kept = asset, text
        if self.toPlainText() != text:
            self.setPlainText(text)

    def keep(self) -> None:
        """Tell about a change, if there is one."""
        text = self.toPlainText().strip()
        if self._asset and text != self._kept:
            self._kept = text
            self.written.emit(self._asset, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            self.keep()
        elif event.key() == Qt.Key.Key_Escape and self.toPlainText() != self._kept:
            self.setPlainText(self._kept)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.keep()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self.isVisible():
            self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the words are, in lines as they are broken."""
        lines = max(1, round(self.document().size().height()))
        self.setFixedHeight(min(lines, LINES) * self.fontMetrics().lineSpacing() + ROOM)
