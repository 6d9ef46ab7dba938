"""The finder: from a line of words to ranked assets with their moments, or to a grid in order."""

import time
from array import array
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import QueryError
from engine.model import Completion, Hit, Listing, MomentHit, Results
from engine.search import snippet
from engine.search.compile import compiled
from engine.search.complete import Source, complete
from engine.search.query import read
from engine.store import assets, files, finds, grid, values, words
from engine.store.db import Database, explained
from engine.store.fold import Term, fold, readable, stands_alone
from engine.store.plan import Branch, Group, Plan

SHOWN = 3  # moments of an asset in a list of hits
IN_ASSET = 1_000  # moments of one asset that are listed
RELEVANT = 10_000  # assets of a grid by relevance
SORTS = ("taken", "added", "name", "size", "rating", "relevance")


class Finder:
    """Searches one library; every method opens its own read-only view and may run on any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(self, text: str, limit: int = 50) -> Results:
        """The best `limit` assets with the moments that matched, best first.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        began = time.perf_counter()
        plan = compiled(read(text))
        with explained("search the library"), self._database.read() as connection:
            found, note = finds.search(connection, plan, limit), ""
            if not found.total:
                plan, note = self._meant(connection, plan)
                if note:
                    found = finds.search(connection, plan, limit)
            hits = self._hits(connection, plan, found.matches)
        return Results(hits, found.total, found.over, note, time.perf_counter() - began)

    def listing(self, text: str = "", sort: str = "taken") -> Listing:
        """Every asset that matches, in order: by taken, added, name, size, rating or relevance.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        began = time.perf_counter()
        if sort not in SORTS:
            raise QueryError(
                f"Assets cannot be sorted by “{sort}”.", start=0, end=0, hint=f"Sort by {', '.join(SORTS)}."
            )
        plan = compiled(read(text))
        with explained("search the library"), self._database.read() as connection:
            ids, headings, over = self._listed(connection, plan, sort)
            note = ""
            if not ids and plan.terms:
                plan, note = self._meant(connection, plan)
                if note:
                    ids, headings, over = self._listed(connection, plan, sort)
        return Listing(ids, headings, note, over, time.perf_counter() - began)

    def moments(self, asset_id: int, text: str) -> tuple[MomentHit, ...]:
        """Every moment of one asset (up to a thousand) in which a word of the query stands, in their order.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        plan = compiled(read(text))
        with explained("search the library"), self._database.read() as connection:
            found = finds.moments_in(connection, plan, asset_id, IN_ASSET)
            if not found and plan.terms:
                plan, _ = self._meant(connection, plan)
                found = finds.moments_in(connection, plan, asset_id, IN_ASSET)
            shown = finds.evidence(connection, found)
        terms = plan.terms
        hits = [
            snippet.hit_of(shown[moment], terms, snippet.matched(shown[moment], terms) / len(terms))
            for moment in found
            if moment in shown
        ]
        return tuple(sorted(hits, key=lambda hit: (hit.moment.page or 0, hit.moment.start or 0.0)))

    def complete(self, text: str, cursor: int) -> list[Completion]:
        """Proposals for the search box at the cursor."""
        with explained("search the library"), self._database.read() as connection:
            source = Source(
                lambda name, partial, limit: values.values(connection, name, partial, limit),
                lambda prefix, limit: words.complete_words(connection, fold(prefix), limit) if fold(prefix) else [],
            )
            return complete(text, cursor, source)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _listed(self, connection: finds.Connection, plan: Plan, sort: str) -> tuple["array[int]", grid.Sections, bool]:
        if sort == "relevance" and plan.terms:
            found = finds.search(connection, plan, RELEVANT)
            return array("q", (match.asset for match in found.matches)), (), found.over or found.total > RELEVANT
        return *grid.listing(connection, plan, "taken" if sort == "relevance" else sort), False

    def _hits(self, connection: finds.Connection, plan: Plan, matches: Sequence[finds.Match]) -> tuple[Hit, ...]:
        terms = plan.terms
        shown = finds.evidence(connection, [moment for match in matches for moment, _ in match.moments[:SHOWN]])
        cells = {cell.id: cell for cell in assets.cells(connection, [match.asset for match in matches])}
        hits = []
        for match in matches:
            moments = tuple(
                snippet.hit_of(shown[moment], terms, score)
                for moment, score in match.moments[:SHOWN]
                if moment in shown
            )
            place = next(iter(files.of_asset(connection, match.asset)), None)
            hits.append(Hit(cells[match.asset], place.path if place else "", match.score, moments))
        return tuple(hits)

    def _meant(self, connection: finds.Connection, plan: Plan) -> tuple[Plan, str]:
        """Put words that do exist in place of words that do not: what begins so, else what is spelled nearly so.

        Returns the new plan and the sentence for it, or the same plan and nothing.
        """
        said: dict[str, str] = {}

        def mended(term: Term) -> tuple[Term, ...]:
            token = term.tokens[0]
            if len(term.tokens) > 1 or term.prefix or term.exact or stands_alone(token):
                return (term,)
            if words.document_frequency(connection, token):
                return (term,)
            if len(token) > 1 and words.begins_a_word(connection, token):
                said[token] = f"Showing words that begin with “{readable(token)}”."
                return (replace(term, prefix=True),)
            similar = words.similar_terms(connection, token)
            if not similar:
                return (term,)
            others = " or ".join(f"“{readable(other)}”" for other in similar)
            said[token] = f"Showing results for {others} instead of “{readable(token)}”."
            return tuple(Term((other,)) for other in similar)

        branches = tuple(
            Branch(
                tuple(Group(tuple(new for term in group.terms for new in mended(term))) for group in branch.groups),
                branch.bans,
                branch.where,
            )
            for branch in plan.branches
        )
        return (Plan(branches), " ".join(said.values())) if said else (plan, "")
