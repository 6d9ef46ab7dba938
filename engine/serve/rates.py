"""How often one may ask: counts in sliding windows that outlive a restart, without a write for each request."""

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.store import access
from engine.store.db import Database

MOST_SUBJECTS = 20_000  # counts in memory; beyond it the oldest are dropped


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many hits in so many seconds; 0 = no limit."""

    most: int
    span: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What is counted: requests of an address, requests of a token, wrong tokens and codes of an address."""

    address: Limit = Limit(12_000, 60)
    token: Limit = Limit(6_000, 60)
    failures: Limit = Limit(20, 900)

    @property
    def longest(self) -> int:
        """Seconds after which no count matters any more."""
        return 2 * max(self.address.span, self.token.span, self.failures.span)


class Rates:
    """The counts of one library's front; every call may be made from any thread, only `flush` hands in a write."""

    def __init__(self, database: Database, longest: int, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._longest = longest
        self._clock = clock
        self._lock = threading.Lock()
        self._changed: set[tuple[str, int]] = set()
        with database.read() as connection:
            self._counts = access.rates(connection, int(clock()) - longest)

    def hit(self, subject: str, limit: Limit) -> float:
        """Count a request; return 0, or how many seconds to wait when it is one too many (that one is not counted)."""
        with self._lock:
            wait = self._wait(subject, limit)
            if not wait and limit.most:
                self._add(subject, limit)
            return wait

    def count(self, subject: str, limit: Limit) -> None:
        """Count without asking."""
        with self._lock:
            self._add(subject, limit)

    def wait(self, subject: str, limit: Limit) -> float:
        """How many seconds to wait before the next request, 0 when it may come now."""
        with self._lock:
            return self._wait(subject, limit)

    def flush(self) -> None:
        """Write down what changed and forget what is long past; cheap when nothing did."""
        now = int(self._clock())
        before = now - self._longest
        with self._lock:
            for key in [key for key in self._counts if not before <= key[1] <= now]:
                del self._counts[key]  # past, or of a clock that was set back since
            changed = [(*key, self._counts[key]) for key in self._changed if key in self._counts]
            self._changed.clear()
        if changed:
            self._database.submit(lambda connection: access.keep_rates(connection, changed, before))

    def _wait(self, subject: str, limit: Limit) -> float:
        """The window slides: of the one before counts the share that still lies in it."""
        if not limit.most:
            return 0.0
        now = self._clock()
        start = int(now // limit.span) * limit.span
        into = (now - start) / limit.span
        before, here = (self._counts.get((subject, one), 0) for one in (start - limit.span, start))
        if before * (1 - into) + here < limit.most:
            return 0.0
        return max(1.0, start + limit.span - now if here >= limit.most else limit.span * (1 - into) / max(1, before))

    def _add(self, subject: str, limit: Limit) -> None:
        start = int(self._clock() // limit.span) * limit.span
        key = (subject, start)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._changed.add(key)
        if len(self._counts) > MOST_SUBJECTS:
            oldest = next(iter(self._counts))
            self._changed.discard(oldest)
            del self._counts[oldest]


def place_of(address: str) -> str:
    """What counts as one address: an IPv6 network of 64 bits is one customer's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address) + "/64"
    return str(found)
