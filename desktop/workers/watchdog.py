"""Watches how quickly the UI thread answers, and names what kept it when it did not.

A thread posts a pulse and notes when the UI thread takes it: the time between is how long a click would have waited.
While a pulse is late the thread looks at the stack of the UI thread, so that the culprit has a name. A pulse is
measured from the moment it was due, so that a lock on the interpreter that the UI thread holds counts as well; beside
it stands the time on the processor that the UI thread itself used meanwhile, which a busy machine does not falsify.
"""

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import FrameType

from PySide6.QtCore import QObject, Qt, Signal

from engine.observe.bare import inside

FRAME = 0.016  # seconds: a frame at 60 a second; a turn above this can be felt
STEPS = (0.016, 0.033, 0.1)  # seconds; turns above each are counted
EVERY = 0.033  # between two pulses while the window is used: half a percent of one core
CALM = 0.25  # while nobody uses it
CLOSE = 0.004  # while somebody looks on (the health view, a benchmark)
KEPT = 40  # long turns that are remembered
DEPTH = 6  # places of a stack


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the UI thread that took longer than a frame."""

    at: float  # unix seconds
    wall: float  # seconds that a pulse waited
    cpu: float  # seconds of the processor that the UI thread used in it
    doing: str  # the view and what was under way
    where: tuple[str, ...] = ()  # places in the code, innermost first; empty when no look at the stack came in time


@dataclass(frozen=True, slots=True)
class Answers:
    """How the UI thread answered so far."""

    pulses: int = 0
    over: tuple[int, ...] = (0,) * len(STEPS)  # pulses that waited longer than each of `STEPS`
    over_cpu: tuple[int, ...] = (0,) * len(STEPS)  # of these, by the time on the processor
    longest: float = 0.0  # seconds
    longest_cpu: float = 0.0
    turns: tuple[Turn, ...] = field(default=())  # the long ones, latest first

    @property
    def in_time(self) -> float:
        """The share of pulses that were answered within a frame, 0..1."""
        return 1 - self.over[0] / self.pulses if self.pulses else 1.0


class Watchdog(QObject):
    """One for the UI thread; made and closed on it.

    `doing` says what is under way (the current view); `used` and `looked_at` how closely to watch.
    """

    _pulse = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.doing = ""
        self.used = True  # the window is in front, or works
        self.shown = True  # the window can be seen at all
        self.looked_at = False
        self._lock = threading.Lock()
        self._answers = Answers()
        self._turns: deque[Turn] = deque(maxlen=KEPT)
        self._ui = threading.get_ident()
        self._taken = threading.Event()
        self._stop = threading.Event()
        self._cpu = time.thread_time()
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._pulse.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._watch, name="kinora-watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._taken.set()
        self._thread.join()

    def answers(self) -> Answers:
        """What was measured so far."""
        with self._lock:
            return replace(self._answers, turns=tuple(reversed(self._turns)))

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._answers = Answers()
            self._turns.clear()

    # --- the watching thread

    def _watch(self) -> None:
        while not self._stop.is_set():
            pause = CLOSE if self.looked_at else EVERY if self.used else CALM
            if not self.shown and not self.looked_at:
                pause = 1.0
            due = time.perf_counter() + pause
            if self._stop.wait(pause):
                return
            if not self.shown and not self.looked_at:
                continue
            with self._lock:
                self._taken.clear()
                self._seen.clear()
            self._pulse.emit(due)
            if not self._taken.wait(max(0.0, due + FRAME - time.perf_counter())):
                self._look()

    def _look(self) -> None:
        """Look at the stack of the UI thread until it takes the pulse."""
        while not self._stop.is_set():
            found = glimpse(self._ui)
            if found is not None:
                with self._lock:
                    self._seen[found] += not self._taken.is_set()
            if self._taken.wait(0.005):
                return

    # --- the UI thread

    def _take(self, due: float) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        wall, used, self._cpu = now - due, cpu - self._cpu, cpu
        self._count(wall, used)
        self._taken.set()

    def _count(self, wall: float, cpu: float) -> None:
        with self._lock:
            old = self._answers
            late = wall > FRAME
            self._answers = Answers(
                pulses=old.pulses + 1,
                over=tuple(n + (wall > step) for n, step in zip(old.over, STEPS, strict=True)),
                over_cpu=tuple(n + (late and cpu > step) for n, step in zip(old.over_cpu, STEPS, strict=True)),
                longest=max(old.longest, wall),
                longest_cpu=max(old.longest_cpu, cpu if late else 0.0),
            )
            if late:
                seen = max(self._seen, key=self._seen.__getitem__, default=())
                self._turns.append(Turn(time.time(), wall, min(cpu, wall), self.doing, seen))


def glimpse(thread: int) -> tuple[str, ...] | None:
    """Where a thread is now; None when it has ended.

    The interpreter is not handed over while the stack is held: a frame that is held while its function returns keeps
    alive what that made, and a painter that ends too late, and on this thread, takes the window with it. So no file is
    asked for here, and no name is made.
    """
    interval = sys.getswitchinterval()
    time.sleep(0)  # whoever waits for the interpreter gets it now, and not in the middle
    sys.setswitchinterval(1.0)
    try:
        stack = walked(sys._current_frames().get(thread))
    finally:
        sys.setswitchinterval(interval)
    return named(stack) if stack else None


def walked(frame: FrameType | None) -> list[tuple[str, int, str]]:
    """File, line and function of a stack, the innermost first."""
    found = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return found


def named(stack: Sequence[tuple[str, int, str]]) -> tuple[str, ...]:
    """The innermost places of a stack in the program's own code: `desktop/views/packs.py:201 _fill`."""
    found: list[str] = []
    for file, line, function in stack:
        name = inside(file)
        if "/" in name and not name.endswith("watchdog.py"):
            found.append(f"{name}:{line} {function}")
        if len(found) == DEPTH:
            break
    return tuple(found)
