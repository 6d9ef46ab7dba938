"""The map and the searches of the past in memory, with the facades of the engine, for tests of the window."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine.model import Area, AskedRow, Chart, City, Cluster, PlaceRow

if TYPE_CHECKING:
    from tests.desktop.standin import Standin

EARTH = Area(-90, -180, 90, 180)
ROME, OSLO = (41.9, 12.5), (59.9, 10.7)


class StandinAtlas:
    """Forty assets in Rome and two in Oslo; `nowhere` has none with a place."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.asked: list[tuple[str, Area, float]] = []
        self.clusters = [_cluster(ROME, 40, 5), _cluster(OSLO, 2, 9)]

    def chart(self, query: str, area: Area, degrees: float) -> Chart:
        self.asked.append((query, area, degrees))
        self.library.listing(query)  # a mistake in the query is one here too
        inside = [] if "nowhere" in query else [one for one in self.clusters if _holds(area, one)]
        placed = 0 if "nowhere" in query else sum(one.count for one in self.clusters)
        return Chart(tuple(inside), sum(one.count for one in inside), placed, 18)

    def bounds(self, query: str) -> Area | None:
        self.library.listing(query)
        return None if "nowhere" in query else Area(ROME[0], OSLO[1], OSLO[0], ROME[1])

    def places(self, query: str, area: Area = EARTH, most: int = 60) -> list[PlaceRow]:
        names = {40: "Rome, Italy", 2: "Oslo, Norway"}
        return [
            PlaceRow(names[one.count], one.count, one.latitude, one.longitude,
                     f'{query} place:"{names[one.count]}"'.strip())
            for one in self.clusters if _holds(area, one)
        ][:most]  # fmt: skip

    def newest(self, query: str, area: Area, most: int = 300) -> list[int]:
        return [number for one in self.clusters if _holds(area, one) for number in range(1, one.count + 1)][:most]

    def cities(self, area: Area, most: int = 40) -> list[City]:
        return [City("Vienna", 48.2, 16.4, 1_900_000), City("Rome", *ROME, 2_800_000)]


def _cluster(at: tuple[float, float], count: int, asset: int) -> Cluster:
    latitude, longitude = at
    return Cluster(
        latitude, longitude, count, asset, Area(latitude - 0.1, longitude - 0.1, latitude + 0.1, longitude + 0.1)
    )


def _holds(area: Area, one: Cluster) -> bool:
    return area.south <= one.latitude <= area.north and area.west <= one.longitude <= area.east


class StandinHistory:
    """Searches of the past, the newest first."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.rows: list[str] = []
        self.opened: list[str] = []

    def listing(self, beginning: str = "", limit: int = 8) -> list[AskedRow]:
        found = [one for one in self.rows if one.startswith(beginning.strip())]
        return [AskedRow(one, 1_700_000_000.0, 1, 0) for one in found[:limit]]

    def note(self, query: str, *, opened: bool = False) -> None:
        if not self.library.settings()["search.history"]:
            return
        self.rows = [query, *(one for one in self.rows if one != query)]
        if opened:
            self.opened.append(query)
        self.library.tell("history")

    def remove(self, query: str) -> None:
        self.rows.remove(query)
        self.library.tell("history")

    def clear(self) -> None:
        self.rows.clear()
        self.library.tell("history")


class StandinPasted:
    """Pictures to search with that are no files."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.kept: list[Path] = []

    def put(self, picture: bytes) -> Path:
        path = self.library.path / f"example-{len(self.kept)}.jpg"
        path.write_bytes(picture)
        self.kept.append(path)
        return path
