"""Turn RGB pictures into what a model takes, as its pack's "input" describes, and map its answers back.

The words of the description: `size` [width, height]; `layout` nchw or nhwc; `colour` rgb or bgr; `type` float32,
float16 or uint8; `resize` stretch, letterbox (the whole picture, the rest filled with `pad`) or crop (the middle, cut
to fill); `align` start or centre (where a letterbox puts the picture); `interpolation` linear, bicubic or lanczos, the
last two as Pillow and torchvision do them; `antialias` whether linear shrinking averages; `scale`, `mean`, `std`: the
value of a pixel is (pixel * scale - mean) / std; `crop` the share of the shorter side that a crop keeps (0.875 where
a square of 224 is cut out of 256).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.model import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # H x W x 3, RGB, upright

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "layout": ("nchw", "nhwc"),
    "colour": ("rgb", "bgr"),
    "type": ("float32", "float16", "uint8"),
    "resize": ("stretch", "letterbox", "crop"),
    "align": ("start", "centre"),
    "interpolation": ("linear", "bicubic", "lanczos"),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture lies in a model's input: its whole extent and its corner, in pixels of the input."""

    width: float
    height: float
    left: float = 0.0
    top: float = 0.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the input as fractions of the picture, inside it."""
        return _clip((x - self.left) / self.width), _clip((y - self.top) / self.height)

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A rectangle of the input as fractions of the picture, cut at its edges."""
        x0, y0 = self.point(left, top)
        x1, y1 = self.point(right, bottom)
        return Box(x0, y0, max(0.0, x1 - x0), max(0.0, y1 - y0))

    def into(self, x: float, y: float) -> tuple[float, float]:
        """A point of the picture (fractions) in pixels of the input."""
        return x * self.width + self.left, y * self.height + self.top


@dataclass(frozen=True, slots=True)
class Input:
    """What a model takes, as described above."""

    width: int
    height: int
    name: str = ""
    layout: str = "nchw"
    colour: str = "rgb"
    type: str = "float32"
    resize: str = "stretch"
    align: str = "start"
    interpolation: str = "linear"
    antialias: bool = True
    pad: int = 114
    crop: float = 1.0
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, description: Mapping[str, Any], pack: str = "") -> Input:
        """Read the "input" of a model's description.

        Raises:
            PackInvalid: a number or word in it cannot be meant.
        """
        raw = description.get("input", {})
        try:
            width, height = (int(side) for side in raw["size"])
            found = cls(
                width,
                height,
                name=str(raw.get("name") or ""),
                antialias=bool(raw.get("antialias", True)),
                pad=int(raw.get("pad", 114)),
                crop=float(raw.get("crop", 1.0)),
                scale=float(raw.get("scale", 1.0)),
                mean=tuple(float(one) for one in raw.get("mean", (0.0,))),
                std=tuple(float(one) for one in raw.get("std", (1.0,))),
                **{key: _word(raw, key) for key in _CHOICES},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PackInvalid(
                tr("The pack {pack} describes its input in a way that cannot be read: {error}.", pack=pack, error=error)
            ) from error
        sound = min(width, height, 1) == 1 and max(width, height) <= 8192 and 0 < found.crop <= 1 and 0 not in found.std
        if not sound or len(found.mean) not in (1, 3) or len(found.std) not in (1, 3) or not 0 <= found.pad <= 255:
            raise PackInvalid(tr("The pack {pack} describes an input that no picture can have.", pack=pack))
        return found

    def batch(self, images: Sequence[Pixels]) -> tuple[NDArray[Any], list[Placed]]:
        """Make one input of several pictures, and say where each of them lies in it."""
        import numpy as np

        fitted = [self.fit(image) for image in images]
        empty = [np.empty((0, self.height, self.width, 3), np.uint8)]
        stacked = np.concatenate([pixels[None] for pixels, _ in fitted] or empty)
        return self.values(stacked), [placed for _, placed in fitted]

    def fit(self, image: Pixels) -> tuple[Pixels, Placed]:
        """Bring one picture to the size of the input."""
        import numpy as np

        high, wide = image.shape[:2]
        if self.resize == "stretch":
            return self._resized(image, self.width, self.height), Placed(self.width, self.height)
        if self.resize == "letterbox":
            ratio = min(self.width / wide, self.height / high)
            new = max(1, min(self.width, round(wide * ratio))), max(1, min(self.height, round(high * ratio)))
            left, top = ((self.width - new[0]) // 2, (self.height - new[1]) // 2) if self.align == "centre" else (0, 0)
            filled = np.full((self.height, self.width, 3), self.pad, np.uint8)
            filled[top : top + new[1], left : left + new[0]] = self._resized(image, *new)
            return filled, Placed(*new, left, top)
        ratio = max(self.width / wide, self.height / high) / self.crop
        # Only the part that is kept is resized: a picture as long as a panorama would else become huge.
        part = min(wide, max(1, round(self.width / ratio))), min(high, max(1, round(self.height / ratio)))
        left, top = (wide - part[0]) // 2, (high - part[1]) // 2
        kept = self._resized(image[top : top + part[1], left : left + part[0]], self.width, self.height)
        across, down = self.width / part[0], self.height / part[1]
        return kept, Placed(wide * across, high * down, -left * across, -top * down)

    def values(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """Turn N x H x W x 3 pixels of the input's size into its colours, numbers and layout."""
        import numpy as np

        turned = pixels[..., ::-1] if self.colour == "bgr" else pixels
        if self.type == "uint8":
            made: NDArray[Any] = turned
        else:
            made = turned.astype(np.float32)
            if self.scale != 1.0:
                made *= np.float32(self.scale)
            if any(self.mean):
                made -= np.asarray(self.mean, np.float32)
            if any(one != 1.0 for one in self.std):
                made /= np.asarray(self.std, np.float32)
        if self.layout == "nchw":
            made = made.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(made, np.dtype(self.type))

    def _resized(self, image: Pixels, width: int, height: int) -> Pixels:
        import cv2
        import numpy as np

        high, wide = image.shape[:2]
        if (wide, high) == (width, height):
            return image
        if self.interpolation != "linear":
            from PIL import Image

            how = Image.Resampling.BICUBIC if self.interpolation == "bicubic" else Image.Resampling.LANCZOS
            return np.asarray(Image.fromarray(image).resize((width, height), how))
        shrinks = self.antialias and width <= wide and height <= high
        how_cv = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=how_cv), np.uint8)


def _word(raw: Mapping[str, Any], key: str) -> str:
    found = str(raw.get(key) or _CHOICES[key][0])
    if found not in _CHOICES[key]:
        raise ValueError(f"{key} is {found}, not one of {', '.join(_CHOICES[key])}")
    return found


def _clip(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))


def shared_area(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every box (left, top, right, bottom) with every other one: N x M."""
    import numpy as np

    corner = np.maximum(boxes[:, None, :2], others[None, :, :2])
    opposite = np.minimum(boxes[:, None, 2:4], others[None, :, 2:4])
    inside = np.clip(opposite - corner, 0, None).prod(axis=2)
    areas = [np.clip(some[:, 2:4] - some[:, :2], 0, None).prod(axis=1) for some in (boxes, others)]
    whole = areas[0][:, None] + areas[1][None, :] - inside
    return np.asarray(np.where(whole > 0, inside / np.maximum(whole, 1e-9), 0.0), np.float32)


def strongest(boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float, most: int = 300) -> list[int]:
    """The places of the boxes to keep, best first: none overlaps a better one by more than `overlap`.

    Boxes are left, top, right, bottom. Give boxes of different classes a different offset to keep them apart.
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")[: 4 * most]
    kept: list[int] = []
    while order.size and len(kept) < most:
        best = int(order[0])
        kept.append(best)
        order = order[1:]
        if order.size:
            order = order[shared_area(boxes[best : best + 1], boxes[order])[0] <= overlap]
    return kept
