"""Clustering of made-up faces with known owners: seconds, memory, and how right the clusters are."""

import resource
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.people.calibrate import scale
from engine.people.cluster import Faces, cluster
from engine.people.neighbours import edges
from tests.bench.rows import row
from tests.quality.people import alone, b_cubed, pairwise

SIZES = ((100_000, 128), (100_000, 256))
STRAY = (0.55, 1.45)  # how far a face lies from its person, the best and the worst one
AT_ONCE = 2.5  # faces in a picture on average


def faces(count: int, dim: int, seed: int = 1) -> tuple[Faces, NDArray[np.int64]]:
    """Faces and their owners: few people with very many, many with one or two (a Pareto law, as in family albums).

    A third of the people come in looks that are as alike as parents and children are; nobody is twice in a picture.
    """
    chance = np.random.default_rng(seed)
    sizes = np.minimum(2000, chance.pareto(1.1, count) * 3 + 1).astype(np.int64)
    owner = np.repeat(np.arange(count), sizes)[:count]
    owner = chance.permutation(owner)
    centre = chance.standard_normal((int(owner.max()) + 1, dim)).astype(np.float32)
    kin = np.arange(0, len(centre) - 1, 3)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    centre[kin] = 0.35 * centre[kin + 1] + 0.94 * centre[kin]
    quality = chance.beta(4, 2, count).astype(np.float32)
    own = chance.standard_normal((count, dim)).astype(np.float32)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    vectors = centre[owner] + (STRAY[0] + (STRAY[1] - STRAY[0]) * (1 - quality))[:, None] * own
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nobody = np.full(count, -1, np.int64)
    return Faces(vectors, quality, nobody, np.zeros(count, bool), _apart(owner, chance)), owner


def _apart(owner: NDArray[np.int64], chance: np.random.Generator) -> NDArray[np.int64]:
    found = []
    at = 0
    while at < len(owner):
        end = min(len(owner), at + 1 + int(chance.poisson(AT_ONCE - 1)))
        found += [(a, b) for a in range(at, end) for b in range(a + 1, end) if owner[a] != owner[b]]
        at = end
    return np.array(found, np.int64).reshape(-1, 2)


def run(quick: bool) -> list[dict[str, Any]]:
    """Seconds of a clustering against those of the bare search for neighbours, which no method can do without."""
    rows = []
    for count, dim in ((5_000, 128),) if quick else SIZES:
        made, owner = faces(count, dim)
        began = time.perf_counter()
        edges(made.vectors, 48, 0.4)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        found = cluster(made, scale(made.vectors, made.apart).threshold).person
        took = time.perf_counter() - began
        began = time.perf_counter()
        grown = Faces(made.vectors, made.quality, np.where(np.arange(count) % 100, found, -1), made.decided, made.apart)
        cluster(grown, scale(made.vectors, made.apart).threshold)
        again = time.perf_counter() - began
        who, clusters = owner.tolist(), alone(found.tolist())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        what = f"{count:,} faces of {len(set(who)):,} people, {dim} numbers: who is who"
        right = f"B-cubed {b_cubed(who, clusters).f1:.3f}, pairwise F1 {pairwise(who, clusters).f1:.3f}"
        ours = f"{took:.1f} s, {peak >> 20:,} MB in all, {right}; {again:.1f} s when a hundredth is new"
        rows.append(row("P13", what, ours, f"neighbours alone: {bare:.1f} s", round(took / bare, 2), "<= 3"))
    return rows
