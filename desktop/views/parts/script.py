"""A document's lines as one text in slices, with the places that matched; made off the UI thread."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.look import words
from desktop.views.parts.subject import Line
from engine.language import mark, tr
from engine.model import Moment, MomentHit

SLICE = 20_000  # characters that are put in at once
MOST = 3_000_000  # characters that are shown
FIRST_IDEOGRAPH = 0x2E80  # from here on Unicode holds scripts that write no spaces between words
CUT = mark("— The text goes on; open the file to read the rest. —")


@dataclass(frozen=True, slots=True)
class Match:
    """Words that matched, as positions of Qt's text (UTF-16 units), and the moment they belong to."""

    start: int
    end: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class Script:
    """The text in slices, where each moment begins, and what matched, in order."""

    slices: tuple[str, ...]
    starts: tuple[tuple[Moment, int], ...]
    matches: tuple[Match, ...]


def write(lines: Sequence[Line], hits: Sequence[MomentHit]) -> Script:
    """Join lines into a script and find the words of the hits in it (blocking: for a thread)."""
    parts: list[str] = []
    placed: list[tuple[Line, int]] = []
    at, size, page = 0, 0, 1
    for line in lines:
        if size > MOST:
            parts.append(tr(CUT))
            break
        head, text = _head(line, page), _clean(line.text)
        page = line.moment.page or page
        placed.append((line, at + _units(head)))
        parts.append(f"{head}{text}\n\n")
        size += len(parts[-1])
        at += _units(parts[-1])
    return Script(
        tuple(_slices("".join(parts))),
        tuple((line.moment, start) for line, start in placed),
        tuple(sorted(_matches(placed, hits), key=lambda match: match.start)),
    )


def same_place(line: Moment, wanted: Moment) -> bool:
    """Whether a line lies where a moment is."""
    if wanted.start is not None:
        return line.start is not None and abs(line.start - wanted.start) < 0.01
    return (line.page or 1) == (wanted.page or 1) and (wanted.box is None or line.box == wanted.box)


def _slices(text: str) -> Iterable[str]:
    for begin in range(0, len(text), SLICE):
        yield text[begin : begin + SLICE]


def _head(line: Line, page: int) -> str:
    if line.moment.start is not None:
        return f"{words.clock(line.moment.start)}  "
    if line.moment.page is not None and line.moment.page != page:
        return f"— {line.moment.page} —\n\n"
    return ""


def _clean(text: str) -> str:
    """Without what Qt would turn into other line ends, so that positions stay true."""
    return text.strip("\n").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _key(moment: Moment) -> tuple[int, float | None]:
    return (moment.page or 1, round(moment.start, 2) if moment.start is not None else None)


def _matches(placed: Sequence[tuple[Line, int]], hits: Sequence[MomentHit]) -> list[Match]:
    at: dict[tuple[int, float | None], list[tuple[Line, int]]] = {}
    for line, start in placed:
        at.setdefault(_key(line.moment), []).append((line, start))
    found: dict[tuple[int, int], Match] = {}
    for hit in hits:
        for match in _of_hit(at.get(_key(hit.moment), ()), hit):
            found.setdefault((match.start, match.end), match)
    return list(found.values())


def _of_hit(lines: Iterable[tuple[Line, int]], hit: MomentHit) -> list[Match]:
    """The hit's words in its lines: its snippet says which words they are."""
    spoken = {hit.snippet[start:stop] for start, stop in hit.marks if hit.snippet[start:stop].strip()}
    if not spoken:
        return []
    pattern = re.compile("|".join(_whole(word) for word in sorted(spoken, key=len, reverse=True)), re.IGNORECASE)
    return [
        Match(start + _units(text[: one.start()]), start + _units(text[: one.end()]), hit.moment)
        for line, start in lines
        if same_place(line.moment, hit.moment)
        for text in (_clean(line.text),)
        for one in pattern.finditer(text)
    ]


def _whole(word: str) -> str:
    """A pattern for a whole word; in scripts without spaces, for the same signs anywhere."""
    spaced = ord(word[0]) < FIRST_IDEOGRAPH and word[0].isalnum()
    return rf"(?<!\w){re.escape(word)}(?!\w)" if spaced else re.escape(word)
