"""Packs of the InsightFace library, run by that library itself: its detectors and its embedders of faces.

The library is always given the pack's folder: for a name that it does not know it would download the models by itself
(insightface/app/face_analysis.py). Loading takes half a second and 100 MB, so nothing here is imported before a pack
of this kind is used.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NeedsPack, PackInvalid
from engine.language import tr
from engine.model import Box
from engine.packs.models import Seen
from engine.packs.runtime import runtime
from engine.packs.vectors import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model, Vectors
    from engine.packs.pictures import Pixels

SIZE = (640, 640)


class Insight:
    """Serves face-detection and face-embedding; both tasks of one pack share the loaded library."""

    def __init__(self, model: Model) -> None:
        if importlib.util.find_spec("insightface") is None:
            raise NeedsPack(tr("This pack is run by the package insightface."), hint="pip install 'kinora[faces]'")
        size = model.description.get("size", SIZE)
        self._app = _app(model.folder.resolve(), (int(size[0]), int(size[1])), model.pack.id)
        self.space = model.pack.ref
        recogniser = self._app.models.get("recognition")
        if model.task == "face-embedding" and recogniser is None:
            raise PackInvalid(tr("The pack {id} has no model that tells faces apart.", id=model.pack.id))
        self._recogniser = recogniser
        self.dim = int(model.description.get("dim") or _width(recogniser))

    def detect(self, image: Pixels, least: float) -> list[Seen]:
        """The faces in a picture, best first."""
        import numpy as np

        boxes, points = self._app.det_model.detect(np.ascontiguousarray(image[..., ::-1]), det_thresh=least)
        high, wide = image.shape[:2]
        found = []
        for n in np.argsort(-boxes[:, 4], kind="stable"):
            ends = np.clip(boxes[n, :4] / (wide, high, wide, high), 0, 1)
            places = () if points is None else tuple((float(x) / wide, float(y) / high) for x, y in points[n])
            found.append(_seen(ends, float(boxes[n, 4]), places))
        return found

    def embed(self, faces: NDArray[np.uint8]) -> Vectors:
        """Vectors of length 1 for N x 112 x 112 x 3 faces."""
        import numpy as np

        if not len(faces):
            return np.empty((0, self.dim), np.float32)
        assert self._recogniser is not None
        return unit(self._recogniser.get_feat([np.ascontiguousarray(face[..., ::-1]) for face in faces]))


@cache
def _app(folder: Path, size: tuple[int, int], pack: str) -> Any:
    """The library with the models of one folder.

    Raises:
        PackInvalid: it cannot use them.
    """
    options = runtime().SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    from insightface.app import FaceAnalysis

    try:
        app = FaceAnalysis(
            name=str(folder),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
            sess_options=options,
        )
        app.prepare(ctx_id=-1, det_size=size)
    except (AssertionError, RuntimeError, ValueError, OSError) as error:
        raise PackInvalid(tr("InsightFace cannot use the pack {pack}.", pack=pack)) from error
    return app


def _width(recogniser: Any) -> int:
    shape = getattr(recogniser, "output_shape", None) or (0,)
    return int(shape[-1]) if isinstance(shape[-1], int) else 0


def _seen(ends: NDArray[np.float32], score: float, points: tuple[tuple[float, float], ...]) -> Seen:
    left, top, right, bottom = (float(end) for end in ends)
    inside = tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in points)
    box = Box(left, top, max(0.0, right - left), max(0.0, bottom - top))
    return Seen("face", round(min(1.0, score), 4), box, inside)
