"""The finder: from a line of words to ranked assets with their moments, or to a grid in order."""

import time
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import QueryError
from engine.language import either, tr
from engine.model import Completion, Hit, Listing, MomentHit, Results
from engine.search import blend, hits, missing, snippet
from engine.search.compile import compiled
from engine.search.complete import Source, complete
from engine.search.filters import SORTS
from engine.search.meaning import Asked, Meaning
from engine.search.query import Query, read
from engine.search.speakers import with_speakers
from engine.store import albums, assets, evidence, files, finds, grid, values, words
from engine.store.db import Database, explained
from engine.store.fold import Term, fold, readable, stands_alone
from engine.store.numbers import both, gathered, packed
from engine.store.plan import Branch, Group, Is, Plan, nameless, narrowed

if TYPE_CHECKING:
    from engine.store.numbers import Sorted

SHOWN = 6  # moments of an asset in a list of hits
IN_ASSET = 1_000  # moments of one asset that are listed
RELEVANT = 10_000  # assets of a grid by relevance
_Found = tuple[tuple[Hit, ...], int, bool, str]  # hits, how many in all, whether there are more, a note


class Finder:
    """Searches one library; every method opens its own read-only view and may run on any thread.

    Without `meaning`, and where no pack knows any, words are words. With it they are also what they mean. Without
    `names` it finds and tells what it would if nobody had a name.
    """

    def __init__(self, database: Database, meaning: Meaning | None = None, *, names: bool = True) -> None:
        self._database = database
        self._meaning = meaning
        self.names = names

    def without_names(self) -> "Finder":
        """The same finder for who may not know people."""
        return Finder(self._database, self._meaning, names=False)

    def search(self, text: str, limit: int = 50) -> Results:
        """The best `limit` assets with the moments that matched, best first.

        Raises:
            QueryError: the text cannot be read as a query.
            KinoraError: the example of `like:` cannot be read.
        """
        began = time.perf_counter()
        query = read(text)
        plan = self._plan(query)
        asked = self._asked(plan)
        with explained(tr("search the library")), self._database.read() as connection:
            sort = albums.own_order(connection, plan) if query.sort == "album" else query.sort
            if blend.wanted(plan, asked):
                hits, total, over, note = self._blended(connection, plan, asked, sort, limit)
            else:
                hits, total, over, note = self._plain(connection, plan, sort, limit)
            hits = with_speakers(connection, hits) if self.names else hits
            note = note or " ".join(asked.notes)
            gap = missing.sentence(connection, plan)
        return Results(hits, total, over, note, time.perf_counter() - began, gap)

    def listing(self, text: str = "", sort: str = "taken") -> Listing:
        """Every asset that matches, in order: by taken (or date), added, name, size, rating, quality or relevance.

        What the text itself says of the order (`sort:`) goes before.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        began = time.perf_counter()
        query = read(text)
        sort = query.sort or sort
        if sort not in SORTS:
            raise QueryError(
                tr("Assets cannot be sorted by “{sort}”.", sort=sort),
                start=0,
                end=0,
                hint=tr("Sort by {list}.", list=", ".join(SORTS)),
            )
        plan = self._plan(query)
        asked = self._asked(plan)
        with explained(tr("search the library")), self._database.read() as connection:
            sort = albums.own_order(connection, plan) if sort == "album" else sort
            ids, headings, over = self._listed(connection, plan, asked, sort)
            note = " ".join(asked.notes)
            if not ids and plan.terms:
                plan, said = self._meant(connection, plan)
                if said:
                    note = said
                    ids, headings, over = self._listed(connection, plan, asked, sort)
        return Listing(ids, headings, note, over, time.perf_counter() - began)

    def ids(self, text: str) -> tuple[Plan, "array[int] | None"]:
        """Every asset that matches, in order of id; None for all under the plan's conditions; and the plan.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        plan = self._plan(read(text))
        asked = self._asked(plan)
        with explained(tr("search the library")), self._database.read() as connection:
            if blend.wanted(plan, asked):
                every = self._all(connection, plan, asked)
                if not len(every) and plan.terms:
                    every = self._all(connection, self._meant(connection, plan)[0], asked)
                return plan, packed(every)
            if all(not branch.groups and not branch.bans for branch in plan.branches):
                return plan, None
            found = grid.matching(connection, plan)
            if not len(found) and plan.terms:
                found = grid.matching(connection, self._meant(connection, plan)[0])
            return plan, packed(found)

    def moments(self, asset_id: int, text: str) -> tuple[MomentHit, ...]:
        """Every moment of one asset (up to a thousand) that the query finds there, in their order.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        plan = self._plan(read(text))
        asked = self._asked(plan)
        with explained(tr("search the library")), self._database.read() as connection:
            if blend.wanted(plan, asked):
                return self._inside(connection, plan, asked, asset_id)
            found = finds.moments_in(connection, plan, asset_id, IN_ASSET)
            if not found and plan.terms:
                plan, _ = self._meant(connection, plan)
                found = finds.moments_in(connection, plan, asset_id, IN_ASSET)
            shown = evidence.of_moments(connection, found, names=self.names)
        terms = plan.terms
        inside = [
            snippet.hit_of(shown[moment], terms, snippet.matched(shown[moment], terms) / len(terms))
            for moment in found
            if moment in shown
        ]
        return tuple(sorted(inside, key=lambda hit: (hit.moment.page or 0, hit.moment.start or 0.0)))

    def explain(self, text: str, asset_id: int) -> tuple[MomentHit, ...]:
        """The moments of an asset as the whole search ranks them, with what each part of the query gave: best first.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        plan = self._plan(read(text))
        asked = self._asked(plan)
        with explained(tr("search the library")), self._database.read() as connection:
            found = blend.blend(
                connection, plan if plan.branches else Plan((Branch(names=self.names),)), asked, self._meaning
            )
            if not found.assets and plan.terms:
                plan, _ = self._meant(connection, plan)
                found = blend.blend(connection, plan, asked, self._meaning)
            one = next((one for one in found.assets if one.asset == asset_id), None)
            if one is None:
                return ()
            return tuple(hits.moments_of(connection, [one], plan, _people(plan), IN_ASSET)[asset_id])

    def complete(self, text: str, cursor: int) -> list[Completion]:
        """Proposals for the search box at the cursor."""
        with explained(tr("search the library")), self._database.read() as connection:
            source = Source(
                lambda name, partial, limit: values.values(connection, name, partial, limit),
                lambda prefix, limit: words.complete_words(connection, fold(prefix), limit) if fold(prefix) else [],
            )
            return complete(text, cursor, source)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _plan(self, query: Query) -> Plan:
        plan = compiled(query)
        return plan if self.names else nameless(plan)

    def _asked(self, plan: Plan) -> Asked:
        if self._meaning is not None:
            return self._meaning.asked(plan)
        if any(branch.likes or branch.unlike for branch in plan.branches):
            raise QueryError(tr("Nothing here compares pictures."), start=0, end=0, hint="kinora packs")
        return Asked()

    def _plain(self, connection: finds.Connection, plan: Plan, sort: str, limit: int) -> _Found:
        bound = limit if sort in ("", "relevance") else RELEVANT
        found, note = finds.search(connection, plan, bound), ""
        if not found.total:
            plan, note = self._meant(connection, plan)
            if note:
                found = finds.search(connection, plan, bound)
        matches = found.matches
        if bound != limit:
            ids = grid.in_order(connection, {match.asset for match in matches}, sort)
            known = {match.asset: match for match in matches}
            matches = tuple(known[one] for one in ids[:limit])
        return self._hits(connection, plan, matches), found.total, found.over, note

    def _blended(self, connection: finds.Connection, plan: Plan, asked: Asked, sort: str, limit: int) -> _Found:
        found, note = blend.blend(connection, plan, asked, self._meaning), ""
        if not found.assets and plan.terms:
            plan, said = self._meant(connection, plan)
            if said:
                found, note = blend.blend(connection, plan, asked, self._meaning), said
        ranked = found.assets
        if sort not in ("", "relevance"):
            known = {one.asset: one for one in ranked}
            ids = grid.in_order(connection, known, sort)
            ranked = tuple(known[one] for one in ids)
        shown = hits.hits_of(connection, ranked[:limit], plan, _people(plan), SHOWN)
        return shown, len(found.assets), found.over, note

    def _inside(self, connection: finds.Connection, plan: Plan, asked: Asked, asset_id: int) -> tuple[MomentHit, ...]:
        """Every moment of one asset that a part of the query finds, in their order."""
        found = blend.blend(connection, _inside(plan, asset_id), asked, self._meaning)
        if not found.assets and plan.terms:
            plan, _ = self._meant(connection, plan)
            found = blend.blend(connection, _inside(plan, asset_id), asked, self._meaning)
        every = hits.moments_of(connection, found.assets, plan, _people(plan), IN_ASSET).get(asset_id, [])
        return tuple(sorted(every, key=lambda hit: (hit.moment.page or 0, hit.moment.start or 0.0)))

    def _all(self, connection: finds.Connection, plan: Plan, asked: Asked) -> "Sorted":
        """Every asset that matches by words, with those that match by meaning."""
        found = gathered(one.asset for one in blend.blend(connection, plan, asked, self._meaning).assets)
        return both(found, grid.matching(connection, blend.literal(connection, plan, asked, self._meaning)))

    def _listed(
        self, connection: finds.Connection, plan: Plan, asked: Asked, sort: str
    ) -> tuple["array[int]", grid.Sections, bool]:
        mixed = blend.wanted(plan, asked)
        if mixed and sort == "relevance":
            found = blend.blend(connection, plan, asked, self._meaning)
            return array("q", (one.asset for one in found.assets[:RELEVANT])), (), found.over
        if mixed:
            return *grid.ordered(connection, self._all(connection, plan, asked), sort), False
        if sort == "relevance" and plan.terms:
            ids, over = finds.ranked(connection, plan, RELEVANT)
            return array("q", ids), (), over
        return *grid.listing(connection, plan, "taken" if sort == "relevance" else sort), False

    def _hits(self, connection: finds.Connection, plan: Plan, matches: Sequence[finds.Match]) -> tuple[Hit, ...]:
        terms = plan.terms
        places = [moment for match in matches for moment, _ in match.moments[:SHOWN]]
        shown = evidence.of_moments(connection, places, names=self.names)
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
            if len(term.tokens) > 1 or term.prefix or term.exact or term.scope or stands_alone(token):
                return (term,)
            if words.document_frequency(connection, token, names=self.names):
                return (term,)
            if len(token) > 1 and words.begins_a_word(connection, token, names=self.names):
                said[token] = tr("Showing words that begin with “{readable}”.", readable=readable(token))
                return (replace(term, prefix=True),)
            similar = words.similar_terms(connection, token, names=self.names)
            if not similar:
                return (term,)
            others = either([tr("“{word}”", word=readable(other)) for other in similar])
            said[token] = tr(
                "Showing results for {others} instead of “{readable}”.", others=others, readable=readable(token)
            )
            return tuple(Term((other,)) for other in similar)

        branches = tuple(
            replace(
                branch,
                groups=tuple(
                    Group(tuple(new for term in group.terms for new in mended(term))) for group in branch.groups
                ),
            )
            for branch in plan.branches
        )
        return (Plan(branches), " ".join(said.values())) if said else (plan, "")


def _inside(plan: Plan, asset_id: int) -> Plan:
    return Plan(tuple(narrowed(branch, Is("id", (asset_id,))) for branch in plan.branches))


def _people(plan: Plan) -> list[str]:
    return list(dict.fromkeys(name for branch in plan.branches for name in blend.people_of(branch.where)))
