"""Faces brought to one place, and how good they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Box
from engine.packs.alignment import NOSE, SIDE, TEMPLATE, aligned, quality, similarity


@settings(max_examples=60, deadline=None)
@given(turn=st.floats(-180, 180), scale=st.floats(0.05, 20), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_a_similarity_is_found_again(turn: float, scale: float, x: float, y: float) -> None:
    angle = np.radians(turn)
    rotation = scale * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.asarray(TEMPLATE)
    moved = points @ rotation.T + (x, y)
    matrix = similarity(points, moved)
    assert np.allclose(matrix[:, :2], rotation, atol=1e-6 * max(1, scale))
    assert np.allclose(points @ matrix[:, :2].T + matrix[:, 2], moved, atol=1e-4 * max(1, scale))


def test_the_best_similarity_never_mirrors() -> None:
    mirrored = np.asarray(TEMPLATE) * (-1, 1)
    assert np.linalg.det(similarity(np.asarray(TEMPLATE), mirrored)[:, :2]) > 0


@pytest.mark.parametrize("size", [90, 900])
def test_points_land_on_the_template(size: int) -> None:
    image = np.zeros((size, size, 3), np.uint8)
    points = [(0.3, 0.35), (0.62, 0.3), (0.48, 0.5), (0.36, 0.7), (0.66, 0.66)]
    across, down = (int(one * size) for one in points[0])
    half = max(1, size // 60)
    image[down - half : down + half + 1, across - half : across + half + 1] = 255
    face = aligned(image, Box(0.2, 0.2, 0.6, 0.6), points)
    assert face.shape == (SIDE, SIDE, 3)
    matrix = similarity(np.asarray(points) * size, np.asarray(TEMPLATE))
    wanted = matrix[:, :2] @ (np.asarray(points[0]) * size) + matrix[:, 2]
    rows, columns = np.nonzero(face[..., 0] > 100)
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(wanted), abs=2)


def test_a_box_alone_is_kept_whole() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[50:150, 100:180] = 200
    face = aligned(image, Box(100 / 300, 50 / 200, 80 / 300, 100 / 200), ())
    assert face[SIDE // 2, SIDE // 2].tolist() == [200, 200, 200]
    assert 0.5 < float((face[..., 0] > 100).mean()) < 0.9


@pytest.mark.parametrize("turn", [-50, -20, 0, 35])
def test_the_turn_of_a_head_is_read_from_its_nose(turn: int) -> None:
    angle = np.radians(turn)
    half, out = 0.1 * np.cos(angle), 0.2 * NOSE * np.sin(angle)
    points = [(0.5 - half, 0.4), (0.5 + half, 0.4), (0.5 + out, 0.5), (0.45, 0.6), (0.55, 0.6)]
    face = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    told = quality(face, Box(0.3, 0.3, 0.4, 0.4), points, (400, 400, 3), 0.9)
    assert told.yaw == pytest.approx(turn, abs=0.5)
    assert told.roll == pytest.approx(0, abs=0.01)
    assert told.frontal == pytest.approx(np.cos(angle), abs=0.01)
    assert 0 < told.all <= 0.9
    assert told.size == 160
    flat = quality(np.full_like(face, 128), Box(0.3, 0.3, 0.4, 0.4), points, (400, 400, 3), 0.9)
    assert flat.blur == 1.0
    assert flat.all < told.all
