"""What every reader of a kind of file offers; a source asks exactly one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.media.formats import Format
from engine.media.limits import Limits
from engine.media.parts import Frame, Page, Shot
from engine.media.regions import Region, on_upright
from engine.model import Facts, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels
    from engine.media.subtitles import Track


class Reader:
    """Reads one file of one kind; a subclass overrides what its kind has.

    `decodes` counts how often the original's pixels were decoded (a poster of one frame does not count), `notices` are
    sentences about what was left out on the way.
    """

    def __init__(self, path: bytes, format: Format, limits: Limits) -> None:
        self.path = path
        self.format = format
        self.limits = limits
        self.decodes = 0
        self.notices: list[str] = []

    def facts(self) -> Facts:
        """Return sizes and metadata."""
        raise NotImplementedError

    def named(self, regions: tuple[Region, ...]) -> list[dict[str, object]]:
        """Return faces that a file beside this one names, on the upright picture."""
        facts = self.facts()
        return on_upright(regions, (facts.width or 0, facts.height or 0), 1)

    def want(self, side: int) -> None:
        """Hear the largest side that will be asked for, so that one decode serves all."""

    def want_frames(self, every: float) -> None:
        """Hear that a frame every so many seconds will be asked for, so that the pass over a video keeps them."""

    def picture(self, side: int) -> Pixels:
        """Return the picture that stands for the file, longest side at most `side`."""
        raise UnsupportedFormat(tr("There is no picture in this file."))

    def picture_at(self, time: float, side: int) -> Pixels:
        """Return the frame shown at `time` seconds, longest side at most `side`."""
        return self.picture(side)

    def has_picture(self) -> bool:
        """Say whether `picture` has something to show."""
        return True

    def scan_shots(self) -> Iterator[Step]:
        """Make the one pass over a video that finds shots and keyframes; later calls end at once."""
        yield from ()

    def shots(self) -> tuple[Shot, ...]:
        """Return the shots that the pass found."""
        return ()

    def keyframes(self) -> Iterator[Frame]:
        """Yield the keyframes that the pass kept."""
        yield from ()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that the pass kept at even steps."""
        yield from ()

    def pages(self) -> Iterator[Page]:
        """Yield the pages of a document."""
        yield from ()

    def sound(self) -> NDArray[np.float32] | None:
        """Return the sound as 16 kHz mono, or None when there is none."""
        return None

    def sound_start(self, seconds: float) -> NDArray[np.float32] | None:
        """Return the beginning of the sound, as `sound` does, for a drawing of it."""
        return None

    def subtitles(self) -> list[Track]:
        """Return the subtitles that come with a recording: files beside it with its name, then tracks inside it."""
        from engine.media.subtitles import beside, inside

        return beside(self.path) + inside(self.path, self.format)

    def close(self) -> None:
        """Let go of what is held."""
