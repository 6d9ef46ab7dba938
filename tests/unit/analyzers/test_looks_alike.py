"""The hashes, colours and measures of pictures that are known to be alike or not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers.look import FRAME, INNER, PICTURE, VIDEO
from engine.media.looks import colours, measures, mosaic, picture_hash, views
from engine.model import FindingKind
from engine.search.likeness import NEAR, near_pairs, video_pairs

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]


def _rows(paths: list[Path], analyze: Analyze, only: Only) -> list[tuple[int, str]]:
    return [
        (index, one.data["bits"])
        for index, path in enumerate(paths)
        for one in only(analyze("look", path), FindingKind.HASH)
        if one.label in (PICTURE, INNER)
    ]


@pytest.mark.parametrize("family", ["coffee", "family1"])
def test_copies_are_near_and_the_mirrored_one_is_not(media: Path, analyze: Analyze, only: Only, family: str) -> None:
    paths = sorted((media / "duplicates" / family).iterdir())
    rows = _rows(paths, analyze, only)
    near = {paths[pair.second].name[0] for pair in near_pairs(rows) if pair.first == 0}
    assert near == {"1", "2", "3", "4", "6", "7"}
    mirrored = next(index for index, path in enumerate(paths) if "mirrored" in path.name)
    assert not [pair for pair in near_pairs(rows, 20) if mirrored in pair[:2]]


def test_unlike_photos_are_not_near(media: Path, analyze: Analyze, only: Only) -> None:
    paths = sorted([*(media / "photos").iterdir(), *(media / "people").glob("*/*.*")])
    paths = [path for path in paths if path.stat().st_size < 1_000_000]
    pairs = near_pairs(_rows(paths, analyze, only), NEAR + 2)
    names = {(paths[pair.first].name, paths[pair.second].name) for pair in pairs}
    assert names == {("grace_hopper.bmp", "grace_hopper_517.jpg")}  # one photograph in two sizes


def test_one_clip_in_three_containers_is_near(media: Path, analyze: Analyze, only: Only) -> None:
    clips = [media / "video" / "flower.mp4", media / "video" / "flower.webm", media / "video_made" / "flower_hevc.mp4"]
    rows = []
    for index, path in enumerate([*clips, media / "video" / "asl_yes.mkv", media / "video_made" / "cuts_and_jfk.mp4"]):
        hashes = only(analyze("look", path), FindingKind.HASH)
        assert [one.label for one in hashes].count(VIDEO) == 1
        rows += [(index, one.data["bits"]) for one in hashes if one.label == FRAME]
    assert [pair[:2] for pair in video_pairs(rows, {})] == [(0, 1), (0, 2), (1, 2)]


def test_keyframes_have_their_times(media: Path, analyze: Analyze, only: Only) -> None:
    found = only(analyze("look", media / "video_made" / "cuts_and_jfk.mp4"), FindingKind.HASH)
    times = [one.moment.start for one in found if one.label == FRAME]
    assert times == sorted(times)
    assert len(times) >= 7


def test_a_flat_picture_has_no_hash() -> None:
    assert picture_hash(np.full((50, 80, 3), 200, np.uint8)) == ""
    assert picture_hash(np.zeros((1, 1, 3), np.uint8)) == ""


def test_a_hash_is_128_bits() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    assert len(bytes.fromhex(picture_hash(noise))) == 16
    whole, inner = views(noise)
    assert whole.shape == (40, 60, 3)
    assert inner.shape == (36, 54, 3)
    assert mosaic([noise] * 4).shape == (128, 128, 3)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((220, 20, 30), "red"),
        ((250, 140, 20), "orange"), ((110, 70, 30), "brown"), ((250, 230, 40), "yellow"), ((40, 140, 50), "green"),
        ((60, 210, 205), "turquoise"), ((30, 80, 200), "blue"), ((120, 40, 160), "purple"), ((240, 110, 170), "pink"),
        ((255, 192, 203), "pink"), ((20, 30, 90), "blue"), ((90, 110, 60), "green"),
    ],
)  # fmt: skip
def test_colours_have_the_names_people_use(rgb: tuple[int, int, int], name: str) -> None:
    (found,) = colours([np.full((20, 20, 3), rgb, np.uint8)])
    assert (found.name, found.rgb, found.share) == (name, rgb, 1.0)


def test_the_main_colour_of_real_photos(media: Path, analyze: Analyze, only: Only) -> None:
    for name, colour in (("el_torcal_rocks.jpg", "blue"), ("polemonium_reptans.jpg", "green"), ("retina.jpg", "red")):
        found = only(analyze("look", media / "photos" / name), FindingKind.COLOUR)
        assert found[0].label == colour
        assert 0 < sum(one.score for one in found) <= 1


def test_blur_and_clipping_lower_the_measures() -> None:
    import cv2

    noise = np.random.default_rng(2).integers(60, 190, (300, 400, 3), np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(noise, (0, 0), 6), np.uint8)
    sharp, soft = measures(noise), measures(blurred)
    assert sharp["sharpness"][0] > 0.9 > 0.2 > soft["sharpness"][0]
    burnt = measures(np.full((20, 20, 3), 255, np.uint8))
    assert burnt["exposure"][0] == 0
    assert burnt["exposure"][1]["bright"] == 1
    assert sharp["exposure"][0] > 0.9
    assert burnt["contrast"][0] == 0


def test_one_pixel_and_one_line_are_measured() -> None:
    for shape in ((1, 1, 3), (1, 1600, 3), (2, 2, 3)):
        image = np.arange(np.prod(shape), dtype=np.uint64).astype(np.uint8).reshape(shape)
        assert all(0 <= score <= 1 for score, _ in measures(image).values())
        assert colours([image])
        assert all(view.size for view in views(image))
