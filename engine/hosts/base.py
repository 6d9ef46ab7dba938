"""What a host is: a place that takes bundles of work and answers in messages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.errors import KinoraError
from engine.jobs import wire


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker died or was stopped with these bundles unfinished; `began` is the job that ran, if one did.

    `started` is False when it never came to work: then no bundle is to blame.
    """

    bundles: tuple[int, ...]
    began: tuple[int, int] | None  # bundle, job
    error: KinoraError
    started: bool = True


Listener = Callable[[wire.Message | Lost], None]


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

    def stop(self) -> None:
        """End every worker; nothing is heard from it afterwards."""
