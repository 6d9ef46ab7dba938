"""Small questions for a worker of one's own, one at a time: what strangers wrote is never parsed beside the library."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import KinoraError, WorkerCrashed, error_classes
from engine.hosts.base import Lost
from engine.hosts.local import LocalHost
from engine.jobs import wire
from engine.language import tr
from engine.model import Facts, Kind

WAIT = 60.0  # seconds for one question


class About(NamedTuple):
    """The file that a question is about."""

    path: bytes
    kind: str
    mime: str
    content: str
    size: int
    mtime_ns: int


class Errands:
    """A worker that answers; started with the first question."""

    def __init__(self, log_path: Path | None) -> None:
        self._host = LocalHost(workers=1, log_path=log_path)
        self._host.start(self._heard)
        self._lock = threading.Lock()
        self._number = 0
        self._answer: Future[Facts] = Future()

    def ask(self, about: About, analyzer: str, options: Mapping[str, Any]) -> Facts:
        """What an analyzer says of a file as facts. Raises KinoraError."""
        with self._lock:
            self._number += 1
            number, answer = self._number, Future[Facts]()
            self._answer = answer
        task = wire.Task(number, number, analyzer, dict(options))
        start = wire.Start(number, about.path, Kind(about.kind), about.mime, about.content, about.size, about.mtime_ns,
                           (task,))  # fmt: skip
        self._host.send(start, deadline=WAIT)
        try:
            return answer.result(WAIT * 2)
        except TimeoutError as error:
            self._host.cancel(number)
            raise WorkerCrashed(tr("Reading this file took too long.")) from error

    def close(self) -> None:
        """End the worker."""
        self._host.stop()

    def _heard(self, message: object) -> None:
        match message:
            case wire.Done(bundle=number, facts=facts):
                self._settle(number, facts or Facts())
            case wire.Failed(bundle=number):
                cls = error_classes().get(message.code, KinoraError)
                error = cls.__new__(cls)
                KinoraError.__init__(error, message.text, hint=message.hint)
                self._settle(number, error)
            case Lost(bundles=bundles, error=error):
                for number in bundles:
                    self._settle(number, error)

    def _settle(self, number: int, result: Facts | KinoraError) -> None:
        with self._lock:
            if number != self._number or self._answer.done():
                return
            if isinstance(result, Facts):
                self._answer.set_result(result)
            else:
                self._answer.set_exception(result)
