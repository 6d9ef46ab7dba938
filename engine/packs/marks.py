"""Picks the parts of a picture that may be a logo: short texts that stand out, what stays in a corner, what stands out.

What stands out is found by the spectral residual of the grey picture (Hou and Zhang, CVPR 2007): what is left of the
logarithm of the amplitudes of its Fourier transform when their local mean is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

MOST = 8  # parts of one picture
SIDE = 64  # pixels at which the residual is taken
SQUARES = (0.55, 0.3)  # of the shorter side: the sizes of squares that stand out
EACH = 2  # squares of each size
SAME = 0.3  # overlap from which two parts are one
LEAST_PIXELS = 16  # a smaller part shows nothing that could be recognised
CORNER = 0.2  # of each side
STILL, EDGED = 10.0, 18.0  # grey levels: how little a corner changes, how strong what is drawn in it is
LIVELY = 2.0  # times the change of the corner that the whole picture must change
MOSTLY = 75  # percent of the keyframes that must agree: a logo is not there during every advertisement
FRAMES = 4  # keyframes from which it can be told what stays


def standing_out(image: Pixels) -> list[Box]:
    """Return a few squares of the picture that stand out most, large ones first."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(small.std()) < 2.0:
        return []
    spectrum = np.fft.fft2(small)
    level = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = level - cv2.blur(level, (3, 3))
    found = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    salient = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 2.5)
    height, width = image.shape[:2]
    boxes: list[Box] = []
    for share in SQUARES:
        side = share * min(height, width)
        boxes += _best(np.asarray(salient, np.float32), side / width, side / height, EACH)
    return boxes


def staying(frames: Iterable[Pixels]) -> list[Box]:
    """Return what stays the same in the corners of a video's keyframes while the rest of them changes."""
    import cv2
    import numpy as np

    stack = [
        cv2.resize(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), (160, 90), interpolation=cv2.INTER_AREA) for one in frames
    ]
    if len(stack) < FRAMES:
        return []
    values = np.stack(stack).astype(np.float32)
    change = np.percentile(np.abs(values - np.median(values, axis=0)), MOSTLY, axis=0)
    mean = values.mean(axis=0)
    edges = np.abs(cv2.Laplacian(mean, cv2.CV_32F, ksize=3))
    whole = float(np.median(change))
    high, wide = round(90 * CORNER), round(160 * CORNER)
    found = []
    for top in (0, 90 - high):
        for left in (0, 160 - wide):
            part = np.s_[top : top + high, left : left + wide]
            drawn = (edges[part] >= EDGED) & (change[part] <= min(STILL, max(whole / LIVELY, 1.0)))
            if whole > 1.0 and drawn.sum() >= 6:
                ys, xs = np.nonzero(drawn)
                x0, x1 = (left + xs.min() - 1) / 160, (left + xs.max() + 2) / 160
                y0, y1 = (top + ys.min() - 1) / 90, (top + ys.max() + 2) / 90
                found.append(_clipped(x0, y0, x1, y1))
    return found


def apart(boxes: Sequence[Box], most: int = MOST) -> list[Box]:
    """Return the first boxes that do not lie over each other."""
    kept: list[Box] = []
    for box in boxes:
        if len(kept) < most and all(overlap(box, other) < SAME for other in kept):
            kept.append(box)
    return kept


def overlap(one: Box, other: Box) -> float:
    """Return intersection over union."""
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    inside = max(wide, 0.0) * max(high, 0.0)
    return inside / max(one.w * one.h + other.w * other.h - inside, 1e-12)


def cut(image: Pixels, box: Box) -> Pixels | None:
    """Return the part of a picture, None where it is too small to show anything."""
    height, width = image.shape[:2]
    left, top = int(box.x * width), int(box.y * height)
    right, bottom = round((box.x + box.w) * width), round((box.y + box.h) * height)
    part = image[top:bottom, left:right]
    return part if min(part.shape[:2], default=0) >= LEAST_PIXELS else None


def _best(salient: NDArray[np.float32], wide: float, high: float, most: int) -> list[Box]:
    """Return the windows (of a size in fractions) with the most of what stands out, apart from each other."""
    import cv2
    import numpy as np

    size = (max(1, round(wide * SIDE)), max(1, round(high * SIDE)))
    # The value of a window is that of its middle.
    windows: Any = cv2.boxFilter(salient, cv2.CV_32F, size, normalize=True, borderType=cv2.BORDER_REFLECT)
    order = np.argsort(-windows, axis=None, kind="stable")
    found: list[Box] = []
    for at in order[:: max(1, len(order) // 512)]:
        y, x = divmod(int(at), SIDE)
        left = min(max((x + 0.5) / SIDE - wide / 2, 0.0), 1 - wide)
        top = min(max((y + 0.5) / SIDE - high / 2, 0.0), 1 - high)
        box = Box(max(left, 0.0), max(top, 0.0), min(wide, 1.0), min(high, 1.0))
        if all(overlap(box, other) < SAME for other in found):
            found.append(box)
        if len(found) == most:
            break
    return found


def _clipped(x0: float, y0: float, x1: float, y1: float) -> Box:
    left, top = max(0.0, float(x0)), max(0.0, float(y0))
    return Box(left, top, min(1.0, float(x1)) - left, min(1.0, float(y1)) - top)
