"""Caring for a library: the first things after opening, its status, and what other starts of Kinora may ask of it."""

import contextlib
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import __version__
from engine.access import Access
from engine.asking import hosts_told
from engine.errors import KinoraError
from engine.model import AddReport, QueueStatus, Root, Step
from engine.store import assets, decisions, files, findings, jobs, migrations, namesakes, whole, words
from engine.store import settings as store_settings
from engine.store.backup import digest
from engine.store.db import Database, open_plain
from engine.store.fold import FOLD_VERSION

if TYPE_CHECKING:
    from engine.library import Library

log = logging.getLogger(__name__)


class Keeper:
    """Looks after one library."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    @staticmethod
    def before_upgrade(path: Path) -> None:
        """Keep a copy of a library that is about to be upgraded."""
        if not path.exists() or path.stat().st_size == 0 or path.with_name(path.name + "-wal").exists():
            return
        with open_plain(path) as connection, contextlib.suppress(sqlite3.Error):
            found = migrations.version(connection)
            if 0 < found < len(migrations.STEPS):
                copy = path.with_name(f"{path.name}.schema-{found}")
                shutil.copyfile(path, copy)
                log.info("kept %s (sha256 %s) before the upgrade", copy.name, digest(copy))

    def first_things(self, connection: sqlite3.Connection) -> None:
        """After opening: return the leases of the dead, and make a lost or old search index anew."""
        store_settings.name_library(connection)
        freed = jobs.release_all(connection)
        if freed:
            log.info("%d jobs were interrupted and wait again", freed)
        if store_settings.own(connection, "fold", FOLD_VERSION) != FOLD_VERSION or self._index_lost(connection):
            log.info("made the search index anew: %d moments", findings.rebuild_words(connection))
            whole.index_all(connection, namesakes.doubtful(connection))
        store_settings.put_own(connection, "fold", FOLD_VERSION)

    def _index_lost(self, connection: sqlite3.Connection) -> bool:
        return findings.any_text(connection) and words.size(connection) == 0

    def drop_root(self, connection: sqlite3.Connection, root_id: int) -> None:
        """Stop reading a root; the jobs of what is in no other one wait."""
        jobs.hold_offline(connection, files.drop_root(connection, root_id))

    def trashed(self, connection: sqlite3.Connection, file_id: int) -> None:
        """Remember that a file went to the trash."""
        row = files.rows_where(connection, "f.id = ?", (file_id,))
        jobs.hold_offline(connection, files.set_state(connection, [file_id], "trashed"))
        decisions.trashed(connection, file_id, row[0].path if row else "")

    def status(self, queue: QueueStatus, roots: list[Root]) -> dict[str, Any]:
        """Numbers for people and programs."""
        with self._database.read() as connection:
            counts = assets.counts(connection)
        kinds = {kind: counts.get(kind, 0) for kind in ("photo", "video", "audio", "document", "other")}
        states = ("waiting", "running", "done", "failed", "cancelled", "held")
        return {
            "version": __version__,
            "library": str(self._path),
            "assets": {
                **kinds,
                "total": sum(kinds.values()),
                "offline": counts["offline"],
                "missing": counts["missing"],
            },
            "jobs": {name: getattr(queue, name) for name in states},
            "paused": queue.paused,
            "per_second": round(queue.per_second, 3),
            "left": queue.left,
            "trouble": queue.trouble,
            "analyzers": [
                {
                    "name": rate.analyzer,
                    "waiting": rate.waiting,
                    "running": rate.running,
                    "done": rate.done,
                    "failed": rate.failed,
                    "held": rate.held,
                    "reason": rate.reason,
                    "per_second": round(rate.per_second, 3),
                }
                for rate in queue.rates
            ],
            "roots": [
                {"path": root.path, "watch": root.watch, "online": root.online, "files": root.files} for root in roots
            ],
        }

    def commands(self, library: "Library", *, works: bool) -> Mapping[str, Callable[..., Any]]:
        """What another start of Kinora may ask of the one that has the library open; `works`: it does its jobs."""

        under_way: dict[int, _Adding] = {}

        def add(paths: list[str], watch: bool | None = None) -> dict[str, int]:
            raw = [os.fsencode(path) for path in paths]
            ticket = max(under_way, default=0) + 1
            under_way[ticket] = _Adding(library, library.add(raw, watch=watch), f"add {len(raw)}")
            return {"accepted": len(raw), "ticket": ticket}

        def rescan() -> None:
            _Adding(library, library.rescan(), "rescan")

        def adding(ticket: int) -> dict[str, Any]:
            return {**under_way[ticket].told(), "works": works}

        def backup(target: str) -> str:
            return _last(library.backup(Path(target)))

        return {
            "add": add, "adding": adding, "rescan": rescan, "backup": backup,
            "retry": lambda ids=None: library.retry(ids), "cancel": lambda ids=None: library.cancel(ids),
            "pause": library.pause, "resume": library.resume, "set": library.set,
            "exported": library.exports.note,
            "people": library.people.told, "sidecars": library.sidecars.told,
            "logos": library.logos.told, "clips": library.clips.told,
            "saved": library.searches.told,
            "hosts": partial(hosts_told, library.hosts),
            "albums": library.albums.told, "keep": library.keep.told, "rent": library.rentals.told,
            "health": lambda: library.health().to_json(), "report": library.care.report,
            "access": lambda **given: Access(library.database).told(**given),
            "packs_changed": library.packs_changed, "choose_pack": library.packs.choose,
        }  # fmt: skip


class _Adding:
    """An adding that another start asked for: it runs to its end on a thread of its own, and says what it came to."""

    def __init__(self, library: "Library", steps: Iterator[Step], name: str) -> None:
        self._library = library
        self._steps = steps
        self._name = name
        self._error: KinoraError | None = None
        self._report = AddReport()
        self._thread = threading.Thread(target=self._work, name=f"kinora-{name.split()[0]}", daemon=True)
        self._thread.start()

    def told(self) -> dict[str, Any]:
        """Whether it runs, what it did, or why it did not."""
        error = None if self._error is None else [self._error.text, self._error.hint, self._error.code]
        return {"running": self._thread.is_alive(), "error": error, "report": asdict(self._report)}

    def _work(self) -> None:
        try:
            _last(self._steps)
            self._report = self._library.last_report
        except KinoraError as error:
            log.warning("%s, asked for by another start, failed: %s", self._name, error.text)
            self._error = error
        except Exception as error:  # nobody else would hear of it
            log.exception("%s, asked for by another start, failed", self._name)
            self._error = KinoraError(f"{type(error).__name__}: {error}", hint="Details are in its log.")


def _last(steps: Iterator[Step]) -> str:
    text = ""
    for step in steps:
        text = step.text
    return text
