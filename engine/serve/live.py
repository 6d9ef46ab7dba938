"""What goes on in a library, told live, with a heartbeat; who reads too slowly is let go."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from engine.errors import HostLimited
from engine.language import tr
from engine.model import Change
from engine.model.access import Principal, Scope

if TYPE_CHECKING:
    from engine.library import Library

MOST, MOST_EACH = 64, 8  # listeners in all, and of one token
PAUSE = 0.25  # seconds in which changes are gathered
HEARTBEAT = 15.0
SLOW = 20.0  # seconds in which a listener must take what it is sent
LISTED = 200  # assets that a message names; beyond it says "many"
NUMBERS = ("waiting", "running", "done", "failed", "cancelled", "held", "paused", "per_second", "left")
# A change with people in it and nothing but these beside is about them alone: naming, merging, joining, erasing.
OF_PEOPLE = frozenset({"people", "assets", "decisions"})
QUEUE_FOR = 0.2  # seconds between two counts of the queue


class Ear:
    """One listener: what it has not heard yet is one change, however long it does not listen."""

    def __init__(self, live: "Live", who: Principal) -> None:
        self._live = live
        self.who = who
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._lock = threading.Lock()
        self._pending: Change | None = Change(frozenset({"jobs"}))  # begins with how things stand
        self.ended = False

    def offer(self, change: Change) -> None:
        """Something changed; called on a thread of the engine."""
        heard = change if self.who.may(Scope.PEOPLE) else nameless(change)
        if heard is None:
            return
        with self._lock:
            self._pending = heard if self._pending is None else self._pending.merge(heard)
        self.wake()

    def wake(self) -> None:
        """Let it look again."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def messages(self) -> AsyncGenerator[dict[str, Any] | None, None]:
        """What to tell, None for a heartbeat; ends with the front or with the token."""
        try:
            while not self.ended and self._live.counts(self.who):
                with self._lock:
                    change, self._pending = self._pending, None
                    self._event.clear()
                if change is None:
                    if not await self._heard():
                        yield None
                    continue
                yield await asyncio.to_thread(self._live.told, change)
                await asyncio.sleep(PAUSE)
        finally:
            self._live.leave(self)

    async def _heard(self) -> bool:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


def nameless(change: Change) -> Change | None:
    """What one hears of a change who may not know people: nothing of who was said to be where."""
    if "people" not in change.topics:
        return change
    if change.topics <= OF_PEOPLE:
        return None
    return replace(change, topics=change.topics - {"people"})


class Live:
    """The listeners of one library."""

    def __init__(self, library: "Library", counts: Callable[[Principal], bool]) -> None:
        self._library = library
        self.counts = counts
        self._ears: set[Ear] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._counting = threading.Lock()
        self._numbers: Mapping[str, Any] = {}  # of the queue
        self._counted = 0.0
        self._stale = True
        self._leave = library.subscribe(self._heard)

    @property
    def count(self) -> int:
        """How many listen now."""
        return len(self._ears)

    def join(self, who: Principal) -> Ear:
        """Listen from now on. Raises HostLimited: too many do."""
        ear = Ear(self, who)
        with self._lock:
            own = sum(one.who.id == who.id for one in self._ears)
            if len(self._ears) >= MOST or own >= MOST_EACH:
                raise HostLimited(tr("Too many listen already."), after=HEARTBEAT)
            ear.ended = self._closed
            self._ears.add(ear)
        return ear

    def leave(self, ear: Ear) -> None:
        """Listen no longer."""
        with self._lock:
            self._ears.discard(ear)

    def told(self, change: Change) -> dict[str, Any]:
        """A change as it is sent."""
        many = change.many or len(change.assets) > LISTED
        found: dict[str, Any] = {"topics": sorted(change.topics), "assets": [] if many else sorted(change.assets)}
        found["many"] = many
        if "jobs" in change.topics:
            found["queue"] = self.queue()
        return found

    def queue(self) -> Mapping[str, Any]:
        """The numbers of the queue as it is after the last change; counted once for all, and not too often."""
        with self._counting:
            if self._stale or not self._numbers:
                time.sleep(max(0.0, self._counted + QUEUE_FOR - time.monotonic()))
                self._stale = False  # what changes from now on is counted the next time
                status = self._library.queue()
                self._numbers = {name: getattr(status, name) for name in NUMBERS}
                self._counted = time.monotonic()
            return self._numbers

    def close(self) -> None:
        """Let everybody go: the front ends."""
        self._leave()
        with self._lock:
            self._closed = True
            ears = list(self._ears)
        for ear in ears:
            ear.ended = True
            ear.wake()

    def _heard(self, change: Change) -> None:
        self._stale = self._stale or "jobs" in change.topics
        for ear in list(self._ears):
            ear.offer(change)


class Events(Response):
    """The messages of a listener as server-sent events."""

    media_type = "text/event-stream"

    def __init__(self, ear: Ear) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._ear = ear

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send until the other side goes away, or reads too slowly."""
        gone = asyncio.ensure_future(_gone(receive))
        telling = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait({gone, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, telling):
                task.cancel()
            await asyncio.gather(gone, telling, return_exceptions=True)

    async def _tell(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        number = 0
        async with contextlib.aclosing(self._ear.messages()) as messages:
            async for message in messages:
                number += 1
                told = b": alive\n\n" if message is None else f"id: {number}\ndata: {json.dumps(message)}\n\n".encode()
                async with asyncio.timeout(SLOW):
                    await send({"type": "http.response.body", "body": told, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
