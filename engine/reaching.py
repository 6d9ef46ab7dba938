"""Waiting for an answer of another machine, as long as somebody wants it."""

import contextlib
import time
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import CancelledError, Future, wait
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import Cancelled, HostLost
from engine.hosts.base import Node, Opener
from engine.hosts.loop import Loop
from engine.language import tr
from engine.model import Step

T = TypeVar("T")

ASKING = 60.0  # seconds that an introduction or a question may take
LOOK = 0.05  # seconds between two looks whether the answer is still wanted

GivenUp = Callable[[], bool]  # whether nobody wants the answer any more


class Reaching:
    """Runs what waits for other machines on the engine's own loop; calls come from other threads."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def ask(
        self, work: Coroutine[Any, Any, T], seconds: float = ASKING, given_up: GivenUp = lambda: False
    ) -> T:  # fmt: skip
        """Wait for an answer. Raises HostLost when it takes too long, Cancelled when it was given up."""
        asked = self._loop.submit(work)
        until = time.monotonic() + seconds
        try:
            while not wait([asked], LOOK).done:
                if given_up():
                    raise Cancelled
                if time.monotonic() > until:
                    raise _late()
            return _result(asked)
        finally:
            asked.cancel()

    def waited(self, work: Coroutine[Any, Any, T], step: Step, seconds: float = ASKING) -> Generator[Step, None, T]:
        """Wait for an answer with one step that is said again and again: at each it can be stopped."""
        asked = self._loop.submit(work)
        until = time.monotonic() + seconds
        try:
            while not wait([asked], LOOK).done:
                if time.monotonic() > until:
                    raise _late()
                yield step
            return _result(asked)
        finally:
            asked.cancel()

    def connected(
        self, name: str, opener: Callable[[Callable[[str], None]], Opener], seconds: float
    ) -> Generator[Step, None, Node]:
        """Connect to a host with the opener for a listener, and pass on what is said on the way. Raises HostError."""
        said: SimpleQueue[str] = SimpleQueue()
        work = self._loop.submit(opener(said.put)())
        until, last = time.monotonic() + seconds, tr("Connecting to {name} ...", name=name)
        try:
            while time.monotonic() < until and not (work.done() and said.empty()):
                with contextlib.suppress(Empty):
                    last = said.get(timeout=LOOK)
                yield Step(0, 3, last)  # also when nothing is new: here it can be stopped
            if not work.done():
                raise _late()
            return _result(work)
        except GeneratorExit:  # nobody waits any longer
            work.add_done_callback(self._dismiss)
            raise
        finally:
            work.cancel()

    def _dismiss(self, work: "Future[Node]") -> None:
        if not work.cancelled() and work.exception() is None:
            self._loop.submit(work.result().close())


def _result(asked: "Future[T]") -> T:
    try:
        return asked.result()
    except (TimeoutError, CancelledError) as error:
        raise _late() from error


def _late() -> HostLost:
    return HostLost(tr("It did not answer in time."))
