"""Runs a node's orders on this machine's workers, one client after the other, and spools what comes back."""

import contextlib
import json
import logging
import queue
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import AnalyzerFailed, HostLost, KinoraError, Retry
from engine.hosts.base import Host, Lost, Returned
from engine.hosts.bundling import WriteManifest, start_of
from engine.hosts.offers import refusal
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask, failed, sendable
from engine.language import mark, tr
from engine.serve.blobs import Blobs, owner_of
from engine.serve.uploads import Key
from engine.store import spool
from engine.store.db import Database, crash_point

log = logging.getLogger(__name__)

TRIES = 3  # runs of the node in which an order may be begun: one that ends the node itself is not begun for ever
POLL = 2.0
GONE = mark("The host no longer has what this job needs.")


@dataclass(slots=True)
class Work:
    """An order with the tasks that are not answered; `held` while its blobs are kept for it."""

    principal: str
    order: Order
    open: dict[str, OrderTask]
    tries: int = 0
    held: bool = False
    begun: bool = False  # in this run of the node
    lost: int = 0  # workers that ended with it, with no task to blame

    @property
    def names(self) -> list[str]:
        """The blobs that it needs."""
        return [part.sha256 for part in self.order.parts]


@dataclass(slots=True)
class _Out:
    """A work that a worker has: its tasks by the numbers that the worker knows them by."""

    work: Work
    jobs: dict[int, str]
    manifest: Path
    dropped: set[str] = field(default_factory=set)


class Runner:
    """A thread that feeds the host from the orders and writes answers to the spool.

    `answered` is called with a client when an answer of it is on the disk, `used` with a client and the seconds of
    work that a task took; both on threads of the runner.
    """

    def __init__(
        self,
        host: Host,
        blobs: Blobs,
        database: Database,
        folder: Path,
        *,
        settings: Callable[[], Mapping[str, Any]],
        write_manifest: WriteManifest,
        answered: Callable[[str], None],
        used: Callable[[str, float], None],
    ) -> None:
        self._host = host
        self._blobs = blobs
        self._database = database
        self._folder = folder
        self._settings = settings
        self._write_manifest = write_manifest
        self._answered = answered
        self._used = used
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: OrderedDict[str, deque[Work]] = OrderedDict()
        self._out: dict[int, _Out] = {}
        self._refused: deque[tuple[str, str, str]] = deque()  # answers that the disk did not take
        self._numbers = 0
        self._open = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kinora-node", daemon=True)

    def start(self) -> None:
        """Begin to work, with what an earlier run left unfinished."""
        with self._database.read() as connection:
            left = spool.unfinished(connection)
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.iterdir():
            with contextlib.suppress(OSError):
                old.unlink()
        self._host.start(self._events.put)
        self._thread.start()
        works = [work for one in left if (work := _work_of(one)) is not None]
        for work in works:  # what they wait for makes room for nobody
            work.held = not self._blobs.hold(owner_of(work.principal), work.names)
        self._events.put(("orders", works))

    def stop(self) -> None:
        """End the workers; what is unfinished goes on with the next start."""
        self._stop.set()
        self._events.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._host.stop()
        for out in self._out.values():
            with contextlib.suppress(OSError):
                out.manifest.unlink()

    def give(self, works: list[Work]) -> None:
        """Hand orders in."""
        self._events.put(("orders", works))

    def drop(self, principal: str, keys: Collection[str]) -> None:
        """These tasks are not wanted any more."""
        self._events.put(("drop", principal, frozenset(keys)))

    def busy(self) -> int:
        """How many orders wait or run."""
        return self._open + self._events.qsize()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.suppress(queue.Empty):
                    self._take_in(self._events.get(timeout=POLL))
                    while True:
                        self._take_in(self._events.get_nowait())
                self._spool_again()
                self._fill()
            except Exception:  # a bug here must not stop the node for good
                log.exception("the node stumbled")
                self._stop.wait(1.0)
            self._open = len(self._out) + sum(len(row) for row in self._waiting.values()) + len(self._refused)

    def _take_in(self, event: Any) -> None:
        match event:
            case ("orders", works):
                for work in works:
                    self._waiting.setdefault(work.principal, deque()).append(work)
            case ("drop", principal, keys):
                self._drop(principal, keys)
            case wire.Done() | wire.Failed():
                self._finish(event.bundle, event.job, event)
            case wire.Ended(bundle=number):
                self._ended(number)
            case Lost():
                self._lost(event)
            case Returned():
                for out in [self._out.pop(number) for number in event.bundles if number in self._out]:
                    if event.unfit:
                        self._give_up(out, event.error)
                    self._again(out)

    def _finish(self, number: int, job: int, message: wire.Done | wire.Failed) -> None:
        out = self._out.get(number)
        key = out.jobs.pop(job, None) if out is not None else None
        if out is None or key is None or out.work.open.pop(key, None) is None or key in out.dropped:
            return
        if isinstance(message, wire.Failed) and message.trace:
            log.error("a task of an order failed: %s\n%s", message.text, message.trace)
        self._used(out.work.principal, message.seconds)
        self._answer(out.work.principal, key, message)

    def _ended(self, number: int) -> None:
        out = self._out.pop(number, None)
        if out is None:
            return
        for key in list(out.work.open):
            if key not in out.dropped:
                self._fail(out.work, key, AnalyzerFailed(tr("The worker gave no answer.")))
        self._close(out)

    def _lost(self, lost: Lost) -> None:
        """The task that ran is to blame; the others of its order go on without it."""
        for number in lost.bundles:
            out = self._out.pop(number, None)
            if out is None:
                continue
            blamed = out.jobs.get(lost.began[1]) if lost.began and lost.began[0] == number else None
            first = number == lost.bundles[0] and lost.began is None and lost.started
            out.work.lost += first
            guilty = [blamed] if blamed else list(out.work.open) if first and out.work.lost >= TRIES else []
            for key in guilty:
                if key in out.work.open and key not in out.dropped:
                    self._fail(out.work, key, lost.error, retry=Retry.SMALLER)
                out.work.open.pop(key, None)
            self._again(out)

    def _give_up(self, out: _Out, error: KinoraError) -> None:
        for key in out.work.open:
            if key not in out.dropped:
                self._fail(out.work, key, error)
        out.work.open.clear()

    def _again(self, out: _Out) -> None:
        """Let what is left of a work wait for its turn once more."""
        for key in out.dropped:
            out.work.open.pop(key, None)
        if not out.work.open:
            self._close(out)
            return
        with contextlib.suppress(OSError):
            out.manifest.unlink()
        self._waiting.setdefault(out.work.principal, deque()).appendleft(out.work)

    def _close(self, out: _Out) -> None:
        with contextlib.suppress(OSError):
            out.manifest.unlink()
        self._let_go(out.work)

    def _let_go(self, work: Work) -> None:
        if work.held:
            work.held = False
            self._blobs.release(owner_of(work.principal), work.names)

    def _drop(self, principal: str, keys: frozenset[str]) -> None:
        row = self._waiting.get(principal, deque())
        for work in list(row):
            work.open = {key: task for key, task in work.open.items() if key not in keys}
            if not work.open:
                row.remove(work)
                self._let_go(work)
        for number, out in self._out.items():
            if out.work.principal == principal and keys & out.work.open.keys():
                out.dropped |= keys & out.work.open.keys()
                if out.dropped >= out.work.open.keys():
                    self._host.cancel(number)

    # --- beginning ----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        while not self._stop.is_set() and not self._refused and self._host.free() > 0:
            work = self._next()
            if work is None:
                return
            if self._fit(work):
                self._begin(work)
            else:
                self._let_go(work)

    def _next(self) -> Work | None:
        """The next work: of one client after the other."""
        while self._waiting:
            principal, row = next(iter(self._waiting.items()))
            work = row.popleft() if row else None
            if row:
                self._waiting.move_to_end(principal)
            else:
                del self._waiting[principal]
            if work is not None:
                return work
        return None

    def _fit(self, work: Work) -> bool:
        """Answer what cannot be done here; whether anything is left to do."""
        for key, task in list(work.open.items()):
            error = refusal(task, self._settings())
            if error is None and work.tries >= TRIES:
                error = HostLost(tr("The host ended {tries} times while it did this.", tries=work.tries))
            if error is not None:
                self._fail(work, key, error)
                del work.open[key]
        if work.open and not work.held:
            if self._blobs.hold(owner_of(work.principal), work.names):
                for key in work.open:
                    self._fail(work, key, HostLost(tr(GONE)))
                return False
            work.held = True
        return bool(work.open)

    def _begin(self, work: Work) -> None:
        self._numbers += 1
        manifest = self._folder / f"{self._numbers}.json"
        try:
            self._write_manifest(work.order, self._blobs.home(owner_of(work.principal)), manifest)
            start = start_of(self._numbers, work.order, work.open.values(), manifest, self._settings())
        except (OSError, KinoraError) as error:
            fault = error if isinstance(error, KinoraError) else HostLost(tr(GONE))
            log.warning("an order could not be begun: %s", error)
            for key in work.open:
                self._fail(work, key, fault)
            self._let_go(work)
            return
        if not work.begun:
            work.begun = True
            self._database.submit(partial(spool.began, principal=work.principal, order_id=work.order.id))
        out = self._out[self._numbers] = _Out(work, dict(enumerate(work.open)), manifest)
        try:
            self._host.send(start, deadline=work.order.deadline)
        except OSError as error:  # no further process can be started now
            log.warning("no worker takes an order: %s", error)
            del self._out[self._numbers]
            self._again(out)
            self._stop.wait(POLL)
        crash_point("begun")

    # --- answers ------------------------------------------------------------------------------------------------------

    def _fail(self, work: Work, key: str, error: KinoraError, *, retry: Retry | None = None) -> None:
        self._answer(work.principal, key, failed(error, retry))

    def _answer(self, principal: str, key: str, message: wire.Done | wire.Failed) -> None:
        self._spool(principal, key, sendable(key, message))

    def _spool(self, principal: str, key: str, body: str) -> None:
        def settled(future: "Future[bool]") -> None:
            if future.exception() is None:
                self._answered(principal)
            else:
                log.warning("an answer could not be stored: %s", future.exception())
                self._refused.append((principal, key, body))

        work = partial(spool.answer, principal=principal, key=key, body=body)
        self._database.submit(work).add_done_callback(settled)

    def _spool_again(self) -> None:
        """Try once more what the disk did not take; nothing new is begun meanwhile."""
        if self._refused:
            self._stop.wait(POLL)
        while self._refused and not self._stop.is_set():
            principal, key, body = self._refused[0]
            try:
                self._database.write(partial(spool.answer, principal=principal, key=key, body=body))
            except KinoraError as error:
                log.info("an answer still waits for room: %s", error.text)
                return
            except Exception:  # no lack of room: it would stand in the way of all others for ever
                log.exception("an answer cannot be stored")
                self._refused.popleft()
                self._spool(principal, key, sendable(key, failed(AnalyzerFailed(tr("What was found cannot be sent.")))))
                continue
            self._refused.popleft()
            self._answered(principal)


def needed(connection: Any) -> set[Key]:
    """The blobs of orders that are not answered yet."""
    works = filter(None, map(_work_of, spool.unfinished(connection)))
    return {(owner_of(work.principal), name) for work in works for name in work.names}


def _work_of(kept: spool.Kept) -> Work | None:
    try:
        order = Order.from_json(json.loads(kept.body))
    except (KinoraError, ValueError):
        log.warning("an order in the spool cannot be read any more")
        return None
    return Work(kept.principal, order, {t.key: t for t in order.tasks if t.key in kept.keys}, kept.tries)
