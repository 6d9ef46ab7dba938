"""Has cut what travels out of originals, by worker processes of this machine, and never twice what is still there."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.analyzers import BY_NAME
from engine.errors import Cancelled, KinoraError, StorageFull, WorkerCrashed, error_classes, not_written
from engine.hosts.base import Lost, Returned
from engine.hosts.local import LocalHost
from engine.hosts.ordering import order_of
from engine.hosts.stock import Stock, parts_of
from engine.jobs import cut, wire
from engine.jobs.orders import Part
from engine.language import tr
from engine.media import parcel

__all__ = ["Packer", "order_of"]

log = logging.getLogger(__name__)

CAP = 4 << 30  # bytes that parts may take on the disk
TRIES = 2  # workers that may end before they came to a bundle
DEADLINE = 120.0  # seconds without progress, and more for what is long or large
OBEYED = frozenset({"scenes.threshold", cut.PAGES})
LEFT = "*.cut"  # what a worker that was ended leaves behind


@dataclass(slots=True, eq=False)
class _Ask:
    """A bundle that waits for its parts."""

    start: wire.Start
    parts: Future[tuple[Part, ...]] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class _Cutting:
    """An asset that is to be cut, and who waits for it."""

    key: str
    names: tuple[str, ...]
    asks: list[_Ask]
    number: int = 0
    tries: int = 0
    dropped: bool = False  # nobody waited for it any more, and its worker was told so


class Packer:
    """Gives the parts that a bundle's analyzers need, cut by workers of its own; usable from any thread and loop.

    Its state belongs to one thread of its own; who asks waits for a future.
    """

    def __init__(
        self, folder: Path, *, workers: int, memory: int, log_path: Path | None = None, cap: int = CAP
    ) -> None:
        self._stock = Stock(folder, cap)
        self._workers = max(1, workers)
        self._host = LocalHost(workers=self._workers, memory=memory, log_path=log_path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kinora-packer")
        self._waiting: deque[_Cutting] = deque()
        self._out: dict[int, _Cutting] = {}
        self._numbers = 0
        self._opened = False
        self._ended = False

    async def pack(self, start: wire.Start) -> tuple[Part, ...]:
        """The parts that the tasks of this bundle need; they stay where they are until `release`.

        Raises:
            MediaError: the original cannot be read.
            StoreError: the folder cannot be written to, or the disk is full.
            JobError: the worker ended, or nobody waits for this any more.
        """
        ask = _Ask(start)
        if not self._later(self._begin, ask):
            raise Cancelled
        try:
            return await asyncio.wrap_future(ask.parts)
        except asyncio.CancelledError:
            self.release(start.bundle)
            raise

    def path_of(self, part: Part) -> Path:
        """Where a part lies."""
        return self._stock.path_of(part)

    def release(self, bundle: int) -> None:
        """A bundle is through or given up: nothing more is cut for it, and its parts may leave when room is needed."""
        self._later(self._release, bundle)

    def stop(self) -> None:
        """End the workers; who still waits is told so."""
        self._later(self._end)
        self._thread.shutdown(wait=True)
        if self._opened:
            self._host.stop()

    def _listen(self, message: wire.Message | Lost | Returned) -> None:
        if not isinstance(message, (wire.Began, wire.Progress)):
            self._later(self._heard, message)

    # --- on the packer's thread ---------------------------------------------------------------------------------------

    def _later(self, work: Callable[..., None], *arguments: object) -> bool:
        def run() -> None:
            try:
                work(*arguments)
            except Exception:  # a bug in one bundle must not stop the others
                log.exception("the packer stumbled")

        try:
            self._thread.submit(run)
        except RuntimeError:  # it has ended
            return False
        return True

    def _begin(self, ask: _Ask) -> None:
        if self._ended or ask.parts.cancelled():
            _fail(ask, Cancelled())
            return
        try:
            self._open()
            names = wanted(ask.start)
            key = key_of_cut(ask.start, names)
            found = self._stock.find(key) if names else ()
        except OSError as error:
            _fail(ask, not_written(error, tr("prepare what travels to another machine")))
            return
        except Exception as error:
            log.exception("a bundle could not be packed")
            _fail(ask, WorkerCrashed(tr("What travels could not be made: {why}.", why=type(error).__name__)))
            return
        if found is not None:
            self._give(ask, found)
            return
        same = next((one for one in (*self._out.values(), *self._waiting) if one.key == key and not one.dropped), None)
        if same is not None:
            same.asks.append(ask)
        else:
            self._waiting.append(_Cutting(key, names, [ask]))
            self._pump()

    def _open(self) -> None:
        if not self._opened:
            self._stock.open(LEFT)
            self._stock.make_room()
            self._host.start(self._listen)
            self._opened = True

    def _pump(self) -> None:
        """Give each worker one asset at a time, so that one that dies takes no other with it."""
        while self._waiting and len(self._out) < self._workers:
            cutting = self._waiting.popleft()
            self._numbers += 1
            cutting.number = self._numbers
            self._out[cutting.number] = cutting
            start = cutting.asks[0].start
            options = {
                **reading(start), cut.PARTS: list(cutting.names), cut.FOLDER: str(self._stock.folder),
                cut.MARK: f"{cutting.number}-",
            }  # fmt: skip
            given = wire.Start(
                cutting.number, start.path, start.kind, start.mime, start.content, start.size, start.mtime_ns,
                (wire.Task(cutting.number, 0, cut.Cut.name, options),), start.facts,
            )  # fmt: skip
            try:
                self._host.send(given, deadline=DEADLINE + (start.facts.duration or 0.0) * 0.5 + start.size / 1e7)
            except OSError as error:  # no further process can be started
                del self._out[cutting.number]
                self._failed(cutting, WorkerCrashed(tr("A worker did not start."), hint=str(error)))

    def _heard(self, message: wire.Message | Lost | Returned) -> None:
        match message:
            case wire.Done(bundle=number, facts=facts) if number in self._out:
                self._done(self._out.pop(number), facts.extra if facts else {})
            case wire.Failed(bundle=number) if number in self._out:
                self._failed(self._out.pop(number), error_of(message))
            case wire.Ended(bundle=number) if number in self._out:
                self._failed(self._out.pop(number), WorkerCrashed(tr("The worker gave no answer.")))
            case Lost(bundles=bundles):
                for number in bundles:
                    self._stock.sweep(f"{number}-{LEFT}")
                    if number in self._out:
                        self._lost(self._out.pop(number), message)
        self._pump()

    def _done(self, cutting: _Cutting, told: Any) -> None:
        try:
            parts = tuple(parts_of(told["parts"]))
        except (KeyError, TypeError, ValueError):
            self._failed(cutting, WorkerCrashed(tr("The worker gave no answer.")))
            return
        self._stock.add(cutting.key, parts)
        for ask in cutting.asks:
            self._give(ask, parts)
        self._stock.make_room()

    def _failed(self, cutting: _Cutting, error: KinoraError) -> None:
        waits = cutting.asks and cutting.tries < TRIES  # one that nobody waits for any more is not begun again
        if isinstance(error, StorageFull) and waits and self._stock.make_room(0):
            cutting.tries += 1
            self._waiting.appendleft(cutting)
            return
        for ask in cutting.asks:
            _fail(ask, error)

    def _lost(self, cutting: _Cutting, lost: Lost) -> None:
        cutting.tries += 1
        if lost.began is None and cutting.asks and cutting.tries < TRIES:
            self._waiting.append(cutting)  # it had not begun: the file is not to blame
        else:
            for ask in cutting.asks:
                _fail(ask, lost.error)

    def _give(self, ask: _Ask, parts: tuple[Part, ...]) -> None:
        self._stock.pin(ask.start.bundle, parts)
        if not ask.parts.set_running_or_notify_cancel():
            self._stock.release(ask.start.bundle)
            return
        ask.parts.set_result(parts)

    def _release(self, bundle: int) -> None:
        for cutting in (*self._out.values(), *self._waiting):
            for ask in [one for one in cutting.asks if one.start.bundle == bundle]:
                cutting.asks.remove(ask)
                _fail(ask, Cancelled())
        for cutting in [one for one in self._waiting if not one.asks]:
            self._waiting.remove(cutting)
        for number, cutting in self._out.items():
            if not cutting.asks and not cutting.dropped:
                cutting.dropped = True
                self._host.cancel(number)
        self._stock.release(bundle)

    def _end(self) -> None:
        self._ended = True
        for cutting in (*self._out.values(), *self._waiting):
            for ask in cutting.asks:
                _fail(ask, Cancelled())
        self._out.clear()
        self._waiting.clear()


def wanted(start: wire.Start) -> tuple[str, ...]:
    """The parts that the tasks of a bundle need together."""
    return parcel.enough(
        name for task in start.tasks for name in BY_NAME[task.analyzer].needed(start.kind, task.options)
    )


def reading(start: wire.Start) -> dict[str, Any]:
    """The options of a bundle's tasks that say how the original is read."""
    return {
        key: value
        for task in start.tasks
        for key, value in task.options.items()
        if key.startswith("media.") or key in OBEYED
    }


def key_of_cut(start: wire.Start, names: tuple[str, ...]) -> str:
    """What the parts of an asset are remembered by: its content, what was asked for, and how it was read."""
    beside: list[Any] = []
    if parcel.SUBTITLES in names:
        from engine.media.subtitles import signature

        beside = signature(start.path)
    spelled = json.dumps(
        [parcel.VERSION, start.content, start.kind.value, names, reading(start), beside], sort_keys=True
    )
    return hashlib.sha256(spelled.encode()).hexdigest()


def error_of(failed: wire.Failed) -> KinoraError:
    """What a worker said as the error that it was."""
    cls = error_classes().get(failed.code, KinoraError)
    error = cls.__new__(cls)
    KinoraError.__init__(error, failed.text, hint=failed.hint)
    return error


def _fail(ask: _Ask, error: KinoraError) -> None:
    if ask.parts.set_running_or_notify_cancel():
        ask.parts.set_exception(error)
