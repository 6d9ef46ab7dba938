"""Tells who speaks when in one recording: windows of voice, their vectors, clusters of these, turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from engine.model import Step
from engine.packs.vectors import unit
from engine.packs.voices import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 1.5  # seconds; window and hop of https://arxiv.org/abs/2012.01421 (Landini et al.), section 2
HOP = 0.75
LEAST = 0.5  # seconds; a shorter piece says too little about a voice
MOST = 1200  # windows that are clustered; of longer recordings as many evenly, the others join the nearest cluster
SMALL = 3.0  # seconds of speech; a cluster with less is a part of its nearest neighbour
GRID = 0.25  # seconds: the times at which a turn can change
BATCH = 32  # windows between two steps
SHORT = 0.6  # seconds; a shorter turn within another is taken for a slip


class Embedder(Protocol):
    """What is needed of a speaker model."""

    threshold: float

    def embed_sounds(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody speaks from `start` to `end` (seconds); `speaker` counts from 1 in order of first speaking."""

    start: float
    end: float
    speaker: int


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns of a recording, and the mean vector (length 1) of each speaker."""

    turns: tuple[Turn, ...] = ()
    vectors: tuple[NDArray[np.float32], ...] = ()

    def speaker_at(self, time: float) -> int:
        """Who speaks at a time, or speaks nearest to it; 0 when nobody was told apart."""
        nearest = min(self.turns, key=lambda turn: max(turn.start - time, time - turn.end, 0.0), default=None)
        return nearest.speaker if nearest is not None else 0


def windows(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Cut spans of voice into windows; the last one of a span ends with it."""
    out = []
    for start, end in spans:
        if end - start < LEAST:
            continue
        at = start
        while at + WINDOW < end:
            out.append((at, at + WINDOW))
            at += HOP
        out.append((max(start, end - WINDOW), end))
    return out


def tell_apart(
    sound: NDArray[np.float32], spans: Sequence[tuple[float, float]], model: Embedder, found: list[Talk]
) -> Iterator[Step]:
    """Find the speakers; the result is put into `found`, between the steps a cancel is honoured."""
    import numpy as np

    places = windows(spans)
    if not places:
        found.append(Talk())
        return
    parts = []
    for at in range(0, len(places), BATCH):
        some = places[at : at + BATCH]
        parts.append(model.embed_sounds([sound[int(start * RATE) : int(end * RATE)] for start, end in some]))
        yield Step(at + len(some), len(places), "telling voices apart")
    vectors = np.concatenate(parts)
    labels = grouped(vectors, model.threshold, places)
    turns = _turns(spans, places, labels)
    order = list(dict.fromkeys(turn.speaker for turn in turns))
    found.append(Talk(
        tuple(Turn(turn.start, turn.end, order.index(turn.speaker) + 1) for turn in turns),
        tuple(unit(vectors[labels == one].mean(axis=0)[None])[0] for one in order),
    ))  # fmt: skip


def grouped(vectors: NDArray[np.float32], threshold: float, places: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
    """The cluster of each window: average linkage down to `threshold`, small clusters joined to the nearest."""
    import numpy as np

    count = len(vectors)
    picked = np.arange(count) if count <= MOST else np.linspace(0, count - 1, MOST).astype(np.int64)
    labels = linkage(vectors[picked], threshold)
    centres = unit(np.stack([vectors[picked][labels == one].mean(axis=0) for one in range(labels.max() + 1)]))
    every = labels if count <= MOST else (vectors @ centres.T).argmax(axis=1)
    own = np.minimum([end - start for start, end in places], HOP)
    seconds = np.bincount(every, weights=own, minlength=len(centres))
    large = np.flatnonzero(seconds >= min(SMALL, seconds.max()))
    nearest = (centres @ centres[large].T).argmax(axis=1)
    return np.asarray(large[nearest][every], np.int64)


def linkage(vectors: NDArray[np.float32], threshold: float) -> NDArray[np.int64]:
    """Merge the two most alike clusters (mean cosine between their members) until none are as alike as `threshold`.

    Costs the square of the number of vectors in memory and little more in time: each row keeps its best partner.
    """
    import numpy as np

    count = len(vectors)
    alike = np.asarray(vectors @ vectors.T, np.float32)
    np.fill_diagonal(alike, -np.inf)
    sizes = np.ones(count, np.int64)
    labels = np.arange(count)
    best = alike.argmax(axis=1)
    score = alike[np.arange(count), best]
    for _ in range(count - 1):
        one = int(score.argmax())
        if score[one] < threshold:
            break
        two = int(best[one])
        merged = (alike[one] * sizes[one] + alike[two] * sizes[two]) / (sizes[one] + sizes[two])
        merged[[one, two]] = -np.inf
        alike[one], alike[:, one] = merged, merged
        alike[two], alike[:, two] = -np.inf, -np.inf
        sizes[one] += sizes[two]
        labels[labels == two] = one
        score[two] = -np.inf
        stale = np.flatnonzero((best == one) | (best == two) | (alike[:, one] > score))
        stale = stale[score[stale] > -np.inf]
        stale = np.union1d(stale, [one])
        best[stale] = alike[stale].argmax(axis=1)
        score[stale] = alike[stale, best[stale]]
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _turns(
    spans: Sequence[tuple[float, float]], places: Sequence[tuple[float, float]], labels: NDArray[np.int64]
) -> list[Turn]:
    """At each point of a grid within the spans, the speaker of the window whose middle is nearest; then the runs."""
    import numpy as np

    middles = np.asarray([(start + end) / 2 for start, end in places])
    out: list[Turn] = []
    for start, end in spans:
        edges = np.linspace(start, end, max(int((end - start) / GRID), 1) + 1)
        points = (edges[:-1] + edges[1:]) / 2
        who = labels[[int(np.abs(middles - point).argmin()) for point in points]]
        cuts = [0, *(np.flatnonzero(np.diff(who)) + 1).tolist(), len(who)]
        runs = [Turn(float(edges[one]), float(edges[two]), int(who[one])) for one, two in pairwise(cuts)]
        out += _smooth(runs)
    return [Turn(round(turn.start, 3), round(turn.end, 3), turn.speaker) for turn in out]


def _smooth(runs: Sequence[Turn]) -> list[Turn]:
    """Give runs that are too short to the run before (the first one to the one after), and join what then meets."""
    out: list[Turn] = []
    for turn in runs:
        if out and (turn.end - turn.start < SHORT or out[-1].speaker == turn.speaker):
            out[-1] = Turn(out[-1].start, turn.end, out[-1].speaker)
        elif len(out) == 1 and out[0].end - out[0].start < SHORT:
            out[0] = Turn(out[0].start, turn.end, turn.speaker)
        else:
            out.append(turn)
    return out
