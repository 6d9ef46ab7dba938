"""Everything of a library that searches: words, meaning, the vectors behind it, narrowing, saved searches."""

from collections.abc import Callable, Collection, Mapping
from copy import copy
from pathlib import Path
from typing import Any

from engine.encoding import Encoding
from engine.model import Completion, Facet, Listing, MomentHit, Results
from engine.model.start import Invitation
from engine.search.atlas import Atlas
from engine.search.find import Finder
from engine.search.history import History
from engine.search.inviting import invitations
from engine.search.meaning import Meaning
from engine.search.narrow import facets_of
from engine.search.pasted import Pasted
from engine.search.query import read
from engine.search.saved import Saved
from engine.search.spaces import Spaces
from engine.store import assets, facets, stacks
from engine.store.db import Database

FOLDER = "vectors"


class Searching:
    """The searching part of one library; every method may be called from any thread."""

    def __init__(
        self, database: Database, path: Path, settings: Callable[[], Mapping[str, Any]], log_path: Path | None
    ) -> None:
        self._database = database
        self.spaces = Spaces(database, path / FOLDER)
        self.encoding = Encoding(log_path)
        self.finder = Finder(database, Meaning(database, self.spaces, self.encoding, settings))
        self.searches = Saved(database)
        self.history = History(database, settings)
        self.pasted = Pasted(path / "previews" / "examples")
        self.atlas = Atlas(database, self.finder)

    def without_names(self) -> "Searching":
        """The same, as if nobody had a name."""
        found = copy(self)
        found.finder = self.finder.without_names()
        return found

    def listing(self, text: str, sort: str, opened: Collection[int] | None) -> Listing:
        """The assets of a query in order; where `opened` is given with stacks as one, but for those that are opened."""
        found = self.finder.listing(text, sort)
        if opened is None:
            return found
        ranked = (read(text).sort or sort) == "relevance"
        with self._database.read() as connection:
            return stacks.folded(connection, found, opened, ranked=ranked)

    def count(self, text: str) -> int:
        """How many assets a query finds. Raises QueryError."""
        plan, found = self.finder.ids(text)
        if found is not None:
            return len(found)
        with self._database.read() as connection:
            return facets.count(connection, plan)

    def facets(self, text: str, exact: bool = False) -> list[Facet]:
        """What the result of a query can be narrowed by."""
        return facets_of(self._database, self.finder, text, exact=exact)

    def tags(self) -> list[tuple[str, int]]:
        """Every tag in use with the number of its assets."""
        with self._database.read() as connection:
            return assets.tags(connection, names=self.finder.names)

    def invitations(self, most: int) -> list[Invitation]:
        """Searches that find something here."""
        return invitations(self._database, self.finder, most)

    def close(self) -> None:
        """Stop the worker and the making of indexes."""
        self.encoding.close()
        self.spaces.close()


class Searchable:
    """The methods of a library that search; `searching` does the work."""

    searching: Searching

    def listing(self, query: str = "", sort: str = "taken", *, opened: Collection[int] | None = None) -> Listing:
        """The assets of a query in order: all of them.

        With `opened` each stack is listed as one, but for these, whose members stand behind each other.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        return self.searching.listing(query, sort, opened)

    def search(self, query: str, limit: int = 50) -> Results:
        """The best hits of a query with their moments. Raises QueryError."""
        return self.searching.finder.search(query, limit)

    def moments(self, asset_id: int, query: str) -> tuple[MomentHit, ...]:
        """The moments of one asset that match. Raises QueryError."""
        return self.searching.finder.moments(asset_id, query)

    def explain(self, query: str, asset_id: int) -> tuple[MomentHit, ...]:
        """The moments of one asset with what each part of the query gave, best first. Raises QueryError."""
        return self.searching.finder.explain(query, asset_id)

    def facets(self, query: str = "", exact: bool = False) -> list[Facet]:
        """What the result of a query can be narrowed by, with counts; large ones estimated unless `exact`.

        Raises QueryError.
        """
        return self.searching.facets(query, exact)

    def tags(self) -> list[tuple[str, int]]:
        """Every tag in use with the number of its assets."""
        return self.searching.tags()

    def invitations(self, most: int = 3) -> list[Invitation]:
        """Searches that find something here, made from what was found so far."""
        return self.searching.invitations(most)

    def complete(self, text: str, cursor: int) -> list[Completion]:
        """Proposals for the search box."""
        return self.searching.finder.complete(text, cursor)

    @property
    def searches(self) -> Saved:
        """The searches that the user keeps."""
        return self.searching.searches

    @property
    def history(self) -> History:
        """The searches of the past."""
        return self.searching.history

    @property
    def atlas(self) -> Atlas:
        """The map of a search."""
        return self.searching.atlas

    @property
    def pasted(self) -> Pasted:
        """Pictures to search with that are no files."""
        return self.searching.pasted


class Nameless(Searchable):
    """The searches of a library for who may not know who is in it: their answers are those of one that names nobody."""

    def __init__(self, searching: Searching) -> None:
        self.searching = searching.without_names()
