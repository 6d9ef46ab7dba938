import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.model import Finding, FindingKind, Moment
from engine.search import indexes
from engine.search.indexes import Shapes
from engine.search.spaces import Near, Spaces
from engine.store import findings, spaces
from engine.store.db import Database
from engine.store.plan import ALWAYS, Condition, Is
from tests.unit.search.shelf import Shelf

DIM = 32
NAME = "eye@1"


def vector(number: int) -> np.ndarray:
    made = np.random.default_rng(number).normal(size=DIM).astype(np.float32)
    return np.asarray((made / np.linalg.norm(made)).astype(np.float16).astype(np.float32))


def finding(number: int, start: float = 0.0) -> Finding:
    return Finding(FindingKind.VECTOR, Moment(start=start), label="picture", space=NAME,
                   vector=vector(number).astype("<f2").tobytes())  # fmt: skip


def add(shelf: Shelf, count: int, kind: str = "photo") -> list[int]:
    """Assets with one vector each, in one commit; the number of the vector is the asset's."""
    new = [shelf._count + 1 + number for number in range(count)]
    shelf._count += count

    def put(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO asset(id, content, kind, size, added, present) VALUES(?1, ?1, ?2, 1, 0, 1)",
            ((one, kind) for one in new),
        )
        for one in new:
            findings.replace(connection, one, "meaning", 1, [finding(one)])

    shelf.database.write(put)
    return new


def truth(shelf: Shelf, asked: np.ndarray, most: int, where: str = "1") -> list[int]:
    rows = shelf.read(f"SELECT e.asset_id, e.fp16 FROM embedding e JOIN asset a ON a.id = e.asset_id WHERE {where}")
    scores = [(float(np.frombuffer(row[1], "<f2").astype(np.float32) @ asked), -row[0]) for row in rows]
    return [-asset for _, asset in sorted(scores, reverse=True)[:most]]


class Searched:
    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self.shelf = shelf
        self.folder = folder
        self.spaces = Spaces(shelf.database, folder)

    def find(self, asked: np.ndarray, most: int = 10, where: Condition = ALWAYS, least: float = -1.0) -> list[Near]:
        with self.shelf.database.read() as connection:
            space = spaces.listing(connection)[0]
            return self.spaces.find(connection, space, [asked], where, most, least)

    def assets(self, asked: np.ndarray, most: int = 10, where: Condition = ALWAYS) -> list[int]:
        return [near.asset for near in self.find(asked, most, where)]

    def anew(self) -> "Searched":
        self.spaces.close()
        return Searched(self.shelf, self.folder)


@pytest.fixture(params=["none", "exact", "coded", "lists"])
def shape(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    edges = {"none": (10**6,) * 3, "exact": (50, 10**6, 10**6), "coded": (50, 60, 10**6), "lists": (50, 60, 70)}
    monkeypatch.setattr(indexes, "shapes", Shapes(*edges[request.param]))
    return str(request.param)


@pytest.fixture
def searched(shelf: Shelf, tmp_path: Path) -> Iterator[Searched]:
    made = Searched(shelf, tmp_path / "vectors")
    yield made
    made.spaces.close()
    for thread in threading.enumerate():
        assert not thread.name.startswith("kinora-vectors"), thread.name


def test_every_shape_finds_the_nearest_and_holds_the_filter(searched: Searched, shape: str) -> None:
    shelf = searched.shelf
    add(shelf, 300)
    add(shelf, 60, kind="video")
    searched.spaces.refresh(wait=True)
    assert bool(list(searched.folder.glob("*.json"))) == (shape != "none")
    for number in (3, 77, 1000, 1001, 1002):
        asked = vector(number)
        assert searched.assets(asked) == truth(shelf, asked, 10)
        films = truth(shelf, asked, 10, "a.kind = 'video'")
        assert searched.assets(asked, 10, Is("kind", ("video",))) == films
    assert searched.find(vector(5))[0].score == pytest.approx(1.0, abs=1e-3)
    assert all(near.score >= 0.3 for near in searched.find(vector(5), 100, least=0.3))


def test_what_came_and_went_since_the_index_is_right_at_once(searched: Searched, shape: str) -> None:
    shelf = searched.shelf
    add(shelf, 100)
    searched.spaces.refresh(wait=True)
    new = add(shelf, 3)
    assert searched.assets(vector(new[1]), 1) == [new[1]]
    asked = vector(7)
    assert searched.assets(asked, 1) == [7]
    shelf.database.write(lambda connection: findings.remove(connection, 7, "meaning"))
    assert searched.assets(asked) == truth(shelf, asked, 10)
    shelf.database.write(lambda connection: findings.replace(connection, 7, "meaning", 1, [finding(4711)]))
    assert searched.assets(vector(4711), 1) == [7]


def test_hidden_assets_are_not_proposed(searched: Searched, shape: str) -> None:
    add(searched.shelf, 80)
    searched.spaces.refresh(wait=True)
    searched.shelf.database.write(lambda connection: connection.execute("UPDATE asset SET present = 0 WHERE id < 70"))
    assert set(searched.assets(vector(5), 50)) == set(range(70, 81))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "shapes", Shapes(50, 60, 10**6))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("harm", ["gone", "cut", "flipped", "manifest", "strange", "older"])
def test_a_harmed_index_is_noticed_and_made_again(searched: Searched, harm: str) -> None:
    shelf = searched.shelf
    add(shelf, 100)
    searched.spaces.refresh(wait=True)
    (manifest,) = searched.folder.glob("*.json")
    index = next(searched.folder.glob("*.faiss"))
    if harm == "gone":
        for path in searched.folder.iterdir():
            path.unlink()
        searched.folder.rmdir()
    elif harm == "cut":
        os.truncate(index, index.stat().st_size // 2)
    elif harm == "flipped":
        data = bytearray(index.read_bytes())
        data[len(data) // 2] ^= 255
        index.write_bytes(data)
    elif harm == "manifest":
        manifest.write_text('{"format": 1, "space"')
    elif harm == "strange":
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "dim": 7}))
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 0}))
    again = searched.anew()
    asked = vector(9)
    with shelf.database.read() as connection:
        assert indexes.opened(searched.folder, spaces.listing(connection)[0]) is None
    assert again.assets(asked) == truth(shelf, asked, 10)  # also while there is none
    again.spaces.refresh(wait=True)
    with shelf.database.read() as connection:
        assert indexes.opened(searched.folder, spaces.listing(connection)[0]) is not None
    assert again.assets(asked) == truth(shelf, asked, 10)
    assert len(list(searched.folder.glob("*.faiss"))) == 1  # the former one is swept away
    again.spaces.close()


@pytest.mark.usefixtures("small")
def test_a_search_lets_the_missing_index_be_made(searched: Searched) -> None:
    add(searched.shelf, 100)
    assert searched.assets(vector(9), 1) == [9]
    for _ in range(200):
        if list(searched.folder.glob("*.json")):
            break
        threading.Event().wait(0.05)
    assert list(searched.folder.glob("*.json"))


@pytest.mark.usefixtures("small")
def test_a_second_kinora_reads_and_writes_nothing(searched: Searched) -> None:
    shelf = searched.shelf
    add(shelf, 100)
    beside = Database(shelf.database.path, own=False)
    beside.open()
    other = Spaces(beside, searched.folder)
    asked = vector(9)
    for _ in range(2):  # without the index, then with it
        with beside.read() as connection:
            found = other.find(connection, spaces.listing(connection)[0], [asked], most=10)
        assert [near.asset for near in found] == truth(shelf, asked, 10)
        other.refresh(wait=False)
        other.close()
        before = sorted(searched.folder.glob("*"))
        assert bool(before) == (len(before) > 0)
        searched.spaces.refresh(wait=True)
        other = Spaces(beside, searched.folder)
    other.close()
    beside.close()


def test_more_new_vectors_than_memory_holds_are_read_for_each_question(
    searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.search.spaces.HELD", 20)
    monkeypatch.setattr("engine.search.spaces.BLOCK", 16)
    add(searched.shelf, 90)
    for number in (1, 50, 90):
        assert searched.assets(vector(number)) == truth(searched.shelf, vector(number), 10)


def test_the_sample_is_the_same_until_the_space_has_grown(shelf: Shelf, searched: Searched) -> None:
    add(shelf, 60)
    with shelf.database.read() as connection:
        space = spaces.listing(connection)[0]
        first = searched.spaces.sample(connection, space, most=20)
        assert len(first) > 10
        assert np.array_equal(first, Spaces(shelf.database, searched.folder).sample(connection, space, most=20))
    add(shelf, 30)
    with shelf.database.read() as connection:
        space = spaces.listing(connection)[0]
        assert not np.array_equal(first, searched.spaces.sample(connection, space, most=20))


KILLED = """
import os, sys
from pathlib import Path
from engine.search import indexes, spaces as searched
from engine.store import spaces
from engine.store.db import Database

indexes.shapes = indexes.Shapes(50, 60, 10**6)
point = sys.argv[3]
if point == "codes":
    indexes._write_codes = lambda *given: os._exit(9)
elif point == "manifest":
    indexes._write_manifest = lambda *given: os._exit(9)
database = Database(Path(sys.argv[1]), own=False)
database.open()
with database.read() as connection:
    space = spaces.listing(connection)[0]
    indexes.build(Path(sys.argv[2]), space, searched._blocks(connection, space, 0))
"""


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("point", ["codes", "manifest"])
def test_a_kill_while_the_index_is_written_harms_nothing(searched: Searched, point: str) -> None:
    shelf = searched.shelf
    add(shelf, 100)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(shelf.database.path), str(searched.folder), point], check=False, timeout=60
    )
    assert done.returncode == 9
    assert list(searched.folder.iterdir())
    assert searched.assets(vector(9)) == truth(shelf, vector(9), 10)
    searched.spaces.refresh(wait=True)
    assert searched.anew().assets(vector(9)) == truth(shelf, vector(9), 10)
    assert len({path.name.split(".ids")[0] for path in searched.folder.glob("*.ids")}) == 1


@pytest.mark.usefixtures("small")
def test_the_index_of_an_emptied_space_goes(searched: Searched) -> None:
    add(searched.shelf, 60)
    searched.spaces.refresh(wait=True)
    assert list(searched.folder.iterdir())
    searched.shelf.database.write(lambda connection: connection.execute("DELETE FROM embedding"))
    searched.spaces.refresh(wait=True)
    assert list(searched.folder.iterdir()) == []


def test_a_space_of_one_length_takes_no_other(shelf: Shelf) -> None:
    shelf.asset(finding(1))
    wrong = Finding(FindingKind.VECTOR, vector=b"\0" * 10, space=NAME)
    from engine.errors import PackInvalid

    with pytest.raises(PackInvalid):
        shelf.asset(wrong)
    assert shelf.read("SELECT count FROM space") == [(1,)]


def test_counting_sees_what_came_after(shelf: Shelf) -> None:
    add(shelf, 5)

    def later(connection: sqlite3.Connection) -> list[int]:
        space = spaces.listing(connection)[0]
        return [spaces.later(connection, space.id, after, 3) for after in (0, 3, 5)]

    with shelf.database.read() as connection:
        assert later(connection) == [3, 2, 0]


def test_a_long_film_does_not_crowd_out_the_rest(searched: Searched, shape: str) -> None:
    shelf = searched.shelf
    near = vector(5)
    add(shelf, 100)
    film = add(shelf, 1, kind="video")[0]
    frames = [
        Finding(FindingKind.VECTOR, Moment(start=float(number)), label="picture", space=NAME,
                vector=(near + 0.001 * vector(2_000 + number)).astype("<f2").tobytes())
        for number in range(500)
    ]  # fmt: skip
    shelf.database.write(lambda connection: findings.replace(connection, film, "meaning", 1, frames))
    searched.spaces.refresh(wait=True)
    found = searched.find(near, 100)
    assert len(found) == 100
    if shape != "lists":  # which looks into the lists that are nearest, and the film fills them
        assert len({one.asset for one in found}) >= 90
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len(searched.find(near, 100, Is("id", (film,)))) == 100


def test_a_filter_holds_for_what_came_after_the_index(
    searched: Searched, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.search.spaces.MOST", 20)
    monkeypatch.setattr("engine.search.spaces.FIRST", 0)
    shelf = searched.shelf
    films = add(shelf, 60, kind="video")
    searched.spaces.refresh(wait=True)
    add(shelf, 120)
    asked = vector(films[-1] + 50)
    assert searched.assets(asked, 10, Is("kind", ("video",))) == truth(shelf, asked, 10, "a.kind = 'video'")
    monkeypatch.setattr("engine.search.spaces.HELD", 10)
    anew = Searched(shelf, searched.folder)
    assert anew.assets(asked, 10, Is("kind", ("video",))) == truth(shelf, asked, 10, "a.kind = 'video'")
    anew.spaces.close()


def test_what_stands_out_is_the_same_under_any_filter_and_after_a_change(searched: Searched, shape: str) -> None:
    shelf = searched.shelf
    add(shelf, 100)
    searched.spaces.refresh(wait=True)
    asked = vector(7)

    def best(where: Condition) -> tuple[list[int], float]:
        with shelf.database.read() as connection:
            space = spaces.listing(connection)[0]
            found, score = searched.spaces.seek(connection, space, [asked], where, 5, -1.0)
        return [near.asset for near in found], score

    few_ = Is("id", (3, 4))
    assert best(few_)[1] == pytest.approx(1.0, abs=1e-2)
    assert set(best(few_)[0]) == {3, 4}
    assert best(ALWAYS)[1] == best(few_)[1]
    shelf.database.write(lambda connection: findings.remove(connection, 7, "meaning"))
    assert best(few_)[1] == best(ALWAYS)[1]
