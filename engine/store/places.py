"""How far two places where somebody appears are the same place: boxes, spans of time, and both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.model import Box

Spans = tuple[tuple[float, float], ...]

LEAST_BOX = 0.5  # intersection over union from which two boxes are the same face of one picture
LEAST_REGION = 0.3  # the same of a region that another program drew: some draw heads, some faces
LEAST_TIME = 0.5  # share of the shorter track or voice that lies in the other
LEAST_TRACK_BOX = 0.1  # of tracks: a face moves, and each pack keeps another picture of it


@dataclass(frozen=True, slots=True)
class Spot:
    """A place inside one asset: a box, spans of time, a page; what is absent is None or empty."""

    spans: Spans = ()
    page: int | None = None
    box: Box | None = None


class Talker(NamedTuple):
    """A face or voice of a film with its spans of time."""

    id: int
    sort: str
    asset_id: int
    person_id: int | None
    spans: Spans


def same_box(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.w * a.h + b.w * b.h - shared)


def shared_time(a: Spans, b: Spans) -> float:
    """Seconds that lie in both; spans of one side do not overlap each other."""
    return sum(max(0.0, min(ends, end) - max(starts, start)) for starts, ends in a for start, end in b)


def length(spans: Spans) -> float:
    """Seconds in all."""
    return sum(max(0.0, end - start) for start, end in spans)


def likeness(a: Spot, b: Spot, vectors: float | None = None, least: float = LEAST_BOX) -> float:
    """How sure two spots are the same face or voice, 0 = they are not; `vectors` is their cosine, where it is known."""
    if a.page != b.page or bool(a.spans) != bool(b.spans):
        return 0.0
    if not a.spans:
        shared = same_box(a.box, b.box) if a.box and b.box else float(a.box == b.box)
        return shared if shared >= least else 0.0
    shorter = min(length(a.spans), length(b.spans))
    # A track of a single frame has no length: it is in the other or not.
    shared = shared_time(a.spans, b.spans) / shorter if shorter > 0 else float(_touch(a.spans, b.spans))
    if shared < LEAST_TIME:
        return 0.0
    union = length(a.spans) + length(b.spans) - shared_time(a.spans, b.spans)
    sure = shared_time(a.spans, b.spans) / union if union > 0 else 1.0
    if a.box is None or b.box is None:
        return max(sure, 0.01)
    boxes = same_box(a.box, b.box)
    if boxes < LEAST_TRACK_BOX and (vectors is None or vectors < 0.6):
        return 0.0
    return sure + boxes + max(0.0, vectors or 0.0)


def _touch(a: Spans, b: Spans) -> bool:
    return any(start <= ends and starts <= end for starts, ends in a for start, end in b)


def pairs(
    old: Sequence[Spot],
    new: Sequence[Spot],
    cosine: Callable[[int, int], float | None] = lambda i, j: None,
    least: float = LEAST_BOX,
) -> dict[int, int]:
    """Match old to new spots, the surest pairs first, each at most once: the index of the old one for each new one."""
    found = [
        (sure, i, j)
        for i, one in enumerate(old)
        for j, other in enumerate(new)
        if (sure := likeness(one, other, cosine(i, j), least)) > 0
    ]
    taken: set[int] = set()
    matched: dict[int, int] = {}
    for _, i, j in sorted(found, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if i not in taken and j not in matched:
            taken.add(i)
            matched[j] = i
    return matched
