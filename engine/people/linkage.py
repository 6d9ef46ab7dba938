"""Average linkage with pairs that must stay apart, merged by reciprocal nearest neighbours.

Average linkage (UPGMA: Sokal and Michener, 1958) of unit vectors by their cosine: the mean over all pairs of two
clusters is the product of the clusters' means, so it is exact without a matrix of pairs. Clusters that are each other's
nearest are merged at once, round by round, which for a reducible linkage gives the tree that one merge at a time gives
(reciprocal agglomerative clustering: Sumengen and others, 2021, arXiv 2105.11653); what has one of them for its nearest
and is all but as near goes along (up to `SLACK`, as in the (1+e)-approximate clustering of Dhulipala and others, 2022,
arXiv 2206.11654), which makes tens of rounds of hundreds. Only pairs that the neighbours name are looked at; after each
run the means are compared anew, so that no pair of clusters is missed. Pairs that must stay apart are never merged, and
hand this on to the clusters they become part of (Davidson and Ravi, 2005).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.people.neighbours import edges, never

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float32]

NEIGHBOURS = 48
SLACK = 0.05  # of the likeness
PASSES = 6  # of comparing the means anew
BLOCK = 65536  # pairs whose products are taken at once


def agglomerate(
    sums: Floats, weights: Floats, apart: Ints, threshold: float, stopped: Callable[[], bool] = never
) -> Ints:
    """Return the cluster (the smallest of its rows) of each row.

    `sums` are weighted sums of unit vectors, `weights` what they weigh; `apart` pairs of rows that must not be one.

    Raises:
        Cancelled: `stopped` said so.
    """
    import numpy as np

    count = len(sums)
    labels = np.arange(count, dtype=np.int64)
    total, weight = sums.astype(np.float32, copy=True), weights.astype(np.float32, copy=True)
    for turn in range(PASSES):
        roots = np.unique(labels)
        if len(roots) < 2:
            break
        means = total[roots]
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        # The cosine of two directions is never below their average linkage: nothing that could merge is left out.
        pairs = roots[edges(means, NEIGHBOURS if turn == 0 else NEIGHBOURS // 2, threshold, stopped)]
        if not _rounds(total, weight, labels, pairs.reshape(-1, 2), apart, threshold):
            break
    return labels


def _rounds(total: Floats, weight: Floats, labels: Ints, pairs: Ints, apart: Ints, threshold: float) -> bool:
    """Merge nearest neighbours until none is near enough; return whether there was one."""
    import numpy as np

    count = len(labels)
    forbidden = _unique(labels[apart], count) if len(apart) else apart
    linked = _linkage(total, weight, pairs)
    fresh = np.ones(len(pairs), bool)  # pairs that were not yet held against the forbidden ones
    merged = False
    while True:
        keep = linked >= threshold
        if len(forbidden):
            at = np.flatnonzero(fresh & keep)
            keep[at[np.isin(_keys(pairs[at], count), _keys(forbidden, count))]] = False
        pairs, linked = pairs[keep], linked[keep]
        if not len(pairs):
            break
        to = _merges(pairs, linked, forbidden, count)
        gone = np.flatnonzero(to != np.arange(count))
        merged = True
        np.add.at(total, to[gone], total[gone])
        np.add.at(weight, to[gone], weight[gone])
        labels[:] = to[labels]
        if len(forbidden):
            forbidden = _unique(to[forbidden], count)
        touched = np.zeros(count, bool)
        touched[gone] = touched[to[gone]] = True
        stale = touched[pairs[:, 0]] | touched[pairs[:, 1]]
        again = _unique(to[pairs[stale]], count)
        pairs = np.concatenate((pairs[~stale], again))
        linked = np.concatenate((linked[~stale], _linkage(total, weight, again)))
        fresh = np.arange(len(pairs)) >= len(pairs) - len(again)
    return merged


def _merges(pairs: Ints, linked: Floats, forbidden: Ints, count: int) -> Ints:
    """Where each row goes in one round: itself, or the row that it becomes part of."""
    import numpy as np

    near, best = _best(pairs, linked, count)
    own = np.arange(count, dtype=np.int64)
    mutual = (near >= 0) & (near[near] == own)
    to = np.where(mutual & (near < own), near, own)
    center = mutual & (near > own)
    along: NDArray[np.bool_] = (near >= 0) & ~mutual & center[near] & (best >= (1 - SLACK) * best[near])
    to[along] = near[along]
    if len(forbidden):
        clash = forbidden[(to[forbidden[:, 0]] == to[forbidden[:, 1]])]
        to[clash[along[clash]]] = clash[along[clash]]  # who only goes along waits for another round
    return to


def _linkage(total: Floats, weight: Floats, pairs: Ints) -> Floats:
    import numpy as np

    out = np.empty(len(pairs), np.float32)
    for begin in range(0, len(pairs), BLOCK):
        left, right = pairs[begin : begin + BLOCK].T
        product = np.einsum("ij,ij->i", total[left], total[right])
        out[begin : begin + BLOCK] = product / (weight[left] * weight[right])
    return out


def _best(pairs: Ints, linked: Floats, count: int) -> tuple[Ints, Floats]:
    """The nearest of each row among the pairs and how near, -1 without one; of equals that with the smallest number."""
    import numpy as np

    left, right = np.concatenate((pairs, pairs[:, ::-1])).T
    both = np.concatenate((linked, linked))
    best = np.full(count, -1.0, np.float32)
    np.maximum.at(best, left, both)
    top = both == best[left]
    near = np.full(count, count, np.int64)
    np.minimum.at(near, left[top], right[top])
    return np.where(near == count, -1, near), best


def _unique(pairs: Ints, count: int) -> Ints:
    """The different pairs of two rows, the smaller one first."""
    import numpy as np

    key = np.unique(_keys(pairs[pairs[:, 0] != pairs[:, 1]], count))
    return np.stack((key // count, key % count), axis=1)


def _keys(pairs: Ints, count: int) -> Ints:
    import numpy as np

    return np.minimum(pairs[:, 0], pairs[:, 1]) * count + np.maximum(pairs[:, 0], pairs[:, 1])
