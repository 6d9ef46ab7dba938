"""Pictures and words in one space (CLIP, SigLIP, MobileCLIP): two graphs, each loaded when it is first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.adapters.embedders import dim_of, picture_rows
from engine.packs.network import Network
from engine.packs.texttower import TextTower
from engine.packs.vectors import unit

if TYPE_CHECKING:
    from engine.packs.models import Model, Vectors
    from engine.packs.pictures import Pixels


class ImageText:
    """Implements PictureEmbedder and TextEmbedder.

    A worker that looks at pictures never loads the tower of texts, and one that reads a query never that of pictures.
    `logit_scale` and `logit_bias` turn a cosine into the model's own certainty: sigmoid(scale * cosine + bias) for
    SigLIP's kind, a softmax over scale * cosine for CLIP's, which has no bias.
    """

    def __init__(self, model: Model) -> None:
        self.space = model.pack.ref
        self.dim = dim_of(model)
        self._model = model
        self._vision = _part(model, "vision")
        self._text = _part(model, "text")
        self.longest = int(self._text.get("length", 0))
        self.logit_scale = float(model.description.get("logit_scale", 100.0))
        bias = model.description.get("logit_bias")
        self.logit_bias = None if bias is None else float(bias)

    def embed(self, images: Sequence[Pixels]) -> Vectors:
        """The vectors of pictures, N x dim."""
        outputs, _ = self._pictures.see(images)
        named = dict(zip(self._pictures.outputs, outputs, strict=True))
        return unit(picture_rows(named, self._vision, self.dim, self._model.pack.id))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, N x dim.

        Raises:
            PackInvalid: they have another length than those of pictures.
        """
        rows = self._texts.embed(texts)
        if len(rows) and rows.shape[1] != self.dim:
            raise PackInvalid(
                tr(
                    "The pack {id} gives texts {shape} numbers, not {dim}.",
                    id=self._model.pack.id,
                    shape=rows.shape[1],
                    dim=self.dim,
                )
            )
        return rows

    @cached_property
    def _pictures(self) -> Network:
        return Network(replace(self._model, description=self._vision))

    @cached_property
    def _texts(self) -> TextTower:
        return TextTower(self._model.folder, replace(self._model, description=self._text).file(), self._text)


def _part(model: Model, name: str) -> Mapping[str, Any]:
    part = model.description.get(name)
    if not isinstance(part, Mapping):
        raise PackInvalid(tr("The pack {id} does not describe its part for {name}.", id=model.pack.id, name=name))
    return part
