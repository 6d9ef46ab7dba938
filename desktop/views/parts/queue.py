"""The head of the work view: how far the queue is, and what can be done with it as a whole."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.look.reading import idle_words
from desktop.views.parts.cards import Card
from engine.language import digits, tr, trn
from engine.model import QueueStatus


class QueueHead(QFrame):
    """A sentence, a bar and the buttons.

    Signals:
        paused: pause (True) or go on (False).
        cancelled: cancel everything that waits.
    """

    paused = Signal(bool)
    cancelled = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self.title = label("", "title")
        self.line = label("", "muted", wrap=True)
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("How far the work is"))
        self.anyway = QPushButton(tr("Go on anyway"))
        self.anyway.hide()
        self.trouble = Card(look, "warning", "")
        self.trouble.hide()
        self.pause = button(tr("Pause"), self._toggle)
        self.cancel = button(tr("Cancel what waits…"), self._ask)
        self.question = Card(look, "warning", "")
        self.question.add(tr("Keep it"), self.question.hide)
        self.question.add(tr("Cancel the jobs"), self._sure, "danger")
        self.question.hide()
        self._paused = False
        self._base = 0  # what was over before this stretch of work began
        words_ = QVBoxLayout()
        words_.setSpacing(2)
        words_.addWidget(self.title)
        words_.addWidget(self.line)
        top = QHBoxLayout()
        top.setSpacing(tokens.S)
        top.addLayout(words_, 1)
        for part in (self.anyway, self.pause, self.cancel):
            top.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.trouble)
        column.addWidget(self.question)

    def show_status(self, status: QueueStatus) -> None:
        """Show newer numbers."""
        pending, over = status.waiting + status.running, status.done + status.failed + status.cancelled
        self._paused = status.paused
        if not pending:
            self._base = over
        self._base = min(self._base, over)
        share = (over - self._base) / max(1, over - self._base + pending)
        self.bar.setValue(round(1000 * (share if pending else 1)))
        self.bar.setVisible(pending > 0)
        self.title.setText(_title(status, pending))
        self.line.setText(_line(status, pending))
        self.pause.setText(tr("Go on") if status.paused else tr("Pause"))
        self.pause.setProperty("kind", "primary" if status.paused else "")
        self.pause.style().polish(self.pause)
        self.pause.setEnabled(pending > 0 or status.paused)
        self.cancel.setEnabled(status.waiting > 0)
        self.anyway.setVisible(bool(status.resting and pending and not status.paused))
        self.trouble.say(status.trouble)
        self.trouble.setVisible(bool(status.trouble))
        if not status.waiting:
            self.question.hide()
        self.question.say(
            tr("Cancel {count}?", count=trn("{n} waiting job", "{n} waiting jobs", status.waiting)),
            tr("What was found so far stays. You find them under Cancelled and can have them done later."),
        )

    def _toggle(self) -> None:
        self.paused.emit(not self._paused)

    def _ask(self) -> None:
        self.question.show()

    def _sure(self) -> None:
        self.question.hide()
        self.cancelled.emit()


def _title(status: QueueStatus, pending: int) -> str:
    if not pending:
        return idle_words(status) if status.done or status.failed else tr("Nothing to do")
    if status.resting and not status.slowed and not status.paused:
        return status.resting
    return tr("Paused") if status.paused else tr("Reading your files")


def _line(status: QueueStatus, pending: int) -> str:
    parts = []
    if status.running:
        parts.append(tr("{running} at work", running=digits(status.running)))
    if status.waiting:
        parts.append(tr("{waiting} waiting", waiting=digits(status.waiting)))
    if status.per_second >= 0.05 and pending and not status.paused:
        parts.append(tr("{rate} files a second", rate=words.decimal(status.per_second)))
    if status.left is not None and pending and not status.paused:
        parts.append(words.left(status.left))
    if status.done:
        parts.append(tr("{done} done", done=digits(status.done)))
    if status.failed:
        parts.append(tr("{failed} failed", failed=digits(status.failed)))
    if status.slowed and pending and not status.paused:
        parts.append(status.resting)
    if status.held:
        parts.append(tr("{held} held", held=digits(status.held)))
    return " · ".join(parts) or tr("Add a folder, and Kinora reads what is in it.")
