"""What a result can be narrowed by: the counts are the lengths of the lists that they lead to, whatever the library."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import Facet, Finding, FindingKind, Moment
from engine.search.compile import compiled
from engine.search.narrow import facets_of, with_filter
from engine.search.query import read
from engine.store import facets
from tests.unit.search.shelf import Shelf

WORDS = ("cat", "dog", "harbour", "red")
ASSET = st.fixed_dictionaries(
    {
        "texts": st.lists(st.sampled_from(WORDS), max_size=2),
        "shows": st.lists(st.sampled_from(("dog", "hot dog", "cat", "Traffic-Light")), max_size=2),
        "pose": st.sampled_from(("", "standing", "standing, arms up", "sitting")),
        "kind": st.sampled_from(("photo", "video", "document", "other")),
        "year": st.sampled_from((2019, 2020, None)),
        "place": st.sampled_from(
            ("", "Rome, Italy", "Rome", "Paris, France", "Parish", "São Paulo", "“odd” place", "!")
        ),
        "camera": st.sampled_from(("", "Nikon Z 6", "Nikon Z 6 II", "NIKON Z 6", "Canon")),
        "safety": st.sampled_from(("", "safe", "explicit")),
        "tags": st.lists(st.sampled_from(("beach", "Béach", "be*", "#7", "two words", "a,b")), max_size=2, unique=True),
        "people": st.lists(st.integers(1, 5), max_size=2, unique=True),
        "state": st.sampled_from(("present", "present", "offline", "gone")),
    }
)
QUERY = st.sampled_from(
    (
        "", "cat", "cat OR dog", "cat dog", "cat -dog", "type:photo", "type:photo OR year:2019", "-type:video", "catt",
        '"cat" place:rome', "shows:dog", "person:ann", "(cat OR type:video) year:2020", "cat sort:name", "is:offline",
        "harbour OR red sort:date", "camera:nikon",
    )
)  # fmt: skip


@contextmanager
def filled(assets: list[dict[str, Any]]) -> Iterator[Shelf]:
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        try:
            shelf.database.write(_people)
            for one in assets:
                _put(shelf, one)
            yield shelf
        finally:
            shelf.close()


def _people(connection: sqlite3.Connection) -> None:
    names = ((1, "Ann", 0), (2, "Ann Lee", 0), (3, "ánn", 0), (4, "Ben", 1), (5, "#3", 0))
    connection.executemany("INSERT INTO person(id, name, hidden, made) VALUES(?, ?, ?, 0)", names)


def _put(shelf: Shelf, one: dict[str, Any]) -> None:
    shown = [Finding(FindingKind.OBJECT, Moment(start=50.0 + at), text=text) for at, text in enumerate(one["shows"])]
    posed = [Finding(FindingKind.POSE, Moment(start=90.0), text=one["pose"])] if one["pose"] else []
    state = one["state"]
    number = shelf.asset(
        *one["texts"], *shown, *posed, tags=one["tags"], kind=one["kind"], year=one["year"], place=one["place"],
        camera=one["camera"], safety=one["safety"], present=int(state == "present"), offline=int(state == "offline"),
        moment_at=1.0e9,
    )  # fmt: skip
    shelf.database.write(
        lambda connection: connection.executemany(
            "INSERT INTO appearance(sort, asset_id, person_id, how) VALUES('face', ?, ?, 'auto')",
            [(number, person) for person in one["people"]],
        )
    )


def agreed(shelf: Shelf, query: str) -> list[Facet]:
    found = facets_of(shelf.database, shelf.finder, query, exact=True)
    for facet in found:
        assert not facet.about
        for value in facet.values:
            assert value.count == len(shelf.listed(value.query)), (query, value)
            assert value.count > 0
            assert set(shelf.listed(value.query)) <= set(shelf.listed(query))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ASSET, max_size=9), QUERY, st.sampled_from((1, 2, 4, 20_000)))
def test_every_count_is_the_length_of_its_list(assets: list[dict[str, Any]], query: str, together: int) -> None:
    with filled(assets) as shelf, pytest.MonkeyPatch.context() as patch:
        patch.setattr(facets, "SAMPLED", together)  # so many are counted at a time
        agreed(shelf, query)
        patch.undo()
        kinds = next((one.values for one in facets_of(shelf.database, shelf.finder, query) if one.name == "type"), ())
        assert sum(value.count for value in kinds) == len(shelf.listed(query))  # each asset is of one kind


def test_counts_follow_what_goes_and_comes_back(shelf: Shelf) -> None:
    asset = shelf.asset("cat", tags=["beach"], place="Rome, Italy", kind="video")
    shelf.asset("cat", place="Rome, Italy")

    def count(name: str) -> int:
        values = next((one.values for one in agreed(shelf, "cat") if one.name == name), ())
        return max((value.count for value in values), default=0)

    assert (count("place"), count("tag"), count("type")) == (2, 1, 1)
    for present, offline, places, tags in ((0, 0, 1, 0), (0, 1, 2, 1), (1, 0, 2, 1)):
        shelf.database.write(
            lambda connection, p=present, o=offline: connection.execute(  # type: ignore[misc]
                "UPDATE asset SET present = ?, offline = ? WHERE id = ?", (p, o, asset)
            )
        )
        assert (count("place"), count("tag")) == (places, tags)


def test_of_many_assets_counts_are_estimated_first_and_said_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "SAMPLED", 10)
    for number in range(60):
        shelf.asset(kind="photo" if number % 3 else "video")
    about = facets_of(shelf.database, shelf.finder, "")
    assert all(facet.about for facet in about)
    assert sum(value.count for value in about[0].values) == pytest.approx(60, abs=4)
    agreed(shelf, "")


def test_exact_counts_of_many_hold_no_object_for_each(shelf: Shelf) -> None:
    many = 200_000
    shelf.database.write(
        lambda connection: connection.executemany(
            "INSERT INTO asset(id, content, kind, size, moment_at, year, added, present) "
            "VALUES(?, ?, 'photo', 1, 0, 2000 + ? % 9, 0, 1)",
            ((number, f"{number:064x}", number) for number in range(1, many + 1)),
        )
    )
    facets_of(shelf.database, shelf.finder, "type:document", exact=True)  # what is loaded once
    tracemalloc.start()
    found = facets_of(shelf.database, shelf.finder, "", exact=True)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(value.count for value in found[0].values) == many
    assert most < 40 * many  # an int in a set is 60 bytes at least, a list of them and their text more


def test_the_number_of_what_is_found_is_that_of_its_list(shelf: Shelf) -> None:
    for number in range(7):
        shelf.asset("cat", kind="photo" if number % 3 else "video", present=int(number != 5))
    for query in ("", "type:photo", "type:photo OR year:1970", "-type:video", "type:document"):
        plan = compiled(read(query))
        with shelf.database.read() as connection:
            assert facets.count(connection, plan) == len(facets.every(connection, plan)) == len(shelf.listed(query))


def test_a_filter_holds_for_the_whole_query() -> None:
    assert with_filter("", "type", "photo") == "type:photo"
    assert with_filter("cat", "place", "Rome, Italy") == 'cat place:"Rome, Italy"'
    assert with_filter("cat OR dog", "type", "photo") == "cat OR dog type:photo"
    for text in ("cat", "cat OR dog", "-(cat dog)", "cat sort:date", '"red cat"'):
        assert read(with_filter(text, "type", "photo")).sort == read(text).sort


def test_what_is_in_quotation_marks_is_meant_literally() -> None:
    assert str(read('shows:"dog"')) == 'shows:"dog"'
    assert str(read("shows:dog")) == "shows:dog"
    assert str(read("shows:dog,\"cat\",'bird'")) == "shows:dog,\"cat\",'bird'"
