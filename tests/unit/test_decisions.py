"""Decisions: append-only, undone and redone, found by search, kept beyond re-analysis."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.library import Library
from engine.store import decisions


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (50 + number, 40), (number * 80, 9, 9)).save(folder / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        yield opened


def ratings(library: Library) -> list[int | None]:
    return [library.asset(asset).cell.rating for asset in (1, 2, 3)]


def test_ratings_are_undone_and_redone_in_order(library: Library) -> None:
    library.rate([1, 2], 4)
    library.rate([2], 2)
    assert ratings(library) == [4, 2, None]
    assert library.undo() == "Undone: Gave 1 item 2 stars"
    assert ratings(library) == [4, 4, None]
    assert library.undo() == "Undone: Gave 2 items 4 stars"
    assert ratings(library) == [None, None, None]
    assert library.undo() is None
    assert library.redo() == "Done again: Gave 2 items 4 stars"
    assert library.redo() == "Done again: Gave 1 item 2 stars"
    assert library.redo() is None
    assert ratings(library) == [4, 2, None]


def test_a_new_decision_ends_redoing(library: Library) -> None:
    library.rate([1], 1)
    library.undo()
    library.rate([2], 2)
    assert library.redo() is None
    assert ratings(library) == [None, 2, None]


def test_redoing_goes_on_where_undoing_began_also_after_an_earlier_redo(library: Library) -> None:
    library.rate([1], 1)
    library.undo()
    library.redo()
    library.rate([1], 2)
    library.undo()
    library.undo()
    assert library.redo() == "Done again: Gave 1 item 1 star"
    assert library.redo() == "Done again: Gave 1 item 2 stars"
    assert ratings(library) == [2, None, None]


def test_a_tag_with_stray_spaces_is_undone_and_taken_away(library: Library) -> None:
    library.tag([1], "  holi  day ")
    assert library.tags() == [("holi day", 1)]
    library.undo()
    assert library.tags() == []
    library.redo()
    library.untag([1], " holi   day")
    assert library.tags() == []


def test_only_decisions_that_change_words_index_them(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    indexed: list[set[int]] = []
    monkeypatch.setattr("engine.decided.whole.index_all", lambda connection, ids: indexed.append(set(ids)))
    library.rate([1, 2], 3)
    library.undo()
    library.not_twins([1, 2])
    assert indexed == [set(), set(), set()]
    library.tag([1, 3], "sea")
    library.undo()
    assert indexed[3:] == [{1, 3}, {1, 3}]


def test_undoing_and_redoing_look_decisions_up_by_index(library: Library) -> None:
    statements: list[str] = []

    def traced(connection: sqlite3.Connection) -> list[str]:
        connection.set_trace_callback(statements.append)
        decisions.undo(connection)
        decisions.redo(connection)
        connection.set_trace_callback(None)
        asked = [one for one in statements if one.startswith("SELECT id, verb")]
        return [row[3] for one in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")]

    library.rate([1], 1)
    plan = library.database.write(traced)
    assert len([step for step in plan if "decision_undoes" in step]) >= 4
    assert not [step for step in plan if step.startswith(("SCAN u", "SCAN n"))]


def test_tags_are_found_and_their_undo_only_takes_what_was_given(library: Library) -> None:
    library.tag([1], "Lighthouse")
    library.tag([1, 2], "lighthouse")
    assert library.tags() == [("Lighthouse", 2)]
    assert {hit.asset.id for hit in library.search("tag:lighthouse").hits} == {1, 2}
    assert {hit.asset.id for hit in library.search("lighthouse").hits} == {1, 2}
    library.undo()
    assert {hit.asset.id for hit in library.search("lighthouse").hits} == {1}
    library.untag([1], "lighthouse")
    assert not library.search("lighthouse").hits
    library.undo()
    assert library.search("lighthouse").hits


def test_a_pair_that_was_denied_is_never_offered_again(library: Library) -> None:
    library.database.write(lambda connection: connection.execute("INSERT INTO twin VALUES(1, 2, 3)"))
    with library.database.read() as connection:
        from engine.store import twins

        assert twins.pairs(connection) == [(1, 2, 3)]
    library.not_twins([1, 2])
    with library.database.read() as connection:
        assert twins.pairs(connection) == []
    library.undo()
    with library.database.read() as connection:
        assert twins.pairs(connection) == [(1, 2, 3)]


@pytest.mark.parametrize("change", ["DELETE FROM decision", "UPDATE decision SET said = ''"])
def test_a_decision_can_be_neither_deleted_nor_changed(library: Library, change: str) -> None:
    library.rate([1], 5)
    with pytest.raises(Exception, match="decisions are never"):
        library.database.write(lambda connection: connection.execute(change))
    with library.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM decision").fetchone() == (1,)


def test_a_work_that_fails_undoes_only_itself(library: Library) -> None:
    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE asset SET rating = 1")
        raise ValueError("no")

    titled = "UPDATE asset SET title = 'a' WHERE id = 1"
    futures = [
        library.database.submit(lambda connection: connection.execute(titled)),
        library.database.submit(fails),
    ]
    futures[0].result()
    with pytest.raises(ValueError, match="no"):
        futures[1].result()
    assert ratings(library) == [None, None, None]
