"""Searches that the user keeps, under names."""

from dataclasses import asdict
from typing import Any

from engine.errors import NameTaken, NotFound
from engine.language import tr
from engine.model import Change, SavedSearch
from engine.search.query import read
from engine.store import searches
from engine.store.db import Database

CHANGE = Change(frozenset({"searches"}))


class Saved:
    """`library.searches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listing(self) -> list[SavedSearch]:
        """All of them by name."""
        with self._database.read() as connection:
            return searches.listing(connection)

    def save(self, name: str, query: str, sort: str = "") -> SavedSearch:
        """Keep a search; one of that name is replaced.

        Raises:
            QueryError: it cannot be read.
            NameTaken: the name is empty.
        """
        read(query)
        wanted = _clean(name)
        return self._database.write(lambda connection: searches.put(connection, wanted, query, sort), CHANGE)

    def rename(self, search_id: int, name: str) -> None:
        """Give a search another name.

        Raises:
            NotFound: there is no such search.
            NameTaken: another one is called so, or the name is empty.
        """
        wanted = _clean(name)
        if not self._database.write(lambda connection: searches.rename(connection, search_id, wanted), CHANGE):
            raise NameTaken(tr("Another saved search is called “{wanted}”.", wanted=wanted))

    def delete(self, search_id: int) -> None:
        """Forget a search.

        Raises:
            NotFound: there is none of this number.
        """
        self._database.write(lambda connection: searches.delete(connection, search_id), CHANGE)

    def told(self, action: str, name: str, query: str = "", sort: str = "") -> dict[str, Any]:
        """Do what another start of Kinora asks for: add or delete the search of a name.

        Raises:
            NotFound: there is none to delete.
        """
        found = self.save(name, query, sort) if action == "add" else self.named(name)
        if action != "add":
            self.delete(found.id)
        return asdict(found)

    def named(self, name: str) -> SavedSearch:
        """The search of a name.

        Raises:
            NotFound: there is none.
        """
        for one in self.listing():
            if one.name.casefold() == name.casefold():
                return one
        raise NotFound(tr("There is no saved search “{name}”.", name=name), hint="`kinora saved` lists them.")


def _clean(name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted:
        raise NameTaken(tr("A saved search needs a name."))
    return wanted
