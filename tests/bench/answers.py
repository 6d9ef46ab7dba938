"""The window during an import into a library of a million: how it answers, and how much memory it takes at most."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import row
from tests.bench.window import _fill, _offscreen

PICTURES = 400  # of the import
STEPS = 300  # of scrolling, while it goes on
VIEWS = ("jobs", "people", "packs", "health", "settings", "map", "duplicates", "library")
EVERY = 0.01  # seconds between two looks at the memory


class Scale(threading.Thread):
    """Weighs this process all the time: the most that it held in each phase, resident, shared libraries included."""

    def __init__(self) -> None:
        super().__init__(name="scale", daemon=True)
        self.phase = "open"
        self.most: dict[str, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        import psutil

        process = psutil.Process()
        while not self._ended.wait(EVERY):
            held = process.memory_info().rss / 1e6
            self.most[self.phase] = max(held, self.most.get(self.phase, 0.0))

    def close(self) -> None:
        """Stop weighing."""
        self._ended.set()
        self.join()


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
    phases = (
        ("open", f"most memory until {size:,} assets are listed"),
        ("views", "most memory while the views are opened for the first time"),
        ("scroll", "most memory while they are scrolled"),
        ("import", f"most memory {at}, scrolling and going through the views"),
        ("words", "most memory there while words are searched for that stand in all names"),
        ("viewer", "most memory there while the new pictures are looked at"),
    )
    return [
        row("P8", f"turns over a frame {at}", shown, frame, round(share, 4), "0"),
        *(
            row("P8", what, f"{found['most'][phase]:.0f} MB", "400 MB", round(found["most"][phase] / 400, 2), "<= 1")
            for phase, what in phases
        ),
    ]


def _spare(folder: Path) -> None:
    """The million have nothing to read: else the queue would fill with files that are not there.

    Their names are indexed, as an import does it: a search may find all of them.
    """
    from engine.library import Library
    from engine.store import findings

    with Library.open(folder, work=False) as library:

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE asset SET error_code = 'bench'")
            for number, name in connection.execute("SELECT id, name FROM asset").fetchall():
                findings.set_whole(connection, number, [("name", name)])

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
    from PySide6.QtWidgets import QApplication

    from desktop.ahead import load_first, load_rest
    from desktop.look.look import Look
    from desktop.operations import Operations
    from desktop.shell.state import State
    from desktop.views.library import LibraryView
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    scale = Scale()
    scale.start()
    first = asyncio.ensure_future(load_first())
    library = await asyncio.to_thread(Library.open, room / "library")
    await first
    rest = asyncio.ensure_future(load_rest())
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
    await rest
    await asyncio.sleep(3)
    scale.phase = "views"
    for name in VIEWS:
        window.show_view(name)
        await asyncio.sleep(1)
    scale.phase = "scroll"
    await _scroll(view)
    scale.phase = "import"
    watchdog.looked_at = True
    watchdog.forget()
    window.add([room / "in"])
    began = time.monotonic()
    await _go_round(window, view)
    scale.phase = "words"
    await _search(view)
    scale.phase = "viewer"
    await _see(window, view)
    while (ops.tasks.all() or library.queue().waiting) and time.monotonic() - began < 120:
        await asyncio.sleep(0.5)
    scale.close()
    found = {**_told(watchdog.answers()), "most": scale.most, "read": library.queue().done}
    bridge.close()
    window.release()
    await ops.close()
    await asyncio.to_thread(library.close)
    window.close()
    return found


def _told(answers: Any) -> dict[str, Any]:
    """What the watchdog saw."""
    return {
        "pulses": answers.pulses,
        "over": answers.over,
        "over_cpu": answers.over_cpu,
        "longest": answers.longest * 1e3,
        "longest_cpu": answers.longest_cpu * 1e3,
        "turns": [
            f"{turn.wall * 1e3:.0f} ms, {turn.cpu * 1e3:.0f} at work, {turn.doing}: {' < '.join(turn.where[:3])}"
            for turn in answers.turns
            if turn.cpu > 0.012
        ],
    }


async def _scroll(view: Any) -> None:
    bar = view.grid.verticalScrollBar()
    for step in range(STEPS):
        bar.setValue(bar.maximum() * step // STEPS)
        await asyncio.sleep(0.02)


async def _go_round(window: Any, view: Any) -> None:
    """From end to end of the grid and through the views."""
    bar, pause = view.grid.verticalScrollBar(), STEPS // len(VIEWS)
    for step in range(STEPS):
        bar.setValue(bar.maximum() * step // STEPS)
        if step % pause == pause - 1:
            window.show_view(VIEWS[step // pause % len(VIEWS)])
            await asyncio.sleep(1)
            window.show_view("library")
            window.ops.watchdog.looked_at = True
        await asyncio.sleep(0.02)


async def _search(view: Any) -> None:
    for text in ("img", "img jpg -0000007", ""):
        view.search(text)
        await asyncio.sleep(6)


async def _see(window: Any, view: Any) -> None:
    """The new pictures, in the grid and large."""
    bar = view.grid.verticalScrollBar()
    for place in range(0, 4000, 200):  # they stand in front
        bar.setValue(place)
        await asyncio.sleep(0.1)
    for at in range(8):
        window.open_asset(view.grid.cells.ids, at, "", None)
        await asyncio.sleep(0.5)
    window.show_view("library")


def main() -> int:
    """Look at one library and print what was measured."""
    import qasync

    from desktop.app import application, spare_memory
    from desktop.workers.collector import Collector

    spare_memory()  # this and what follows as the program does
    app = application()
    collector = Collector(app)
    sys.setswitchinterval(0.001)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        print(json.dumps(loop.run_until_complete(_look(Path(sys.argv[1])))))
    collector.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
