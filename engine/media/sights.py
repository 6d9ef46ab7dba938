"""What several analyzers see in one picture with one model, found once: things in it, and its vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels
    from engine.media.source import Source
    from engine.model import Step
    from engine.packs.models import ObjectDetector, PictureEmbedder, Seen

LEAST = 0.25  # score of the things that are kept: each analyzer has its own threshold above it


def things(source: Source, ref: str, model: ObjectDetector, image: Pixels, time: float | None) -> list[Seen]:
    """The things in a picture of this source (a video's at `time`), found by the pack `ref`, best first."""

    def look() -> Iterator[Step | Seen]:
        yield from model.detect(image, LEAST)

    found: list[Seen] = list(source.once(("things", ref, time), look))  # type: ignore[arg-type]
    return found


def vector(
    source: Source, model: PictureEmbedder, image: Pixels, time: float | None, page: int | None = None
) -> NDArray[np.float32]:
    """The vector of a picture of this source (a video's at `time`, a document's page)."""

    def look() -> Iterator[Step | NDArray[np.float32]]:
        yield from model.embed([image])

    (row,) = source.once(("vector", model.space, time, page), look)
    return row  # type: ignore[return-value]


def remember(source: Source, space: str, row: NDArray[np.float32], time: float | None, page: int | None) -> None:
    """Let `vector` give this to others: who looks at many pictures at once finds their vectors faster."""
    source.keep(("vector", space, time, page), [row])
