"""What the texts in pictures are for (title, caption, credit, sign, screen, logo), and the parts that may be logos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.lettering import lines, screens
from engine.media.source import Source
from engine.model import Box, Finding, FindingKind, Kind, Moment, Step
from engine.packs.layout import follow, sort_picture, sort_video
from engine.packs.marks import apart, cut, standing_out, staying
from engine.packs.vectors import fp16, is_nothing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SIDE = 1600  # the size at which text is read
SMALL = 320  # pixels of the keyframes among which it is looked for what stays
REGIONS = "/regions"  # what is put behind a pack's name for the space of parts of pictures
SIGNS = 3  # short signs of a picture that may have an emblem beside them


class Titles(Analyzer):
    """Sorts the lines that `ocr` reads by the rules of `engine.packs.layout`; they are read once for both.

    With a pack for pictures, parts that may be a logo (see `engine.packs.marks`) get a vector, so that a logo can be
    taught from one example and found everywhere.
    """

    name = "titles"
    version = 1
    title = mark("Titles, captions, credits, signs, logos")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    needs = ("rapidocr", "onnxruntime")
    helped_by = ("picture-embedding", "image-text")
    options = (  # those of `ocr` too, or the lines could not be read once for both
        "ocr.side", "ocr.min_score", "ocr.languages", "ocr.tesseract", "ocr.tessdata", "ocr.easyocr",
        "media.max_keyframes", "scenes.threshold",
    )  # fmt: skip
    travels = ("picture", "keyframes")
    seconds = 0.6

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        eye = self._eye(options)
        if source.kind is Kind.VIDEO:
            yield from self._video(source, options, eye)
        else:
            yield from self._picture(source, options, eye)

    def _eye(self, options: Mapping[str, Any]) -> Any:
        """The model for parts of pictures: one of pictures alone tells likeness better than one that knows words."""
        task = next((task for task in self.helped_by if self.pack(options, task)), "")
        return self.model(options, task) if task else None

    def _picture(self, source: Source, options: Mapping[str, Any], eye: Any) -> Iterator[Yield]:
        image = source.picture(SIDE)
        read = []
        for found in lines(source, image, options):
            if isinstance(found, Step):
                yield found
            else:
                read.append(found)
        sorted_lines = sort_picture(read)
        for line, role in sorted_lines:
            yield _role(role, line.text, line.score, Moment(box=line.box))
        if eye is not None:
            signs = sorted((line.box for line, role in sorted_lines if role == "sign"), key=lambda box: -box.h)
            # Without room around them: what is behind a logo differs from place to place.
            texts = [line.box for line, role in sorted_lines if role == "logo"] + signs[:SIGNS]
            boxes = apart(texts + standing_out(image))
            yield from _regions(eye, [(image, box, Moment(box=box)) for box in boxes])
        yield Step(1, 1)

    def _video(self, source: Source, options: Mapping[str, Any], eye: Any) -> Iterator[Yield]:
        yield from source.scan_shots()
        shots = source.shots()
        shown = []
        for found in screens(source, options):
            if isinstance(found, Step):
                yield found
            else:
                shown.append((found.time, found.lines))
        ends = [shot.end for shot in shots]
        tracks = follow(shown, ends)
        length = source.facts.duration or (ends[-1] if ends else 0.0)
        logos = []
        for track, role in sort_video(tracks, length, [shot.start for shot in shots[1:]]):
            yield _role(role, track.text, track.score, Moment(track.start, track.end, box=track.box))
            if role == "logo":
                logos.append(track.box)
        if eye is not None:
            yield from self._corners(source, eye, logos)

    def _corners(self, source: Source, eye: Any, logos: Sequence[Box]) -> Iterator[Yield]:
        """Yield the vectors of what stays in the corners, as it is on the keyframe in the middle."""
        small, times = [], []
        for count, frame in enumerate(source.keyframes(), 1):
            small.append(_shrunk(frame.image))
            times.append(frame.time)
            yield Step(count, 0, tr("looking at corners"))
        boxes = staying(small)
        if not times or not (boxes or logos):
            return
        middle = times[len(times) // 2]
        image = next(frame.image for frame in source.keyframes() if frame.time == middle)
        parts = apart([*logos, *boxes])
        yield from _regions(eye, [(image, box, Moment(start=middle, box=box)) for box in parts])


def _role(role: str, text: str, score: float, moment: Moment) -> Finding:
    # No text of its own: `ocr` has put the words into the index already.
    return Finding(FindingKind.ROLE, moment, label=role, score=round(min(1.0, score), 4), data={"text": text})


def _regions(eye: Any, parts: Sequence[tuple[Pixels, Box, Moment]]) -> Iterator[Finding]:
    given = [(part, moment) for image, box, moment in parts if (part := cut(image, box)) is not None]
    if not given:
        return
    for vector, (_, moment) in zip(eye.embed([part for part, _ in given]), given, strict=True):
        if not is_nothing(vector):
            yield Finding(FindingKind.REGION, moment, vector=fp16(vector), space=eye.space + REGIONS)


def _shrunk(image: Pixels) -> Pixels:
    import cv2
    import numpy as np

    scale = SMALL / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
