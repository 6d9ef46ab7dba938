"""Sorts text in pictures by what it is for: title, caption, credit, sign, screen or logo.

Pure rules over lines with their places (fractions of the picture) and, in a video, their times:

In a **photo**
- *credit*: words of authorship (©, photo by ...) in a small line at an edge;
- *screen*: text that is laid out (a page, a slide, a display): most lines stand in columns of lines of like height that
  begin, end or are centred at one place; the one that is clearly larger and above the others is a *title*;
- *logo*: a short word without figures that is the only text, or that is repeated in the picture;
- *caption*: one to three lines set into the lower edge of a picture, centred and small;
- *sign*: all other text; it belongs to what the picture shows.

In a **video** (a line lasts from its first to its last keyframe)
- *logo*: in a corner, small, there for half of the video and over a cut if there is one;
- *credit*: rises over the picture with others, or stands in the last part with many lines, or names a trade;
- *screen*: laid out as above, outside of the credits;
- *title*: large, in the middle, with few others, and for a short time;
- *caption*: in the lower part (or against the upper edge), small, for a short time;
- *sign*: all other text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Protocol, TypeVar

from engine.model import Box

ROLES = ("title", "caption", "credit", "sign", "screen", "logo")

COLUMN = 4  # lines that make a column
LAID_OUT = 0.6  # of the lines, in columns
EDGE = 0.012  # of the width by which the beginnings or middles of a column's lines differ
ALIKE = 1.45  # times the height of another line
SPACING = 3.0  # heights between the lines of a column, at most
HEADING = 1.3  # times the height of the others
LONGEST_LOGO, MOST_WORDS = 14, 2
CAPTION_FROM = 0.66  # of the height: where the middle of a caption may stand
CAPTION_HEIGHT = 0.1
CENTRED = 0.12  # of the width: how far from the middle
CORNER = 0.3  # of each side
LOGO_HEIGHT = 0.12
LASTS = 0.5  # of the video: what stays so long in a corner is a logo
SHORT = 20.0  # seconds that a title or caption stays at most
TITLE_HEIGHT, TITLE_WITH = 0.055, 4  # of the height; lines on the screen
CREDITS_FROM, CREDITS_WITH = 0.8, 4  # of the video; lines on the screen
RISES = 0.03  # of the height between two sightings
LEAST_LETTERS = 3  # of an alphabet; readers see single letters in wheels and windows

_TRADES = re.compile(
    r"\b(directed by|written by|produced by|producer|director|screenplay|starring|cast|music by|composer|edited by|"
    r"editor|camera|cinematograph\w*|costume\w*|sound|visual effects|executive|copyright|all rights reserved|"
    r"regie|drehbuch|kamera|schnitt|musik|réalis\w+|scénario|montage|dirigid\w+|guion|regia)\b|©|\(c\)",
    re.IGNORECASE,
)
_AUTHORSHIP = re.compile(
    r"©|\(c\)|\b(copyright|photo(graph)?s?( by|:)|foto:|credit|courtesy|all rights)", re.IGNORECASE
)


class Placed(Protocol):
    """Anything with a text and a box."""

    @property
    def text(self) -> str: ...
    @property
    def box(self) -> Box: ...


@dataclass(frozen=True, slots=True)
class Track:
    """A line over time: its best reading, the box of its first sighting, and how far it rose (of the height)."""

    text: str
    box: Box
    score: float
    start: float
    end: float
    seen: int = 1  # keyframes
    rise: float = 0.0
    beside: int = 1  # most lines that stood on the screen with it, itself included


P = TypeVar("P", bound=Placed)


def sort_picture(lines: Sequence[P]) -> list[tuple[P, str]]:
    """Return the lines of a photo, each with its role; those that say hardly anything are left out."""
    kept = [line for line in lines if says_something(line.text)]
    if not kept:
        return []
    columns = in_columns(kept)
    laid_out = len(columns) >= LAID_OUT * len(kept)
    words = Counter(_bare(line.text) for line in kept)
    role = _laid_out(kept) if laid_out else _in_scene(kept, words)
    return [(line, "credit" if _is_authorship(line) else role(line)) for line in kept]


def sort_video(tracks: Sequence[Track], duration: float, cuts: Sequence[float]) -> list[tuple[Track, str]]:
    """Return the lines of a video, each with its role; those that say hardly anything are left out."""
    kept = [track for track in tracks if says_something(track.text)]
    rolling = [track for track in kept if track.rise >= RISES and track.seen > 1]
    return [(track, _video_role(track, kept, rolling, duration, cuts)) for track in kept]


def says_something(text: str) -> bool:
    """Say whether a text is more than a letter or two of an alphabet, or a sign of a script that needs few."""
    letters = [letter for letter in text if letter.isalnum()]
    wide = sum(ord(letter) >= 0x2E80 for letter in letters)
    return len(letters) >= LEAST_LETTERS or wide >= 2


def in_columns(lines: Sequence[P]) -> list[P]:
    """Return the lines that stand under each other: of like height, beginning or centred at one place, evenly near."""
    found: dict[int, P] = {}
    for anchor in (_left, _middle, _right):
        for line in lines:
            column = [
                other for other in lines
                if abs(anchor(other) - anchor(line)) <= EDGE
                and max(other.box.h, line.box.h) <= ALIKE * min(other.box.h, line.box.h)
            ]  # fmt: skip
            column.sort(key=lambda one: one.box.y)
            gaps = [low.box.y - (top.box.y + top.box.h) for top, low in pairwise(column)]
            if len(column) >= COLUMN and median(gaps) <= SPACING * line.box.h:
                found.update((id(one), one) for one in column)
    return list(found.values())


def follow(screens: Sequence[tuple[float, Sequence[Placed] | None]], ends: Sequence[float]) -> list[Track]:
    """Join the lines of a video's keyframes (None: as before) into tracks; `ends` are those of its shots.

    A line is the same when its words are, or nearly at about the same place; it has gone by the next keyframe without
    it, at the latest at the cut after it was seen last.
    """
    done: list[Track] = []
    alive: list[_Alive] = []
    for time, lines in screens:
        if lines is None:
            for one in alive:
                one.seen_at(time)
            continue
        now: list[_Alive] = []
        for line in lines:
            same = next((one for one in alive if one.matches(line)), None)
            if same is None:
                now.append(_Alive(line, time, len(lines)))
            else:
                alive.remove(same)
                same.again(line, time, len(lines))
                now.append(same)
        done += [one.track(time, ends) for one in alive]
        alive = now
    last = ends[-1] if ends else max((time for time, _ in screens), default=0.0)
    return sorted(done + [one.track(last, ends) for one in alive], key=lambda one: (one.start, one.box.y, one.box.x))


class _Alive:
    """A line that stands on the screen."""

    def __init__(self, line: Placed, time: float, beside: int) -> None:
        self.line = self.first = line
        self.start = self.last = time
        self.seen, self.beside, self.rise = 1, beside, 0.0

    def matches(self, line: Placed) -> bool:
        one, other = self.line.text.casefold(), line.text.casefold()
        if one == other:
            return True
        from rapidfuzz.fuzz import ratio

        return _overlap(self.line.box, line.box) and ratio(one, other) >= 85.0

    def again(self, line: Placed, time: float, beside: int) -> None:
        self.rise += self.line.box.y - line.box.y
        if _score(line) > _score(self.first):
            self.first = line
        self.line = line
        self.beside = max(self.beside, beside)
        self.seen_at(time)

    def seen_at(self, time: float) -> None:
        self.last = time
        self.seen += 1

    def track(self, time: float, ends: Sequence[float]) -> Track:
        cut = next((end for end in ends if end > self.last), self.last)
        best = self.first
        return Track(best.text, best.box, _score(best), self.start, max(self.last, min(time, cut)), self.seen,
                     self.rise / max(1, self.seen - 1), self.beside)  # fmt: skip


def _laid_out(lines: Sequence[Placed]) -> Callable[[Placed], str]:
    """The roles on a page, slide or display: a heading is larger than the others and above most of them."""
    usual = median(line.box.h for line in lines)
    largest = max(lines, key=lambda line: line.box.h)
    above = largest.box.y <= median(line.box.y for line in lines)
    heading = largest if above and largest.box.h >= HEADING * usual else None
    if heading is None and _is_first_apart(lines, usual):
        heading = min(lines, key=lambda line: line.box.y)
    return lambda line: "title" if line is heading else "screen"


def _is_first_apart(lines: Sequence[Placed], usual: float) -> bool:
    """Say whether the first line is a heading of the same size: short, with a gap before the others."""
    first, second, *rest = sorted(lines, key=lambda line: line.box.y)
    gap = second.box.y - (first.box.y + first.box.h)
    gaps = [low.box.y - (top.box.y + top.box.h) for top, low in pairwise([second, *rest])]
    return bool(gaps) and first.box.w < 0.75 * second.box.w and gap > max(0.5 * usual, 2 * max(median(gaps), 0.0))


def _in_scene(lines: Sequence[Placed], words: Counter[str]) -> Callable[[Placed], str]:
    covered = sum(line.box.w * line.box.h for line in lines)
    low = [line for line in lines if _is_low(line)]

    def role(line: Placed) -> str:
        if _may_be_logo(line.text) and (len(lines) == 1 or words[_bare(line.text)] > 1):
            return "logo"
        if (
            line in low
            and len(low) <= 3
            and covered < 0.3
            and all(other in low for other in lines if _touch(line, other))
        ):
            return "caption"
        return "sign"

    return role


def _is_low(line: Placed) -> bool:
    box = line.box
    return (
        box.y + box.h / 2 >= 0.78 and box.h <= CAPTION_HEIGHT and box.w >= 0.2
        and abs(_middle(line) - 0.5) <= CENTRED and box.w > 2 * box.h
    )  # fmt: skip


def _touch(one: Placed, other: Placed) -> bool:
    return abs(one.box.y - other.box.y) < 2.5 * max(one.box.h, other.box.h)


def _is_authorship(line: Placed) -> bool:
    box = line.box
    at_edge = box.y + box.h > 0.9 or box.y < 0.06 or box.x < 0.04 or box.x + box.w > 0.96
    return at_edge and min(box.h, box.w) <= 0.06 and _AUTHORSHIP.search(line.text) is not None


def _may_be_logo(text: str) -> bool:
    bare = _bare(text)
    return len(bare) <= LONGEST_LOGO and len(text.split()) <= MOST_WORDS and not any(map(str.isdigit, bare))


def _video_role(
    track: Track, tracks: Sequence[Track], rolling: Sequence[Track], duration: float, cuts: Sequence[float]
) -> str:
    if _is_corner_logo(track, duration, cuts):
        return "logo"
    if _is_credit(track, rolling, duration):
        return "credit"
    shown = [other for other in tracks if other.start < track.end and track.start < other.end]
    if track.beside > COLUMN and len(in_columns(shown)) >= LAID_OUT * len(shown):
        return "screen"
    lasts = track.end - track.start
    if lasts <= SHORT and _is_title(track, shown):
        return "title"
    return "caption" if lasts <= SHORT and _is_caption(track) else "sign"


def _is_corner_logo(track: Track, duration: float, cuts: Sequence[float]) -> bool:
    box = track.box
    x, y = _middle(track), box.y + box.h / 2
    in_corner = min(x, 1 - x) <= CORNER and min(y, 1 - y) <= CORNER * 0.7 and box.h <= LOGO_HEIGHT and box.w <= 0.4
    stays = track.end - track.start >= LASTS * duration and track.seen > 2
    return in_corner and stays and (not cuts or any(track.start < cut < track.end for cut in cuts))


def _is_credit(track: Track, rolling: Sequence[Track], duration: float) -> bool:
    if track.rise >= RISES and len([other for other in rolling if _together(track, other)]) >= 2:
        return True
    if any(other.start < track.end and track.start < other.end for other in rolling) and track.seen == 1:
        return len(rolling) >= COLUMN  # too fast to be seen twice, amid others that roll
    late = duration > 0 and track.start >= CREDITS_FROM * duration
    return (late and track.beside >= CREDITS_WITH) or _TRADES.search(track.text) is not None


def _together(one: Track, other: Track) -> bool:
    return one.start <= other.end and other.start <= one.end


def _is_title(track: Track, shown: Sequence[Track]) -> bool:
    box = track.box
    middle = box.y + box.h / 2
    largest = max(other.box.h for other in shown)
    return (
        box.h >= TITLE_HEIGHT and track.beside <= TITLE_WITH and abs(_middle(track) - 0.5) <= CENTRED
        and 0.15 <= middle <= CAPTION_FROM and box.h >= 0.5 * largest
    )  # fmt: skip


def _is_caption(track: Track) -> bool:
    middle = track.box.y + track.box.h / 2
    return track.box.h <= CAPTION_HEIGHT and track.box.w > track.box.h and (middle >= CAPTION_FROM or middle <= 0.12)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _left(line: Placed) -> float:
    return line.box.x


def _right(line: Placed) -> float:
    return line.box.x + line.box.w


def _middle(line: Placed) -> float:
    return line.box.x + line.box.w / 2


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return wide > 0 and high > 0


def _score(line: Placed) -> float:
    return float(getattr(line, "score", 0.0))
