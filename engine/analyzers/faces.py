"""Faces in pictures and videos: where they are, how good they are, and the numbers that tell people apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.following import Sighting, Track, tracks
from engine.media.source import Frame, Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.alignment import aligned, quality
from engine.packs.vectors import fp16

if TYPE_CHECKING:
    from engine.media.parts import Pixels
    from engine.packs.models import FaceDetector, FaceEmbedder

SIDE = 1600  # the size at which the other analyzers want the picture too
EVERY = 1.0  # seconds between the frames of a video
CLOSE = 0.3  # of EVERY: so near to a keyframe, another frame says nothing new
ONCE = 0.2  # quality below which a face of a video that is seen once only is none
MOST = 200  # faces of one picture


class Faces(Analyzer):
    """One finding for each face of a picture, and for each face that is seen for a while in a shot of a video.

    `data["points"]` are its eyes, nose and corners of the mouth, `data["quality"]` how good it is (see
    `engine.packs.alignment`). A face smaller than `faces.min_size` is kept without a vector: it says nothing about who
    it is. In a video `data["best"]` is the time of the frame that box, points and quality are of, `data["seen"]` in how
    many frames it was seen; the vector is the mean of all of them, better ones counting more.

    A picture is looked at once, as a whole. Cutting it in four finds no more of the faces from 28 pixels on (YuNet at
    640 finds 97 of 100 of those in a picture of 1600) and takes three times as long.
    """

    name = "faces"
    version = 1
    title = mark("Faces")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    tasks = ("face-detection",)
    helped_by = ("face-embedding",)
    options = ("faces.min_score", "faces.min_size", "media.max_keyframes", "scenes.threshold")
    frames = EVERY
    travels = ("picture", "keyframes", "frames")
    seconds = 0.1

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        look = Look(self, options)
        if source.kind is Kind.VIDEO:
            yield from self._video(source, look)
            return
        faces = look.at(source.picture(SIDE), 0.0)
        yield Step(1, 1)
        for face in faces:
            yield _finding(face, Moment(box=face.box), {}, face.vector, look.space)

    def _video(self, source: Source, look: Look) -> Iterator[Yield]:
        source.want_frames(EVERY)
        yield from source.scan_shots()
        shots = source.shots()
        seen: list[tuple[float, Sequence[Sighting]]] = []
        for frame in _frames(source, [time for shot in shots for time in shot.keyframes]):
            seen.append((frame.time, look.at(frame.image, frame.time)))
            yield Step(frame.time, shots[-1].end, tr("looking for faces"))
        last = source.facts.duration
        for track in tracks(shots, seen):
            if len(track.seen) == 1 and track.best.quality.all < ONCE:
                continue
            yield _tracked(track, last, look.space)


class Look:
    """Detector and embedder of one job, with its thresholds."""

    def __init__(self, analyzer: Faces, options: Mapping[str, Any]) -> None:
        self.detector: FaceDetector = analyzer.model(options, "face-detection")
        embeds = bool(analyzer.pack(options, "face-embedding"))
        self.embedder: FaceEmbedder | None = analyzer.model(options, "face-embedding") if embeds else None
        self.space = self.embedder.space if self.embedder else ""
        self.least = float(options.get("faces.min_score", 0.7))
        self.smallest = int(options.get("faces.min_size", 28))

    def at(self, image: Pixels, time: float) -> list[Sighting]:
        """The faces of one picture, best first."""
        import numpy as np

        found = self.detector.detect(image, self.least)[:MOST]
        cut = [aligned(image, one.box, one.points) for one in found if one.box.w > 0 and one.box.h > 0]
        found = [one for one in found if one.box.w > 0 and one.box.h > 0]
        judged = [quality(face, one.box, one.points, image.shape, one.score)
                  for face, one in zip(cut, found, strict=True)]  # fmt: skip
        told = [n for n, one in enumerate(judged) if one.size >= self.smallest] if self.embedder else []
        vectors = self.embedder.embed(np.stack([cut[n] for n in told])) if self.embedder and told else ()
        of = {n: vector for n, vector in zip(told, vectors, strict=True) if vector.any()}
        return [Sighting(time, one.box, one.score, one.points, judged[n], of.get(n)) for n, one in enumerate(found)]


def _frames(source: Source, keyframes: Sequence[float]) -> Iterator[Frame]:
    """Keyframes and frames at even steps in order of time, without those that lie close to a keyframe."""
    steps = (frame for frame in source.frames(EVERY) if not _near(frame.time, keyframes))
    return merge(source.keyframes(), steps, key=lambda frame: frame.time)


def _near(time: float, keyframes: Sequence[float]) -> bool:
    at = bisect_left(keyframes, time)
    return any(abs(time - one) < CLOSE * EVERY for one in keyframes[max(0, at - 1) : at + 1])


def _tracked(track: Track, last: float | None, space: str) -> Finding:
    best = track.best
    end = track.end if last is None else min(track.end, max(last, track.seen[-1].time))
    moment = Moment(start=round(track.start, 3), end=round(end, 3), box=best.box)
    return _finding(best, moment, {"best": best.time, "seen": len(track.seen)}, track.vector(), space)


def _finding(face: Sighting, moment: Moment, more: Mapping[str, Any], vector: Any, space: str) -> Finding:
    data: dict[str, Any] = {"quality": face.quality.to_json(), **more}
    if face.points:
        data["points"] = [[round(x, 5), round(y, 5)] for x, y in face.points]
    kept = None if vector is None else fp16(vector)
    return Finding(FindingKind.FACE, moment, score=face.score, data=data, vector=kept, space=space if kept else "")
