"""Searching with a posture that was drawn: its text, and what it finds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import QueryError
from engine.model import Box, Finding, FindingKind, Moment
from engine.packs import drawn
from engine.packs.postures import descriptor_of
from engine.packs.vectors import fp16
from engine.search.query import read
from tests.unit.search.test_like_parts import Gym, pack

# Two bodies as they are drawn, and two of another build as they are found, in pixels.
STANDING = (
    "[0.50;0.13;-;-;-;-;0.60;0.26;0.40;0.26;0.64;0.41;0.36;0.41;0.65;0.55;0.35;0.55;0.56;0.54;0.44;0.54;0.57;0.74;"
    "0.43;0.74;0.57;0.94;0.43;0.94]"
)
SQUATTING = (
    "[0.58;0.25;-;-;-;-;0.46;0.38;0.52;0.36;0.58;0.51;0.64;0.46;0.67;0.42;0.74;0.38;0.34;0.65;0.39;0.63;0.59;0.69;"
    "0.63;0.63;0.44;0.91;0.50;0.87]"
)
STANDS = (
    "[212;40;-;-;-;-;235;90;190;92;246;160;178;158;250;225;176;228;228;230;198;230;230;330;196;332;231;430;193;428]"
)
SQUATS = (
    "[300;150;-;-;-;-;230;210;250;200;300;270;310;250;340;210;350;200;150;330;165;325;270;345;280;330;205;450;225;440]"
)


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gym]:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "packs"))
    made = Gym(tmp_path)
    yield made
    made.close()


def body(text: str, **place: Any) -> Finding:
    vector = descriptor_of(drawn.read(text))
    assert vector is not None
    moment = Moment(box=Box(0.1, 0.1, 0.3, 0.8), **place)
    return Finding(FindingKind.POSE, moment, text="body", space="moves@1/pose", vector=fp16(vector))


def test_a_drawn_body_finds_those_who_stand_so(gym: Gym, tmp_path: Path) -> None:
    pack(tmp_path)
    stands = gym.asset(body(STANDS), analyzer="pose")
    squats = gym.asset(body(SQUATS), analyzer="pose")
    film = gym.asset(body(SQUATS, start=2.0), body(STANDS, start=9.0), analyzer="pose", kind="video")
    words = gym.asset("a word")
    standing, squatting = f"pose:{STANDING}", f"pose:{SQUATTING}"
    assert set(gym.ids(standing)) == {stands, film}
    assert set(gym.ids(squatting)) == {squats, film}
    assert gym.ids(f"{standing} type:video") == [film]
    assert set(gym.ids(f"-{standing}")) == {squats, words}
    assert set(gym.ids(f"{standing} OR word")) == {stands, film, words}
    hit = next(one for one in gym.finder.search(standing).hits if one.asset.id == film)
    assert [moment.why for moment in hit.moments] == ["a posture like the drawn one"]
    (part,) = hit.moments[0].parts
    assert part.part == "a drawn posture"


def test_the_other_way_round_is_the_same(gym: Gym, tmp_path: Path) -> None:
    pack(tmp_path)
    squats = gym.asset(body(SQUATS), analyzer="pose")
    turned = {
        name.replace("left", "-").replace("right", "left").replace("-", "right"): (1 - x, y)
        for name, (x, y) in drawn.read(SQUATTING).items()
    }
    assert gym.ids(f"pose:{drawn.written(turned)}") == [squats]


def test_a_posture_is_written_as_it_was_read() -> None:
    text = STANDING
    assert drawn.written(drawn.read(text)) == text
    assert drawn.read(text)["left elbow"] == (0.64, 0.41)
    assert "left eye" not in drawn.read(text)
    for query in (f"pose:{text}", f"-pose:{text}", f"pose:{text}^2 boat", f"pose:{text},#12,squat"):
        assert str(read(query)) == query
        assert read(str(read(query))) == read(query)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[0.1;0.2;0.3]", "the last joint has no y"),
        ("[0.1;0.2;-;-]", "has 17 joints, .* here are 3"),
        ("[" + ";".join("-" * 17) + "]", "too few joints are drawn"),
        ("[.5;.1;-;-;-;-;.6;.2;-;.6;.3;-;.6;.4;-;-;-;-;-;-;-]", "too few joints are drawn"),  # no hip
        ("[-;-;-;-;-;.6;.2;-;-;-;-;-;.6;.5;-;.6;.7;-;.6;.9;-]", "too few joints are drawn"),  # two limbs
        ("[-;-;-;-;-;.6;.5;-;.7;.5;-;-;-;.6;.5;-;.6;.7;-;.6;.9;-]", "not where its hips are"),
        ("[a;b;-]", "“a” is neither"),
        ("[0.5;-;0.2;0.3]", "“-” is neither"),
        ("[nan;0.1]", "“nan” is neither"),
        ("[]", "“” is neither"),
        ("[0.1;0.2", "stands between"),
    ],
)
def test_what_is_no_posture_is_refused_where_it_stands(text: str, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        read(f"boat pose:{text} type:photo")
    assert caught.value.text.startswith("pose: ")
    assert (caught.value.start, caught.value.end) == (10, 10 + len(text))


def test_without_a_pack_or_with_other_vectors_it_says_so(gym: Gym, tmp_path: Path) -> None:
    gym.bodies((0, Box(0, 0, 1, 1), None))  # vectors of 8 numbers
    with pytest.raises(QueryError, match="yet: a drawn posture needs a pack"):
        gym.ids(f"pose:{STANDS}")
    pack(tmp_path)
    with pytest.raises(QueryError, match="cannot be compared"):
        gym.ids(f"pose:{STANDS}")
