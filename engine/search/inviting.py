"""Searches that find something in this very library, made from what was found so far."""

from engine.model import Facet
from engine.model.start import Invitation
from engine.search.find import Finder
from engine.search.narrow import facets_of
from engine.store import status
from engine.store.db import Database, explained

ORDER = ("person", "place", "shows", "word", "sound", "year", "tag", "camera", "type")  # what is shown off first
SHORT, OFTEN = 5, 0.34  # letters of a word; a word that stands in more than a third of all says little


def invitations(database: Database, finder: Finder, most: int = 3) -> list[Invitation]:
    """At most so many, each of another sort, the most telling first; none of them finds nothing.

    No model is asked: facets have their counts, and a word is looked up as it stands.
    """
    facets = {facet.name: facet for facet in facets_of(database, finder, "")}
    with explained("search the library"), database.read() as connection:
        words = status.frequent_words(connection, SHORT)
        indexed, _ = status.indexed(connection)
    total = max((value.count for facet in facets.values() for value in facet.values), default=0)
    found: list[Invitation] = []
    for sort in ORDER:
        one = _word(finder, words, indexed) if sort == "word" else _value(facets.get(sort), total)
        known = {other.shown.casefold() for other in found}
        if one is not None and one.count and one.shown.casefold() not in known:
            found.append(one)
        if len(found) == most:
            break
    return found


def _value(facet: Facet | None, total: int) -> Invitation | None:
    """The most frequent value that does not hold for everything; else the most frequent."""
    if facet is None:
        return None
    telling = [value for value in facet.values if value.count < total] or list(facet.values)
    return Invitation(telling[0].query.strip(), telling[0].shown, facet.name, telling[0].count)


def _word(finder: Finder, words: list[tuple[str, int]], indexed: int) -> Invitation | None:
    """A word that stands in some moments, not in most of them."""
    limit = max(2, round(indexed * OFTEN))
    word = next((word for word, count in words if word.isalpha() and count <= limit), "")
    if not word:
        return None
    query = f'"{word}"'
    return Invitation(query, word, "word", len(finder.listing(query).ids))
