"""The searches of the past: what is kept of typing, what comes first, how it is forgotten and switched off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.library import Library
from engine.search.history import History
from engine.store import history as store


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", work=False) as made:
        yield made


@pytest.fixture
def history(library: Library, monkeypatch: pytest.MonkeyPatch) -> History:
    clock = iter(range(1_700_000_000, 1_700_900_000, 1000))
    monkeypatch.setattr(store.time, "time", lambda: float(next(clock)))
    return library.history


def asked(history: History, beginning: str = "") -> list[str]:
    return [one.query for one in history.listing(beginning)]


def test_the_newest_come_first_and_opened_ones_count_as_newer(history: History) -> None:
    for query in ("boat", "harbour at night", "type:photo red"):
        history.note(query)
    assert asked(history) == ["type:photo red", "harbour at night", "boat"]
    history.note("boat", opened=True)
    history.note("cat")
    assert asked(history) == ["boat", "cat", "type:photo red", "harbour at night"]
    (row,) = history.listing("boat")
    assert (row.times, row.opened) == (1, 1)


def test_what_was_typed_on_the_way_is_not_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.time, "time", lambda: 1_700_000_000.0)
    for query in ("ha", "harb", "harbour", "harbour night"):
        history.note(query)
    assert asked(history) == ["harbour night"]
    history.note("cat", opened=True)
    history.note("cat dog")
    assert sorted(asked(history)) == ["cat", "cat dog", "harbour night"]


def test_they_are_offered_by_their_beginning_and_by_the_beginning_of_a_word(history: History) -> None:
    for query in ("red harbour", "harbour", "50% off", "under_score"):
        history.note(query)
    assert asked(history, "har") == ["harbour", "red harbour"]
    assert asked(history, "arb") == []
    assert asked(history, "50%") == ["50% off"]
    assert asked(history, "%") == []
    assert asked(history, "under_") == ["under_score"]
    assert asked(history, "under%") == []


def test_only_some_hundreds_are_kept(history: History) -> None:
    history.note("the first, opened often", opened=True)
    for number in range(store.MOST + 20):
        history.note(f"{number} search")
    every = [one.query for one in history.listing(limit=10_000)]
    assert len(every) == store.MOST
    assert "0 search" not in every
    assert f"{store.MOST + 19} search" in every


def test_one_is_forgotten_or_all(history: History) -> None:
    for query in ("one", "two", "three"):
        history.note(query)
    history.remove("two")
    assert asked(history) == ["three", "one"]
    history.clear()
    assert asked(history) == []


def test_switched_off_nothing_is_kept_and_what_was_is_forgotten(library: Library, history: History) -> None:
    history.note("secret")
    library.set("search.history", False)
    assert asked(history) == []
    history.note("another")
    assert asked(history) == []
    library.set("search.history", True)
    history.note("third")
    assert asked(history) == ["third"]


def test_empty_and_endless_searches_are_not_kept(history: History) -> None:
    history.note("   ")
    history.note("x" * 5000)
    assert asked(history) == []
