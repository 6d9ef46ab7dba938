"""Who is who is found out in the background, soon after faces came or something was decided."""

from pathlib import Path

import pytest

from engine.library import Library
from engine.people import refresh
from engine.store.commit import shows_people
from tests.unit.people.faces import ids, photo, who
from tests.waiting import until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "SOON", 0.05)


def test_a_decision_is_followed_by_a_look(library: Library) -> None:
    for number in (1, 2, 3):
        photo(library, number, "anna")
    anna = library.people.assign([ids(library, 1)[0]], None)
    until(lambda: who(library, 3) == [anna])
    assert who(library, 2) == [anna]


def test_only_faces_and_voices_wake_it(library: Library, tmp_path: Path) -> None:
    assert shows_people("faces") == shows_people("speech") == ("people",)
    assert shows_people("ocr") == ()
    library.rate([1], 3)
    assert library.people._refresher._thread is None
    assert list(library.people.refresh())[-1].done == 2
