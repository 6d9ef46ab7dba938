"""The longest turn of the window's thread (its CPU time) while each view opens first, and while the theme changes.

Run it with `python -m tests.bench.turns FOLDER` on a library; `make bench` runs it in a process of its own.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.rows import row
from tests.bench.window import _fill, _offscreen

VIEWS = ("people", "map", "duplicates", "jobs", "packs", "health", "settings", "welcome", "compare", "viewer")


def run(quick: bool) -> list[dict[str, object]]:
    """P8: first openings."""
    size = 20_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        _fill(Path(name), size)
        command = [sys.executable, "-m", "tests.bench.turns", name]
        done = subprocess.run(command, capture_output=True, text=True, env=_offscreen(), check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return [
        row("P8", f"longest turn (CPU): {what}, at {size:,} assets", f"{took:.0f} ms", "a frame: 16 ms",
            round(took / 16, 2), "<= 1")
        for what, took in found.items()
    ]  # fmt: skip


async def _look(folder: Path) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    from desktop.ahead import load_first, load_rest
    from desktop.look.look import Look
    from desktop.operations import Operations
    from desktop.shell.state import State
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library
    from tests.bench.views import Watch

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look = Look(app, "light")
    window = Window(look, State(folder / "window.ini"))
    window.resize(1920, 1080)
    window.show()
    app.processEvents()
    watch = Watch()
    found: dict[str, float] = {}

    async def note(what: str, do: Callable[[], object], seconds: float = 0.7) -> None:
        watch.take()
        do()
        await asyncio.sleep(seconds)
        found[what] = watch.take()

    library = await asyncio.to_thread(Library.open, folder, work=False)
    await load_first()
    found["imports before the library shows"] = watch.take()
    ops, bridge = Operations(library), Bridge(library.subscribe)
    await note("the library view", lambda: window.attach(ops, bridge), 2.0)
    await load_rest()
    found["imports afterwards"] = watch.take()
    for name in VIEWS:
        await note(f"first opening of {name}", lambda name=name: window.show_view(name))
        window.show_view("library")
        await asyncio.sleep(0.3)
    await note("the palette of commands", window.open_palette)
    await note("the dark theme, every view built", lambda: look.choose("dark"), 1.5)
    await note("the light theme again", lambda: look.choose("light"), 1.5)
    watch.close()
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
