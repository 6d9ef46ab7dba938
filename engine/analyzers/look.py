"""How a picture looks: hashes that near duplicates share, dominant colours, sharpness, exposure and contrast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.looks import colours, measures, mosaic, picture_hash, views
from engine.media.source import Source
from engine.model import WHOLE, Finding, FindingKind, Kind, Moment, Priority, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 1600  # the size at which the other analyzers want the picture too
LEAST_SHARE = 0.04  # of the picture; smaller colours are left out
MOST_COLOURS = 5
SAMPLES = 16  # keyframes that stand for the colours and quality of a whole video

# The labels of the hashes; `engine.search.likeness` compares pictures with pictures and frames with frames.
PICTURE = "picture"
INNER = "picture-inner"
FRAME = "frame"
VIDEO = "video"


class Look(Analyzer):
    """Measures pixels only; needs no model."""

    name = "look"
    version = 1
    title = mark("Look: likeness, colours, quality")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    options = ("media.max_keyframes", "scenes.threshold")
    priority = Priority.FACTS
    seconds = 0.03

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        if source.kind is Kind.VIDEO:
            yield from self._video(source)
            return
        picture = source.picture(SIDE)
        yield Step(1, 2, "comparing")
        for label, view in zip((PICTURE, INNER), views(picture), strict=True):
            yield from _hashed(view, label)
        yield from _described([picture])
        yield Step(2, 2)

    def _video(self, source: Source) -> Iterator[Yield]:
        yield from source.scan_shots()
        frames: list[tuple[float, NDArray[np.uint8]]] = []
        for count, frame in enumerate(source.keyframes(), 1):
            yield from _hashed(frame.image, FRAME, Moment(start=frame.time))
            frames.append((frame.time, _small(frame.image)))
            yield Step(count, 0, tr("comparing keyframes"))
        if not frames:
            return
        chosen = [image for _, image in _spread(frames, SAMPLES)]
        yield from _hashed(mosaic([image for _, image in _spread(frames, 4)]), VIDEO)
        yield from _described(chosen)


def _hashed(image: NDArray[np.uint8], label: str, moment: Moment = WHOLE) -> Iterator[Finding]:
    bits = picture_hash(image)
    if bits:
        yield Finding(FindingKind.HASH, moment, label=label, data={"bits": bits})


def _described(images: list[NDArray[np.uint8]]) -> Iterator[Finding]:
    """Yield colours and measures, the mean over the images."""
    found = [colour for colour in colours(images) if colour.share >= LEAST_SHARE][:MOST_COLOURS]
    for colour in found:
        yield Finding(
            FindingKind.COLOUR, label=colour.name, score=round(colour.share, 4), data={"rgb": list(colour.rgb)}
        )
    each = [measures(image) for image in images]
    for name in each[0]:
        score = sum(one[name][0] for one in each) / len(each)
        data = {key: round(sum(one[name][1][key] for one in each) / len(each), 4) for key in each[0][name][1]}
        yield Finding(FindingKind.QUALITY, label=name, score=round(score, 4), data=data)


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink a frame that is kept until the end, to at most 512 pixels."""
    import cv2
    import numpy as np

    scale = 512 / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _spread(frames: list[tuple[float, NDArray[np.uint8]]], count: int) -> list[tuple[float, NDArray[np.uint8]]]:
    """Return `count` of the frames, those nearest to the middles of `count` equal parts of their time."""
    if len(frames) <= count and count > 4:
        return frames
    first, last = frames[0][0], frames[-1][0]
    wanted = [first + (last - first) * (part + 0.5) / count for part in range(count)]
    return [min(frames, key=lambda frame: abs(frame[0] - time)) for time in wanted]
