"""The list of clips: its order, its decisions, what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import NotFound
from engine.library import Library
from engine.model import Moment


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        Image.new("RGB", (60, 40), (9, number, 9)).save(folder / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        yield opened


def names(library: Library, asset: int | None = None) -> list[str]:
    return [clip.name for clip in library.clips.listing(asset)]


def test_clips_of_several_assets_stand_in_one_order(library: Library) -> None:
    library.clips.add(1, Moment(1, 2), "a")
    library.clips.add(2, Moment(5, 3), "b", "too long?")
    library.clips.add(1, Moment(9), "mark")
    assert names(library) == ["a", "b", "mark"]
    assert names(library, 1) == ["a", "mark"]
    _, second, mark = library.clips.listing()
    assert (second.moment, second.note, second.asset_name) == (Moment(3, 5), "too long?", "1.png")
    assert mark.is_mark


def test_every_change_is_undone_and_redone(library: Library) -> None:
    first, second = library.clips.add_all([(1, Moment(1, 2), "a"), (2, Moment(1, 2), "b")])
    library.clips.rename(first, "  new   name ")
    library.clips.describe(first, "note")
    library.clips.cut(first, 0.5, 4)
    library.clips.order([second, first])
    library.clips.remove([second])
    states = [library.clips.listing()]
    while library.undo() is not None:
        states.append(library.clips.listing())
    assert states[-1] == []
    assert [[clip.name for clip in state] for state in states] == [
        ["new name"], ["b", "new name"], ["new name", "b"], ["new name", "b"], ["new name", "b"], ["a", "b"], [],
    ]  # fmt: skip
    for expected in reversed(states[:-1]):
        assert library.redo() is not None
        assert library.clips.listing() == expected
    assert library.clips.listing()[0].moment == Moment(0.5, 4)


def test_what_is_not_there_is_refused(library: Library) -> None:
    with pytest.raises(NotFound):
        library.clips.add(99, Moment(1, 2))
    with pytest.raises(NotFound, match="place in a film"):
        library.clips.add(1, Moment())
    with pytest.raises(NotFound, match="not in the list"):
        library.clips.rename(7, "x")
    assert library.clips.listing() == []
    assert library.undo() is None
