"""What a transcriber hears: words with their times, and the sentences that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.packs.scripts import joined

STOPS = frozenset(".!?…。！？।؟۔")  # noqa: RUF001
ABBREVIATED = 3  # letters up to which a word with a full stop may be a title or an initial ("Mr.")
BREATH = 0.8  # seconds of silence between words from which a new sentence is taken to begin
LONG = 14.0  # seconds: a sentence that goes on beyond it ends at the next comma
LONGEST = 28.0  # seconds: it ends here, whatever comes
COMMAS = frozenset(",;:，、；：،")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times in seconds and how sure the model is of it (0..1)."""

    start: float
    end: float
    text: str  # as the model writes it, with the space before it where its script has spaces
    score: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of speech as a transcriber wrote it down."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0  # mean log probability of its tokens; 0 is sure
    silence: float = 0.0  # probability that nobody speaks
    squeeze: float = 1.0  # length of the text to that of its compressed form


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that belong together, said by one speaker (a number from 1, 0 = not told apart)."""

    words: tuple[Word, ...]
    speaker: int = 0

    @property
    def start(self) -> float:
        """When its first word begins."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """When its last word ends."""
        return max(self.start, *(word.end for word in self.words))

    @property
    def text(self) -> str:
        """Its words as one line."""
        return joined([word.text for word in self.words])

    @property
    def score(self) -> float:
        """How sure the model is of its words, on the whole."""
        return sum(word.score for word in self.words) / len(self.words)


def sentences(heard: Sequence[Heard], speaker: Callable[[Word], int] = lambda word: 0) -> Iterator[Sentence]:
    """Group words into sentences: they end at a full stop, at a breath, at a change of speaker, and when too long.

    The words of one stretch stay together; a stretch without word times is a sentence by itself.
    """
    for one in heard:
        words = one.words or (Word(one.start, one.end, one.text, 1.0),)
        part: list[Word] = []
        who = 0
        for word in words:
            now = speaker(word)
            if part and (now != who or _ends(part, word)):
                yield Sentence(tuple(part), who)
                part = []
            who = now
            part.append(word)
        if part:
            yield Sentence(tuple(part), who)


def _ends(part: Sequence[Word], following: Word) -> bool:
    last = part[-1]
    text = last.text.strip().rstrip("\"'”’»)]」』")  # noqa: RUF001
    if following.start - last.end >= BREATH or following.end - part[0].start > LONGEST:
        return True
    if text[-1:] in STOPS:
        short = text[-1] == "." and len(text.rstrip(".")) <= ABBREVIATED and text[:1].isupper()
        return not short or following.start - last.end >= BREATH / 2
    return text[-1:] in COMMAS and last.end - part[0].start > LONG
