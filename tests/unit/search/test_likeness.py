"""Pairs, groups and the one to keep, on made hashes."""

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.model import AssetRow, Facts
from engine.search import likeness
from engine.search.duplicates import Duplicates
from engine.search.likeness import (
    MOST,
    Member,
    Pair,
    groups,
    keep_best,
    near_pairs,
    ranked,
    video_likeness,
    video_pairs,
)
from engine.store import assets, twins
from engine.store.db import Database

TOP = Path(__file__).resolve().parents[3]


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
    rows = [(n, _flip(BASE, *source.sample(range(128), 9))) for n in range(45)]
    rows += [(n, f"{source.getrandbits(128):032x}") for n in range(45, 120)]
    everything = near_pairs(rows, 8)
    assert everything
    for asset in (0, 30, 44, 90):
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


def test_nothing_to_compare_needs_no_numpy() -> None:
    code = (
        "import sys; from engine.search.likeness import near_pairs; "
        f"near_pairs([(1, {BASE!r}), (2, {BASE!r})], new=[]); near_pairs([]); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TOP)
    assert done.stdout.strip() == "False"


def test_many_equal_pictures_are_few_pairs_and_one_group() -> None:
    rows = [(n, BASE) for n in range(1, 801)]
    found = near_pairs(rows)
    assert len(found) <= MOST * len(rows)
    assert {one for pair in found for one in pair[:2]} == set(range(1, 801))
    (group,) = groups(found, list(range(1, 801)))
    assert len(group) == 800
    assert near_pairs(rows, new=[800]) == [Pair(n, 800, 0) for n in range(1, MOST + 1)]


def test_the_nearest_stay_when_there_are_too_many() -> None:
    rows = [(n, BASE) for n in range(1, 101)] + [(500, _flip(BASE, 64, 65)), (501, _flip(BASE, 64, 65))]
    mine = [pair for pair in near_pairs(rows, new=[500]) if 500 in pair[:2]]
    assert len(mine) == MOST
    assert Pair(500, 501, 0) in mine


def test_views_of_one_asset_take_one_place_among_the_nearest() -> None:
    rows = [(1, BASE)] * 80 + [(n, _flip(BASE, 64)) for n in range(2, 12)]
    assert [pair[:2] for pair in near_pairs(rows, new=[11])] == [(n, 11) for n in range(1, 11)]


def test_comparing_stops_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.search.likeness.BLOCK", 4)
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert near_pairs([(n, BASE) for n in range(4)], stopped=stopped) == [Pair(0, 1, 0), Pair(0, 2, 0), Pair(0, 3, 0),
                                                                         Pair(1, 2, 0), Pair(1, 3, 0)]  # fmt: skip
    assert len(asked) == 3


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A library's database with four photos, two of them nearly the same."""
    opened = Database(tmp_path / "kinora.db", own=True)
    opened.open()
    opened.write(_with_photos)
    yield opened
    opened.close()


def _with_photos(connection: sqlite3.Connection) -> None:
    for number in range(1, 5):
        connection.execute(
            "INSERT INTO asset(id, kind, content, name, size, added, moment_at, year, present) "
            "VALUES(?, 'photo', ?, 'x', 1, 0, 0, 0, 1)",
            (number, f"{number:064x}"),
        )
    _hash(connection, 1, BASE)
    _hash(connection, 2, _flip(BASE, 64))
    _hash(connection, 3, "f" * 32)


def _hash(connection: sqlite3.Connection, asset: int, bits: str) -> None:
    connection.execute("INSERT INTO moment(asset_id, analyzer) VALUES(?, 'look')", (asset,))
    connection.execute(
        "INSERT INTO finding(moment_id, asset_id, analyzer, version, kind, data) "
        "VALUES(last_insert_rowid(), ?, 'look', 1, 'hash', ?)",
        (asset, json.dumps({"bits": bits})),
    )


def _pairs(database: Database) -> list[tuple[int, int, int]]:
    with database.read() as connection:
        return twins.pairs(connection)


def test_what_was_compared_is_remembered_beyond_a_restart(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "MARGIN", 0)
    asked: list[object] = []
    compare = likeness.near_pairs

    def noted(*given: Any) -> list[Pair]:
        asked.append(given[2])
        return compare(*given)

    monkeypatch.setattr(likeness, "near_pairs", noted)
    near = {"look.near": 10}
    Duplicates(database, lambda: near).refresh()
    assert _pairs(database) == [(1, 2, 1)]
    assert asked == [None, None]  # photos, then keyframes
    Duplicates(database, lambda: near).refresh()
    assert len(asked) == 2
    database.write(lambda connection: _hash(connection, 4, _flip(BASE, 65)))
    Duplicates(database, lambda: near).refresh()
    assert asked[2:] == [{4}, {4}]
    assert _pairs(database) == [(1, 2, 1), (1, 4, 1), (2, 4, 2)]
    near["look.near"] = 1
    Duplicates(database, lambda: near).refresh()
    assert asked[4:] == [None, None]
    assert _pairs(database) == [(1, 2, 1), (1, 4, 1)]


def test_a_photo_that_was_away_has_its_pairs_when_it_is_back(database: Database) -> None:
    database.write(lambda connection: connection.execute("UPDATE asset SET present = 0 WHERE id = 2"))
    duplicates = Duplicates(database, lambda: {"look.near": 10})
    duplicates.refresh()
    assert _pairs(database) == []
    database.write(lambda connection: connection.execute("UPDATE asset SET present = 1 WHERE id = 2"))
    assert _pairs(database) == [(1, 2, 1)]


def test_closing_ends_a_comparison_and_stores_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicates = Duplicates(database, lambda: {"look.near": 10})
    compare = likeness.near_pairs

    def closed_meanwhile(*given: Any) -> list[Pair]:
        duplicates.close()
        return compare(*given)

    monkeypatch.setattr(likeness, "near_pairs", closed_meanwhile)
    duplicates.refresh()
    assert _pairs(database) == []
    with database.read() as connection:
        assert twins.compared(connection) is None


def test_every_asset_of_the_groups_is_asked_for_once(database: Database) -> None:
    database.write(lambda connection: _hash(connection, 4, _flip(BASE, 65)))
    asked: list[int] = []

    def get(asset: int) -> AssetRow:
        asked.append(asset)
        with database.read() as connection:
            return assets.get(connection, asset)

    (group,) = Duplicates(database, lambda: {"look.near": 10}).groups(get, None)
    assert {member.asset.cell.id for member in group.members} == {1, 2, 4}
    assert sorted(asked) == [1, 2, 4]


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
    assert keep_best([_photo(1), _photo(2, 10, 10, rating=5)]).reasons[2] == "It is rated or tagged by you"
    same = keep_best([_photo(8), _photo(5)])
    assert (same.keep, same.reasons[8]) == (5, "The same in all that counts")
    assert [one.id for one in ranked([_photo(8), _photo(5)])] == [5, 8]
