"""Which answers of a host are expected, which came before they were asked for, and which may be forgotten there."""

import time
from collections.abc import Collection, Iterator

from engine.jobs import wire
from engine.jobs.orders import Answer

EARLY = 2000  # answers that are kept for questions that may still come
EARLY_FOR = 900.0  # seconds


class Letters:
    """The correspondence with one host, by the keys of its tasks; used on one thread."""

    def __init__(self) -> None:
        self.stored: set[str] = set()  # on our disk, or of no use: to be acknowledged
        self._expected: dict[str, list[tuple[int, wire.Task]]] = {}
        self._landing: dict[tuple[int, int], str] = {}  # delivered, on the way to the disk: bundle and job
        self._delivered: set[str] = set()
        self._early: dict[str, tuple[float, Answer]] = {}

    def expect(self, key: str, bundle: int, task: wire.Task) -> Answer | None:
        """A task was given to the host; its answer, if it is there already."""
        self._expected.setdefault(key, []).append((bundle, task))
        early = self._early.pop(key, None)
        return early[1] if early is not None else None

    def is_new(self, key: str) -> bool:
        """Whether an answer was not seen before (a host repeats each until it is acknowledged)."""
        self._tidy()
        return key not in self._delivered and key not in self._early and key not in self.stored

    def arrived(self, answer: Answer) -> Iterator[tuple[int, wire.Task]]:
        """Whom an answer is for; one that nobody asked for yet is kept for a while."""
        waiting = self._expected.pop(answer.key, [])
        if not waiting:
            self._early[answer.key] = time.monotonic(), answer
            return
        if isinstance(answer.message, wire.Failed):
            self.stored.add(answer.key)  # a failure is nothing to lose, and asked again it shall be tried again
        else:
            self._delivered.add(answer.key)
            for bundle, task in waiting:
                self._landing[bundle, task.job] = answer.key
        yield from waiting

    def landed(self, bundle: int, job: int) -> None:
        """A result is on the disk."""
        key = self._landing.pop((bundle, job), None)
        if key is not None:
            self._delivered.discard(key)
            self.stored.add(key)

    def take_stored(self) -> Collection[str]:
        """The keys to acknowledge now."""
        taken, self.stored = self.stored, set()
        return taken

    def forget(self, bundle: int) -> None:
        """Nobody waits for this bundle's answers any more."""
        for key, waiting in list(self._expected.items()):
            left = [one for one in waiting if one[0] != bundle]
            if left:
                self._expected[key] = left
            else:
                del self._expected[key]

    def forget_open(self) -> None:
        """Nobody waits for any answer: the bundles went home. Answers that come all the same are kept for a while."""
        self._expected.clear()

    def _tidy(self) -> None:
        now = time.monotonic()
        old = [key for key, (at, _) in self._early.items() if now - at > EARLY_FOR]
        for key in [*old, *list(self._early)[: max(0, len(self._early) - EARLY)]]:
            if self._early.pop(key, None) is not None:
                self.stored.add(key)
