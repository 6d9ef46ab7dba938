"""Proposals while somebody types: filters, their values from the library, words from its texts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.language import tr
from engine.model import Completion
from engine.search.filters import SPECS, Spec, spec_of
from engine.search.query import QUOTES, quoted
from engine.store.fold import readable
from engine.store.values import COUNTED

MOST = 12
_PIECE = re.compile(rf"-?(?:(?P<name>[A-Za-z]{{2,}}):(?P<values>.*)|(?P<word>[^\s(){QUOTES}]*))", re.DOTALL)
_LAST_VALUE = re.compile(rf"(?:^|,)(?P<quote>[{QUOTES}]?)(?P<value>[^,{QUOTES}]*)$")


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from: `values(property, partial, limit)` and `words(prefix, limit)`, both with counts."""

    values: Callable[[str, str, int], list[tuple[str, int]]]
    words: Callable[[str, int], list[tuple[str, int]]]


def complete(text: str, cursor: int, source: Source) -> list[Completion]:
    """Return what may go on at the cursor."""
    cursor = max(0, min(cursor, len(text)))
    begin = _begin(text, cursor)
    if begin is None:
        return []
    match = _PIECE.fullmatch(text[begin:cursor])
    if match is None:
        return []
    if match["name"] is not None:
        spec = spec_of(match["name"])
        return [] if spec is None else list(_values(spec, match["values"], cursor, source))[:MOST]
    word = match["word"]
    found = [*_names(word, cursor), *_words(word, cursor, source)]
    return found[:MOST]


def _begin(text: str, cursor: int) -> int | None:
    """Where the piece at the cursor begins; None inside the quotation marks of a phrase."""
    begin, inside = 0, False
    for at in range(cursor):
        char = text[at]
        if char in QUOTES:
            if not inside and not (at > 0 and text[at - 1] in ":,"):
                begin = at
            inside = not inside
        elif not inside and (char.isspace() or char in "()"):
            begin = at + 1
    return None if inside and text[begin] in QUOTES else begin


def _names(word: str, cursor: int) -> Iterator[Completion]:
    for spec in SPECS:
        if spec.name.startswith(word.lower()):
            yield Completion(f"{spec.name}:", f"{spec.name}:", tr(spec.help), cursor - len(word), cursor)


def _words(word: str, cursor: int, source: Source) -> Iterator[Completion]:
    if len(word) < 2:
        return
    for found, count in source.words(word, MOST):
        shown = readable(found)
        yield Completion(f"{shown} ", shown, _counted(count, "moment"), cursor - len(word), cursor)


def _values(spec: Spec, typed: str, cursor: int, source: Source) -> Iterator[Completion]:
    match = _LAST_VALUE.search(typed)
    if match is None:
        return
    value, start = match["value"], cursor - len(match["value"]) - len(match["quote"])
    for choice in spec.choices:
        if choice.startswith(value.lower()):
            yield Completion(f"{choice} ", choice, tr(spec.help), start, cursor)
    if spec.property:
        for found, count in source.values(spec.property, value, MOST):
            yield Completion(f"{quoted(found)} ", found, _counted(count, "item"), start, cursor)


def _counted(count: int, what: str) -> str:
    over = "over " * (what == "item" and count >= COUNTED)
    return f"1 {what}" if count == 1 else f"{over}{count:,} {what}s"
