"""How alike two faces (or voices) of one space have to be to be one person, learned from the space itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Cosines of different people while nothing is known of a space: the usual embedders centre them near 0 with a spread
# of a bit less than 0.1, so that the default threshold is 0.42. SFace's own is 0.363 (OpenCV's sample of
# FaceRecognizerSF), chosen on pictures of celebrities; children and relatives are more alike, and a wrong merge costs
# more than a question.
MEAN, SPREAD = 0.05, 0.088
PRIOR = 200  # pairs that this assumption counts for
PAIRS = 40_000  # that are looked at, at most
MODE, WIDEST = 0.3, 0.2  # beyond these a peak of cosines is no peak of strangers
LOWEST, HIGHEST = 0.25, 0.75  # whatever a space looks like
LEAST_Z, MOST_Z = 4.2, 5.0  # spreads above the mean of different people, for 100 faces and for 160,000 and more


@dataclass(frozen=True, slots=True)
class Scale:
    """The cosines of different people in a space, and the threshold that follows from them."""

    mean: float
    spread: float
    threshold: float

    def share(self, cosine: float) -> float:
        """A cosine as 0..1 for people: 0.5 at the threshold."""
        return 1.0 / (1.0 + math.exp(-(cosine - self.threshold) / max(0.4 * self.spread, 1e-3)))


def scale(vectors: Vectors, apart: NDArray[np.int64], offset: float = 0.0) -> Scale:
    """Learn the scale of a space.

    `apart` are pairs of rows that are certainly two people (two faces in one picture). Their upper half says how alike
    strangers can be. Of random pairs many may be one person, but hardly any of those below the mode of the others:
    their lower half counts. The threshold lies z spreads above the mean, z growing with the number of faces: among
    more strangers there are more look-alikes.
    """
    import numpy as np

    count = len(vectors)
    mean, spread = MEAN, SPREAD
    if count >= 8:
        chance = np.random.default_rng(7)
        left, right = chance.integers(0, count, PAIRS), chance.integers(0, count, PAIRS)
        keep = left != right
        found = _strangers(_cosines(vectors, left[keep], right[keep]))
        known = min(PAIRS, count * (count - 1) / 2)
        if found is not None:
            weight = known / (known + PRIOR)
            mean, spread = _blend(weight, found[0], mean), _blend(weight, found[1], spread)
    if len(apart) >= 20:
        chosen = apart if len(apart) <= PAIRS else apart[np.random.default_rng(7).integers(0, len(apart), PAIRS)]
        certain = _cosines(vectors, chosen[:, 0], chosen[:, 1])
        middle, high = (float(value) for value in np.quantile(certain, (0.5, 0.95)))
        weight = len(chosen) / (len(chosen) + PRIOR)
        mean = max(mean, _blend(weight, middle, mean))
        spread = max(spread, _blend(weight, (high - middle) / 1.645, spread))  # a normal tail's 95 %
    z = min(MOST_Z, LEAST_Z + 0.25 * max(0.0, math.log10(max(count, 1) / 100)))
    return Scale(mean, spread, min(HIGHEST, max(LOWEST, mean + z * spread + offset)))


def _strangers(cosines: Vectors) -> tuple[float, float] | None:
    """Mode and spread of the cosines of different people among those of random pairs; None when hardly any are."""
    import numpy as np

    counts, edges = np.histogram(cosines, np.arange(-0.5, MODE + 0.11, 0.02))
    smooth = np.convolve(counts, np.ones(5), "same")[: int(np.searchsorted(edges, MODE))]
    mode = float(edges[int(smooth.argmax())]) + 0.01
    below = cosines[cosines < mode]
    if len(below) < 0.05 * len(cosines):
        return None
    spread = float(np.sqrt(np.mean((below - mode) ** 2)))
    return (mode, spread) if spread <= WIDEST else None


def _blend(weight: float, value: float, other: float) -> float:
    return weight * value + (1 - weight) * other


def _cosines(vectors: Vectors, left: NDArray[np.int64], right: NDArray[np.int64]) -> Vectors:
    import numpy as np

    return np.asarray(np.einsum("ij,ij->i", vectors[left], vectors[right]), np.float32)
