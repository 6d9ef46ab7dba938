"""How long bundles are waited for: until somebody takes them, and from then on until they are answered."""

import time
from collections.abc import Callable, Iterator, Mapping

from engine.errors import DeadlineExceeded, HostLost, KinoraError
from engine.hosts.conversation import Sent
from engine.jobs.orders import Capabilities
from engine.language import tr, trn

SILENCE = 600.0  # seconds beyond its deadlines in which a bundle must be answered


def forever() -> float:
    """The patience of who has nothing better to do with what waits."""
    return float("inf")


class Patience:
    """Watches the bundles of one host, on its loop. `most` says how many seconds one may wait for somebody to take it.

    A node without workers (a cluster that starts them when there is work) takes bundles, and nobody works on them. So
    deadlines count from when there was somebody, and what waited too long goes back unharmed.
    """

    def __init__(self, name: str, most: Callable[[], float]) -> None:
        self._name = name
        self._most = most
        self._since: dict[int, float] = {}  # the bundles that wait for somebody to take them
        self.vain = 0.0  # seconds that some waited before they went back, until there is somebody again

    def late(self, able: Capabilities, sent: Mapping[int, Sent]) -> tuple[list[int], KinoraError]:
        """The bundles that have waited too long for somebody to take them, and what is to be said of it."""
        now, minutes = time.monotonic(), round(self._most() / 60) if self._most() < 1e9 else 0
        why = HostLost(
            trn("{name} had no workers for {n} minute.", "{name} had no workers for {n} minutes.", minutes,
                name=self._name)
        )  # fmt: skip
        if not able.waits:
            self._since, self.vain = {}, 0.0
            return [], why
        self._since = {number: self._since.get(number, one.since) for number, one in list(sent.items())}
        for one in list(sent.values()):
            one.since = now
        late = [number for number, since in self._since.items() if now - since > self._most()]
        self.vain = max([self.vain, *(now - self._since[number] for number in late)])
        return late, why

    def overdue(self, sent: Mapping[int, Sent]) -> Iterator[tuple[int, KinoraError]]:
        """Bundles that have been silent for far too long, with what is to be said of them."""
        now = time.monotonic()
        for number, one in list(sent.items()):
            if now - one.since > SILENCE + 4 * one.deadline * max(1, len(one.start.tasks)):
                yield number, DeadlineExceeded(tr("{name} gave no answer in time.", name=self._name))
