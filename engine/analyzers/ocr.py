"""Text in pictures: in photos, on the keyframes of a video with their times, and on pages that are pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.media.source import Source
from engine.model import Box, Finding, FindingKind, Kind, Moment, Step
from engine.packs.textreader import Line, TextReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 1600  # pixels, longest side of what is read
ALIKE = 85.0  # of 100: two readings of one line on consecutive frames
STILL = 4.0  # grey levels by which the most changed spot of a still picture may differ
SPOT = 48  # spots along each side


@dataclass(slots=True)
class _Shown:
    """A line that is on the screen since `start` and was last seen at `seen`, in its best reading so far."""

    line: Line
    start: float
    seen: float


class Ocr(Analyzer):
    """Reads with the models that its package brings: Latin, Chinese and Japanese."""

    name = "ocr"
    version = 1
    title = "Text in pictures"
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
    needs = ("rapidocr", "onnxruntime")
    options = ("ocr.side", "ocr.min_score", "media.max_pages", "media.max_keyframes", "scenes.threshold")
    seconds = 0.6

    def __init__(self) -> None:
        self._reader = TextReader()

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        if source.kind is Kind.VIDEO:
            yield from self._video(source, options)
        elif source.kind is Kind.DOCUMENT:
            yield from self._document(source, options)
        else:
            yield from self._picture(source.picture(SIDE), options)

    def _picture(
        self, image: NDArray[np.uint8], options: Mapping[str, Any], page: int | None = None
    ) -> Iterator[Yield]:
        for found in self._read(image, options, thorough=page is None):
            yield found if isinstance(found, Step) else _finding(found, Moment(page=page, box=found.box))

    def _document(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        for page in source.pages():
            yield Step(page.number, source.facts.pages or 0, f"page {page.number}")
            if page.needs_ocr:
                yield from self._picture(page.image(SIDE), options, page.number)

    def _video(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        yield from source.scan_shots()
        screen = _Screen([shot.end for shot in source.shots()])
        before: NDArray[np.uint8] | None = None
        for count, frame in enumerate(source.keyframes(), 1):
            yield Step(count, 0, "reading keyframes")
            spots = _spots(frame.image)
            if before is not None and _is_still(before, spots):
                screen.stay(frame.time)
            else:
                lines = []
                for found in self._read(frame.image, options):
                    if isinstance(found, Step):
                        yield found
                    else:
                        lines.append(found)
                yield from screen.show(lines, frame.time)
            before = spots
        yield from screen.show([], math.inf)

    def _read(
        self, image: NDArray[np.uint8], options: Mapping[str, Any], thorough: bool = False
    ) -> Iterator[Step | Line]:
        side, least = int(options.get("ocr.side", 960)), float(options.get("ocr.min_score", 0.5))
        return self._reader.read(image, side=side, least=least, thorough=thorough)


@dataclass(slots=True)
class _Screen:
    """The lines that stand on a screen; one that stays over several keyframes becomes one finding.

    `ends` are the ends of the shots: a line has gone by the next keyframe without it, and at the latest at a cut.
    """

    ends: list[float]
    lines: list[_Shown] = field(default_factory=list)

    def stay(self, time: float) -> None:
        """Take over a keyframe that looks like the one before."""
        for shown in self.lines:
            shown.seen = time

    def show(self, lines: list[Line], time: float) -> Iterator[Finding]:
        """Take over the lines of a keyframe; yield those that have gone."""
        old, self.lines = self.lines, []
        for line in lines:
            same = next((shown for shown in old if _is_same(shown.line, line)), None)
            if same is None:
                self.lines.append(_Shown(line, time, time))
                continue
            old.remove(same)
            best = line if line.score > same.line.score else same.line
            self.lines.append(_Shown(best, same.start, time))
        for shown in old:
            cut = next((end for end in self.ends if end > shown.seen), shown.seen)
            yield _finding(shown.line, Moment(shown.start, min(time, cut), box=shown.line.box))


def _finding(line: Line, moment: Moment) -> Finding:
    return Finding(FindingKind.TEXT, moment, text=line.text, label="ocr", score=line.score)


def _is_same(one: Line, other: Line) -> bool:
    """Say whether two readings are of one line: like words at about the same place, or the very same words."""
    if one.text.casefold() == other.text.casefold():
        return True
    from rapidfuzz.fuzz import ratio

    return _overlap(one.box, other.box) and ratio(one.text.casefold(), other.text.casefold()) >= ALIKE


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return wide > 0 and high > 0


def _spots(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink a frame to mean grey levels, fine enough for a subtitle to show."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SPOT, SPOT), interpolation=cv2.INTER_AREA), np.uint8)


def _is_still(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> bool:
    import numpy as np

    return int(np.abs(before.astype(np.int16) - now).max()) <= STILL
