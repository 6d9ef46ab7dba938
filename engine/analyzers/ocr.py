"""Text in pictures: in photos, on the keyframes of a video with their times, and on pages that are pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.lettering import lines, screens
from engine.media.source import Source
from engine.model import Box, Finding, FindingKind, Kind, Moment, Step
from engine.packs.passages import embedded, passages
from engine.packs.textreader import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 1600  # pixels, longest side of what is read
ALIKE = 85.0  # of 100: two readings of one line on consecutive frames


@dataclass(slots=True)
class _Shown:
    """A line that is on the screen since `start` and was last seen at `seen`, in its best reading so far."""

    line: Line
    start: float
    seen: float


class Ocr(Analyzer):
    """Reads Latin, Greek, Chinese and Japanese with the models that its package brings.

    Lines in other scripts are found but not read by it: those go to Tesseract or EasyOCR, where this machine has them
    with the languages (`engine.packs.secondreader` says by which rule). Each finding says who read it.
    """

    name = "ocr"
    version = 2
    title = mark("Text in pictures")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
    needs = ("rapidocr", "onnxruntime")
    helped_by = ("text-embedding",)
    options = (
        "ocr.side", "ocr.min_score", "ocr.languages", "ocr.tesseract", "ocr.tessdata", "ocr.easyocr",
        "media.max_pages", "media.max_keyframes", "scenes.threshold",
    )  # fmt: skip
    travels = ("picture", "keyframes", "scans")
    seconds = 0.6

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        pieces: list[tuple[Moment, str]] = []
        for found in self._read(source, options):
            if isinstance(found, Finding):
                pieces.append((found.moment, found.text))
            yield found
        if pieces and self.pack(options, "text-embedding"):
            pieces.sort(key=lambda piece: piece[0].start or 0.0)  # those of a video come as they go
            yield from embedded(passages(pieces), self.model(options, "text-embedding"))

    def _read(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        if source.kind is Kind.VIDEO:
            yield from self._video(source, options)
        elif source.kind is Kind.DOCUMENT:
            yield from self._document(source, options)
        else:
            yield from self._picture(source, source.picture(SIDE), options)

    def _picture(
        self, source: Source, image: NDArray[np.uint8], options: Mapping[str, Any], page: int | None = None
    ) -> Iterator[Yield]:
        for found in lines(source, image, options, page):
            yield found if isinstance(found, Step) else _finding(found, Moment(page=page, box=found.box))

    def _document(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        for page in source.pages():
            yield Step(page.number, source.facts.pages or 0, tr("page {number}", number=page.number))
            if page.needs_ocr:
                yield from self._picture(source, page.image(SIDE), options, page.number)

    def _video(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        yield from source.scan_shots()
        screen = _Screen([shot.end for shot in source.shots()])
        for found in screens(source, options):
            if isinstance(found, Step):
                yield found
            elif found.lines is None:
                screen.stay(found.time)
            else:
                yield from screen.show(list(found.lines), found.time)
        yield from screen.show([], math.inf)


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
    return Finding(
        FindingKind.TEXT, moment, text=line.text, label="ocr", score=line.score, data={"reader": line.reader}
    )


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
