"""Searching with a part of what is there: the posture of one body, a page, and what a part of a query may be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.output import Output
from engine.errors import QueryError
from engine.model import Box, Finding, FindingKind, Moment
from engine.packs.vectors import fp16
from engine.search.find import Finder
from engine.search.meaning import Meaning
from engine.search.query import read
from engine.search.spaces import Spaces
from engine.settings import defaults
from tests.packs import write_pack
from tests.unit.search.shelf import Shelf

LEFT, RIGHT = Box(0.1, 0.2, 0.3, 0.6), Box(0.6, 0.2, 0.3, 0.6)
AXES = np.eye(8, dtype=np.float32)


class Gym(Shelf):
    """A shelf of bodies; a number names the posture that they share."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.spaces = Spaces(self.database, folder / "vectors")
        meaning = Meaning(self.database, self.spaces, None, defaults)  # type: ignore[arg-type]
        self.finder = Finder(self.database, meaning)

    def close(self) -> None:
        self.spaces.close()
        super().close()

    def bodies(self, *bodies: tuple[int, Box, float | None], **more: Any) -> int:
        return self.asset(*(self.body(*one) for one in bodies), analyzer="pose", **more)

    def body(self, posture: int, box: Box, start: float | None) -> Finding:
        vector = AXES[posture] + np.random.default_rng(posture).normal(size=8).astype(np.float32) * 0.05
        name = ("standing", "sitting")[posture % 2]
        return Finding(FindingKind.POSE, Moment(start=start, box=box), text=name, label=name, space="moves@1/pose",
                       vector=fp16(vector / np.linalg.norm(vector)))  # fmt: skip


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gym]:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "packs"))
    made = Gym(tmp_path)
    yield made
    made.close()


def pack(folder: Path) -> None:
    write_pack(
        folder / "packs",
        {"id": "moves", "version": 1, "title": "Moves", "files": [{"name": "m.onnx", "size": 1}],
         "licence": {"name": "MIT", "commercial": True},
         "models": {"pose": {"adapter": "movenet", "file": "m.onnx", "input": {"size": [8, 8]}}}},
        {"m.onnx": b"x"},
    )  # fmt: skip


def test_the_posture_of_one_body_is_looked_for(gym: Gym, tmp_path: Path) -> None:
    pack(tmp_path)
    both = gym.bodies((0, LEFT, None), (3, RIGHT, None))
    for number in range(60):
        gym.bodies((4 + number % 4, LEFT, None))
    like_left, like_right = gym.bodies((0, RIGHT, None)), gym.bodies((3, LEFT, None))
    film = gym.bodies((0, LEFT, 2.0), (3, LEFT, 9.0), kind="video")
    assert set(gym.ids(f"pose:#{both}[0.1;0.2;0.3;0.6]")) == {like_left, film}
    assert set(gym.ids(f"pose:#{both}[0.62;0.25;0.3;0.5]")) == {like_right, film}
    assert set(gym.ids(f"pose:#{both}")) == {like_left, like_right, film}
    assert set(gym.ids(f"pose:#{film}@8.2")) == {both, like_right}
    (hit,) = (one for one in gym.finder.search(f"pose:#{like_left}").hits if one.asset.id == film)
    assert [moment.moment.start for moment in hit.moments] == [2.0]
    assert hit.moments[0].why == "a posture like it"
    assert like_left not in gym.ids(f"-pose:#{both}[0.1;0.2;0.3;0.6]")
    assert set(gym.ids(f"pose:#{both}[0.1;0.2;0.3;0.6] type:video")) == {film}
    assert set(gym.ids(f"pose:#{like_right},sitting type:video")) == {film}


def test_few_bodies_that_are_not_alike_are_not_found(gym: Gym, tmp_path: Path) -> None:
    pack(tmp_path)
    squat = gym.bodies((0, LEFT, None))
    for number in range(1, 6):
        gym.bodies((number, LEFT, None))
    assert gym.ids(f"pose:#{squat}") == []


def test_what_has_no_posture_says_so(gym: Gym, tmp_path: Path) -> None:
    someone = gym.bodies((0, LEFT, None))
    with pytest.raises(QueryError, match="needs a pack for postures"):
        gym.ids(f"pose:#{someone}")
    pack(tmp_path)
    with pytest.raises(QueryError, match="Nobody whose posture"):
        gym.ids(f"pose:#{someone}[0.8;0.8;0.1;0.1]")
    with pytest.raises(QueryError, match="Nobody whose posture"):
        gym.ids(f"pose:#{gym.asset('a word')}")
    assert gym.ids("pose:standing") == [someone]


@pytest.mark.parametrize("text", ["like:#12@p3[.1;.2;.3;.4]", "pose:#12@3.5[0.1;0.2;0.3;0.4]^2", "pose:#12,sitting"])
def test_parts_and_pages_are_read_and_written_again(text: str) -> None:
    first = read(text)
    assert read(str(first)) == first


@pytest.mark.parametrize("text", ["pose:#x", "like:#12@p", "pose:#12[1;2]", "like:#12[.1;.2;.3]"])
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is none of them"):
        read(text)


def test_a_thing_is_told_from_text_and_from_a_sound(gym: Gym) -> None:
    gym.asset(Finding(FindingKind.OBJECT, Moment(), text="dog", label="dog"), analyzer="objects")
    gym.asset(Finding(FindingKind.SOUND, Moment(start=7.0), text="barking", label="Bark"), analyzer="sounds")
    whys = [gym.finder.search(text).hits[0].moments[0].why for text in ("shows:dog", "sound:barking")]
    assert whys == ["a thing that it shows", "sound"]


def test_what_the_terminal_shows_is_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).text("shows:dog: words")
    assert capsys.readouterr().out == "shows:dog: words\n"
