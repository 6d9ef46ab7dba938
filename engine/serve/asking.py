"""What a query may ask over the network: nothing of the disk, and of people only what the token may see."""

from collections.abc import Iterator

from engine.access import NotAllowed
from engine.errors import QueryError
from engine.language import tr
from engine.model import FindingKind
from engine.model.access import Principal, Scope
from engine.search.nodes import All, Any, Filter, Node, Not
from engine.search.query import read

LONGEST = 2000  # characters
SECONDS = 10.0  # for one question
OF_PEOPLE = frozenset({"person", "with", "pet"})
OF_PLACES = frozenset({"in"})  # folders on the disk
BIOMETRIC = frozenset({FindingKind.FACE, FindingKind.SPEAKER})
FACES = "faces"


def allowed(query: str, who: Principal) -> str:
    """The query, if it may be asked.

    Raises:
        QueryError: it cannot be read, or names a file as its example.
        NotAllowed: it asks for people or folders, which the token may not.
    """
    if len(query) > LONGEST:
        raise QueryError(tr("The query is too long."), start=LONGEST, end=len(query))
    for one in _filters(read(query).root):
        if one.name in ("like", "pose") and not all(_numbered(one.name, value) for value in one.values):
            raise QueryError(
                tr("Over the network an example is an asset: like:#12."), start=0, end=len(query),
                hint=tr("Give the number of an asset instead of a file."),
            )  # fmt: skip
        about_people = one.name in OF_PEOPLE or (one.name == "has" and FACES in one.values)
        for asks, scope in ((about_people, Scope.PEOPLE), (one.name in OF_PLACES, Scope.PATHS)):
            if asks and not who.may(scope):
                raise NotAllowed(scope)
    return query


def untold(who: Principal) -> frozenset[str]:
    """The labels of words of an asset as a whole that a token may not read: which folders it lies in."""
    return frozenset() if who.may(Scope.PATHS) else frozenset(("folder",))


def _numbered(name: str, value: str) -> bool:
    """Whether an example names an asset (#12, #12@3.5), or a posture by its name."""
    number, _, second = value.removeprefix("#").partition("@")
    if value.startswith("#"):
        return number.isdigit() and len(number) < 19 and (not second or second.replace(".", "", 1).isdigit())
    return name == "pose" and value.replace("-", "").replace(" ", "").isalpha()


def _filters(node: Node | None) -> Iterator[Filter]:
    if isinstance(node, Filter):
        yield node
    elif isinstance(node, Not):
        yield from _filters(node.item)
    elif isinstance(node, All | Any):
        for item in node.items:
            yield from _filters(item)
