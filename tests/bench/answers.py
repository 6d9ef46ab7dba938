"""How the window answers during an import into a library of a million: the watchdog counts, and names the culprits."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import row
from tests.bench.window import _fill, _offscreen

PICTURES = 400  # of the import
STEPS = 300  # of scrolling, while it goes on
VIEWS = ("jobs", "people", "packs", "health", "settings", "library")


def run(quick: bool) -> list[dict[str, Any]]:
    """P8 during an import."""
    size = 20_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        _fill(room / "library", size)
        _spare(room / "library")
        _draw(room / "in", 60 if quick else PICTURES)
        command = [sys.executable, "-m", "tests.bench.answers", str(room)]
        done = subprocess.run(command, capture_output=True, text=True, env=_offscreen(), check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    for turn in found["turns"]:
        print("   ", turn, file=sys.stderr)
    at, frame = f"during an import at {size:,} assets", "a frame: 16 ms"
    share = found["over_cpu"][0] / max(1, found["pulses"])
    shown = (
        f"{found['over'][0]} of {found['pulses']:,} looks waited longer (all threads and processes share 2 cores); "
        f"{found['over_cpu'][0]} by work of the window's own thread, longest {found['longest_cpu']:.0f} ms"
    )
    return [
        row("P8", f"turns over a frame {at}", shown, frame, round(share, 4), "0"),
        row("P8", f"memory {at}", f"{found['rss']:.0f} MB", "400 MB", round(found["rss"] / 400, 2), "<= 1"),
    ]


def _spare(folder: Path) -> None:
    """The million have nothing to read: else the queue would fill with files that are not there."""
    from engine.library import Library

    with Library.open(folder, work=False) as library:

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE asset SET error_code = 'bench'")

        library.database.write(work)
        library.set("jobs.workers", 1)


def _draw(folder: Path, count: int) -> None:
    from PIL import Image

    folder.mkdir()
    for number in range(count):
        image = Image.effect_mandelbrot((1600, 1200), (-2 + number / count, -1.5, 1, 1.5), 60)
        image.save(folder / f"new{number:04}.jpg", quality=85)


async def _look(room: Path) -> dict[str, Any]:
    """Import, scroll and go through the views at the same time."""
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
    library = await asyncio.to_thread(Library.open, room / "library")
    ops, bridge = Operations(library), Bridge(library.subscribe)
    window = Window(Look(app, "light"), State(room / "window.ini"))
    window.resize(1920, 1080)
    window.show()
    window.attach(ops, bridge)
    while window.current is None:
        await asyncio.sleep(0.01)
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    while not view.grid.plan.count:
        await asyncio.sleep(0.01)
    watchdog = ops.watchdog
    assert watchdog is not None
    watchdog.looked_at = True
    await asyncio.sleep(3)
    watchdog.forget()
    window.add([room / "in"])
    bar, began = view.grid.verticalScrollBar(), time.monotonic()
    for step in range(STEPS):
        bar.setValue(bar.maximum() * step // STEPS)
        if step % 50 == 49:
            window.show_view(VIEWS[step // 50 % len(VIEWS)])
            await asyncio.sleep(1)
            window.show_view("library")
            watchdog.looked_at = True
        await asyncio.sleep(0.02)
    while (ops.tasks.all() or library.queue().waiting) and time.monotonic() - began < 120:
        await asyncio.sleep(0.5)
    answers = watchdog.answers()
    found = {
        "pulses": answers.pulses,
        "over": answers.over,
        "over_cpu": answers.over_cpu,
        "longest": answers.longest * 1e3,
        "longest_cpu": answers.longest_cpu * 1e3,
        "rss": psutil.Process().memory_info().rss / 1e6,
        "read": library.queue().done,
        "turns": [
            f"{turn.wall * 1e3:.0f} ms, {turn.cpu * 1e3:.0f} at work, {turn.doing}: {' < '.join(turn.where[:3])}"
            for turn in answers.turns
            if turn.cpu > 0.012
        ],
    }
    bridge.close()
    window.release()
    await ops.close()
    await asyncio.to_thread(library.close)
    window.close()
    return found


def main() -> int:
    """Look at one library and print what was measured."""
    import qasync

    from desktop.app import application

    app = application()
    sys.setswitchinterval(0.001)  # as the program does
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        print(json.dumps(loop.run_until_complete(_look(Path(sys.argv[1])))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
