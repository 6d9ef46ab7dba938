"""Find the shots of a video in one pass, and keep the frames that stand for them.

A cut is found as in PySceneDetect's detectors (documentation of `ContentDetector` and `AdaptiveDetector`): the mean
absolute difference of hue, saturation and value between consecutive small frames reaches a threshold and stands out
from that of the frames around it, which flashes and shaking cameras do not, and the shot so far is long enough.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.frames import to_pixels
from engine.media.limits import Limits
from engine.media.parts import Frame, Shot
from engine.media.pixels import fit, jpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels

_SMALL = 256  # longest side that is compared
_STEP = 1 / 31  # seconds between compared frames: 60 or 1000 frames a second tell nothing more
_SHORTEST = 0.45  # seconds of a shot
_AROUND, _STANDS_OUT = 2, 1.7  # frames on each side, and how many times their mean change a cut must have
_SETTLED = 0.5  # seconds into a shot for its first keyframe, past blends and motion
_EVERY = 2.0  # seconds between further candidates
_KEYFRAME_SIDE, _KEYFRAME_QUALITY = 1280, 92
_SAMPLE_SIDE, _SAMPLE_QUALITY = 960, 88  # of the frames kept at even steps
_MOST_SAMPLES = 1800  # half an hour of one a second, in 150 MB; longer videos have them further apart
_GRID = 8  # blocks on each axis when two frames are compared for news: a new subtitle changes few of them
_NEWS = 14.0  # mean difference of the most changed block that makes a frame worth keeping


@dataclass(slots=True)
class _Kept:
    time: float
    jpeg: bytes
    first: bool  # of its shot


@dataclass(frozen=True, slots=True)
class _Seen:
    frame: Any
    time: float
    small: NDArray[np.uint8]
    change: float  # from the frame before


class ShotScan:
    """One pass over decoded frames: cuts, shots and keyframes, and a frame `every` so many seconds (0: none)."""

    def __init__(self, limits: Limits, every: float = 0.0) -> None:
        self.limits = limits
        self.every = every
        self._samples: list[_Kept] = []
        self._step = every  # grows when there are too many
        self.finished = False
        self.shots: tuple[Shot, ...] = ()
        self._cuts: list[float] = [0.0]
        self._kept: list[_Kept] = []
        self._every = _EVERY
        self._ahead: list[_Seen] = []  # not judged yet: a cut is known from what follows it
        self._behind: list[float] = []  # changes of the last judged frames
        self._last_small: NDArray[np.uint8] | None = None
        self._kept_grid: NDArray[np.float32] | None = None
        self._pending: Any = None  # the first frame of a shot, until a settled one comes
        self._pending_time = 0.0
        self._next = _SETTLED

    def run(self, frames: Iterable[Any], aspect: float, rate: float | None) -> Iterator[float]:
        """Take all frames; yields the time reached, in seconds, about every two seconds of video.

        Raises:
            DamagedFile: there was no frame.
        """
        told, last, seen, first = 0.0, -1.0, -1.0, None
        for frame in frames:
            last = self._time(frame, last, rate)
            if first is None:
                first = last
            time = last - first
            if seen >= 0 and time < seen + _STEP:
                continue
            seen = time
            self._look(frame, time, aspect)
            if time >= told + 2.0:
                told = time
                yield time
        if seen < 0:
            raise DamagedFile(tr("This video is damaged: no picture of it can be decoded."))
        self._finish(last - (first or 0.0) + 1.0 / (rate or 25.0), aspect)

    def frames(self) -> Iterator[Frame]:
        """Yield the kept frames, decoded."""
        for kept in self._kept:
            yield _drawn(kept)

    def samples(self) -> Iterator[Frame]:
        """Yield the frames kept at even steps, decoded."""
        for kept in self._samples:
            yield _drawn(kept)

    def _time(self, frame: Any, last: float, rate: float | None) -> float:
        """Return the frame's time; one that is missing or goes back is counted on from the last."""
        time = frame.time
        if time is None or time <= last:
            return max(0.0, last + 1.0 / (rate or 25.0)) if last >= 0 else 0.0
        return float(time)

    def _look(self, frame: Any, time: float, aspect: float) -> None:
        if self._step and (not self._samples or time >= self._samples[-1].time + self._step - _STEP / 2):
            self._sample(frame, time, aspect)
        small = _hsv(frame)
        change = _change(self._last_small, small) if self._last_small is not None else 0.0
        self._last_small = small
        self._ahead.append(_Seen(frame, time, small, change))
        if len(self._ahead) > _AROUND:
            self._judge(aspect)

    def _judge(self, aspect: float) -> None:
        """Decide on the oldest frame that waits: does it begin a shot, is it worth keeping?"""
        seen = self._ahead.pop(0)
        around = [*self._behind, *(one.change for one in self._ahead[:_AROUND])]
        usual = sum(around) / len(around) if around else 0.0
        stands_out = seen.change >= max(self.limits.scenes_threshold, _STANDS_OUT * usual)
        if stands_out and seen.time - self._cuts[-1] >= _SHORTEST:
            self._cut(seen.time, aspect)
        self._behind = [*self._behind, seen.change][-_AROUND:]
        if self._pending is None and self._kept_grid is None:
            self._pending, self._pending_time = seen.frame, seen.time
        if seen.time >= self._next:
            self._candidate(seen.frame, seen.time, seen.small, aspect)

    def _cut(self, time: float, aspect: float) -> None:
        self._keep_pending(aspect)
        self._cuts.append(time)
        self._kept_grid = None
        self._next = time + _SETTLED

    def _candidate(self, frame: Any, time: float, small: NDArray[np.uint8], aspect: float) -> None:
        """Keep the frame if it is the first settled one of its shot, or shows something new."""
        import numpy as np

        self._next = time + self._every
        grid = _grid(small)
        if self._kept_grid is None:
            self._keep(frame, time, aspect, first=True)
        elif float(np.abs(grid - self._kept_grid).max()) >= _NEWS:
            self._keep(frame, time, aspect, first=False)
        else:
            return
        self._kept_grid = grid
        self._pending = None

    def _keep_pending(self, aspect: float) -> None:
        if self._pending is not None:
            self._keep(self._pending, self._pending_time, aspect, first=True)
            self._pending = None

    def _keep(self, frame: Any, time: float, aspect: float, *, first: bool) -> None:
        self._kept.append(_kept(frame, time, aspect, _KEYFRAME_SIDE, _KEYFRAME_QUALITY, first=first))
        if len(self._kept) >= 2 * self.limits.keyframes:
            self._every *= 2
            self._kept = _thinned(self._kept, self.limits.keyframes)

    def _sample(self, frame: Any, time: float, aspect: float) -> None:
        self._samples.append(_kept(frame, time, aspect, _SAMPLE_SIDE, _SAMPLE_QUALITY))
        if len(self._samples) >= _MOST_SAMPLES:
            self._samples = self._samples[::2]
            self._step *= 2

    def _finish(self, end: float, aspect: float) -> None:
        while self._ahead:
            self._judge(aspect)
        self._keep_pending(aspect)
        self._kept = _thinned(self._kept, self.limits.keyframes)
        starts = self._cuts
        ends = [*starts[1:], max(end, starts[-1])]
        times = [kept.time for kept in self._kept]
        self.shots = tuple(
            Shot(
                round(start, 3),
                round(stop, 3),
                tuple(time for time in times if start <= time + 0.0005 and time < stop - 0.0005),
            )
            for start, stop in zip(starts, ends, strict=True)
        )
        self._last_small = self._kept_grid = None
        self.finished = True


def _kept(frame: Any, time: float, aspect: float, side: int, quality: int, *, first: bool = False) -> _Kept:
    from PIL import Image

    pixels: Pixels = to_pixels(frame, side, aspect)
    return _Kept(round(time, 3), jpeg(Image.fromarray(pixels), quality), first)


def _drawn(kept: _Kept) -> Frame:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(kept.jpeg), formats=["JPEG"]) as image:
        return Frame(kept.time, np.asarray(image))


def _hsv(frame: Any) -> NDArray[np.uint8]:
    import cv2

    width, height = fit(frame.width, frame.height, _SMALL)
    small = frame.reformat(width=width, height=height, format="bgr24", interpolation="FAST_BILINEAR").to_ndarray()
    turned: NDArray[np.uint8] = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    return turned


def _change(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference over hue (0..179), saturation and value (0..255)."""
    import cv2

    if before.shape != after.shape:
        return 255.0
    return float(sum(cv2.mean(cv2.absdiff(before, after))[:3]) / 3)


def _grid(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean brightness of each block."""
    import cv2
    import numpy as np

    bright = small[:, :, 2].astype(np.float32)
    return np.asarray(cv2.resize(bright, (_GRID, _GRID), interpolation=cv2.INTER_AREA), np.float32)


def _thinned(kept: list[_Kept], most: int) -> list[_Kept]:
    """Return at most `most`: later ones of a shot go first, then evenly over time."""
    if len(kept) <= most:
        return kept
    firsts = [one for one in kept if one.first]
    others = [one for one in kept if not one.first]
    if len(firsts) >= most:
        return _evenly(firsts, most)
    return sorted(firsts + _evenly(others, most - len(firsts)), key=lambda one: one.time)


def _evenly(kept: list[_Kept], most: int) -> list[_Kept]:
    return [kept[int(at * len(kept) / most)] for at in range(most)]
