"""Where assets were taken, as a map draws it, and what was searched for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the earth in degrees; one that goes over the date line has its west beyond its east."""

    south: float
    west: float
    north: float
    east: float

    @property
    def over(self) -> bool:
        """Whether it goes over the date line."""
        return self.west > self.east


@dataclass(frozen=True, slots=True)
class Cluster:
    """Assets that lie near each other on the map: the middle of them, and all of them inside `area`."""

    latitude: float
    longitude: float
    count: int
    asset: int  # the newest of them
    area: Area


@dataclass(frozen=True, slots=True)
class Chart:
    """What the visible part of a map shows."""

    clusters: tuple[Cluster, ...]
    inside: int  # assets in the visible rectangle
    placed: int  # assets of the search with a position, wherever
    without: int  # assets of the search without one


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A named place with the number of its assets; `query` is the search for them."""

    name: str
    count: int
    latitude: float
    longitude: float
    query: str


@dataclass(frozen=True, slots=True)
class City:
    """A town that a map names."""

    name: str
    latitude: float
    longitude: float
    people: int


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A search of the past."""

    query: str
    at: float  # unix seconds, the last time
    times: int
    opened: int  # how often something was opened from what it found
