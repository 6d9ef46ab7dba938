"""Albums: filled, put in order, renamed and deleted, each undone and done again; found by search; smart ones beside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import NameTaken, NotFound
from engine.library import Library
from engine.model import Change
from tests.unit.keeping import found, kept


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with kept(tmp_path) as opened:
        yield opened


def order(library: Library, name: str = "Sea") -> list[int]:
    return found(library, library.albums.named(name).query, "album")


def test_an_album_is_made_filled_emptied_and_each_step_is_undone_and_done_again(library: Library) -> None:
    albums = library.albums
    number = albums.make("  Sea   side ", [3, 1, 3, 99])
    assert [(one.id, one.name, one.count, one.cover) for one in albums.listing()] == [(number, "Sea side", 2, 3)]
    assert albums.add(number, [1, 2]) == 1
    assert order(library, "sea SIDE") == [3, 1, 2]
    assert albums.remove(number, [3, 5]) == 1
    assert order(library, "Sea side") == [1, 2]
    assert library.undo() == "Undone: Took 1 item out of “Sea side”"
    assert order(library, "Sea side") == [3, 1, 2]  # where it stood
    assert library.undo() == "Undone: Put 1 item into “Sea side”"
    assert order(library, "Sea side") == [3, 1]
    assert library.undo() == "Undone: Made the album “Sea side”"
    assert albums.listing() == []
    for _ in range(3):
        assert library.redo() is not None
    assert order(library, "Sea side") == [1, 2]
    assert library.redo() is None


def test_what_changes_nothing_is_not_written_down(library: Library) -> None:
    number = library.albums.make("Sea", [1])
    assert library.albums.add(number, [1]) == 0
    assert library.albums.remove(number, [2]) == 0
    assert library.undo() == "Undone: Made the album “Sea”"


def test_deleting_an_album_is_undone_with_all_its_members_and_their_order(library: Library) -> None:
    number = library.albums.make("Sea", [5, 2, 4])
    library.albums.delete(number)
    assert library.albums.listing() == []
    assert found(library, "album:Sea") == []
    assert len(found(library, "")) == 6  # the assets stay
    with pytest.raises(NotFound):
        library.albums.delete(number)
    assert library.undo() == "Undone: Deleted the album “Sea”"
    assert [one.id for one in library.albums.listing()] == [number]
    assert order(library) == [5, 2, 4]
    library.redo()
    assert library.albums.listing() == []


def test_members_are_moved_and_the_others_stay(library: Library) -> None:
    number = library.albums.make("Sea", [1, 2, 3, 4, 5])
    library.albums.move(number, [5], 2)
    assert order(library) == [1, 5, 2, 3, 4]
    library.albums.move(number, [1, 2], None)
    assert order(library) == [5, 3, 4, 1, 2]
    library.albums.move(number, [4, 3], 5)
    assert order(library) == [3, 4, 5, 1, 2]
    library.albums.move(number, [3], 3)
    assert order(library) == [3, 4, 5, 1, 2]
    for expected in ([5, 3, 4, 1, 2], [1, 5, 2, 3, 4], [1, 2, 3, 4, 5]):
        library.undo()
        assert order(library) == expected
    library.redo()
    assert order(library) == [1, 5, 2, 3, 4]


def test_there_is_always_room_between_two_members(library: Library) -> None:
    number = library.albums.make("Sea", [1, 2, 3])
    for turn in range(60):  # halves the room each time until all are numbered anew
        library.albums.move(number, [3 if turn % 2 else 2], 2 if turn % 2 else 3)
        assert order(library) == ([1, 3, 2] if turn % 2 else [1, 2, 3])
    library.undo()
    assert order(library) == [1, 2, 3]


def test_names_are_clean_and_only_one_album_has_each(library: Library) -> None:
    sea, hill = library.albums.make("Sea"), library.albums.make("Hill")
    for name in ("", "  ", "sea", "x" * 300):
        with pytest.raises(NameTaken):
            library.albums.make(name)
    with pytest.raises(NameTaken):
        library.albums.rename(hill, "SEA")
    library.albums.rename(sea, "sea")  # its own name in another case
    library.albums.rename(hill, "Mountain")
    assert [one.name for one in library.albums.listing()] == ["Mountain", "sea"]
    assert library.undo() == "Undone: Renamed the album “Hill” to “Mountain”"
    assert [one.name for one in library.albums.listing()] == ["Hill", "sea"]
    with pytest.raises(NotFound):
        library.albums.rename(99, "Other")
    assert library.albums.named("#2").name == "Hill"
    with pytest.raises(NotFound):
        library.albums.named("Valley")


@pytest.mark.parametrize("name", ["Sea side", 'My "best"', "🎉", "Café (2020), Rome", "Starred*", "OR"])
def test_every_name_has_a_query_that_finds_the_album(library: Library, name: str) -> None:
    library.albums.make(name, [2])
    library.albums.make("Another", [3])
    (one,) = [row for row in library.albums.listing() if row.name == name]
    assert found(library, one.query) == [2]
    assert library.albums.count(one.query) == 1


def test_names_that_sound_alike_are_told_apart_by_number(library: Library) -> None:
    library.albums.make("Été", [1])
    library.albums.make("ete", [2])
    assert [found(library, one.query) for one in sorted(library.albums.listing(), key=lambda row: row.id)] == [[1], [2]]
    assert found(library, "album:ete") == [1, 2]


def test_albums_are_filters_like_others(library: Library) -> None:
    library.albums.make("Sea", [1, 2, 3])
    library.albums.make("Hill", [3, 4])
    assert found(library, "album:sea,hill") == [1, 2, 3, 4]
    assert found(library, "album:sea album:hill") == [3]
    assert found(library, "album:hi*") == [3, 4]
    assert found(library, "-album:sea") == [4, 5, 6]
    assert {hit.asset.id for hit in library.search("album:hill").hits} == {3, 4}
    assert [one.shown for one in library.complete("album:s", 7)] == ["Sea"]
    (facet,) = [one for one in library.facets() if one.name == "album"]
    assert [(one.value, one.count) for one in facet.values] == [("Sea", 3), ("Hill", 2)]
    assert library.asset(3).albums == ((2, "Hill"), (1, "Sea"))


def test_without_an_album_its_order_is_that_of_dates(library: Library) -> None:
    assert found(library, "", "album") == found(library, "", "taken")
    library.albums.make("Sea", [4, 1])
    assert found(library, "album:sea sort:album") == [4, 1]
    assert [hit.asset.id for hit in library.search("album:sea sort:album").hits] == [4, 1]
    assert found(library, "album:sea OR rating:5", "album") == found(library, "album:sea", "taken")
    library.tag([1, 4, 5], "boat")
    assert found(library, "album:sea boat", "album") == [4, 1]
    library.albums.make("Hill", [1, 3])
    assert found(library, "album:sea,hill", "album") == [4, 1, 3]
    library.albums.make("Nothing")
    assert found(library, "album:nothing", "album") == []


def test_what_is_out_of_reach_stays_in_the_album_and_is_not_counted(library: Library, tmp_path: Path) -> None:
    library.albums.make("Sea", [1, 2])
    name = library.asset(1).cell.name
    (tmp_path / "in" / name).rename(tmp_path / name)
    for _ in library.rescan():
        pass
    assert [(one.count, one.cover) for one in library.albums.listing()] == [(1, 2)]
    (tmp_path / name).rename(tmp_path / "in" / name)
    for _ in library.rescan():
        pass
    assert [(one.count, one.cover) for one in library.albums.listing()] == [(2, 1)]


def test_saved_searches_are_smart_albums(library: Library) -> None:
    library.searches.save("Best", "rating:5", "name")
    library.rate([2, 3], 5)
    (one,) = library.albums.smart()
    assert (one.name, one.smart, one.query, one.sort, one.count) == ("Best", True, "rating:5", "name", -1)
    assert library.albums.count(one.query) == 2
    assert library.albums.count("") == 6


def test_listeners_hear_that_albums_changed(library: Library) -> None:
    heard: list[Change] = []
    library.subscribe(heard.append)
    library.albums.make("Sea", [1])
    library.rate([2], 3)
    library.undo()
    library.undo()
    topics = [change.topics for change in heard]
    assert ["albums" in one for one in topics] == [True, False, False, True]
    assert heard[0].assets == {1}
