from pathlib import Path

import pytest

from engine.store import where
from engine.store.plan import ALWAYS, AllOf, AnyOf, Between, Is, NotOf
from tests.unit.search.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path):
    made = Shelf(tmp_path)
    yield made
    made.close()


def ids(shelf: Shelf, condition: where.Condition) -> list[int]:
    with shelf.database.read() as connection:
        sql, values = where.compiled(connection, condition)
        return [row[0] for row in connection.execute(f"SELECT a.id FROM asset a WHERE {sql} ORDER BY a.id", values)]


def test_large_sets_are_asked_one_by_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.asset(tags=["sea"], folder="/a")
    shelf.asset(folder="/b")
    for condition in (Is("tag", ("sea",)), Is("folder", ("a",))):
        few = ids(shelf, condition)
        monkeypatch.setattr(where, "SPARSE", 0)
        assert ids(shelf, condition) == few == [1]


def test_unknown_never_hides(shelf: Shelf) -> None:
    shelf.asset(rating=None, year=None)
    shelf.asset(rating=5, year=2020)
    assert ids(shelf, NotOf(Between("rating", 3, None))) == [1]
    assert ids(shelf, NotOf(NotOf(Between("rating", 3, None)))) == [2]
    assert ids(shelf, NotOf(Between("year", 2000, None))) == [1]
    assert ids(shelf, AnyOf((Is("rating", (None,)), Between("year", 2000, None)))) == [1, 2]
    assert ids(shelf, AllOf(())) == [1, 2]
    assert ids(shelf, AnyOf(())) == []


def test_few(shelf: Shelf) -> None:
    for number in range(6):
        shelf.asset(year=2000 + number, tags=["sea"] if number == 3 else [])
    with shelf.database.read() as connection:

        def few(condition: where.Condition, most: int) -> list[int] | None:
            return where.few(connection, condition, where.compiled(connection, condition), most)

        assert few(Between("year", 2001, 2003), 2) == [2, 3]
        assert few(Between("year", 2000, None), 2) is None
        assert few(AllOf((Is("has", ("gps",)), Is("tag", ("sea",)))), 2) == []
        assert few(AllOf((Is("kind", ("photo",)), Is("tag", ("sea",)))), 2) == [4]
        assert few(Is("safety", ("safe",)), 2) is None
        assert few(ALWAYS, 2) is None


def test_no_condition_scans_the_index_of_words(shelf: Shelf) -> None:
    """FTS5 has to be walked by itself, never once for each row of a subquery."""
    with shelf.database.read() as connection:
        sql, values = where.compiled(connection, Is("tag", ("sea",)))
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT w.rowid FROM words w CROSS JOIN asset a ON a.id = w.rowid >> 20 "
            f"WHERE w.words MATCH ? AND {sql}",
            ("x", *values),
        ).fetchall()
    steps = [row[3] for row in plan]
    assert steps[0].startswith("SCAN w VIRTUAL TABLE INDEX")
    assert steps[1].startswith("SEARCH a USING INTEGER PRIMARY KEY")
