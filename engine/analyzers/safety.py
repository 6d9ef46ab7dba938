"""How safe a picture is to show: a level, and the parts of bodies that say so (NudeNet)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import WHOLE, Box, Finding, FindingKind, Kind, Moment, Step
from engine.packs.runtime import bundled, session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

SIDE = 1600  # the size at which the other analyzers want the picture too
INPUT = 320  # pixels, the square that the model sees
OVERLAP = 0.45  # intersection over union from which two boxes are one part
BORDERS = (0.1, 0.3)  # of the longest side, added in grey for two more looks at what would make a picture unsafe

# In the order of the model's outputs.
LABELS: tuple[str, ...] = (
    "female genitalia covered", "face female", "buttocks exposed", "female breast exposed", "female genitalia exposed",
    "male breast exposed", "anus exposed", "feet exposed", "belly covered", "feet covered", "armpits covered",
    "armpits exposed", "face male", "belly exposed", "male genitalia exposed", "anus covered", "female breast covered",
    "buttocks covered",
)  # fmt: skip
EXPLICIT = frozenset({"female genitalia exposed", "male genitalia exposed", "female breast exposed", "anus exposed"})
SUGGESTIVE = frozenset({"buttocks exposed", "female genitalia covered", "anus covered"})
DRESSED = frozenset({"female breast covered", "buttocks covered"})  # suggestive only beside a bare belly
BARE = "belly exposed"
BOTH = 0.6  # least confidence in either of those two: sportswear is no suggestion
LEVELS = ("safe", "suggestive", "explicit")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body in a picture."""

    label: str
    score: float
    box: Box


class Safety(Analyzer):
    """A level for every picture, by this rule.

    *explicit*: a part of `EXPLICIT` is seen. *suggestive*: a part of `SUGGESTIVE`, or one of `DRESSED` together with a
    bare belly, both clear. Otherwise *safe*. What would make a picture explicit or suggestive must be seen in two of
    three looks, the picture as it is and smaller within two grey borders: the model takes textures (a bird's plumage)
    for skin, but rarely at several sizes. A video has the level of its worst keyframe. The score of a level is that of
    the part that decides; of safe, how far from it all is. A second opinion on the whole picture, where a pack gives
    one (see the analyzer `meaning`), may raise the level of an asset by the rule of `engine.model.safety`.
    """

    name = "safety"
    version = 1
    title = mark("Safe to show")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    needs = ("nudenet",)
    extra = "safety"
    options = ("safety.threshold", "media.max_keyframes", "scenes.threshold")
    travels = ("picture", "keyframes")
    seconds = 0.05

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        threshold = float(options.get("safety.threshold", 0.45))
        if source.kind is Kind.VIDEO:
            yield from self._video(source, threshold)
            return
        parts = self.parts(source.picture(SIDE), threshold)
        yield Step(1, 1)
        yield from (_part(part, WHOLE) for part in parts)
        yield _level(*judged(parts), WHOLE)

    def _video(self, source: Source, threshold: float) -> Iterator[Yield]:
        yield from source.scan_shots()
        worst: tuple[int, float, float] | None = None  # rank of the level, score, time
        for count, frame in enumerate(source.keyframes(), 1):
            parts = self.parts(frame.image, threshold)
            yield from (_part(part, Moment(start=frame.time)) for part in parts)
            level, score = judged(parts)
            rank = LEVELS.index(level)
            if worst is None or (rank, score if rank else -score) > (worst[0], worst[1] if worst[0] else -worst[1]):
                worst = rank, score, frame.time
            yield Step(count, 0, tr("looking at keyframes"))
        if worst is not None:
            rank, score, time = worst
            yield _level(LEVELS[rank], score, Moment(start=time) if rank else WHOLE)

    def parts(self, image: NDArray[np.uint8], threshold: float) -> list[Part]:
        """Return the parts in an RGB picture, best first, those that matter confirmed by more looks."""
        found = self._look(image, threshold)
        doubtful = EXPLICIT | SUGGESTIVE | DRESSED
        if not any(part.label in doubtful for part in found):
            return found
        again = [_best(self._look(_bordered(image, border), threshold)) for border in BORDERS]
        sure = [part if part.label not in doubtful else _median(part, again) for part in found]
        return [part for part in sure if part.score >= threshold]

    @cached_property
    def _model(self) -> InferenceSession:
        return session(bundled("nudenet", "320n.onnx"))

    def _look(self, image: NDArray[np.uint8], threshold: float) -> list[Part]:
        """Run the model (YOLOv8 with 18 classes) on a picture, padded to a square at the right and below."""
        import cv2
        import numpy as np

        height, width = image.shape[:2]
        side = max(height, width)
        scale = INPUT / side
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        square = np.zeros((INPUT, INPUT, 3), np.uint8)
        square[: size[1], : size[0]] = cv2.resize(image, size)  # linear, as the model was made for
        given = square.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (out,) = self._model.run(None, {self._model.get_inputs()[0].name: given})
        rows = np.asarray(out)[0].T  # n x (centre x, centre y, width, height, 18 scores), in pixels of the square
        rows = rows[rows[:, 4:].max(axis=1) >= threshold]
        return [_scaled(row, size[0], size[1]) for row in _strongest(rows)]


def judged(parts: list[Part]) -> tuple[str, float]:
    """Return the level that the parts make, by the rule above, and its score 0..1."""
    best = _best(parts)
    explicit = [best[label] for label in EXPLICIT & best.keys()]
    if explicit:
        return "explicit", max(explicit)
    suggestive = [best[label] for label in SUGGESTIVE & best.keys()]
    pairs = [min(best[label], best.get(BARE, 0.0)) for label in DRESSED & best.keys()]
    suggestive += [score for score in pairs if score >= BOTH]
    if suggestive:
        return "suggestive", max(suggestive)
    hints = [best[label] for label in (DRESSED | {BARE}) & best.keys()]
    return "safe", round(1 - max(hints, default=0.0) / 2, 4)


def _part(part: Part, moment: Moment) -> Finding:
    placed = Moment(start=moment.start, box=part.box)
    return Finding(FindingKind.PART, placed, label=part.label, score=part.score)


def _level(level: str, score: float, moment: Moment) -> Finding:
    return Finding(FindingKind.LEVEL, moment, label=level, score=score)


def _best(parts: list[Part]) -> dict[str, float]:
    """Return the best score of each label."""
    scores: dict[str, float] = {}
    for part in parts:
        scores[part.label] = max(part.score, scores.get(part.label, 0.0))
    return scores


def _median(part: Part, again: list[dict[str, float]]) -> Part:
    """Give a part the median of its own score and those of its label in two more looks."""
    return replace(part, score=sorted([part.score, *(look.get(part.label, 0.0) for look in again)])[1])


def _bordered(image: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    border = max(1, round(max(image.shape[:2]) * share))
    grey = (128, 128, 128)
    return np.asarray(
        cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT, value=grey), np.uint8
    )


def _strongest(rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the rows, best first, without those that overlap a better one."""
    kept: list[NDArray[np.float32]] = []
    for row in sorted(rows, key=lambda one: -float(one[4:].max())):
        if all(_shared(row, other) < OVERLAP for other in kept):
            kept.append(row)
    return kept


def _shared(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return intersection over union of two boxes given by centre and size."""
    wide = min(one[0] + one[2] / 2, other[0] + other[2] / 2) - max(one[0] - one[2] / 2, other[0] - other[2] / 2)
    high = min(one[1] + one[3] / 2, other[1] + other[3] / 2) - max(one[1] - one[3] / 2, other[1] - other[3] / 2)
    inside = float(max(wide, 0) * max(high, 0))
    return inside / (float(one[2] * one[3] + other[2] * other[3]) - inside)


def _scaled(row: NDArray[np.float32], width: int, height: int) -> Part:
    """Turn a row of the model into a part with its box as fractions of the picture, which fills `width` x `height`."""
    x, y, w, h = (float(value) for value in row[:4])
    left, right = (min(max(edge / width, 0.0), 1.0) for edge in (x - w / 2, x + w / 2))
    top, bottom = (min(max(edge / height, 0.0), 1.0) for edge in (y - h / 2, y + h / 2))
    best = int(row[4:].argmax())
    return Part(LABELS[best], round(float(row[4 + best]), 4), Box(left, top, right - left, bottom - top))
