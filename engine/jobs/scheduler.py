"""The scheduler: one thread that leases jobs to a host and commits what comes back, results and state together."""

import logging
import os
import queue
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.errors import KinoraError, Retry, StorageFull, WorkerCrashed
from engine.hosts.base import Host, Lost
from engine.jobs import wire
from engine.jobs.retry import decide
from engine.model import Change, Facts, Hold, JobState, Kind, Preview
from engine.store import files, jobs, words
from engine.store.commit import Outcome, commit_done, commit_failed
from engine.store.db import Database

log = logging.getLogger(__name__)

LEASE = 24 * 3600.0  # seconds; leases end with the process that holds them, this is only a second net
WINDOW = 120.0  # seconds over which rates are measured
UNCOMMITTED = 256  # results on their way to the disk before no more work is claimed
FULL_PAUSE = 5.0  # seconds between attempts while the disk is full
POLL = 2.0
MANY = 5000  # results after which the search index is merged as a whole

SavePreview = Callable[[str, Preview], None]


@dataclass(slots=True)
class _Out:
    """A bundle that a worker has."""

    bundle: jobs.Bundle
    open: dict[int, jobs.Leased]
    started: float
    progress: dict[int, float] = field(default_factory=dict)


class Scheduler:
    """Feeds one host from the queue of one library."""

    def __init__(
        self, database: Database, host: Host, *, settings: Callable[[], Mapping[str, Any]], save_preview: SavePreview
    ) -> None:
        self._database = database
        self._host = host
        self._settings = settings
        self._save_preview = save_preview
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._out: dict[int, _Out] = {}
        self._numbers = 0
        self._stop = threading.Event()
        self._paused = False
        self._commits: set[Future[Any]] = set()
        self._again: list[Callable[[], None]] = []
        self._again_at = 0.0
        self._finished: deque[tuple[float, str, int]] = deque(maxlen=4096)  # when, analyzer, asset
        self._chance = random.Random()
        self._idle = threading.Event()
        self._calm = threading.Lock()
        self._calls = 0
        self._committed = 0  # results since the last rest
        self._thread = threading.Thread(target=self._serve, name="kinora-scheduler", daemon=True)
        self.trouble = ""

    # --- called from any thread ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        self._host.start(self._events.put)
        self._thread.start()

    def stop(self) -> None:
        """Stop the workers and return their leases; results that have arrived are still committed."""
        self._stop.set()
        self._events.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._host.stop()
        self._drain()
        left = [job for out in self._out.values() for job in out.open]
        if left:
            self._database.submit(lambda connection: jobs.release(connection, left))
        self._out.clear()

    def wake(self) -> None:
        """There may be new work."""
        with self._calm:
            self._calls += 1
            self._idle.clear()
        self._events.put("wake")

    def pause(self, paused: bool) -> None:
        """Claim nothing more (what runs comes to its end), or go on."""
        self._paused = paused
        self.wake()

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

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                event = self._events.get(timeout=POLL)
                self._handle(event)
                self._drain()
            except queue.Empty:
                pass
            try:
                self._retry_commits()
                self._fill()
            except StorageFull as error:
                self._full(error)
            except KinoraError as error:
                log.warning("the queue waits: %s", error.text)
                self._trouble(error.text)
                self._stop.wait(1)

    def _drain(self) -> None:
        while True:
            try:
                self._handle(self._events.get_nowait())
            except queue.Empty:
                return

    def _handle(self, event: Any) -> None:
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
            case Lost():
                self._lost(event)
            case ("cancel", wanted):
                self._cancel(wanted)

    def _done(self, message: wire.Done) -> None:
        job, out = self._take(message.bundle, message.job, message.epoch)
        if job is None or out is None:
            return
        for preview in message.previews:
            self._save_preview(out.bundle.content, preview)
        self._finished.append((time.monotonic(), job.analyzer, job.asset_id))
        started = time.time() - message.seconds
        outcome = Outcome(job, self._owner, self._host.name, out.bundle.kind, message.bundle, started,
                          message.seconds, message.cpu, message.peak)  # fmt: skip
        side = max((preview.side for preview in message.previews), default=0)

        def commit() -> None:
            self._submit(
                lambda connection: commit_done(connection, outcome, message.findings, message.facts, side),
                Change(frozenset({"jobs", "findings", "assets"}), frozenset({job.asset_id})),
                commit,
            )

        commit()

    def _failed(self, message: wire.Failed) -> None:
        job, out = self._take(message.bundle, message.job, message.epoch)
        if job is None or out is None:
            return
        if message.trace:
            log.error("job %s (%s) failed: %s\n%s", job.id, job.analyzer, message.text, message.trace)
        self._set_back(
            job,
            out,
            message.code,
            message.text,
            message.hint,
            Retry(message.retry),
            together=1,
            seconds=message.seconds,
        )

    def _set_back(
        self,
        job: jobs.Leased,
        out: _Out,
        code: str,
        text: str,
        hint: str,
        retry: Retry,
        *,
        together: int,
        seconds: float = 0.0,
    ) -> None:
        verdict = decide(
            code, retry, attempts=job.attempts, crashes=job.crashes, together=together, chance=self._chance
        )
        if verdict.state is JobState.FAILED and retry is Retry.SMALLER:
            text = f"{text} It was set aside after {verdict.crashes} attempts on its own."
            hint = (
                "Everything else goes on. "
                "Retry it after an update, or after more memory or time was allowed in the settings."
            )
        setback = jobs.Setback(
            verdict.state, time.time() + verdict.delay if verdict.delay else 0.0, verdict.hold, verdict.batch_max,
            verdict.attempts, verdict.crashes, code, text, hint,
        )  # fmt: skip
        outcome = Outcome(job, self._owner, self._host.name, out.bundle.kind, 0, time.time() - seconds, seconds, 0.0, 0)

        def commit() -> None:
            self._submit(
                lambda connection: commit_failed(connection, outcome, setback, whole=job.analyzer == "probe"),
                Change(frozenset({"jobs", "assets"}), frozenset({job.asset_id})),
                commit,
            )

        commit()

    def _ended(self, number: int) -> None:
        out = self._out.pop(number, None)
        if out is not None and out.open:
            left = list(out.open)
            self._database.submit(lambda connection: jobs.release(connection, left))

    def _lost(self, lost: Lost) -> None:
        for number in lost.bundles:
            out = self._out.pop(number, None)
            if out is None:
                continue
            suspects = list(out.open.values())
            if number != (lost.began[0] if lost.began else lost.bundles[0]):
                innocent = [job.id for job in suspects]  # this bundle had not begun
                self._database.submit(partial(jobs.release, job_ids=innocent))
                continue
            for job in suspects:
                self._set_back(
                    job, out, lost.error.code, lost.error.text, lost.error.hint, Retry.SMALLER, together=len(suspects)
                )

    def _cancel(self, wanted: set[int]) -> None:
        for number, out in self._out.items():
            if wanted & out.open.keys():
                self._host.cancel(number)

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
        if self._stop.is_set() or self._again or len(self._commits) > UNCOMMITTED:
            return
        calls = self._calls
        if self._paused:
            self._rest(calls)
            return
        free = self._host.free()
        if free == 0:
            return
        claimed, later = self._database.write(
            lambda connection: (self._claim(connection, free), jobs.any_ready(connection))
        )
        for bundle, place in claimed:
            self._send(bundle, place)
        if claimed:
            self._trouble("")
        elif not later:
            self._rest(calls)

    def _rest(self, calls: int) -> None:
        """Nothing to do, unless somebody called while we looked."""
        with self._calm:
            if calls != self._calls or self._out or self._commits or self._idle.is_set():
                return
            self._idle.set()
        many, self._committed = self._committed > MANY, 0
        self._database.submit(words.optimize if many else words.settle)

    def _claim(self, connection: Any, free: int) -> list[tuple[jobs.Bundle, Any]]:
        found = []
        for bundle in jobs.claim(connection, self._owner, bundles=free, lease=LEASE):
            places = [place for place in files.of_asset(connection, bundle.asset_id) if place.state == "present"]
            if places:
                found.append((bundle, places[0]))
                continue
            jobs.release(connection, [job.id for job in bundle.jobs], hold=Hold.OFFLINE)
        return found

    def _send(self, bundle: jobs.Bundle, place: Any) -> None:
        self._numbers += 1
        settings = self._settings()
        tasks = tuple(
            wire.Task(job.id, job.epoch, job.analyzer, reading(settings) | dict(job.options)) for job in bundle.jobs
        )
        start = wire.Start(
            self._numbers, place.raw, Kind(bundle.kind), bundle.mime, bundle.content,
            place.size, place.mtime_ns, tasks, facts_of(bundle),
        )  # fmt: skip
        self._out[self._numbers] = _Out(bundle, {job.id: job for job in bundle.jobs}, time.monotonic())
        self._host.send(start, deadline=deadline(settings, bundle))

    # --- committing ---------------------------------------------------------------------------------------------------

    def _submit(self, work: Callable[[Any], Any], change: Change, again: Callable[[], None]) -> None:
        future = self._database.submit(work, change)
        self._commits.add(future)

        def landed(done: Future[Any]) -> None:
            self._commits.discard(done)
            self._committed += 1
            error = done.exception()
            if isinstance(error, StorageFull):
                self._again.append(again)
                self._trouble(error.text)
            elif error is not None:
                log.error("a result could not be stored", exc_info=error)
            self._events.put("wake")

        future.add_done_callback(landed)

    def _retry_commits(self) -> None:
        if not self._again or time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + FULL_PAUSE
        waiting, self._again = self._again, []
        for again in waiting:
            again()

    def _full(self, error: StorageFull) -> None:
        self._trouble(error.text)
        self._stop.wait(1)

    def _trouble(self, text: str) -> None:
        text = text or getattr(self._host, "trouble", str)()
        if text != self.trouble:
            self.trouble = text
            self._database.on_change(Change(frozenset({"health", "jobs"})))


def reading(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that every reading obeys, as options of a task."""
    return {key: value for key, value in settings.items() if key.startswith("media.") or key == "scenes.threshold"}


def deadline(settings: Mapping[str, Any], bundle: jobs.Bundle) -> float:
    """Seconds of silence that a bundle is allowed: more for what is long or large."""
    return float(settings["jobs.deadline"]) + (bundle.duration or 0.0) * 0.5 + bundle.size / 1e7


def facts_of(bundle: jobs.Bundle) -> Facts:
    """What is known of a bundle's asset."""
    import json

    return Facts.from_json(json.loads(bundle.facts))


__all__ = ["Scheduler", "WorkerCrashed"]
