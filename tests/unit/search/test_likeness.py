"""Pairs, groups and the one to keep, on made hashes."""

import random

import pytest

from engine.model import Facts
from engine.search.likeness import Member, Pair, groups, keep_best, near_pairs, ranked, video_likeness, video_pairs


def _flip(bits: str, *places: int) -> str:
    return f"{int(bits, 16) ^ sum(1 << place for place in places):0{len(bits)}x}"


def _differing(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


BASE = "0123456789abcdef" * 2


def test_pairs_are_those_within_the_limit() -> None:
    rows = [(1, BASE), (2, _flip(BASE, *range(64, 74))), (3, _flip(BASE, *range(64, 75))), (4, "f" * 32)]
    assert near_pairs(rows, 10) == [Pair(1, 2, 10), Pair(2, 3, 1)]


def test_the_second_half_confirms() -> None:
    rows = [(1, BASE), (2, _flip(BASE, *range(21))), (3, _flip(BASE, *range(20)))]
    assert near_pairs(rows, 10) == [Pair(1, 3, 0), Pair(2, 3, 0)]


def test_short_hashes_need_no_confirmation() -> None:
    assert near_pairs([(7, BASE[:16]), (3, BASE[:16])]) == [Pair(3, 7, 0)]


def test_the_nearest_views_count_and_no_asset_pairs_with_itself() -> None:
    far = _flip(BASE, *range(64, 128))
    assert near_pairs([(1, BASE), (1, BASE), (2, far), (2, _flip(BASE, 64))]) == [Pair(1, 2, 1)]


def test_new_against_all_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.search.likeness.BLOCK", 64)
    source = random.Random(4)
    rows = [(n, _flip(BASE, *source.sample(range(128), 9))) for n in range(60)]
    rows += [(n, f"{source.getrandbits(128):032x}") for n in range(60, 120)]
    everything = near_pairs(rows, 8)
    assert everything
    for asset in (0, 30, 59, 90):
        mine = [pair for pair in everything if asset in pair[:2]]
        assert near_pairs(rows, 8, new=[asset]) == mine
    slow = [
        Pair(a, b, _differing(x[:16], y[:16]))
        for at, (a, x) in enumerate(rows)
        for b, y in rows[at + 1 :]
        if _differing(x[:16], y[:16]) <= 8 and _differing(x[16:], y[16:]) <= 16
    ]
    assert everything == slow


def test_nothing_pairs_with_nothing() -> None:
    assert near_pairs([]) == []
    assert near_pairs([(1, BASE)]) == []
    assert near_pairs([(1, BASE), (2, BASE)], new=[]) == []


def test_a_chain_falls_apart() -> None:
    chain = [Pair(1, 2, 9), Pair(2, 3, 9), Pair(3, 4, 9)]
    assert groups(chain, [1, 2, 3, 4]) == [(1, 2), (3, 4)]
    assert groups(chain, [2, 1, 3, 4]) == [(2, 1, 3)]
    assert groups([], []) == []
    assert groups([Pair(5, 9, 0)], []) == [(5, 9)]


def test_a_video_is_like_one_with_the_same_frames() -> None:
    frames = [f"{random.Random(n).getrandbits(128):032x}" for n in range(8)]
    share, distance = video_likeness(frames[:4], [_flip(frame, 70) for frame in frames[:4]])
    assert (share, distance) == (1.0, 1.0)
    assert video_likeness(frames[:4], frames[3:])[0] == pytest.approx(0.2)
    assert video_likeness([], frames)[0] == 0
    rows = [(1, one) for one in frames[:4]] + [(2, one) for one in frames[:4]] + [(3, one) for one in frames[3:]]
    assert [pair[:2] for pair in video_pairs(rows, {})] == [(1, 2)]
    assert video_pairs(rows, {1: 10.0, 2: 60.0}) == []
    assert video_pairs(rows, {1: 10.0, 2: 10.4}, new=[2]) == [Pair(1, 2, 0)]


def _photo(id: int, width: int = 4000, height: int = 3000, **more: object) -> Member:
    size = more.pop("size", 1000)
    rating = more.pop("rating", None)
    return Member(id, Facts(width=width, height=height, **more), size=size, rating=rating)  # type: ignore[arg-type]


def test_the_largest_is_kept() -> None:
    choice = keep_best([_photo(1, 400, 300), _photo(2), _photo(3, 2000, 1500)])
    assert choice.keep == 2
    assert choice.reasons[2] == "Largest picture"
    assert choice.reasons[1] == "Smaller: 400 x 300 instead of 4000 x 3000"


def test_reasons_are_gathered() -> None:
    original = _photo(1, format="JPEG", camera="Nokia 3", taken="2020-01-01T10:00:00")
    choice = keep_best([_photo(4, 400, 300), _photo(3, format="WebP"), _photo(2, format="JPEG"), original])
    assert choice.keep == 1
    assert choice.reasons[1] == "Largest picture, original format and has the camera's data"
    assert choice.reasons[3] == "Saved again as WebP"
    assert choice.reasons[2] == "Lacks the date, the place or the camera"


def test_dates_sizes_and_wishes_decide() -> None:
    early, late = _photo(2, taken="2019-05-01T10:00:00"), _photo(1, taken="2021-05-01T10:00:00+02:00")
    assert keep_best([late, early]).reasons == {2: "Earliest date", 1: "Has a later date"}
    assert keep_best([_photo(1, size=5), _photo(2, size=9)]).keep == 2
    assert keep_best([_photo(1), _photo(2, 10, 10, rating=5)]).reasons[2] == "You rated it"
    same = keep_best([_photo(8), _photo(5)])
    assert (same.keep, same.reasons[8]) == (5, "The same in all that counts")
    assert [one.id for one in ranked([_photo(8), _photo(5)])] == [5, 8]
