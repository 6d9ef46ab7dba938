"""What a result can be narrowed by: the most frequent values of each property, with the query that does it."""

from engine.language import mark, tr
from engine.model import Facet, FacetValue
from engine.search.find import Finder
from engine.search.nodes import All
from engine.search.query import quoted, read
from engine.store import facets
from engine.store.db import Database, explained

TITLES = {
    "type": mark("Type"),
    "person": mark("People"),
    "year": mark("Year"),
    "place": mark("Place"),
    "shows": mark("Shows"),
    "pose": mark("Posture"),
    "sound": mark("Sound"),
    "tag": mark("Tag"),
    "album": mark("Album"),
    "camera": mark("Camera"),
    "safe": mark("Safety"),
}

WORDED = ("shows", "pose", "sound")  # filters for words: in quotation marks they are looked for as they are


def facets_of(database: Database, finder: Finder, text: str, *, exact: bool = False) -> list[Facet]:
    """The properties of what a query finds, with counts; those without a value are left out.

    A count is the length of the list of its query; of a large result it is estimated first, unless `exact`.

    Raises:
        QueryError: the text cannot be read as a query.
    """
    plan, found = finder.ids(text)
    with explained(tr("search the library")), database.read() as connection:
        assets = facets.every(connection, plan) if found is None else facets.seen(connection, found)
        counts, about = facets.counts(connection, assets, exact=exact, names=finder.names)
    out = []
    for name, title in TITLES.items():
        values = tuple(
            FacetValue(value, shown, count, with_filter(text, name, value))
            for value, shown, count in counts.get(name, ())
        )
        if values:
            out.append(Facet(name, tr(title), values, about))
    return out


def with_filter(text: str, name: str, value: str) -> str:
    """The query with one more filter that holds for all of it; what is shown is meant literally, not by meaning."""
    spelled = f'{name}:"{value}"' if name in WORDED else f"{name}:{quoted(value)}"
    plain = f"{text.strip()} {spelled}".strip()
    before = read(text)
    if before.root is None:
        return plain
    items = before.root.items if isinstance(before.root, All) else (before.root,)
    after = read(plain)
    if isinstance(after.root, All) and after.root.items[:-1] == items and after.sort == before.sort:
        return plain
    order = f" sort:{before.sort}" if before.sort else ""
    return f"({before.root}) {spelled}{order}"
