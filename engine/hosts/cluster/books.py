"""What is known of a cluster between connections: where parts lie here, which worker has them, answers that wait."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from engine.jobs.orders import Answer

MOST_PLACES = 100_000  # parts of which it is remembered who has them


@dataclass(slots=True)
class Books:
    """The books of one cluster, kept on one loop."""

    paths: dict[str, Path] = field(default_factory=dict)  # SHA-256 of a part to its file on this machine
    places: dict[str, str] = field(default_factory=dict)  # SHA-256 of a large part to the worker that has it
    answers: dict[str, tuple[frozenset[str], Answer]] = field(default_factory=dict)  # key to the orders it is for

    deaths: dict[str, int] = field(default_factory=dict)  # key to how many workers died with it

    def died(self, keys: Collection[str]) -> int:
        """A worker died with these; how often that happened to one of them."""
        if len(self.deaths) >= MOST_PLACES:
            self.deaths.clear()
        for key in keys:
            self.deaths[key] = self.deaths.get(key, 0) + 1
        return max(self.deaths[key] for key in keys)

    def lies(self, name: str, worker: str) -> None:
        """A worker has a part now."""
        if len(self.places) >= MOST_PLACES:
            self.places.pop(next(iter(self.places)))
        self.places[name] = worker

    def forget(self, orders: frozenset[str]) -> None:
        """Nobody wants the answers of these orders any more."""
        for key, (wanted, answer) in list(self.answers.items()):
            if wanted & orders:
                left = wanted - orders
                if left:
                    self.answers[key] = left, answer
                else:
                    del self.answers[key]
