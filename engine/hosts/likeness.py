"""Whether two answers to the same question are the same answer, given by machines that reckon a little differently."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from engine.model import Box, Finding, FindingKind, Moment

SURE = 0.6  # a score from which a finding is no matter of rounding
AGREE = 0.5  # share of the sure findings of either side that the other one must have, too
OVERLAP = 0.3  # of two boxes around the same thing, by their union
COSINE = 0.8  # of two vectors of the same thing
LATER = 2.0  # seconds by which a moment may be told earlier or later
SAMPLE = 300  # findings of a sort that are looked for
LEAST = 20  # groups of three letters in a text, for a comparison to say anything
ALIKE = 0.4  # share of them that two texts must have in common
NAMELESS = frozenset({FindingKind.SPEAKER, FindingKind.POSE})  # their labels are numbers, or matters of a few degrees
APART = frozenset({FindingKind.NOTICE})  # words for people that say nothing of what is seen


def unlike(ours: Sequence[Finding], theirs: Sequence[Finding]) -> FindingKind | None:
    """The first sort of finding in which two answers clearly contradict each other; None where they may be the same."""
    for kind in FindingKind:
        here = [one for one in ours if one.kind is kind]
        there = [one for one in theirs if one.kind is kind]
        if kind is FindingKind.TEXT:
            same = _same_words(here, there)
        else:
            same = kind in APART or (_within(here, there) and _within(there, here))
        if not same:
            return kind
    return None


def _within(some: Sequence[Finding], others: Sequence[Finding]) -> bool:
    """Whether enough of the sure ones of `some` are among `others`, sure there or not."""
    sure = [one for one in some if one.score is None or one.score >= SURE]
    sample = sure[:: max(1, len(sure) // SAMPLE)]
    by_name: defaultdict[str, list[Finding]] = defaultdict(list)
    for other in others:
        by_name[_name(other)].append(other)
    met = sum(any(_near(one, other) for other in by_name[_name(one)]) for one in sample)
    return met >= AGREE * len(sample)


def _name(one: Finding) -> str:
    return "" if one.kind in NAMELESS else one.label


def _near(one: Finding, other: Finding) -> bool:
    return one.space == other.space and _there(one.moment, other.moment) and _along(one.vector, other.vector)


def _there(one: Moment, other: Moment) -> bool:
    if one.page != other.page or (one.box is None) != (other.box is None):
        return False
    if one.box is not None and other.box is not None and overlap(one.box, other.box) < OVERLAP:
        return False
    if one.start is None or other.start is None:
        return one.start == other.start
    ends = (one.end or one.start) + LATER, (other.end or other.start) + LATER
    return one.start <= ends[1] and other.start <= ends[0]


def overlap(one: Box, other: Box) -> float:
    """What two boxes (left, top, width, height) share, of all that they cover together."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, wide) * max(0.0, high)
    whole = one[2] * one[3] + other[2] * other[3] - both
    return both / whole if whole > 0 else 1.0


def _along(one: bytes | None, other: bytes | None) -> bool:
    """Whether two vectors (fp16) point the same way."""
    if one is None or other is None or len(one) != len(other):
        return one == other
    import numpy as np

    a, b = (np.frombuffer(vector, "<f2").astype("f4") for vector in (one, other))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return length == 0 or float(a @ b) >= COSINE * length


def _same_words(ours: Collection[Finding], theirs: Collection[Finding]) -> bool:
    here, there = _threes(ours), _threes(theirs)
    most = max(here.total(), there.total())
    return most < LEAST or (here & there).total() >= ALIKE * most


def _threes(findings: Collection[Finding]) -> Counter[str]:
    text = " ".join("".join(one.text for one in findings).lower().split())
    return Counter(text[at : at + 3] for at in range(len(text) - 2))
