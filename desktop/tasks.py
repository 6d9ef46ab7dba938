"""Long work under way, as the status strip lists it."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.look import words
from engine.language import tr

if TYPE_CHECKING:
    from engine.model import Step


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

    @property
    def share(self) -> float | None:
        """How much is done, 0..1; None when the total is unknown."""
        return min(1.0, self.step.done / self.step.total) if self.step.total > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds to the end from the rate so far; None in the first second or without a total."""
        spent = time.monotonic() - self.began
        share = self.share
        if share is None or share <= 0 or spent < 1:
            return None
        return spent * (1 - share) / share


class Tasks(QObject):
    """The list of running tasks.

    Signals:
        changed: a task began, moved or ended.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._all: dict[int, Task] = {}

    def begin(self, title: str, cancel: Callable[[], None] | None = None, unit: str = "") -> int:
        """List a task and return its number."""
        from engine.model import Step

        task = Task(next(self._numbers), title, cancel, Step(), unit)
        self._all[task.id] = task
        self.changed.emit()
        return task.id

    def move(self, task: int, step: "Step") -> None:
        """Say how far a task is."""
        if task in self._all:
            self._all[task].step = step
            self.changed.emit()

    def end(self, task: int) -> None:
        """Take a task off the list."""
        if self._all.pop(task, None) is not None:
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
