"""One supervised worker process of this machine."""

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import engine
from engine.errors import KinoraError, WorkerCrashed
from engine.jobs import wire
from engine.language import tr

log = logging.getLogger(__name__)

START_DEADLINE = 60.0  # seconds until a new process must report itself


def command() -> list[str]:
    """How this program starts a worker of itself, from source and frozen alike."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker"]
    return [sys.executable, str(Path(engine.__file__).resolve().parent.parent / "main.py"), "--worker"]


class Child:
    """A worker process, the bundles that are in it, and when it was last heard of.

    Raises:
        WorkerCrashed: the system starts no further process.
    """

    def __init__(
        self,
        number: int,
        memory: int,
        log_file: IO[bytes] | int,
        on_message: Callable[["Child", wire.Message], None],
        on_gone: Callable[["Child"], None],
    ) -> None:
        self.number = number
        self.bundles: dict[int, float] = {}  # bundle to the silence it is allowed, in order of sending
        self.began: tuple[int, int] | None = None
        self.heard = self.spoke = time.monotonic()  # last sign of life; last sign of work
        self.rss = 0
        self.served = 0
        self.ready = False
        self.retiring = False
        self.verdict: KinoraError | None = None  # why the supervisor killed it
        self._on_message = on_message
        self._on_gone = on_gone
        self._writing = threading.Lock()
        try:
            self.process = subprocess.Popen(
                command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log_file, env=environment(memory),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError as error:
            hint = tr("Close other programs; Kinora tries again.")
            raise WorkerCrashed(
                tr("A worker could not be started: {strerror}.", strerror=error.strerror or error), hint=hint
            ) from error
        self.thread = threading.Thread(target=self._listen, name=f"kinora-worker-{number}", daemon=True)
        self.thread.start()

    def send(self, message: wire.Message) -> None:
        """Write a message to the process; one that is dying is noticed by the listener."""
        pipe = self.process.stdin
        if pipe is None:
            return
        with self._writing, contextlib.suppress(OSError, ValueError):
            pipe.write(wire.encode(message))
            pipe.flush()

    def retire(self) -> None:
        """Let it finish what it has, and then end."""
        self.retiring = True
        with self._writing, contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()

    def excuse(self, now: float) -> None:
        """Count its silence from now on: until now nobody could have heard it."""
        self.heard = self.spoke = now

    def kill(self, verdict: KinoraError | None = None) -> None:
        """End it now."""
        self.verdict = self.verdict or verdict
        with contextlib.suppress(OSError):
            self.process.kill()

    def wait(self, seconds: float) -> None:
        """Wait until the process and its listener have ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.thread.join(seconds)

    def _listen(self) -> None:
        pipe = self.process.stdout
        assert pipe is not None
        with pipe:
            while line := pipe.readline(wire.LONGEST_LINE):
                try:
                    message = wire.decode(line)
                except wire.WireError:
                    log.warning("worker %s sent a line that is no message", self.number)
                    continue
                self._note(message)
                self._on_message(self, message)
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        self._on_gone(self)

    def _note(self, message: wire.Message) -> None:
        self.heard = time.monotonic()
        match message:
            case wire.Beat(rss=rss):
                self.rss = rss
                return
            case wire.Ready():
                self.ready = True
            case wire.Began(bundle=bundle, job=job):
                self.began = (bundle, job)
            case wire.Done() | wire.Failed():
                self.began = None
            case wire.Ended(bundle=bundle):
                self.bundles.pop(bundle, None)
                self.served += 1
        self.spoke = self.heard


def environment(memory: int) -> dict[str, str]:
    """The environment of a worker: ours, with its cap on memory (bytes) and quiet libraries."""
    found = dict(os.environ)
    found.update(
        ORT_DISABLE_TELEMETRY="1",
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        PYTHONUNBUFFERED="1",
        PYTHONIOENCODING="utf-8",
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MALLOC_ARENA_MAX="2",
        KINORA_WORKER_MEMORY=str(memory),
    )
    return found
