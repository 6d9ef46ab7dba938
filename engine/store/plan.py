"""A search as the store runs it: what to look for and under which conditions, without a word of SQL."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.store.fold import Term, stands_alone

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Is:
    """A property of an asset that is one of `values`.

    Properties: kind, folder, place, camera, language, safety, rating (None = unrated), has (text, speech, faces, gps),
    twins (bits), tag, state (offline, failed, waiting).
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


Condition = Is | Between | AllOf | AnyOf | NotOf
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


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to match: every group somewhere in the asset, no banned term anywhere in it, the condition true."""

    groups: tuple[Group, ...] = ()
    bans: tuple[Term, ...] = ()
    where: Condition = ALWAYS

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
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole search: an asset matches when one of the branches does; no branch is everything."""

    branches: tuple[Branch, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term that is looked for (for the marks), without repetition."""
        return tuple(dict.fromkeys(term for branch in self.branches for group in branch.groups for term in group.terms))


def match_of(term: Term) -> str:
    """A term in the language of FTS5. A single letter as a prefix is asked for by the two-letter index."""
    if term.prefix and len(term.tokens) == 1 and len(term.tokens[0]) == 1 and not stands_alone(term.tokens[0]):
        letter = term.tokens[0]
        return " OR ".join([f'"{letter}"', *(f'"{letter}{second}" *' for second in LETTERS)])
    star = " *" if term.prefix and not stands_alone(term.tokens[-1]) else ""
    return f'"{" ".join(term.tokens)}"{star}'


def match_all(groups: Iterable[Group]) -> str:
    """All of the groups in one moment, in the language of FTS5."""
    return " AND ".join(f"({group.match})" for group in groups)


def match_any(terms: Iterable[Term]) -> str:
    """Any of the terms, in the language of FTS5."""
    return " OR ".join(map(match_of, terms))
