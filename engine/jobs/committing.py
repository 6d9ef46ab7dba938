"""What goes from the queue to the disk: results, setbacks and returned leases. What the disk refuses stays in hand."""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.errors import AnalyzerFailed, KinoraError, Retry, StoreError
from engine.jobs import wire
from engine.jobs.retry import decide
from engine.language import tr
from engine.model import Change, Hold, JobState
from engine.store import jobs
from engine.store.commit import Outcome, commit_done, commit_failed, commit_strike, shows_people
from engine.store.db import Database

log = logging.getLogger(__name__)

FULL_PAUSE = 5.0  # seconds between attempts while the disk takes nothing


@dataclass(frozen=True, slots=True)
class Mishap:
    """Why a job did not finish, in the words of the error tree."""

    code: str
    text: str
    hint: str
    retry: Retry
    seconds: float = 0.0


class Commits:
    """Hands the scheduler's results to the writer and sees that each of them lands."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        landed: Callable[[], None],
        stored: Callable[[str, int, int], None] = lambda host, bundle, job: None,
    ) -> None:
        self._database = database
        self._owner = owner
        self._landed = landed
        self._stored = stored  # hears of each result that need not be kept elsewhere: host, bundle, job
        self._again: deque[Callable[[], None]] = deque()
        self._again_at = 0.0
        self._chance = random.Random()
        self.pending: set[Future[Any]] = set()
        self.count = 0  # results since somebody last set this to 0
        self.trouble = ""  # why the disk takes nothing

    def blocked(self) -> bool:
        """Whether there are results in hand that the disk did not take."""
        return bool(self._again)

    def retry(self, *, now: bool = False) -> None:
        """Try once more to store what is in hand, unless that was tried a moment ago."""
        if not self._again or (not now and time.monotonic() < self._again_at):
            return
        self._again_at = time.monotonic() + FULL_PAUSE
        for _ in range(len(self._again)):
            self._again.popleft()()

    def done(self, job: jobs.Leased, kind: str, host: str, message: wire.Done, *, away: bool = False) -> None:
        """Store what a job found and that it is done; what another machine found and cannot be stored is its fault."""
        outcome = Outcome(job, self._owner, host, kind, message.bundle, time.time() - message.seconds,
                          message.seconds, message.cpu, message.peak)  # fmt: skip
        side = max((preview.side for preview in message.previews), default=0)
        self.submit(
            lambda connection: commit_done(connection, outcome, message.findings, message.facts, side),
            Change(frozenset({"jobs", "findings", "assets", *shows_people(job.analyzer)}), frozenset({job.asset_id})),
            instead=partial(self._unstorable_from, outcome) if away else partial(self._unstorable, outcome),
            then=partial(self._stored, host, message.bundle, job.id),
        )

    def strike(self, job: jobs.Leased, kind: str, host: str, mishap: Mishap) -> None:
        """Store that a job failed on another machine: that is no verdict on the file, it is asked for elsewhere."""
        outcome = Outcome(job, self._owner, host, kind, 0, time.time() - mishap.seconds, mishap.seconds, 0.0, 0)
        self._strike(outcome, mishap.code)

    def set_back(self, job: jobs.Leased, kind: str, host: str, mishap: Mishap, *, together: int = 1) -> None:
        """Store that a job did not finish and how it goes on; `together` jobs were unfinished in its worker."""
        verdict = decide(mishap.code, mishap.retry, attempts=job.attempts, crashes=job.crashes, together=together,
                         chance=self._chance)  # fmt: skip
        text, hint = mishap.text, mishap.hint
        if verdict.state is JobState.FAILED and mishap.retry is Retry.SMALLER:
            text = tr(
                "{words} It was set aside after {crashes} attempts on its own.", words=text, crashes=verdict.crashes
            )
            hint = tr(
                "Everything else goes on. Retry it after an update, or after more memory or time was "
                "allowed in the settings."
            )
        setback = jobs.Setback(
            verdict.state, time.time() + verdict.delay if verdict.delay else 0.0, verdict.hold, verdict.batch_max,
            verdict.attempts, verdict.crashes, mishap.code, text, hint,
        )  # fmt: skip
        outcome = Outcome(job, self._owner, host, kind, 0, time.time() - mishap.seconds, mishap.seconds, 0.0, 0)
        self._failed(outcome, setback, whole=job.analyzer == "probe")

    def release(self, job_ids: Sequence[int]) -> None:
        """Return leases unharmed."""
        if job_ids:
            self.submit(partial(jobs.release, job_ids=list(job_ids)), Change(frozenset({"jobs"})))

    def room_again(self) -> None:
        """There is room on the disk, or it is worth a try: what waited for it may go on."""
        self._database.submit(partial(jobs.clear_hold, bit=Hold.SPACE), Change(frozenset({"jobs"})))

    def submit(
        self,
        work: Callable[[Any], Any],
        change: Change | None = None,
        *,
        instead: Callable[[BaseException], None] | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand `work` to the writer: again and again while the disk refuses it, `instead` once if it is a bug.

        `then` is called when it is on the disk.
        """
        future = self._database.submit(work, change)
        self.pending.add(future)

        def landed(done: Future[Any]) -> None:
            error = done.exception()
            if isinstance(error, StoreError):
                self._again.append(partial(self.submit, work, change, instead=instead, then=then))
                self.trouble = error.text
            elif error is not None:
                log.error("a result could not be stored", exc_info=error)
                if instead is not None:
                    instead(error)
            else:
                then()
            self.pending.discard(done)
            self.count += 1
            if self.trouble and not self._again and not self.pending:
                self.trouble = ""
                self.room_again()
            self._landed()

        future.add_done_callback(landed)

    def _strike(self, outcome: Outcome, code: str) -> None:
        self.submit(lambda connection: commit_strike(connection, outcome, code), Change(frozenset({"jobs", "hosts"})))

    def _unstorable_from(self, outcome: Outcome, error: BaseException) -> None:
        self._stored(outcome.host, outcome.bundle, outcome.job.id)  # it is of no use: nobody need keep it
        self._strike(outcome, error.code if isinstance(error, KinoraError) else AnalyzerFailed.code)

    def _unstorable(self, outcome: Outcome, error: BaseException) -> None:
        job = outcome.job
        text = tr(
            "What {analyzer} found could not be stored: {name}.", analyzer=job.analyzer, name=type(error).__name__
        )
        setback = jobs.Setback(JobState.FAILED, 0.0, 0, None, job.attempts + 1, job.crashes, AnalyzerFailed.code,
                               text, tr(AnalyzerFailed.default_hint))  # fmt: skip
        self._failed(outcome, setback, whole=False)

    def _failed(self, outcome: Outcome, setback: jobs.Setback, *, whole: bool) -> None:
        self.submit(
            lambda connection: commit_failed(connection, outcome, setback, whole=whole),
            Change(frozenset({"jobs", "assets"}), frozenset({outcome.job.asset_id})),
        )
