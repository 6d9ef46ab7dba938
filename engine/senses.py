"""Which analyzers run on which assets: jobs for what is new, and for what an update made stale."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.analyzers import ANALYZERS
from engine.analyzers.base import Analyzer
from engine.model import Hold, Kind, Priority
from engine.store import jobs, queue
from engine.store import settings as store_settings
from engine.store.db import Database


def options_of(analyzer: type[Analyzer], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that change this analyzer's findings: a part of its jobs' keys."""
    return {name: settings[name] for name in analyzer.options}


def active(settings: Mapping[str, Any]) -> list[type[Analyzer]]:
    """The analyzers that are not switched off."""
    off = set(settings["analyzers.off"])
    return [analyzer for analyzer in ANALYZERS if analyzer.name not in off]


def ready(settings: Mapping[str, Any]) -> list[tuple[type[Analyzer], int]]:
    """The analyzers that are on, each with the hold of its jobs: those that lack their model wait for it.

    Looks for packages on the disk: ask once for many assets.
    """
    return [(analyzer, Hold.PACK if analyzer.missing() else 0) for analyzer in active(settings)]


def wanted(
    asset_id: int, content: str, kind: str, settings: Mapping[str, Any], analyzers: list[tuple[type[Analyzer], int]]
) -> list[jobs.Wanted]:
    """The jobs of one asset; `analyzers` as `ready` says."""
    return [
        jobs.Wanted(
            asset_id, content, analyzer.name, analyzer.version, options_of(analyzer, settings), analyzer.priority, hold
        )
        for analyzer, hold in analyzers
        if Kind(kind) in analyzer.kinds
    ]


def reconcile(database: Database, settings: Mapping[str, Any]) -> int:
    """Queue what newer versions or other options of analyzers made stale; let go what waited for a model now here.

    Returns the number of jobs queued. Costs one read when nothing changed since the last time.
    """
    signature = [
        [
            analyzer.name,
            analyzer.version,
            json.dumps(options_of(analyzer, settings), sort_keys=True),
            bool(analyzer.missing()),
        ]
        for analyzer in active(settings)
    ]
    with database.read() as connection:
        if store_settings.own(connection, "analyzers") == signature:
            return 0
    queued = 0
    for analyzer in ANALYZERS:
        queued += _reconcile_one(database, settings, analyzer)
    database.write(lambda connection: store_settings.put_own(connection, "analyzers", signature))
    return queued


def _reconcile_one(database: Database, settings: Mapping[str, Any], analyzer: type[Analyzer]) -> int:
    name, off = analyzer.name, analyzer not in active(settings)
    hold = Hold.PACK if analyzer.missing() else 0
    options = json.dumps(options_of(analyzer, settings), sort_keys=True)

    def holds(connection: Any) -> list[tuple[int, str]]:
        jobs.hold_analyzer(connection, name, Hold.PACK, on=bool(hold))
        jobs.hold_analyzer(connection, name, Hold.USER, on=off)
        if off:
            return []
        queue.drop_superseded(connection, name, analyzer.version, options)
        return queue.stale(connection, name, analyzer.version, options, [kind.value for kind in analyzer.kinds])

    rows = database.write(holds)
    queued = 0
    for begin in range(0, len(rows), 5000):
        part = [
            jobs.Wanted(
                asset_id, content, name, analyzer.version, options_of(analyzer, settings), Priority.BACKFILL, hold
            )
            for asset_id, content in rows[begin : begin + 5000]
        ]
        queued += database.write(partial(jobs.enqueue, rows=part))
    return queued
