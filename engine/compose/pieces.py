"""What clip lists are made of: the sources, and the pieces of them in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.compose.timecode import USUAL, edited, frame_at


@dataclass(frozen=True, slots=True)
class Source:
    """A film or recording that pieces are taken from; `rate` in frames per second."""

    asset: int
    name: str  # of its file
    path: str
    duration: float  # seconds
    rate: Fraction | None = None  # of a film; a recording has none
    width: int = 0
    height: int = 0
    channels: int = 0  # of sound; 0 is silent
    sample_rate: int = 48000

    @property
    def is_film(self) -> bool:
        """Whether it has pictures."""
        return self.rate is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a source from its in point to its out point, in seconds, with marks inside it."""

    source: Source
    start: float
    end: float
    name: str = ""
    note: str = ""
    marks: tuple[tuple[float, str], ...] = ()  # seconds of the source, and a name

    @property
    def title(self) -> str:
        """Its name, or that of its file."""
        return self.name or self.source.name

    def frames(self, rate: Fraction) -> tuple[int, int]:
        """The first frame and the one behind the last, at least one apart."""
        first = frame_at(self.start, rate)
        return first, max(first + 1, frame_at(self.end, rate))


def rate_of(pieces: Sequence[Piece]) -> Fraction:
    """The rate of a time line for these pieces: that of the first film."""
    return next((edited(piece.source.rate) for piece in pieces if piece.source.rate is not None), USUAL)
