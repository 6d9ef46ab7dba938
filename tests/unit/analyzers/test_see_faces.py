"""Faces in photos and videos, with small real models: how many, whose, and when."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers import BY_NAME
from engine.errors import NeedsPack
from engine.jobs import wire
from engine.jobs.worker import frames_wanted
from engine.media.source import Source
from engine.model import FindingKind, Kind

Packs = dict[str, str]
Analyze = Callable[..., list[Any]]

COUNTS = {"groups/faces_six.jpg": 6, "groups/family1_beach.jpg": 4, "groups/couple2_beach.jpg": 2,
          "groups/two_men_night.jpg": 4, "groups/family_three.jpg": 3, "collins/astronaut.png": 1,
          "hopper/grace_hopper.bmp": 1, "single/girl_kitchen.jpg": 1}  # fmt: skip


def _vector(finding: Any) -> Any:
    return np.frombuffer(finding.vector, "<f2").astype(np.float32)


@pytest.mark.parametrize("name", COUNTS)
def test_every_face_is_found_with_its_points(name: str, media: Path, with_packs: Packs, analyze: Analyze) -> None:
    found = analyze("faces", media / "people" / name, packs=with_packs)
    assert len(found) == COUNTS[name]
    for face in found:
        assert face.kind is FindingKind.FACE
        right, left, nose, *mouth = face.data["points"]
        box = face.moment.box
        assert all(box.x - 0.02 <= x <= box.x + box.w + 0.02 for x, _ in face.data["points"])
        assert right[0] < left[0]
        assert right[1] < nose[1] < max(y for _, y in mouth)


def test_there_are_no_faces_where_nobody_is(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    for name in ("coffee.png", "desert_dunes.jpg", "el_torcal_rocks.jpg", "moon.png", "pets.jpg"):
        assert analyze("faces", media / "photos" / name, packs=with_packs) == []


def test_the_nearest_face_is_the_same_person(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    rows, who = [], []
    for path in sorted((media / "people").glob("[Fh]*/*.*")):
        best = max(analyze("faces", path, packs=with_packs), key=lambda one: one.moment.box.w * one.moment.box.h)
        assert best.space == "mobileface@1"
        rows.append(_vector(best))
        who.append(path.parent.name)
    vectors = np.stack(rows)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.01)
    alike = vectors @ vectors.T - 2 * np.eye(len(rows))
    assert [who[n] for n in alike.argmax(axis=1)] == who


def test_people_of_a_group_are_those_of_their_portraits(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    group = analyze("faces", media / "people/groups/family1_beach.jpg", packs=with_packs)
    order = sorted(group, key=lambda one: one.moment.box.x)
    for face, person in zip(order, ("F1_son", "F1_dad", "F1_mom", "F1_daughter"), strict=True):
        best = {
            path.parent.name: max(
                float(_vector(face) @ _vector(one)) for one in analyze("faces", path, packs=with_packs)[:1]
            )
            for path in sorted((media / "people").glob("F1_*/*1.jpg"))
        }
        assert max(best, key=lambda name: best[name]) == person


def test_a_small_face_says_nothing_about_who_it_is(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    path = media / "people/pose/couple_snow.bmp"
    small = analyze("faces", path, packs=with_packs)
    assert len(small) == 2
    assert all(one.vector is None and one.space == "" for one in small)
    assert all(one.vector for one in analyze("faces", path, packs=with_packs, faces__min_size=16))


def test_quality_tells_blurred_small_and_turned_faces(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    front, _, *behind = (
        one.data["quality"]
        for one in sorted(
            analyze("faces", media / "people/groups/two_men_night.jpg", packs=with_packs),
            key=lambda one: -one.data["quality"]["size"],
        )
    )
    assert all(one["blur"] > 0.6 > 0.3 > front["blur"] and one["all"] < 0.6 * front["all"] for one in behind)
    (turned,) = analyze("faces", media / "people/single/man_helmet.jpg", packs=with_packs)
    (straight,) = analyze("faces", media / "people/collins/astronaut.png", packs=with_packs)
    assert abs(turned.data["quality"]["yaw"]) > 20 > 10 > abs(straight.data["quality"]["yaw"])
    assert turned.data["quality"]["frontal"] < straight.data["quality"]["frontal"]


def test_faces_are_found_without_a_pack_that_tells_them_apart(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    alone = {"face-detection": with_packs["face-detection"]}
    found = analyze("faces", media / "people/groups/faces_six.jpg", packs=alone)
    assert len(found) == 6
    assert all(one.vector is None and one.space == "" for one in found)
    with pytest.raises(NeedsPack):
        analyze("faces", media / "people/groups/faces_six.jpg")


def test_a_detector_without_points_will_do(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    packs = {**with_packs, "face-detection": "ultraface@1"}
    own, other = (
        _vector(analyze("faces", media / "people/F1_mom" / name, packs=packs)[0])
        for name in ("Family1-Mom1.jpg", "Family1-Mom2.jpg")
    )
    (found,) = analyze("faces", media / "people/F2_man/Family2-Man1.jpg", packs=packs)
    assert "points" not in found.data
    assert float(own @ other) > float(own @ _vector(found))


def test_a_face_in_a_video_is_one_finding_for_each_shot(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    (signer,) = analyze("faces", media / "video/asl_yes.mkv", packs=with_packs)
    assert signer.moment.start == 0.0
    assert signer.moment.end == pytest.approx(2.17, abs=0.1)
    assert signer.data["seen"] >= 3
    assert 0 <= signer.data["best"] <= 2.2


def test_a_film_is_decoded_once_for_cuts_and_faces(media: Path, with_packs: Packs) -> None:
    names = ("scenes", "faces", "objects")
    steps = frames_wanted([wire.Task(1, 1, name, {}) for name in names])
    assert steps == [1.0]
    with Source(bytes(media / "video/asl_yes.mkv"), Kind.VIDEO, "video/x-matroska") as source:
        source.want_frames(min(steps))
        for name in names:
            list(BY_NAME[name]().analyze(source, {"packs": with_packs}))
        assert source.decodes == 1


@pytest.mark.slow
def test_faces_in_a_film_last_no_longer_than_their_shots(media: Path, with_packs: Packs, analyze: Analyze) -> None:
    path = media / "video/tears_of_steel_cuts.webm"
    cuts = [one.moment for one in analyze("scenes", path) if one.kind is FindingKind.SHOT]
    found = analyze("faces", path, packs=with_packs)
    assert 8 <= len(found) <= 20
    for face in found:
        assert any(shot.start - 0.01 <= face.moment.start <= face.moment.end <= shot.end + 0.01 for shot in cuts), (
            face.moment
        )
        assert face.moment.start <= face.data["best"] <= face.moment.end
    longest = max(found, key=lambda one: one.moment.end - one.moment.start)
    assert longest.moment.start == pytest.approx(12.9, abs=0.2)
    assert longest.data["seen"] >= 10
