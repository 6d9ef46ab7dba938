"""The library: the one thing that the window, the command line and every other front talk to."""

import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from engine import lock, senses
from engine.albums import Albums
from engine.care import Care
from engine.control import Door, ask
from engine.decided import Decided
from engine.errors import LibraryBusy
from engine.filming import Filmed
from engine.hosting import Hosts
from engine.intake import Intake
from engine.jobs.scheduler import Scheduler
from engine.judging import Judging
from engine.keep import Keep
from engine.keeper import Keeper
from engine.logos import Logos
from engine.model import (
    AddReport,
    AssetRow,
    Cell,
    Change,
    FindingKind,
    FoundRow,
    JobRow,
    JobState,
    QueueStatus,
    Root,
    Step,
    TwinGroup,
)
from engine.model.health import Health
from engine.observe.logs import close_log, open_log
from engine.offline import guard
from engine.packs import devices
from engine.people.people import People
from engine.pictures import Pictures
from engine.provision import Packs
from engine.queue import Queue, scheduler_of
from engine.renting import Rentals
from engine.search.duplicates import Duplicates
from engine.searching import Searchable, Searching
from engine.sidecars import Sidecars
from engine.store import assets, backup, check, files, findings, jobs
from engine.store import settings as store_settings
from engine.store.db import Database
from engine.viewing import Viewing, place
from engine.watching import Watching

NAME = "kinora.db"
Listener = Callable[[Change], None]


class Library(Searchable, Filmed):
    """One library folder. Open it with `Library.open`; every method may be called from any thread."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.owner = database.own
        self.database = database
        self._listeners: list[Listener] = []
        self._closers = contextlib.ExitStack()
        self._settings_lock = threading.Lock()
        self._settings: dict[str, Any] | None = None
        self._scheduler: Scheduler | None = None
        self._watching: Watching | None = None
        self._door: Door | None = None
        self._pictures = Pictures(path / "previews", path / "logs" / "workers.log" if self.owner else None)
        self.searching = Searching(database, path, self.settings, path / "logs" / "workers.log" if self.owner else None)
        self._intake = Intake(database, self.settings)
        self._duplicates = Duplicates(database, self.settings)
        self._queue = Queue(database, self.settings)
        self._decided = Decided(database)
        self.hosts = Hosts(database, self.settings, path, self._decided)
        self._take_films(database, self._decided, self._pictures, self.asset)
        self.judging = Judging(database, self._decided)
        self._keeper = Keeper(database, self.path)
        self.people = People(database, self.settings, path, self.render)
        self.sidecars = Sidecars(database, path, lambda query: self.listing(query).ids)
        self._viewing = Viewing(self._pictures, owner=self.owner)
        self.packs = Packs(database, self.settings, self.set, self.packs_changed)
        self.care = Care(self, self._duplicates)
        searching = self.searching
        self.albums = Albums(database, self._decided, searching.searches, searching.count)
        self.keep = Keep(database, self._decided, self.duplicates)
        self.logos = Logos(database, self._decided, searching.spaces, searching.encoding, self.settings, self.original)
        self.rentals = Rentals.of(self)

    @classmethod
    def open(cls, path: Path, *, own: bool = True, work: bool = True) -> Self:
        """Open a library, making it when it is not there (the owner only); `work` starts the workers and the watcher.

        Raises:
            LibraryBusy: another Kinora owns it.
            LibraryMissing, LibraryReadOnly, LibraryNewer, LibraryDamaged, StorageFull: see their sentences.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100  # without following links: the user's own spelling stays
        with contextlib.ExitStack() as opening:
            if own:
                lock.take(path, opening)
            database = Database(path / NAME, own=own)
            opening.callback(database.close)
            if own:
                Keeper.before_upgrade(path / NAME)
            database.open()
            library = cls(path, database)
            database.on_change = library._announce
            if own:
                library._wake_up(work=work, opening=opening)
            library._closers = opening.pop_all()
        return library

    def close(self) -> None:
        """Stop the work and close the library; what was stored stays, what ran is waiting again."""
        self._listeners.clear()
        self._duplicates.close()
        self.searching.close()
        self.people.close()
        self.care.close()
        if self._watching is not None:
            self._watching.close()
        if self._scheduler is not None:
            self._scheduler.stop()
        self.rentals.close()
        self.hosts.close()
        self._pictures.close()
        self._closers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change, on a thread of the engine; call the answer to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # --- adding -------------------------------------------------------------------------------------------------------

    def add(self, paths: Sequence[Path | bytes | str], *, watch: bool | None = None) -> Iterator[Step]:
        """Add folders and files; a generator of progress, closing it stops (what is stored stays)."""
        wanted = self.settings()["scan.watch"] if watch is None else watch
        yield from self._with_wake(self._intake.add(paths, watch=wanted))

    def rescan(self) -> Iterator[Step]:
        """Bring every added folder up to date."""
        yield from self._with_wake(self._intake.rescan())

    def refresh(self, folders: Collection[bytes], *, deep: bool = False) -> Iterator[Step]:
        """Read some folders again (the watcher saw a change in them); `deep`: with all that is below them."""
        yield from self._with_wake(self._intake.refresh(folders, deep=deep), watch=False)

    @property
    def last_report(self) -> AddReport:
        """What the last adding or rescan did that was asked for and came to its end."""
        return self._intake.report

    def roots(self) -> list[Root]:
        """The folders and files that were added."""
        with self.database.read() as connection:
            return files.roots(connection)

    def remove_root(self, root_id: int) -> None:
        """Stop reading a folder; originals and all that is known of them stay."""
        change = Change(frozenset({"roots", "assets", "files", "jobs"}))
        self.database.write(lambda connection: self._keeper.drop_root(connection, root_id), change)
        self._rewatch()

    # --- reading ------------------------------------------------------------------------------------------------------

    def cells(self, ids: Sequence[int]) -> list[Cell]:
        """What the grid draws of these assets."""
        with self.database.read() as connection:
            return assets.cells(connection, ids)

    def asset(self, asset_id: int) -> AssetRow:
        """All that is shown beside an asset. Raises NotFound."""
        with self.database.read() as connection:
            row = assets.get(connection, asset_id)
        return self._queue.with_jobs(row)

    def findings(self, asset_id: int, kinds: Collection[FindingKind] | None = None) -> list[FoundRow]:
        """What analyzers said of an asset."""
        with self.database.read() as connection:
            return findings.of_asset(connection, asset_id, kinds)

    def preview(self, asset_id: int) -> Path | None:
        """The stored preview of an asset (JPEG), None while there is none."""
        cell = next(iter(self.cells([asset_id])), None)
        return self._viewing.preview(cell, self.asset) if cell is not None else None

    def render(self, asset_id: int, *, side: int, page: int | None = None, time: float | None = None) -> Path:
        """A large picture of an asset, of a page or of a second of it (JPEG), drawn by a worker. Raises KinoraError."""
        return self._viewing.render(self.asset(asset_id), {"side": side, "page": page, "time": time})

    def original(self, asset_id: int) -> Path:
        """Where a reachable file of the asset lies. Raises FileMissing."""
        return Path(os.fsdecode(place(self.asset(asset_id)).raw))

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def queue(self) -> QueueStatus:
        """The queue at a glance, with rates and time left."""
        return self._queue.status(self._scheduler)

    def jobs(self, state: JobState | None = None, limit: int = 500) -> list[JobRow]:
        """Jobs in a state; without one, those at work and those that failed."""
        return self._queue.rows(state, limit, self._scheduler)

    def retry(self, ids: Collection[int] | None = None) -> int:
        """Try failed jobs again (all of them without `ids`); return how many."""
        count = self._queue.retry(ids)
        self._wake()
        return count

    def cancel(self, ids: Collection[int] | None = None) -> int:
        """Cancel waiting and running jobs (all of them without `ids`); return how many."""
        count, running = self.database.write(
            lambda connection: jobs.cancel(connection, ids), Change(frozenset({"jobs"}))
        )
        if self._scheduler is not None and running:
            self._scheduler.cancel(running)
        return count

    def pause(self) -> None:
        """Start no more jobs until `resume`, also after a restart."""
        self._pause(True)

    def resume(self) -> None:
        """Go on."""
        self._pause(False)

    def visible(self, asset_ids: Sequence[int]) -> None:
        """These assets are on the screen: they go first."""
        self._queue.promote(asset_ids)
        self._wake()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left that can be done now."""
        if self._scheduler is not None and not self._scheduler.wait_idle(timeout):
            return False
        self._duplicates.refresh()
        self.people.settle()
        return True

    def _pause(self, paused: bool) -> None:
        change = Change(frozenset({"jobs"}))
        self.database.write(lambda connection: store_settings.put_own(connection, "paused", paused), change)
        if self._scheduler is not None:
            self._scheduler.pause(paused)

    # --- decisions ----------------------------------------------------------------------------------------------------

    def rate(self, ids: Sequence[int], rating: int | None) -> None:
        """Give assets 0..5 stars (None takes the rating away)."""
        self._decided.rate(ids, rating)

    def tag(self, ids: Sequence[int], name: str) -> None:
        """Give assets a tag."""
        self._decided.tag(ids, name)

    def untag(self, ids: Sequence[int], name: str) -> None:
        """Take a tag away that the user gave."""
        self._decided.untag(ids, name)

    def not_twins(self, ids: Sequence[int]) -> None:
        """Never offer these assets as duplicates of each other again."""
        self._decided.not_twins(ids)

    def undo(self) -> str | None:
        """Undo the latest decision; return what was undone, None when there is nothing."""
        return self._decided.undo()

    def redo(self) -> str | None:
        """Do again what was undone last."""
        return self._decided.redo()

    # --- duplicates ---------------------------------------------------------------------------------------------------

    def duplicates(self, exact: bool | None = None) -> list[TwinGroup]:
        """Groups of exact copies and of pictures and films that look nearly the same."""
        return self._duplicates.groups(self.asset, exact)

    def file_trashed(self, file_id: int) -> None:
        """The window moved a file to the trash, after a question: remember it."""
        change = Change(frozenset({"files", "assets", "decisions"}))
        self.database.write(lambda connection: self._keeper.trashed(connection, file_id), change)

    # --- settings and care --------------------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """Every option with its value."""
        with self._settings_lock:
            if self._settings is None:
                with self.database.read() as connection:
                    self._settings = store_settings.all_settings(connection)
            return dict(self._settings)

    def set(self, key: str, value: Any) -> Any:
        """Change an option; what it makes stale is read again. Raises SettingInvalid."""
        change = Change(frozenset({"settings"}))
        stored = self.database.write(lambda connection: store_settings.put(connection, key, value), change)
        with self._settings_lock:
            self._settings = None
        if key == "net.offline":
            guard(stored)
            self.hosts.follow()
        if self._scheduler is not None:
            senses.reconcile(self.database, self.settings())
            self._rewatch()
            self._wake()
        return stored

    def packs_changed(self) -> None:
        """Packs were installed, removed or chosen: jobs follow, those of another Kinora that owns the library too."""
        if not self.owner:
            with contextlib.suppress(LibraryBusy):
                ask(self.path, "packs_changed")
            return
        senses.reconcile(self.database, self.settings())
        self._wake()
        self._announce(Change(frozenset({"packs", "settings", "jobs"})))

    def health(self) -> Health:
        """How every part is, with numbers; takes a moment."""
        return self.care.health()

    def status(self) -> dict[str, Any]:
        """Numbers of assets and jobs, and how the library is."""
        return self._keeper.status(self.queue(), self.roots())

    def backup(self, target: Path) -> Iterator[Step]:
        """Write a verified backup into a folder; the last step's text is where it lies."""
        return backup.backup(self.database, target)

    def check(self, *, repair: bool = False) -> Iterator[Step | check.Problem]:
        """Look for damage; with `repair` make what is derived anew first."""
        if repair:
            self.database.write(check.repair)
        return check.check(self.database, self._pictures.folder)

    def answer(self, command: str, handler: Callable[..., Any]) -> None:
        """Let other starts of Kinora ask for one more command (the window: `come_forward`)."""
        if self._door is not None:
            self._door.handle(command, handler)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _wake_up(self, *, work: bool, opening: contextlib.ExitStack) -> None:
        handler = open_log(self.path / "logs")
        opening.callback(close_log, handler)
        self.database.write(self._keeper.first_things)
        self.people.resume()
        self._door = Door(self.path, self._keeper.commands(self, works=work))
        opening.callback(self._door.close)
        if not work:
            return
        settings = self.settings()
        guard(settings["net.offline"])
        devices.announce(settings)
        self.packs.settle()
        senses.reconcile(self.database, settings)
        self._scheduler = scheduler_of(self.database, self.settings, self.path / "logs", self._pictures.save)
        self.hosts.open(self._scheduler.fleet)
        self._scheduler.start()
        self.rentals.open()
        self._watching = Watching(self, self._intake)
        self._watching.start()
        self.care.start(self._scheduler, self._watching)

    def _with_wake(self, steps: Iterator[Step], *, watch: bool = True) -> Iterator[Step]:
        for step in steps:
            self._wake()
            yield step
        if watch:
            self._rewatch()
        self._wake()

    def _rewatch(self) -> None:
        if self._watching is not None:
            self._watching.again()

    def _wake(self) -> None:
        if self._scheduler is not None:
            self._scheduler.wake()

    def _announce(self, change: Change) -> None:
        if "findings" in change.topics:
            self._duplicates.stale()
        self.people.heard(change)
        for listener in list(self._listeners):
            listener(change)
