"""Turn what somebody searches by into vectors: words, or a picture, a page, a second, a part of a picture."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.errors import DamagedFile
from engine.language import mark, tr
from engine.media.looks import picture_hash, views
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind
from engine.packs.models import load
from engine.packs.vectors import fp16

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 1024  # pixels that a picture is read at; a part of it is cut out of twice as many


class Encode(Analyzer):
    """Yields a vector for each of `texts`, or one for the picture; not in the registry.

    Options: `task` and `ref` (id@version) name the model. With `texts`, these are embedded, and the file is not read.
    Otherwise the picture that stands for the file is, or its `page`, or its second `time`; `box` takes a part of it.
    With `look` no model is asked: hashes of the picture and of its middle come instead.
    """

    name: ClassVar[str] = "encode"
    version: ClassVar[int] = 1
    title: ClassVar[str] = mark("Question into numbers")
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield the vectors in the order that they were asked for.

        Raises:
            NeedsPack, PackInvalid: the model does not load.
            MediaError: the picture cannot be read.
        """
        if options.get("look"):
            for view in views(_pixels(source, options)):
                yield Finding(FindingKind.HASH, label="query", data={"bits": picture_hash(view)})
            return
        model = load(str(options["task"]), str(options["ref"]))
        if "texts" in options:
            made = model.embed_texts([str(text) for text in options["texts"]])
        else:
            made = model.embed([_pixels(source, options)])
        for vector in made:
            yield Finding(FindingKind.VECTOR, label="query", vector=fp16(vector), space=model.space)


def _pixels(source: Source, options: Mapping[str, Any]) -> "NDArray[np.uint8]":
    page, time, box = options.get("page"), options.get("time"), options.get("box")
    side = SIDE if box is None else SIDE * 2
    if page is not None:
        pixels = source.page(int(page)).image(side)
    elif time is not None:
        pixels = source.picture_at(float(time), side)
    else:
        pixels = source.picture(side)
    return pixels if box is None else _part(pixels, box)


def _part(pixels: "NDArray[np.uint8]", box: Any) -> "NDArray[np.uint8]":
    """Cut a part out: left, top, width, height as fractions."""
    height, width = pixels.shape[:2]
    x, y, w, h = (float(value) for value in box)
    left, top = round(max(0.0, x) * width), round(max(0.0, y) * height)
    right, bottom = round(min(1.0, x + w) * width), round(min(1.0, y + h) * height)
    if right - left < 2 or bottom - top < 2:
        raise DamagedFile(tr("This part of the picture is too small to search by."), hint=tr("Choose a larger part."))
    return pixels[top:bottom, left:right]
