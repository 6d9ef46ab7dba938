"""Faces brought to one place and size, as embedders want them, and how good they are for that.

The places of eyes, nose and mouth in a face of 112 x 112 are those that ArcFace was trained with (Deng et al. 2019;
insightface, `face_align.arcface_dst`). The similarity that brings five points onto them is Umeyama's least-squares
solution (IEEE PAMI 13(4), 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.model import Box
    from engine.packs.pictures import Pixels

SIDE = 112
TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
# Where a detector's box lies in an aligned face, for detectors without points: the median of YuNet's over portraits.
BOX = (17.0, 10.0, 98.0, 119.0)
NOSE = 0.6  # how far the tip of the nose stands out before the eyes, in distances between the eyes
SHARP = 150.0  # variance of the Laplacian of an aligned face that counts as half sharp


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a face is for recognising somebody: each 0..1 but `size` (pixels) and the angles (degrees)."""

    size: int
    blur: float
    frontal: float
    roll: float
    yaw: float
    all: float

    def to_json(self) -> dict[str, float]:
        """As a finding keeps it."""
        return {name: round(getattr(self, name), 3) for name in self.__slots__}


def similarity(points: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2 x 3 matrix that turns, scales and moves points onto others with the least squared error (Umeyama)."""
    import numpy as np

    middle, goal = points.mean(axis=0), target.mean(axis=0)
    own, other = points - middle, target - goal
    left, spread, right = np.linalg.svd(other.T @ own / len(points))
    signs = np.ones(2)
    if np.linalg.det(left) * np.linalg.det(right) < 0:  # the least error would be a mirror image, which no face is
        signs[1] = -1
    turn = left @ np.diag(signs) @ right
    scale = float((spread * signs).sum()) / max(float((own**2).sum() / len(points)), 1e-12)
    return np.hstack([scale * turn, (goal - scale * turn @ middle)[:, None]])


def aligned(image: Pixels, box: Box, points: Sequence[tuple[float, float]]) -> Pixels:
    """The face at 112 x 112: by its five points, or by its box when the detector gives none."""
    import cv2
    import numpy as np

    high, wide = image.shape[:2]
    if len(points) == len(TEMPLATE):
        own, target = np.asarray(points, np.float64) * (wide, high), np.asarray(TEMPLATE, np.float64)
    else:
        left, top, right, bottom = BOX
        own = np.asarray([(box.x, box.y), (box.x + box.w, box.y), (box.x, box.y + box.h)], np.float64) * (wide, high)
        own = np.vstack([own, own[1] + own[2] - own[0]])
        target = np.asarray([(left, top), (right, top), (left, bottom), (right, bottom)], np.float64)
    matrix = similarity(own, target)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:  # shrunk first, or the samples would skip most pixels
        image = np.asarray(cv2.resize(image, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA), np.uint8)
        shrink = np.asarray([image.shape[1] / wide, image.shape[0] / high])
        matrix = similarity(own * shrink, target)
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)


def quality(
    face: Pixels, box: Box, points: Sequence[tuple[float, float]], shape: tuple[int, ...], score: float
) -> Quality:
    """Judge a face that `aligned` gave, of a picture of that shape.

    Blur: the variance of the Laplacian (Pech-Pacheco et al., *Diatom autofocusing in brightfield microscopy*, 2000) of
    the aligned face, so that faces of all sizes compare; a small face is blurred by being enlarged, rightly. Angles:
    the eyes' line gives the roll. When a head turns by a, the eyes come nearer by cos a and the nose, which stands out
    by `NOSE`, moves off their middle by sin a: their ratio is NOSE * tan a. `all` is the score of the detector times
    the geometric mean of the three.
    """
    import cv2
    import numpy as np

    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    spread = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    sharp = spread / (spread + SHARP)
    high, wide = shape[:2]
    size = min(box.w * wide, box.h * high)
    roll = yaw = 0.0
    if len(points) == len(TEMPLATE):
        right, left, nose = (np.asarray(point) * (wide, high) for point in points[:3])
        line = left - right
        apart = max(float(np.hypot(*line)), 1e-6)
        roll = float(np.degrees(np.arctan2(line[1], line[0])))
        off = float((nose - (left + right) / 2) @ line) / apart**2
        yaw = float(np.degrees(np.arctan(off / NOSE)))
    frontal = float(np.cos(np.radians(yaw)))
    good = score * (min(1.0, size / SIDE) * sharp * frontal) ** (1 / 3)
    return Quality(round(size), 1 - sharp, frontal, roll, yaw, min(1.0, good))
