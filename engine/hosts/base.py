"""What a host is: a place that takes bundles of work and answers in messages."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from engine.errors import KinoraError
from engine.jobs import wire
from engine.jobs.orders import Answer, Capabilities, Order


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker died or was stopped with these bundles unfinished; `began` is the job that ran, if one did.

    `started` is False when it never came to work: then no bundle is to blame.
    """

    bundles: tuple[int, ...]
    began: tuple[int, int] | None  # bundle, job
    error: KinoraError
    started: bool = True


@dataclass(frozen=True, slots=True)
class Returned:
    """A host gives bundles back unharmed: it went away, or must not be used; nothing is held against a file.

    `host` names one that has left: whatever it still has comes back with it, also what was on its way to it. `unfit`:
    this machine could not make them ready for another one, so that they are not asked for there again; no host is to
    blame for it.
    """

    bundles: tuple[int, ...]
    error: KinoraError
    host: str = ""
    unfit: bool = False


Listener = Callable[[wire.Message | Lost | Returned], None]


class Host(Protocol):
    """A place where jobs run. Calls return at once; answers come to the listener, on a thread of the host."""

    name: str

    def start(self, listener: Listener) -> None:
        """Begin to accept work."""

    def free(self) -> int:
        """How many more bundles it would take now."""

    def send(self, start: wire.Start, *, deadline: float) -> None:
        """Give it a bundle; `deadline` is how many seconds a task may stay silent."""

    def cancel(self, bundle: int) -> None:
        """Stop a bundle at its next yield."""

    def landed(self, bundle: int, job: int) -> None:
        """A job's result is on the disk here: the host need not keep it any longer."""

    def stop(self) -> None:
        """End every worker; nothing is heard from it afterwards."""


class Node(Protocol):
    """A connection to another machine that takes orders: HTTP straight, HTTP through SSH, or a cluster's scheduler.

    Every method raises a `HostError`: HostLost (no answer), HostRefused (token), HostSkew, HostFull, HostLimited,
    HostLied (what it sent cannot be true). None trusts what comes back: sizes are capped while reading.
    """

    @property
    def sent(self) -> int:
        """Bytes so far, those of an upload under way too."""

    @property
    def received(self) -> int:
        """Bytes so far."""

    async def capabilities(self) -> Capabilities:
        """What it is and can do; a quick question that also serves as a sign of life."""

    async def missing(self, names: Collection[str]) -> set[str]:
        """Which of these blobs (SHA-256) it does not have; no more than was asked."""

    async def put(self, name: str, path: Path) -> None:
        """Give it a blob, going on where an earlier try stopped."""

    async def install(self, pack: Path) -> None:
        """Give it a pack: its description, and of its files those that it does not have."""

    async def submit(self, orders: Sequence[Order]) -> None:
        """Give it orders; one whose keys it has or does is not done again."""

    async def answers(self, wait: float) -> list[Answer]:
        """Answers that are not acknowledged yet; waits up to `wait` seconds for one."""

    async def acknowledge(self, keys: Collection[str]) -> None:
        """These answers are stored here: it may forget them."""

    async def cancel(self, orders: Collection[str]) -> None:
        """Stop these orders (ids) and forget them."""

    async def close(self) -> None:
        """Let go of the connection; what it does goes on, and its answers wait."""


@runtime_checkable
class Keeping(Protocol):
    """A node that may keep orders here for long before it sends what belongs to them: it asks once more before."""

    may_go: Callable[[str], Awaitable[bool]]  # an order's id: whether anything of it may leave now


class Opener(Protocol):
    """How a host's node is reached: called again after each loss."""

    async def __call__(self) -> Node:
        """Connect. Raises HostError."""
