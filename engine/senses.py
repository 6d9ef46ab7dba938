"""Which analyzers run on which assets: jobs for what is new, and for what an update made stale."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.analyzers import ANALYZERS
from engine.analyzers.base import Analyzer
from engine.model import Hold, Kind, Priority
from engine.packs import shelf
from engine.store import jobs, queue
from engine.store import settings as store_settings
from engine.store.db import Database

Ready = tuple[type[Analyzer], int, dict[str, Any]]  # an analyzer, the hold of its jobs, and their options


def options_of(analyzer: type[Analyzer], settings: Mapping[str, Any], packs: Mapping[str, str]) -> dict[str, Any]:
    """The settings and packs that change this analyzer's findings: a part of its jobs' keys.

    `packs` is the pack (id@version) that serves each task.
    """
    options = {name: settings[name] for name in analyzer.options}
    used = {task: packs[task] for task in (*analyzer.tasks, *analyzer.helped_by) if task in packs}
    return {**options, "packs": used} if used else options


def active(settings: Mapping[str, Any]) -> list[type[Analyzer]]:
    """The analyzers that are not switched off."""
    off = set(settings["analyzers.off"])
    return [analyzer for analyzer in ANALYZERS if analyzer.name not in off]


def ready(settings: Mapping[str, Any]) -> list[Ready]:
    """The analyzers that are on, each with the hold of its jobs: those that lack their model wait for it.

    Looks for packages and packs on the disk: ask once for many assets.
    """
    packs = shelf.chosen(settings)
    return [
        (analyzer, Hold.PACK if analyzer.lacking(packs, settings) else 0, options_of(analyzer, settings, packs))
        for analyzer in active(settings)
    ]


def wanted(asset_id: int, content: str, kind: str, analyzers: list[Ready]) -> list[jobs.Wanted]:
    """The jobs of one asset; `analyzers` as `ready` says."""
    return [
        jobs.Wanted(asset_id, content, analyzer.name, analyzer.version, options, analyzer.priority, hold)
        for analyzer, hold, options in analyzers
        if Kind(kind) in analyzer.kinds
    ]


def reconcile(database: Database, settings: Mapping[str, Any]) -> int:
    """Queue what newer versions, other options or other packs made stale; let go what waited for a pack now here.

    Returns the number of jobs queued. Costs one read when nothing changed since the last time.
    """
    on = {analyzer.name: (analyzer, hold, options) for analyzer, hold, options in ready(settings)}
    signature = [
        [analyzer.name, analyzer.version, json.dumps(options, sort_keys=True), bool(hold)]
        for analyzer, hold, options in on.values()
    ]
    with database.read() as connection:
        if store_settings.own(connection, "analyzers") == signature:
            return 0
    queued = 0
    for analyzer in ANALYZERS:
        queued += _reconcile_one(database, analyzer, on.get(analyzer.name))
    database.write(lambda connection: store_settings.put_own(connection, "analyzers", signature))
    return queued


def _reconcile_one(database: Database, analyzer: type[Analyzer], state: Ready | None) -> int:
    """Bring the jobs of one analyzer up to date; `state` is None when it is switched off."""
    name = analyzer.name
    _, hold, options = state or (analyzer, 0, {})
    spelled = json.dumps(options, sort_keys=True)

    def holds(connection: Any) -> list[tuple[int, str]]:
        jobs.hold_analyzer(connection, name, Hold.PACK, on=bool(hold))
        jobs.hold_analyzer(connection, name, Hold.USER, on=state is None)
        if state is None:
            return []
        queue.drop_superseded(connection, name, analyzer.version, spelled)
        return queue.stale(connection, name, analyzer.version, spelled, [kind.value for kind in analyzer.kinds])

    rows = database.write(holds)
    queued = 0
    for begin in range(0, len(rows), 5000):
        part = [
            jobs.Wanted(asset_id, content, name, analyzer.version, options, Priority.BACKFILL, hold)
            for asset_id, content in rows[begin : begin + 5000]
        ]
        queued += database.write(partial(jobs.enqueue, rows=part))
    return queued
