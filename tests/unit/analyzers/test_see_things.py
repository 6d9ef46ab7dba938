"""Things, postures and words of pictures, with small real models."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers import ANALYZERS, BY_NAME
from engine.media.source import Source
from engine.model import FindingKind, Kind
from engine.packs import models
from engine.packs.shelf import chosen
from tests import tiny

Packs = dict[str, str]
Analyze = Callable[..., list[Any]]

THINGS = {"photos/pets.jpg": {"dog": 2}, "photos/dog.jpg": {"dog": 1}, "photos/bird.bmp": {"bird": 1},
          "photos/coffee.png": {"cup": 1, "dining table": 1}, "photos/tanners_ridge.jpg": {},
          "people/groups/two_men_night.jpg": {"person": 4}}  # fmt: skip
TAGS = {"bird.bmp": "chickadee", "coffee.png": "espresso", "cat.bmp": "Egyptian cat", "favorite-bird-2.jpg": "peacock",
        "dog_white_256.bmp": "Samoyed"}  # fmt: skip


@pytest.mark.parametrize("name", THINGS)
def test_things_are_counted_and_named(name: str, media: Path, with_packs: Packs, analyze: Analyze) -> None:
    found = analyze("objects", media / name, packs=with_packs)
    assert Counter(one.label for one in found) == THINGS[name]
    assert all(one.kind is FindingKind.OBJECT and one.text == one.label and one.score >= 0.45 for one in found)


def test_a_dog_is_where_it_is(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    boxes = [one.moment.box for one in analyze("objects", media / "photos/pets.jpg", packs=with_packs)]
    left, right = sorted(boxes)
    assert left.x + left.w / 2 < 0.5 < right.x + right.w / 2


def test_another_pack_sees_them_too(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    packs = {**with_packs, "objects": "fastestdet@1"}
    found = analyze("objects", media / "photos/pets.jpg", packs=packs, objects__min_score=0.7)
    assert [one.label for one in found] == ["dog", "dog"]


def test_things_in_a_video_have_times(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    found = analyze("objects", media / "video/asl_yes.mkv", packs=with_packs)
    assert "person" in {one.label for one in found}
    assert all(one.moment.start is not None and one.moment.box for one in found)


def test_a_squat_is_a_squat(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    (body,) = analyze("pose", media / "people/pose/squat.bmp", packs=with_packs)
    assert body.label == "squat"
    assert "squat" in body.text
    assert 70 < body.data["angles"]["right knee"] < 115  # measured on the picture: about 96
    assert len(body.data["points"]) == len(body.data["names"]) == 17
    assert body.space == "movenet@1/pose"


def test_two_people_stand(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    found = analyze("pose", media / "people/pose/couple_snow.bmp", packs=with_packs)
    # The legs of one are half in the snow: a model of whole numbers sees them differently on another processor.
    assert len(found) == 2
    assert found[1].label == "standing"
    assert found[0].label in ("standing", "sitting")


def test_portraits_have_no_posture_of_legs(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    for name in ("groups/faces_six.jpg", "single/woman_glasses.jpg", "hopper/grace_hopper.bmp"):
        for body in analyze("pose", media / "people" / name, packs=with_packs):
            assert body.label not in {"standing", "sitting", "squat", "lying"}


def test_like_postures_have_like_vectors(media: Path, tmp_path: Path, with_packs: Packs, analyze: Analyze) -> None:
    from PIL import Image

    def rows(path: Path) -> Any:
        found = analyze("pose", path, packs=with_packs)
        return np.stack([np.frombuffer(one.vector, "<f2").astype(np.float32) for one in found if one.vector])

    smaller = tmp_path / "smaller.png"
    with Image.open(media / "people/pose/couple_snow.bmp") as picture:
        picture.resize((picture.width * 4 // 5, picture.height * 4 // 5)).save(smaller)
    standing = rows(media / "people/pose/couple_snow.bmp")
    (squat,) = rows(media / "people/pose/squat.bmp")
    assert (standing @ rows(smaller).T).max() > 0.85
    assert (standing @ squat).max() < 0.6


def test_no_posture_is_seen_where_nobody_is(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    assert analyze("pose", media / "photos/el_torcal_rocks.jpg", packs=with_packs) == []


@pytest.mark.parametrize("name", TAGS)
def test_a_picture_has_its_word(name: str, media: Path, with_packs: Packs, analyze: Analyze) -> None:
    found = analyze("tags", media / "photos" / name, packs=with_packs)
    assert found[0].label == TAGS[name]
    assert found[0].kind is FindingKind.LABEL


def test_other_names_of_a_word_are_found_too(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    (found,) = analyze("tags", media / "photos/dragonfly.bmp", packs=with_packs)
    assert found.label == "dragonfly"
    assert "darning needle" in found.text


@pytest.mark.parametrize("style", ["clip", "siglip"])
def test_words_of_an_own_list(
    style: str, media: Path, tmp_path: Path, analyze: Analyze, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.image_text(tmp_path, name=f"colours-{style}", style=style)
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    packs = chosen({})
    assert not BY_NAME["tags"].lacking(packs)
    words = ("green", "red", "snow")
    found = analyze("tags", media / "photos/orychophragmus_violaceus.jpg", packs=packs, tags__vocabulary=words,
                    tags__min_score=0.01)  # fmt: skip
    assert {one.label for one in found} <= set(words)
    snowy = analyze("tags", media / "people/pose/couple_snow.bmp", packs=packs, tags__vocabulary=words,
                    tags__min_score=0.01)  # fmt: skip
    best = max(snowy, key=lambda one: one.score)
    assert best.label == "snow"


def test_meaning_and_words_look_at_a_picture_once(media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.image_text(tmp_path, name="seen-once")
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    packs = chosen({})
    eye = models.load("image-text", packs["image-text"])
    seen: list[int] = []
    embed = eye.embed
    monkeypatch.setattr(eye, "embed", lambda images: seen.append(len(images)) or embed(images))
    order = [one.name for one in ANALYZERS if one.name in {"meaning", "tags"}]
    with Source(bytes(media / "video/asl_yes.mkv"), Kind.VIDEO, "video/x-matroska") as source:
        for name in order:
            list(BY_NAME[name]().analyze(source, {"packs": packs}))
        assert sum(seen) == len(list(source.keyframes()))


def test_either_pack_is_enough_for_words() -> None:
    tags = BY_NAME["tags"]
    assert "Naming pictures or Search by meaning" in tags.lacking({})
    assert tags.lacking({"tags": "a@1"}) == tags.lacking({"image-text": "b@1"}) == ""
    assert "Body postures and Things in pictures" in BY_NAME["pose"].lacking({})
