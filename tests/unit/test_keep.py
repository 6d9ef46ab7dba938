"""Favourites, notes, stacks and edits of many: each undone and done again, found by search, shown on the rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import NameTaken, NotFound, SettingInvalid
from engine.library import Library
from engine.model import Edit, Finding, FindingKind
from engine.store import assets, findings
from tests.unit.keeping import found, kept


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with kept(tmp_path) as opened:
        yield opened


# --- favourites and notes


def test_favourites_are_given_taken_found_and_undone(library: Library) -> None:
    assert library.keep.favourite([1, 2, 2, 99]) == 2
    assert library.keep.favourite([2, 3]) == 1
    assert found(library, "is:favourite") == [1, 2, 3]
    assert found(library, "-is:favorite") == [4, 5, 6]
    assert [cell.favourite for cell in library.cells([1, 4])] == [True, False]
    assert library.keep.favourites() == 3
    assert library.keep.favourite([1, 4], on=False) == 1
    assert library.undo() == "Undone: 1 item is no longer a favourite"
    assert library.undo() == "Undone: Made 1 item a favourite"
    assert found(library, "is:favourite") == [1, 2]
    library.redo()
    library.redo()
    assert found(library, "is:favourite") == [2, 3]
    assert library.keep.favourite([2]) == 0
    assert library.undo() == "Undone: 1 item is no longer a favourite"  # what changed nothing was not written down


def test_a_note_is_kept_found_as_words_and_undone(library: Library) -> None:
    library.keep.note(1, "  Grandmother's brass telescope\n")
    assert library.asset(1).note == "Grandmother's brass telescope"
    assert found(library, "telescope") == [1]
    assert found(library, "has:note") == [1]
    (hit,) = library.search("brass telescope").hits
    assert (hit.moments[0].why, hit.moments[0].snippet) == ("note", "Grandmother's brass telescope")
    library.keep.note(1, "Sold")
    assert found(library, "telescope") == []
    library.undo()
    assert found(library, "telescope") == [1]
    library.redo()
    library.keep.note(1, "")
    assert (library.asset(1).note, found(library, "has:note"), found(library, "sold")) == ("", [], [])
    assert library.undo() == "Undone: Took the note of 1 item away"
    assert library.asset(1).note == "Sold"
    library.keep.note(1, "Sold ")
    assert library.undo() == "Undone: Wrote a note on 1 item"
    assert library.asset(1).note == "Grandmother's brass telescope"
    with pytest.raises(SettingInvalid):
        library.keep.note(1, "x" * 30_000)


def test_a_note_outlives_a_new_search_index(library: Library) -> None:
    library.keep.note(2, "periwinkle")
    list(library.check(repair=True))
    assert found(library, "periwinkle") == [2]


# --- several at once


def test_an_edit_of_many_is_one_step(library: Library) -> None:
    library.rate([1], 2)
    library.tag([1, 2], "old")
    library.keep.note(1, "first")
    wanted = Edit(rating=4, favourite=True, tags=("sea", "boat"), untags=("old",), note="second", album="Trip")
    library.keep.edit([1, 2, 3], wanted)

    def now() -> list[object]:
        rows = [library.asset(one) for one in (1, 2, 3)]
        return [
            [row.cell.rating for row in rows],
            [row.cell.favourite for row in rows],
            [[name for name, _ in row.tags] for row in rows],
            [row.note for row in rows],
            [[name for _, name in row.albums] for row in rows],
        ]

    edited = [[4, 4, 4], [True] * 3, [["boat", "sea"]] * 3, ["first\nsecond", "second", "second"], [["Trip"]] * 3]
    assert now() == edited
    assert found(library, "second tag:boat") == [1, 2, 3]
    assert library.undo() == "Undone: Edited 3 items"
    assert now() == [[2, None, None], [False] * 3, [["old"], ["old"], []], ["first", "", ""], [[], [], []]]
    assert found(library, "second") == []
    assert library.albums.listing() == []
    library.redo()
    assert now() == edited
    assert found(library, "second tag:boat") == [1, 2, 3]


def test_an_edit_puts_into_an_album_that_is_there(library: Library) -> None:
    library.albums.make("Trip", [1])
    library.keep.edit([1, 2], Edit(album="trip"))
    assert found(library, "album:trip") == [1, 2]
    assert library.undo() == "Undone: Put 1 item into “Trip”"
    assert found(library, "album:trip") == [1]


def test_an_edit_that_fails_changes_nothing(library: Library) -> None:
    with pytest.raises(NameTaken):
        library.keep.edit([1, 2], Edit(rating=5, album="x" * 300))
    assert library.asset(1).cell.rating is None
    library.keep.edit([1], Edit())
    library.keep.edit([], Edit(rating=3))
    assert library.undo() is None


def test_what_several_have_in_common(library: Library) -> None:
    library.rate([1, 2], 3)
    library.tag([1, 2], "sea")
    library.tag([1], "boat")
    library.keep.favourite([1, 3])
    library.albums.make("Trip", [2, 3])
    library.keep.stack([1, 2])
    both = library.keep.common([1, 2])
    assert (both.count, both.rating, both.favourites, both.stacked) == (2, 3, 1, 2)
    assert both.tags == (("boat", 1), ("sea", 2))
    assert both.albums == ((1, "Trip", 1),)
    assert library.keep.common([1, 3]).rating is None
    assert library.keep.common([3, 4]).rating == 0


# --- stacks


def test_a_stack_is_one_in_the_list_and_all_of_it_is_found(library: Library) -> None:
    every = found(library, "")
    assert library.keep.stack([4, 2, 5]) == 3
    assert found(library, "") == every  # who asks for all assets gets all
    listing = library.listing("", "name", opened=())
    assert list(listing.ids) == [1, 3, 4, 6]
    assert (list(listing.under), list(listing.front)) == ([2, 5], [2, 2])
    assert [(cell.stack, cell.stacked) for cell in library.cells([1, 4, 5])] == [(0, 0), (1, 3), (1, 3)]
    assert list(library.listing("", "name", opened=[1]).ids) == [1, 3, 4, 2, 5, 6]
    assert found(library, "is:stacked") == [2, 4, 5]
    assert library.keep.members(5) == [4, 2, 5]
    assert library.keep.members(1) == []


def test_a_search_that_finds_only_what_lies_below_shows_it(library: Library) -> None:
    library.keep.stack([4, 2, 5])
    library.tag([2, 5], "sea")
    assert list(library.listing("tag:sea", "name", opened=()).ids) == [2]
    assert list(library.listing("tag:sea", "name", opened=[1]).ids) == [2, 4, 5]  # opened it shows all of it
    library.keep.note(5, "periwinkle")
    assert list(library.listing("periwinkle", "relevance", opened=()).ids) == [5]


def test_stacks_are_merged_taken_apart_and_each_step_is_undone(library: Library) -> None:
    keep = library.keep
    keep.stack([1, 2])
    keep.stack([3, 4])
    assert keep.stack([5, 1, 3]) == 5
    assert keep.members(4) == [5, 1, 3, 2, 4]
    assert library.undo() == "Undone: Stacked 5 items"
    assert (keep.members(1), keep.members(3), keep.members(5)) == ([1, 2], [3, 4], [])
    library.redo()
    keep.lead(4)
    assert keep.members(1) == [4, 5, 1, 3, 2]
    assert keep.take_out([5, 1, 6]) == 2
    assert (keep.members(4), keep.members(5)) == ([4, 3, 2], [])
    assert keep.take_out([2, 3]) == 3  # of a stack of one nothing is left
    assert keep.members(4) == []
    library.undo()
    assert keep.members(4) == [4, 3, 2]
    assert keep.unstack([3]) == 3
    assert found(library, "is:stacked") == []
    for expected in ([4, 3, 2], [4, 5, 1, 3, 2], [5, 1, 3, 2, 4]):
        library.undo()
        assert keep.members(4) == expected
    with pytest.raises(NotFound):
        keep.stack([1])
    with pytest.raises(NotFound):
        keep.lead(6)
    assert keep.unstack([6]) == 0


def test_near_duplicates_are_stacked_by_one_command_and_undone_by_one(library: Library) -> None:
    def near(connection: object, *pairs: tuple[int, int, int]) -> None:
        connection.executemany("INSERT INTO twin VALUES(?, ?, ?)", pairs)  # type: ignore[attr-defined]

    library.wait_idle(0)
    library.database.write(lambda connection: near(connection, (1, 2, 3), (4, 5, 2), (5, 6, 2), (4, 6, 2)))
    assert library.keep.stack_twins() == 2
    tops = list(library.listing("", "name", opened=()).ids)
    assert [3 in tops, len(tops), len(found(library, "is:stacked"))] == [True, 3, 5]
    assert library.keep.stack_twins() == 0
    assert library.undo() == "Undone: Made 2 stacks"
    assert found(library, "is:stacked") == []


def test_an_album_or_search_of_a_closed_stack_counts_every_asset(library: Library) -> None:
    library.keep.stack([1, 2, 3])
    assert library.albums.count("") == 6
    assert len(library.listing("", "name", opened=()).ids) == 4


# --- where words come from


def test_tags_know_who_gave_them_and_when(library: Library) -> None:
    library.tag([1], "sea")
    library.database.write(lambda connection: assets.set_file_tags(connection, 1, ["Harbour"]))
    mine, its = library.keep.origins(1)
    assert (mine.name, mine.sort, mine.by, mine.score) == ("sea", "tag", "you", None)
    assert (its.name, its.by) == ("Harbour", "file")
    assert mine.at is not None
    assert its.at is not None
    library.database.write(lambda connection: assets.set_file_tags(connection, 1, ["harbour", "boat"]))
    again = {one.name: one.at for one in library.keep.origins(1)}
    assert again["Harbour"] == its.at  # what stood there before keeps its time
    library.untag([1], "sea")
    library.undo()
    assert abs((library.keep.origins(1)[0].at or 0) - mine.at) < 0.001  # as it was given at first


def test_what_a_model_found_names_the_model_when_and_how_sure(library: Library) -> None:
    def said(connection: object) -> None:
        found = [Finding(FindingKind.OBJECT, text="boat", label="boat", score=score) for score in (0.6, 0.84)]
        findings.replace(connection, 2, "objects", 1, found)  # type: ignore[arg-type]
        connection.execute(  # type: ignore[attr-defined]
            "UPDATE job SET state = 'done', updated = 1764000000, options = ? "
            "WHERE asset_id = 2 AND analyzer = 'objects'",
            ('{"packs": {"objects": "no-such-pack@3"}}',),
        )

    library.database.write(said)
    (one,) = library.keep.origins(2)
    assert (one.name, one.sort, one.by, one.version, one.score) == ("boat", "object", "objects", 1, 0.84)
    assert (one.packs, one.models, one.at) == (("no-such-pack@3",), ("no-such-pack",), 1764000000)
    assert one.title == "Things in pictures"
