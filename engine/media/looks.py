"""Measures of pixels: a perceptual hash, dominant colours, sharpness, exposure and contrast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

CROP = 0.05  # of each side: the border that the inner view leaves out
FLAT = 2.0  # grey levels of standard deviation; below it there is nothing to compare
STEP = 2.0  # grey levels between neighbours that count as a difference
BLUR_SIDE = 512  # pixels, longest side at which sharpness is measured, so that pictures of all sizes compare
SHARP = 300.0  # variance of the Laplacian that gives a sharpness of one half
BLOCKS = 8  # sharpness is that of the sharper blocks: a blurred background is no fault
DARK, BRIGHT = 2, 253  # grey levels from which a pixel counts as clipped

COLOURS: tuple[str, ...] = (
    "black", "white", "grey", "red", "orange", "brown", "yellow", "green", "turquoise", "blue", "purple", "pink",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colour:
    """One of `COLOURS` as it is in a picture: mean RGB 0..255 and share of the picture 0..1."""

    name: str
    rgb: tuple[int, int, int]
    share: float


def views(image: Pixels) -> tuple[Pixels, Pixels]:
    """Return the whole picture and its inside without a border of `CROP`.

    A crop of one picture moves the coefficients of its hash; but it is close to the inner view of the uncropped one.
    """
    height, width = image.shape[:2]
    y, x = int(height * CROP), int(width * CROP)
    return image, image[y : height - y, x : width - x]


def picture_hash(image: Pixels) -> str:
    """Return 128 bits as 32 hex digits, or an empty string for a picture without any contrast.

    The first 64 bits are the signs, against their median, of the 8 x 8 lowest frequencies but the constant row and
    column of a 32 x 32 cosine transform (pHash, Zauner 2010): they say how near two pictures are. The other 64 are
    whether each of 8 x 8 pixels is clearly darker than its right neighbour (dHash): they confirm it.
    """
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)
    if float(small.std()) < FLAT:
        return ""
    low = cv2.dct(small)[1:9, 1:9].ravel()
    tiny = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    differences = (tiny[:, 1:] - tiny[:, :-1]).ravel()
    bits = np.concatenate([low > np.median(low), differences > STEP])
    return np.packbits(bits).tobytes().hex()


def mosaic(images: Sequence[Pixels]) -> Pixels:
    """Put four pictures into one, two by two: the look of a whole video."""
    import cv2
    import numpy as np

    cells = [cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA) for image in images]
    rows = [np.concatenate(cells[:2], axis=1), np.concatenate(cells[2:4], axis=1)]
    return np.concatenate(rows, axis=0).astype(np.uint8)


def colours(images: Sequence[Pixels]) -> list[Colour]:
    """Return the named colours of the pictures together, the largest share first."""
    import cv2
    import numpy as np

    pixels = np.concatenate(
        [cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).reshape(-1, 3) for image in images]
    )
    names = _named(pixels)
    counts = np.bincount(names, minlength=len(COLOURS))
    found = []
    for index in np.argsort(-counts, kind="stable"):
        if counts[index]:
            red, green, blue = pixels[names == index].mean(axis=0).round().astype(int).tolist()
            found.append(Colour(COLOURS[index], (red, green, blue), float(counts[index] / len(pixels))))
    return found


def _named(pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the index into `COLOURS` of each RGB pixel (n x 3)."""
    import cv2
    import numpy as np

    hsv = cv2.cvtColor(pixels.reshape(1, -1, 3), cv2.COLOR_RGB2HSV_FULL)[0].astype(np.float32)
    hue, full, value = hsv[:, 0] * (360 / 256), hsv[:, 1] / 255, hsv[:, 2] / 255
    name = {colour: index for index, colour in enumerate(COLOURS)}
    chroma = full * value
    grey = (chroma < 0.12) | (full < 0.12)
    # Upper bounds of hue in degrees, round the wheel; yellow to green is wide because leaves are yellowish green.
    bounds = (15, 45, 68, 165, 200, 255, 290, 340, 361)
    order = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "red")
    named = np.array([name[colour] for colour in order])[np.searchsorted(bounds, hue, side="right")]
    warm = (hue < 45) | (hue >= 340)
    pale = warm & (full < 0.45) & (value > 0.75) & ((hue >= 340) | (hue < 15))
    named = np.where(pale, name["pink"], named)
    brown = (hue >= 8) & (hue < 50) & (value < 0.68)
    named = np.where(brown, name["brown"], named)
    shade = np.where(value < 0.2, name["black"], np.where(value > 0.85, name["white"], name["grey"]))
    return np.where(grey | (value < 0.12), shade, named).astype(np.intp)


def measures(image: Pixels) -> Mapping[str, tuple[float, dict[str, float]]]:
    """Return sharpness, exposure and contrast, each 0..1 with what it was made from.

    Sharpness is the variance of the Laplacian (Pech-Pacheco et al. 2000) of the sharper blocks at `BLUR_SIDE`, with one
    half at `SHARP`. Exposure is 1 where nothing is clipped and the mean is in the middle. Contrast is the standard
    deviation of the grey levels, 1 for half black, half white.
    """
    import cv2
    import numpy as np

    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    variance = _sharpness(grey)
    mean = float(grey.mean()) / 255
    dark, bright = float((grey <= DARK).mean()), float((grey >= BRIGHT).mean())
    exposure = max(0.0, 1 - dark - bright) * (1 - abs(mean - 0.5) * 2) ** 0.5
    return {
        "sharpness": (variance / (variance + SHARP), {"variance": variance}),
        "exposure": (exposure, {"mean": mean, "dark": dark, "bright": bright}),
        "contrast": (min(1.0, float(np.std(grey)) / 127.5), {"deviation": float(np.std(grey))}),
    }


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian of the block that is sharper than nine tenths of them."""
    import cv2
    import numpy as np

    scale = min(1.0, BLUR_SIDE / max(grey.shape))
    size = (max(3, round(grey.shape[1] * scale)), max(3, round(grey.shape[0] * scale)))
    edges = cv2.Laplacian(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), cv2.CV_32F)
    rows = [part for part in np.array_split(edges, BLOCKS, axis=0) if part.size]
    blocks = [float(block.var()) for part in rows for block in np.array_split(part, BLOCKS, axis=1) if block.size]
    return float(np.percentile(blocks, 90))
