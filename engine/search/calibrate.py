"""What a cosine means: held against the background of the library, and against what else the model could have said.

Cosines of one model say little by themselves, and mean something else for every question. So the question is asked of
a sample of the library (up to 2,000 vectors), and three things follow:

- *better than N %*: the share of the sample with a lower cosine.
- The deviation of a hit: its distance from the median in units of 1.4826 times the median distance from the median
  (the standard deviation of normal numbers, but unmoved by the hits themselves). A hit counts from `CLEAR` deviations
  on, if the best hit stands out at all: farther than the best of so many random ones would (normal quantile of 1 - 1/n)
  and by `MARGIN` more.
- Where this says nothing - the library has less than `FEW` vectors, or so many pictures match that they are the
  background - a hit is held against `ANCHORS`, everyday descriptions: it counts when the question describes it better
  than nine of ten of them do, by `SLIGHT` better than their middle, and at least half as far from it as the best hit.
  This is how such models tell classes apart.

A model with a sigmoid (SigLIP: sigmoid(scale * cosine + bias)) also says how sure it is: from `SURE` on a hit counts
anyway, below `UNSURE` it never does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FEW = 50  # vectors: fewer are no background
CLEAR = 2.5  # deviations of a hit
ALIKE = 2.0  # deviations of something like an example
MARGIN = 0.25  # deviations
SLIGHT = 0.02  # cosine that a hit has to stand above the middle, whatever the deviations
SMALLEST = 0.004  # cosine of a deviation: in a library of like pictures every difference would be large
SURE, UNSURE = 0.05, 0.0005
COMMON = 0.05  # of the sample: so many match that they may be the background themselves
ANCHORS = (
    "a photo", "a person", "a group of people", "a man", "a woman", "a child", "a dog", "a cat", "a bird", "food",
    "a building", "a street", "a room", "a car", "a tree", "a mountain", "the sea", "the sky", "at night",
    "a sports game", "a document", "a screenshot", "a drawing", "an object",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """How a model turns a cosine into a probability."""

    scale: float
    bias: float

    def cosine(self, probability: float) -> float:
        """The cosine of a probability."""
        return (math.log(probability / (1 - probability)) - self.bias) / self.scale


@dataclass(frozen=True, slots=True)
class Background:
    """The cosines of one question with the sample, in order; `count` vectors are in the space."""

    scores: Floats
    count: int
    sigmoid: Sigmoid | None = None

    @property
    def middle(self) -> float:
        """The median."""
        return float(self.scores[len(self.scores) // 2]) if len(self.scores) else 0.0

    @property
    def spread(self) -> float:
        """One deviation."""
        import numpy as np

        if not len(self.scores):
            return SMALLEST
        return max(SMALLEST, 1.4826 * float(np.median(np.abs(self.scores - self.middle))))

    @property
    def enough(self) -> bool:
        """Whether it is large enough to say anything."""
        return len(self.scores) >= FEW

    def better(self, scores: Sequence[float]) -> list[float]:
        """Of each cosine the share of the library that is worse."""
        import numpy as np

        others = max(1, len(self.scores) - 1)  # the hit itself is one of them, or stands for one
        below = np.searchsorted(self.scores, np.array(scores, np.float32) - 1e-4)
        return [min(1.0, count / others) for count in below.tolist()]

    def least(self) -> float:
        """The cosine from which on a hit may count, if the best one stands out."""
        least = max(self.middle + CLEAR * self.spread, self.middle + SLIGHT) if self.enough else self.middle + SLIGHT
        return self.bounded(least)

    def bounded(self, least: float) -> float:
        """A least cosine as the model's own certainty allows it."""
        if self.sigmoid is None:
            return least
        return max(min(least, self.sigmoid.cosine(SURE)), self.sigmoid.cosine(UNSURE))

    def stands_out(self, best: float) -> bool:
        """Whether the best hit is more than chance."""
        if self.sigmoid is not None and best >= self.sigmoid.cosine(SURE):
            return True
        chance = NormalDist().inv_cdf(1 - 1 / max(self.count, FEW)) + MARGIN
        return best >= self.middle + max(chance * self.spread, SLIGHT)

    def alike(self) -> float:
        """The cosine from which on something is like an example; of few things, the nearer half of the way."""
        if self.enough:
            return self.middle + max(ALIKE * self.spread, SLIGHT)
        others = self.scores[self.scores < 0.999]  # without the example itself
        if not len(others):
            return -1.0
        return float(others[len(others) // 2] + 0.4 * (others[-1] - others[len(others) // 2]))


def background(sample: Floats, questions: Floats, count: int, sigmoid: Sigmoid | None = None) -> Background:
    """Hold questions (M x dim: ways to ask the same) against a sample (N x dim)."""
    import numpy as np

    if not len(sample):
        return Background(np.zeros(0, np.float32), count, sigmoid)
    # Not by the matrix product, whose threads would take longer to meet than one takes for so little.
    scores = np.sort(np.einsum("nd,md->nm", sample, questions).max(axis=1))
    return Background(scores, count, sigmoid)


def described(vectors: Floats, questions: Floats, anchors: Floats) -> NDArray[np.bool_]:
    """Of vectors (N x dim) those that a question describes better than nine of ten anchors do."""
    import numpy as np

    if not len(vectors):
        return np.zeros(0, bool)
    own = (vectors @ questions.T).max(axis=1)
    others = vectors @ anchors.T
    above = own - np.median(others, axis=1)
    high = np.quantile(others, 0.9, axis=1)
    return np.asarray((own >= high) & (above >= max(SLIGHT, float(above.max()) / 2)))
