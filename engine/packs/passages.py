"""Cuts text with its times and pages into passages that a text embedder reads at once.

An analyzer that finds text and has `text-embedding` among its `helped_by` calls it at its end:

    pieces = [(moment, text), ...]  # in the order of reading: lines, segments of speech, subtitles
    if self.pack(options, "text-embedding"):
        yield from embedded(passages(pieces), self.model(options, "text-embedding"))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model import Finding, FindingKind, Moment, Step
from engine.packs.vectors import fp16, is_nothing

if TYPE_CHECKING:
    from engine.packs.models import TextEmbedder

TOKENS = 96  # of a passage: a few sentences; longer ones mix subjects, and a hit would not be a place any more
SILENCE = 8.0  # seconds without words after which something new begins
SHOWN = 200  # characters of a passage that are kept beside its vector
MOST = 4000  # passages of one asset
BATCH = 32  # passages in one call of the model
LEAST_LETTERS = 2

_END = re.compile(
    "(?<=[.!?\u2026])\\s+|(?<=[.!?\u2026][\"'\u201d\u2019\u00bb)\\]])\\s+|(?<=[\u3002\uff01\uff1f\u061f\u0964])\\s*|\\n\\s*\\n"
)
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences and where they stand: a time span or a page, never a box."""

    text: str
    moment: Moment


def passages(pieces: Iterable[tuple[Moment, str]], tokens: int = TOKENS) -> list[Passage]:
    """Pack the sentences of pieces (in the order of reading) into passages of about `tokens` tokens.

    A passage begins anew on another page and after a silence. A sentence that is too long by itself is cut between
    words. The moment of a passage spans those of its pieces; boxes are dropped.
    """
    found: list[Passage] = []
    words: list[str] = []
    size, place = 0, Moment()
    for moment, sentence in _sentences(pieces, tokens):
        cost = weight(sentence)
        if words and (size + cost > tokens or _is_apart(place, moment)):
            _close(found, words, place)
            words, size = [], 0
        place = _spanned(place, moment) if words else Moment(moment.start, moment.end, moment.page)
        words.append(sentence)
        size += cost
    _close(found, words, place)
    return found[:MOST]


def embedded(found: list[Passage], embedder: TextEmbedder) -> Iterator[Step | Finding]:
    """Yield a VECTOR finding (label "text") for each passage, with a `Step` after each batch."""
    for begin in range(0, len(found), BATCH):
        part = found[begin : begin + BATCH]
        for passage, vector in zip(part, embedder.embed_texts([one.text for one in part]), strict=True):
            if not is_nothing(vector):
                yield Finding(FindingKind.VECTOR, passage.moment, label="text", data={"text": passage.text[:SHOWN]},
                              vector=fp16(vector), space=embedder.space)  # fmt: skip
        yield Step(begin + len(part), len(found), "understanding text")


def weight(text: str) -> int:
    """Estimate the tokens of a text: one for each letter of scripts without spaces, one for four letters of others."""
    rest = _WIDE.sub(" ", text)
    words = rest.split()
    return len(_WIDE.findall(text)) + max(len(words), (sum(map(len, words)) + 3) // 4)


def _sentences(pieces: Iterable[tuple[Moment, str]], tokens: int) -> Iterator[tuple[Moment, str]]:
    for moment, text in pieces:
        for sentence in _END.split(text):
            clean = " ".join(sentence.split())
            if clean:
                yield from ((moment, part) for part in _cut(clean, tokens))


def _cut(sentence: str, tokens: int) -> Iterator[str]:
    """Cut a sentence that is too long, between words where it has spaces."""
    if weight(sentence) <= tokens:
        yield sentence
        return
    whole = _WIDE.search(sentence) is None or " " in sentence
    units, glue = (sentence.split(), " ") if whole else (list(sentence), "")
    part: list[str] = []
    size = 0
    for unit in units:
        cost = min(weight(unit), tokens)
        if part and size + cost > tokens:
            yield glue.join(part)
            part, size = [], 0
        part.append(unit[: tokens * 4])
        size += cost
    yield glue.join(part)


def _is_apart(place: Moment, moment: Moment) -> bool:
    if place.page != moment.page or (place.start is None) != (moment.start is None):
        return True
    if place.start is None or moment.start is None:
        return False
    return moment.start - (place.end if place.end is not None else place.start) > SILENCE


def _spanned(place: Moment, moment: Moment) -> Moment:
    """Return the span from the beginning of one to the later end of both."""
    ends = [end for end in (place.end, moment.end, moment.start) if end is not None]
    return Moment(place.start, max(ends) if ends and place.start is not None else None, place.page)


def _close(found: list[Passage], words: list[str], place: Moment) -> None:
    text = ""
    for word in words:
        text += word if not text or _WIDE.match(text[-1]) else f" {word}"
    if sum(map(str.isalnum, text)) >= LEAST_LETTERS:
        found.append(Passage(text, place))
