"""What is said, word by word: the word that sounds is marked, and a click on a word goes there."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.senses import Said
from engine.language import tr
from engine.model import Moment

AT_ONCE = 60  # sentences that are put in before the window may do something else
MOST_FOUND = 2000  # places of words that are marked at once
LINGER = 0.4  # seconds after its end in which a word stays marked


class Transcript(QTextEdit):
    """The sentences with their speakers.

    Signals:
        picked: the moment of a word.
        edited: correct a sentence (its number).
        menu_asked: a menu for a sentence (its number, or -1), at a global point.
        filled: all sentences are in.
    """

    picked = Signal(object)
    edited = Signal(int)
    menu_asked = Signal(int, QPoint)
    filled = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._look = look
        self._filling = ops.latest()
        self._said: tuple[Said, ...] = ()
        self._kept_scroll = 0
        self._starts: list[float] = []  # of the words, seconds
        self._ends: list[float] = []
        self._places: list[tuple[int, int]] = []  # of the words, in the text
        self._word = -1
        self._blocks: list[int] = []  # the paragraph of each sentence
        self._found: list[QTextEdit.ExtraSelection] = []
        self._wanted = ""
        self.follows = True  # the text scrolls with what sounds
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
            same = [(one.start, one.end) for one in fresh] == [(one.start, one.end) for one in self._said]
            self._kept_scroll = self.verticalScrollBar().value() if same or self._said[:1] == fresh[:1] else 0
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
    def said(self) -> tuple[Said, ...]:
        """The sentences."""
        return self._said

    def sentence_at(self, position: int) -> int:
        """The number of the sentence at a place of the text, -1 where there is none."""
        block = self.document().findBlock(position).blockNumber()
        at = bisect_right(self._blocks, block) - 1
        return at if at >= 0 and self._blocks[at] == block else -1

    def rect_of(self, number: int) -> QRect:
        """Where a sentence is, in the viewport; an empty place while the text is being set."""
        if not 0 <= number < len(self._blocks):
            return QRect()
        block = self.document().findBlockByNumber(self._blocks[number])
        rect = self.document().documentLayout().blockBoundingRect(block)
        return rect.toRect().translated(0, -self.verticalScrollBar().value())

    def reveal(self, number: int) -> None:
        """Scroll so that a sentence is seen."""
        rect = self.rect_of(number)
        if not self.viewport().rect().contains(rect):
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + rect.top() - self.viewport().height() // 4)

    def find_words(self, wanted: str) -> int:
        """Mark every place where these words stand; return how many."""
        self._wanted = wanted.strip()
        self._found = []
        cursor = QTextCursor(self.document())
        form = QTextCharFormat()
        form.setBackground(self._look.colour("accent_soft"))
        while self._wanted and len(self._found) < MOST_FOUND:
            cursor = self.document().find(self._wanted, cursor)
            if cursor.isNull():
                break
            found = QTextEdit.ExtraSelection()
            found.cursor, found.format = QTextCursor(cursor), form
            self._found.append(found)
        self._mark()
        return len(self._found)

    def next_found(self, way: int = 1) -> None:
        """Choose the next (1) or previous (-1) place that was found; around the ends."""
        if not self._found:
            return
        here = self.textCursor()
        starts = [one.cursor.selectionStart() for one in self._found]
        if way > 0:
            number = next(
                (n for n, at in enumerate(starts) if at >= here.selectionEnd() and at != here.selectionStart()), 0
            )
        else:
            number = next(
                (n for n in reversed(range(len(starts))) if starts[n] < here.selectionStart()), len(starts) - 1
            )
        self.setTextCursor(self._found[number].cursor)
        self.ensureCursorVisible()

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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._edit(self.cursorForPosition(event.position().toPoint()).position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        cursor = self.textCursor() if by_key else self.cursorForPosition(event.pos())
        point = self.viewport().mapToGlobal(self.cursorRect().bottomLeft()) if by_key else event.globalPos()
        self.menu_asked.emit(self.sentence_at(cursor.position()), point)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_F2
        ):
            event.accept()  # F2 means the line here, and not what has the focus in the picture
            return True
        return super().event(event)

    def _edit(self, position: int) -> None:
        number = self.sentence_at(position)
        if number >= 0:
            self.edited.emit(number)

    def _edit_near(self, position: int) -> None:
        """Correct the sentence at a place; where none is (the space below the last one), the one before."""
        block = self.document().findBlock(position).blockNumber()
        if self._blocks:
            self.edited.emit(max(0, bisect_right(self._blocks, block) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self.textCursor().position())
        elif event.key() == Qt.Key.Key_F2:
            self._edit_near(self.textCursor().position())
        else:
            super().keyPressEvent(event)

    def _pick(self, position: int) -> None:
        at = self.word_at(position)
        if at is not None:
            self.picked.emit(Moment(start=self._starts[at], end=self._ends[at]))

    def _mark(self) -> None:
        """Mark the sentence and the word that sound, and what was looked for."""
        if not 0 <= self._word < len(self._places):
            self.setExtraSelections(self._found)
            return
        start, end = self._places[self._word]
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        word, spot = QTextEdit.ExtraSelection(), QTextCharFormat()
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        spot.setBackground(self._look.colour("mark"))
        spot.setForeground(self._look.colour("on_mark"))
        word.cursor, word.format = cursor, spot
        self.setExtraSelections([*self._found, word])
        self.viewport().update()
        if self.follows and not self.hasFocus():
            place = self.cursorRect(cursor)
            if not self.viewport().rect().adjusted(0, 20, 0, -20).contains(place.center()):
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + place.center().y() - self.viewport().height() // 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A soft ground behind the sentence that sounds."""
        number = self.sentence_at(self._places[self._word][0]) if 0 <= self._word < len(self._places) else -1
        if number >= 0:
            with QPainter(self.viewport()) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._look.colour("hover"))
                ground = self.rect_of(number).adjusted(-4, -2, 4, 2)
                painter.drawRoundedRect(ground, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        super().paintEvent(event)

    def _again(self) -> None:
        self._starts, self._ends, self._places, self._word = [], [], [], -1
        self._blocks, self._found = [], []
        self.clear()
        self._filling.start(self._fill(self._said))

    async def _fill(self, said: tuple[Said, ...]) -> None:
        speaker: str | None = None
        cursor = QTextCursor(self.document())
        plain, head, time = self._formats()
        apart = QTextBlockFormat()
        apart.setBottomMargin(tokens.XS + 2)
        for number, one in enumerate(said):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            cursor.beginEditBlock()
            cursor.setBlockFormat(apart)
            if one.speaker != speaker:
                speaker = one.speaker
                cursor.insertText(("\n" if number else "") + (f"{speaker}\n" if speaker else ""), head)
            self._blocks.append(cursor.blockNumber())
            cursor.insertText(f"{words.clock(one.start)}  ", time)
            for start, end, word in one.words:
                place = cursor.position()
                cursor.insertText(word, plain)
                self._places.append((place, cursor.position()))
                self._starts.append(start)
                self._ends.append(end)
                cursor.insertText(" ", plain)
            if one.corrected:
                cursor.insertText("✎", time)  # a sign that a person wrote this
            cursor.insertText("\n", plain)
            cursor.endEditBlock()
        self.verticalScrollBar().setValue(self._kept_scroll)
        if self._wanted:
            self.find_words(self._wanted)
        self.filled.emit()

    def _formats(self) -> tuple[QTextCharFormat, QTextCharFormat, QTextCharFormat]:
        plain, head, time = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        plain.setForeground(self._look.colour("text"))
        head.setForeground(self._look.colour("accent"))
        head.setFontWeight(600)
        time.setForeground(self._look.colour("muted"))
        return plain, head, time
