"""Another machine as a host: connects, has cut what must travel, and hands back checked answers."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from engine.errors import AnalyzerFailed, Cancelled, HostError, HostFull, HostLied, HostLost, KinoraError
from engine.hosts.base import Listener, Node, Opener, Returned
from engine.hosts.checking import checked, clock_of, fitting
from engine.hosts.conversation import USED_UP, Conversation, Packing, Sent
from engine.hosts.letters import Letters
from engine.hosts.loop import Loop
from engine.hosts.patience import Patience, forever
from engine.hosts.pauses import WANTS, pause_after
from engine.hosts.traffic import Traffic
from engine.jobs import wire
from engine.jobs.orders import Answer, Capabilities, Order, Part
from engine.language import tr
from engine.model import HostRow, HostState, HostStatus

log = logging.getLogger(__name__)

AHEAD = 4  # bundles beyond the host's slots: being cut or on their way
MOST = 128  # bundles on one host
CUTTERS = 4  # bundles that wait for cutting at a time
GRACE = 30.0  # seconds that a lost host keeps its bundles
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0)  # before the next try, after so many failures in a row
FIRST_GUESS = 3.0  # seconds for a bundle, before one was measured


class RemoteHost:
    """One host beside this machine, whatever its way there is."""

    def __init__(
        self,
        row: HostRow,
        opener: Opener,
        packer: Packing,
        loop: Loop,
        *,
        order_of: Callable[[wire.Start, tuple[Part, ...]], Order],
        travellers: Callable[[], Mapping[str, int]],
        pack_folder: Callable[[str], Path],
        changed: Callable[[], None] = lambda: None,
        stays: Callable[[wire.Start], bool] = lambda start: False,
        price: float = 0.0,
        most: int | None = None,
        patience: Callable[[], float] = forever,
    ) -> None:
        self.row = row
        self.name = row.name
        self.price = price
        self.traffic = Traffic(most)
        self._opener = opener
        self.packer = packer
        self._loop = loop
        self._order_of = order_of
        self._travellers = travellers
        self.pack_folder = pack_folder
        self._changed = changed
        self._stays = stays
        self._listener: Listener = lambda message: None
        self._sent: dict[int, Sent] = {}
        self.letters = Letters()
        self.outbox: asyncio.Queue[Sent] = asyncio.Queue()
        self._cutting = asyncio.Semaphore(CUTTERS)
        self._again = asyncio.Event()
        self._work: set[Future[Any]] = set()
        self._life: Future[None] | None = None
        self._node: Node | None = None
        self._able: Capabilities | None = None
        self.packs: set[str] = set()
        self._status, self._text, self._hint, self._wants = HostStatus.CONNECTING, "", "", ""
        self._latency: float | None = None
        self._turnaround = FIRST_GUESS
        self._measured = False
        self._spoke = 0.0  # when it last answered, or was given something to answer
        self._patience = Patience(row.name, patience)
        self._stopping = False

    # --- called from any thread ---------------------------------------------------------------------------------------

    def start(self, listener: Listener) -> None:
        """Begin to connect, and to accept work once that is done."""
        self._listener = listener
        self._life = self._loop.submit(self._live())

    def free(self) -> int:
        """How many more bundles it would take now."""
        if self._status is not HostStatus.READY or self._stopping or self.traffic.used_up:
            return 0
        return max(0, min(MOST, self.slots() * 2 + AHEAD) - len(self._sent))

    def takes(self) -> frozenset[str]:
        """The analyzers that it may run for us now: those that may travel and are of our version there."""
        if self._status is not HostStatus.READY or self._able is None or self.traffic.used_up:
            return frozenset()
        there = self._able.analyzers
        return frozenset(name for name, version in self._travellers().items() if there.get(name) == version)

    def slots(self) -> int:
        """How many bundles it works on at a time."""
        return self._able.slots if self._able is not None else 1

    def turnaround(self) -> float:
        """Seconds from handing it a bundle to having the answer; no less than it has been silent for."""
        return max(self._turnaround, self._patience.vain, time.monotonic() - self._spoke if self._sent else 0.0)

    @property
    def waits(self) -> bool:
        """Whether it is there, and has nobody to work for it."""
        return self._status is HostStatus.READY and self._able is not None and self._able.waits

    def open(self) -> tuple[int, ...]:
        """The bundles that it has."""
        return tuple(self._sent)

    def send(self, start: wire.Start, *, deadline: float) -> None:
        """Give it a bundle; one that is not to be used any more, since it was asked, gives it back at once."""
        sent = Sent(start, deadline, time.monotonic())
        self._spoke = self._spoke if self._sent else sent.since
        self._sent[start.bundle] = sent
        if self._stopping or self._status is HostStatus.REFUSED:
            self._sent.pop(start.bundle, None)
            self._listener(Returned((start.bundle,), HostLost(self._text)))
        else:
            self._run(self._prepare(sent))

    def cancel(self, bundle: int) -> None:
        """Stop a bundle here and there."""
        self._loop.call(self.give_up, bundle, Cancelled())

    def landed(self, bundle: int, job: int) -> None:
        """A job's result is on the disk: the host may forget it."""
        self._loop.call(self.letters.landed, bundle, job)

    def retry(self) -> None:
        """Try to connect now, also after what must be decided by a person."""
        self._loop.call(self._now)

    def stop(self) -> None:
        """Let go of it; what it does goes on there and is found again."""
        self._stopping = True
        self._listener = lambda message: None
        for work in (*self._work, *((self._life,) if self._life else ())):
            work.cancel()
        for bundle in list(self._sent):
            self.packer.release(bundle)
        with contextlib.suppress(Exception):  # whatever closing brings, it is over
            self._loop.ask(self._close(), 5)

    def state(self) -> HostState:
        """How it is, with what is measured of it."""
        able, waits, (sent, received) = self._able, self.waits, self.traffic.total()
        busy = self._status is HostStatus.READY and self._sent and not waits
        text = tr(USED_UP) if self.traffic.used_up else self._text
        text = tr("It has no workers now; what is given to it waits for one.") if waits else text
        return HostState(
            self.row, HostStatus.BUSY if busy else self._status, text, self._hint, running=len(self._sent),
            slots=able.slots if able and not waits else 0, latency=self._latency, sent=sent, received=received,
            devices=able.devices if able else (), analyzers=tuple(sorted(self.takes())), wants=self._wants,
            packs=tuple(sorted(self.packs)), version=able.version if able else "", price=self.price,
            way=self.traffic.on_its_way(),
        )  # fmt: skip

    # --- connecting ---------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        tries, lost_at = 0, time.monotonic()
        while not self._stopping:
            try:
                node = await self._connect(lost_at)
                tries = 0
                await Conversation(self, node).last()
            except HostError as error:
                failure: KinoraError = error
            except Exception as error:
                log.exception("the host %s stumbled", self.name)
                failure = HostLost(
                    tr("The connection to {name} ended: {why}.", name=self.name, why=type(error).__name__)
                )
            finally:
                connected = self._status is HostStatus.READY
                await self._close()
            lost_at = time.monotonic() if connected else lost_at
            await self._pause(failure, tries, lost_at)
            tries += 1

    async def _connect(self, lost_at: float) -> Node:
        if self._again.is_set() or self._status is not HostStatus.LOST:
            self._say(HostStatus.CONNECTING)
        self._again.clear()
        able, node = await self._opened(lost_at)
        fitting(able, self._travellers(), self.name)
        self._able = able
        self.packs = set(able.packs)
        self.outbox = asyncio.Queue()
        for sent in list(self._sent.values()):
            if sent.open:
                self.outbox.put_nowait(sent)  # the node knows the keys: what it did or does is not done again
        self._again.clear()
        self._say(HostStatus.READY, clock_of(able))
        self._listener(wire.Ready(able.protocol, 0, able.analyzers))  # wakes who gives work
        return node

    async def _opened(self, lost_at: float) -> tuple[Capabilities, Node]:
        """Connect; what it had goes home when that takes too long (a machine may have to be set up anew).

        A host that was lost is tried anew as soon as somebody knows that it is back: what still waits for it may
        wait for an answer that went into the void.
        """
        opening, again = asyncio.ensure_future(self._reached()), asyncio.ensure_future(self._again.wait())
        waited = {opening, again} if self._status is HostStatus.LOST else {opening}
        lost = HostLost(tr("{name} does not answer.", name=self.name))
        try:
            for patience in (max(0.0, lost_at + GRACE - time.monotonic()), None):
                await asyncio.wait(waited, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if opening.done():
                    break
                if again.done():
                    raise lost
                self._give_back(lost)
            return await opening
        finally:
            opening.cancel()
            again.cancel()

    async def _reached(self) -> tuple[Capabilities, Node]:
        self._node = node = await self._opener()
        self.traffic.begin(node)
        began = time.monotonic()
        able = await node.capabilities()
        self._latency = time.monotonic() - began
        return able, node

    def _now(self) -> None:
        if self._status is not HostStatus.READY:
            self._again.set()

    async def _pause(self, failure: KinoraError, tries: int, lost_at: float) -> None:
        """Wait before the next try; what it had goes home at once, or when it stays away too long."""
        pause = pause_after(failure, tries, PAUSES)
        status = HostStatus.REFUSED if pause is None else HostStatus.LOST
        self._say(status, failure.text, failure.hint, WANTS.get(failure.code, ""))
        if pause is None or isinstance(failure, HostFull):
            self._give_back(failure)
        until = None if pause is None else time.monotonic() + pause
        while until is None or time.monotonic() < until:
            left = max(0.0, lost_at + GRACE - time.monotonic()) if self._sent else until and until - time.monotonic()
            if self._sent and not left:
                self._give_back(failure)
                continue
            step = left if until is None or left is None else min(left, until - time.monotonic())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), step)
                return

    def _give_back(self, failure: KinoraError) -> None:
        bundles = tuple(self._sent)
        for bundle in bundles:  # one by one: another thread may give it one more right now
            self._sent.pop(bundle, None)
            self.packer.release(bundle)
        self.letters.forget_open()
        self.outbox = asyncio.Queue()
        if bundles:
            self._listener(Returned(bundles, failure))

    async def _close(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            self.traffic.end()
            with contextlib.suppress(Exception):  # the connection is given up: how it ends does not matter
                await asyncio.wait_for(node.close(), 4)

    # --- a bundle -----------------------------------------------------------------------------------------------------

    def answered(self, answer: Answer) -> None:
        """Hand an answer on to whom it is for. Raises HostLied."""
        for bundle, task in self.letters.arrived(answer):
            sent = self._sent.get(bundle)
            if sent is None or answer.key not in sent.open:
                continue
            self._spoke = time.monotonic()
            self.hand_on(sent, answer.key, checked(answer.message, bundle, task))

    def hand_on(self, sent: Sent, key: str, message: wire.Done | wire.Failed) -> None:
        """Give an answer that is believed to whom it is for. Raises HostLied."""
        del sent.open[key]
        self._listener(message)
        if not sent.open:
            self._ended(sent)

    def holds(self, sent: Sent) -> bool:
        """Whether a bundle is still ours, and waits for something."""
        return bool(sent.open) and self._sent.get(sent.start.bundle) is sent

    def _ended(self, sent: Sent) -> None:
        self._sent.pop(sent.start.bundle, None)
        self.packer.release(sent.start.bundle)
        seconds = time.monotonic() - sent.since
        self._turnaround += (0.2 if self._measured else 1.0) * (seconds - self._turnaround)
        self._measured = True
        self._listener(wire.Ended(sent.start.bundle))

    async def _prepare(self, sent: Sent) -> None:
        """Cut what must travel, and put the order where it is fetched for sending."""
        try:
            async with self._cutting:
                if self._sent.get(sent.start.bundle) is not sent:
                    return
                order = self._order_of(sent.start, await self.packer.pack(sent.start))
        except Exception as error:
            log.log(logging.DEBUG if isinstance(error, KinoraError) else logging.ERROR, "not packed", exc_info=True)
            self._unfit(sent, error)
            return
        if self._sent.get(sent.start.bundle) is not sent:
            self.packer.release(sent.start.bundle)
            return
        sent.order = order
        sent.open = {one.key: task for one, task in zip(order.tasks, sent.start.tasks, strict=True)}
        early = [self.letters.expect(key, sent.start.bundle, task) for key, task in list(sent.open.items())]
        for answer in filter(None, early):  # there before it was asked for: the last run of this program asked
            try:
                self.answered(answer)
            except HostLied as error:
                self.give_up(sent.start.bundle, error)
        if self.holds(sent):
            self.outbox.put_nowait(sent)

    def _unfit(self, sent: Sent, error: Exception) -> None:
        """A bundle could not be made ready here: no fault of this host."""
        if not isinstance(error, KinoraError):
            error = AnalyzerFailed(tr("What travels could not be made: {why}.", why=type(error).__name__))
        if self._sent.pop(sent.start.bundle, None) is sent:
            self.packer.release(sent.start.bundle)
            self._listener(Returned((sent.start.bundle,), error, unfit=not isinstance(error, Cancelled)))

    async def may_go(self, sent: Sent) -> bool:
        """Look once more, before anything leaves, whether it may: what was marked meanwhile stays here."""
        if stays := await asyncio.to_thread(self._stays, sent.start):
            self.turn_back(sent, Cancelled())
        return not stays

    def turn_back(self, sent: Sent, why: KinoraError) -> None:
        """Give a bundle back unharmed."""
        if self._sent.pop(sent.start.bundle, None) is sent:
            self._let_go(sent)
            self._listener(Returned((sent.start.bundle,), why))

    def pulse(self, able: Capabilities, seconds: float) -> None:
        """A sign of life; what waited too long for somebody to take it goes back unharmed, what was taken fails."""
        turned = self._able is None or able.waits != self._able.waits
        self._able, self._latency = able, seconds
        late, why = self._patience.late(able, self._sent)
        for sent in [self._sent[number] for number in late if number in self._sent]:
            self.turn_back(sent, why)
        for bundle, error in self._patience.overdue(self._sent):
            self.give_up(bundle, error)
        if turned:
            self._changed()

    def give_up(self, bundle: int, error: KinoraError) -> None:
        """Wait for a bundle no longer, here and there."""
        sent = self._sent.get(bundle)
        if sent is None:
            return
        left = sent.open or {str(task.job): task for task in sent.start.tasks}
        self._sent.pop(bundle, None)
        self._let_go(sent)
        for task in left.values():
            self._listener(wire.Failed(bundle, task.job, task.epoch, error.code, error.text))
        self._listener(wire.Ended(bundle))

    def _let_go(self, sent: Sent) -> None:
        """Nothing of a bundle is waited for any more, here and there."""
        self.letters.forget(sent.start.bundle)
        self.packer.release(sent.start.bundle)
        if sent.order is not None and self._node is not None:
            self._run(self._forget(self._node, sent.order.id))

    async def _forget(self, node: Node, order: str) -> None:
        with contextlib.suppress(HostError):  # it forgets by itself after some days
            await node.cancel([order])

    # --- inside -------------------------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        future = self._loop.submit(work)
        self._work.add(future)
        future.add_done_callback(self._work.discard)

    def _say(self, status: HostStatus, text: str = "", hint: str = "", wants: str = "") -> None:
        if (status, text) != (self._status, self._text):
            self._status, self._text, self._hint, self._wants = status, text, hint, wants
            self._changed()
