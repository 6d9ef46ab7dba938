"""Face detectors (YuNet, UltraFace, SCRFD) and embedders of aligned faces (ArcFace's kind)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.models import Seen
from engine.packs.network import Network
from engine.packs.pictures import strongest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model, Vectors
    from engine.packs.pictures import Pixels, Placed

LABEL = "face"


class Detector:
    """What the detectors share: one look at the whole picture, then the strongest of overlapping boxes."""

    overlap = 0.3

    def __init__(self, model: Model) -> None:
        self.network = Network(model)
        self.output: Mapping[str, Any] = model.description.get("output", {})
        self.overlap = float(self.output.get("overlap", self.overlap))

    def detect(self, image: Pixels, least: float) -> list[Seen]:
        """The faces in a picture, best first."""
        outputs, (placed,) = self.network.see([image])
        boxes, scores, points = self.decode(dict(zip(self.network.outputs, outputs, strict=True)), least)
        kept = strongest(boxes, scores, self.overlap)
        return [_seen(boxes[n], scores[n], points[n] if points is not None else None, placed) for n in kept]

    def decode(
        self, outputs: Mapping[str, NDArray[Any]], least: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        """Boxes (left, top, right, bottom), scores and N x 5 x 2 points, in pixels of the input."""
        raise NotImplementedError


class YuNet(Detector):
    """YuNet, with outputs as in OpenCV's zoo (`face_detection_yunet_2023mar.onnx`) and libfacedetection.

    Decoded as OpenCV's FaceDetectorYN does (modules/objdetect/src/face_detect.cpp): for each stride and cell, the
    score is the root of class times objectness; the centre is the cell plus an offset, the size an exponential, both in
    strides; points are offsets from the cell. Points: right eye, left eye, nose, corners of the mouth.
    """

    def decode(
        self, outputs: Mapping[str, NDArray[Any]], least: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        import numpy as np

        found = []
        for stride in self.output.get("strides", (8, 16, 32)):
            try:
                kind, thing, box, points = (
                    outputs[f"{name}_{stride}"].reshape(-1, wide)
                    for name, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
                )
            except (KeyError, ValueError) as error:
                raise PackInvalid(
                    tr("The pack {id} has not the outputs of YuNet.", id=self.network.model.pack.id)
                ) from error
            score = np.sqrt(np.clip(kind, 0, 1) * np.clip(thing, 0, 1))[:, 0]
            (hit,) = np.nonzero(score >= least)
            across = self.network.input.width // stride
            cell = np.stack([hit % across, hit // across], axis=1).astype(np.float32)
            centre = (cell + box[hit, :2]) * stride
            half = np.exp(box[hit, 2:]) * (stride / 2)
            places = (points[hit].reshape(-1, 5, 2) + cell[:, None]) * stride
            found.append((np.concatenate([centre - half, centre + half], axis=1), score[hit], places))
        boxes, scores, places = (np.concatenate(part).astype(np.float32) for part in zip(*found, strict=True))
        return boxes, scores, places


class UltraFace(Detector):
    """Ultra-Light-Fast-Generic-Face-Detector: ready boxes as fractions of the input, no points."""

    def decode(
        self, outputs: Mapping[str, NDArray[Any]], least: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        import numpy as np

        flat = [one.reshape(-1, one.shape[-1]) for one in outputs.values()]
        scores = next((one[:, 1] for one in flat if one.shape[1] == 2), None)
        boxes = next((one for one in flat if one.shape[1] == 4), None)
        if scores is None or boxes is None:
            raise PackInvalid(tr("The pack {id} has not the outputs of UltraFace.", id=self.network.model.pack.id))
        size = np.asarray([self.network.input.width, self.network.input.height] * 2, np.float32)
        hit = scores >= least
        return np.asarray(boxes[hit] * size, np.float32), np.asarray(scores[hit], np.float32), None


class Scrfd(Detector):
    """SCRFD as InsightFace exports it (python-package/insightface/model_zoo/scrfd.py).

    Outputs: scores of all strides, then boxes, then points. Two anchors for each cell, at its corner; boxes are
    distances to the four sides and points offsets, both in strides.
    """

    overlap = 0.4

    def decode(
        self, outputs: Mapping[str, NDArray[Any]], least: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        import numpy as np

        flat = [one.reshape(-1, one.shape[-1]) for one in outputs.values()]
        scores, boxes, points = ([one for one in flat if one.shape[1] == wide] for wide in (1, 4, 10))
        strides = self.output.get("strides", (8, 16, 32))
        if len(scores) != len(strides) or len(boxes) != len(strides):
            raise PackInvalid(tr("The pack {id} has not the outputs of SCRFD.", id=self.network.model.pack.id))
        found = []
        for level, stride in enumerate(strides):
            across, down = self.network.input.width // stride, self.network.input.height // stride
            anchors = max(1, len(scores[level]) // (across * down))
            (hit,) = np.nonzero(scores[level][:, 0] >= least)
            cell = hit // anchors
            corner = np.stack([cell % across, cell // across], axis=1).astype(np.float32) * stride
            reach = boxes[level][hit] * stride
            places = points[level][hit].reshape(-1, 5, 2) * stride + corner[:, None] if points else corner[:, None]
            sides = np.concatenate([corner - reach[:, :2], corner + reach[:, 2:]], axis=1)
            found.append((sides, scores[level][hit, 0], places))
        made, sure, places = (np.concatenate(part).astype(np.float32) for part in zip(*found, strict=True))
        return made, sure, places if points else None


class AlignedFaces:
    """Embeds faces aligned to 112 x 112; `flip`: adds the vector of the mirrored face, which costs twice the time."""

    def __init__(self, model: Model) -> None:
        self.network = Network(model)
        self.space = model.pack.ref
        self.flip = bool(model.description.get("flip", False))
        self.dim = int(model.description.get("dim", 0)) or int(self.network.session.get_outputs()[0].shape[-1])

    def embed(self, faces: NDArray[np.uint8]) -> Vectors:
        """Vectors of length 1 for N x 112 x 112 x 3 faces.

        Raises:
            PackInvalid: the model gives vectors of another size than described.
        """
        import numpy as np

        if not len(faces):
            return np.empty((0, self.dim), np.float32)
        found = self._vectors(faces)
        if self.flip:
            found = found + self._vectors(np.ascontiguousarray(faces[:, :, ::-1]))
        if found.shape[1] != self.dim:
            raise PackInvalid(
                tr(
                    "{space} gives {shape} numbers for a face, not {dim} as it says.",
                    space=self.space,
                    shape=found.shape[1],
                    dim=self.dim,
                )
            )
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)

    def _vectors(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        import numpy as np

        outputs, _ = self.network.see(list(faces))
        return np.asarray(outputs[0].reshape(len(faces), -1), np.float32)


def _seen(box: NDArray[np.float32], score: np.float32, points: NDArray[np.float32] | None, placed: Placed) -> Seen:
    given = () if points is None else tuple(placed.point(float(x), float(y)) for x, y in points)
    return Seen(LABEL, round(min(1.0, float(score)), 4), placed.box(*(float(one) for one in box)), given)
