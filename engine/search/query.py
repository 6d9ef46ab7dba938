"""The language of the search box: a line of words, phrases and filters read into a small tree.

    query  = all            all   = any+              (words side by side: all of them)
    any    = one (OR one)*  one   = -one | (all) | part | part^2
    part   = "a phrase" | name:value,value | word | word*

OR binds closer than words side by side, as in other search boxes: `type:photo cat OR dog` is photos of either.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from engine.errors import QueryError
from engine.language import digits, tr
from engine.search.filters import Unclear, condition, nearest, spec_of
from engine.search.nodes import All, Any, Filter, Node, Not, Phrase, Query, Word, quoted
from engine.store.fold import tokens

__all__ = ["QUOTES", "All", "Any", "Filter", "Node", "Not", "Phrase", "Query", "Token", "Word", "quoted", "read"]

LONGEST = 2_000  # characters
DEEPEST = 20  # brackets in brackets
MOST = 64  # words, phrases and filters


QUOTES = '"“”„«»'
_SPACE = re.compile(r"\s+")
_WORD = re.compile(rf"[^\s(){QUOTES}]+")
_NAME = re.compile(r"([A-Za-z]{2,}):")
_VALUE = re.compile(rf"[^\s(),{QUOTES}]+")
_WEIGHT = re.compile(r"\^(\d+(?:\.\d+)?|\.\d+)(?![^\s()])")
HEAVIEST = 100.0


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query: its sort (open, close, minus, or, item), where it stands, the node of an item."""

    sort: str
    start: int
    end: int
    node: Node | None = None


def read(text: str) -> Query:
    """Read a query.

    Raises:
        QueryError: it cannot be read; the sentence and `start`, `end` say where and why.
    """
    if len(text) > LONGEST:
        raise QueryError(
            tr(
                "This search is too long: {n} characters of at most {LONGEST}.",
                n=digits(len(text)),
                LONGEST=digits(LONGEST),
            ),
            start=LONGEST,
            end=len(text),
        )
    found, order = _ordered(list(_tokens(text)))
    items = [token for token in found if token.sort == "item"]
    if len(items) > MOST:
        _refuse(items[MOST], tr("This search has too many parts: at most {MOST}.", MOST=MOST))
    parser = _Parser(text, found)
    root = parser.all(0)
    if parser.here is not None:
        _refuse(parser.here, tr("This bracket closes nothing."))
    if root is None and text.strip() and not order:
        raise QueryError(
            tr("There is no letter or digit to search for in “{strip}”.", strip=text.strip()), start=0, end=len(text)
        )
    return Query(root, order)


def _ordered(found: list[Token]) -> tuple[list[Token], str]:
    """Take the order out of the tokens: it is about the whole answer."""
    left: list[Token] = []
    order, depth = "", 0
    for at, token in enumerate(found):
        depth += (token.sort == "open") - (token.sort == "close")
        node = token.node
        if not isinstance(node, Filter) or node.name != "sort":
            left.append(token)
            continue
        beside = {found[near].sort for near in (at - 1, at + 1) if 0 <= near < len(found)}
        if depth or "or" in beside or (at and found[at - 1].sort in ("minus", "and")) or len(node.values) > 1 or order:
            _refuse(token, tr("The order is about the whole search: write sort: once, outside of brackets, OR and -."))
        order = node.values[0].lower()
    return left, order


def _refuse(token: Token, text: str, hint: str = "") -> NoReturn:
    raise QueryError(text, start=token.start, end=token.end, hint=hint)


# --- tokens ----------------------------------------------------------------------------------------------------------


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at)
        if space:
            at = space.end()
            continue
        token = _token(text, at)
        yield token
        at = token.end


def _token(text: str, at: int) -> Token:
    char = text[at]
    if char in "()":
        return Token("open" if char == "(" else "close", at, at + 1)
    if char == "-" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != ")":
        return Token("minus", at, at + 1)
    if char in QUOTES:
        phrase, end = _quoted(text, at)
        weight, end = _weight(text, end)
        return Token("item", at, end, Phrase(phrase, weight) if tokens(phrase) else None)
    return _filter(text, at) or _plain(text, at)


def _quoted(text: str, at: int) -> tuple[str, int]:
    for end in range(at + 1, len(text)):
        if text[end] in QUOTES:
            return text[at + 1 : end], end + 1
    raise QueryError(
        tr("The quotation mark that opens here is never closed."),
        start=at,
        end=len(text),
        hint=tr('Put a " behind the phrase.'),
    )


def _plain(text: str, at: int) -> Token:
    match = _WORD.match(text, at)
    word = match[0] if match else text[at]
    end = at + len(word)
    if word in {"OR", "|"}:
        return Token("or", at, end)
    if word == "NOT":
        return Token("minus", at, end)
    if word == "AND":
        return Token("and", at, end)
    power = _WEIGHT.search(word)
    weight = _weight(text, at + power.start())[0] if power else 1.0
    word = word[: power.start()] if power else word
    bare = word.rstrip("*")
    return Token("item", at, end, Word(bare, bare != word, weight) if tokens(bare) else None)


def _weight(text: str, at: int) -> tuple[float, int]:
    """The weight that is written here (^2), 1 where none is, and where it ends."""
    match = _WEIGHT.match(text, at)
    if match is None:
        return 1.0, at
    weight = float(match[1])
    if not 0 < weight <= HEAVIEST:
        raise QueryError(
            tr("A weight is above 0 and at most {HEAVIEST:g}; {match} is not.", HEAVIEST=HEAVIEST, match=match[1]),
            start=at,
            end=match.end(),
            hint=tr("boat^2 counts twice as much, boat^0.5 half as much."),
        )
    return weight, match.end()


def _filter(text: str, at: int) -> Token | None:
    match = _NAME.match(text, at)
    if match is None:
        return None
    spec, begin = spec_of(match[1]), match.end()
    values, end = _values(text, begin)
    weight = 1.0
    if spec is not None and spec.weighed and values:
        values, weight, end = _weighed(text, values, end)
    if spec is None:
        if not values or values[0][0].startswith("/"):
            return None  # "Star Wars: Episode IV", http://...
        guess = nearest(match[1])
        text_ = tr("There is no filter “{match}:”.", match=match[1])
        if guess:
            text_ += " " + tr("Did you mean {guess}?", guess=f"{guess}:")
        raise QueryError(
            text_,
            start=at,
            end=begin,
            hint=tr('To find the words themselves, put them in quotation marks: "{words}"', words=text[at:end]),
        )
    for value, start, stop in values or [("", begin, begin)]:
        if not value.strip():
            raise QueryError(
                tr(
                    "{name}: needs a value, for example {example} ({help}).",
                    name=spec.name,
                    example=spec.example,
                    help=tr(spec.help),
                ),
                start=at,
                end=max(stop, begin),
            )
        if not spec.whole:
            _check(spec.name, (value,), start, stop)
    given = tuple(value for value, _, _ in values)
    if spec.whole:
        _check(spec.name, given, begin, end)
    exact = frozenset(value for value, start, _ in values if text[start] in QUOTES)
    return Token("item", at, end, Filter(spec.name, given, weight, exact))


def _weighed(text: str, values: list[tuple[str, int, int]], end: int) -> tuple[list[tuple[str, int, int]], float, int]:
    """The values of a filter without the weight behind the last one, that weight, and where it ends."""
    value, start, stop = values[-1]
    power = _WEIGHT.search(value)
    if power and text[start] not in QUOTES:
        weight, _ = _weight(text, start + power.start())
        return [*values[:-1], (value[: power.start()], start, stop)], weight, end
    return values, *_weight(text, end)


def _check(name: str, values: tuple[str, ...], start: int, end: int) -> None:
    try:
        condition(name, values)
    except Unclear as error:
        spec = spec_of(name)
        hint = tr("It takes {list}.", list=", ".join(spec.choices)) if spec and spec.choices else ""
        raise QueryError(error.text, start=start, end=end, hint=hint) from error


def _values(text: str, at: int) -> tuple[list[tuple[str, int, int]], int]:
    """The values of a filter with their places, and where it ends. A comma at the end leaves an empty value."""
    found: list[tuple[str, int, int]] = []
    while True:
        if at < len(text) and text[at] in QUOTES:
            value, end = _quoted(text, at)
        else:
            match = _VALUE.match(text, at)
            value, end = (match[0], match.end()) if match else ("", at)
        if value or found:
            found.append((value, at, end))
        if end >= len(text) or text[end] != "," or not found:
            return found, end
        at = end + 1


# --- grammar ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Parser:
    text: str
    tokens: list[Token]
    at: int = field(default=0)

    @property
    def here(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, sort: str) -> Token | None:
        token = self.here
        if token is None or token.sort != sort:
            return None
        self.at += 1
        return token

    def all(self, depth: int) -> Node | None:
        items: list[Node | None] = []
        while self.here is not None and self.here.sort != "close":
            joint = self.take("and")
            if joint and (not items or self.here is None or self.here.sort not in {"item", "open", "minus"}):
                _refuse(joint, "AND has to stand between two things to search for.")
            items.append(self.any(depth))
        return _merged(All, items)

    def any(self, depth: int) -> Node | None:
        if (joint := self.take("or")) is not None:
            _refuse(
                joint,
                tr("OR has to stand between two things to search for."),
                tr('To find the word itself, write "or".'),
            )
        items = [self.one(depth)]
        while (joint := self.take("or")) is not None:
            if self.here is None or self.here.sort not in {"item", "open", "minus"}:
                _refuse(
                    joint,
                    tr("OR has to stand between two things to search for."),
                    tr('To find the word itself, write "or".'),
                )
            items.append(self.one(depth))
        return _merged(Any, items)

    def one(self, depth: int) -> Node | None:
        token = self.tokens[self.at]
        self.at += 1
        if token.sort == "item":
            return token.node
        if token.sort == "open":
            return self.brackets(token, depth + 1)
        return self.denied(token, depth + 1)

    def denied(self, minus: Token, depth: int) -> Node | None:
        if depth > DEEPEST:
            _refuse(minus, tr("This search is nested too deep: at most {DEEPEST} levels.", DEEPEST=DEEPEST))
        if self.here is None or self.here.sort not in {"item", "open", "minus"}:
            _refuse(minus, tr("There is nothing behind this to leave out."))
        item = self.one(depth)
        if isinstance(item, Not):
            return item.item
        return None if item is None else Not(item)

    def brackets(self, bracket: Token, depth: int) -> Node | None:
        if depth > DEEPEST:
            _refuse(bracket, tr("This search is nested too deep: at most {DEEPEST} levels.", DEEPEST=DEEPEST))
        node = self.all(depth)
        if self.take("close") is None:
            _refuse(
                bracket, tr("The bracket that opens here is never closed."), tr("Put a ) behind what belongs together.")
            )
        return node


def _merged(make: Callable[[tuple[Node, ...]], All | Any], items: list[Node | None]) -> Node | None:
    """One node of several; what has nothing to search for is left out, the same sort inside is opened up."""
    flat: list[Node] = []
    for item in items:
        if item is None:
            continue
        same = isinstance(item, (All, Any)) and isinstance(item, make if isinstance(make, type) else ())
        flat.extend(item.items if same and isinstance(item, (All, Any)) else (item,))
    if len(flat) < 2:
        return flat[0] if flat else None
    return make(tuple(flat))
