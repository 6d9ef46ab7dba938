"""The level of pictures: every test photo is safe, and the rule that makes a level from parts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers.safety import Part, Safety, judged
from engine.model import Box, FindingKind, Moment

pytest.importorskip("nudenet", reason="the extra `safety` is not installed")

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]

BOX = Box(0.1, 0.1, 0.2, 0.2)


@pytest.mark.parametrize("folder", ["photos", "people"])
def test_pictures_without_nudity_are_safe(media: Path, analyze: Analyze, only: Only, folder: str) -> None:
    unsafe = {}
    for path in sorted((media / folder).rglob("*.*")):
        if path.stat().st_size > 1_000_000:
            continue
        (level,) = only(analyze("safety", path), FindingKind.LEVEL)
        if level.label != "safe":
            unsafe[path.name] = level
    assert not unsafe


def test_faces_are_parts_with_boxes_on_them(media: Path, analyze: Analyze, only: Only) -> None:
    parts = only(analyze("safety", media / "people" / "hopper" / "grace_hopper_517.jpg"), FindingKind.PART)
    (face,) = [one for one in parts if one.label.startswith("face")]
    assert face.score > 0.5
    box = face.moment.box
    assert 0.2 < box.x + box.w / 2 < 0.8
    assert box.y + box.h / 2 < 0.6


def test_a_video_has_one_level(media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("safety", media / "video_made" / "cuts_and_jfk.mp4")
    (level,) = only(found, FindingKind.LEVEL)
    assert (level.label, level.moment) == ("safe", Moment())
    times = {one.moment.start for one in only(found, FindingKind.PART)}
    assert any(2 <= time < 4 for time in times)  # the family on the beach


@pytest.mark.parametrize(
    ("parts", "level"),
    [
        ({}, "safe"),
        ({"face female": 0.9, "feet exposed": 0.9, "male breast exposed": 0.9}, "safe"),
        ({"female breast covered": 0.9}, "safe"),
        ({"buttocks covered": 0.53, "belly exposed": 0.5}, "safe"),
        ({"female breast covered": 0.8, "belly exposed": 0.7}, "suggestive"),
        ({"buttocks exposed": 0.6}, "suggestive"),
        ({"female genitalia covered": 0.5}, "suggestive"),
        ({"female breast exposed": 0.5, "buttocks exposed": 0.9}, "explicit"),
        ({"male genitalia exposed": 0.5}, "explicit"),
        ({"anus exposed": 0.5}, "explicit"),
    ],
)
def test_the_rule(parts: dict[str, float], level: str) -> None:
    found, score = judged([Part(label, chance, BOX) for label, chance in parts.items()])
    assert found == level
    assert 0 <= score <= 1


def test_one_look_of_three_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    safety = Safety()
    looks = iter([[Part("male genitalia exposed", 0.65, BOX), Part("face male", 0.8, BOX)], [], []])
    monkeypatch.setattr(Safety, "_look", lambda *_: next(looks))
    assert [part.label for part in safety.parts(np.zeros((9, 9, 3), np.uint8), 0.45)] == ["face male"]


def test_two_looks_of_three_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part("male genitalia exposed", 0.9, BOX)
    looks = iter([[part], [], [Part(part.label, 0.5, BOX)]])
    monkeypatch.setattr(Safety, "_look", lambda *_: next(looks))
    (found,) = Safety().parts(np.zeros((9, 9, 3), np.uint8), 0.45)
    assert found.score == 0.5


def test_the_labels_are_those_of_the_package() -> None:
    from nudenet import nudenet

    from engine.analyzers.safety import LABELS

    theirs = nudenet.__dict__["__labels"]
    assert list(LABELS) == [label.lower().replace("_", " ") for label in theirs]


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "kinora[safety]" in Safety.missing()
