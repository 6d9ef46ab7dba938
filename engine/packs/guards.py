"""Tells what a transcriber heard from what it made up: loops, words over silence, more words than a mouth can say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.packs.scripts import joined, spaceless
from engine.packs.talk import Heard, Word
from engine.packs.voices import Span

# Whisper's own rules and numbers: https://github.com/openai/whisper/blob/main/whisper/transcribe.py
SILENT = 0.6  # probability of no speech above which a stretch is silence, if it is also unsure:
UNSURE = -1.0  # mean log probability
SQUEEZED = 2.4  # compression ratio above which a text repeats itself

# Our own.
TIMES = 4  # a phrase said so many times in a row, and more, is a loop; a chorus comes three times
PHRASE = 12  # words (letters where words are not spaced) of the longest phrase that is looked for
KEPT = 2  # times that a looped phrase stays in
OUTSIDE = 0.1  # of a stretch: with less of it within spans of voice, nobody said it
NEAR = 0.5  # seconds around a span of voice that still belong to it
FASTEST = 11.0  # words a second; the fastest talkers on record say 10.6 (637 a minute, Guinness World Records 1995)
FASTEST_LETTERS = 60.0  # letters a second, for scripts without spaces and for endless words
FEW = 6  # words; so few may have times that are too short
SHAKY = -0.5  # mean log probability below which stock phrases are not believed
DOUBTED = 0.2  # probability of no speech above which they are not
THIN = 0.5  # share of voice below which they are not

# What Whisper writes over music and silence, since subtitles of films taught it: the commonest entries of the "bag of
# hallucinations" of Baranski et al. 2025 (arXiv 2501.11378) and of https://github.com/openai/whisper/discussions/928.
STOCK = re.compile(
    "|".join((
        r"subtitles? (?:by|made|provided)\b", r"amara\.org", r"(?:captions?|transcri\w+|translated) by\b",
        r"^thank(?:s| you)(?: so much| very much)?(?: for (?:watching|listening|viewing))?[.!]*$",
        r"^(?:please )?(?:like and )?subscribe\b", r"don't forget to (?:like|subscribe)", r"see you (?:in the )?next",
        r"^(?:bye|you|okay|so)[.!]*$", r"sous-titr\w+ (?:par|fait|réalis)", r"merci d'avoir regardé",
        r"untertitel\w* (?:von|im auftrag|der|des)", r"copyright wdr", r"vielen dank fürs zuschauen",
        r"subtítulos (?:por|realizados|hechos)", r"gracias por ver", r"sottotitoli (?:creati|e revisione|di)",
        r"legendas? (?:por|pela)", r"ondertitel\w+ (?:ingediend|door)", r"napisy (?:stworzone|wykonane)",
        r"редактор субтитров", r"субтитры (?:сделал|делал|создавал)", r"продолжение следует",
        r"ご視聴ありがとうございま", r"字幕(?:由|by|志愿者|製作|制作)", r"请不吝点赞", r"明镜与点点",
        r"시청해주셔서 감사합니다", r"자막(?:제공| by)", r"ترجمة نانسي", r"اشتركوا في القناة",
    )),
    re.IGNORECASE,
)  # fmt: skip


class Doubt(StrEnum):
    """Why a stretch was not believed."""

    NONE = ""
    SILENT = "nobody speaks"
    LOOP = "it repeats itself"
    OUTSIDE = "no voice there"
    FAST = "nobody speaks so fast"
    STOCK = "a stock phrase over silence"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A stretch as it may be kept, or why not. A loop may be worth a second, careful reading."""

    heard: Heard
    doubt: Doubt


def judge(heard: Heard, voice: Sequence[Span]) -> Verdict:
    """Judge a stretch against the spans of voice of its sound; words outside all of them are taken out first."""
    kept = _within(heard, voice)
    if not kept.text.strip() or not any(map(str.isalnum, kept.text)):
        return Verdict(kept, Doubt.OUTSIDE)
    share = voiced(kept.start, kept.end, voice)
    if kept.silence > SILENT and kept.confidence < UNSURE:
        return Verdict(kept, Doubt.SILENT)
    if share < OUTSIDE:
        return Verdict(kept, Doubt.OUTSIDE)
    doubtful = kept.silence > DOUBTED or kept.confidence < SHAKY or share < THIN
    if doubtful and STOCK.search(kept.text.strip()):
        return Verdict(kept, Doubt.STOCK)
    if kept.squeeze > SQUEEZED or looped(_units(kept)):
        return Verdict(kept, Doubt.LOOP)
    if _too_fast(kept):
        return Verdict(kept, Doubt.FAST)
    return Verdict(kept, Doubt.NONE)


def voiced(start: float, end: float, voice: Sequence[Span]) -> float:
    """The share of a stretch that lies in spans of voice, each taken with `NEAR` around it."""
    if end <= start:
        return 1.0 if any(one - NEAR <= start <= other + NEAR for one, other, _ in voice) else 0.0
    inside = sum(max(0.0, min(end, other) - max(start, one)) for one, other in _wide(voice))
    return min(inside / (end - start), 1.0)


def _wide(voice: Sequence[Span]) -> list[tuple[float, float]]:
    """The spans with `NEAR` around each, joined where they then touch."""
    out: list[tuple[float, float]] = []
    for start, end, _ in voice:
        if out and start - NEAR <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end + NEAR)
        else:
            out.append((start - NEAR, end + NEAR))
    return out


def looped(units: Sequence[str]) -> tuple[int, int, int] | None:
    """The first phrase said `TIMES` times in a row: where it begins, its length, how often; None if there is none."""
    for size in range(1, min(PHRASE, len(units) // TIMES) + 1):
        run = 0
        for at in range(size, len(units) + 1):
            if at < len(units) and units[at] == units[at - size]:
                run += 1
                continue
            if (times := run // size + 1) >= TIMES:
                return at - run - size, size, times
            run = 0
    return None


def without_loops(heard: Heard) -> Heard:
    """The stretch with each looped phrase left in only `KEPT` times."""
    words = list(heard.words)
    while (found := looped([_plain(word.text) for word in words])) is not None:
        begin, size, times = found
        del words[begin + KEPT * size : begin + times * size]
    return _of(heard, words)


def _within(heard: Heard, voice: Sequence[Span]) -> Heard:
    """Take out the words whose middle is far from every voice; a stretch without word times stays as it is."""
    if not heard.words:
        return heard
    wide = _wide(voice)
    words = [word for word in heard.words if any(one <= (word.start + word.end) / 2 <= other for one, other in wide)]
    return heard if len(words) == len(heard.words) else _of(heard, words)


def _of(heard: Heard, words: Sequence[Word]) -> Heard:
    if not words:
        return replace(heard, text="", words=())
    return replace(
        heard, start=words[0].start, end=max(words[-1].end, words[0].start), words=tuple(words),
        text=joined([word.text for word in words]), squeeze=1.0,
    )  # fmt: skip


def _units(heard: Heard) -> list[str]:
    """What a phrase is counted in: words, or letters in scripts that do not space them."""
    if spaceless(heard.text):
        return [letter for letter in heard.text if letter.isalnum()]
    if heard.words:
        return [_plain(word.text) for word in heard.words]
    return [_plain(word) for word in heard.text.split()]


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _too_fast(heard: Heard) -> bool:
    length = max(heard.end - heard.start, 0.02)
    words, letters = len(heard.text.split()), sum(map(str.isalnum, heard.text))
    if words <= FEW and letters < FEW * 10:
        return False
    return words / length > FASTEST or letters / length > FASTEST_LETTERS
