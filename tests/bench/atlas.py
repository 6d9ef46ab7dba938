"""The map with a million assets of which 300,000 know their place: clusters of a rectangle, and frames while it moves.

Run it with `python -m tests.bench.atlas FOLDER ASSETS`; `make bench` runs it in a process of its own.
"""

import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import row

PLACED = 0.3
HUBS = 400
RUNS = 7
FRAMES = 150


def run(quick: bool) -> list[dict[str, Any]]:
    """P8: the map."""
    assets = 20_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="kinora-bench-") as name:
        command = [sys.executable, "-m", "tests.bench.atlas", name, str(assets)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    at = f"at {assets:,} assets, {round(assets * PLACED):,} with a place"
    frames = f"p50 {found['p50']:.1f}, p95 {found['p95']:.1f}, longest {found['most']:.1f} ms"
    asked = [
        row("P8", f"clusters of {name} {at}", f"{took:.0f} ms", "-", "-", "<= 300 ms")
        for name, took in found["charts"].items()
    ]
    share = round(found["p95"] / 16, 2)
    return [*asked, row("P8", f"a frame of the map while it moves {at}", frames, "a frame: 16 ms", share, "p95 <= 1")]


def fill(path: Path, assets: int) -> None:
    """A library of so many photos, some of them around a few hundred places."""
    from engine.library import Library

    chance = random.Random(5)
    hubs = [(chance.uniform(-50, 65), chance.uniform(-180, 180)) for _ in range(HUBS)]

    def place() -> tuple[float | None, float | None]:
        if chance.random() >= PLACED:
            return None, None
        north, east = chance.choice(hubs)
        return max(-85, min(85, chance.gauss(north, 0.4))), max(-180, min(180, chance.gauss(east, 0.5)))

    def work(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO asset(content, kind, size, name, moment_at, year, added, present, latitude, longitude) "
            "VALUES(?, 'photo', 1, ?, ?, 2020, 0, 1, ?, ?)",
            ((f"{n:064x}", f"IMG_{n:07}.jpg", 1.0e9 + n * 600.0, *place()) for n in range(assets)),
        )

    with Library.open(path, work=False) as library:
        library.database.write(work)


async def _look(folder: Path, assets: int) -> dict[str, Any]:
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from desktop.look.atlas.chart import Chart
    from desktop.look.atlas.projection import Sight
    from desktop.look.look import Look
    from desktop.operations import Operations
    from engine.library import Library
    from engine.model import Area

    fill(folder / "library", assets)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    library = Library.open(folder / "library", work=False)
    charts = {
        "the whole world": (Area(-85.0, -180.0, 85.0, 180.0), 20.0),
        "a continent": (Area(35.0, -10.0, 60.0, 30.0), 2.5),
        "a city": (Area(48.0, 2.0, 49.0, 3.0), 0.06),
    }
    took = {}
    for name, (area, degrees) in charts.items():
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            library.atlas.chart("", area, degrees)
            times.append((time.perf_counter() - began) * 1e3)
        took[name] = statistics.median(times)
    ops = Operations(library)
    chart = Chart(ops, Look(app, "light"))
    chart.resize(1280, 800)
    chart.show()
    area, degrees = charts["the whole world"]
    chart.show_clusters(library.atlas.chart("", area, degrees / 4).clusters, library.atlas.cities(area, 48))
    canvas = QImage(1280, 800, QImage.Format.Format_ARGB32_Premultiplied)
    frames = []
    for step in range(FRAMES):
        chart.look_at(Sight(0.3 + step / 400, 0.35, 1.5 + step / 30), glide=False)
        began = time.perf_counter()
        chart.render(canvas)
        frames.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.016)
    chart.close_chart()
    await ops.close()
    library.close()
    p95 = sorted(frames)[int(len(frames) * 0.95)]
    return {"charts": took, "p50": statistics.median(frames), "p95": p95, "most": max(frames)}


def main() -> int:
    """Look at one library and print what was measured."""
    import qasync

    from desktop.app import application

    sys.setswitchinterval(0.001)  # as desktop.app does
    app = application()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        print(json.dumps(loop.run_until_complete(_look(Path(sys.argv[1]), int(sys.argv[2])))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
