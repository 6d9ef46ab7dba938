"""The searches of the past, offered again; the setting `search.history` switches them off."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.model import AskedRow, Change
from engine.store import history
from engine.store.db import Database

CHANGE = Change(frozenset({"history"}))
SHOWN = 8
LONGEST = 1_000  # characters of a search that is worth keeping
OPTION = "search.history"


class History:
    """`library.history`; every method may be called from any thread."""

    def __init__(self, database: Database, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._database = database
        self._settings = settings

    @property
    def on(self) -> bool:
        """Whether searches are kept."""
        return bool(self._settings()[OPTION])

    def listing(self, beginning: str = "", limit: int = SHOWN) -> list[AskedRow]:
        """The likeliest searches that begin so, the newest first; those that led to something count as newer."""
        with self._database.read() as connection:
            return history.listing(connection, beginning.strip(), limit)

    def note(self, query: str, *, opened: bool = False) -> None:
        """Keep a search that was asked, or from which something was `opened`; nothing where history is off."""
        text = " ".join(query.split())
        if text and len(text) <= LONGEST and self.on and self._database.own:
            self._database.write(lambda connection: history.note(connection, text, opened=opened), CHANGE)

    def remove(self, query: str) -> None:
        """Forget one search."""
        self._database.write(lambda connection: history.remove(connection, query), CHANGE)

    def clear(self) -> None:
        """Forget every search."""
        self._database.write(history.clear, CHANGE)
