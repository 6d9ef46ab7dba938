"""What the first start shows: what a folder seems to hold, and searches that find something."""

from dataclasses import dataclass, field

from engine.model.words import Kind


@dataclass(frozen=True, slots=True)
class Estimate:
    """Files by kind; `more` when there was no time to see them all."""

    counts: dict[Kind, int] = field(default_factory=dict)
    more: bool = False

    @property
    def total(self) -> int:
        """Files that would be read."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Invitation:
    """A query that finds `count` files; `sort` says what it is made from (a facet's name, or `word`)."""

    query: str
    shown: str
    sort: str
    count: int
