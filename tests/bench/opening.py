"""The viewer: from the key to the first painted picture, when it is opened and when it goes on to the next."""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.rows import row

TIMES = 15
LIMIT = 100.0  # milliseconds


def run(quick: bool) -> list[dict[str, Any]]:
    """P9."""
    with tempfile.TemporaryDirectory(prefix="kinora-opening-") as name:
        command = [sys.executable, "-m", "tests.bench.opening", name, str(5 if quick else TIMES)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rows = []
    for what in ("the first time", "again", "the next", "back"):
        times = found[what]
        middle, most = statistics.median(times), max(times)
        shown = f"p50 {middle:.0f}, longest {most:.0f} ms"
        rows.append(row("P9", f"key to painted picture, {what}", shown, "100 ms", round(most / LIMIT, 2), "<= 1"))
    return rows


def _library(folder: Path, photos: int) -> Path:
    """A library of large photos that were read, with their previews."""
    from PySide6.QtGui import QImage

    from engine.library import Library

    originals = folder / "photos"
    originals.mkdir()
    for number in range(photos):
        image = QImage(4000 + number, 3000, QImage.Format.Format_RGB32)
        for band in range(0, 3000, 100):
            image.fill((number * 9176 + band * 131) & 0xFFFFFF | 0xFF000000)
        image.save(str(originals / f"{number:03}.jpg"), "JPG", 85)
    with Library.open(folder / "library") as library:
        for _ in library.add([originals], watch=False):
            pass
        library.wait_idle(300)
    return folder / "library"


class Clock:
    """Notes when a picture is painted that was not the last one painted when it was wound up."""

    def __init__(self) -> None:
        from desktop.views.parts.canvas import Canvas

        self.began = 0.0
        self.took: float | None = None
        self._last: object = None
        plain = Canvas.paintEvent

        def painted(canvas: Any, event: Any) -> None:
            plain(canvas, event)
            if canvas.picture is None:
                return
            if self.took is None and canvas.picture is not self._last:
                self.took = (time.perf_counter() - self.began) * 1e3
            self._last = canvas.picture

        Canvas.paintEvent = painted  # type: ignore[method-assign]

    async def of(self, act: Callable[[], object]) -> float:
        """Milliseconds from the act to the picture."""
        self.took, self.began = None, time.perf_counter()
        act()
        deadline = time.monotonic() + 20
        while self.took is None and time.monotonic() < deadline:
            await asyncio.sleep(0)
        if self.took is None:
            raise RuntimeError("no picture was painted")
        return self.took


async def measure(path: Path, times: int) -> dict[str, list[float]]:
    """Open, go on, go back, in the real window."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
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
    library = Library.open(path)
    ops, bridge = Operations(library), Bridge(library.subscribe)
    window = Window(Look(app, "light"), State(path / "window.ini"))
    window.resize(1280, 820)
    window.show()
    window.attach(ops, bridge)
    while window.current is None:
        await asyncio.sleep(0.01)
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    while not view.grid.plan.count:
        await asyncio.sleep(0.01)
    await asyncio.sleep(2)
    clock = Clock()
    found: dict[str, list[float]] = {"the first time": [], "again": [], "the next": [], "back": []}
    for number in range(times):
        window.show_view("library")
        view.grid.select_row(number)
        await asyncio.sleep(0.3)
        took = await clock.of(lambda: QTest.keyClick(view.grid, Qt.Key.Key_Return))
        found["again" if number else "the first time"].append(took)
        await asyncio.sleep(0.5)
    viewer = window.view("viewer")
    window.activateWindow()
    viewer.setFocus()
    await asyncio.sleep(0.3)
    for name, key in (("back", Qt.Key.Key_PageUp), ("the next", Qt.Key.Key_PageDown)):
        for _ in range(times - 1):
            found[name].append(await clock.of(lambda key=key: QTest.keyClick(viewer, key)))
            await asyncio.sleep(0.4)
    bridge.close()
    window.release()
    await ops.close()
    library.close()
    window.close()
    return found


def main() -> int:
    """Print what was measured: in a folder (a library in it is used as it is), so many times."""
    import qasync

    from desktop.app import application

    folder, times = Path(sys.argv[1]), int(sys.argv[2])
    app = application()
    path = folder if (folder / "kinora.db").exists() else _library(folder, times + 4)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        sys.stdout.write(json.dumps(loop.run_until_complete(measure(path, times))) + "\n")
    shutil.rmtree(folder / "photos", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
