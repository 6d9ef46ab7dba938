"""Classifiers of whole pictures (ImageNet's kind)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.labels import labels_of
from engine.packs.network import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model
    from engine.packs.pictures import Pixels


class Classifier:
    """One number for each label.

    "output": {"activation": softmax | sigmoid where the file gives raw numbers, "scale": 0.00392 where it gives bytes};
    "background": labels that mean *none of these*.
    """

    def __init__(self, model: Model) -> None:
        self.network = Network(model)
        self.labels = labels_of(model)
        output: Mapping[str, Any] = model.description.get("output", {})
        self.activation = str(output.get("activation", ""))
        self.scale = float(output.get("scale", 1.0))
        self.background = frozenset(str(one) for one in model.description.get("background", ()))

    def tag(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """N x L probabilities.

        Raises:
            PackInvalid: there are more or fewer numbers than labels.
        """
        import numpy as np

        outputs, _ = self.network.see(images)
        found = outputs[0].reshape(len(images), -1).astype(np.float32) * self.scale
        if found.shape[1] != len(self.labels):
            raise PackInvalid(
                tr(
                    "{ref} gives {shape} numbers, not one for each label.",
                    ref=self.network.model.pack.ref,
                    shape=found.shape[1],
                )
            )
        if self.activation == "softmax":
            raised = np.exp(found - found.max(axis=1, keepdims=True))
            found = raised / raised.sum(axis=1, keepdims=True)
        elif self.activation == "sigmoid":
            found = 1 / (1 + np.exp(-found))
        found[:, [label in self.background for label in self.labels]] = 0
        return np.asarray(np.clip(found, 0, 1), np.float32)
