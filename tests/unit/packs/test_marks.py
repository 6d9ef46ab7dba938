"""Parts of pictures that may be logos."""

import numpy as np

from engine.model import Box
from engine.packs.marks import MOST, apart, cut, overlap, standing_out, staying


def _noise(seed: int, height: int = 180, width: int = 320) -> np.ndarray:
    grey = np.random.default_rng(seed).integers(0, 255, (height // 20, width // 20, 3))
    return np.kron(grey, np.ones((20, 20, 1))).astype(np.uint8)


def _marked(seed: int) -> np.ndarray:
    image = _noise(seed)
    image[10:26, 280:310] = 0
    image[13:23, 284:294] = 255
    image[13:23, 297:305] = 255
    return image


def test_what_stays_in_a_corner_is_found() -> None:
    (box,) = staying([_marked(seed) for seed in range(8)])
    assert overlap(box, Box(280 / 320, 10 / 180, 30 / 320, 16 / 180)) > 0.4


def test_nothing_stays_in_a_still_film_or_a_short_one() -> None:
    assert staying([_marked(1)] * 8) == []
    assert staying([_marked(1), _marked(2)]) == []
    assert staying([_noise(seed) for seed in range(8)]) == []


def test_a_mark_on_a_plain_wall_stands_out() -> None:
    image = np.full((300, 400, 3), 200, np.uint8)
    image[180:230, 90:150] = (200, 20, 20)
    image[195:215, 110:130] = 255
    boxes = standing_out(image)
    mark = Box(90 / 400, 180 / 300, 60 / 400, 50 / 300)
    assert boxes
    assert any(box.x <= mark.x + 0.02 and box.x + box.w >= mark.x + mark.w - 0.02 and box.y <= mark.y + 0.02
               and box.y + box.h >= mark.y + mark.h - 0.02 for box in boxes)  # fmt: skip
    assert standing_out(np.zeros((50, 50, 3), np.uint8)) == []


def test_boxes_stay_inside_pictures_of_every_shape() -> None:
    for height, width in ((20, 2000), (2000, 20), (1, 1), (64, 64)):
        image = np.random.default_rng(height).integers(0, 255, (height, width, 3)).astype(np.uint8)
        for box in standing_out(image):
            assert 0 <= box.x <= box.x + box.w <= 1 + 1e-9
            assert 0 <= box.y <= box.y + box.h <= 1 + 1e-9


def test_parts_lie_apart_and_are_few() -> None:
    many = [Box(0.01 * n, 0.01 * n, 0.1, 0.1) for n in range(80)]
    kept = apart(many)
    assert len(kept) == MOST
    assert all(overlap(one, other) < 0.3 for one in kept for other in kept if one != other)


def test_a_part_of_a_few_pixels_shows_nothing() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    assert cut(image, Box(0.1, 0.1, 0.05, 0.5)) is None
    part = cut(image, Box(0.1, 0.1, 0.2, 0.5))
    assert part is not None
    assert part.shape == (50, 20, 3)
