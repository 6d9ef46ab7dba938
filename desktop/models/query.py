"""The filters inside the text of a query, so that they can be shown and taken out; the engine alone interprets them."""

import re
from dataclasses import dataclass

KEYS = (
    "type", "in", "before", "after", "year", "place", "camera", "has", "lang", "safe", "rating", "dup", "tag", "is",
)  # fmt: skip

NAMES = {
    "type": "Type", "in": "Folder", "before": "Before", "after": "After", "year": "Year", "place": "Place",
    "camera": "Camera", "has": "Has", "lang": "Language", "safe": "Safety", "rating": "Rating", "dup": "Duplicates",
    "tag": "Tag", "is": "Is",
}  # fmt: skip

_TOKEN = re.compile(r'-?(?:(?P<key>[a-z]+):(?:"[^"]*"?|[^\s"])*|"[^"]*"?|\S+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """One `key:value` of a query with its place in the text."""

    key: str
    value: str
    negated: bool
    start: int
    end: int

    @property
    def shown(self) -> str:
        """`Type: photo`, `not Place: Rome`."""
        return f"{'not ' if self.negated else ''}{NAMES[self.key]}: {self.value}"


def filters(text: str) -> tuple[Filter, ...]:
    """The complete filters of a query."""
    found = []
    for token in _TOKEN.finditer(text):
        key = (token["key"] or "").lower()
        if key not in KEYS:
            continue
        whole = token.group()
        value = whole.split(":", 1)[1].replace('"', "")
        if value:
            found.append(Filter(key, value, whole.startswith("-"), token.start(), token.end()))
    return tuple(found)


def words(text: str) -> str:
    """The query without its filters."""
    kept = text
    for one in reversed(filters(text)):
        kept = kept[: one.start] + kept[one.end :]
    return " ".join(part for part in kept.split() if part.upper() != "OR")


def without(text: str, one: Filter) -> str:
    """The query with a filter taken out."""
    return " ".join((text[: one.start] + text[one.end :]).split())


def toggled(text: str, key: str, value: str) -> str:
    """The query with the filter added, put in place of another of its key, or taken out when it was there."""
    same = [one for one in filters(text) if one.key == key and not one.negated]
    for one in same:
        if one.value.lower() == value.lower():
            return without(text, one)
    for one in reversed(same):
        text = without(text, one)
    spelled = f'{key}:"{value}"' if re.search(r"\s", value) else f"{key}:{value}"
    return f"{text.strip()} {spelled}".strip()
