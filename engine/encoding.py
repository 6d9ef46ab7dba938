"""Questions turned into vectors by one worker that is started when it is first asked and ends when it is idle."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import FileMissing, KinoraError, SearchUnanswered, error_classes
from engine.hosts.base import Lost
from engine.hosts.local import LocalHost
from engine.jobs import wire
from engine.language import mark, tr
from engine.model import Finding, Kind
from engine.packs import shelf
from engine.packs.pack import MANIFEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

IDLE = 120.0  # seconds without a question after which the worker and its models go
WAIT = 60.0  # seconds for one answer; the first one loads the model
KEPT = 512  # vectors of texts that are remembered
CLOSED = mark("The library is closed.")


class Encoding:
    """The worker that embeds what somebody searches by; every method may be called from any thread."""

    def __init__(self, log_path: Path | None = None, *, idle: float = IDLE, wait: float = WAIT) -> None:
        self._log_path = log_path
        self._idle = idle
        self._wait = wait
        self._lock = threading.Lock()
        self._host: LocalHost | None = None
        self._timer: threading.Timer | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[tuple[Finding, ...]]] = {}
        self._texts: OrderedDict[tuple[str, str, str], tuple[str, Vector]] = OrderedDict()
        self._closed = False

    def texts(self, ref: str, task: str, texts: Sequence[str]) -> tuple[str, list[Vector]]:
        """Return the name of the space and the vector of each text, by the model that a pack has for a task.

        Raises:
            KinoraError: the pack is not there, its model does not load, or it does not answer.
        """
        with self._lock:
            known = {text: self._texts[key] for text in texts if (key := (ref, task, text)) in self._texts}
        todo = [text for text in dict.fromkeys(texts) if text not in known]
        if todo:
            pack, folder = shelf.find(ref)
            found = self._ask(folder / MANIFEST, Kind.OTHER, "application/json",
                              {"task": task, "ref": pack.ref, "texts": todo})  # fmt: skip
            known.update(zip(todo, map(_vector, found), strict=True))
            with self._lock:
                self._texts.update({(ref, task, text): known[text] for text in todo})
                while len(self._texts) > KEPT:
                    self._texts.popitem(last=False)
        return known[texts[0]][0], [known[text][1] for text in texts]

    def picture(self, ref: str, task: str, path: Path, kind: Kind, mime: str, **place: Any) -> tuple[str, Vector]:
        """Return the space and the vector of a picture; `place` is its page, its second `time`, its `box`.

        Raises:
            KinoraError: as for `texts`; or the picture cannot be read.
        """
        wanted = {name: value for name, value in place.items() if value is not None}
        return _vector(self._ask(path, kind, mime, {"task": task, "ref": ref, **wanted})[0])

    def looks(self, path: Path, kind: Kind, mime: str, **place: Any) -> list[str]:
        """Return the hashes (hex digits) of a picture as a whole and of its middle: they need no model.

        Raises:
            KinoraError: the picture cannot be read, or the worker does not answer.
        """
        wanted = {name: value for name, value in place.items() if value is not None}
        return [str(one.data["bits"]) for one in self._ask(path, kind, mime, {"look": True, **wanted})]

    def close(self) -> None:
        """Stop the worker."""
        with self._lock:
            self._closed = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        self._stop()
        for answer in list(self._waiting.values()):
            if not answer.done():
                answer.set_exception(SearchUnanswered(tr(CLOSED)))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _ask(self, path: Path, kind: Kind, mime: str, options: Mapping[str, Any]) -> tuple[Finding, ...]:
        try:
            told = path.stat()
        except OSError as error:
            raise FileMissing(tr("The file {path} cannot be reached now.", path=path)) from error
        with self._lock:
            if self._closed:
                raise SearchUnanswered(tr(CLOSED))
            if self._host is None:
                self._host = LocalHost(workers=1, log_path=self._log_path)
                self._host.start(self._heard)
            host, number = self._host, next(self._numbers)
            answer: Future[tuple[Finding, ...]] = Future()
            self._waiting[number] = answer
        task = wire.Task(number, number, "encode", options)
        host.send(
            wire.Start(number, os.fsencode(path), kind, mime, "", told.st_size,
                       told.st_mtime_ns, (task,)),
            deadline=self._wait,
        )  # fmt: skip
        try:
            return answer.result(self._wait)
        except TimeoutError as error:
            host.cancel(number)
            raise SearchUnanswered(tr("The model for searching by meaning did not answer in time.")) from error
        finally:
            self._waiting.pop(number, None)
            self._rest()

    def _heard(self, message: Any) -> None:
        match message:
            case wire.Done(bundle=number, findings=findings):
                self._answer(number, findings)
            case wire.Failed(bundle=number):
                cls = error_classes().get(message.code, KinoraError)
                error = cls.__new__(cls)
                KinoraError.__init__(error, message.text, hint=message.hint)
                self._answer(number, error)
            case Lost(bundles=bundles, error=error):
                for number in bundles:
                    self._answer(number, error)

    def _answer(self, number: int, result: tuple[Finding, ...] | KinoraError) -> None:
        answer = self._waiting.get(number)
        if answer is None or answer.done():
            return
        if isinstance(result, KinoraError):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def _rest(self) -> None:
        """Count the time of idleness anew."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if not self._closed:
                self._timer = threading.Timer(self._idle, self._tire)
                self._timer.name = "kinora-encoding-idle"
                self._timer.daemon = True
                self._timer.start()

    def _tire(self) -> None:
        """Nobody asked for long: let the worker and its models go."""
        self._stop(unless_asked=True)

    def _stop(self, *, unless_asked: bool = False) -> None:
        with self._lock:
            if unless_asked and self._waiting:
                return
            host, self._host = self._host, None
        if host is not None:
            with contextlib.suppress(OSError):
                host.stop()


def _vector(finding: Finding) -> tuple[str, Vector]:
    """The space of a finding and its numbers."""
    import numpy as np

    return finding.space, np.frombuffer(finding.vector or b"", "<f2").astype(np.float32)
