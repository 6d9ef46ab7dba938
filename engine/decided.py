"""What the user decides: each a commit of its own, searchable at once, undone and redone in order."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from engine.model import Change
from engine.store import decisions, whole
from engine.store.db import Database

T = TypeVar("T")


class Decided:
    """Records decisions of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rate(self, ids: Sequence[int], rating: int | None) -> None:
        """Give assets 0..5 stars, or None."""
        self.record(partial(decisions.rate, asset_ids=list(ids), rating=rating))

    def tag(self, ids: Sequence[int], name: str) -> None:
        """Give assets a tag."""
        self.record(partial(decisions.tag, asset_ids=list(ids), name=name))

    def untag(self, ids: Sequence[int], name: str) -> None:
        """Take a tag away."""
        self.record(partial(decisions.untag, asset_ids=list(ids), name=name))

    def not_twins(self, ids: Sequence[int]) -> None:
        """Deny that assets are duplicates of each other."""
        self.record(partial(decisions.not_twins, asset_ids=list(ids)))

    def undo(self) -> str | None:
        """Undo the latest decision that stands; return its sentence."""
        return self.record(decisions.undo)

    def redo(self) -> str | None:
        """Do again what was undone last; return its sentence."""
        return self.record(decisions.redo)

    def record(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the decision and bring the words of the assets that it touched up to date, in one transaction."""
        return self._database.write(partial(_with_words, work=work), _announced)[0]


def _with_words(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]
) -> tuple[T, frozenset[int], frozenset[str]]:
    before = decisions.latest(connection)
    answer = work(connection)
    new = range(before + 1, decisions.latest(connection) + 1)
    told = [decisions.touched(connection, number) for number in new]
    whole.index_all(connection, {asset for verb, ids in told if verb in decisions.WORDED for asset in ids})
    topics = {"decisions", "assets"}
    topics |= {"people"} if any(verb in decisions.PEOPLE for verb, _ in told) else set()
    topics |= {"albums"} if any(verb in decisions.SORTED for verb, _ in told) else set()
    return answer, frozenset(asset for _, ids in told for asset in ids), frozenset(topics)


def _announced(outcome: tuple[Any, frozenset[int], frozenset[str]]) -> Change:
    return Change(outcome[2], outcome[1])
