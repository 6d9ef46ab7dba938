"""The map of a search: clusters of assets for what is visible, places by name, and the towns to write on it."""

import math
from collections.abc import Sequence

from engine.language import tr
from engine.media import places
from engine.model import Area, Chart, City, Cluster, PlaceRow
from engine.search.find import Finder
from engine.search.query import quoted
from engine.store import atlas
from engine.store.db import Database, explained

EARTH = Area(-90.0, -180.0, 90.0, 180.0)
FINE = 1.5  # times finer than a cluster is wide: the cells that are counted, so that clusters lie where the assets do
MOST = 400  # assets of one cluster or place that are listed
STRIP = 300


class Atlas:
    """`library.atlas`; every method may be called from any thread."""

    def __init__(self, database: Database, finder: Finder) -> None:
        self._database = database
        self._finder = finder

    def chart(self, query: str, area: Area, degrees: float) -> Chart:
        """What a search has in a rectangle, in clusters that are about `degrees` of longitude apart.

        Raises:
            QueryError: the text cannot be read as a query.
        """
        plan, found = self._finder.ids(query)
        middle = math.cos(math.radians((area.south + area.north) / 2))
        tall, wide = degrees * max(0.2, middle) / FINE, degrees / FINE
        with explained(tr("draw the map")), self._database.read() as connection:
            where = atlas.under(connection, plan, found)
            cells = atlas.clusters(connection, where, area, tall, wide)
            placed, without = atlas.counts(connection, where)
        return Chart(tuple(joined(cells, degrees)), sum(one.count for one in cells), placed, without)

    def bounds(self, query: str) -> Area | None:
        """The rectangle around everything that a search has with a position. Raises QueryError."""
        plan, found = self._finder.ids(query)
        with explained(tr("draw the map")), self._database.read() as connection:
            return atlas.bounds(connection, atlas.under(connection, plan, found))

    def places(self, query: str, area: Area = EARTH, most: int = 60) -> list[PlaceRow]:
        """The places by name in a rectangle, those with most assets first. Raises QueryError."""
        plan, found = self._finder.ids(query)
        with explained(tr("draw the map")), self._database.read() as connection:
            rows = atlas.places(connection, atlas.under(connection, plan, found), area, most)
        return [
            PlaceRow(name, count, latitude, longitude, f"{query} place:{quoted(name)}".strip())
            for name, count, latitude, longitude in rows
        ]

    def newest(self, query: str, area: Area, most: int = STRIP) -> list[int]:
        """The newest assets of a search in a rectangle. Raises QueryError."""
        plan, found = self._finder.ids(query)
        with explained(tr("draw the map")), self._database.read() as connection:
            return atlas.newest(connection, atlas.under(connection, plan, found), area, most)

    def cities(self, area: Area, most: int = 40) -> list[City]:
        """The largest towns of a rectangle."""
        return places.cities(area, most)


def joined(cells: Sequence[Cluster], degrees: float) -> list[Cluster]:
    """Cells whose middles are nearer than a cluster is wide, as one; the larger ones draw the smaller ones in."""
    kept: list[Cluster] = []
    near: dict[tuple[int, int], list[int]] = {}
    for cell in sorted(cells, key=lambda one: -one.count):
        x, y = cell.longitude / degrees, _north(cell.latitude) / degrees
        column, row = math.floor(x), math.floor(y)
        around = (index for dx in (-1, 0, 1) for dy in (-1, 0, 1) for index in near.get((column + dx, row + dy), ()))
        host = min(around, key=lambda index: _apart(kept[index], x, y, degrees), default=-1)
        if host >= 0 and _apart(kept[host], x, y, degrees) < 0.9:
            kept[host] = _with(kept[host], cell)
        else:
            near.setdefault((column, row), []).append(len(kept))
            kept.append(cell)
    return kept


def _apart(one: Cluster, x: float, y: float, degrees: float) -> float:
    return math.hypot(one.longitude / degrees - x, _north(one.latitude) / degrees - y)


def _with(one: Cluster, other: Cluster) -> Cluster:
    """Two clusters as one, which stays near the first: so its place in the net stays right."""
    mine, theirs = one.area, other.area
    area = Area(
        min(mine.south, theirs.south),
        min(mine.west, theirs.west),
        max(mine.north, theirs.north),
        max(mine.east, theirs.east),
    )
    return Cluster(one.latitude, one.longitude, one.count + other.count, max(one.asset, other.asset), area)


def _north(latitude: float) -> float:
    """How far north on Mercator's map, in degrees of longitude at the equator."""
    held = math.radians(max(-85.06, min(85.06, latitude)))
    return math.degrees(math.log(math.tan(math.pi / 4 + held / 2)))
