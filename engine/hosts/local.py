"""This machine as a host: worker processes under a heartbeat, a deadline and a cap on memory, renewed now and then."""

import contextlib
import logging
import os
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from engine.errors import DeadlineExceeded, KinoraError, OutOfMemory, WorkerCrashed
from engine.hosts.base import Listener, Lost
from engine.hosts.child import START_DEADLINE, Child
from engine.jobs import wire
from engine.language import mark, tr

log = logging.getLogger(__name__)

AHEAD = 2  # bundles in a worker: one at work, one that spares it the wait for the next commit
SILENCE = 20.0  # seconds without a heartbeat
PAUSES = (0.0, 1.0, 2.0, 5.0, 15.0, 60.0)  # before the next start, after so many deaths in a row
TICK = 0.25
DEATHS_FOR = 300.0  # seconds that a worker's end counts
ASLEEP = 5.0  # seconds between two ticks after which this machine must have slept


class LocalHost:
    """Worker processes on this machine."""

    name = mark("this machine")

    def __init__(
        self, *, workers: int = 0, memory: int = 2048, recycle: int = 2000, log_path: Path | None = None
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.memory = memory << 20
        self.recycle = recycle
        self._log_path = log_path
        self._log: IO[bytes] | None = None
        self._children: list[Child] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._listener: Listener = lambda message: None
        self._deaths: deque[float] = deque(maxlen=64)
        self._in_a_row = 0
        self._not_before = 0.0
        self._numbers = 0
        self._watch: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        """Begin to accept work; processes start with the first bundle."""
        self._listener = listener
        if self._log_path is not None:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            self._log = self._log_path.open("ab")
        self._watch = threading.Thread(target=self._supervise, name="kinora-host", daemon=True)
        self._watch.start()

    def free(self) -> int:
        """How many more bundles it would take now."""
        if self._stopping.is_set() or time.monotonic() < self._not_before:
            return 0
        with self._lock:
            working = [child for child in self._children if not child.retiring]
            room = sum(AHEAD - len(child.bundles) for child in working)
            return max(0, room) + AHEAD * max(0, self.workers - len(working))

    def load(self) -> tuple[int, int]:
        """Bundles that are at work, and how many can be at a time."""
        with self._lock:
            return sum(bool(child.bundles) for child in self._children), self.workers

    def held(self) -> tuple[int, ...]:
        """Bytes of memory that each worker last said it holds."""
        with self._lock:
            return tuple(child.rss for child in self._children)

    def deaths(self) -> int:
        """How many workers ended unasked in the last five minutes."""
        return sum(time.monotonic() - when < DEATHS_FOR for when in list(self._deaths))

    def trouble(self) -> str:
        """A sentence when workers die again and again, else an empty string."""
        recent = self.deaths()
        return (
            tr("Workers stopped {n} times in five minutes; Kinora goes on more slowly.", n=recent)
            if recent >= 5
            else ""
        )

    def send(self, start: wire.Start, *, deadline: float) -> None:
        """Give the least busy worker a bundle."""
        with self._lock:
            child = self._choose()
            if not child.bundles:
                child.spoke = time.monotonic()
            child.bundles[start.bundle] = deadline
        child.send(start)

    def cancel(self, bundle: int) -> None:
        """Stop a bundle at its next yield."""
        with self._lock:
            holders = [child for child in self._children if bundle in child.bundles]
        for child in holders:
            child.send(wire.Cancel(bundle))

    def landed(self, bundle: int, job: int) -> None:
        """Nothing is kept here that could be forgotten."""

    def stop(self) -> None:
        """End every worker."""
        self._stopping.set()
        with self._lock:
            children = list(self._children)
        for child in children:
            child.kill()
        for child in children:
            child.wait(5)
        if self._watch is not None:
            self._watch.join()
        if self._log is not None:
            self._log.close()

    def _choose(self) -> Child:
        working = [child for child in self._children if not child.retiring]
        idle = min(working, key=lambda child: len(child.bundles), default=None)
        if idle is not None and (not idle.bundles or len(working) >= self.workers):
            return idle
        self._numbers += 1
        child = Child(self._numbers, self.memory, self._log or subprocess.DEVNULL, self._heard, self._gone)
        self._children.append(child)
        return child

    def _heard(self, child: Child, message: wire.Message) -> None:
        if isinstance(message, (wire.Beat, wire.Ready)):
            return
        if isinstance(message, wire.Done):
            self._in_a_row = 0
        if isinstance(message, wire.Ended):
            self._renew(child)
        self._listener(message)

    def _renew(self, child: Child) -> None:
        """A worn worker gets nothing more, and ends when it has nothing left."""
        with self._lock:
            if self._worn(child):
                child.retiring = True
            if child.retiring and not child.bundles:
                child.retire()

    def _worn(self, child: Child) -> bool:
        return child.served >= self.recycle or child.rss > self.memory * 0.75

    def _gone(self, child: Child) -> None:
        with self._lock:
            with contextlib.suppress(ValueError):
                self._children.remove(child)
            unfinished, began = tuple(child.bundles), child.began
        if self._stopping.is_set() or (child.retiring and not unfinished and child.verdict is None):
            return
        error = child.verdict or self._post_mortem(child)
        log.warning("worker %s ended (%s): %s", child.number, child.process.returncode, error.text)
        self._deaths.append(time.monotonic())
        self._in_a_row += 1
        self._not_before = time.monotonic() + PAUSES[min(self._in_a_row - 1, len(PAUSES) - 1)]
        self._listener(Lost(unfinished, began, error, started=child.ready))

    def _post_mortem(self, child: Child) -> KinoraError:
        code = child.process.returncode
        if code == -9:  # nobody here did it: the system ran out of memory, or a person ended it
            return WorkerCrashed(
                tr("The worker was ended by the system while it read this file."), hint=tr("It is tried again, alone.")
            )
        return WorkerCrashed(tr("The program that read this file crashed."), hint=tr("It is tried again, alone."))

    def _supervise(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(TICK):
            now = time.monotonic()
            try:
                self._tick(before, now)
            except Exception:  # without its watchdog the queue could stand still for good
                log.exception("the watchdog stumbled")
            before = now

    def _tick(self, before: float, now: float) -> None:
        with self._lock:
            children = list(self._children)
        for child in children:
            if now - before > ASLEEP:
                child.excuse(now)
            verdict = self._judge(child, now)
            if verdict is not None:
                child.kill(verdict)

    def _judge(self, child: Child, now: float) -> KinoraError | None:
        if child.verdict is not None:
            return None
        if not child.ready:
            late = now - child.heard > START_DEADLINE
            return WorkerCrashed(tr("A worker did not start."), hint=tr("Look at the log.")) if late else None
        if child.rss > self.memory:
            return OutOfMemory(
                tr("Reading this file took more than {memory} MB of memory.", memory=self.memory >> 20),
                hint=tr("The cap is in the settings."),
            )
        allowed = next(iter(list(child.bundles.values())), None)
        if allowed is not None and now - child.spoke > allowed:
            return DeadlineExceeded(
                tr("Reading this file took more than {allowed:.0f} seconds without progress.", allowed=allowed),
                hint=tr("The time is in the settings."),
            )
        if now - child.heard > SILENCE:
            return DeadlineExceeded(
                tr("The worker stopped answering while it read this file."), hint=tr("It is tried again, alone.")
            )
        return None
