"""Every long task in one place: those that run with progress and time left, and those that ended lately."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import icons, tokens, words
from desktop.look.look import Look
from desktop.look.parts import Tool, label, rule
from desktop.tasks import CANCELLED, DONE, LEAST_BYTES, Ended, Task, Tasks
from engine.language import digits, tr
from engine.model.health import Activity

if TYPE_CHECKING:
    from collections.abc import Hashable

LATELY = 4  # tasks that ended


class TaskList(QFrame):
    """The tasks; hidden while there is nothing to show.

    Signals:
        cancelled: the number of a task.
        paused: the number of a task, and whether it is held.
    """

    cancelled = Signal(int)
    paused = Signal(int, bool)

    def __init__(self, look: Look, tasks: Tasks) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(tr("Tasks"))
        self._look, self._tasks = look, tasks
        self._activities: tuple[Activity, ...] = ()
        self.lines: dict[Hashable, TaskLine] = {}
        self._running = QVBoxLayout()
        self._running.setSpacing(tokens.S)
        self._line = rule()
        self._ended = QVBoxLayout()
        self._ended.setSpacing(tokens.XS)
        self.heading = label(tr("Ended lately"), "caption")
        self._shown: tuple[Ended, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(self._running)
        column.addWidget(self._line)
        column.addWidget(self.heading)
        column.addLayout(self._ended)
        tasks.changed.connect(self.refresh)
        self.refresh()

    def show_activities(self, activities: Sequence[Activity]) -> None:
        """Show what the library does by itself."""
        self._activities = tuple(activities)
        self.refresh()

    def refresh(self) -> None:
        """Show how far everything is."""
        running = self._tasks.all()
        wanted: dict[Hashable, Task | Activity] = {task.id: task for task in running}
        wanted |= {activity.title: activity for activity in self._activities}
        for gone in self.lines.keys() - wanted.keys():
            line = self.lines.pop(gone)
            self._running.removeWidget(line)
            line.hide()
            line.deleteLater()
        for key, one in wanted.items():
            if key not in self.lines:
                self.lines[key] = made = TaskLine(self._look)
                made.cancelled.connect(lambda number=key: self.cancelled.emit(number))
                made.paused.connect(lambda on, number=key: self.paused.emit(number, on))
                self._running.addWidget(made)
            self.lines[key].show_it(one)
        self._show_ended(tuple(self._tasks.ended)[:LATELY])
        self._line.setVisible(bool(wanted and self._shown))
        self.heading.setVisible(bool(self._shown))
        self.setVisible(bool(wanted or self._shown))

    def _show_ended(self, ended: tuple[Ended, ...]) -> None:
        if ended == self._shown:
            return
        self._shown = ended
        while self._ended.count():
            item = self._ended.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in ended:
            self._ended.addWidget(EndedLine(self._look, one))


class TaskLine(QWidget):
    """One that runs.

    Signals:
        cancelled: it shall end.
        paused: it shall be held (True), or go on.
    """

    cancelled = Signal()
    paused = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._held = False
        self.title = label("", "strong", wrap=True)
        self.facts = label("", "muted", wrap=True)
        for part in (self.title, self.facts):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.hold = Tool(look, "pause", tr("Pause"))
        self.hold.clicked.connect(lambda: self.paused.emit(not self._held))
        policy = self.hold.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.hold.setSizePolicy(policy)
        self.stop = Tool(look, "close", tr("Cancel"))
        self.stop.clicked.connect(self.cancelled)
        text = QVBoxLayout()
        text.setSpacing(2)
        for widget in (self.title, self.facts, self.bar):
            text.addWidget(widget)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.S)
        line.addLayout(text, 1)
        line.addWidget(self.hold)
        line.addWidget(self.stop)

    def show_it(self, one: Task | Activity) -> None:
        """Say how far it is."""
        task = one if isinstance(one, Task) else None
        done, total = (task.step.done, task.step.total) if task is not None else (one.done, one.total)  # type: ignore[union-attr]
        known = total > 0 and (task is None or task.unit != "bytes" or total >= LEAST_BYTES)
        self.title.setText(one.title)
        self.facts.setText(task_facts(task) if task is not None else activity_facts(done, total))
        self.facts.setVisible(bool(self.facts.text()))
        self.bar.setRange(0, 1000 if known else 0)
        self.bar.setValue(round(1000 * min(1.0, done / total)) if known else 0)
        self._held = task is not None and task.paused
        self.hold.setVisible(task is not None and task.pause is not None)
        self.hold.show_icon("play" if self._held else "pause")
        for tool, words_ in ((self.hold, tr("Go on") if self._held else tr("Pause")), (self.stop, tr("Cancel"))):
            tool.setToolTip(words_)
            tool.setAccessibleName(f"{words_}: {one.title}")
            tool.setEnabled(task is not None and not task.cancelled)
        self.stop.setVisible(task is not None and task.cancel is not None)
        self.setAccessibleName(f"{one.title}. {self.facts.text()}")
        self.bar.setAccessibleName(one.title)


class EndedLine(QWidget):
    """One that is over."""

    def __init__(self, look: Look, ended: Ended) -> None:
        super().__init__()
        sign = {DONE: ("check", "success"), CANCELLED: ("close", "muted")}.get(ended.how, ("warning", "danger"))
        drawing = QLabel()
        drawing.setPixmap(icons.pixmap(sign[0], getattr(look.colours, sign[1]), 16, self.devicePixelRatioF()))
        text = label(ended_words(ended), "", wrap=True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.S)
        line.addWidget(drawing, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(text, 1)
        line.addWidget(label(time.strftime("%H:%M", time.localtime(ended.at)), "small"), 0, Qt.AlignmentFlag.AlignTop)


def task_facts(task: Task) -> str:
    """`120 of 900 · 30 a second · 2 min left`; bytes as sizes."""
    step, rate = task.step, task.per_second
    if task.cancelled:
        return tr("stopping…")
    if task.unit == "bytes" and step.total < LEAST_BYTES:
        return step.text
    shown = words.size if task.unit == "bytes" else digits
    parts = (
        [tr("{done} of {total}", done=shown(round(step.done)), total=shown(round(step.total)))] if step.total else []
    )
    if not step.total and step.done:
        parts.append(shown(round(step.done)))
    if task.paused:
        parts.append(tr("paused"))
    elif rate > 0:
        fast = words.size(round(rate)) if task.unit == "bytes" else rate_words(rate)
        parts.append(tr("{rate} a second", rate=fast))
    if task.left is not None:
        parts.append(words.left(task.left))
    return " · ".join(parts)


def activity_facts(done: float, total: float) -> str:
    """How far something is that cannot be cancelled."""
    return tr("{done} of {total}", done=digits(round(done)), total=digits(round(total))) if total else ""


def rate_words(rate: float) -> str:
    """`30`, `2.5`."""
    return digits(round(rate)) if rate >= 10 else words.decimal(rate)


def ended_words(ended: Ended) -> str:
    """`Adding Holiday, done in 2 min`."""
    took = span(ended.took)
    if ended.how == DONE:
        return tr("{title}: done in {time}", title=ended.title, time=took)
    if ended.how == CANCELLED:
        return tr("{title}: cancelled after {time}", title=ended.title, time=took)
    return tr("{title}: {why}", title=ended.title, why=ended.text or tr("it did not come to its end"))


def span(seconds: float) -> str:
    """A length of time in words: 5 s, 2 min, 1.5 h."""
    if seconds < 90:
        return tr("{seconds} s", seconds=max(1, round(seconds)))
    if seconds < 5400:
        return tr("{minutes} min", minutes=round(seconds / 60))
    return tr("{hours} h", hours=words.decimal(seconds / 3600))
