"""Estimators of the joints of one body: MoveNet, and RTMPose's kind (SimCC)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.network import Network
from engine.packs.postures import NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.model import Box
    from engine.packs.models import Model
    from engine.packs.pictures import Pixels

MARGIN = 1.25  # of the box on each axis: limbs reach out of it


class Estimator:
    """What the estimators share: the body cut out of the picture at the input's shape, and the way back.

    "flip": true looks at the mirror image, too, and takes the mean: twice the time, and joints that stay where they are
    when the box changes a little (with MoveNet, the cosine between postures of slightly different boxes rises from
    0.90 to 0.95). "margin": how much larger than the box the cut is; "names": the joints, where they are not COCO's.
    """

    def __init__(self, model: Model) -> None:
        self.network = Network(model)
        self.output: Mapping[str, Any] = model.description.get("output", {})
        self.names: tuple[str, ...] = tuple(model.description.get("names", NAMES))
        self.flip = bool(model.description.get("flip", False))
        others = [_other(name) for name in self.names]
        self._mirror = [self.names.index(name) if name in self.names else n for n, name in enumerate(others)]
        self.margin = float(model.description.get("margin", MARGIN))

    def estimate(self, image: Pixels, box: Box) -> NDArray[np.float32]:
        """K x 3: x and y as fractions of the picture (they may lie outside it), and a score 0..1."""
        import numpy as np

        cut, (left, top, ratio) = self._cut(image, box)
        points = self._joints(cut)
        if self.flip:
            other = self._joints(np.ascontiguousarray(cut[:, ::-1]))[self._mirror]
            other[:, 0] = self.network.input.width - other[:, 0]
            weights = np.stack([points[:, 2], other[:, 2]]).clip(1e-6)
            places = points[:, :2] * weights[0][:, None] + other[:, :2] * weights[1][:, None]
            points = np.concatenate([places / weights.sum(axis=0)[:, None], weights.mean(axis=0)[:, None]], axis=1)
        high, wide = image.shape[:2]
        places = (points[:, :2] * ratio + (left, top)) / (wide, high)
        return np.concatenate([places, np.clip(points[:, 2:], 0, 1)], axis=1).astype(np.float32)

    def decode(self, outputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """K x 3: x and y in pixels of the input, and a score."""
        raise NotImplementedError

    def _joints(self, cut: Pixels) -> NDArray[np.float32]:
        outputs = self.network.run(self.network.input.values(cut[None]))
        points = self.decode(dict(zip(self.network.outputs, outputs, strict=True)))
        if len(points) != len(self.names):
            raise PackInvalid(
                tr("The pack {id} finds {n} joints, but names others.", id=self.network.model.pack.id, n=len(points))
            )
        return points

    def _cut(self, image: Pixels, box: Box) -> tuple[Pixels, tuple[float, float, float]]:
        """The body at the input's size; left, top and pixels of the picture for each of the input."""
        import cv2
        import numpy as np

        high, wide = image.shape[:2]
        width, height = self.network.input.width, self.network.input.height
        centre = (box.x + box.w / 2) * wide, (box.y + box.h / 2) * high
        ratio = max(box.w * wide * self.margin / width, box.h * high * self.margin / height, 1 / max(width, height))
        left, top = centre[0] - width * ratio / 2, centre[1] - height * ratio / 2
        x0, y0 = max(0, min(wide - 1, int(left))), max(0, min(high - 1, int(top)))
        x1, y1 = (max(x0, min(wide, int(left + width * ratio) + 2)), max(y0, min(high, int(top + height * ratio) + 2)))
        part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
        across = down = 1.0
        if ratio > 2:  # a large body is shrunk first, or the samples would skip most pixels
            size = max(1, round(part.shape[1] / ratio)), max(1, round(part.shape[0] / ratio))
            across, down = size[0] / part.shape[1], size[1] / part.shape[0]
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        # A pixel's middle lies half a pixel from its corner, and the points of the answer count from corners.
        wide_step, high_step = ratio * across, ratio * down
        matrix = np.asarray([[wide_step, 0, (left - x0) * across + (wide_step - 1) / 2],
                             [0, high_step, (top - y0) * down + (high_step - 1) / 2]], np.float32)  # fmt: skip
        fill = (self.network.input.pad,) * 3
        how, edge = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_CONSTANT
        cut = cv2.warpAffine(part, matrix, (width, height), flags=how, borderMode=edge, borderValue=fill)
        return np.asarray(cut, np.uint8), (left, top, ratio)


class MoveNet(Estimator):
    """MoveNet single pose (its page on TensorFlow Hub): 17 rows of y, x as shares of the input, and a score."""

    def decode(self, outputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        import numpy as np

        rows = next(iter(outputs.values()))
        if rows.ndim < 2 or rows.shape[-1] != 3:
            raise PackInvalid(tr("The pack {id} has not the outputs of MoveNet.", id=self.network.model.pack.id))
        rows = rows.reshape(-1, 3)
        size = self.network.input.width, self.network.input.height
        return np.stack([rows[:, 1] * size[0], rows[:, 0] * size[1], rows[:, 2]], axis=1).astype(np.float32)


class SimCC(Estimator):
    """RTMPose and its kin (mmpose, `get_simcc_maximum`): for each joint a row over x and one over y, finer than pixels.

    "output": {"split": 2.0 places for each pixel}. A joint is where its rows are highest; its score is the lower peak.
    """

    def decode(self, outputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        import numpy as np

        both = [one[0] for one in outputs.values() if one.ndim == 3]
        across = next((one for name, one in outputs.items() if name.endswith("x")), None)
        down = next((one for name, one in outputs.items() if name.endswith("y")), None)
        if len(both) < 2:
            raise PackInvalid(tr("The pack {id} has not the outputs of SimCC.", id=self.network.model.pack.id))
        rows = (across[0], down[0]) if across is not None and down is not None else (both[0], both[1])
        split = float(self.output.get("split", 2.0))
        score = np.minimum(rows[0].max(axis=1), rows[1].max(axis=1))
        return np.stack([rows[0].argmax(axis=1) / split, rows[1].argmax(axis=1) / split, score], axis=1).astype(
            np.float32
        )


def _other(name: str) -> str:
    """The name of the same joint on the other side."""
    for one, two in (("left", "right"), ("right", "left")):
        if one in name:
            return name.replace(one, two)
    return name
