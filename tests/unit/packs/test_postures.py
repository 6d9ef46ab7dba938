"""Postures told from joints: bodies drawn by their angles, and what must not be taken for them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.packs.postures import DIM, NAMES, angles, descriptor, descriptor_of, postures, square


def _body(torso: float = 0, thigh: float = 0, shin: float = 0, arm: float = 170, forearm: float = 170) -> Any:
    """A body of upright height 2: each part leans so many degrees from straight up or down, to the right."""

    def step(start: tuple[float, float], lean: float, length: float, up: int) -> tuple[float, float]:
        turn = np.radians(lean)
        return start[0] + length * float(np.sin(turn)), start[1] + up * -length * float(np.cos(turn))

    places: dict[str, tuple[float, float]] = {}
    for side, off in (("left", -0.06), ("right", 0.06)):
        hip = (off, 1.0)
        shoulder = step(hip, torso, 0.5, 1)
        knee = step(hip, thigh, 0.45, -1)
        elbow = step(shoulder, arm, 0.3, 1)
        places |= {f"{side} hip": hip, f"{side} shoulder": shoulder, f"{side} knee": knee, f"{side} elbow": elbow}
        places[f"{side} ankle"] = step(knee, shin, 0.45, -1)
        places[f"{side} wrist"] = step(elbow, forearm, 0.28, 1)
        places[f"{side} eye"] = step(shoulder, torso, 0.26, 1)
        places[f"{side} ear"] = step(shoulder, torso, 0.24, 1)
    places["nose"] = step((0.02, places["left shoulder"][1]), torso, 0.22, 1)
    return np.asarray([(*places[name], 0.9) for name in NAMES], np.float32)


def _lying() -> Any:
    upright = _body()
    return np.stack([upright[:, 1], -upright[:, 0] + 1, upright[:, 2]], axis=1).astype(np.float32)


BODIES = {
    "standing": _body(torso=3, thigh=2, shin=-2),
    "sitting": _body(torso=5, thigh=85, shin=0),
    "squat": _body(torso=30, thigh=75, shin=-35),
    "lying": _lying(),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_has_its_posture(name: str) -> None:
    found = postures(BODIES[name])
    assert found[0].name == name
    assert 0.4 < found[0].score <= 1


def test_arms_and_hands_are_named_beside_the_body() -> None:
    up = postures(_body(arm=20, forearm=5))
    assert [one.name for one in up] == ["standing", "arms up"]
    face = postures(_body(arm=150, forearm=-5))
    assert "hand to face" in [one.name for one in face]
    assert "arms up" not in [one.name for one in face]
    assert [one.name for one in postures(_body(arm=90, forearm=90))] == ["standing"]


def test_the_angles_are_those_of_the_body() -> None:
    found = angles(_body(torso=10, thigh=60, shin=-30))
    assert found["left thigh"] == pytest.approx(60, abs=0.5)
    assert found["right knee"] == pytest.approx(90, abs=0.5)
    assert found["torso"] == pytest.approx(10, abs=2)


def test_what_is_not_seen_is_not_guessed() -> None:
    for name, body in BODIES.items():
        hidden = body.copy()
        hidden[[NAMES.index(one) for one in NAMES if "hip" in one], 2] = 0.1
        assert not {one.name for one in postures(hidden)} & set(BODIES), name
        assert descriptor(hidden) is None
    legless = BODIES["sitting"].copy()
    legless[[NAMES.index(one) for one in NAMES if "knee" in one or "ankle" in one], 2] = 0
    assert postures(legless) == []


def test_a_chair_is_no_squat_and_a_handstand_no_bed() -> None:
    far = _body(torso=20, thigh=80, shin=60)  # the feet far before the hips
    assert postures(far)[0].name == "sitting"
    upside = _body() * np.asarray([1, -1, 1], np.float32)
    assert not {one.name for one in postures(upside)} & {"lying", "standing", "squat", "sitting"}


@settings(max_examples=60, deadline=None)
@given(torso=st.integers(-40, 80), thigh=st.integers(-20, 110), shin=st.integers(-60, 60), arm=st.integers(0, 180),
       scale=st.floats(0.2, 300), x=st.floats(-50, 50), y=st.floats(-50, 50))  # fmt: skip
def test_place_size_and_side_do_not_count(
    torso: int, thigh: int, shin: int, arm: int, scale: float, x: float, y: float
) -> None:
    body = _body(torso, thigh, shin, arm, arm - 20)
    moved = (body * np.asarray([scale, scale, 1]) + np.asarray([x, y, 0])).astype(np.float32)
    own, other = descriptor(body), descriptor(moved)
    assert own is not None
    assert other is not None
    assert own.shape == (DIM,)
    assert float(own @ other) == pytest.approx(1, abs=1e-3)
    swap = [NAMES.index(name.replace("left", "#").replace("right", "left").replace("#", "right")) for name in NAMES]
    mirrored = (body * np.asarray([-1, 1, 1], np.float32))[swap]
    turned = descriptor(mirrored)
    assert turned is not None
    if abs(own.reshape(-1, 2)[:, 0].sum()) > 1e-3:  # else it looks to neither side
        assert float(own @ turned) == pytest.approx(1, abs=1e-3)
    assert [one.name for one in postures(mirrored)] == [one.name for one in postures(body)]


def test_like_postures_are_nearer() -> None:
    rows = {name: descriptor(body) for name, body in BODIES.items()}
    almost = descriptor(_body(torso=25, thigh=70, shin=-30))
    assert almost is not None
    alike = {name: float(almost @ row) for name, row in rows.items() if row is not None}
    assert max(alike, key=lambda name: alike[name]) == "squat"
    assert alike["squat"] > 0.95
    assert alike["standing"] < 0.9


def test_a_drawn_body_is_as_good_as_a_seen_one() -> None:
    body = BODIES["squat"]
    drawn = descriptor_of({name: body[n, :2].tolist() for n, name in enumerate(NAMES)} | {"tail": (0, 0)})
    seen = descriptor(body)
    assert drawn is not None
    assert seen is not None
    assert float(drawn @ seen) == pytest.approx(1, abs=1e-5)
    assert descriptor_of({"nose": (0, 0)}) is None


def test_a_wide_picture_does_not_bend_angles() -> None:
    body = _body(thigh=45)
    shares = body * np.asarray([1 / 4.0, 1 / 2.0, 1], np.float32)  # as fractions of a picture of 4 x 2
    assert angles(square(shares, 400, 200))["left thigh"] == pytest.approx(45, abs=0.5)
