"""The status strip under the views: how far the reading is, and the tasks that run."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Tool, button
from desktop.look.reading import idle_words, queue_words
from desktop.tasks import byte_words
from engine.language import digits, tr

if TYPE_CHECKING:
    from desktop.tasks import Task, Tasks
    from engine.model import QueueStatus

WIDE, LEAST = 340, 90  # of the words of a task, and of its title where there is little room
SHOWN = 1  # tasks that show; the others are counted, and the work view lists them all


class Strip(QFrame):
    """One line of what goes on.

    Signals:
        pause_asked: pause (True) or go on (False).
        cancel_asked: the number of a task.
        work_asked: show the work.
        anyway_asked: go on although it pauses by itself.
    """

    anyway_asked = Signal()
    pause_asked = Signal(bool)
    cancel_asked = Signal(int)
    work_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("strip")
        self._look = look
        self._done_before = 0
        self._paused = False
        self._tasks: Tasks | None = None
        self._text = ClickLabel()
        self._text.setMinimumWidth(60)
        self._text.clicked.connect(self.work_asked)
        self._bar = progress()
        self._pause = Tool(look, "pause", tr("Pause the work"))
        self._pause.clicked.connect(lambda: self.pause_asked.emit(not self._paused))
        self.anyway = button(tr("Go on anyway"), self.anyway_asked.emit, "quiet")
        self.anyway.setVisible(False)
        self._tasks_row = QHBoxLayout()
        self._tasks_row.setSpacing(tokens.M)
        line = QHBoxLayout(self)
        line.setContentsMargins(tokens.L, 2, tokens.S, 2)
        line.setSpacing(tokens.S)
        line.addWidget(self._bar)
        line.addWidget(self._text, 1)
        line.addWidget(self.anyway)
        line.addWidget(self._pause)
        line.addLayout(self._tasks_row)
        self._pieces: dict[int, TaskPiece] = {}
        self._more = ClickLabel()
        self._more.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._more.clicked.connect(self.work_asked)
        self._more.hide()
        self._tasks_row.addWidget(self._more)
        self.setFixedHeight(round(36 * look.scale))
        self._idle(tr("Opening the library…"))
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._refresh)

    @property
    def text(self) -> str:
        """The sentence about the queue."""
        return self._text.text()

    def watch(self, tasks: "Tasks") -> None:
        """Show these tasks."""
        self._tasks = tasks
        tasks.changed.connect(self._refresh)

    def show_queue(self, status: "QueueStatus") -> None:
        """Say how far the reading is."""
        over = status.done + status.failed + status.cancelled
        pending = status.waiting + status.running
        self._paused = status.paused
        self._pause.show_icon("play" if status.paused else "pause")
        self._pause.setToolTip(tr("Go on") if status.paused else tr("Pause the work"))
        self._pause.setAccessibleName(self._pause.toolTip())
        self.anyway.setVisible(bool(status.resting and pending and not status.paused))
        if not pending:
            self._done_before = over
            self._idle(idle_words(status))
            return
        # What was ready before this batch began is not counted into it.
        self._done_before = min(self._done_before, over)
        done, total = over - self._done_before, over - self._done_before + pending
        self._say(queue_words(status, done, total), "warning" if status.trouble else "")
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._bar.setVisible(True)
        self._pause.setVisible(True)

    def say(self, text: str) -> None:
        """Show a sentence in place of the queue."""
        self._idle(text)

    def close_strip(self) -> None:
        """Stop the timer."""
        self._tick.stop()

    def _idle(self, text: str) -> None:
        self._say(text, "")
        self._bar.setVisible(False)
        self._pause.setVisible(self._paused)

    def _say(self, text: str, role: str) -> None:
        if self._text.text() != text:
            self._text.setText(text)
        if self._text.property("role") != (role or "small"):
            self._text.setProperty("role", role or "small")
            self._text.style().unpolish(self._text)
            self._text.style().polish(self._text)

    def _refresh(self) -> None:
        tasks = self._tasks.all() if self._tasks is not None else ()
        for gone in [number for number in self._pieces if number not in {task.id for task in tasks[:SHOWN]}]:
            piece = self._pieces.pop(gone)
            self._tasks_row.removeWidget(piece)
            piece.deleteLater()
        for task in tasks[:SHOWN]:
            if task.id not in self._pieces:
                self._pieces[task.id] = piece = TaskPiece(self._look, task.id)
                piece.cancelled.connect(self.cancel_asked)
                piece.opened.connect(self.work_asked)
                self._tasks_row.insertWidget(self._tasks_row.count() - 1, piece)
            self._pieces[task.id].show_task(task)
        more = len(tasks) - SHOWN
        self._more.setText(tr("and {more} more", more=more) if more > 0 else "")
        self._more.setVisible(more > 0)
        if tasks and not self._tick.isActive():
            self._tick.start()
        elif not tasks:
            self._tick.stop()


class TaskPiece(QWidget):
    """One task: its words, a bar, and a way to end it."""

    cancelled = Signal(int)
    opened = Signal()

    def __init__(self, look: Look, number: int) -> None:
        super().__init__()
        self._words = ClickLabel()
        self._words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._words.setMaximumWidth(WIDE + LEAST)
        self._words.clicked.connect(self.opened)
        self._bar = progress()
        self._stop = Tool(look, "close", tr("Cancel"))
        self._stop.clicked.connect(lambda: self.cancelled.emit(number))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.S)
        for part in (self._words, self._bar, self._stop):
            line.addWidget(part)

    def show_task(self, task: "Task") -> None:
        """Say how far it is."""
        room = WIDE - self._words.fontMetrics().horizontalAdvance(task_words(task, ""))
        title = self._words.fontMetrics().elidedText(task.title, Qt.TextElideMode.ElideMiddle, max(LEAST, room))
        self._words.setText(task_words(task, title))
        self._words.setToolTip(task.step.text)
        share = task.share
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(0 if share is None else round(share * 1000))
        self._stop.setVisible(task.cancel is not None)
        self._stop.setEnabled(not task.cancelled)
        self.setAccessibleName(self._words.text())


class ClickLabel(QLabel):
    """Words that can be clicked."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "small")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def mouseReleaseEvent(self, _event: object) -> None:
        self.clicked.emit()


def progress() -> QProgressBar:
    """A thin bar of fixed width."""
    made = QProgressBar()
    made.setTextVisible(False)
    made.setFixedWidth(110)
    return made


def task_words(task: "Task", title: str) -> str:
    """`Adding Holiday: 40 of 120, 2 min left`."""
    if task.cancelled:
        return tr("{title}: stopping…", title=title)
    if task.paused:
        return tr("{title}: paused", title=title)
    if task.unit == "bytes":
        return ": ".join(part for part in (title, byte_words(task)) if part)
    if task.step.total > 0:
        text = tr(
            "{title}: {done} of {total}",
            title=title,
            done=digits(round(task.step.done)),
            total=digits(round(task.step.total)),
        )
        return f"{text}, {words.left(task.left)}" if task.left is not None else text
    return f"{title}: {digits(round(task.step.done))}" if task.step.done else title
