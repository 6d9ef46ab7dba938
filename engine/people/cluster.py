"""Who is who: people keep what they have, new faces join them, the rest forms new people.

Two steps. What is nobody's joins the person whose faces it is most like on average, when that is enough, not as much
another's, and nothing forbids it. What is left is clustered together with the people whom no human touched, by average
linkage with pairs that must stay apart (see `engine.people.linkage`). What a human decided is never changed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.people.linkage import agglomerate
from engine.people.neighbours import never

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float32]

NOBODY = -1
LOW = 0.3  # quality below which a face founds nobody and has to be more alike to join
LOW_MORE = 0.05
AMBIGUOUS = 0.04  # two people who are as near as this: it is left to the user
BETTER = 0.10  # by which another, confirmed person has to be nearer before an unconfirmed face moves there
BLOCK = 4096  # rows that are compared with everybody at once
PASSES = 3  # of joining: people who gained faces are known better


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces (or voices) of one space as columns."""

    vectors: Floats  # unit length
    quality: Floats  # 0..1
    person: Ints  # NOBODY without one
    decided: NDArray[np.bool_]  # by a human or by the file
    apart: Ints  # pairs of rows seen at the same time: two people
    denied: frozenset[tuple[int, int]] = frozenset()  # row, person
    never: frozenset[tuple[int, int]] = frozenset()  # two people, smaller first
    touched: frozenset[int] = frozenset()  # people whom a human named or formed: they are never merged here


@dataclass(slots=True)
class Outcome:
    """Who each row is now; new people have numbers from -2 down; `gone` maps people to those they became part of."""

    person: Ints
    score: Floats  # likeness to its person, of those that joined now
    gone: dict[int, int] = field(default_factory=dict)


def cluster(faces: Faces, threshold: float, stopped: Callable[[], bool] = never) -> Outcome:
    """Find out who is who.

    Raises:
        Cancelled: `stopped` said so.
    """
    import numpy as np

    out = Outcome(faces.person.copy(), np.zeros(len(faces.person), np.float32))
    if not len(out.person):
        return out
    _let_go(faces, out)
    for _ in range(PASSES):
        if not _join(faces, out, threshold):
            break
    _form(faces, out, threshold, stopped)
    _join(faces, out, threshold)
    return out


def weights(faces: Faces) -> Floats:
    """What a face counts for in a mean: a good one four times a bad one."""
    import numpy as np

    return (0.25 + 0.75 * np.clip(faces.quality, 0.0, 1.0)).astype(np.float32)


def means(faces: Faces, person: Ints) -> tuple[Ints, Floats]:
    """Everybody who has a row here, and the weighted mean of their faces.

    Its product with a face is the mean of that face's cosines with all of theirs: the average linkage.
    """
    import numpy as np

    ids, where = np.unique(person[person != NOBODY], return_inverse=True)
    rows = np.flatnonzero(person != NOBODY)
    total = _sums(faces, rows, where, len(ids))
    return ids, total / np.bincount(where, weights(faces)[rows], len(ids)).astype(np.float32)[:, None]


def _sums(faces: Faces, rows: Ints, where: Ints, count: int) -> Floats:
    import numpy as np

    total = np.zeros((count, faces.vectors.shape[1]), np.float32)
    order = np.argsort(where, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(where[order]) != 0]) if len(order) else np.empty(0, np.int64)
    if len(order):
        weighted = faces.vectors[rows[order]] * weights(faces)[rows[order], None]
        total[where[order][starts]] = np.add.reduceat(weighted, starts, axis=0)
    return total


def _let_go(faces: Faces, out: Outcome) -> None:
    """Two faces of one picture are not one person: unless a human said so of both, the less sure one is let go."""
    import numpy as np

    if not len(faces.apart):
        return
    left, right = faces.apart.T
    both = (out.person[left] == out.person[right]) & (out.person[left] != NOBODY)
    both &= ~(faces.decided[left] & faces.decided[right])
    if not both.any():
        return
    ids, middle = means(faces, out.person)
    for one, other in faces.apart[both]:
        if out.person[one] != out.person[other] or out.person[one] == NOBODY:
            continue
        mean = middle[np.searchsorted(ids, out.person[one])]
        nearer = float(faces.vectors[one] @ mean) >= float(faces.vectors[other] @ mean)
        stays = bool(faces.decided[one]) or (nearer and not faces.decided[other])
        out.person[other if stays else one] = NOBODY


def _join(faces: Faces, out: Outcome, threshold: float) -> bool:
    """Let what is nobody's join people, the most alike first; return whether anything changed."""
    import numpy as np

    ids, middle = means(faces, out.person)
    if not len(ids):
        return False
    rows = np.flatnonzero((out.person == NOBODY) | ~faces.decided)
    offers = [_offers(faces, out, rows[at : at + BLOCK], ids, middle, threshold) for at in range(0, len(rows), BLOCK)]
    if not sum(len(offer[0]) for offer in offers):
        return False
    taking, whom, like = (np.concatenate(column) for column in zip(*offers, strict=True))
    near = _by_row(faces.apart[np.isin(faces.apart, taking).any(axis=1)]) if len(faces.apart) else {}
    changed = False
    for at in np.lexsort((taking, -like)):
        row, person = int(taking[at]), int(whom[at])
        if any(out.person[other] == person for other in near.get(row, ())):
            continue
        out.person[row], out.score[row] = person, like[at]
        changed = True
    return changed


def _offers(
    faces: Faces, out: Outcome, rows: Ints, ids: Ints, middle: Floats, threshold: float
) -> tuple[Ints, Ints, Floats]:
    """Which of these rows should join (or move to) whom, and how alike they are."""
    import numpy as np

    like = faces.vectors[rows] @ middle.T
    for at, place in _denied_in(faces, rows, ids):
        like[at, place] = -1.0
    every = np.arange(len(rows))
    best = like.argmax(axis=1)
    top = like[every, best]
    second = np.partition(like, -2, axis=1)[:, -2] if like.shape[1] > 1 else np.full(len(rows), -1.0, np.float32)
    good = top >= threshold + np.where(faces.quality[rows] < LOW, LOW_MORE, 0.0)
    free = out.person[rows] == NOBODY
    joins = free & ~((top - second < AMBIGUOUS) & (second >= threshold))
    own = like[every, np.where(free, 0, np.searchsorted(ids, out.person[rows]))]
    confirmed = np.isin(ids[best], np.array(sorted(faces.touched), np.int64))
    moves = ~free & confirmed & (own < threshold) & (top - own >= BETTER) & (out.person[rows] >= 0)
    chosen = good & (joins | moves)
    return rows[chosen], ids[best[chosen]], top[chosen]


def _denied_in(faces: Faces, rows: Ints, ids: Ints) -> list[tuple[int, int]]:
    """The pairs that were denied, as places among these rows and people (both in order)."""
    import numpy as np

    found = []
    for row, person in faces.denied:
        at, place = int(np.searchsorted(rows, row)), int(np.searchsorted(ids, person))
        if at < len(rows) and rows[at] == row and place < len(ids) and ids[place] == person:
            found.append((at, place))
    return found


def _by_row(apart: Ints) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one, other in apart.tolist():
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def _form(faces: Faces, out: Outcome, threshold: float, stopped: Callable[[], bool]) -> None:
    """Cluster what is nobody's and good enough, together with the people whom no human touched."""
    import numpy as np

    single = np.flatnonzero((out.person == NOBODY) & (faces.quality >= LOW))
    people = np.array(sorted(set(out.person[out.person >= 0].tolist()) - faces.touched), np.int64)
    known = np.isin(out.person, people) & (out.person != NOBODY)
    rows = np.flatnonzero(known)
    where = np.searchsorted(people, out.person[rows])
    weight = weights(faces)
    total = np.concatenate((_sums(faces, rows, where, len(people)), faces.vectors[single] * weight[single, None]))
    heavy = np.concatenate((np.bincount(where, weight[rows], len(people)).astype(np.float32), weight[single]))
    node = np.full(len(out.person), -1, np.int64)
    node[rows], node[single] = where, len(people) + np.arange(len(single))
    apart = _contracted(faces, node, people)
    labels = agglomerate(total, heavy, apart, threshold, stopped)
    _roots, group, size = np.unique(labels, return_inverse=True, return_counts=True)
    _settle(out, people, single, group, size)


def _contracted(faces: Faces, node: Ints, people: Ints) -> Ints:
    """The pairs that must stay apart as pairs of nodes, with those of people that are never one."""
    import numpy as np

    pairs = node[faces.apart] if len(faces.apart) else np.empty((0, 2), np.int64)
    pairs = pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
    at = {int(one): number for number, one in enumerate(people)}
    extra = [(at[a], at[b]) for a, b in faces.never if a in at and b in at]
    extra += [(at[p], int(node[row])) for row, p in faces.denied if p in at and node[row] >= 0 and node[row] != at[p]]
    return np.concatenate((pairs, np.array(extra, np.int64).reshape(-1, 2)))


def _settle(out: Outcome, people: Ints, single: Ints, group: Ints, size: Ints) -> None:
    """Give each group its person: one that is there (the oldest), or a new one; a face alone is nobody's."""
    import numpy as np

    owner = np.full(len(size), NOBODY, np.int64)
    for number in range(len(people) - 1, -1, -1):
        owner[group[number]] = people[number]
    for number, person in enumerate(people.tolist()):
        if owner[group[number]] != person:
            out.gone[person] = int(owner[group[number]])
    fresh = -2 - np.arange(len(size), dtype=np.int64)
    owner = np.where((owner == NOBODY) & (size > 1), fresh, owner)
    out.person[single] = owner[group[len(people) :]]
    for person, to in out.gone.items():
        out.person[out.person == person] = to
