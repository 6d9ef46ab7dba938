"""Reads the lines that the default reader could not: in scripts that it does not know, by whatever reader is there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.model import Step
from engine.packs.easyreader import EasyReader
from engine.packs.scripts import SPACELESS, scripts, share
from engine.packs.tesseract import Tesseract

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# What the default recogniser (PP-OCRv6 small) has letters of, by the list of characters inside its file: Latin 549,
# Han 15,908, kana 178, Greek 62, and none of Cyrillic, Arabic, Hebrew, Hangul, or of any script of India.
READ = frozenset({"LATIN", "CJK", "GREEK", "COPTIC"})
SPARSE = 0.3  # letters for each square of a line's height: with fewer a line was found but not read
UNSURE = 0.72  # confidence below which a line is doubtful
WIDE = 1.4  # width to height from which a crop may be a line of words
MOST = 60  # lines of one picture
PROBED = 2  # lines, the widest, on which the languages are tried
PLAUSIBLE = 0.6  # share of letters that must be of the language's script
LEAST = 0.45  # confidence, weighed by that share, that a language must reach on the probed lines
LEAST_SPACELESS = 0.8  # the same in scripts without spaces: their models are sure of single letters in any pattern
LEAST_ASKED = 0.3  # the same for languages that the user named
CLEAR = 0.85  # from which no other script is tried
AHEAD = 0.02  # by which another language of the script must read better


class Engine(Protocol):
    """A second reader."""

    name: str

    def choices(self) -> list[tuple[str, str]]: ...

    def languages(self, codes: Sequence[str]) -> list[str]: ...

    def read(self, lines: Sequence[Pixels], language: str) -> Generator[Step, None, list[tuple[str, float]]]: ...


class Doubtful(Protocol):
    """A line on the way, as `engine.packs.textreader` has it."""

    crop: Pixels
    text: str
    score: float
    reader: str


@dataclass(frozen=True, slots=True)
class _Choice:
    engine: Engine
    language: str
    script: str


@dataclass(slots=True)
class SecondReader:
    """The second readers of this machine, and what of them is to be tried.

    Only lines that the default reader left doubtful are read again; where no second reader knows a further script,
    that costs nothing. The languages of one script after the other are tried on the widest of these lines, what was
    right last time first; the one that is surest of letters in its own script reads them all.
    """

    engines: tuple[Engine, ...]
    codes: tuple[str, ...] = ()
    _lucky: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, program: str, data: str, easy: str, codes: Sequence[str]) -> SecondReader:
        """Make it from the settings `ocr.tesseract`, `ocr.tessdata`, `ocr.easyocr` and `ocr.languages`."""
        return cls((Tesseract(program, data), EasyReader(easy)), tuple(codes))

    def improve(self, found: Sequence[Doubtful]) -> Iterator[Step]:
        """Read the doubtful lines again, and keep what reads better."""
        unread = [one for one in found if is_doubtful(one)][:MOST]
        if not unread:
            return
        choices = self._choices()
        if not choices:
            return
        widest = sorted(unread, key=lambda one: -one.crop.shape[1])[:PROBED]
        best = yield from self._best([one.crop for one in widest], choices)
        if best is None:
            return
        self._lucky = [best.script, *(script for script in self._lucky if script != best.script)]
        read = yield from best.engine.read([one.crop for one in unread], best.language)
        for one, (text, score) in zip(unread, read, strict=True):
            better = score > one.score or not share(one.text, READ)
            if better and score * share(text, {best.script}) >= self._least(best.script):
                one.text, one.score = text, score
                one.reader = f"{best.engine.name}:{best.language}"

    def _choices(self) -> list[_Choice]:
        every = [
            _Choice(engine, language, script)
            for engine in self.engines
            for language, script in engine.choices()
            if script not in READ and (not self.codes or language in engine.languages(self.codes))
        ]
        order = {script: at for at, script in enumerate(self._lucky)}
        return sorted(every, key=lambda one: order.get(one.script, len(order)))

    def _best(self, lines: Sequence[Pixels], choices: Sequence[_Choice]) -> Generator[Step, None, _Choice | None]:
        """The language that reads the lines best: first one for each script, then the others of the best script."""
        first: dict[tuple[str, str], _Choice] = {}
        for one in choices:
            first.setdefault((one.engine.name, one.script), one)
        best: _Choice | None = None
        top = 0.0
        for one in first.values():
            score = yield from self._tried(lines, one)
            if score > top:
                best, top = one, score
            if top >= CLEAR:
                break
        if best is None or top < self._least(best.script):
            return None
        for one in choices:
            if one.engine is best.engine and one.script == best.script and one not in first.values():
                score = yield from self._tried(lines, one)
                if score > top + AHEAD:
                    best, top = one, score
        return best

    def _tried(self, lines: Sequence[Pixels], choice: _Choice) -> Generator[Step, None, float]:
        read = yield from choice.engine.read(lines, choice.language)
        text = "".join(text for text, _ in read)
        own = share(text, {choice.script})
        if own < PLAUSIBLE:
            return 0.0
        return own * sum(len(text) * score for text, score in read) / len(text)

    def _least(self, script: str) -> float:
        if self.codes:
            return LEAST_ASKED
        return LEAST_SPACELESS if script in SPACELESS else LEAST


def is_doubtful(one: Doubtful) -> bool:
    """Say whether a line was found but hardly read: unsure, or with far fewer letters than fit into it."""
    height, width = one.crop.shape[:2]
    if width < WIDE * height:
        return False
    letters = sum(scripts(one.text).values()) + sum(map(str.isdigit, one.text))
    return one.score < UNSURE or letters < SPARSE * width / height
