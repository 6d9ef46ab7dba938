"""A cluster as a node: one Dask task for each order, checked workers only, answers kept until they are acknowledged."""

import asyncio
import contextlib
import itertools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.errors import AnalyzerFailed, HostError, HostLied, HostLost, KinoraError, Retry, WorkerCrashed
from engine.hosts.cluster.books import Books
from engine.hosts.cluster.members import Members
from engine.hosts.cluster.pipe import Pipe
from engine.hosts.cluster.shipping import Steps, ship
from engine.jobs.orders import LONGEST_ANSWER, NAMED, Answer, Capabilities, Order, OrderInvalid, failed
from engine.language import tr

log = logging.getLogger(__name__)

TRIES = 2  # workers that may die with an order before the order is to blame
RESENT = 3  # times that the parts of an order are sent because a worker says that it lacks them
LARGE = 1 << 20  # bytes of a part that goes where it already is
WINDOW = 256 << 20  # bytes of parts on their way
MOST_PATHS = 200_000
ATTENTION = 1.0  # seconds between looks for workers while orders wait for one
NOBODY = ("nobody",)  # where an order is that waits for a worker


@dataclass(slots=True, eq=False)
class Trip:
    """An order that the cluster has: its unanswered keys, and which orders wait for them."""

    order: Order
    keys: frozenset[str]
    wanted: set[str]
    number: int = 0  # of the Dask task
    at: tuple[str, ...] = ()
    weight: int = 0  # bytes that were sent for it
    resent: int = 0


class ClusterNode:
    """One connection to a scheduler. `where` has its address and the files for TLS."""

    def __init__(self, name: str, where: dict[str, Any], books: Books) -> None:
        self._name = name
        self._where = where
        self._books = books
        self._pipe = Pipe(name, self._heard, self._over)
        self._members = Members(name, self._pipe)
        self._trips: dict[int, Trip] = {}
        self._numbers = itertools.count(1)
        self._failure: HostError | None = None
        self._told: set[str] = set()  # answers that were given over this connection
        self._new = asyncio.Event()
        self._room = asyncio.Condition()
        self._weight = 0
        self._work: set[asyncio.Task[None]] = set()
        self._installed: dict[str, Path] = {}
        self._settling = self._attending = False
        self.may_go: Callable[[str], Awaitable[bool]] = _always
        self._steps = Steps(name, self._pipe, self._numbers)

    @property
    def sent(self) -> int:
        """Bytes to the cluster's process so far."""
        return self._pipe.sent

    @property
    def received(self) -> int:
        """Bytes from it."""
        return self._pipe.received

    @property
    def pid(self) -> int:
        """The number of the process that holds the Dask client."""
        return self._pipe.pid

    async def open(self) -> None:
        """Connect, compare versions, and see who is there. Raises HostError."""
        told = await self._pipe.open(self._where)
        self._members.scheduler(told.get("scheduler"))
        await self._members.look()
        await self._pipe.ask({"do": "join"})

    # --- what a node does ---------------------------------------------------------------------------------------------

    async def capabilities(self) -> Capabilities:
        """What its workers are and can do."""
        self._check()
        await self._look()
        return self._members.capabilities()

    async def missing(self, names: Collection[str]) -> set[str]:
        """Of which parts no file is known; the bytes travel with the order that needs them."""
        self._check()
        paths = self._books.paths
        return {name for name in names if name not in paths or not await asyncio.to_thread(paths[name].exists)}

    async def put(self, name: str, path: Path) -> None:
        """Know where a part is."""
        self._check()
        paths = self._books.paths
        while len(paths) >= MOST_PATHS:
            del paths[next(iter(paths))]
        paths[name] = path

    async def install(self, pack: Path) -> None:
        """Give a pack to each worker that lacks it, and to those that come later."""
        self._check()
        ref = await ship(self._steps.ask, self._members, pack, self._name)
        self._installed[ref] = pack

    async def submit(self, orders: Sequence[Order]) -> None:
        """Give it orders; what it does or has answered is not done again."""
        self._check()
        running = {key: trip for trip in self._trips.values() for key in trip.keys}
        for order in orders:
            keys = set()
            for task in order.tasks:
                if task.key in self._books.answers:
                    wanted, answer = self._books.answers[task.key]
                    self._books.answers[task.key] = wanted | {order.id}, answer
                    self._told.discard(task.key)
                    self._new.set()
                elif task.key in running:
                    running[task.key].wanted.add(order.id)
                else:
                    keys.add(task.key)
            if keys:
                trip = Trip(order, frozenset(keys), {order.id})
                await self._go(trip)
                running.update(dict.fromkeys(keys, trip))

    async def answers(self, wait: float) -> list[Answer]:
        """Answers that are not acknowledged; each comes once over this connection, and again over the next one."""
        until = time.monotonic() + wait
        while True:
            self._check()
            self._new.clear()
            found = [answer for key, (_, answer) in self._books.answers.items() if key not in self._told]
            left = until - time.monotonic()
            if found or left <= 0:
                self._told.update(answer.key for answer in found)
                return found
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._new.wait(), left)

    async def acknowledge(self, keys: Collection[str]) -> None:
        """These answers are stored: forget them."""
        for key in keys:
            self._books.answers.pop(key, None)
            self._told.discard(key)

    async def cancel(self, orders: Collection[str]) -> None:
        """Stop these orders and forget them."""
        self._check()
        gone = frozenset(orders)
        self._books.forget(gone)
        stopped = []
        for trip in list(self._trips.values()):
            trip.wanted -= gone
            if not trip.wanted:
                stopped.append(trip.number)
                await self._leave(trip)
        if stopped:
            await self._pipe.tell({"do": "cancel", "tasks": stopped})

    async def close(self) -> None:
        """End the connection; the scheduler takes back what the cluster does for it."""
        self._failure = self._failure or HostLost(tr("The connection to {name} is closed.", name=self._name))
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._pipe.close()

    # --- trips --------------------------------------------------------------------------------------------------------

    async def _go(self, trip: Trip) -> None:
        """Send an order to a worker; bytes of large parts only when nobody is known to have them."""
        at, gpu = self._members.fit(trip.order)
        if not at:
            await self._stand(trip)
            return
        large = {part.sha256 for part in trip.order.parts if part.size >= LARGE}
        holders = {self._books.places.get(name, "") for name in large}
        holder = holders.pop() if len(holders) == 1 else ""
        there = large if holder in at else set()
        try:
            pieces = await asyncio.to_thread(self._bytes, trip.order, there)
        except OSError:
            for key in trip.keys:
                self._answer(trip, key, HostLost(tr("The host no longer has what this job needs.")))
            return
        weight = sum(map(len, pieces.values()))
        number = self._begin(trip, (holder,) if there else tuple(at))
        async with self._room:
            await self._room.wait_for(
                lambda: number not in self._trips or not self._weight or self._weight + weight <= WINDOW
            )
            if number not in self._trips:  # nobody wants it any more
                return
            trip.weight = weight
            self._weight += weight
        request = {
            "order": trip.order.to_json(), "keys": sorted(trip.keys), "pieces": list(pieces),
            "versions": self._members.ours,
        }  # fmt: skip
        await self._pipe.tell(
            {"do": "submit", "run": "run", "task": number, "id": trip.order.id, "at": list(trip.at), "gpu": gpu},
            [json.dumps(request).encode(), *pieces.values()],
        )

    def _begin(self, trip: Trip, at: tuple[str, ...]) -> int:
        """An order has a way now; the number of its Dask task."""
        trip.at, trip.weight, trip.number = at, 0, next(self._numbers)
        self._trips[trip.number] = trip
        return trip.number

    async def _stand(self, trip: Trip) -> None:
        """Let an order wait for a worker: what stands for it at the scheduler has no bytes, and is run by nobody."""
        number = self._begin(trip, NOBODY)
        head = {"do": "submit", "run": "wait", "task": number, "id": trip.order.id, "at": [], "gpu": False}
        await self._pipe.tell(head)
        if not self._attending:
            self._attending = True
            self._run(self._attend())

    async def _attend(self) -> None:
        """Look for workers as long as orders wait for one."""
        try:
            while any(trip.at == NOBODY for trip in self._trips.values()):
                await asyncio.sleep(ATTENTION)
                await self._look()
        finally:
            self._attending = False

    def _bytes(self, order: Order, there: set[str]) -> dict[str, bytes]:
        found = {}
        for name in {part.sha256 for part in order.parts} - there:
            place = self._books.paths.get(name)
            data = place.read_bytes() if place is not None else b""
            if not NAMED.fullmatch(name) or sha256(data).hexdigest() != name:
                raise FileNotFoundError(name)
            found[name] = data
        return found

    async def _leave(self, trip: Trip) -> bool:
        """A trip is over; False when it was over before."""
        if self._trips.pop(trip.number, None) is None:
            return False
        async with self._room:
            self._weight -= trip.weight
            self._room.notify_all()
        return True

    def _heard(self, head: dict[str, Any], pieces: list[bytes]) -> None:
        """The process says something of a task, or that the scheduler went away."""
        if "gone" in head:
            self._over(
                HostLost(tr("The connection to {name} ended: {why}.", name=self._name, why=str(head["gone"])[:200]))
            )
            return
        if self._steps.heard(head, pieces):
            return
        trip = self._trips.get(head["task"])
        if trip is not None:
            self._run(self._ended(trip, head, pieces))

    async def _ended(self, trip: Trip, head: dict[str, Any], pieces: list[bytes]) -> None:
        if not await self._leave(trip):
            return
        if trip.at == NOBODY and head.get("end") == "failed":  # the scheduler keeps nothing waiting for long
            await self._stand(trip)
            return
        end, why = head.get("end"), str(head.get("why", ""))[:200]
        if end == "done" and pieces:
            await self._done(trip, pieces[0])
        elif end == "killed":
            if self._books.died(trip.keys) < TRIES:  # whoever was there when a worker died is asked of another one
                await self._members.look()
                await self._go(trip)
                return
            text = tr("Workers of {name} ended twice while they did this.", name=self._name)
            for key in trip.keys:
                self._answer(trip, key, WorkerCrashed(text), Retry.SMALLER)
        elif end == "failed":
            for key in trip.keys:
                self._answer(trip, key, HostError(tr("{name} could not do this: {why}", name=self._name, why=why)))
        elif end == "taken":
            self._over(HostLost(tr("The scheduler of {name} forgot what it was asked.", name=self._name)))
        else:
            self._over(HostLied(tr("A worker of {name} answered with something that is not bytes.", name=self._name)))

    async def _done(self, trip: Trip, body: bytes) -> None:
        try:
            raw = await asyncio.to_thread(json.loads, body) if len(body) > LARGE else json.loads(body)
            if "missing" in raw:
                trip.resent += 1
                if trip.resent > RESENT:
                    raise HostLied(tr("{name} asks again for files that it took.", name=self._name))
                for part in trip.order.parts:
                    self._books.places.pop(part.sha256, None)
                await self._go(trip)
                return
            self._read(trip, raw, len(body))
        except HostError as error:
            self._over(error)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OrderInvalid):
            self._over(HostLied(tr("{name} answered with something that no node says.", name=self._name)))

    def _read(self, trip: Trip, raw: Any, size: int) -> None:
        found = {answer.key: answer for answer in map(Answer.from_json, raw["answers"])}
        if not found.keys() <= trip.keys or len(found) != len(raw["answers"]):
            raise HostLied(tr("{name} answered what it was not asked.", name=self._name))
        if size > LONGEST_ANSWER * len(trip.keys):
            raise HostLied(tr("{name} answered with more than is read.", name=self._name))
        for key in trip.keys:
            if key in found:
                self._books.answers[key] = frozenset(trip.wanted), found[key]
            else:
                self._answer(trip, key, AnalyzerFailed(tr("The worker gave no answer.")))
        worker = raw.get("worker")
        if worker in self._members.met:
            for part in trip.order.parts:
                if part.size >= LARGE:
                    self._books.lies(part.sha256, worker)
        self._new.set()

    def _answer(self, trip: Trip, key: str, error: KinoraError, retry: Retry | None = None) -> None:
        self._books.answers[key] = frozenset(trip.wanted), Answer(key, failed(error, retry))
        self._new.set()

    async def _look(self) -> None:
        """See who is there now. Raises HostError."""
        try:
            await self._members.look()
        except (TypeError, ValueError, KeyError, AttributeError, OrderInvalid) as error:
            raise HostLied(tr("{name} answered with something that no node says.", name=self._name)) from error
        self._check()
        await self._steps.follow(self._members.met)
        if self._members.met and not self._settling:
            self._settling = True
            self._run(self._settle())

    async def _settle(self) -> None:
        """Give packs to those that came, then send again what waits for workers that are gone, or for the first."""
        try:
            for ref, pack in list(self._installed.items()):
                if self._members.lacking(ref):
                    await ship(self._steps.ask, self._members, pack, self._name)
            for trip in list(self._trips.values()):
                if trip.at and self._members.met and self._members.met.keys().isdisjoint(trip.at):
                    await self._elsewhere(trip)
        except HostLost as error:
            log.info("%s: %s", self._name, error.text)  # who came went away; or the connection ended, and all know it
        finally:
            self._settling = False

    async def _elsewhere(self, trip: Trip) -> None:
        """Send an order to somebody else, if it may still leave: it may have waited here for long."""
        number = trip.number
        wanted = [order for order in list(trip.wanted) if await self.may_go(order)]
        if trip.number != number or number not in self._trips:
            return
        await self._pipe.tell({"do": "cancel", "tasks": [number]})
        if await self._leave(trip) and wanted:
            await self._go(trip)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except HostError as error:
                self._over(error)

        task = asyncio.ensure_future(run())
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(lambda _: work.close())  # one that is cancelled before it begins has not begun its work

    def _over(self, why: HostError) -> None:
        self._failure = self._failure or why
        self._new.set()
        self._steps.end(self._failure)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure


async def _always(order: str) -> bool:
    return True
