"""What a result can be narrowed by: the most frequent values of each property, with the query that does it."""

from engine.language import tr
from engine.model import Facet, FacetValue
from engine.search.find import Finder
from engine.search.query import quoted
from engine.store import facets
from engine.store.db import Database, explained

TITLES = {
    "type": "Type", "person": "People", "year": "Year", "place": "Place", "shows": "Shows", "pose": "Posture",
    "sound": "Sound", "tag": "Tag", "album": "Album", "camera": "Camera", "safe": "Safety",
}  # fmt: skip


def facets_of(database: Database, finder: Finder, text: str) -> list[Facet]:
    """The properties of what a query finds, with counts; those without a value are left out.

    Raises:
        QueryError: the text cannot be read as a query.
    """
    plan, found = finder.ids(text)
    with explained(tr("search the library")), database.read() as connection:
        assets = facets.every(connection, plan) if found is None else sorted(found)
        counts = facets.counts(connection, assets)
    out = []
    for name, title in TITLES.items():
        values = tuple(
            FacetValue(value, shown, count, f"{text} {name}:{quoted(value)}".strip())
            for value, shown, count in counts.get(name, ())
        )
        if values:
            out.append(Facet(name, title, values))
    return out
