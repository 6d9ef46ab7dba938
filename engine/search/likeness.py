"""Which pictures are nearly the same, which of them belong together, and which one to keep."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from engine.language import both, mark, tr
from engine.model import Facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR = 10  # differing bits of 64; unlike photos were never nearer than 14, crops of up to 5 % hardly further than 10
CONFIRM = 2  # times the limit: how far the second half of a hash may differ
LENGTH = 0.9  # of the longer video: the least length of the other
VIDEO_SHARE = 0.5  # of the keyframes of the video that has fewer
MOST = 50  # nearest of one hash: a thousand equal pictures are no half million pairs
BLOCK = 1 << 18  # comparisons at a time, so that they stay in the cache
LOSSLESS = ("PNG", "TIFF", "BMP")
CAMERA_RAW = ("RAW", "DNG", "CR2", "CR3", "NEF", "ARW", "ORF", "RAF", "RW2")


class Pair(NamedTuple):
    """Two assets, the smaller id first, and how many of 64 bits differ."""

    first: int
    second: int
    distance: int


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one of a group of duplicates when choosing the one to keep."""

    id: int
    facts: Facts = field(default_factory=Facts)
    size: int = 0  # bytes
    rating: int | None = None  # 1 to 5, from the user or from the file
    tags: int = 0  # how many the user gave it


@dataclass(frozen=True, slots=True)
class Choice:
    """The one to keep, and a reason in words for every member."""

    keep: int
    reasons: Mapping[int, str]


def near_pairs(
    hashes: Sequence[tuple[int, str]],
    limit: int = NEAR,
    new: Collection[int] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Pair]:
    """Return the pairs of assets whose hashes differ in at most `limit` bits, for each hash its `MOST` nearest.

    `hashes` are (asset, hex digits), several for one asset if it was hashed in several views: the nearest two count.
    The first 64 bits give the distance; when there are 64 more, they may differ in at most `CONFIRM` times as many.
    With `new`, only pairs with one of those assets are looked for. Time grows with the square of the number of hashes
    (with `new`: with the product), at about 400 million comparisons in a second. `stopped` is asked now and then: when
    it says yes, what was found so far is the answer.
    """
    fresh = None if new is None else set(new)
    at_work = [row for row, (asset, _) in enumerate(hashes) if fresh is None or asset in fresh]
    if len(hashes) < 2 or not at_work:
        return []
    import numpy as np

    ids = np.array([asset for asset, _ in hashes], np.int64)
    codes = codes_of([bits for _, bits in hashes])
    rows = np.array(at_work, np.intp)
    nearest: dict[tuple[int, int], int] = {}
    step = max(1, BLOCK // len(ids))
    for at in range(0, len(rows), step):
        if stopped():
            break
        for a, b, distance in _near(codes, ids, rows[at : at + step], limit):
            pair = (a, b) if a < b else (b, a)
            nearest[pair] = min(distance, nearest.get(pair, distance))
    return [Pair(a, b, distance) for (a, b), distance in sorted(nearest.items())]


def video_pairs(
    frames: Sequence[tuple[int, str]],
    lengths: Mapping[int, float],
    limit: int = NEAR,
    new: Collection[int] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Pair]:
    """Return the pairs of videos of about the same length of which at least `VIDEO_SHARE` of the keyframes match.

    `frames` are (asset, hex digits) of every keyframe, `lengths` seconds by asset; videos without a known length are
    compared by their keyframes only. The distance is the mean over those that match.
    """
    by_asset: dict[int, list[str]] = {}
    for asset, bits in frames:
        by_asset.setdefault(asset, []).append(bits)
    found = []
    for first, second, _ in near_pairs(frames, limit, new, stopped):
        short, long = sorted((lengths.get(first, 0.0), lengths.get(second, 0.0)))
        if short and short < LENGTH * long:
            continue
        share, distance = video_likeness(by_asset[first], by_asset[second], limit)
        if share >= VIDEO_SHARE:
            found.append(Pair(first, second, round(distance)))
    return found


def video_likeness(first: Sequence[str], second: Sequence[str], limit: int = NEAR) -> tuple[float, float]:
    """Return the share of keyframes that match in both directions (the smaller one), and the mean distance of those."""
    import numpy as np

    if not first or not second:
        return 0.0, float(limit)
    codes = codes_of([*first, *second])
    left, right = codes[: len(first)], codes[len(first) :]
    distance = np.bitwise_count(left[:, None, 0] ^ right[None, :, 0]).astype(np.int64)
    confirm = np.bitwise_count(left[:, None, 1] ^ right[None, :, 1])
    distance[confirm > CONFIRM * limit] = 64
    best = (distance.min(axis=1), distance.min(axis=0))
    share = min(float((side <= limit).mean()) for side in best)
    matched = np.concatenate([side[side <= limit] for side in best])
    return share, float(matched.mean()) if len(matched) else float(limit)


def groups(pairs: Iterable[Pair], order: Sequence[int]) -> list[tuple[int, ...]]:
    """Gather pairs into groups, the one to keep first.

    `order` lists the assets, the best first. Every member of a group is near the one to keep itself: a chain, in which
    each is near the next but the ends are unlike, falls into several groups.
    """
    near: dict[int, set[int]] = {}
    for first, second, _ in pairs:
        near.setdefault(first, set()).add(second)
        near.setdefault(second, set()).add(first)
    place = {asset: index for index, asset in enumerate(order)}
    last = len(place)
    free = set(near)
    found = []
    for asset in sorted(near, key=lambda one: (place.get(one, last), one)):
        if asset not in free:
            continue
        others = sorted(near[asset] & free - {asset}, key=lambda one: (place.get(one, last), one))
        if others:
            found.append((asset, *others))
            free -= {asset, *others}
    return found


def ranked(members: Iterable[Member]) -> list[Member]:
    """Sort by what is worth keeping, the best first."""
    return sorted(members, key=_merit)


def keep_best(members: Iterable[Member]) -> Choice:
    """Choose the member to keep and say why, for it and for each of the others.

    Raises:
        ValueError: there are no members.
    """
    best, *others = ranked(members)
    reasons = {other.id: _against(best, other) for other in others}
    why = {text for text in (_for(best, other) for other in others) if text}
    reasons[best.id] = (
        _sentence([tr(one) for one in sorted(why, key=_REASONS.index)]) if why else tr("The first of equals")
    )
    return Choice(best.id, reasons)


_REASONS = (
    mark("it is rated or tagged by you"),
    mark("largest picture"),
    mark("original format"),
    mark("has the camera's data"),
    mark("earliest date"),
    mark("least compressed"),
)


def _merit(member: Member) -> tuple[float, ...]:
    """Return a key that sorts the best first: one number for each of `_REASONS`, then the id."""
    facts = member.facts
    date = facts.taken or "9999"
    digits = "".join(part for part in date if part.isdigit())[:14].ljust(14, "0")
    return (
        -(member.rating or 0) - member.tags,
        -_pixels(facts),
        -_format_rank(facts.format),
        -(bool(facts.camera) + bool(facts.taken) + (facts.latitude is not None)),
        float(digits or 0),
        -member.size,
        member.id,
    )


def _for(best: Member, other: Member) -> str:
    """Return the first of `_REASONS` that sets the best apart from the other."""
    for reason, mine, theirs in zip(_REASONS, _merit(best), _merit(other), strict=False):
        if mine < theirs:
            return reason
    return ""


def _against(best: Member, other: Member) -> str:
    """Say why the other one is not the one to keep."""
    reason = _for(best, other)
    if reason == "largest picture":
        return tr("Smaller: {size} instead of {size2}", size=_size(other.facts), size2=_size(best.facts))
    words = {
        "it is rated or tagged by you": tr("Not rated or tagged by you"),
        "original format": tr("Saved again as {format}", format=other.facts.format or tr("another format")),
        "has the camera's data": tr("Lacks the date, the place or the camera"),
        "earliest date": tr("Has a later date"),
        "least compressed": tr("More strongly compressed"),
    }
    return words.get(reason, tr("The same in all that counts"))


def _sentence(parts: list[str]) -> str:
    text = both(parts)
    return text[:1].upper() + text[1:]


def _pixels(facts: Facts) -> int:
    """Return the size in steps of a tenth of a megapixel at least, so that one pixel more decides nothing."""
    return round((facts.width or 0) * (facts.height or 0) / 10_000)


def _size(facts: Facts) -> str:
    return f"{facts.width or '?'} x {facts.height or '?'}"


def _format_rank(format: str) -> int:
    """Say how close a format is to what a camera wrote: raw, HEIC, JPEG, then what editors and the web make."""
    name = format.upper()
    if any(word in name for word in CAMERA_RAW):
        return 4
    if "HEI" in name:
        return 3
    if "JPEG" in name or any(word in name for word in LOSSLESS):
        return 2
    return 1


def codes_of(bits: Sequence[str]) -> NDArray[np.uint64]:
    """Return the hashes (hex digits) as an array n x 2; the second column is 0 where there are only 64 bits."""
    import numpy as np

    wide = b"".join(bytes.fromhex(one).ljust(16, b"\0")[:16] for one in bits)
    return np.frombuffer(wide, ">u8").astype(np.uint64).reshape(-1, 2)


def _near(
    codes: NDArray[np.uint64], ids: NDArray[np.int64], part: NDArray[np.intp], limit: int
) -> Iterator[tuple[int, int, int]]:
    """Yield (asset, asset, distance) of the rows of `part` with the nearest of all rows that are near them."""
    import numpy as np

    first = np.ascontiguousarray(codes[:, 0])
    distance = np.bitwise_count(codes[part, 0][:, None] ^ first[None, :])
    left, others = np.nonzero(distance <= limit)
    confirm = np.bitwise_count(codes[part[left], 1] ^ codes[others, 1])
    kept = (confirm <= CONFIRM * limit) & (ids[part[left]] != ids[others])
    left, others = left[kept], others[kept]
    far = distance[left, others]
    ends = np.flatnonzero(np.diff(left)) + 1
    for begin, end in zip([0, *ends.tolist()], [*ends.tolist(), len(left)], strict=True):
        if begin < end:
            mine = int(ids[part[left[begin]]])
            for other, bits in _nearest(ids[others[begin:end]], far[begin:end]):
                yield mine, other, bits


def _nearest(ids: NDArray[np.int64], distance: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Yield the `MOST` nearest different assets; of equally near ones those that come first."""
    import numpy as np

    if len(ids) > MOST:
        order = np.argsort(distance, kind="stable")
        _, firsts = np.unique(ids[order], return_index=True)
        chosen = order[np.sort(firsts)[:MOST]]
        ids, distance = ids[chosen], distance[chosen]
    yield from zip(ids.tolist(), distance.tolist(), strict=True)
