"""Which answers of a host are expected, which came before they were asked for, and which may be forgotten there.

Two assets may have the same parts (copies that differ in their metadata alone), and then they share a key. So an answer
is kept here until a little after the host has forgotten it: whoever asks meanwhile gets it from here, and no question
can cross an acknowledgement on its way.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine.jobs import wire
from engine.jobs.orders import Answer

MOST = 4000  # answers that are kept
WAITS = 900.0  # seconds for a question that may still come
AFTER = 15.0  # seconds that an answer is kept after the host has forgotten it
ROOM = (
    256 << 20
)  # characters of answers; beyond it those that nobody asked for are not kept: asked, a host repeats them


@dataclass(slots=True)
class _Kept:
    """An answer that came."""

    answer: Answer
    since: float
    gone: float = 0.0  # when the host was told to forget it


class Letters:
    """The correspondence with one host, by the keys of its tasks; used on one thread."""

    def __init__(self) -> None:
        self.stored: set[str] = set()  # on our disk, or of no use: to be acknowledged
        self._expected: dict[str, list[tuple[int, wire.Task]]] = {}
        self._landing: dict[tuple[int, int], str] = {}  # handed on, on the way to the disk: bundle and job
        self._kept: dict[str, _Kept] = {}
        self._tidied = 0.0
        self._size = 0  # characters of what is kept

    def expect(self, key: str, bundle: int, task: wire.Task) -> Answer | None:
        """A task was given to the host; its answer, if it is there already."""
        self._expected.setdefault(key, []).append((bundle, task))
        kept = self._kept.get(key)
        return kept.answer if kept is not None else None

    def is_new(self, answer: Answer) -> bool:
        """Whether an answer was not seen before (a host repeats each until it is acknowledged) and is of use."""
        self._tidy()
        asked = answer.key in self._expected
        return answer.key not in self._kept and (asked or self._size + answer.size <= ROOM)

    def arrived(self, answer: Answer) -> Iterator[tuple[int, wire.Task]]:
        """Whom an answer is for; one that nobody asked for yet is kept for a while."""
        if answer.key not in self._kept:
            self._size += answer.size
        self._kept[answer.key] = _Kept(answer, time.monotonic())
        waiting = self._expected.pop(answer.key, [])
        if waiting and isinstance(answer.message, wire.Failed):
            self.stored.add(answer.key)  # a failure is nothing to lose, and asked again it shall be tried again
        elif waiting:
            for bundle, task in waiting:
                self._landing[bundle, task.job] = answer.key
        yield from waiting

    def landed(self, bundle: int, job: int) -> None:
        """A result is on the disk."""
        key = self._landing.pop((bundle, job), None)
        if key is not None:
            self.stored.add(key)

    def take_stored(self) -> Collection[str]:
        """The keys to acknowledge now."""
        taken, self.stored = self.stored, set()
        return taken

    def forgotten(self, keys: Collection[str]) -> None:
        """The host has forgotten these."""
        for key in keys:
            if (kept := self._kept.get(key)) is not None:
                kept.gone = time.monotonic()

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
        if now - self._tidied < 1.0:
            return
        self._tidied, landing = now, set(self._landing.values())
        for key, kept in list(self._kept.items()):
            if kept.gone and (now - kept.gone > AFTER or self._size > ROOM):
                del self._kept[key]
                self._size -= kept.answer.size
            elif not kept.gone and key not in landing and (now - kept.since > WAITS or len(self._kept) > MOST):
                self.stored.add(key)
                kept.since = now
