"""Detectors of things: YOLOX, FastestDet, and the DETR family (D-FINE, RT-DETR, RF-DETR)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.labels import labels_of
from engine.packs.models import Seen
from engine.packs.network import Network
from engine.packs.pictures import strongest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model
    from engine.packs.pictures import Pixels

    # Boxes (left, top, right, bottom in pixels of the input), scores and the numbers of the labels.
    Found = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


class Detector:
    """What the detectors share: one look, then for each class the strongest of overlapping boxes."""

    overlap = 0.45

    def __init__(self, model: Model) -> None:
        self.network = Network(model)
        self.labels = labels_of(model)
        self.output: Mapping[str, Any] = model.description.get("output", {})
        self.overlap = float(self.output.get("overlap", self.overlap))

    def detect(self, image: Pixels, least: float) -> list[Seen]:
        """The things in a picture, best first."""
        import numpy as np

        outputs, (placed,) = self.network.see([image], **self.more())
        boxes, scores, kinds = self.decode(dict(zip(self.network.outputs, outputs, strict=True)), least)
        apart = kinds[:, None].astype(np.float32) * (4 * max(self.network.input.width, self.network.input.height))
        kept = strongest((boxes + apart).astype(np.float32), scores, self.overlap)
        return [
            Seen(self.labels[kinds[n]], round(min(1.0, float(scores[n])), 4), placed.box(*map(float, boxes[n])))
            for n in kept
            if kinds[n] < len(self.labels) and self.labels[kinds[n]]
        ]

    def more(self) -> dict[str, NDArray[Any]]:
        """Inputs beside the picture."""
        return {}

    def decode(self, outputs: Mapping[str, NDArray[Any]], least: float) -> Found:
        """What the outputs say, for scores of at least `least`."""
        raise NotImplementedError

    def wrong(self, what: str) -> PackInvalid:
        """The error of a model that is not what its description says."""
        return PackInvalid(tr("The pack {id} has not the outputs of {what}.", id=self.network.model.pack.id, what=what))


class Yolox(Detector):
    """YOLOX (demo/ONNXRuntime of its repository): centre and size relative to cells, objectness, classes.

    "output": {"strides": [8, 16, 32], "decoded": true when the file already gives pixels}.
    """

    def decode(self, outputs: Mapping[str, NDArray[Any]], least: float) -> Found:
        import numpy as np

        rows = next(iter(outputs.values()))
        if rows.ndim != 3 or rows.shape[2] != 5 + len(self.labels):
            raise self.wrong("YOLOX")
        rows = rows[0]
        sure = rows[:, 4:5] * rows[:, 5:]
        kinds = sure.argmax(axis=1)
        scores = sure[np.arange(len(sure)), kinds]
        (hit,) = np.nonzero(scores >= least)
        centre, half = rows[hit, :2], rows[hit, 2:4] / 2
        if not self.output.get("decoded", False):
            cells, strides = self._cells(len(rows))
            centre = (centre + cells[hit]) * strides[hit, None]
            half = np.exp(rows[hit, 2:4]) * strides[hit, None] / 2
        return np.concatenate([centre - half, centre + half], axis=1), scores[hit], kinds[hit]

    def _cells(self, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        import numpy as np

        cells, strides = [], []
        for stride in self.output.get("strides", (8, 16, 32)):
            down, across = self.network.input.height // stride, self.network.input.width // stride
            grid = np.stack(np.meshgrid(np.arange(across), np.arange(down)), axis=2).reshape(-1, 2)
            cells.append(grid.astype(np.float32))
            strides.append(np.full(len(grid), stride, np.float32))
        if sum(len(grid) for grid in cells) != count:
            raise self.wrong("YOLOX")
        return np.concatenate(cells), np.concatenate(strides)


class FastestDet(Detector):
    """FastestDet (example/onnx-runtime of its repository): one grid of objectness, four sides, and classes.

    The score is objectness to 0.6 times the class to 0.4; the centre is the cell plus a tangent hyperbolic, the size a
    sigmoid, both as shares of the picture.
    """

    def decode(self, outputs: Mapping[str, NDArray[Any]], least: float) -> Found:
        import numpy as np

        grid = next(iter(outputs.values()))
        if grid.ndim != 4 or grid.shape[1] != 5 + len(self.labels):
            raise self.wrong("FastestDet")
        _, wide, down, across = grid.shape
        rows = grid[0].reshape(wide, -1).T
        kinds = rows[:, 5:].argmax(axis=1)
        best = rows[np.arange(len(rows)), 5 + kinds]
        scores = np.clip(rows[:, 0], 0, 1) ** 0.6 * np.clip(best, 0, 1) ** 0.4
        (hit,) = np.nonzero(scores >= least)
        cell = np.stack([hit % across, hit // across], axis=1)
        centre = (cell + np.tanh(rows[hit, 1:3])) / (across, down)
        half = 1 / (1 + np.exp(-rows[hit, 3:5])) / 2
        size = np.asarray([self.network.input.width, self.network.input.height] * 2, np.float32)
        boxes = np.concatenate([centre - half, centre + half], axis=1) * size
        return np.asarray(boxes, np.float32), np.asarray(scores[hit], np.float32), kinds[hit]


class Detr(Detector):
    """Models that answer with a fixed number of boxes: ready ones, or numbers for every class.

    Ready (D-FINE's and RT-DETR's own export): `labels` of whole numbers, `scores`, and boxes of two corners in pixels
    of what the second input (`orig_target_sizes`) says. Else (RF-DETR, and transformers' export): numbers for every
    class and boxes of centre and size as shares of the input. "output": {"activation": sigmoid | softmax (the last
    class is then *nothing*)}.
    """

    overlap = 0.8  # such models rarely say one thing twice

    def more(self) -> dict[str, NDArray[Any]]:
        """The size for which the boxes are wanted: that of the input, so that the geometry is known."""
        import numpy as np

        size = np.asarray([[self.network.input.width, self.network.input.height]], np.int64)
        return dict.fromkeys(self.network.others, size)

    def decode(self, outputs: Mapping[str, NDArray[Any]], least: float) -> Found:
        import numpy as np

        whole = next((one for one in outputs.values() if one.ndim == 2 and one.dtype.kind in "iu"), None)
        boxes = next((one[0] for name, one in outputs.items() if one.ndim == 3 and self._is_boxes(name, one)), None)
        if boxes is None:
            raise self.wrong("a DETR")
        if whole is not None:
            scores = next((one[0] for one in outputs.values() if one.ndim == 2 and one.dtype.kind == "f"), None)
            if scores is None:
                raise self.wrong("a DETR")
            hit = scores >= least
            return boxes[hit].astype(np.float32), scores[hit].astype(np.float32), whole[0][hit].astype(np.int64)
        numbers = next((one[0] for one in outputs.values() if one.ndim == 3 and one[0] is not boxes
                        and one.shape[2] >= len(self.labels)), None)  # fmt: skip
        if numbers is None:
            raise self.wrong("a DETR")
        sure = self._sure(numbers.astype(np.float32))
        kinds = sure.argmax(axis=1)
        scores = sure[np.arange(len(sure)), kinds]
        hit = scores >= least
        size = np.asarray([self.network.input.width, self.network.input.height] * 2, np.float32)
        centre, half = boxes[hit, :2], boxes[hit, 2:4] / 2
        return np.concatenate([centre - half, centre + half], axis=1) * size, scores[hit], kinds[hit]

    def _is_boxes(self, name: str, output: NDArray[Any]) -> bool:
        return output.shape[2] == 4 and (len(self.labels) > 4 or "box" in name or "det" in name)

    def _sure(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        import numpy as np

        if self.output.get("activation", "sigmoid") == "softmax":
            raised = np.exp(numbers - numbers.max(axis=1, keepdims=True))
            return np.asarray((raised / raised.sum(axis=1, keepdims=True))[:, : len(self.labels)], np.float32)
        return np.asarray(1 / (1 + np.exp(-numbers[:, : len(self.labels)])), np.float32)
