"""The outline of the world that comes with Kinora: land and borders in two resolutions, on the square of Mercator."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.look.atlas.projection import HIGHEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

FILE = Path(__file__).resolve().parent.parent.parent.parent / "resources" / "map" / "world.bin"
STEP = 0.002  # degrees, as packaging/outline.py writes them
FINE_FROM = 3  # level of tiles from which the finer outline is drawn


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines (N x 2 each, x and y of the square) with the rectangles around them (left, top, right, bottom)."""

    lines: tuple[Points, ...]
    bounds: Points

    def within(self, left: float, top: float, right: float, bottom: float) -> list[Points]:
        """Those whose rectangle touches this one."""
        b = self.bounds
        hit = (b[:, 0] <= right) & (b[:, 2] >= left) & (b[:, 1] <= bottom) & (b[:, 3] >= top)
        return [self.lines[at] for at in hit.nonzero()[0].tolist()]


@dataclass(frozen=True, slots=True)
class Outline:
    """Land (rings) and borders (lines) in one resolution."""

    land: Lines
    borders: Lines


@lru_cache(maxsize=1)
def world() -> tuple[Outline, ...]:
    """Read the outline, coarse and fine (some 50 ms: not on the thread of the window)."""
    import numpy as np

    head, _, body = zlib.decompress(FILE.read_bytes()).partition(b"\n")
    levels = json.loads(head)
    total = sum(one["land"] + one["borders"] for one in levels)
    begins = np.frombuffer(body, "<i4", 3 * total).reshape(-1, 3).astype(np.int64)
    steps = np.frombuffer(body, "<i2", offset=12 * total).reshape(-1, 2).astype(np.int64)
    found, line, point = [], 0, 0
    for one in levels:
        parts = []
        for name in ("land", "borders"):
            lines = []
            for x, y, count in begins[line : line + one[name]].tolist():
                path = np.vstack([[(x, y)], steps[point : point + count]]).cumsum(axis=0)
                lines += _copies(_square(path * STEP))
                point += count
            line += one[name]
            parts.append(Lines(tuple(lines), _bounds(lines)))
        found.append(Outline(*parts))
    return tuple(found)


def _square(degrees: Points) -> Points:
    import numpy as np

    latitude = np.radians(np.clip(degrees[:, 1], -HIGHEST, HIGHEST))
    y = (1 - np.log(np.tan(np.pi / 4 + latitude / 2)) / np.pi) / 2
    return np.stack([(degrees[:, 0] + 180) / 360, y], axis=1)


def _copies(line: Points) -> list[Points]:
    """The line, and once more on the other side when it goes over the date line."""
    import numpy as np

    shifts = [0.0, *([-1.0] if line[:, 0].max() > 1 else []), *([1.0] if line[:, 0].min() < 0 else [])]
    return [line + np.array((shift, 0.0)) for shift in shifts]


def _bounds(lines: list[Points]) -> Points:
    import numpy as np

    return np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines])


def cropped(line: Points, low: float, high: float, *, closed: bool) -> Points:
    """A line in pixels with less of what lies outside of the square low..high in both directions.

    A point both of whose sides lie beyond one edge of the square is moved to the edge: what shows inside stays as it
    is, and what was a coast of thousands of points becomes a few. Points on the same half pixel become one.
    """
    import numpy as np

    beyond = np.stack([line[:, 0] < low, line[:, 0] > high, line[:, 1] < low, line[:, 1] > high])
    after = np.asarray((beyond & np.roll(beyond, -1, axis=1)).any(axis=0))
    before = np.asarray(np.roll(after, 1))
    if not closed:
        after[-1], before[0] = before[-1], after[0]
    far = after & before
    moved = np.where(far[:, None], np.clip(line, low, high), line)
    rounded = np.round(moved * 2)
    kept = np.ones(len(line), bool)
    kept[1:] = (rounded[1:] != rounded[:-1]).any(axis=1)
    return np.asarray(moved[kept])
