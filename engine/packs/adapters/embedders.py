"""Vectors of pictures alone, and of texts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.network import Network
from engine.packs.texttower import TextTower
from engine.packs.vectors import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import Model, Vectors
    from engine.packs.pictures import Pixels

# What exports call the vector of a picture; without one of them it is the first output.
USUAL = ("image_embeds", "pooler_output", "embedding", "embeddings", "features")


class PictureEmbedder:
    """Any network that turns a picture into one vector, with whole or quantised numbers."""

    def __init__(self, model: Model) -> None:
        self.space = model.pack.ref
        self.dim = dim_of(model)
        self._model = model

    def embed(self, images: Sequence[Pixels]) -> Vectors:
        """The vectors of pictures, N x dim."""
        outputs, _ = self._network.see(images)
        named = dict(zip(self._network.outputs, outputs, strict=True))
        return unit(picture_rows(named, self._model.description, self.dim, self._model.pack.id))

    @cached_property
    def _network(self) -> Network:
        return Network(self._model)


class TextEmbedder:
    """Sentence embedders (MiniLM, BGE, E5 ...): pooled by the graph, or here over the tokens."""

    def __init__(self, model: Model) -> None:
        self.space = model.pack.ref
        self.dim = dim_of(model)
        self.longest = int(model.description.get("length", 0))
        self._model = model

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, N x dim; what is longer than the model takes is cut.

        Raises:
            PackInvalid: they have another length than the pack says.
        """
        rows = self._tower.embed(texts)
        if len(rows) and rows.shape[1] != self.dim:
            raise PackInvalid(
                tr(
                    "The pack {id} gives {shape} numbers, not {dim}.",
                    id=self._model.pack.id,
                    shape=rows.shape[1],
                    dim=self.dim,
                )
            )
        return rows

    @cached_property
    def _tower(self) -> TextTower:
        return TextTower(self._model.folder, self._model.file(), self._model.description)


def dim_of(model: Model) -> int:
    """The length of a model's vectors, as its pack says.

    Raises:
        PackInvalid: it does not.
    """
    try:
        dim = int(model.description["dim"])
    except (KeyError, TypeError, ValueError) as error:
        raise PackInvalid(tr("The pack {id} does not say how long its vectors are.", id=model.pack.id)) from error
    if not 1 <= dim <= 16384:
        raise PackInvalid(tr("The pack {id} says that its vectors have {dim} numbers.", id=model.pack.id, dim=dim))
    return dim


def picture_rows(
    outputs: Mapping[str, NDArray[Any]], description: Mapping[str, Any], dim: int, pack: str
) -> NDArray[np.float32]:
    """Take the vectors of pictures from a network's outputs, N x dim, not yet of length 1.

    "output" names the output; its "zero" is subtracted from quantised numbers (their scale does not change a
    direction); "pool" makes one vector of many: first (the class token) or mean.

    Raises:
        PackInvalid: there is no such output, or it has another length.
    """
    import numpy as np

    told = description.get("output") or {}
    how: Mapping[str, Any] = {"name": told} if isinstance(told, str) else told
    name = str(how.get("name") or next((one for one in USUAL if one in outputs), next(iter(outputs))))
    if name not in outputs:
        raise PackInvalid(tr("The model of the pack {pack} has no output called “{name}”.", pack=pack, name=name))
    rows = np.asarray(outputs[name], np.float32) - np.float32(how.get("zero", 0.0))
    if rows.ndim == 3 and how.get("pool"):
        rows = rows[:, 0] if how["pool"] == "first" else rows.mean(axis=1)
    flat = rows.reshape(len(rows), -1 if rows.size else dim)
    if flat.shape[1] != dim:
        raise PackInvalid(
            tr(
                "The pack {pack} gives {shape} numbers for a picture, not {dim}.",
                pack=pack,
                shape=flat.shape[1],
                dim=dim,
            )
        )
    return flat
