"""The lines of text in a picture, on a page or on the keyframes of a video, read once for all who ask the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from engine.language import tr
from engine.media.source import Source
from engine.model import Step
from engine.packs.secondreader import SecondReader
from engine.packs.textreader import Line, TextReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

STILL = 4.0  # grey levels by which the most changed spot of a still picture may differ
SPOT = 48  # spots along each side


@dataclass(frozen=True, slots=True)
class Screen:
    """What stands on a keyframe; `lines` is None where it looks like the one before."""

    time: float
    lines: tuple[Line, ...] | None


def lines(source: Source, image: Pixels, options: Mapping[str, Any], page: int | None = None) -> Iterator[Step | Line]:
    """Yield the lines of the source's picture, or of one of its pages."""
    key = ("lines", page, image.shape, _told(options))
    yield from source.once(key, lambda: _read(image, options, thorough=page is None))


def screens(source: Source, options: Mapping[str, Any]) -> Iterator[Step | Screen]:
    """Yield what stands on each keyframe of a video."""
    yield from source.once(("screens", _told(options)), lambda: _screens(source, options))


def _screens(source: Source, options: Mapping[str, Any]) -> Iterator[Step | Screen]:
    before: NDArray[np.uint8] | None = None
    for count, frame in enumerate(source.keyframes(), 1):
        yield Step(count, 0, tr("reading keyframes"))
        spots = _spots(frame.image)
        if before is not None and _is_still(before, spots):
            yield Screen(frame.time, None)
        else:
            found = []
            for one in _read(frame.image, options, thorough=False):
                if isinstance(one, Step):
                    yield one
                else:
                    found.append(one)
            yield Screen(frame.time, tuple(found))
        before = spots


def _read(image: Pixels, options: Mapping[str, Any], *, thorough: bool) -> Iterator[Step | Line]:
    side, least = int(options.get("ocr.side", 960)), float(options.get("ocr.min_score", 0.5))
    second = _second(
        str(options.get("ocr.tesseract", "")), str(options.get("ocr.tessdata", "")),
        str(options.get("ocr.easyocr", "")), tuple(options.get("ocr.languages", ())),
    )  # fmt: skip
    return _reader().read(image, side=side, least=least, thorough=thorough, second=second)


@cache
def _reader() -> TextReader:
    return TextReader()


@lru_cache(maxsize=4)
def _second(program: str, data: str, easy: str, languages: tuple[str, ...]) -> SecondReader:
    return SecondReader.of(program, data, easy, languages)


def _told(options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the options that change what is read."""
    given = {"ocr.side": 960, "ocr.min_score": 0.5, **options}
    told = ((key, str(tuple(value) if isinstance(value, list) else value)) for key, value in given.items())
    return tuple(sorted((key, value) for key, value in told if key.startswith("ocr.") and value not in ("", "()")))


def _spots(image: Pixels) -> NDArray[np.uint8]:
    """Shrink a frame to mean grey levels, fine enough for a subtitle to show."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SPOT, SPOT), interpolation=cv2.INTER_AREA), np.uint8)


def _is_still(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> bool:
    import numpy as np

    return int(np.abs(before.astype(np.int16) - now).max()) <= STILL
