"""Second opinions on safety: classifiers of pictures, and small heads over the vectors of an image-text pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.heads import Head
from engine.packs.labels import labels_of
from engine.packs.models import load
from engine.packs.network import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model
    from engine.packs.pictures import Pixels

LEVELS = ("safe", "suggestive", "explicit")
HALF = 0.5  # of the probability that a level, or a worse one, must have
SUGGESTIVE, EXPLICIT = 0.5, 0.9  # of a head's one number, where its pack says nothing else


class SafetyClassifier:
    """A classifier whose classes stand for levels: "levels": {"Porn": "explicit", "Sexy": "suggestive", ...}.

    The level is the worst that, with all that is worse, has half of the probability.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        labels = labels_of(model)
        levels: Mapping[str, str] = model.description.get("levels", {})
        if any(levels.get(label) not in LEVELS for label in labels):
            raise PackInvalid(
                tr("The pack {id} does not say for each of its classes how safe it is.", id=model.pack.id)
            )
        self._groups = [[at for at, label in enumerate(labels) if levels[label] == level] for level in LEVELS]
        self._count = len(labels)

    def judge(self, images: Sequence[Pixels]) -> list[tuple[str, float]]:
        """The level of each picture and how sure that is."""
        outputs, _ = self._network.see(images)
        return [self._level(row) for row in self._probabilities(outputs)]

    @cached_property
    def _network(self) -> Network:
        return Network(self._model)

    def _probabilities(self, outputs: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        import numpy as np

        how: Mapping[str, Any] = self._model.description.get("output") or {}
        names = self._network.outputs
        if how.get("name") and how["name"] not in names:
            raise PackInvalid(
                tr("The model of the pack {id} has no output called “{how}”.", id=self._model.pack.id, how=how["name"])
            )
        raw = outputs[names.index(how["name"])] if how.get("name") else outputs[0]
        rows = np.asarray(raw, np.float32).reshape(len(raw), -1) * np.float32(how.get("scale", 1.0))
        if rows.shape[1] != self._count:
            raise PackInvalid(
                tr(
                    "The pack {id} names {count} classes, its model {shape}.",
                    id=self._model.pack.id,
                    count=self._count,
                    shape=rows.shape[1],
                )
            )
        if how.get("probabilities"):
            return rows
        powers = np.exp(rows - rows.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

    def _level(self, row: NDArray[np.float32]) -> tuple[str, float]:
        safe, suggestive, explicit = (min(1.0, max(0.0, float(row[group].sum()))) for group in self._groups)
        if explicit >= HALF:
            return "explicit", explicit
        if explicit + suggestive >= HALF:
            return "suggestive", min(1.0, explicit + suggestive)
        return "safe", safe


class ClipSafety:
    """A head over the vectors of an image-text pack (LAION's CLIP-based detector is one): one number, 1 is unsafe.

    "over" names the pack whose vectors it was made for (its own pack by default); "suggestive" and "explicit" are the
    numbers from which those levels begin.
    """

    def __init__(self, model: Model) -> None:
        self.over = str(model.description.get("over") or model.pack.ref)
        self._head = Head(model.file(), model.description)
        self._suggestive = float(model.description.get("suggestive", SUGGESTIVE))
        self._explicit = float(model.description.get("explicit", EXPLICIT))

    def judge(self, images: Sequence[Pixels]) -> list[tuple[str, float]]:
        """The level of each picture and how sure that is. Raises NeedsPack when the pack that it needs is not here."""
        return self.judge_vectors(load("image-text", self.over).embed(images))

    def judge_vectors(self, vectors: NDArray[np.float32]) -> list[tuple[str, float]]:
        """The same, of vectors that the pack `over` has already made."""
        return [self._level(float(row[-1])) for row in self._head.run(vectors)]

    def _level(self, unsafe: float) -> tuple[str, float]:
        unsafe = min(1.0, max(0.0, unsafe))
        if unsafe >= self._explicit:
            return "explicit", unsafe
        return ("suggestive", unsafe) if unsafe >= self._suggestive else ("safe", 1.0 - unsafe)
