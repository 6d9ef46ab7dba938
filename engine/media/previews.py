"""Make the small JPEG that stands for an asset in the grid."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engine.media.pixels import jpeg
from engine.model import Preview

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.reader import Reader

_QUALITY = 85
_WAVE_SECONDS = 600  # drawn of a recording


def preview_of(reader: Reader, side: int) -> Preview | None:
    """Return the preview of a file: its picture, or the drawn wave of a recording without a cover."""
    from PIL import Image

    if reader.has_picture():
        image = Image.fromarray(reader.picture(side))
        return Preview(max(image.size), jpeg(image, _QUALITY))
    sound = reader.sound_start(_WAVE_SECONDS)
    if sound is None or not len(sound):
        return None
    image = Image.fromarray(wave(sound, side))
    return Preview(max(image.size), jpeg(image, _QUALITY))


def wave(sound: NDArray[np.float32], side: int) -> NDArray[np.uint8]:
    """Draw loudness over time: bars around the middle, `side` wide and half as high, on near-black."""
    import numpy as np

    width, height = max(8, side), max(4, side // 2)
    bars = max(1, width // 4)
    edges = np.linspace(0, len(sound), bars + 1).astype(np.int64)
    peaks = np.asarray([np.abs(sound[a : max(a + 1, b)]).max(initial=0.0) for a, b in pairwise(edges)])
    peaks = peaks / max(float(peaks.max(initial=0.0)), 0.05)
    canvas = np.full((height, width, 3), (28, 30, 36), np.uint8)
    middle = height // 2
    for at, peak in enumerate(peaks):
        half = max(1, round(float(peak) * (height * 0.42)))
        canvas[max(0, middle - half) : middle + half, at * 4 : at * 4 + 3] = (110, 168, 254)
    return canvas
