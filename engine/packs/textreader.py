"""Finds and reads the lines of text in a picture (RapidOCR with the models that its package brings)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.model import Box, Step
from engine.packs.runtime import bundled, runtime
from engine.packs.secondreader import SecondReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"
LEAST_SIDE = 8  # pixels; RapidOCR pads a thinner strip to a picture of gigabytes
BATCH = 6  # lines in one call of the recogniser
SMALL = 24.0  # pixels of height at the detector's size; below it a second look at a larger size finds more
FINEST = 1600  # pixels: the largest size at which lines are looked for
COVERED = 0.5  # of a box that lies in another: it is the same line
TALL = 1.5  # height to width from which RapidOCR turns a crop by a quarter before it reads it
SURE = 0.85  # mean confidence from which a reading needs no second try upside down
TRIED = 8  # lines that are tried upside down
BETTER = 0.1  # mean confidence by which upside down must win
SINGLE = 0.8  # least confidence in a line of one letter
HUGE = 0.4  # of the picture: the longest side of such a line
RAPID = "rapidocr"
LARGEST = 8192  # pixels; RapidOCR would shrink a larger picture first


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its place in the picture and the reader's confidence 0..1."""

    text: str
    score: float
    box: Box
    reader: str = RAPID  # which one read it: rapidocr, tesseract:ara, easyocr:th


@dataclass(slots=True)
class _Found:
    """A line on the way: the corners of its box (4 x 2, pixels), its pixels, and what was read."""

    corners: NDArray[np.float32]
    crop: Pixels
    text: str = ""
    score: float = 0.0
    reader: str = RAPID

    @property
    def tall(self) -> bool:
        width, height = self.size
        return height >= TALL * width

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height of the box, along its own sides."""
        import numpy as np

        one, two, _, four = self.corners
        return float(np.linalg.norm(one - two)), float(np.linalg.norm(one - four))


class TextReader:
    """One detector and one recogniser, loaded at the first picture and kept; not for several threads at once."""

    def read(
        self, image: Pixels, *, side: int, least: float, thorough: bool = False, second: SecondReader | None = None
    ) -> Iterator[Step | Line]:
        """Yield the lines in reading order, with a `Step` between batches of them.

        `image` is RGB. Lines are looked for with the longest side at `side` pixels, and read from the picture as it is.
        `thorough` looks again at a larger size where some lines are small: worth it in photos, not on pages and frames.
        Text that stands on its head or runs up or down is read too. Lines with a confidence below `least` and lines
        that are hardly text are left out. What is in a script that this one does not know, `second` may read.
        """
        if min(image.shape[:2]) < LEAST_SIDE:
            return
        picture = _bgr(image)
        found = self._find(picture, side) if thorough else self._detect(picture, side)
        yield Step(0, len(found), "reading text")
        for done in self._recognise(found):
            yield Step(done, len(found), "reading text")
        if second is not None:
            yield from second.improve(found)
        turned = all(one.reader == RAPID for one in found) and self._is_upside_down(found)
        if turned:
            again = [_Found(one.corners, _half_turn(one.crop)) for one in found]
            for done in self._recognise(again):
                yield Step(done, len(found), "reading text")
            found = [new if new.score > old.score else old for new, old in zip(again, found, strict=True)]
        height, width = image.shape[:2]
        for one in _in_order(found, turned):
            text = " ".join(one.text.split())
            line = Line(text, round(one.score, 4), _box(one.corners, width, height), one.reader)
            if line.score >= least and _is_plausible(line):
                yield line

    @cached_property
    def _engine(self) -> Any:
        runtime()  # before the package imports it
        from rapidocr import RapidOCR

        engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": LARGEST,
                "Global.text_score": 0.0,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # With a path it neither looks for models nor downloads any.
                "Det.model_path": str(bundled("rapidocr", "models", DETECTOR)),
                "Det.limit_type": "max",
                "Rec.model_path": str(bundled("rapidocr", "models", RECOGNISER)),
                "Rec.rec_batch_num": BATCH,
            }
        )
        engine(_blank(), use_det=True, use_cls=False, use_rec=False)  # makes `text_det`, which `_detect` adjusts
        return engine

    def _find(self, picture: Pixels, side: int) -> list[_Found]:
        """Find the lines; where some are small and the picture has more pixels, look again at a larger size."""
        found = self._detect(picture, side)
        longest = max(picture.shape[:2])
        finer = min(longest, FINEST)
        if finer > side * 1.2 and any(min(one.size) * side / longest < SMALL for one in found):
            more = self._detect(picture, finer)
            found += [one for one in more if not any(_covers(other, one) for other in found)]
        return found

    def _detect(self, picture: Pixels, side: int) -> list[_Found]:
        from rapidocr.main import RapidOCRError
        from rapidocr.utils.process_img import map_boxes_to_original

        ready, record = self._engine.preprocess_img(picture)
        self._engine.text_det.limit_side_len = side
        try:
            crops, found = self._engine.detect_and_crop(ready, record)
        except RapidOCRError:  # its way of saying that there is no text
            return []
        corners = map_boxes_to_original(found.boxes, record, *picture.shape[:2])
        return [_Found(four, crop) for four, crop in zip(corners, crops, strict=True)]

    def _recognise(self, found: list[_Found]) -> Iterator[int]:
        """Fill in text and score, lines of like length together; yield how many are done after each batch."""
        order = sorted(found, key=lambda one: one.crop.shape[1] / one.crop.shape[0])
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            read = self._engine.recognize_txt([one.crop for one in part])
            for one, text, score in zip(part, read.txts, read.scores, strict=True):
                one.text, one.score = text, float(score)
            yield at + len(part)

    def _is_upside_down(self, found: list[_Found]) -> bool:
        """Say whether the lines read better when turned by half; tried only where they read badly."""
        longest = sorted(found, key=lambda one: -max(one.size))[:TRIED]
        if not longest or _mean(longest) >= SURE:
            return False
        turned = [_Found(one.corners, _half_turn(one.crop)) for one in longest]
        for _ in self._recognise(turned):
            pass
        return _mean(turned) > _mean(longest) + BETTER


def _bgr(image: Pixels) -> Pixels:
    import numpy as np

    return np.ascontiguousarray(image[..., ::-1])


def _blank() -> Pixels:
    import numpy as np

    return np.zeros((32, 32, 3), np.uint8)


def _half_turn(crop: Pixels) -> Pixels:
    import numpy as np

    return np.ascontiguousarray(crop[::-1, ::-1])


def _mean(found: list[_Found]) -> float:
    return sum(one.score for one in found) / len(found)


def _bounds(corners: NDArray[np.float32]) -> tuple[float, float, float, float]:
    left, top = corners.min(axis=0).tolist()
    right, bottom = corners.max(axis=0).tolist()
    return left, top, right, bottom


def _covers(one: _Found, other: _Found) -> bool:
    """Say whether so much of either lies within the other that they are one line."""
    left, top, right, bottom = _bounds(one.corners)
    left2, top2, right2, bottom2 = _bounds(other.corners)
    wide, high = min(right, right2) - max(left, left2), min(bottom, bottom2) - max(top, top2)
    if wide <= 0 or high <= 0:
        return False
    smaller = min((right - left) * (bottom - top), (right2 - left2) * (bottom2 - top2))
    return wide * high >= COVERED * smaller


def _box(corners: NDArray[np.float32], width: int, height: int) -> Box:
    left, top, right, bottom = _bounds(corners)
    x, y = min(max(left / width, 0.0), 1.0), min(max(top / height, 0.0), 1.0)
    return Box(x, y, min(max(right / width - x, 0.0), 1 - x), min(max(bottom / height - y, 0.0), 1 - y))


def _is_plausible(line: Line) -> bool:
    """Say whether a line has a letter or digit; a single one must be read surely and not fill the picture.

    Wheels, cups and window frames are found as one huge letter.
    """
    letters = sum(map(str.isalnum, line.text))
    return letters > 1 or (letters == 1 and line.score >= SINGLE and max(line.box.w, line.box.h) <= HUGE)


def _in_order(found: list[_Found], turned: bool) -> list[_Found]:
    """Sort by rows from the top, then from the left, as seen by somebody who holds the picture so that it reads.

    Where most lines run up or down, the crops were read after a quarter turn against the clock, so rows run from the
    right.
    """
    sideways = sum(one.tall for one in found) * 2 > len(found)
    sign = -1 if turned else 1
    placed = []
    for one in found:
        x, y = one.corners.mean(axis=0).tolist()
        across, down = (y, -x) if sideways else (x, y)
        placed.append((sign * down, sign * across, min(one.size), one))
    placed.sort(key=lambda row: row[0])
    rows: list[list[tuple[float, float, float, _Found]]] = []
    for row in placed:
        if rows and row[0] - rows[-1][0][0] < 0.5 * min(row[2], rows[-1][0][2]):
            rows[-1].append(row)
        else:
            rows.append([row])
    return [row[3] for line in rows for row in sorted(line, key=lambda part: part[1])]
