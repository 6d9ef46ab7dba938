"""The scheduler: one thread that leases jobs to hosts and commits what comes back, results and state together."""

import logging
import os
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import AnalyzerFailed, Cancelled, KinoraError, Retry
from engine.hosts.base import Host, Lost, Returned
from engine.hosts.fleet import Fleet
from engine.jobs import wire
from engine.jobs.claiming import Claimed, Claims, deadline, start_of
from engine.jobs.committing import Commits, Mishap
from engine.language import mark, tr
from engine.model import Change, Preview
from engine.observe.power import Rest
from engine.store import jobs, words
from engine.store.away import Wish, backlog
from engine.store.db import Database

log = logging.getLogger(__name__)

WINDOW = 120.0  # seconds over which rates are measured
UNCOMMITTED = 256  # results on their way to the disk before no more work is claimed
POLL = 2.0
PAUSE = 1.0  # seconds after an error before the next try
MANY = 5000  # results after which the search index is merged as a whole
STUMBLED = mark("The queue met an unexpected error and goes on; details are in the log.")

SavePreview = Callable[[str, Preview], None]


@dataclass(slots=True)
class _Out:
    """A bundle that a host has."""

    host: str
    bundle: jobs.Bundle
    open: dict[int, jobs.Leased]
    started: float
    progress: dict[int, float] = field(default_factory=dict)


class Scheduler:
    """Feeds the hosts from the queue of one library."""

    def __init__(
        self,
        database: Database,
        hosts: Fleet | Host,
        *,
        settings: Callable[[], Mapping[str, Any]],
        save_preview: SavePreview,
    ) -> None:
        self._database = database
        self.fleet = hosts if isinstance(hosts, Fleet) else Fleet(hosts)
        self._settings = settings
        self._save_preview = save_preview
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._out: dict[int, _Out] = {}
        self._numbers = 0
        self._stop = threading.Event()
        self._paused = False
        self.resting = Rest()
        self._claims = Claims(self._owner)
        self._commits = Commits(database, owner=self._owner, landed=lambda: self._events.put("wake"),
                                stored=self.fleet.landed)  # fmt: skip
        self._finished: deque[tuple[float, str, int]] = deque(maxlen=4096)  # when, analyzer, asset
        self._idle = threading.Event()
        self._calm = threading.Lock()
        self._calls = 0
        self._thread = threading.Thread(target=self._serve, name="kinora-scheduler", daemon=True)
        self._wrong = ""  # why the last claim failed
        self._lame = ""  # why no worker starts
        self.trouble = ""

    # --- called from any thread ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        self._commits.room_again()
        self.fleet.start(self._events.put)
        self._thread.start()

    def stop(self) -> None:
        """Stop the workers and return their leases; results that have arrived are still committed."""
        self._stop.set()
        self._events.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self.fleet.stop()
        self._drain()
        self._commits.release([job for out in self._out.values() for job in out.open])
        self._commits.retry(now=True)
        self._out.clear()

    def wake(self) -> None:
        """There may be new work."""
        with self._calm:
            self._calls += 1
            self._idle.clear()
        self.fleet.wake()
        self._events.put("wake")

    def pause(self, paused: bool) -> None:
        """Claim nothing more (what runs comes to its end), or go on."""
        self._paused = paused
        self.wake()

    def rest(self, rest: Rest) -> None:
        """Pause by itself, or go one at a time, for a reason; go on again with an empty one."""
        if rest != self.resting:
            self.resting = rest
            self.wake()
            self._database.on_change(Change(frozenset({"health", "jobs"})))

    def cancel(self, job_ids: list[int]) -> None:
        """Stop running jobs at their next yield (the whole bundle stops; its innocent part goes back to the queue)."""
        self._events.put(("cancel", set(job_ids)))

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is running and nothing can be claimed; return whether that came true in time."""
        return self._idle.wait(timeout)

    def per_second(self) -> tuple[float, dict[str, float]]:
        """Assets per second and jobs per second of each analyzer, over the last two minutes of work."""
        now = time.monotonic()
        recent = [entry for entry in list(self._finished) if now - entry[0] <= WINDOW]
        if not recent:
            return 0.0, {}
        span = max(1.0, now - recent[0][0])
        by_name: dict[str, int] = {}
        for _, name, _ in recent:
            by_name[name] = by_name.get(name, 0) + 1
        return len({asset for _, _, asset in recent}) / span, {name: count / span for name, count in by_name.items()}

    def progress(self) -> dict[int, float]:
        """How far running jobs are, 0..1, as far as they say."""
        return {job: done for out in list(self._out.values()) for job, done in list(out.progress.items())}

    def elsewhere(self) -> dict[int, str]:
        """Which host has a running job, of those that do not run on this machine."""
        home = self.fleet.home.name
        return {job: out.host for out in list(self._out.values()) if out.host != home for job in list(out.open)}

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                self._round()
            except KinoraError as error:
                log.warning("the queue waits: %s", error.text)
                self._wrong = error.text
            except Exception:  # a bug here must not stop the queue for good
                log.exception("the queue stumbled")
                self._wrong = tr(STUMBLED)
            else:
                self._tell()
                continue
            self._tell()
            self._stop.wait(PAUSE)

    def _round(self) -> None:
        try:
            self._handle(self._events.get(timeout=POLL))
            self._drain()
        except queue.Empty:
            pass
        self._commits.retry()
        self._fill()

    def _drain(self) -> None:
        while True:
            try:
                self._handle(self._events.get_nowait())
            except queue.Empty:
                return

    def _handle(self, event: Any) -> None:
        try:
            self._take_in(event)
        except Exception:  # one bad answer must not cost the others
            log.exception("an answer could not be taken in")

    def _take_in(self, event: Any) -> None:
        match event:
            case wire.Progress(bundle=number, job=job, step=step):
                out = self._out.get(number)
                if out is not None:
                    out.progress[job] = min(1.0, step.done / step.total) if step.total else 0.0
            case wire.Done():
                self._done(event)
            case wire.Failed():
                self._failed(event)
            case wire.Ended(bundle=number):
                self._ended(number)
            case Lost() | Returned():
                self._lost(event)
            case ("cancel", wanted):
                self._cancel(wanted)

    def _done(self, message: wire.Done) -> None:
        job, out = self._take(message.bundle, message.job, message.epoch)
        if job is None or out is None:
            return
        try:
            for preview in message.previews:
                self._save_preview(out.bundle.content, preview)
        except Exception:  # it is drawn again when it is looked at
            log.exception("a preview could not be stored")
        self._finished.append((time.monotonic(), job.analyzer, job.asset_id))
        self.fleet.did(out.host, job.analyzer, message.seconds)
        self._commits.done(job, out.bundle.kind, out.host, message, away=out.host != self.fleet.home.name)

    def _failed(self, message: wire.Failed) -> None:
        job, out = self._take(message.bundle, message.job, message.epoch)
        if job is None or out is None:
            return
        if message.trace:
            log.error("job %s (%s) failed: %s\n%s", job.id, job.analyzer, message.text, message.trace)
        mishap = Mishap(message.code, message.text, message.hint, Retry(message.retry), message.seconds)
        if message.code != Cancelled.code:
            self.fleet.failed(out.host, job.id, message.code, message.text)
        if out.host != self.fleet.home.name and message.code != Cancelled.code:
            self._commits.strike(job, out.bundle.kind, out.host, mishap)
            return
        self._commits.set_back(job, out.bundle.kind, out.host, mishap)

    def _ended(self, number: int) -> None:
        self._lame = ""
        out = self._out.pop(number, None)
        if out is None:
            return
        mishap = Mishap(
            AnalyzerFailed.code, tr("The worker gave no answer."), tr(AnalyzerFailed.default_hint), Retry.LATER
        )
        for job in out.open.values():
            self._commits.set_back(job, out.bundle.kind, out.host, mishap)

    def _lost(self, lost: Lost | Returned) -> None:
        if isinstance(lost, Returned):
            self._returned(lost)
            return
        if not lost.started:  # no file is to blame
            self._lame = lost.error.text
        for number in lost.bundles:
            out = self._out.pop(number, None)
            if out is None:
                continue
            if not lost.started or number != (lost.began[0] if lost.began else lost.bundles[0]):
                self._commits.release(list(out.open))  # this bundle had not begun
                continue
            mishap = Mishap(lost.error.code, lost.error.text, lost.error.hint, Retry.SMALLER)
            for job in list(out.open.values()):
                self._commits.set_back(job, out.bundle.kind, out.host, mishap, together=len(out.open))

    def _returned(self, back: Returned) -> None:
        left = [number for number, out in self._out.items() if back.host and out.host == back.host]
        mishap = Mishap(back.error.code, back.error.text, back.error.hint, Retry.LATER)
        for number in (*back.bundles, *left):
            out = self._out.pop(number, None)
            if out is None:
                continue
            if not back.unfit:
                self._commits.release(list(out.open))
                continue
            for job in out.open.values():
                self._commits.strike(job, out.bundle.kind, out.host, mishap)

    def _cancel(self, wanted: set[int]) -> None:
        for number, out in self._out.items():
            if wanted & out.open.keys():
                self.fleet.cancel(out.host, number)

    def _take(self, number: int, job_id: int, epoch: int) -> tuple[jobs.Leased | None, _Out | None]:
        out = self._out.get(number)
        if out is None:
            return None, None
        job = out.open.get(job_id)
        if job is None or job.epoch != epoch:
            return None, None
        del out.open[job_id]
        out.progress.pop(job_id, None)
        return job, out

    # --- claiming -----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        if self._stop.is_set() or self._commits.blocked() or len(self._commits.pending) > UNCOMMITTED:
            return
        calls = self._calls
        if self._paused or (self.resting.why and not self.resting.slow):
            self._wrong = ""
            self._rest(calls)
            return
        wishes = self._wishes()
        if not wishes:
            return
        claimed, later = self._database.write(
            lambda connection: (self._claims.claim(connection, wishes), jobs.any_ready(connection))
        )
        self._wrong = ""
        self.fleet.got({wish.host: wish.bundles for wish in wishes}, [one.host for one in claimed])
        self._send_all(claimed)
        if not claimed and not later:
            self._rest(calls)
        elif self._claims.out_of_reach:
            self._events.put("wake")  # what was claimed lies out of reach: the next may not

    def _wishes(self) -> list[Wish]:
        slow = 1 - len(self._out) if self.resting.slow else None
        return self.fleet.wishes(Wish, self._backlog, most=slow)

    def _backlog(self, analyzers: Collection[str]) -> dict[str, int]:
        with self._database.read() as connection:
            return backlog(connection, analyzers)

    def _rest(self, calls: int) -> None:
        """Nothing to do, unless somebody called while we looked."""
        self._tell()
        with self._calm:
            if calls != self._calls or self._out or self._commits.pending or self._idle.is_set():
                return
            self._idle.set()
        many, self._commits.count = self._commits.count > MANY, 0
        self._database.submit(words.optimize if many else words.settle)

    def _send_all(self, claimed: list[Claimed]) -> None:
        for at, one in enumerate(claimed):
            try:
                self._send(one)
            except Exception:
                self._out.pop(self._numbers, None)
                self._commits.release([job.id for left in claimed[at:] for job in left.bundle.jobs])
                raise

    def _send(self, claimed: Claimed) -> None:
        self._numbers += 1
        settings, bundle = self._settings(), claimed.bundle
        start = start_of(self._numbers, claimed, settings)
        self._out[self._numbers] = _Out(claimed.host, bundle, {job.id: job for job in bundle.jobs}, time.monotonic())
        self.fleet.send(claimed.host, start, deadline=deadline(settings, bundle))

    def _tell(self) -> None:
        """Let people know when the queue is in trouble, and when it is over."""
        try:
            text = self._wrong or self._commits.trouble or self._lame or self.fleet.trouble()
            if text != self.trouble:
                self.trouble = text
                self._database.on_change(Change(frozenset({"health", "jobs"})))
        except Exception:  # a listener's bug must not stop the queue
            log.exception("a listener failed")
