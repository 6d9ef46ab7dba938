"""Web Mercator: from degrees to a square whose sides are 1, x to the east and y to the south."""

import math
from dataclasses import dataclass
from functools import lru_cache

from engine.model import Area

SIDE = 512  # pixels of the whole world at zoom 0
HIGHEST = 85.051129  # degrees: where the square ends
CLOSEST = 11.0  # zoom; the outline of the world is coarse beyond it


def x_of(longitude: float) -> float:
    """Where a longitude is, 0..1."""
    return (longitude + 180.0) / 360.0


@lru_cache(maxsize=4096)  # asked of the same places with every frame
def y_of(latitude: float) -> float:
    """Where a latitude is, 0..1 from the north."""
    held = math.radians(max(-HIGHEST, min(HIGHEST, latitude)))
    return (1.0 - math.log(math.tan(math.pi / 4 + held / 2)) / math.pi) / 2


def longitude_of(x: float) -> float:
    """The longitude of a place of the square; beyond it the world goes on."""
    return (x % 1.0) * 360.0 - 180.0


def latitude_of(y: float) -> float:
    """The latitude of a place of the square."""
    return math.degrees(2 * math.atan(math.exp(math.pi * (1 - 2 * y))) - math.pi / 2)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a map shows: the middle of it, and how close it is (each step of `zoom` doubles)."""

    x: float = 0.5
    y: float = 0.42
    zoom: float = 1.0

    @property
    def side(self) -> float:
        """Pixels of the whole world."""
        return SIDE * float(2.0**self.zoom)

    def at(self, x: float, y: float, width: int, height: int) -> tuple[float, float]:
        """Where a place of the square is on a widget of this size: the copy of the world nearest to the middle."""
        across = (x - self.x + 0.5) % 1.0 - 0.5
        return width / 2 + across * self.side, height / 2 + (y - self.y) * self.side

    def under(self, px: float, py: float, width: int, height: int) -> tuple[float, float]:
        """The place of the square under a point of the widget."""
        return self.x + (px - width / 2) / self.side, self.y + (py - height / 2) / self.side

    def held(self, width: int, height: int) -> "Sight":
        """The same within what there is: not smaller than the widget, not beyond the poles."""
        least = math.log2(max(width * 0.7, height, 64) / SIDE)
        zoom = max(min(self.zoom, CLOSEST), least)
        half = height / (SIDE * 2.0**zoom) / 2
        y = 0.5 if half >= 0.5 else min(1 - half, max(half, self.y))
        return Sight(self.x % 1.0, y, zoom)

    def area(self, width: int, height: int) -> Area:
        """The rectangle that shows."""
        left, top = self.under(0, 0, width, height)
        right, bottom = self.under(width, height, width, height)
        west, east = (-180.0, 180.0) if right - left >= 1 else (longitude_of(left), longitude_of(right))
        return Area(latitude_of(min(1.0, bottom)), west, latitude_of(max(0.0, top)), east)

    @property
    def degree(self) -> float:
        """Pixels of a degree of longitude."""
        return self.side / 360.0


def around(area: Area, width: int, height: int, edge: int = 60, closest: float = CLOSEST - 1) -> Sight:
    """The sight that shows an area with an edge around it; a single place with what is around it."""
    west, east = x_of(area.west), x_of(area.east)
    if east < west:
        east += 1.0
    north, south = y_of(area.north), y_of(area.south)
    room_x, room_y = max(64, width - 2 * edge), max(64, height - 2 * edge)
    side = min(room_x / max(1e-6, east - west), room_y / max(1e-6, south - north))
    zoom = min(closest, math.log2(side / SIDE))
    return Sight((west + east) / 2, (north + south) / 2, zoom).held(width, height)
