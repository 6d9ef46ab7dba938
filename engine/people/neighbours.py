"""The nearest neighbours of every vector among all: exact, and by an inverted index for very many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.errors import Cancelled
from engine.language import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT = 200_000  # vectors up to which every pair is compared
BLOCK = 8192  # queries between two looks at whether to stop


def never() -> bool:
    """What asks nobody to stop."""
    return False


def edges(vectors: NDArray[np.float32], k: int, least: float, stopped: Callable[[], bool] = never) -> NDArray[np.int64]:
    """Pairs of rows (smaller first, each once) of which one is among the k nearest of the other, with a cosine of
    `least` or more.

    Raises:
        Cancelled: `stopped` said so.
    """
    import faiss
    import numpy as np

    count, dim = vectors.shape
    if count < 2:
        return np.empty((0, 2), np.int64)
    rows = np.ascontiguousarray(vectors, np.float32)
    index: Any = faiss.IndexFlatIP(dim)
    if count > EXACT:
        lists = int(4 * count**0.5)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.train(rows[np.random.default_rng(7).choice(count, min(count, 40 * lists), replace=False)])
        index.nprobe = max(16, lists // 32)
    index.add(rows)
    keys = []
    for begin in range(0, count, BLOCK):
        if stopped():
            raise Cancelled(tr("Comparing faces was stopped."))
        cosines, others = index.search(rows[begin : begin + BLOCK], min(k + 1, count))
        own = np.arange(begin, begin + len(others), dtype=np.int64)[:, None]
        good = (cosines >= least) & (others >= 0) & (others != own)
        own = np.broadcast_to(own, others.shape)[good]
        near = others[good].astype(np.int64)
        keys.append(np.minimum(own, near) * count + np.maximum(own, near))
    key = np.unique(np.concatenate(keys))
    return np.stack((key // count, key % count), axis=1)
