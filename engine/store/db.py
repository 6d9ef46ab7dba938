"""The one door to the database: a writer thread with group commit, and read-only connections for everyone else.

Exactly one connection writes and checkpoints. That makes every answer durable (`synchronous=FULL`) at the price of one
fsync for a whole group, and keeps clear of SQLite's WAL-reset bug, which needs two writers (fixed in 3.51.3).
"""

import contextlib
import logging
import os
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from engine.errors import KinoraError, LibraryDamaged, LibraryMissing, LibraryReadOnly, StorageFull, StoreError
from engine.language import mark, tr
from engine.model import Change
from engine.store import limits, migrations

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
GROUP = 128  # works in one commit
LINGER = 0.003  # seconds: less than an fsync
CACHE_KIB = 16384  # of the writer
READER_KIB = 16384  # of the first reader, which is lent whenever it is there
SPARE_KIB = 4096  # of each further one
IDLE = 4  # readers that stand by
CLOSED = mark("The library is closed.")

FULL = {sqlite3.SQLITE_FULL}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUGS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)  # ours, no disk's
CLOSED_DOORS = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


@dataclass(slots=True)
class _Order:
    work: Callable[[sqlite3.Connection], Any]
    change: Change | Callable[[Any], Change | None] | None
    answer: "Future[Any]"
    awaited: bool = False  # somebody stands still until it is on the disk
    bare: bool = False  # outside a transaction, alone


class Database:
    """`kinora.db` of one library."""

    def __init__(self, path: Path, *, own: bool) -> None:
        self.path = path
        self.own = own
        self.on_change: Callable[[Change], None] = lambda change: None
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._readers: list[sqlite3.Connection] = []  # those that stand by; the first of all is last, and lent first
        self._first: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._immutable = False

    def open(self) -> list[str]:
        """Open the file, bring its schema up to date (the owner only); return the names of the steps that ran.

        Raises:
            LibraryMissing, LibraryReadOnly, LibraryDamaged, LibraryNewer, StorageFull, StoreError
        """
        if not self.own:
            if not self.path.exists():
                raise LibraryMissing(tr("There is no library in {parent}.", parent=self.path.parent))
            self._immutable = not os.access(self.path.parent, os.W_OK)
            with self.read() as connection, explained(tr("open the library")):
                migrations.refuse_strangers(connection)
                if migrations.version(connection) < len(migrations.STEPS):
                    raise StoreError(
                        tr("This library was written by an older Kinora."), hint=tr("Open it once in the window.")
                    )
            return []
        with explained(tr("open the library")):
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                migrations.refuse_strangers(connection)  # before anything is written to it
                _tune(connection)
                steps = migrations.migrate(connection)
            except BaseException:
                connection.close()
                raise
        self._thread = threading.Thread(target=self._serve, args=(connection,), name="kinora-writer", daemon=True)
        self._thread.start()
        return steps

    def submit(self, work: Work[T], change: Change | Callable[[T], Change | None] | None = None) -> "Future[T]":
        """Hand `work` to the writer; the future answers when it is on the disk.

        If `work` raises, only its own effect is undone. It may be run twice for that, so it must have no effect but
        the one in the database (`write` runs it once). `change` is announced after the commit.
        """
        return self._order(work, change, awaited=False)

    def _order(
        self, work: Work[T], change: Change | Callable[[T], Change | None] | None, *, awaited: bool, bare: bool = False
    ) -> "Future[T]":
        answer: Future[T] = Future()
        with self._lock:  # nothing is put behind the end that `close` puts
            refused = self._closed or not self.own
            if not refused:
                self._orders.put(_Order(work, change, answer, awaited, bare))
        if refused:
            answer.set_exception(
                StoreError(tr(CLOSED) if self._closed else tr("This library is open for reading only."))
            )
        return answer

    def write(self, work: Work[T], change: Change | Callable[[T], Change | None] | None = None) -> T:
        """Run `work` on the writer and wait until it is on the disk."""
        return self._order(work, change, awaited=True).result()

    def maintain(self, work: Work[T]) -> T:
        """Run `work` on the writer outside a transaction (VACUUM and the like) and wait for it."""
        return self._order(work, None, awaited=True, bare=True).result()

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a read-only connection with one consistent view for the length of the block."""
        connection = self._borrow()
        limits.watch(connection)
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._give_back(connection)

    def close(self) -> None:
        """Finish what was handed in, fold the write-ahead log into the file and close every connection."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._orders.put(None)
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()

    # --- the writer's thread ------------------------------------------------------------------------------------------

    def _serve(self, connection: sqlite3.Connection) -> None:
        stop = False
        while not stop:
            orders, stop = self._group()
            bare = [order for order in orders if order.bare]
            if len(bare) < len(orders):
                self._commit(connection, [order for order in orders if not order.bare])
            for order in bare:
                self._alone(connection, order)
        with contextlib.suppress(sqlite3.Error):
            connection.execute("PRAGMA optimize")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def _group(self) -> tuple[list[_Order], bool]:
        """The next orders for one commit: all that are there.

        A single one that nobody waits for lingers a moment, for others may share its fsync. Several do not: what comes
        while they are written is the next group.
        """
        orders: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            orders.append(order)
            if len(orders) == GROUP:
                return orders, False
            try:
                alone = len(orders) == 1 and not order.awaited
                order = self._orders.get(timeout=LINGER) if alone else self._orders.get_nowait()
            except queue.Empty:
                return orders, False
        return orders, True

    def _commit(self, connection: sqlite3.Connection, orders: list[_Order]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = self._run_all(connection, orders)
            crash_point("commit")
            connection.execute("COMMIT")
            crash_point("committed")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._refuse(orders, explain(error, tr("write to the library")))
            return
        self._announce(outcomes)

    def _alone(self, connection: sqlite3.Connection, order: _Order) -> None:
        try:
            order.answer.set_result(order.work(connection))
        except Exception as error:
            log.debug("a work outside a transaction failed", exc_info=True)
            order.answer.set_exception(explain(error, tr("write to the library")) if _worldly(error) else error)

    def _run_all(self, connection: sqlite3.Connection, orders: list[_Order]) -> list[tuple[_Order, Any]]:
        """Run orders without savepoints, which are dear, where they may be run twice; if one fails, each in its own."""
        if not any(order.awaited for order in orders):
            try:
                return [(order, order.work(connection)) for order in orders]
            except Exception as error:
                log.debug("one of %d works failed: each is run again alone", len(orders), exc_info=True)
                _undo(connection, error, START_ANEW)
        tried = [(order, self._run(connection, order, alone=len(orders) == 1)) for order in orders]
        return [(order, outcome) for order, outcome in tried if outcome is not _FAILED]

    def _run(self, connection: sqlite3.Connection, order: _Order, *, alone: bool) -> Any:
        if not alone:
            connection.execute("SAVEPOINT one")
        try:
            outcome = order.work(connection)
        except Exception as error:
            log.debug("a work failed and is undone", exc_info=True)
            _undo(connection, error, START_ANEW if alone else UNDO_ONE)
            order.answer.set_exception(explain(error, tr("write to the library")) if _worldly(error) else error)
            return _FAILED
        if not alone:
            connection.execute("RELEASE one")
        return outcome

    def _refuse(self, orders: list[_Order], error: Exception) -> None:
        for order in orders:
            if not order.answer.done():
                order.answer.set_exception(error)

    def _announce(self, outcomes: list[tuple[_Order, Any]]) -> None:
        for order, outcome in outcomes:
            order.answer.set_result(outcome)
        try:
            merged: Change | None = None
            for order, outcome in outcomes:
                change = order.change(outcome) if callable(order.change) else order.change
                if change is not None:
                    merged = change if merged is None else merged.merge(change)
            if merged is not None:
                self.on_change(merged)
        except Exception:  # a listener's bug must not stop the writer
            log.exception("a listener failed")

    # --- connections --------------------------------------------------------------------------------------------------

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreError(tr(CLOSED))
            if self._readers:
                return self._readers.pop()
        mode = "immutable=1" if self._immutable else "mode=ro"
        with explained(tr("read the library")):
            address = f"file:{quote(str(self.path))}?{mode}"
            connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
            connection.execute("PRAGMA query_only = 1")
            connection.execute("PRAGMA temp_store = MEMORY")
            with self._lock:
                self._first = self._first or connection
            connection.execute(f"PRAGMA cache_size = -{READER_KIB if connection is self._first else SPARE_KIB}")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._closed:
                connection.close()
                return
            self._readers.append(connection)
            self._readers.sort(key=lambda one: one is self._first)
            if len(self._readers) > IDLE:
                self._readers.pop(0).close()  # each holds a cache


_FAILED = object()
START_ANEW = ("ROLLBACK", "BEGIN IMMEDIATE")
UNDO_ONE = ("ROLLBACK TO one", "RELEASE one")


def _undo(connection: sqlite3.Connection, error: Exception, how: tuple[str, str]) -> None:
    """Undo what a work did until this error; raise when SQLite gave the whole group up (disk full, input/output)."""
    if not connection.in_transaction:
        raise error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError(str(error)) from error
    for statement in how:
        connection.execute(statement)


def _worldly(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and not isinstance(error, BUGS)


def explain(error: BaseException, doing: str) -> KinoraError:
    """Return what SQLite said as an error for people."""
    code = getattr(error, "sqlite_errorcode", None)
    code = None if code is None else code & 0xFF
    text = str(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return limits.given_up()
    if code in FULL or "full" in text:
        return StorageFull(tr("The disk is full: Kinora could not {doing}.", doing=doing))
    if code in DAMAGED or "malformed" in text or "not a database" in text:
        return LibraryDamaged(
            tr("The library is damaged: Kinora could not {doing} ({words}).", doing=doing, words=text)
        )
    if code in CLOSED_DOORS or "readonly" in text or "unable to open" in text:
        return LibraryReadOnly(
            tr("Kinora may not write to the library's folder: it could not {doing} ({words}).", doing=doing, words=text)
        )
    return StoreError(
        tr("Kinora could not {doing}: {words}.", doing=doing, words=text), hint=tr("Details are in the log.")
    )


def _tune(connection: sqlite3.Connection) -> None:
    """Set the writer's connection up: every commit is on the disk before it is announced."""
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    if sys.platform == "darwin":  # a plain fsync does not reach the platter there
        connection.execute("PRAGMA fullfsync = 1")
        connection.execute("PRAGMA checkpoint_fullfsync = 1")


@contextlib.contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn SQLite's errors inside the block into errors for people."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, doing) from error


def crash_point(name: str) -> None:
    """Die here like a power cut, if the environment names this point (`KINORA_CRASH_AT=name:count`); tests use it."""
    wanted = os.environ.get("KINORA_CRASH_AT")
    if wanted is None:
        return
    point, _, count = wanted.partition(":")
    if point != name:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] >= int(count or 1):
        os._exit(137)


_passed: dict[str, int] = {}


@contextlib.contextmanager
def open_plain(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database file that nobody writes to (a backup), for reading only, without leaving files beside it."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def sqlite_build() -> tuple[tuple[int, ...], set[str]]:
    """The version of this SQLite and what it was built with."""
    connection = sqlite3.connect(":memory:")
    try:
        return sqlite3.sqlite_version_info, {row[0] for row in connection.execute("PRAGMA compile_options")}
    finally:
        connection.close()
