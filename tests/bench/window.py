"""The window: start to first paint, scrolling a million assets, the longest turn of its loop, its memory."""

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import row

EMPTY = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow()
window.resize(1280, 820)
window.show()
app.processEvents()
"""
OURS = """
import sys, tempfile
from pathlib import Path
from desktop.app import application
from desktop.look.look import Look
from desktop.shell.state import State
from desktop.window import Window
app = application()
window = Window(Look(app, "light"), State(Path(tempfile.gettempdir()) / "no such window.ini"))
window.resize(1280, 820)
window.show()
app.processEvents()
"""
STEPS = 400


def run(quick: bool) -> list[dict[str, Any]]:
    """P8."""
    runs = 3 if quick else 11
    _start(OURS)  # compiles the modules once
    pairs = [(_start(OURS), _start(EMPTY)) for _ in range(runs)]
    ours, empty = statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
    ratio = statistics.median(a / b for a, b in pairs)
    against = f"an empty PySide6 window: {empty * 1e3:.0f} ms"
    rows = [row("P8", "start to first paint", f"{ours * 1e3:.0f} ms", against, round(ratio, 2), "<= 1.5")]
    size = 20_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        _fill(Path(name), size)
        command = [sys.executable, "-m", "tests.bench.window", name]
        done = subprocess.run(command, capture_output=True, text=True, env=_offscreen(), check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    at, frame = f"at {size:,} assets", "a frame: 16 ms"
    shown = f"p50 {found['p50']:.1f}, p95 {found['p95']:.1f}, longest {found['most']:.1f} ms"
    turn, opening = f"{found['turn']:.1f} ms", f"{found['opening']:.1f} ms"
    with_people = 300 if quick else 3_000
    command = [sys.executable, "-m", "tests.bench.views", str(with_people)]
    done = subprocess.run(command, capture_output=True, text=True, env=_offscreen(), check=True)
    turns = json.loads(done.stdout.splitlines()[-1])
    crowd = f"with {with_people:,} people, one with as many faces"
    return [
        *rows,
        *(
            row("P8", f"longest turn (CPU) {what} {crowd}", f"{took:.1f} ms", frame, round(took / 16, 2), "<= 1")
            for what, took in turns.items()
        ),
        row("P8", f"a step of scrolling to new cells {at}", shown, frame, round(found["p95"] / 16, 2), "p95 <= 1"),
        row("P8", f"longest turn while scrolling {at}", turn, frame, round(found["turn"] / 16, 2), "<= 1"),
        row(
            "P8", f"longest turn while the view is built {at}", opening, frame, round(found["opening"] / 16, 2), "<= 1"
        ),
        row("P8", f"memory {at}", f"{found['rss']:.0f} MB", "400 MB", round(found["rss"] / 400, 2), "<= 1"),
    ]


def _offscreen() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "QT_QPA_PLATFORM": "offscreen"}


def _start(script: str) -> float:
    """Seconds of a whole process that shows a window once."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], env=_offscreen(), check=True, capture_output=True)
    return time.perf_counter() - began


def _fill(folder: Path, assets: int) -> None:
    """A library of so many photos that were never read: only the window is looked at."""
    from engine.library import Library

    with Library.open(folder, work=False) as library:

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO root(path, shown, added) VALUES(x'2f6e', '/n', 0)")
            connection.executemany(
                "INSERT INTO asset(content, kind, size, name, moment_at, year, added, present) "
                "VALUES(?, 'photo', 1, ?, ?, 2020, 0, 1)",
                ((f"{n:064x}", f"IMG_{n:07}.jpg", 1.0e9 + n * 600.0) for n in range(assets)),
            )

        library.database.write(work)


async def _look(folder: Path) -> dict[str, float]:
    """Scroll through the real window on that library."""
    import psutil
    from PySide6.QtWidgets import QApplication

    from desktop.look.look import Look
    from desktop.operations import Operations
    from desktop.shell.state import State
    from desktop.views.library import LibraryView
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    library = Library.open(folder, work=False)
    ops, bridge = Operations(library), Bridge(library.subscribe)
    window = Window(Look(app, "light"), State(folder / "window.ini"))
    window.resize(1920, 1080)
    window.show()
    window.attach(ops, bridge)
    turns = asyncio.ensure_future(_turns())
    while window.current is None:
        await asyncio.sleep(0.01)
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    while not view.grid.plan.count:
        await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    opening, LONGEST[0] = LONGEST[0], 0.0
    bar, times = view.grid.verticalScrollBar(), []
    for step in range(STEPS):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * step // STEPS)
        view.grid.viewport().repaint()
        times.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.005)
    turns.cancel()
    found = {
        "p50": statistics.median(times),
        "p95": sorted(times)[int(len(times) * 0.95)],
        "most": max(times),
        "turn": LONGEST[0] * 1e3,
        "opening": opening * 1e3,
        "rss": psutil.Process().memory_info().rss / 1e6,
    }
    bridge.close()
    window.release()
    await ops.close()
    library.close()
    window.close()
    return found


LONGEST = [0.0]


async def _turns() -> None:
    """Note the longest time between two turns of the loop, less the pause that was asked for."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        LONGEST[0] = max(LONGEST[0], time.perf_counter() - began - 0.001)


def main() -> int:
    """Look at one library and print what was measured."""
    import qasync

    from desktop.app import application, spare_memory

    spare_memory()  # as the program does
    app = application()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        print(json.dumps(loop.run_until_complete(_look(Path(sys.argv[1])))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
