"""Talking with a node while it is there: orders go, answers come, and a pulse tells whether it lives."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.errors import HostError, HostFull, HostLied, HostLost, KinoraError
from engine.hosts.base import Keeping, Node
from engine.hosts.letters import Letters
from engine.hosts.traffic import Traffic
from engine.jobs import wire
from engine.jobs.orders import Answer, Capabilities, Order, Part
from engine.language import mark, tr

USED_UP = mark("All that was reserved for its traffic is used up.")
BATCH = 16  # orders in one question
WAIT = 20.0  # seconds of a long poll
LULL = 0.2  # seconds between polls that bring nothing new; doubled up to LONGEST_LULL
LONGEST_LULL = 2.0
TRIES = 8  # deliveries of one order, before it is a failure of its jobs there
PULSE = 15.0  # seconds between signs of life


class Packing(Protocol):
    """Who cuts what travels out of originals."""

    async def pack(self, start: wire.Start) -> tuple[Part, ...]:
        """The parts that the tasks of this bundle need. Raises KinoraError."""

    def path_of(self, part: Part) -> Path:
        """Where a part lies."""

    def release(self, bundle: int) -> None:
        """A bundle is through or given up: nothing more is cut for it, and its parts need not be kept."""


@dataclass(slots=True, eq=False)
class Sent:
    """A bundle that the host has: its tasks that are not answered, by key, once it is packed."""

    start: wire.Start
    deadline: float
    since: float
    order: Order | None = None
    tries: int = 0  # deliveries that failed
    open: dict[str, wire.Task] = field(default_factory=dict)


class Speaker(Protocol):
    """The host that talks: what it has to say and who hears the answers."""

    name: str
    outbox: "asyncio.Queue[Sent]"
    letters: Letters
    packer: Packing
    packs: set[str]  # id@version that the node has
    traffic: Traffic
    pack_folder: Callable[[str], Path]

    def holds(self, sent: Sent) -> bool:
        """Whether a bundle is still the host's, and waits for something."""

    async def may_go(self, sent: Sent) -> bool:
        """Whether nothing was marked meanwhile that keeps a bundle here; one that stays is given back."""

    def turn_back(self, sent: Sent, why: KinoraError) -> None:
        """Give a bundle back unharmed: it is not sent any more."""

    def answered(self, answer: Answer) -> None:
        """An answer came. Raises HostLied."""

    def pulse(self, able: Capabilities, seconds: float) -> None:
        """It lives: look what is not waited for any longer."""

    def give_up(self, bundle: int, error: KinoraError) -> None:
        """Wait for a bundle no longer."""


class Conversation:
    """One connection of a host with its node."""

    def __init__(self, host: Speaker, node: Node) -> None:
        self._host = host
        self._node = node
        self._given: dict[str, Sent] = {}  # by the ids of their orders
        if isinstance(node, Keeping):
            node.may_go = self._may_go

    async def last(self) -> None:
        """Talk until the connection ends. Raises HostError."""
        tasks = [asyncio.ensure_future(one) for one in (self._deliver(), self._listen(), self._watch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _may_go(self, order: str) -> bool:
        sent = self._given.get(order)
        return sent is not None and self._host.holds(sent) and await self._host.may_go(sent)

    async def _deliver(self) -> None:
        outbox = self._host.outbox
        while True:
            batch = [await outbox.get()]
            while len(batch) < BATCH and not outbox.empty() and not batch[0].tries:  # one of them may be to blame
                batch.append(outbox.get_nowait())
            batch = [sent for sent in batch if self._host.holds(sent)]
            try:
                batch = [sent for sent in batch if await self._equipped(sent)]
                batch = [sent for sent in batch if await self._host.may_go(sent)]  # last: a pack may take its time
                orders = [sent.order for sent in batch if sent.order is not None]
                if not orders:
                    continue
                there = {order: sent for order, sent in self._given.items() if self._host.holds(sent)}
                self._given = there | {sent.order.id: sent for sent in batch if sent.order is not None}
                if await self._uploaded(orders):
                    await self._node.submit(orders)
                    continue
                for sent in batch:
                    self._host.turn_back(sent, HostFull(tr(USED_UP)))
            except BaseException as error:
                for sent in batch:  # they are still to be delivered, by the next connection
                    self._once_more(sent, error)
                raise

    async def _uploaded(self, orders: list[Order]) -> bool:
        """Give the node what it does not have; False where more would travel than may."""
        parts = {part.sha256: part for order in orders for part in order.parts}
        missing = await self._node.missing(list(parts))
        if not missing <= parts.keys():
            raise HostLied(tr("The host asked for what was not offered."))
        size = sum(parts[name].size for name in missing)
        if not self._host.traffic.fits(size):
            return False
        with self._host.traffic.upload(size):
            await asyncio.gather(*(self._node.put(name, self._host.packer.path_of(parts[name])) for name in missing))
        return True

    async def _equipped(self, sent: Sent) -> bool:
        """See that the node has the packs of an order; one that it does not take is a failure of those jobs there."""
        tasks = sent.order.tasks if sent.order is not None else ()
        wanted = {str(ref) for task in tasks for ref in task.options.get("packs", {}).values()}
        for ref in sorted(wanted - self._host.packs):
            try:
                folder = self._host.pack_folder(ref)
                size = await asyncio.to_thread(_size, folder)
                if not self._host.traffic.fits(size):
                    self._host.turn_back(sent, HostFull(tr(USED_UP)))
                    return False
                with self._host.traffic.upload(size):
                    await self._node.install(folder)
            except KinoraError as error:
                if isinstance(error, HostError) and type(error) is not HostError:
                    raise  # the connection's trouble, not the pack's
                self._host.give_up(sent.start.bundle, error)
                return False
            self._host.packs.add(ref)
        return True

    def _once_more(self, sent: Sent, error: BaseException) -> None:
        sent.tries += 1
        if sent.tries >= TRIES and isinstance(error, KinoraError):
            self._host.give_up(sent.start.bundle, error)
        else:
            self._host.outbox.put_nowait(sent)

    async def _listen(self) -> None:
        letters, lull = self._host.letters, LULL
        while True:
            if letters.stored:
                keys = letters.take_stored()
                try:
                    await self._node.acknowledge(keys)
                except BaseException:
                    letters.stored.update(keys)
                    raise
                letters.forgotten(keys)
            new = [one for one in await self._node.answers(WAIT) if letters.is_new(one)]
            for answer in new:
                self._host.answered(answer)
            lull = LULL if new or letters.stored else min(LONGEST_LULL, lull * 2)
            if not new:
                await asyncio.sleep(lull)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PULSE)
            began = time.monotonic()
            try:
                able = await asyncio.wait_for(self._node.capabilities(), PULSE)
            except TimeoutError as error:
                raise HostLost(tr("{name} does not answer.", name=self._host.name)) from error
            self._host.pulse(able, time.monotonic() - began)


def _size(folder: Path) -> int:
    """Bytes of the files of a pack, 0 when it cannot be read."""
    try:
        return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    except OSError:
        return 0
