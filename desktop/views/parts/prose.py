"""The text of a document without pictures of pages, filled in slices so that a long one never holds up the window."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from desktop.look import tokens
from desktop.look.look import Look
from desktop.views.parts.script import Script, same_place
from engine.language import tr
from engine.model import Moment

COLUMN = 820  # pixels: longer lines are hard to read
PAINTED = 2000  # matches that are coloured at once

EMPTY = Script((), (), ())


class Prose(QPlainTextEdit):
    """Blocks of text by page or by time, to read and copy, with the matches marked.

    Signals:
        filled: the last slice was put in.
    """

    filled = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._script = EMPTY
        self._next = 0
        self._go: Moment | None = None
        self._current = -1
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._fill)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(tokens.XL)
        self.setObjectName("prose")
        self.setAccessibleName(tr("Text of the document"))
        look.changed.connect(self._dress)
        self._dress()

    def begin(self, script: Script) -> None:
        """Show another text."""
        self._timer.stop()
        self.clear()
        self._script, self._next, self._current, self._go = script, 0, -1, None
        self._timer.start()

    def release(self) -> None:
        """Stop filling and give back the memory."""
        self._timer.stop()
        self._script = EMPTY
        self.clear()

    def remark(self, script: Script) -> None:
        """The same text with other matches; the place that is read stays."""
        if script.slices != self._script.slices:
            self.begin(script)
            return
        self._script, self._current = script, -1
        self._paint_marks()

    def go(self, moment: Moment) -> None:
        """Show a moment; once its text is there, when it is still on its way."""
        if self._timer.isActive():
            self._go = moment
            return
        for index, match in enumerate(self._script.matches):
            if match.moment == moment:
                self._current = index
                self._move_to(match.start)
                self._paint_marks()
                return
        start = next((at for place, at in self._script.starts if same_place(place, moment)), None)
        if start is not None:
            self._move_to(start)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = max(0, (self.width() - COLUMN) // 2)
        self.setViewportMargins(side, 0, max(0, side - self.verticalScrollBar().width()), 0)
        super().resizeEvent(event)

    def step(self, direction: int) -> Moment | None:
        """Go to the next (1) or previous (-1) match, around the ends; the moment that it belongs to."""
        matches = self._script.matches
        if not matches or self._timer.isActive():
            return None
        start = self._current if self._current >= 0 or direction > 0 else 0
        self._current = (start + direction) % len(matches)
        self._move_to(matches[self._current].start)
        self._paint_marks()
        return matches[self._current].moment

    def _fill(self) -> None:
        if self._next < len(self._script.slices):
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(self._script.slices[self._next])
            self._next += 1
            return
        self._timer.stop()
        self._paint_marks()
        self.filled.emit()
        if self._go is not None:
            moment, self._go = self._go, None
            self.go(moment)

    def _move_to(self, position: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(min(position, max(0, self.document().characterCount() - 1)))
        self.setTextCursor(cursor)
        self.centerCursor()

    def _paint_marks(self) -> None:
        painted = []
        first = max(0, self._current - PAINTED // 2)
        for index, match in enumerate(self._script.matches[first : first + PAINTED], first):
            one = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(match.start)
            cursor.setPosition(match.end, QTextCursor.MoveMode.KeepAnchor)
            colours = self._look.colours
            current = index == self._current
            shape = QTextCharFormat()
            shape.setBackground(QColor(colours.accent if current else colours.mark))
            shape.setForeground(QColor(colours.on_accent if current else colours.on_mark))
            one.cursor, one.format = cursor, shape
            painted.append(one)
        self.setExtraSelections(painted)

    def _dress(self) -> None:
        self.setStyleSheet(
            f"#prose, #prose:focus {{ background: {self._look.colours.surface}; border: none; border-radius: 0;"
            f" padding: 0; font-size: {round(tokens.SUBTITLE * self._look.scale)}px; }}"
        )
        if not self._timer.isActive():
            self._paint_marks()
