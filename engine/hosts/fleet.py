"""The hosts of a library, and who of them gets what: by measured speed, queue, price, and what failed where.

Every host beside this machine takes work as long as this machine could not do all that is left sooner than that host
could do one more bundle; this machine in turn leaves an analyzer to the others when they will be through with all of
it before it could finish a single job. Both are the rule of the critical last jobs in list scheduling (R. L. Graham,
Bounds on Multiprocessing Timing Anomalies, 1969: no list is worse than twice the best, if nobody starts a long job
last).
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.errors import HostLost, KinoraError, MediaError, error_classes
from engine.hosts.base import Host, Listener, Returned
from engine.hosts.reasons import Why
from engine.jobs import wire
from engine.language import tr
from engine.model import HostState

MOST_FAILURES = 3  # jobs that fail on a host before it may be set aside
LOOKS_BACK = 20  # answers of a host that are remembered to judge it
WRONG = 0.4  # of them, from which on it is set aside also where right ones stand between
ASIDE = 600.0  # seconds of its first rest; doubled with each further one
LONGEST_ASIDE = 86_400.0
DRY = 1.0  # seconds before a host that got less than it asked for is thought of again
STILL = 10.0  # seconds without a look at who gets what, after which the queue stands still
FRESH = 0.5  # seconds that a counted backlog is used
WINDOW = 120.0  # seconds over which a rate is measured
WEIGHT = 0.2  # of the newest measure in a running mean

Backlog = Callable[[Collection[str]], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class _Look:
    """A host at the moment when work is given out: asked once, for each answer may cost a look into the library."""

    host: "Away"
    takes: frozenset[str]
    turnaround: float


class Away(Host, Protocol):
    """A host beside this machine."""

    price: float  # US dollars an hour, 0 for one's own

    def takes(self) -> frozenset[str]:
        """The analyzers that it may run for us now."""

    def slots(self) -> int:
        """How many bundles it works on at a time."""

    def turnaround(self) -> float:
        """Seconds from handing it a bundle to having the answer, as measured."""

    def open(self) -> tuple[int, ...]:
        """The bundles that it has."""

    def state(self) -> HostState:
        """How it is, with what is measured of it."""

    def retry(self) -> None:
        """Try to connect now, also after what must be decided by a person."""


W = TypeVar("W", covariant=True)


class Wished(Protocol[W]):
    """How a wish is made: `engine.store.away.Wish`, which hosts do not know."""

    def __call__(
        self, host: str, bundles: int, among: frozenset[str] | None = None, without: frozenset[str] = frozenset()
    ) -> W: ...


class Fleet:
    """This machine and the hosts that have joined."""

    def __init__(
        self,
        home: Host,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        on_aside: Callable[[str, float, str], None] = lambda name, until, why: None,
    ) -> None:
        self.home = home
        self.on_aside = on_aside
        self._monotonic = monotonic
        self._wall = wall
        self._away: dict[str, Away] = {}
        self._lock = threading.RLock()
        self._listener: Listener | None = None
        self._aside: dict[str, tuple[float, str]] = {}  # until (wall clock) and why
        self._rests: dict[str, int] = {}  # how often it was set aside
        self._record: dict[str, deque[int]] = {}  # its last answers: the job that failed, or 0 for one that did not
        self._dry: dict[str, float] = {}
        self._seconds: dict[tuple[str, str], float] = {}  # of a job, by host and analyzer
        self._done: dict[str, deque[float]] = {}
        self._counts: dict[str, int] = {}
        self._why: dict[str, Why] = {}
        self._looked = 0.0  # when it was last thought about who gets what
        self._left: tuple[float, frozenset[str], Mapping[str, int]] = (-1e9, frozenset(), {})

    # --- who belongs to it --------------------------------------------------------------------------------------------

    def start(self, listener: Listener) -> None:
        """Let every host begin to accept work."""
        with self._lock:
            self._listener = listener
            away = list(self._away.values())
        self.home.start(listener)
        for host in away:
            host.start(listener)

    def stop(self) -> None:
        """Stop every host; nothing is heard of them afterwards."""
        with self._lock:
            away, self._away = list(self._away.values()), {}
        for host in away:
            host.stop()
        self.home.stop()

    def join(self, host: Away) -> bool:
        """Let a host work from now on; False where one of that name is there already."""
        with self._lock:
            if self._away.setdefault(host.name, host) is not host:
                return False
            listener = self._listener
        if listener is not None:
            host.start(listener)
        return True

    def away(self) -> dict[str, Away]:
        """The hosts beside this machine, by name."""
        with self._lock:
            return dict(self._away)

    def leave(self, name: str) -> bool:
        """Let a host go; what it had goes back to the queue. False where there is none of that name."""
        with self._lock:
            host = self._away.pop(name, None)
        if host is None:
            return False
        host.stop()
        if self._listener is not None:
            self._listener(Returned((), HostLost(tr("The host {name} was switched off.", name=name)), host=name))
        return True

    def rest(self, name: str, until: float, why: str) -> None:
        """Let a host rest until then (wall clock); 0 lets it work again."""
        with self._lock:
            self._record.pop(name, None)
            if until:
                self._aside[name] = until, why
                return
            self._aside.pop(name, None)
            self._rests.pop(name, None)
            listener = self._listener
        self.wake()
        if listener is not None:
            listener(Returned((), HostLost("")))  # nothing comes back; who gives work looks at once

    def resting(self, name: str) -> tuple[float, str]:
        """Until when a host rests (wall clock) and why; 0 when it does not."""
        with self._lock:
            until, why = self._aside.get(name, (0.0, ""))
            # A clock that was set back must not keep a host away for longer than it was meant to be.
            if until and not self._wall() < until <= self._wall() + LONGEST_ASIDE * 2:
                del self._aside[name]
                return 0.0, ""
            return until, why

    # --- who gets what ------------------------------------------------------------------------------------------------

    def wishes(self, make: Wished[W], backlog: Backlog, *, most: int | None = None) -> list[W]:
        """What the hosts ask the queue for now; with `most` this machine goes slowly, and alone."""
        free, self._looked = self.home.free(), self._monotonic()
        if most is not None:
            self._why = dict.fromkeys(self.away(), Why.ALONE)
            return [make(self.home.name, min(free, most))] if min(free, most) > 0 else []
        with self._lock:
            looks = [_Look(host, host.takes(), host.turnaround()) for host in self._away.values()]
        present = [look for look in looks if look.takes and not self.resting(look.host.name)[0]]
        found = []
        left = self._backlog(present, backlog)
        why = {look.host.name: Why.GIVEN if look.takes else Why.CANNOT for look in looks}
        for look in sorted(present, key=lambda one: (one.host.price, one.turnaround)):
            host, room = look.host, look.host.free()
            if room > 0 and self._dry.get(host.name, 0.0) > self._monotonic():
                why[host.name] = self._why.get(host.name, Why.GIVEN)  # as it was a moment ago
            elif room > 0 and self._worth(look, left, present):
                found.append(make(host.name, room, look.takes))
            elif room > 0:
                why[host.name] = Why.SOONER if any(left.get(name) for name in look.takes) else Why.NOTHING
        self._why = why
        if free > 0:
            found.append(make(self.home.name, free, None, self._left_to_others(present, left)))
        return found

    def got(self, wished: Mapping[str, int], hosts: Sequence[str]) -> None:
        """What came of wishes (bundles by host): a host that got less is not thought of for a moment."""
        for name, count in wished.items():
            if name != self.home.name and hosts.count(name) < count:
                self._dry[name] = self._monotonic() + DRY
                self._why[name] = Why.GIVEN if hosts.count(name) else Why.REFUSED

    def why(self, name: str) -> Why:
        """What stands against giving a host anything now."""
        still = self._looked and self._monotonic() - self._looked > STILL
        return Why.STANDS if still else self._why.get(name, Why.GIVEN)

    def wake(self) -> None:
        """There may be new work."""
        self._dry.clear()
        self._left = (-1e9, frozenset(), {})

    def _backlog(self, present: Sequence[_Look], backlog: Backlog) -> Mapping[str, int]:
        names = frozenset[str]().union(*(look.takes for look in present))
        at, of, left = self._left
        if names and (of != names or self._monotonic() - at > FRESH):
            left = backlog(names)
            self._left = self._monotonic(), names, left
        return left if names else {}

    def _worth(self, look: _Look, left: Mapping[str, int], present: Sequence[_Look]) -> bool:
        """Whether all that this host could do would take quicker ones longer than one bundle takes it.

        Only quicker hosts are thought of, so that never two leave a job to each other.
        """
        rank = (look.turnaround, look.host.name)
        quicker = [one for one in present if (one.turnaround, one.host.name) < rank]
        drain = 0.0
        for name in look.takes:
            if not left.get(name):
                continue
            able = [one for one in quicker if name in one.takes]
            rate = self._rate_here(name) + sum(self._rate_of(one.host, name) for one in able)
            single = min([self._cost(self.home.name, name), *(one.turnaround for one in able)])
            drain += max(left[name] / rate, single)
        return drain > 0 and drain >= look.turnaround

    def _left_to_others(self, present: Sequence[_Look], left: Mapping[str, int]) -> frozenset[str]:
        """The analyzers of which others will have done all before this machine could do one job."""
        found = set()
        for name, count in left.items():
            able = [look for look in present if name in look.takes]
            rate = sum(self._rate_of(look.host, name) for look in able)
            if rate and self._cost(self.home.name, name) > count / rate + min(look.turnaround for look in able):
                found.add(name)
        return frozenset(found)

    def _rate_here(self, analyzer: str) -> float:
        return getattr(self.home, "workers", 1) / max(1e-3, self._cost(self.home.name, analyzer))

    def _rate_of(self, host: Away, analyzer: str) -> float:
        """Jobs a second, 0 as long as none was measured."""
        seconds = self._seconds.get((host.name, analyzer))
        return host.slots() / max(1e-3, seconds) if seconds is not None else 0.0

    def _cost(self, host: str, analyzer: str) -> float:
        """Seconds of a job there: as measured, or the analyzer's own guess."""
        from engine.analyzers import BY_NAME

        known = self._seconds.get((host, analyzer))
        return known if known is not None else BY_NAME[analyzer].seconds if analyzer in BY_NAME else 0.2

    # --- how it goes --------------------------------------------------------------------------------------------------

    def did(self, name: str, analyzer: str, seconds: float) -> None:
        """A host finished a job."""
        old = self._seconds.get((name, analyzer), seconds)
        self._seconds[name, analyzer] = old + WEIGHT * (seconds - old)
        self._answered(name, 0)
        self._counts[name] = self._counts.get(name, 0) + 1
        self._done.setdefault(name, deque(maxlen=4096)).append(self._monotonic())

    def failed(self, name: str, job: int, code: str, text: str) -> None:
        """A job failed on a host, which is set aside when too many do.

        That is: three different ones in a row, or three and two of five among the last twenty answers (fewer, while it
        has not given as many). So one that does half of them wrong goes soon, and one that does one of ten wrong stays
        for as long as it likes. A file's own fault is not the host's, nor is what fails elsewhere, too.
        """
        if issubclass(error_classes().get(code, KinoraError), MediaError) or self._acquit(name, job):
            return
        if name == self.home.name or not _unreliable(self._answered(name, job)) or self.resting(name)[0]:
            return  # what it still had when it was set aside makes its rest no longer
        times = self._rests.get(name, 0)
        self.rest(name, self._wall() + min(LONGEST_ASIDE, ASIDE * 2.0**times), text)
        self._rests[name] = times + 1
        self.on_aside(name, *self._aside[name])

    def _answered(self, name: str, failed: int) -> list[int]:
        """Remember an answer, and forget old rests of a host that has been right for long; the answers so far."""
        with self._lock:
            record = self._record.setdefault(name, deque(maxlen=LOOKS_BACK))
            record.append(failed)
            if len(record) == LOOKS_BACK and not any(record):
                self._rests.pop(name, None)
            return list(record)

    def _acquit(self, name: str, job: int) -> bool:
        """Hold a job that fails on one host after another against none of them; whether it failed elsewhere before."""
        with self._lock:
            others = [record for host, record in self._record.items() if host != name and job in record]
            for record in others:
                record.remove(job)
            return bool(others)

    def rate(self, name: str) -> float:
        """Jobs per second of a host over the last two minutes."""
        now = self._monotonic()
        recent = [at for at in list(self._done.get(name, ())) if now - at <= WINDOW]
        return len(recent) / max(1.0, now - recent[0]) if recent else 0.0

    def count(self, name: str) -> int:
        """Jobs that a host finished since the start of this program."""
        return self._counts.get(name, 0)

    def trouble(self) -> str:
        """What is wrong with this machine's workers, as a sentence."""
        return str(getattr(self.home, "trouble", str)())

    # --- passing on ---------------------------------------------------------------------------------------------------

    def send(self, name: str, start: wire.Start, *, deadline: float) -> None:
        """Give a host a bundle. Raises HostLost when it has left."""
        self._host(name).send(start, deadline=deadline)

    def cancel(self, name: str, bundle: int) -> None:
        """Stop a bundle at its next yield."""
        host = self._away.get(name, self.home)
        host.cancel(bundle)

    def landed(self, name: str, bundle: int, job: int) -> None:
        """A job's result is on the disk."""
        if (host := self._away.get(name)) is not None:
            host.landed(bundle, job)

    def _host(self, name: str) -> Host:
        if name == self.home.name:
            return self.home
        host = self._away.get(name)
        if host is None:
            raise HostLost(tr("The host {name} was switched off.", name=name))
        return host


def _unreliable(record: Sequence[int]) -> bool:
    """Whether a host with these last answers (the job that failed, or 0) is better left alone for a while."""
    wrong = {job for job in record if job}
    in_a_row = {job for job in record[-MOST_FAILURES:] if job}
    return len(wrong) >= MOST_FAILURES and (len(in_a_row) == MOST_FAILURES or len(wrong) >= WRONG * len(record))
