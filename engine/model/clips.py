"""Clips: pieces of films and recordings that the user chose."""

from dataclasses import dataclass

from engine.model.words import Moment


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of an asset from an in point to an out point; one without an end is a mark."""

    id: int
    asset: int
    moment: Moment  # start and end in seconds
    name: str
    note: str
    asset_name: str = ""
    kind: str = "video"
    length: float | None = None  # seconds of the whole asset

    @property
    def is_mark(self) -> bool:
        """Whether it is a point in time only."""
        return self.moment.end is None
