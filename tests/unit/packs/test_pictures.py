"""Pictures as a model takes them, and the way back from its answers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PackInvalid
from engine.packs.pictures import Input, shared_area, strongest

sides = st.integers(1, 400)
ways = st.sampled_from(["stretch", "letterbox", "crop"])


def _input(**more: Any) -> Input:
    return Input.of({"input": {"size": [64, 48], **more}}, "own")


@settings(max_examples=80, deadline=None)
@given(wide=sides, high=sides, width=st.integers(8, 96), height=st.integers(8, 96), resize=ways,
       align=st.sampled_from(["start", "centre"]), x=st.floats(0, 1), y=st.floats(0, 1))  # fmt: skip
def test_a_point_finds_its_way_back(
    wide: int, high: int, width: int, height: int, resize: str, align: str, x: float, y: float
) -> None:
    taken = Input.of({"input": {"size": [width, height], "resize": resize, "align": align}})
    pixels, placed = taken.fit(np.zeros((high, wide, 3), np.uint8))
    assert pixels.shape == (height, width, 3)
    across, down = placed.into(x, y)
    assert placed.point(across, down) == pytest.approx((x, y), abs=1e-6)
    if resize != "crop":
        assert -1e-6 <= across <= width + 1e-6
        assert -1e-6 <= down <= height + 1e-6


@settings(max_examples=40, deadline=None)
@given(wide=st.integers(40, 300), high=st.integers(40, 300), resize=ways, x=st.floats(0.3, 0.7), y=st.floats(0.3, 0.7))
def test_a_spot_lies_where_the_geometry_says(wide: int, high: int, resize: str, x: float, y: float) -> None:
    image = np.zeros((high, wide, 3), np.uint8)
    across, down = int(x * wide), int(y * high)
    image[max(0, down - 3) : down + 4, max(0, across - 3) : across + 4] = 255
    pixels, placed = _input(resize=resize, pad=0).fit(image)
    rows, columns = np.nonzero(pixels[..., 0] > 60)
    if not len(rows):  # cut away by a crop
        assert resize == "crop"
        return
    found = placed.point(float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)
    shrink = max(1.0, wide / 64, high / 48)
    if columns.min() > 2 and columns.max() < 61 and rows.min() > 2 and rows.max() < 45:
        assert found[0] * wide == pytest.approx(across + 0.5, abs=1.5 * shrink)
        assert found[1] * high == pytest.approx(down + 0.5, abs=1.5 * shrink)


def test_a_letterbox_keeps_the_shape_and_fills_the_rest() -> None:
    image = np.full((100, 300, 3), 200, np.uint8)
    first, placed = _input(resize="letterbox", pad=7).fit(image)
    assert (first[:21] == 200).all()
    assert (first[21:] == 7).all()
    assert placed.box(0, 0, 64, 48) == (0.0, 0.0, 1.0, 1.0)
    middle, _ = _input(resize="letterbox", pad=7, align="centre").fit(image)
    assert (middle[:13] == 7).all()
    assert (middle[13:34] == 200).all()


def test_a_crop_of_an_endless_panorama_stays_small() -> None:
    pixels, placed = _input(resize="crop").fit(np.zeros((20, 20000, 3), np.uint8))
    assert pixels.shape == (48, 64, 3)
    assert placed.point(32, 24) == pytest.approx((0.5, 0.5), abs=0.01)


def test_numbers_colours_and_layout() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 255, 51, 0
    values, _ = _input(scale=1 / 255, mean=[0.5, 0.2, 0.0], std=[0.5, 1, 2]).batch([image, image])
    assert values.shape == (2, 3, 48, 64)
    assert values.dtype == np.float32
    assert values[0, :, 0, 0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    turned, _ = _input(colour="bgr", layout="nhwc", type="uint8").batch([image])
    assert turned.shape == (1, 48, 64, 3)
    assert turned[0, 0, 0].tolist() == [0, 51, 255]
    half, _ = _input(type="float16").batch([image])
    assert half.dtype == np.float16
    none, placed = _input().batch([])
    assert none.shape == (0, 3, 48, 64)
    assert placed == []


@pytest.mark.parametrize("wrong", [
    {"size": [64]}, {"size": ["a", 2]}, {"layout": "hwcn"}, {"colour": "grey"}, {"resize": "squash"}, {"std": [0]},
    {"mean": [1, 2]}, {"size": [0, 5]}, {"size": [100000, 5]}, {"pad": 300}, {"crop": 0}, {"type": "int4"},
])  # fmt: skip
def test_what_no_picture_can_have_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid):
        _input(**wrong)
    with pytest.raises(PackInvalid):
        Input.of({})


boxes = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30)), max_size=25)


@settings(max_examples=60, deadline=None)
@given(raw=boxes, overlap=st.sampled_from([0.2, 0.45, 0.8]))
def test_the_strongest_of_overlapping_boxes_stay(raw: list[tuple[int, int, int, int]], overlap: float) -> None:
    given_ = np.asarray([(x, y, x + w, y + h) for x, y, w, h in raw], np.float32).reshape(-1, 4)
    scores = np.linspace(1, 0.1, len(given_)).astype(np.float32)
    kept = strongest(given_, scores, overlap)
    assert kept == sorted(kept)
    between = shared_area(given_[kept], given_[kept]) - np.eye(len(kept))
    assert len(kept) < 2 or between.max() <= overlap + 1e-6  # they are compared as 32-bit numbers
    for gone in set(range(len(given_))) - set(kept):
        better = [n for n in kept if n < gone]
        assert shared_area(given_[[gone]], given_[better]).max() > overlap
