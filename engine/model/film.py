"""What is measured of a film or recording: when its frames are shown, and its wave."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR = 0.0006  # seconds: players tell the time in thousandths


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """The frames of a film in the order in which they are shown; numbers count from 0."""

    times: "array[int]"  # in units of `base`
    base: Fraction  # seconds
    rate: Fraction | None  # frames a second, the mean where they vary
    timecode: str = ""  # of the first frame, where the file has one

    def __len__(self) -> int:
        return len(self.times)

    def second(self, number: int) -> float:
        """When a frame begins."""
        return float(self.times[number] * self.base)

    def at(self, second: float) -> int:
        """The frame that is shown at a second; the first one before it begins."""
        ticks = float((second + NEAR) / self.base)
        return max(0, bisect_right(self.times, ticks) - 1)

    def middle(self, number: int) -> float:
        """A second well inside a frame: half-way to the next one."""
        first = self.second(number)
        if number + 1 < len(self.times):
            return (first + self.second(number + 1)) / 2
        return first + float(1 / self.rate) / 2 if self.rate else first + 0.005

    def bounded(self, number: int) -> int:
        """The nearest frame that there is."""
        return min(max(0, number), len(self.times) - 1)


@dataclass(frozen=True, slots=True)
class Peaks:
    """The wave of a recording: for each piece of time the lowest and highest sample of each channel, -128..127."""

    rate: float  # pieces a second
    extremes: "NDArray[np.int8]"  # pieces x channels x 2

    @property
    def channels(self) -> int:
        """One or two."""
        return int(self.extremes.shape[1])

    def drawn(self, start: float, end: float, columns: int) -> "NDArray[np.int8]":
        """The extremes of a span of seconds in so many columns: columns x channels x 2."""
        import numpy as np

        edges = np.linspace(start * self.rate, end * self.rate, columns + 1)
        low = np.clip(np.floor(edges[:-1]), 0, max(0, len(self.extremes) - 1)).astype(np.int64)
        found = np.zeros((columns, self.channels, 2), np.int8)
        if not len(self.extremes):
            return found
        found[:, :, 0] = np.minimum.reduceat(self.extremes[:, :, 0], low, axis=0)
        found[:, :, 1] = np.maximum.reduceat(self.extremes[:, :, 1], low, axis=0)
        last = int(min(len(self.extremes), np.ceil(edges[-1]) + 1))
        found[-1, :, 0] = self.extremes[low[-1] : last, :, 0].min(axis=0, initial=0)
        found[-1, :, 1] = self.extremes[low[-1] : last, :, 1].max(axis=0, initial=0)
        found[edges[:-1] >= len(self.extremes)] = 0
        return found
