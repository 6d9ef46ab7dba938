"""Subtitles made of what is said: lines cut, balanced and held as long as readers need, written as SRT or WebVTT.

The rules are those of Netflix's Timed Text Style Guide (partnerhelp.netflixstudios.com, General Requirements; English
(USA); Simplified Chinese; Japanese; Korean): two lines of at most 42 characters (16 in Chinese and Korean, 13 in
Japanese), at most 20 characters a second in English and 17 elsewhere, five sixths of a second to seven seconds, two
frames between one and the next. SRT as in the documentation of SubRip; WebVTT as in https://www.w3.org/TR/webvtt1/.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.model.lines import Line, Timed, spread

ROWS = 2
COLUMNS = 42  # characters of a row
WIDE_COLUMNS = {"ja": 13, "": 16}  # of scripts whose signs are twice as wide
SPEED = {"en": 20.0, "": 17.0}  # characters a second
SHORTEST, LONGEST = 5 / 6, 7.0  # seconds that one is shown
GAP = 2 / 24  # seconds between one and the next
LEAST = 15  # characters that are better not left for a cue of their own
TOGETHER = 0.3  # seconds; of two that begin closer than this both are shown at once
PAUSE = 1.0  # seconds of silence inside a line after which a new one begins
ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")  # noqa: RUF001  full-width signs of Chinese and Japanese
PARTS = re.compile(r"[,;:，、；：–—][\"'”’»)\]]*$")  # noqa: RUF001
HELD_BACK = frozenset(
    ("a", "an", "the", "of", "to", "in", "on", "at", "and", "or", "but", "for", "with", "by",
     "der", "die", "das", "und", "oder", "le", "la", "les", "un", "une", "et", "de")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at one time: its rows, and who says it."""

    start: float
    end: float
    rows: tuple[str, ...]
    speaker: str = ""

    @property
    def text(self) -> str:
        """All of it in one row."""
        return " ".join(self.rows)


def cues(lines: Sequence[Line], language: str = "") -> list[Cue]:
    """Cut lines of speech into cues, in order of time."""
    spoken = sorted((line for line in lines if line.moment.start is not None and line.text.strip()),
                    key=lambda line: line.moment.start or 0.0)  # fmt: skip
    found = [cue for line in spoken for cue in _cut(line, language)]
    return _held(found, SPEED.get(language, SPEED[""]))


def srt(found: Sequence[Cue], *, speakers: bool = False) -> str:
    """Write cues as SRT; with `speakers` each change of the speaker is said in front of the words."""
    parts = []
    for number, (cue, name) in enumerate(zip(found, _turns(found, speakers), strict=True), start=1):
        rows = "\n".join((f"{name}: {cue.rows[0]}" if name else cue.rows[0], *cue.rows[1:])).replace("-->", "→")
        parts.append(f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{rows}\n")
    return "\n".join(parts)


def vtt(found: Sequence[Cue], *, speakers: bool = True) -> str:
    """Write cues as WebVTT; speakers are its voice spans."""
    parts = ["WEBVTT\n"]
    for cue in found:
        rows = "\n".join(_escaped(row) for row in cue.rows)
        if speakers and cue.speaker:
            rows = f"<v {_escaped(cue.speaker).replace(chr(10), ' ')}>{rows}</v>"
        parts.append(f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{rows}\n")
    return "\n".join(parts)


def clock(seconds: float, mark: str) -> str:
    """Hours, minutes, seconds and thousandths behind a `mark`."""
    whole = round(max(0.0, seconds) * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{mark}{whole % 1000:03}"


def columns(text: str, language: str = "") -> int:
    """How many characters a row of this text may have."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return WIDE_COLUMNS.get(language, WIDE_COLUMNS[""]) if wide * 2 > len(text) else COLUMNS


# --- cutting ---------------------------------------------------------------------------------------------------------


def _cut(line: Line, language: str) -> list[Cue]:
    """The cues of one line: as few as fit, ended where a sentence or a part of it ends."""
    limit = columns(line.text, language)
    left = _pieces(line, limit)
    found = []
    while left:
        count = _fitting(left, limit)
        taken, left = left[:count], left[count:]
        rows = _rows([word for *_, word in taken], limit)
        found.append(Cue(taken[0][0], max(taken[-1][1], taken[0][0]), rows, line.speaker))
    return found


def _pieces(line: Line, limit: int) -> list[Timed]:
    """The words with their times as they stand in the text: with a space behind where there is one."""
    start = line.moment.start or 0.0
    end = line.moment.end if line.moment.end is not None else start + LONGEST
    text = " ".join(line.text.split())
    timed: list[Timed] = []
    at = 0
    for first, last, word in line.words:
        place = text.find(word.strip(), at) if word.strip() else -1
        if place != at:  # the words are not those of the text
            timed = []
            break
        at = place + len(word.strip())
        space = text[at : at + 1] == " "
        at += space
        timed.append((max(start, first), min(end, max(first, last)), word.strip() + " " * space))
    if not timed or at < len(text):
        timed = [(first, last, f"{word} ") for first, last, word in spread(text, start, end)]
    return [part for word in timed for part in _broken(word, limit)]


def _broken(word: Timed, limit: int) -> list[Timed]:
    """A word that is longer than a row, in parts of equal times."""
    start, end, text = word
    if len(text.strip()) <= limit:
        return [word]
    parts = [text[at : at + limit] for at in range(0, len(text.rstrip()), limit)]
    step = (end - start) / len(parts)
    return [(start + step * n, start + step * (n + 1), part) for n, part in enumerate(parts)]


def _fitting(words: Sequence[Timed], limit: int) -> int:
    """How many of the words make the next cue."""
    most = 1
    for count in range(2, len(words) + 1):
        part = words[:count]
        if part[-1][0] - part[-2][1] > PAUSE or part[-1][1] - part[0][0] > LONGEST:
            break
        if _rows_needed([word for *_, word in part], limit) > ROWS:
            break
        most = count
    if most == len(words):
        return most
    return max(range(1, most + 1), key=lambda count: _worth(words, count, most))


def _worth(words: Sequence[Timed], count: int, most: int) -> float:
    """How good it is to end a cue behind so many words: full ones, and ends of sentences and of their parts."""
    last = words[count - 1][2].strip()
    bonus = 0.6 if ENDS.search(last) else 0.3 if PARTS.search(last) else 0.0
    held = 0.25 if last.casefold() in HELD_BACK else 0.0
    lonely = 0.5 if len("".join(word for *_, word in words[count:]).strip()) < LEAST else 0.0
    return count / most + bonus - held - lonely


def _rows_needed(words: Sequence[str], limit: int) -> int:
    rows, width = 1, 0
    for word in words:
        if width and width + len(word.rstrip()) > limit:
            rows, width = rows + 1, 0
        width += len(word)
    return rows


def _rows(words: Sequence[str], limit: int) -> tuple[str, ...]:
    """One row where it fits, else two of about the same length, the upper one not ended on an article or the like."""
    text = "".join(words).strip()
    if len(text) <= limit:
        return (text,)
    best, least = 0, float("inf")
    for at in range(1, len(words)):
        upper, lower = "".join(words[:at]).strip(), "".join(words[at:]).strip()
        if max(len(upper), len(lower)) > limit:
            continue
        last = words[at - 1].strip()
        cost = abs(len(upper) - len(lower)) - 8 * bool(ENDS.search(last) or PARTS.search(last))
        cost += 10 * (last.casefold() in HELD_BACK)
        if cost < least:
            best, least = at, cost
    if not best:
        return tuple(_greedy(words, limit))
    return "".join(words[:best]).strip(), "".join(words[best:]).strip()


def _greedy(words: Sequence[str], limit: int) -> list[str]:
    rows = [""]
    for word in words:
        if rows[-1] and len(rows[-1]) + len(word.rstrip()) > limit:
            rows.append("")
        rows[-1] += word
    return [row.strip() for row in rows]


# --- time ------------------------------------------------------------------------------------------------------------


def _held(found: Sequence[Cue], speed: float) -> list[Cue]:
    """Hold each cue as long as it takes to be read, where the next one leaves room."""
    held = []
    for number, cue in enumerate(found):
        wanted = max(cue.end - cue.start, SHORTEST, min(LONGEST, len(cue.text) / speed))
        end = cue.start + min(wanted, LONGEST)
        if number + 1 < len(found):
            follows = found[number + 1].start
            if follows - cue.start >= TOGETHER:
                end = min(end, max(follows - GAP, min(cue.end, follows)))
        held.append(replace(cue, start=round(cue.start, 3), end=round(end, 3)))
    return held


def _turns(found: Sequence[Cue], speakers: bool) -> list[str]:
    """The name to say before each cue: that of a speaker who begins."""
    names, before = [], ""
    for cue in found:
        names.append(cue.speaker if speakers and cue.speaker != before else "")
        before = cue.speaker
    return names


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
