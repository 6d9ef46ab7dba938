"""Bodies in pictures and videos: their joints, their posture in words, and a vector that like postures share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.sights import things
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.postures import SEEN, SPACE, angles, descriptor, postures, square
from engine.packs.vectors import fp16

if TYPE_CHECKING:
    from engine.media.parts import Pixels
    from engine.model import Box
    from engine.packs.models import ObjectDetector, PoseEstimator

SIDE = 1600  # the size at which the other analyzers want the picture too
PERSON = "person"
MOST = 30  # bodies of one picture
SMALLEST = 48  # pixels that a body must be high or wide
JOINTS = 5  # that must be seen: estimators see a few in empty scenes, too


class Pose(Analyzer):
    """One finding for each person that a pack for things has put in a box; in a video for each keyframe.

    `data["points"]` are x, y (fractions of the picture) and score of the joints in `data["names"]`, `data["angles"]`
    the angles in degrees, `data["postures"]` every posture that holds with its score, `label` the first of them; by
    which angles each is told says `engine.packs.postures`. The vector is of the space "<pack>/pose": neither place nor
    size nor the side that somebody looks to counts.
    """

    name = "pose"
    version = 1
    title = mark("Body postures")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    tasks = ("pose", "objects")
    options = ("pose.min_score", "media.max_keyframes", "scenes.threshold")
    travels = ("picture", "keyframes")
    seconds = 0.15

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        look = Look(self, source, options)
        if source.kind is not Kind.VIDEO:
            yield from look.at(source.picture(SIDE), None)
            yield Step(1, 1)
            return
        yield from source.scan_shots()
        for count, frame in enumerate(source.keyframes(), 1):
            yield from look.at(frame.image, frame.time)
            yield Step(count, 0, tr("looking at keyframes"))


class Look:
    """Detector and estimator of one job, and the source that it is about."""

    def __init__(self, analyzer: Pose, source: Source, options: Mapping[str, Any]) -> None:
        self.source = source
        self.detector: ObjectDetector = analyzer.model(options, "objects")
        self.estimator: PoseEstimator = analyzer.model(options, "pose")
        self.boxes = analyzer.pack(options, "objects")
        self.space = f"{analyzer.pack(options, 'pose')}{SPACE}"
        self.least = float(options.get("pose.min_score", 0.5))

    def at(self, image: Pixels, time: float | None) -> Iterator[Finding]:
        """Yield the bodies of one picture."""
        high, wide = image.shape[:2]
        found = things(self.source, self.boxes, self.detector, image, time)
        people = [one.box for one in found if one.label == PERSON and one.score >= self.least]
        for box in [one for one in people if max(one.w * wide, one.h * high) >= SMALLEST][:MOST]:
            finding = self._body(image, box, time)
            if finding is not None:
                yield finding

    def _body(self, image: Pixels, box: Box, time: float | None) -> Finding | None:
        high, wide = image.shape[:2]
        points = self.estimator.estimate(image, box)
        if int((points[:, 2] >= SEEN).sum()) < JOINTS:
            return None
        even = square(points, wide, high)
        held = postures(even)
        made = descriptor(even)
        data = {
            "points": [[round(float(x), 4), round(float(y), 4), round(float(score), 3)] for x, y, score in points],
            "names": list(self.estimator.names),
            "angles": angles(even),
            "postures": {one.name: one.score for one in held},
        }
        return Finding(
            FindingKind.POSE,
            Moment(start=time, box=box),
            text=", ".join(one.name for one in held),
            label=held[0].name if held else "",
            score=round(float(points[points[:, 2] >= SEEN, 2].mean()), 4),
            data=data,
            vector=None if made is None else fp16(made),
            space="" if made is None else self.space,
        )
