"""Makes `resources/map/world.bin`, the outline that the map draws, of the npm package `world-atlas`.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python packaging/outline.py package resources/map/world.bin

The package (ISC licence) holds the countries of Natural Earth (public domain) at 1:110 million and 1:50 million as
TopoJSON. The file is a zlib stream: a line of JSON with the number of lines of each sort, then for every line where
it begins (longitude and latitude in steps of 0.002 degrees) and how many points follow (32 bit each), then all those
points as differences from the one before (16 bit), little endian. What goes over the date line goes on beyond 180
degrees.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

STEP = 0.002  # degrees
ROUND = 180_000  # steps round the earth
FARTHEST = 32_000  # steps of one difference
LEVELS = ("110m", "50m")

Line = list[tuple[int, int]]  # longitude and latitude in steps


def main() -> int:
    """Read the folder of the package, write the file."""
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    head, begins, points = [], array("i"), array("h")
    for level in LEVELS:
        topology = json.loads((package / f"countries-{level}.json").read_text(encoding="utf-8"))
        land, borders = list(_land(topology)), list(_borders(topology))
        head.append({"level": level, "land": len(land), "borders": len(borders)})
        for line in (*land, *borders):
            steps = list(_differences(line))
            begins.extend((*line[0], len(steps)))
            for step in steps:
                points.extend(step)
    if sys.byteorder == "big":
        begins.byteswap()
        points.byteswap()
    body = json.dumps(head).encode() + b"\n" + begins.tobytes() + points.tobytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(zlib.compress(body, 9))
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes, {len(points) // 2:,} points\n")
    return 0


def _arcs(topology: dict) -> list[Line]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line: Line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((round((x * sx + tx) / STEP), round((y * sy + ty) / STEP)))
        found.append(line)
    return found


def _rings(geometry: dict) -> Iterator[list[int]]:
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _rings(part)
    elif geometry["type"] == "Polygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon


def _land(topology: dict) -> Iterator[Line]:
    """The rings of all land; a negative number is an arc backwards."""
    arcs = _arcs(topology)
    for ring in _rings(topology["objects"]["land"]):
        line: Line = []
        for number in ring:
            part = arcs[number] if number >= 0 else arcs[~number][::-1]
            line.extend(part[1:] if line else part)
        yield _whole(line)


def _borders(topology: dict) -> Iterator[Line]:
    """The arcs that two countries share."""
    users: dict[int, set[int]] = {}
    for country, geometry in enumerate(topology["objects"]["countries"]["geometries"]):
        for ring in _rings(geometry):
            for number in ring:
                users.setdefault(number if number >= 0 else ~number, set()).add(country)
    arcs = _arcs(topology)
    yield from (_unrolled(arcs[number]) for number, countries in sorted(users.items()) if len(countries) > 1)


def _unrolled(line: Line) -> Line:
    """The line without jumps at the date line."""
    found, shift = [line[0]], 0
    for (x, y), (before, _) in zip(line[1:], line, strict=False):
        shift += ROUND * ((before - x > ROUND // 2) - (x - before > ROUND // 2))
        found.append((x + shift, y))
    return found


def _whole(ring: Line) -> Line:
    """The ring without jumps; one that goes round the pole is closed there."""
    line = _unrolled(ring)
    if line[-1][0] != line[0][0]:
        pole = round((-90 if line[0][1] < 0 else 90) / STEP)
        line += [(line[-1][0], pole), (line[0][0], pole), line[0]]
    return line


def _differences(line: Line) -> Iterator[tuple[int, int]]:
    x, y = line[0]
    for to_x, to_y in line[1:]:
        while (x, y) != (to_x, to_y):
            dx = max(-FARTHEST, min(FARTHEST, to_x - x))
            dy = max(-FARTHEST, min(FARTHEST, to_y - y))
            yield dx, dy
            x, y = x + dx, y + dy


if __name__ == "__main__":
    raise SystemExit(main())
