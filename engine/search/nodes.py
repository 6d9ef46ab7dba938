"""The tree of a query: words, phrases and filters, and how they are joined."""

import re
from dataclasses import dataclass, field

NEEDS_QUOTES = re.compile(r"[\s(),]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was typed; with `prefix` it may go on."""

    text: str
    prefix: bool = False
    weight: float = 1.0

    def __str__(self) -> str:
        return self.text + "*" * self.prefix + _power(self.weight)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in exactly this order."""

    text: str
    weight: float = 1.0

    def __str__(self) -> str:
        return f'"{self.text}"{_power(self.weight)}'


@dataclass(frozen=True, slots=True)
class Filter:
    """A property of the asset with its accepted values; `exact` are those that were typed in quotation marks."""

    name: str
    values: tuple[str, ...]
    weight: float = 1.0
    exact: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        values = (f'"{value}"' if value in self.exact else quoted(value) for value in self.values)
        return f"{self.name}:{','.join(values)}{_power(self.weight)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever does not match the item."""

    item: "Node"

    def __str__(self) -> str:
        return f"-{_bracketed(self.item)}"


@dataclass(frozen=True, slots=True)
class All:
    """What matches every item."""

    items: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.items))


@dataclass(frozen=True, slots=True)
class Any:
    """What matches at least one item."""

    items: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(map(_bracketed, self.items))


Node = Word | Phrase | Filter | Not | All | Any


@dataclass(frozen=True, slots=True)
class Query:
    """A read query; `root` is None when everything is asked for. `sort` is the order that it asks for, if any."""

    root: Node | None = None
    sort: str = ""

    def __str__(self) -> str:
        order = f"sort:{self.sort}" * bool(self.sort)
        return " ".join(part for part in ("" if self.root is None else str(self.root), order) if part)


def _power(weight: float) -> str:
    return "" if weight == 1.0 else f"^{weight:g}"


def _bracketed(node: Node) -> str:
    return f"({node})" if isinstance(node, (All, Any)) else str(node)


def quoted(value: str) -> str:
    """A filter's value as it has to be typed."""
    return f'"{value}"' if NEEDS_QUOTES.search(value) else value
