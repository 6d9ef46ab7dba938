"""Faces of consecutive frames put together: who stays in the picture from one frame to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from engine.media.parts import Shot
from engine.model import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.alignment import Quality

SAME = 0.5  # cosine from which two faces of one shot are one person's, wherever they are
APART = 0.15  # cosine below which they are not, wherever they are
NEAR = 0.2  # intersection over union from which two faces may be one without looking alike enough
FAIR = 0.5  # quality of both from which a low cosine says that two faces are not one
GAP = 2.6  # seconds for which a face may be turned away or hidden


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face in one frame; `vector` has length 1, and is None where the face is too small to tell."""

    time: float
    box: Box
    score: float
    points: tuple[tuple[float, float], ...]
    quality: Quality
    vector: NDArray[np.float32] | None = None


@dataclass(slots=True)
class Track:
    """One face over a span of one shot."""

    start: float
    end: float
    seen: list[Sighting] = field(default_factory=list)

    @property
    def best(self) -> Sighting:
        """The sighting of the best quality; one that can be told is better than any that cannot."""
        return max(self.seen, key=lambda one: (one.vector is not None, one.quality.all))

    def vector(self) -> NDArray[np.float32] | None:
        """The mean of its vectors, better faces counting more, of length 1; None when none could be told."""
        import numpy as np

        told = [(one.vector, one.quality.all) for one in self.seen if one.vector is not None]
        if not told:
            return None
        mean = np.sum([vector * max(weight, 1e-3) for vector, weight in told], axis=0)
        length = float(np.linalg.norm(mean))
        return np.asarray(mean / length, np.float32) if length > 1e-9 else None


def tracks(shots: Sequence[Shot], frames: Iterable[tuple[float, Sequence[Sighting]]]) -> list[Track]:
    """Put the faces of frames, given in order of time, together to tracks, none of which goes beyond its shot.

    In each frame the surest pair of a track and a face goes first: they must look alike, or overlap without looking
    like two people. A track begins and ends half way to the frame in which it is not seen, or with its shot.
    """
    found: list[Track] = []
    for shot, some in groupby(frames, key=lambda one: _shot_of(shots, one[0])):
        found += _within(shot, list(some))
    return found


def _shot_of(shots: Sequence[Shot], time: float) -> Shot | None:
    return next((one for one in reversed(shots) if time >= one.start - 0.0005), None)


def _within(shot: Shot | None, frames: Sequence[tuple[float, Sequence[Sighting]]]) -> list[Track]:
    """The tracks of one shot."""
    found: list[Track] = []
    for time, faces in frames:
        going = [track for track in found if time - track.seen[-1].time <= GAP]
        left = list(faces)
        for track, face in _pairs(going, faces):
            track.seen.append(face)
            left.remove(face)
        found += [Track(time, time, [face]) for face in left]
    times = [time for time, _ in frames]
    for track in found:
        first, last = (bisect_left(times, track.seen[at].time) for at in (0, -1))
        before = (times[first - 1] + times[first]) / 2 if first else shot.start if shot else times[0]
        after = (times[last] + times[last + 1]) / 2 if last + 1 < len(times) else shot.end if shot else times[-1]
        track.start, track.end = min(before, times[first]), max(after, times[last])
    return found


def _pairs(going: Sequence[Track], faces: Sequence[Sighting]) -> list[tuple[Track, Sighting]]:
    """The tracks that go on, each with its face, by falling likeness."""
    likely = sorted(
        ((value, i, j) for i, track in enumerate(going) for j, face in enumerate(faces)
         if (value := _likeness(track, face)) is not None),
        reverse=True,
    )  # fmt: skip
    done: list[tuple[Track, Sighting]] = []
    taken: set[tuple[str, int]] = set()
    for _, i, j in likely:
        if ("track", i) not in taken and ("face", j) not in taken:
            taken |= {("track", i), ("face", j)}
            done.append((going[i], faces[j]))
    return done


def _likeness(track: Track, face: Sighting) -> float | None:
    """How surely a face goes on a track; None when it does not."""
    overlap = _shared(track.seen[-1].box, face.box)
    own = track.vector()
    if own is None or face.vector is None:
        return overlap if overlap >= NEAR else None
    alike = float(own @ face.vector)
    doubtful = min(track.seen[-1].quality.all, face.quality.all) < FAIR
    if alike >= SAME or (overlap >= NEAR and (alike >= APART or doubtful)):
        return overlap + max(0.0, alike)
    return None


def _shared(one: Box, other: Box) -> float:
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    inside = max(0.0, wide) * max(0.0, high)
    whole = one.w * one.h + other.w * other.h - inside
    return inside / whole if whole > 0 else 0.0
