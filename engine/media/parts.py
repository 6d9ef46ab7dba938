"""What a source hands to an analyzer: frames, shots, and pages with their blocks of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.model import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # H x W x 3, RGB, upright


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video: its time in seconds and its pixels, longest side at most 1280."""

    time: float
    image: Pixels


@dataclass(frozen=True, slots=True)
class Shot:
    """A span between two cuts, in seconds, with the times of the frames that stand for it."""

    start: float
    end: float
    keyframes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A line or paragraph of text; `box` where the format has places, `start` and `end` in seconds for subtitles."""

    text: str
    box: Box | None = None
    label: str = "document"
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document.

    `needs_ocr` says that it shows pictures and has hardly any text of its own, so that its words must be read from
    `image`.
    """

    number: int
    blocks: tuple[Block, ...]
    has_picture: bool = False
    needs_ocr: bool = False
    draw: Callable[[int], Pixels] | None = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The words of the page, a block on each line."""
        return "\n".join(block.text for block in self.blocks)

    def image(self, side: int) -> Pixels:
        """Draw the page: RGB, longest side `side` pixels.

        Raises:
            UnsupportedFormat: documents of this kind have no fixed look.
        """
        if self.draw is None:
            raise UnsupportedFormat(tr("This kind of document has text only, without pages that could be drawn."))
        return self.draw(side)
