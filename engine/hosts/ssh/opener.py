"""The way to a node over SSH: log in, see that it runs, forward a port of our own loopback, talk through it."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import HostError, HostLost, HostRefused
from engine.hosts.base import Node
from engine.hosts.ssh.bootstrap import Bootstrap, Running, Wanted
from engine.hosts.ssh.connection import Door, Link, Patience, Secret, log_in
from engine.hosts.ssh.far import Far, Machine
from engine.hosts.ssh.troubles import lost
from engine.jobs.orders import Answer, Capabilities, Order
from engine.language import both, tr

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWERS = 20.0  # seconds in which a node must say what it can do
SILENT = 60.0  # seconds that a node which listens may say nothing, until it is ended and another one started
HERE = "127.0.0.1"


class SshNode:
    """A node behind a forward; when the connection breaks, whoever waits hears of it at once."""

    def __init__(self, inner: Node, link: Link, name: str) -> None:
        self._inner = inner
        self._link = link
        self._name = name
        self._broken = asyncio.create_task(link.connection.wait_closed())

    @property
    def sent(self) -> int:
        """Bytes so far."""
        return self._inner.sent

    @property
    def received(self) -> int:
        """Bytes so far."""
        return self._inner.received

    async def capabilities(self) -> Capabilities:
        """What it is and can do."""
        return await self._linked(self._inner.capabilities())

    async def missing(self, names: Collection[str]) -> set[str]:
        """Which of these blobs it does not have."""
        return await self._linked(self._inner.missing(names))

    async def put(self, name: str, path: Path) -> None:
        """Give it a blob."""
        await self._linked(self._inner.put(name, path))

    async def install(self, pack: Path) -> None:
        """Give it a pack."""
        await self._linked(self._inner.install(pack))

    async def submit(self, orders: Sequence[Order]) -> None:
        """Give it orders."""
        await self._linked(self._inner.submit(orders))

    async def answers(self, wait: float) -> list[Answer]:
        """Answers that are not acknowledged yet."""
        return await self._linked(self._inner.answers(wait))

    async def acknowledge(self, keys: Collection[str]) -> None:
        """These answers are stored here."""
        await self._linked(self._inner.acknowledge(keys))

    async def cancel(self, orders: Collection[str]) -> None:
        """Stop these orders."""
        await self._linked(self._inner.cancel(orders))

    async def close(self) -> None:
        """Let go of the node, the forward and the connection."""
        try:
            await self._inner.close()
        finally:
            await self._link.close()
            await asyncio.wait({self._broken}, timeout=2)

    async def _linked(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for an answer as long as there is a connection on which it could come."""
        broken = HostLost(tr("The connection to {name} broke.", name=self._name))
        if self._broken.done():
            work.close()
            raise broken
        asked = asyncio.ensure_future(work)
        try:
            await asyncio.wait({asked, self._broken}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise broken
            return asked.result()
        finally:
            if not asked.done():
                asked.cancel()
                await asyncio.wait({asked}, timeout=2)


class SshOpener:
    """Connects to a host's node; called again after each loss.

    `secret` gives the password or passphrase that is kept, if any (see `Typed`). `say` is told each step.
    """

    def __init__(
        self,
        address: str,
        pinned: str = "",
        options: Mapping[str, Any] | None = None,
        *,
        client: str = "own",
        secret: Secret | None = None,
        patience: Patience | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._door = Door.of(address, pinned, options)
        self._door = replace(self._door, secret=secret, patience=patience or self._door.patience)
        self._options, self._client = dict(options or {}), client
        self._wanted = Wanted()
        self._say = say
        self._name = self._door.address.name
        self._settled: tuple[Machine, str] | None = None  # what is there, and the Python of the node
        self._silent = 0.0  # since when its node listens and says nothing

    async def __call__(self) -> SshNode:
        """Connect. Raises HostError."""
        self._wanted = Wanted.of(self._options, self._client)
        began = time.monotonic()
        link = await log_in(self._door)
        try:
            self._say(tr("{name} shows the key that is expected, and lets you in ({seconds:.1f} s).", name=self._name,
                         seconds=time.monotonic() - began))  # fmt: skip
            return await self._reach(link)
        except BaseException:
            await link.close()
            raise

    async def _reach(self, link: Link) -> SshNode:
        far = Far(link, self._name, self._wanted.folder)
        boot = Bootstrap(far, self._wanted, self._say)
        running = await self._running(far, boot)
        self._say(tr("Its node still ran.") if running.found else tr("Its node was started."))
        node = await through(link, self._name, running)
        try:
            await asyncio.wait_for(node.capabilities(), ANSWERS)
        except (HostLost, HostRefused, TimeoutError) as error:
            await node.close()
            if running.found and await self._give_up(isinstance(error, HostRefused)):
                raise HostLost(tr("The node on {name} was ended and is started anew.", name=self._name)) from error
            if isinstance(error, TimeoutError):
                raise HostLost(tr("The node on {name} does not answer.", name=self._name)) from error
            raise
        self._silent = 0.0
        return node

    async def _running(self, far: Far, boot: Bootstrap) -> Running:
        """The node that runs there: straight away where all was in place a moment ago."""
        if self._settled is not None:
            machine, boot.python = self._settled
            far.python = machine.python
            try:
                return await boot.start()
            except HostLost:
                raise
            except HostError as error:
                log.info("%s is not as it was left: %s", self._name, error.text)
                self._settled = None
        machine = await far.look(self._wanted.python)
        self._say(tr("It runs {system} on {processor}, with Python {version}.", system=machine.system,
                     processor=machine.processor, version=machine.version))  # fmt: skip
        self._say(_cards(machine))
        await boot.settle(machine)
        self._settled = machine, boot.python
        return await boot.start()

    async def _give_up(self, refused: bool) -> bool:
        """End a node that ran before and does not take its own token, or has been silent for too long."""
        now = time.monotonic()
        self._silent = self._silent or now
        if not refused and now - self._silent < SILENT:
            return False
        self._silent = 0.0
        log.warning("the node on %s is ended: it does not answer", self._name)
        link = await log_in(self._door)
        try:
            far = Far(link, self._name, self._wanted.folder)
            far.python = self._settled[0].python if self._settled is not None else ""
            await Bootstrap(far, self._wanted).stop()
        finally:
            await link.close()
        return True


async def through(link: Link, name: str, running: Running) -> SshNode:
    """Forward a port of this machine's loopback to a node, and talk to it there. Raises HostLost."""
    from engine.hosts.http import HttpNode

    try:
        listener = await link.connection.forward_local_port(HERE, 0, HERE, running.port)
    except OSError as error:
        raise lost(name, error) from error
    return SshNode(HttpNode(f"http://{HERE}:{listener.get_port()}", running.token, name=name), link, name)


async def wipe(
    address: str, pinned: str = "", options: Mapping[str, Any] | None = None, *, secret: Secret | None = None
) -> None:
    """End the nodes there and take away all that Kinora put on the machine. Raises HostError."""
    door, wanted = replace(Door.of(address, pinned, options), secret=secret), Wanted.of(options or {})
    link = await log_in(door)
    try:
        far = Far(link, door.address.name, wanted.folder)
        await far.look(wanted.python)
        await far.do("wipe")
    finally:
        await link.close()


def _cards(machine: Machine) -> str:
    if not machine.cards:
        return tr("It has no graphics card of NVIDIA; models run on its processor.")
    names = [card.partition(":")[2].partition("(")[0].strip() or card for card in machine.cards]
    return tr("It has {cards}.", cards=both(names))
