"""What is said, word by word: the word that sounds is marked, and a click on a word goes there."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit

from desktop.look import words
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.senses import Said
from engine.language import tr
from engine.model import Moment

AT_ONCE = 60  # sentences that are put in before the window may do something else
LINGER = 0.4  # seconds after its end in which a word stays marked


class Transcript(QTextEdit):
    """The sentences with their speakers.

    Signals:
        picked: the moment of a word.
    """

    picked = Signal(object)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._look = look
        self._filling = ops.latest()
        self._said: tuple[Said, ...] = ()
        self._starts: list[float] = []  # of the words, seconds
        self._ends: list[float] = []
        self._places: list[tuple[int, int]] = []  # of the words, in the text
        self._word = -1
        self.setObjectName("transcript")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(tr("Transcript"))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self._again)

    def show_said(self, said: Sequence[Said]) -> None:
        """Take other sentences."""
        fresh = tuple(said)
        if fresh != self._said:
            self._said = fresh
            self._again()

    def show_second(self, second: float) -> None:
        """Mark the word that sounds."""
        at = bisect_right(self._starts, second) - 1
        if at >= 0 and second > self._ends[at] + LINGER:
            at = -1
        if at == self._word:
            return
        self._word = at
        self._mark()

    @property
    def word(self) -> str:
        """The word that is marked."""
        if not 0 <= self._word < len(self._places):
            return ""
        start, end = self._places[self._word]
        return self.toPlainText()[start:end]

    def word_at(self, position: int) -> int | None:
        """The word at a place of the text."""
        at = bisect_right(self._places, (position, 1 << 60)) - 1
        return at if at >= 0 and position <= self._places[at][1] else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self._pick(self.cursorForPosition(event.position().toPoint()).position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self.textCursor().position())
        else:
            super().keyPressEvent(event)

    def _pick(self, position: int) -> None:
        at = self.word_at(position)
        if at is not None:
            self.picked.emit(Moment(start=self._starts[at], end=self._ends[at]))

    def _mark(self) -> None:
        if not 0 <= self._word < len(self._places):
            self.setExtraSelections([])
            return
        start, end = self._places[self._word]
        mark = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(self._look.colour("mark"))
        look.setForeground(self._look.colour("on_mark"))
        mark.cursor, mark.format = cursor, look
        self.setExtraSelections([mark])
        if not self.hasFocus():
            place = self.cursorRect(cursor)
            if not self.viewport().rect().adjusted(0, 20, 0, -20).contains(place.center()):
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + place.center().y() - self.viewport().height() // 3)

    def _again(self) -> None:
        self._starts, self._ends, self._places, self._word = [], [], [], -1
        self.clear()
        self._filling.start(self._fill(self._said))

    async def _fill(self, said: tuple[Said, ...]) -> None:
        speaker: str | None = None
        cursor = QTextCursor(self.document())
        plain, head, time = self._formats()
        for number, one in enumerate(said):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            cursor.beginEditBlock()
            if one.speaker != speaker:
                speaker = one.speaker
                cursor.insertText(("\n" if number else "") + (f"{speaker}\n" if speaker else ""), head)
            cursor.insertText(f"{words.clock(one.start)}  ", time)
            for start, end, word in one.words:
                place = cursor.position()
                cursor.insertText(word, plain)
                self._places.append((place, cursor.position()))
                self._starts.append(start)
                self._ends.append(end)
                cursor.insertText(" ", plain)
            cursor.insertText("\n", plain)
            cursor.endEditBlock()

    def _formats(self) -> tuple[QTextCharFormat, QTextCharFormat, QTextCharFormat]:
        plain, head, time = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        plain.setForeground(self._look.colour("text"))
        head.setForeground(self._look.colour("accent"))
        head.setFontWeight(600)
        time.setForeground(self._look.colour("muted"))
        return plain, head, time
