"""The queue for people: counts with reasons, measured rates, time left, and what they may do to it."""

import importlib.util
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import senses
from engine.analyzers import ANALYZERS
from engine.language import tr
from engine.model import AssetRow, Change, JobRow, JobState, Preview, Priority, QueueStatus, Rate
from engine.observe.power import Rest
from engine.packs import shelf
from engine.store import assets, jobs, queue
from engine.store import settings as store_settings
from engine.store.db import Database

if TYPE_CHECKING:
    from engine.jobs.scheduler import Scheduler
    from engine.reading import Settings

MEANS_FOR = 5.0  # seconds that measured means are kept before they are read again


class Queue:
    """Reads and steers the jobs of a library."""

    def __init__(self, database: Database, settings: "Settings") -> None:
        self._database = database
        self._settings = settings
        self._means: dict[str, float] = {}
        self._means_at = 0.0

    def status(self, scheduler: "Scheduler | None") -> QueueStatus:
        """The queue at a glance."""
        with self._database.read() as connection:
            counts = queue.counts(connection)
            unread = queue.unreadable_count(connection)
            paused = bool(store_settings.own(connection, "paused", False))
            self._measure(connection)
        settings = self._settings()
        packs = shelf.chosen(settings)
        per_second, speeds = scheduler.per_second() if scheduler is not None else (0.0, {})
        workers = settings["jobs.workers"] or os.cpu_count() or 1
        rates = tuple(
            self._rate(analyzer, counts.get(analyzer.name, {}), speeds, workers, _reason(analyzer, settings, packs))
            for analyzer in ANALYZERS
        )
        total = {
            state: sum(found.get(state, 0) for found in counts.values())
            for state in ("waiting", "running", "done", "failed", "cancelled", "held")
        }
        lefts = [rate.left for rate in rates if rate.waiting or rate.running]
        left = None if any(one is None for one in lefts) else sum(one for one in lefts if one is not None)
        total["failed"] += unread
        trouble = scheduler.trouble if scheduler is not None else ""
        rest = scheduler.resting if scheduler is not None else Rest()
        return QueueStatus(
            paused=paused, per_second=per_second, left=left, rates=rates, trouble=trouble,
            resting=rest.text, slowed=rest.slow, **total,
        )  # fmt: skip

    def rows(self, state: JobState | None, limit: int, scheduler: "Scheduler | None") -> list[JobRow]:
        """Jobs for the list, running ones with their progress."""
        with self._database.read() as connection:
            found = queue.rows(connection, state, limit)
        if scheduler is None:
            return found
        progress, hosts = scheduler.progress(), scheduler.elsewhere()
        return [
            replace(row, progress=progress.get(row.id, 0.0), host=hosts.get(row.id, ""))
            if row.id in progress or row.id in hosts
            else row
            for row in found
        ]

    def with_jobs(self, row: AssetRow) -> AssetRow:
        """The same asset with its jobs."""
        with self._database.read() as connection:
            return replace(row, jobs=queue.of_asset(connection, row.cell.id))

    def retry(self, ids: Collection[int] | None) -> int:
        """Put failed jobs back to the start; return how many."""

        def work(connection: Any) -> list[int]:
            touched = jobs.retry(connection, ids)
            assets.clear_errors(connection, set(touched))
            jobs.hold_offline(connection, set(touched))
            return touched

        return len(self._database.write(work, Change(frozenset({"jobs", "assets"}))))

    def promote(self, asset_ids: Sequence[int]) -> None:
        """Let the jobs of these assets go before all others."""
        if asset_ids:
            self._database.submit(lambda connection: jobs.promote(connection, asset_ids, Priority.VISIBLE))

    def _measure(self, connection: Any) -> None:
        if time.monotonic() - self._means_at > MEANS_FOR:
            self._means_at = time.monotonic()
            self._means = queue.mean_seconds(connection)

    def _rate(
        self,
        analyzer: Any,
        counts: Mapping[str, int],
        speeds: Mapping[str, float],
        workers: int,
        reason: str,
    ) -> Rate:
        name = analyzer.name
        waiting, running = counts.get("waiting", 0), counts.get("running", 0)
        mean = self._means.get(name, analyzer.seconds)
        return Rate(
            analyzer=name, title=tr(analyzer.title), waiting=waiting, running=running, done=counts.get("done", 0),
            failed=counts.get("failed", 0), cancelled=counts.get("cancelled", 0), held=counts.get("held", 0),
            reason=reason, per_second=speeds.get(name, 0.0), left=(waiting + running * 0.5) * mean / workers,
        )  # fmt: skip


def _reason(analyzer: Any, settings: Mapping[str, Any], packs: Mapping[str, str]) -> str:
    """Why the jobs of an analyzer stand still, empty when they do not."""
    off = analyzer.name in settings["analyzers.off"]
    return tr("Switched off in the settings") if off else str(analyzer.lacking(packs, settings))


def installed(module: str) -> bool:
    """Whether a module could be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


__all__ = ["Queue", "installed", "senses"]


def scheduler_of(
    database: Database, settings: "Settings", logs: Path, save_preview: Callable[[str, Preview], None]
) -> "Scheduler":
    """The scheduler of a library with this machine as its first host; it stands still if the user paused it."""
    from engine.hosts.local import LocalHost
    from engine.jobs.scheduler import Scheduler

    options = settings()
    home = LocalHost(workers=options["jobs.workers"], memory=options["jobs.memory"], recycle=options["jobs.recycle"],
                     log_path=logs / "workers.log")  # fmt: skip
    made = Scheduler(database, home, settings=settings, save_preview=save_preview)
    with database.read() as connection:
        made.pause(bool(store_settings.own(connection, "paused", False)))
    return made
