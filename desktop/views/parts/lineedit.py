"""Where one line of a transcript is corrected, over the line itself: its words, its times, who says it."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label, row
from desktop.views.parts.times import exact, seconds
from engine.language import tr
from engine.model.lines import Line

LINES = 4  # of text that are seen at once
SAME = 0.0006  # seconds; the fields show thousandths


class Words(QPlainTextEdit):
    """The words. Enter keeps them, Esc leaves, Ctrl+Enter parts the line at the cursor.

    Signals:
        kept, left: Enter, Esc.
        parted: Ctrl+Enter.
    """

    kept = Signal()
    left = Signal()
    parted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Words of this line"))
        self.setTabChangesFocus(True)
        self.setFixedHeight(round(self.fontMetrics().lineSpacing() * LINES + 14))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            apart = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.parted if apart else self.kept).emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class LineEditor(QFrame):
    """A card with one line to correct.

    Signals:
        saved: the words, the start, the end (seconds) and the voice (or None) as they are now.
        split: the second line begins with this word (counted from 0, as a distance from the first).
        joined: make one of this line and the next.
        reverted: let what was read stand again.
        closed: nothing is to be changed.
    """

    saved = Signal(str, float, float, object)
    split = Signal(int)
    joined = Signal()
    reverted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("popup")
        self.line: Line | None = None
        self.words = Words()
        self.start, self.end = _field(tr("Begins at")), _field(tr("Ends at"))
        self.voice = QComboBox()
        self.voice.setAccessibleName(tr("Who says it"))
        self.trouble = label("", "danger", wrap=True)
        self.read = label("", "small", wrap=True)
        self.keep = button(tr("Save"), self._save, "primary")
        self.part = button(tr("Split here"), self._split)
        self.join = button(tr("Join next"), self.joined.emit)
        self.back = button(tr("Take back"), self.reverted.emit)
        self.part.setToolTip(tr("Two lines, parted at the cursor (Ctrl+Enter)"))
        self.join.setToolTip(tr("One line with the next one"))
        self.back.setToolTip(tr("What was read stands again"))
        self._lay_out()
        self.words.kept.connect(self._save)
        self.words.left.connect(self.closed)
        self.words.parted.connect(self._split)
        for field in (self.start, self.end):
            field.returnPressed.connect(self._save)
        self.hide()

    def open_at(self, rect: QRect, line: Line, voices: Sequence[tuple[int, str]], *, last: bool) -> None:
        """Show a line over its place; `voices` are the speakers of the recording, `last` says that none follows."""
        self.line = line
        self.words.setPlainText(line.text)
        self.start.setText(exact(line.moment.start or 0.0))
        self.end.setText(exact(line.moment.end if line.moment.end is not None else line.moment.start or 0.0))
        self.voice.clear()
        self.voice.addItem(tr("Nobody"), None)
        for number, name in voices:
            self.voice.addItem(name, number)
        self.voice.setCurrentIndex(max(0, self.voice.findData(line.voice)))
        self.voice.setVisible(bool(voices))
        self.join.setVisible(not last)
        self.back.setVisible(line.corrected)
        self.read.setText(tr("Read: {text}", text=line.original))
        self.read.setVisible(line.corrected and bool(line.original))
        self.trouble.hide()
        self.place(rect)
        self.show()
        self.raise_()
        self.words.setFocus()
        self.words.moveCursor(QTextCursor.MoveOperation.Start)

    def place(self, rect: QRect) -> None:
        """Stand over a place of the parent, wholly inside it where it has the room."""
        parent = self.parentWidget()
        wide = parent.width() if parent is not None else rect.width()
        high = max(self.sizeHint().height(), self.heightForWidth(wide))
        room = parent.height() if parent is not None else high
        self.setGeometry(0, max(0, min(rect.top() - tokens.S, room - high)), wide, high)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
        event.accept()  # what is typed here means nothing to the film

    @property
    def span(self) -> tuple[float, float] | None:
        """The times in the fields; None where they make no sense."""
        start, end = seconds(self.start.text()), seconds(self.end.text())
        return (start, end) if start is not None and end is not None and end > start else None

    def _save(self) -> None:
        span, line = self.span, self.line
        if line is None:
            return
        if span is None:
            self.trouble.setText(tr("These times make no sense: write 1:02.350, the end behind the beginning."))
            self.trouble.show()
            self.adjustSize()
            return
        start, end = (
            old if old is not None and abs(old - new) < SAME else new
            for old, new in zip((line.moment.start, line.moment.end), span, strict=True)
        )
        self.saved.emit(" ".join(self.words.toPlainText().split()), start, end, self.voice.currentData())

    def _split(self) -> None:
        before = len(self.words.toPlainText()[: self.words.textCursor().position()].split())
        self.split.emit(before)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, tokens.S)
        column.setSpacing(tokens.XS)
        column.addWidget(self.words)
        column.addWidget(self.read)
        column.addLayout(row(self.start, label("\N{EN DASH}", "muted"), self.end, gap=tokens.XS))
        column.addWidget(self.voice)
        column.addWidget(self.trouble)
        column.addLayout(row(self.keep, self.part, gap=tokens.XS))
        column.addLayout(row(self.join, self.back, gap=tokens.XS))


def _field(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setMinimumWidth(60)
    return made
