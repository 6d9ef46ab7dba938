"""Folding: the one form in which text is indexed, asked for and found again in the original.

What is folded: compatibility forms and case (NFKC, casefold), accents of Latin and Greek letters, a few letters that
have no decomposition (ø, ł, æ ...), digits of every script. Scripts that are written without spaces (Han, kana, hangul,
Thai, Lao, Khmer, Burmese) become single characters, so that a query in them is a phrase of characters: a substring.
Marks of other scripts (Devanagari vowels and so on) are letters here; they move to the private use area because
SQLite's tokenizer would split words at them.
"""

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

FOLD_VERSION = 1  # raising it means: the index has to be made anew

# Characters that are tokens by themselves; the \ue... ranges are the moved marks of Thai, Lao, Burmese and Khmer.
_ALONE = (
    "\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u0e00-\u0eff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff"
    "\u3105-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
    "\ue500-\ue5ff\ue700-\ue79f\uee80-\ueeff"
)
_TOKEN = re.compile(f"[{_ALONE}]|[^ {_ALONE}]+")
_ALONE_ONE = re.compile(f"[{_ALONE}]")
_END_OF_WORD = re.compile(f"[^ {_ALONE}]*")

# Letters that Unicode does not decompose but people type without the stroke.
_PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i",  # noqa: RUF001
    "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t", "ŋ": "n",
    "ё": "е", "ѐ": "е", "ѝ": "и", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": "",  # noqa: RUF001
}  # fmt: skip
_MARK = "\ufffe"  # stands for a character that joins the one before it
_WIDE = "\uffff"  # stands for a character whose folded form is not one character
_CLUSTER = re.compile(f"[^{_MARK}]?{_MARK}+|{_WIDE}")
_MOVED_FROM, _MOVED_TO, _MOVED = 0x0900, 0xE000, 0x1500  # U+0900..U+1DFF: Indic to Balinese and beyond
_JOINERS = frozenset("\u00ad\u200c\u200d\u2060\ufeff\uff9e\uff9f")


class Span(NamedTuple):
    """A match in the original text: its character offsets and which of the terms it is."""

    start: int
    end: int
    term: int


@dataclass(frozen=True, slots=True)
class Term:
    """Folded tokens in a row to look for; with `prefix` the last one may go on; `exact` ones are never corrected.

    `scope` is what sort of words it has to stand in (said, text, shows, pose, sound, logo; empty: any).
    """

    tokens: tuple[str, ...]
    prefix: bool = False
    exact: bool = False
    scope: str = ""
    typed: str = field(default="", compare=False)  # for those who ask for its meaning
    weight: float = field(default=1.0, compare=False)


class Folded:
    """A text in folded form, character by character beside the original."""

    __slots__ = ("_ends", "_starts", "text")

    def __init__(self, original: str) -> None:
        self._starts: list[tuple[int, int]] = []  # folded offset and original offset where a cluster begins
        self._ends: list[tuple[int, int]] = []  # and where it ends
        self.text = original.translate(_TABLE)
        if _MARK in self.text or _WIDE in self.text:
            self.text = self._mend(original)

    def _mend(self, original: str) -> str:
        """Fold the places where one character does not become one character, and keep how the offsets shift."""
        out, last, shift = [], 0, 0
        for match in _CLUSTER.finditer(self.text):
            start, end = match.span()
            piece = _fold_cluster(original[start:end])
            out += [self.text[last:start], piece]
            self._starts.append((start + shift, start))
            shift += len(piece) - (end - start)
            self._ends.append((end + shift, end))
            last = end
        out.append(self.text[last:])
        return "".join(out)

    def start(self, offset: int) -> int:
        """The original offset of a folded one; inside a cluster, that of its beginning."""
        return self._original(offset, inside_end=False)

    def end(self, offset: int) -> int:
        """The original offset of a folded one; inside a cluster, that of its end."""
        return self._original(offset, inside_end=True)

    def _original(self, offset: int, *, inside_end: bool) -> int:
        index = bisect_right(self._starts, (offset, len(self.text) + offset + 1)) - 1
        if index < 0:
            return offset
        (folded_start, start), (folded_end, end) = self._starts[index], self._ends[index]
        if offset >= folded_end:
            return end + offset - folded_end
        return end if inside_end and offset > folded_start else start


class _Table(dict[int, str]):
    """What each character becomes, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if _joins(char):
            found = _MARK
        else:
            piece = _fold_cluster(char)
            found = piece if len(piece) == 1 else _WIDE
        self[code] = found
        return found


_TABLE = _Table()


def _joins(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or char in _JOINERS or "\u1160" <= char <= "\u11ff"


@lru_cache(maxsize=65536)
def _fold_cluster(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(map(_fold_letter, plain))


@lru_cache(maxsize=65536)
def _fold_letter(char: str) -> str:
    if char.isascii():
        return char if char.isalnum() else " "
    if char in _PLAIN:
        return _PLAIN[char]
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] == "M":
        return _fold_mark(char)
    if category[0] not in "LN":
        return "" if char in _JOINERS else " "
    base = unicodedata.normalize("NFD", char)[0]
    if base != char and unicodedata.name(base, "").startswith(("LATIN", "GREEK")):
        return _PLAIN.get(base, base)
    return char


def _fold_mark(char: str) -> str:
    """Accents vanish; marks that carry meaning (vowel signs and such) are kept as letters."""
    place = ord(char) - _MOVED_FROM
    return (
        chr(_MOVED_TO + place)
        if 0 <= place < _MOVED and not 0x1AB0 <= ord(char) <= 0x1AFF and ord(char) < 0x1DC0
        else ""
    )


def fold(text: str) -> str:
    """Return `text` as it is indexed: folded tokens, one space between them; always the same for one text."""
    return " ".join(_TOKEN.findall(Folded(text).text))


def tokens(text: str) -> tuple[str, ...]:
    """The folded tokens of `text`."""
    return tuple(_TOKEN.findall(Folded(text).text))


def readable(token: str) -> str:
    """A folded token for the eye: the moved marks are put back."""
    last = _MOVED_TO + _MOVED
    return "".join(
        chr(ord(char) - _MOVED_TO + _MOVED_FROM) if _MOVED_TO <= ord(char) < last else char for char in token
    )


def stands_alone(token: str) -> bool:
    """Whether a token is one character of a script without spaces."""
    return token > "\u0dff" and _ALONE_ONE.match(token) is not None


@lru_cache(maxsize=1024)
def _pattern(term: Term) -> re.Pattern[str]:
    """The tokens of a term in a row in folded text; whether they are whole words is looked at afterwards."""
    parts = [re.escape(term.tokens[0])]
    for previous, token in itertools.pairwise(term.tokens):
        parts.append(" *" if stands_alone(previous) or stands_alone(token) else " +")
        parts.append(re.escape(token))
    return re.compile("".join(parts))


def _places(text: str, term: Term) -> Iterator[tuple[int, int]]:
    """Where a term stands in folded `text`; a prefix goes on to the end of its word."""
    find, at = _pattern(term).search, 0
    while (match := find(text, at)) is not None:
        start, end = match.span()
        at = start + 1
        if start and not _parted(text[start - 1], text[start]):
            continue
        if term.prefix and not stands_alone(text[end - 1]):
            end = _END_OF_WORD.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
        elif end < len(text) and not _parted(text[end - 1], text[end]):
            continue
        yield start, end
        at = end


def _parted(left: str, right: str) -> bool:
    return left == " " or right == " " or stands_alone(left) or stands_alone(right)


def spans(text: str, terms: Sequence[Term]) -> list[Span]:
    """Where the terms stand in the original `text`, in order, without overlaps; a prefix marks the whole word."""
    folded = Folded(text)
    places = [(start, -end, number) for number, term in enumerate(terms) for start, end in _places(folded.text, term)]
    found: list[Span] = []
    last = 0
    for start, end, number in sorted(places):
        if start >= last:
            found.append(Span(folded.start(start), folded.end(-end), number))
            last = -end
    return found


def marks(found: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """The spans as bare offsets."""
    return tuple((span.start, span.end) for span in found)
