"""Clusters against a slow reference, with pairs that must stay apart; and what is learned of a space."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.people.calibrate import scale
from engine.people.cluster import Faces, cluster
from engine.people.linkage import agglomerate
from tests.bench.people import faces
from tests.quality.people import Measure, alone, b_cubed, pairwise

NONE = np.empty((0, 2), np.int64)


def slow(vectors: NDArray[np.float32], apart: NDArray[np.int64], threshold: float) -> list[set[int]]:
    """Average linkage, one merge at a time, over all pairs."""
    groups = [{at} for at in range(len(vectors))]
    never = {frozenset(pair) for pair in apart.tolist()}
    while True:
        best, pair = threshold, None
        for a in range(len(groups)):
            for b in range(a + 1, len(groups)):
                if any(frozenset((x, y)) in never for x in groups[a] for y in groups[b]):
                    continue
                linked = float(np.mean([vectors[x] @ vectors[y] for x in groups[a] for y in groups[b]]))
                if linked >= best:
                    best, pair = linked, (a, b)
        if pair is None:
            return groups
        groups[pair[0]] |= groups.pop(pair[1])


@pytest.mark.parametrize("seed", range(4))
def test_it_is_average_linkage(seed: int) -> None:
    made, _ = faces(45, 32, seed)
    labels = agglomerate(made.vectors, np.ones(45, np.float32), made.apart, 0.45)
    wanted = np.empty(45, np.int64)
    for number, members in enumerate(slow(made.vectors, made.apart, 0.45)):
        wanted[list(members)] = number
    assert pairwise(wanted.tolist(), labels.tolist()).f1 >= 0.9  # merges that are all but as near may swap
    for one, other in made.apart:
        assert labels[one] != labels[other]


def test_pairs_that_must_stay_apart_hand_it_on() -> None:
    one = np.eye(8, dtype=np.float32)[0]
    vectors = np.stack([one] * 6)
    labels = agglomerate(vectors, np.ones(6, np.float32), np.array([[0, 1], [2, 3]]), 0.5)
    assert labels[0] != labels[1]
    assert labels[2] != labels[3]
    assert len(set(labels.tolist())) == 2


def test_many_faces_are_clustered_well() -> None:
    made, owner = faces(3000, 128)  # two thirds of them are one person
    found = cluster(made, scale(made.vectors, made.apart).threshold).person.tolist()
    cubed = b_cubed(owner.tolist(), alone(found))
    assert cubed.precision > 0.97
    assert cubed.f1 > 0.9
    assert not any(found[a] == found[b] != -1 for a, b in made.apart)


def test_growth_moves_nobody() -> None:
    made, _ = faces(1500, 64, 3)
    half = Faces(made.vectors[:1000], made.quality[:1000], made.person[:1000], made.decided[:1000],
                 made.apart[(made.apart < 1000).all(axis=1)])  # fmt: skip
    first = cluster(half, 0.45).person
    grown = cluster(Faces(made.vectors, made.quality, np.r_[np.where(first < -1, -first, -1), made.person[1000:]],
                          made.decided, made.apart), 0.45)  # fmt: skip
    after = np.array([grown.gone.get(-int(one), -int(one)) for one in first])
    before = first < -1
    assert (grown.person[:1000][before] == after[before]).all()


def test_confirmed_faces_never_move_whatever_the_vectors_say() -> None:
    made, _ = faces(300, 32, 5)
    person = np.random.default_rng(1).integers(1, 6, 300)
    out = cluster(Faces(made.vectors, made.quality, person, np.ones(300, bool), made.apart,
                        touched=frozenset(range(1, 6))), 0.3)  # fmt: skip
    assert (out.person == person).all()
    assert out.gone == {}


def test_equal_vectors_and_empty_spaces_do_no_harm() -> None:
    vectors = np.tile(np.eye(4, dtype=np.float32)[1], (50, 1))
    some = Faces(vectors, np.ones(50, np.float32), np.full(50, -1), np.zeros(50, bool), NONE)
    assert len(set(cluster(some, scale(vectors, NONE).threshold).person.tolist())) == 1
    none = Faces(vectors[:0], np.ones(0, np.float32), np.full(0, -1), np.zeros(0, bool), NONE)
    assert cluster(none, scale(vectors[:0], NONE).threshold).person.tolist() == []


def test_it_stops_when_asked() -> None:
    made, _ = faces(200, 32)
    with pytest.raises(Cancelled):
        cluster(made, 0.4, lambda: True)


def test_the_threshold_follows_the_space() -> None:
    narrow, _ = faces(2000, 256)
    wide, _ = faces(2000, 24)
    assert scale(narrow.vectors, narrow.apart).threshold < scale(wide.vectors, wide.apart).threshold
    assert scale(narrow.vectors, narrow.apart, 0.1).threshold == pytest.approx(
        scale(narrow.vectors, narrow.apart).threshold + 0.1
    )
    assert scale(narrow.vectors[:3], NONE).threshold == pytest.approx(0.42, abs=0.01)


def test_the_measures_are_right() -> None:
    assert b_cubed([1, 1, 2], [1, 1, 2]) == pairwise([1, 1, 2], [1, 1, 2]) == Measure(1.0, 1.0)
    assert pairwise([1, 1, 2, 2], [1, 1, 1, 2]) == Measure(1 / 3, 0.5)
    cubed = b_cubed([1, 1, 2, 2], [1, 1, 1, 1])
    assert (cubed.precision, cubed.recall) == (0.5, 1.0)
