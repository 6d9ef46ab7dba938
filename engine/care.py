"""Caring for the machine while a library is at work: its health, its memory over time, battery and whole screen."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.language import tr
from engine.media.estimate import estimate
from engine.model import QueueStatus
from engine.model.health import Activity, Health, LogLine, Room, Trouble
from engine.model.start import Estimate
from engine.observe import examine, journal, measures, power
from engine.observe.power import Power, Rest

if TYPE_CHECKING:
    from engine.hosts.local import LocalHost
    from engine.jobs.scheduler import Scheduler
    from engine.library import Library
    from engine.search.duplicates import Duplicates
    from engine.watching import Watching

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds between two looks at memory and power
ROOMS_FOR = 60.0  # seconds that the sizes on the disk are kept: counting them takes a while
PARTS_FOR = 2.0


class Care:
    """The health of one library; every method may be called from any thread."""

    def __init__(self, library: "Library", duplicates: "Duplicates") -> None:
        self._library, self._duplicates = library, duplicates
        self._scheduler: Scheduler | None = None
        self._host: LocalHost | None = None
        self._watching: Watching | None = None
        self._trail = measures.Trail()
        self._rooms: tuple[float, tuple[Room, ...]] = (0.0, ())
        self._attended = False  # a window asks for the rules about battery and whole screen
        self._own_screen = False
        self._overruled: frozenset[str] = frozenset()
        self._rest = Rest()
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.sense: Callable[[], Power] = lambda: Power(power.on_battery(), power.whole_screen())

    def start(self, scheduler: "Scheduler", watching: "Watching") -> None:
        """Begin to look after these."""
        from engine.hosts.local import LocalHost

        self._scheduler, self._watching = scheduler, watching
        if isinstance(scheduler.fleet.home, LocalHost):
            self._host = scheduler.fleet.home
        self._thread = threading.Thread(target=self._serve, name="kinora-care", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    # --- battery and whole screen -------------------------------------------------------------------------------------

    def attend(self) -> None:
        """From now on obey the settings about battery and whole screen (a window is there to say so)."""
        self._attended = True
        self._wake.set()

    def whole_screen(self, own: bool) -> None:
        """The program itself shows something on the whole screen, or no longer."""
        self._own_screen = own
        self._wake.set()

    def go_on(self) -> None:
        """Go on although on battery, or while the whole screen is in use, until that ends."""
        self._overruled |= {self._rest.why} - {""}
        self._wake.set()

    def look(self) -> Rest:
        """Look at the power now and let the work follow."""
        told = self.sense()
        told = Power(told.battery, bool(told.fullscreen) or self._own_screen)
        holds = {name for name, on in (("battery", told.battery), ("fullscreen", told.fullscreen)) if on}
        self._overruled &= holds  # what was overruled counts again the next time
        self._rest = power.decide(self._library.settings(), told, self._overruled) if self._attended else Rest()
        if self._scheduler is not None:
            self._scheduler.rest(self._rest)
        return self._rest

    # --- health -------------------------------------------------------------------------------------------------------

    def health(self) -> Health:
        """Look at every part; takes a moment."""
        queue = self._library.queue()
        return Health(
            parts=examine.parts(self._library, queue, self._around()),
            queue=queue,
            memory=self._trail.all() or self._sampled(),
            rooms=self.rooms(),
            free=examine.free(self._library.path),
            troubles=self.troubles(queue),
            versions=examine.versions(),
        )

    def rooms(self) -> tuple[Room, ...]:
        """What the parts of the library take on the disk; counted once a minute."""
        at, rooms = self._rooms
        if not rooms or time.monotonic() - at > ROOMS_FOR:
            rooms = measures.rooms(self._library.path)
            self._rooms = time.monotonic(), rooms
        return rooms

    def troubles(self, queue: QueueStatus | None = None) -> tuple[Trouble, ...]:
        """Failures by kind, the latest first."""
        from engine.store import status

        titles = {rate.analyzer: rate.title for rate in (queue or self._library.queue()).rates}
        titles["read"] = tr("Opening the file")
        with self._library.database.read() as connection:
            found = status.failures(connection)
        return tuple(
            Trouble(name, titles.get(name, name), code, count, text, hint, last)
            for name, code, count, last, text, hint in found
        )

    def estimate(self, path: Path) -> Estimate:
        """How many files of which kind a folder seems to hold; only names are looked at, a few seconds at most."""
        return estimate(path, self._library.settings()["scan.leave_out"])

    def activities(self) -> tuple[Activity, ...]:
        """What goes on beside the queue by itself."""
        library, found = self._library, []
        step = self._watching.step if self._watching is not None else None
        if step is not None:
            found.append(Activity(tr("Reading what changed in the folders"), step.done, step.total))
        if library.searching.spaces.building:
            found.append(Activity(tr("Making the index for search by meaning")))
        if library.people.busy:
            found.append(Activity(tr("Telling people apart")))
        if self._duplicates.busy:
            found.append(Activity(tr("Comparing what looks alike")))
        return tuple(found)

    def log(self, lines: int = 300, words: str = "", level: str = "") -> list[LogLine]:
        """The end of the log, oldest first; `level` is the least that is told."""
        return journal.tail(self._library.path / "logs", lines, words, level)

    def report(self, beside: Mapping[str, Any] | None = None) -> str:
        """A text about versions, settings, numbers and errors without anything private, for whoever helps.

        `beside` is what a front adds (title: lines); it has to be free of private words itself.
        """
        from engine.observe.report import written

        return written(self._library, self.health(), beside or {})

    # --- inside -------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._closing:
            try:
                self._sampled()
                self.look()
            except Exception:  # the look at the power must not end for good with one odd answer
                log.exception("the look at memory and power failed")
            self._wake.wait(EVERY)
            self._wake.clear()

    def _sampled(self) -> "tuple[Any, ...]":
        workers = self._host.held() if self._host is not None else ()
        self._trail.sample(sum(workers), len(workers))
        return self._trail.all()

    def _around(self) -> examine.Around:
        if self._host is None:
            return examine.Around()
        held = self._host.held()
        workers = {"processes": len(held), "memory_mb": sum(held) >> 20, "deaths": self._host.deaths()}
        return examine.Around(True, self._watching.watched if self._watching is not None else 0, workers)


def report_name() -> str:
    """A name for the file of a report."""
    return f"kinora-report-{time.strftime('%Y-%m-%d')}.txt"


def report_file(text: str, ending: str) -> bytes:
    """A report that was looked at, as the file that is passed on: text, or packed for the ending `.zip`."""
    import io
    import zipfile

    if ending.lower() != ".zip":
        return text.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("kinora-report.txt", text)
    return packed.getvalue()
