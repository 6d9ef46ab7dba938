"""Long work under way, as the status strip lists it."""

import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.look import words
from engine.language import mark, tr

if TYPE_CHECKING:
    from engine.model import Step


DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
ADDING = mark("Adding files")  # the plain title of an import
REMEMBERED = 30  # tasks that ended
WINDOW = 15.0  # seconds over which the rate is measured
LEAST_BYTES = 10_000  # a step with a smaller total counts files or checks, not bytes


@dataclass(slots=True)
class Task:
    """One long piece of work: its words, how far it is, and how to end it."""

    id: int
    title: str
    cancel: Callable[[], None] | None
    step: "Step"
    unit: str = ""  # "bytes", or empty for things that are counted
    began: float = field(default_factory=time.monotonic)  # monotonic seconds
    cancelled: bool = False
    pause: Callable[[bool], None] | None = None  # holds it, or lets it go on; None where it cannot be held
    paused: bool = False
    plain: str = ""  # the title without names of people, files and folders
    seen: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=256))  # when, how much was done

    @property
    def per_second(self) -> float:
        """What was done in a second of late; 0 before that can be told."""
        if len(self.seen) < 2:
            return 0.0
        (first, before), (last, now) = self.seen[0], self.seen[-1]
        return max(0.0, (now - before) / (last - first)) if last - first >= 0.5 else 0.0

    @property
    def share(self) -> float | None:
        """How much is done, 0..1; None when the total is unknown."""
        return min(1.0, self.step.done / self.step.total) if self.step.total > 0 else None

    def take(self, step: "Step") -> None:
        """Note how far it is."""
        now = time.monotonic()
        if self.seen and step.done < self.seen[-1][1]:
            self.seen.clear()  # it counts something else now
        self.step = step
        self.seen.append((now, step.done))
        while now - self.seen[0][0] > WINDOW:
            self.seen.popleft()

    @property
    def left(self) -> float | None:
        """Seconds to the end from the rate so far; None in the first second, while it is held, or without a total."""
        if self.paused:
            return None
        spent = time.monotonic() - self.began
        share = self.share
        if share is None or share <= 0 or spent < 1:
            return None
        return spent * (1 - share) / share


@dataclass(frozen=True, slots=True)
class Ended:
    """A task that is over."""

    title: str
    plain: str
    how: str  # DONE, FAILED, CANCELLED
    text: str  # why it failed
    took: float  # seconds
    at: float  # unix seconds
    count: float  # how much was done
    unit: str = ""


class Tasks(QObject):
    """The list of running tasks, and of those that ended lately.

    Signals:
        changed: a task began, moved or ended.
        over: an `Ended`.
    """

    changed = Signal()
    over = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._all: dict[int, Task] = {}
        self.ended: deque[Ended] = deque(maxlen=REMEMBERED)  # the latest first

    def begin(
        self,
        title: str,
        cancel: Callable[[], None] | None = None,
        unit: str = "",
        *,
        pause: Callable[[bool], None] | None = None,
        plain: str = "",
    ) -> int:
        """List a task and return its number."""
        from engine.model import Step

        task = Task(next(self._numbers), title, cancel, Step(), unit, pause=pause, plain=plain)
        self._all[task.id] = task
        self.changed.emit()
        return task.id

    def move(self, task: int, step: "Step") -> None:
        """Say how far a task is."""
        if task in self._all:
            self._all[task].take(step)
            self.changed.emit()

    def end(self, task: int, how: str = DONE, text: str = "") -> None:
        """Take a task off the list of those that run."""
        gone = self._all.pop(task, None)
        if gone is None:
            return
        how = CANCELLED if gone.cancelled and how == DONE else how
        took = time.monotonic() - gone.began
        told = Ended(gone.title, gone.plain, how, text, took, time.time(), gone.step.done, gone.unit)
        self.ended.appendleft(told)
        self.over.emit(told)  # first: what tells of it may leave with the last task
        self.changed.emit()

    def pause(self, task: int, paused: bool) -> None:
        """Hold a task, or let it go on."""
        found = self._all.get(task)
        if found is None or found.pause is None or found.paused == paused:
            return
        found.paused = paused
        found.seen.clear()
        found.pause(paused)
        self.changed.emit()

    def cancel(self, task: int) -> None:
        """Ask a task to end."""
        found = self._all.get(task)
        if found is None or found.cancel is None or found.cancelled:
            return
        found.cancelled = True
        found.cancel()
        self.changed.emit()

    def titled(self, title: str) -> Task | None:
        """The running task of that title."""
        return next((task for task in self._all.values() if task.title == title), None)

    def all(self) -> tuple[Task, ...]:
        """The running tasks, oldest first."""
        return tuple(self._all.values())

    def clear(self) -> None:
        """Forget every task (the program ends)."""
        self._all.clear()


def byte_words(task: Task) -> str:
    """`12 MB of 40 MB, 2 min left`; the words of the step where it counts no bytes."""
    step = task.step
    if step.total < LEAST_BYTES:
        return step.text
    text = tr("{size} of {size2}", size=words.size(round(step.done)), size2=words.size(round(step.total)))
    return f"{text}, {words.left(task.left)}" if task.left is not None else text
