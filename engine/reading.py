"""Reading what is new: hash files on a few threads, then store files, assets and jobs in one transaction."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine import senses
from engine.errors import EmptyFile, KinoraError, UnsupportedFormat
from engine.language import tr
from engine.media.files import joined
from engine.media.hashing import content_hash
from engine.media.sniff import sniff
from engine.model import JobState, Kind, Step
from engine.roots import ADDED, Roots
from engine.store import assets, files, jobs, queue, whole
from engine.store.db import Database, crash_point

TOGETHER = 256  # files hashed before they are stored in one transaction
ENOUGH = 1 << 30  # bytes after which they are stored, however few they are
READERS = 4  # threads that hash: reading a disk, not computing
TICK = 0.2  # seconds between words on progress

Settings = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """A file that has to be read."""

    folder: bytes
    name: bytes
    root_id: int
    size: int
    mtime_ns: int

    @property
    def path(self) -> bytes:
        """Where it lies."""
        return joined(self.folder, self.name)


class Reader:
    """Reads files that are new or changed."""

    def __init__(self, database: Database, settings: Settings, roots: Roots) -> None:
        self._database = database
        self._settings = settings
        self._roots = roots

    def read(self, todo: list[Found], tally: Counter[str], *, total: int, rest: bool = True) -> Iterator[Step]:
        """Read and store files, taking them off the list; without `rest` only as long as there are enough of them."""
        while part := _batch(todo, rest=rest):
            del todo[: len(part)]
            arrivals = yield from self._hashed(part, total - len(todo) - len(part), total)
            crash_point("hashed")
            outcome = self._database.write(partial(_store, arrivals=arrivals, settings=self._settings()), ADDED)
            crash_point("added")
            tally.update(outcome)
            yield Step(total - len(todo), total, files.shown(part[-1].name))

    def _hashed(self, part: list[Found], done: int, total: int) -> Generator[Step, None, list[files.Arrival]]:
        """Hash files; closing this ends the threads within a block of what they read."""
        stop = threading.Event()
        pool = ThreadPoolExecutor(READERS, thread_name_prefix="kinora-hash")
        try:
            answers = [pool.submit(self._arrive, found, stop) for found in part]
            while wait(answers, timeout=TICK).not_done:
                ready, now = _progress(answers)
                yield Step(done + ready, total, files.shown(part[now].name))
            return [answer.result() for answer in answers]
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)

    def _arrive(self, found: Found, stop: threading.Event) -> files.Arrival:
        """Read a file's type and hash, and look whether it was moved here."""
        arrival = _read(found, stop)
        return replace(arrival, lost=self._roots.lost(arrival.content)) if arrival.content else arrival


def _batch(todo: list[Found], *, rest: bool) -> list[Found]:
    """The files that are stored next: so many, or so large, or (with `rest`) all that is left."""
    weight = 0
    for number, found in enumerate(todo[:TOGETHER], start=1):
        weight += found.size
        if number == TOGETHER or weight >= ENOUGH:
            return todo[:number]
    return todo[:] if rest else []


def _progress(answers: "list[Future[files.Arrival]]") -> tuple[int, int]:
    """How many are hashed, and the first one that is not."""
    open_ones = [number for number, answer in enumerate(answers) if not answer.done()]
    return len(answers) - len(open_ones), open_ones[0] if open_ones else len(answers) - 1


def _read(found: Found, stop: threading.Event) -> files.Arrival:
    """What cannot be read becomes a row with a sentence, never an exception."""
    arrival = files.Arrival(found.folder, found.name, found.root_id, found.size, found.mtime_ns)
    try:
        try:
            sniffed = sniff(found.path)
            arrival = replace(arrival, kind=sniffed.kind.value, mime=sniffed.mime, format=sniffed.format)
        except (UnsupportedFormat, EmptyFile) as error:
            arrival = replace(arrival, kind=Kind.OTHER.value, error_code=error.code, error=error.text, hint=error.hint)
        return replace(arrival, content=content_hash(found.path, stop))
    except KinoraError as error:
        return replace(arrival, content="", error_code=error.code, error=error.text, hint=error.hint)
    except OSError as error:
        text = tr("This file cannot be read: {strerror}.", strerror=error.strerror or error)
        return replace(
            arrival,
            content="",
            error_code="unreadable",
            error=text,
            hint="Check the rights and the drive, then add it again.",
        )


def _store(
    connection: sqlite3.Connection, arrivals: list[files.Arrival], settings: Mapping[str, Any]
) -> dict[str, int]:
    """Store files with their assets and jobs; count what they were."""
    counts = {"added": 0, "changed": 0, "moved": 0, "failed": 0}
    names = {"new": "added", "changed": "changed", "moved": "moved", "failed": "failed", "copy": "added"}
    analyzers = senses.ready(settings)
    for arrival in arrivals:
        asset_id, what = files.put_arrival(connection, arrival)
        if what in names:
            counts[names[what]] += 1
        if asset_id is None:
            continue
        if arrival.error_code:
            _refuse(connection, asset_id, arrival)
        else:
            jobs.enqueue(connection, senses.wanted(asset_id, arrival.content, arrival.kind, analyzers))
            again = queue.interrupted(connection, asset_id)
            if again:
                jobs.retry(connection, again)
            jobs.hold_offline(connection, [asset_id])
        whole.index(connection, asset_id)
    return counts


def _refuse(connection: sqlite3.Connection, asset_id: int, arrival: files.Arrival) -> None:
    """A file that is nothing Kinora reads: it is listed as failed, with the reason."""
    assets.set_error(connection, asset_id, arrival.error_code, arrival.error, arrival.hint)
    if jobs.enqueue(connection, [jobs.Wanted(asset_id, arrival.content, "probe", 1, {}, 0)]):
        setback = jobs.Setback(JobState.FAILED, 0.0, 0, None, 1, 0, arrival.error_code, arrival.error, arrival.hint)
        jobs.fail_newest(connection, asset_id, setback)
