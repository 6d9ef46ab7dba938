"""Lines of words with their times: what is said, sentence by sentence, and texts that stand in pictures."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.words import Moment

Timed = tuple[float, float, str]  # start and end in seconds, the word
LEAST = 0.02  # seconds that a word has at least when its time is only estimated


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it stands, its words, who says it, and what the machine read there when it was corrected."""

    moment: Moment
    text: str
    words: tuple[Timed, ...] = ()  # empty where there is no time (text in pictures)
    voice: int | None = None  # the appearance of who says it
    speaker: str = ""  # the name for people, empty when nobody is told apart
    label: str = "speech"  # speech, subtitle, ocr
    corrected: bool = False
    original: str = ""  # what was read there, when it is corrected
    named: bool = False  # the speaker is a person with a name, and not "Speaker 2"


def spread(text: str, start: float, end: float) -> tuple[Timed, ...]:
    """Give the words of a text times in proportion to their letters."""
    parts = text.split()
    total = sum(len(part) + 1 for part in parts)
    found: list[Timed] = []
    at = start
    for part in parts:
        until = at + (end - start) * (len(part) + 1) / total
        found.append((round(at, 3), round(until, 3), part))
        at = until
    return tuple(found)


def aligned(known: Sequence[Timed], text: str, start: float, end: float) -> tuple[Timed, ...]:
    """The words of a corrected text: those that were there keep their times, the others share what lies between."""
    parts = text.split()
    if not known:
        return spread(text, start, end)
    match = difflib.SequenceMatcher(None, [_bare(one[2]) for one in known], [_bare(one) for one in parts], False)
    found: list[Timed] = []
    for how, old, old_end, new, new_end in match.get_opcodes():
        if how == "equal" or (how == "replace" and old_end - old == new_end - new):
            pairs = zip(known[old:old_end], parts[new:new_end], strict=True)
            found += [(first, last, part) for (first, last, _), part in pairs]
        elif new < new_end:
            first = known[old][0] if old < old_end else (known[old - 1][1] if old else start)
            last = known[old_end - 1][1] if old < old_end else (known[old][0] if old < len(known) else end)
            found += spread(" ".join(parts[new:new_end]), first, max(last, first + LEAST * (new_end - new)))
    return tuple(found)


def stretched(words: Sequence[Timed], start: float, end: float) -> tuple[Timed, ...]:
    """Words moved and stretched so that they fill another span."""
    if not words:
        return ()
    first, last = words[0][0], max(word[1] for word in words)
    factor = (end - start) / (last - first) if last > first else 1.0
    return tuple(
        (round(start + (a - first) * factor, 3), round(start + (b - first) * factor, 3), text) for a, b, text in words
    )


def _bare(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum()) or word
