"""A search as the store runs it: what to look for and under which conditions, without a word of SQL."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from engine.model import Area
from engine.store.fold import Term, stands_alone

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Is:
    """A property of an asset that is one of `values`.

    Properties: kind, folder, place, camera, language, safety, rating (None = unrated), has (text, speech, faces, gps),
    twins (bits), tag, open tag (one that is nobody's name), state (offline, failed, waiting), person (names, or #id),
    id (of assets).
    """

    name: str
    values: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A number of an asset (moment_at, year, rating) with low <= number < high; None is no bound."""

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Together:
    """People who appear in one picture or at one time: of each group of names one."""

    people: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Taken within so many kilometres of a position, or of where the photos of a named place were taken."""

    latitude: float
    longitude: float
    km: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class Within:
    """Taken in a rectangle of the earth."""

    area: Area


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; no parts always do."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class NotOf:
    """The part does not hold."""

    part: "Condition"


Condition = Is | Between | Together | Near | Within | AllOf | AnyOf | NotOf
ALWAYS = AllOf(())


@dataclass(frozen=True, slots=True)
class Group:
    """Terms of which one is enough."""

    terms: tuple[Term, ...]

    @property
    def match(self) -> str:
        """The group in the language of FTS5."""
        return " OR ".join(map(match_of, self.terms))

    @property
    def wide(self) -> bool:
        """Whether looking it up reads every match (no prefix index serves it), so that it should happen once."""
        return any(term.prefix and len(term.tokens[-1]) > 3 for term in self.terms)

    @property
    def scope(self) -> str:
        """What sort of words its terms have to stand in: one for all of them."""
        return self.terms[0].scope

    @property
    def loose(self) -> bool:
        """Whether the meaning of some of its terms does as well as their words."""
        return bool(self.meant)

    @property
    def meant(self) -> tuple[Term, ...]:
        """Those of its terms whose meaning does as well as their words: no phrase, no beginning of a word."""
        return tuple(term for term in self.terms if not term.prefix and not term.exact and term.scope in ("", "shows"))


@dataclass(frozen=True, slots=True)
class Like:
    """An example to look for: a path, or `#asset` with a second, page or part, as typed; or a taught logo's name."""

    example: str
    sort: str = "like"  # like, logo, pose
    weight: float = field(default=1.0, compare=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to match: every group somewhere in the asset, no banned term anywhere in it, the condition true.

    What matches is like each of `likes` and not like any of `unlike`.
    """

    groups: tuple[Group, ...] = ()
    bans: tuple[Term, ...] = ()
    where: Condition = ALWAYS
    likes: tuple[Like, ...] = ()
    unlike: tuple[Like, ...] = ()
    names: bool = True  # whether words may be names of people

    def joined(self, other: "Branch") -> "Branch":
        """The way that asks for both."""
        parts = [
            part
            for where in (self.where, other.where)
            for part in (where.parts if isinstance(where, AllOf) else (where,))
        ]
        return Branch(
            tuple(dict.fromkeys(self.groups + other.groups)),
            tuple(dict.fromkeys(self.bans + other.bans)),
            AllOf(tuple(dict.fromkeys(parts))),
            tuple(dict.fromkeys(self.likes + other.likes)),
            tuple(dict.fromkeys(self.unlike + other.unlike)),
            self.names and other.names,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole search: an asset matches when one of the branches does; no branch is everything."""

    branches: tuple[Branch, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term that is looked for (for the marks), without repetition."""
        return tuple(dict.fromkeys(term for branch in self.branches for group in branch.groups for term in group.terms))

    @property
    def names(self) -> bool:
        """Whether words may be names of people."""
        return all(branch.names for branch in self.branches)


def match_of(term: Term) -> str:
    """A term in the language of FTS5. A single letter as a prefix is asked for by the two-letter index."""
    if term.prefix and len(term.tokens) == 1 and len(term.tokens[0]) == 1 and not stands_alone(term.tokens[0]):
        letter = term.tokens[0]
        return " OR ".join([f'"{letter}"', *(f'"{letter}{second}" *' for second in LETTERS)])
    star = " *" if term.prefix and not stands_alone(term.tokens[-1]) else ""
    return f'"{" ".join(term.tokens)}"{star}'


def nameless(plan: Plan) -> Plan:
    """The same search in a library that knows nobody's name: no word and no tag is one, and nobody is somebody."""
    return Plan(tuple(replace(branch, names=False, where=_nameless(branch.where)) for branch in plan.branches))


def _nameless(condition: Condition) -> Condition:
    if isinstance(condition, AllOf | AnyOf):
        return type(condition)(tuple(map(_nameless, condition.parts)))
    if isinstance(condition, NotOf):
        return NotOf(_nameless(condition.part))
    if isinstance(condition, Together) or (isinstance(condition, Is) and condition.name in ("person", "pet")):
        return AnyOf(())
    if isinstance(condition, Is) and condition.name == "tag":
        return Is("open tag", condition.values)
    return condition


def narrowed(branch: Branch, more: Condition) -> Branch:
    """The way with one more condition."""
    return branch.joined(Branch(where=more))


def match_all(groups: Iterable[Group]) -> str:
    """All of the groups in one moment, in the language of FTS5."""
    return " AND ".join(f"({group.match})" for group in groups)


def match_any(terms: Iterable[Term]) -> str:
    """Any of the terms, in the language of FTS5."""
    return " OR ".join(map(match_of, terms))
