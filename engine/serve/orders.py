"""The node behind the routes: takes orders and keeps their answers until somebody acknowledges them."""

import asyncio
import functools
import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import HostLimited
from engine.hosts import offers
from engine.hosts.base import Host
from engine.hosts.bundling import WriteManifest, write_parcel
from engine.jobs.orders import Capabilities, Order, OrderInvalid
from engine.language import digits, tr
from engine.model import Device
from engine.serve.blobs import Blobs, owner_of
from engine.serve.placed import Packs
from engine.serve.running import Runner, Work, needed
from engine.serve.uploads import Upload
from engine.store import spool
from engine.store.db import Database, crash_point

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_ORDERS = 256  # in one request
MOST_NAMES = 20_000  # blobs or keys in one request
MOST_OPEN = 4096  # tasks that a client may have waiting
MOST_KEPT = 512 << 20  # characters of answers that it may leave unacknowledged
MOST_ANSWERS = 256  # in one reply
REPLY = 8 << 20  # characters of a reply, unless one answer alone has more
LONGEST_WAIT = 30.0
SWEEP = 3600.0  # seconds between looks at what is old
EXPIRE = 7 * 86400.0  # seconds of running after which nobody comes for an answer any more


@dataclass(frozen=True, slots=True)
class Use:
    """What a client uses of a node, for its quota."""

    jobs: int = 0
    bytes: int = 0
    seconds: float = 0.0  # of work


Charge = Callable[[str, Use], None]  # a client, what it uses; raises HostLimited when its quota is used up


class NodeService:
    """A node on a library's folder. Methods with `async` never block the loop; the others may block.

    A client is a *principal*: a string of the front that names the token's owner. One never sees what another one
    has here: not its answers, not its blobs, not even whether they are there.

    A node with `idle_exit` (seconds) is one that ends when nobody comes: it keeps no blob over such an end, and of what
    another end left, at its next start, none that was not used for as long; orders that wait keep theirs.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        settings: Callable[[], Mapping[str, Any]],
        *,
        host: Host | None = None,
        charge: Charge = lambda principal, use: None,
        write_manifest: WriteManifest | None = None,
        able: Callable[[Capabilities], Capabilities] = lambda here: here,
        idle_exit: float = 0.0,
    ) -> None:
        self._database = database
        self._folder = folder / "node"
        self._settings = settings
        self._charge = charge
        self._able = able
        self._idle_exit = idle_exit
        self._slots = 4 * (int(settings()["jobs.workers"]) or os.cpu_count() or 1)  # some travel while others run
        self.blobs = Blobs(self._folder / "blobs", cap=lambda: int(settings()["node.blobs"]) << 30)
        self._packs = Packs(self.blobs, self._folder / "incoming", settings)
        self._runner = Runner(
            host or _workers(settings(), folder), self.blobs, database, self._folder / "orders", settings=settings,
            write_manifest=write_manifest or write_parcel, answered=self._wake, used=self._used,
        )  # fmt: skip
        self._waiters: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._contact = time.monotonic()
        self._devices: tuple[Device, ...] = ()
        self._spool = ""
        self._sweeper = threading.Thread(target=self._sweep, name="kinora-node-sweep", daemon=True)

    def start(self) -> None:
        """Begin to work, with what an earlier run left unfinished."""
        with self._database.read() as connection:
            self._spool = spool.identity(connection)
        self._packs.open()
        self._leave(self._idle_exit)
        self._devices = offers.devices()
        self._runner.start()
        self._sweeper.start()

    def stop(self, *, wipe: bool = False) -> bool:
        """End the workers. What is unfinished goes on with the next start; with `wipe` nothing of it is left.

        Returns whether what clients sent was deleted, for that or because nobody comes any more.
        """
        deserted = 0 < self._idle_exit < self.idle()
        self.release()
        if self._sweeper.is_alive():
            self._sweeper.join()
        self._packs.close()
        self._runner.stop()
        self._database.write(spool.wipe if wipe else spool.calm)
        if wipe:
            self.blobs.wipe()
            shutil.rmtree(self._folder, ignore_errors=True)
        elif deserted:
            self._leave(0.0)
        return wipe or deserted

    def release(self) -> None:
        """Let everybody who waits for answers go: the node is about to end."""
        self._ended.set()
        with self._lock:
            for principal in list(self._waiters):
                self._wake_all(principal)

    def idle(self) -> float:
        """Seconds since a client was last heard of, 0 while anything runs."""
        return 0.0 if self._runner.busy() or self._packs.busy() else time.monotonic() - self._contact

    def heard(self) -> None:
        """A client has shown its token."""
        self._contact = time.monotonic()

    # --- what clients ask ---------------------------------------------------------------------------------------------

    async def capabilities(self) -> Capabilities:
        """What this node is and can do."""
        return self._able(await asyncio.to_thread(offers.capabilities, self._slots, self._devices, self._folder))

    async def missing(self, principal: str, names: Sequence[str]) -> list[str]:
        """Which of these blobs are not there; no more than was asked, each once."""
        for name in names:
            self.blobs.path("", name)  # raises BlobRefused
        return await asyncio.to_thread(self.blobs.missing, owner_of(principal), names)

    async def begin(self, principal: str, name: str, size: int, offset: int) -> Upload:
        """Begin the upload of a blob, or go on with one. Raises what `Blobs.begin` does, HostLimited."""

        def work() -> Upload:
            upload = self.blobs.begin(owner_of(principal), name, size, offset)
            try:
                self._charge(principal, Use(bytes=size - offset))
            except BaseException:
                upload.close()
                raise
            return upload

        return await asyncio.to_thread(work)

    async def install(self, principal: str, raw: Any, *, consent: bool, wait: float) -> tuple[list[str], bool]:
        """Install a pack: the files of it that are missing, and whether it is on the shelf; waits so many seconds.

        Raises:
            PackInvalid, ConsentNeeded, StorageFull, PacksBusy: as importing a pack does.
        """
        missing, future = await asyncio.to_thread(self._packs.ask, principal, raw, consent=consent)
        if future is not None:
            done, _ = await asyncio.wait({_quiet(asyncio.wrap_future(future))}, timeout=min(wait, LONGEST_WAIT))
            for one in done:
                one.result()
            return [], bool(done)
        return missing, not missing

    async def submit(self, principal: str, raws: Sequence[Any]) -> dict[str, list[str]]:
        """Take orders; those of which blobs are missing are not taken: each with what it lacks is returned.

        Raises:
            OrderInvalid: one is none; nothing was taken.
            HostLimited: the client has too much here, or its quota is used up.
        """
        if len(raws) > MOST_ORDERS:
            raise OrderInvalid(tr("More than {most} orders in one request.", most=digits(MOST_ORDERS)))
        orders = [Order.from_json(raw) for raw in raws]
        return await asyncio.to_thread(self._take, principal, orders)

    async def answers(self, principal: str, wait: float, after: int) -> bytes:
        """Answers behind number `after` that are not acknowledged, as JSON; waits for one at most so many seconds."""
        deadline = time.monotonic() + min(max(0.0, wait), LONGEST_WAIT)
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event)
        with self._lock:
            self._waiters.setdefault(principal, set()).add(waiter)
        try:
            while True:
                event.clear()
                found, number = await asyncio.to_thread(self._read, principal, after)
                left = deadline - time.monotonic()
                if found or left <= 0 or self._ended.is_set():
                    rows = ",".join(one.body for one in found)
                    return f'{{"spool":"{self._spool}","next":{number},"answers":[{rows}]}}'.encode()
                try:
                    async with asyncio.timeout(left):
                        await event.wait()
                except TimeoutError:
                    continue
        finally:
            with self._lock:
                self._waiters[principal].discard(waiter)
                if not self._waiters[principal]:
                    del self._waiters[principal]

    async def acknowledge(self, principal: str, keys: Collection[str]) -> int:
        """Forget these answers; how many there were."""
        work = functools.partial(spool.acknowledge, principal=principal, keys=list(keys))
        return await self._write(work)

    async def cancel(self, principal: str, orders: Collection[str]) -> None:
        """Stop these orders, and forget them with their answers."""
        keys = await self._write(functools.partial(spool.cancel, principal=principal, orders=list(orders)))
        self._runner.drop(principal, keys)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _leave(self, older: float) -> None:
        """Let blobs that no order waits for go, where this node is one that ends when nobody comes."""
        if self._idle_exit:
            with self._database.read() as connection:
                waited_for = needed(connection)
            if gone := self.blobs.leave(waited_for, older):
                log.info("%d blobs that nobody needs any more were deleted", gone)

    async def _write(self, work: Callable[[Any], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(work))

    def _read(self, principal: str, after: int) -> tuple[list[spool.Waiting], int]:
        with self._database.read() as connection:
            return spool.answers(connection, principal, after, most=MOST_ANSWERS, most_bytes=REPLY)

    def _take(self, principal: str, orders: Sequence[Order]) -> dict[str, list[str]]:
        keys = {task.key for order in orders for task in order.tasks}
        with self._database.read() as connection:
            new = keys - spool.known(connection, principal, keys)
            tasks, kept = spool.held(connection, principal)
        if new and (tasks + len(new) > MOST_OPEN or kept > MOST_KEPT):
            raise HostLimited(
                tr("The node has enough orders of this client; it waits for answers to be taken."), after=2
            )
        if new:
            self._charge(principal, Use(jobs=len(new)))
        owner, missing, held = owner_of(principal), {}, []
        for order in orders:
            absent = self.blobs.hold(owner, [part.sha256 for part in order.parts])
            if absent:
                missing[order.id] = absent
            else:
                held.append(order)
        try:
            fresh = self._database.write(functools.partial(_accept, principal=principal, orders=held))
        except BaseException:
            for order in held:
                self.blobs.release(owner, [part.sha256 for part in order.parts])
            raise
        crash_point("ordered")
        works = []
        for order, added in zip(held, fresh, strict=True):
            if added:
                open_ = {task.key: task for task in order.tasks if task.key in added}
                works.append(Work(principal, order, open_, held=True))
            else:
                self.blobs.release(owner, [part.sha256 for part in order.parts])
        self._wake(principal)  # an answer that was there already is given again
        self._runner.give(works)
        return missing

    def _used(self, principal: str, seconds: float) -> None:
        try:
            self._charge(principal, Use(seconds=seconds))
        except HostLimited:
            log.info("the quota of %s is used up", principal)  # what is done is done; the next order is refused

    def _wake(self, principal: str) -> None:
        with self._lock:
            self._wake_all(principal)

    def _wake_all(self, principal: str) -> None:
        for loop, event in self._waiters.get(principal, ()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def _sweep(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(SWEEP):
            now = time.monotonic()
            grown, before = now - before, now
            try:
                gone = self._database.write(functools.partial(spool.age, seconds=grown, expire=EXPIRE))
                self.blobs.expire()
                if gone:
                    log.warning("%d answers that nobody came for were dropped", gone)
            except Exception:  # it is tried again in an hour
                log.exception("old answers could not be dropped")


def _accept(connection: Any, principal: str, orders: Sequence[Order]) -> list[list[str]]:
    return [
        spool.accept(
            connection, principal, order.id, json.dumps(order.to_json()), [task.key for task in order.tasks], number
        )
        for number, order in enumerate(orders, int(time.time()) << 8)
    ]


def _quiet(future: "asyncio.Future[None]") -> "asyncio.Future[None]":
    """Its error is told to who asks next, if nobody waits for it now."""
    future.add_done_callback(lambda one: one.cancelled() or one.exception())
    return future


def _workers(settings: Mapping[str, Any], folder: Path) -> Host:
    from engine.hosts.local import LocalHost

    return LocalHost(
        workers=int(settings["jobs.workers"]), memory=int(settings["jobs.memory"]),
        recycle=int(settings["jobs.recycle"]), log_path=folder / "logs" / "workers.log",
    )  # fmt: skip
