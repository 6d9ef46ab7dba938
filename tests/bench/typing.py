"""Search as you type: from a key to the first results on the screen, in the real window on a large library.

Run it with `python -m tests.bench.typing FOLDER ASSETS` (a library that is there already is used again); `make bench`
runs it in a process of its own. Words of the
synthetic library of `tests.bench.search` (ten moments an asset) are typed at about eight keys a second; a key counts
from the moment it is pressed until the grid was painted with the cells of its answer. Keys whose answer was overtaken
by that of a later key are not waited for; an answer of an earlier key after that of a later one is counted as wrong.
"""

import asyncio
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import row

PAUSE = 0.12  # seconds between two keys
WORDS = 24


def run(quick: bool) -> list[dict[str, Any]]:
    """P6b."""
    assets = 2_000 if quick else 100_000
    with tempfile.TemporaryDirectory(prefix="kinora-bench-") as name:
        command = [sys.executable, "-m", "tests.bench.typing", name, str(assets)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    at = f"with {assets:,} assets, {assets * 10:,} moments"
    ours = f"p50 {found['p50']:.0f}, p95 {found['p95']:.0f}, longest {found['most']:.0f} ms"
    turn = f"{found['turn']:.1f} ms" if found["over"] else "no turn over a frame"
    part: float | str = round(found["turn"] / 16, 2) if found["over"] else "<= 1"
    what = f"a key to the first results painted {at} ({found['count']} keys)"
    return [
        row("P6", what, ours, "100 ms", round(found["p95"] / 100, 2), "p95 <= 1"),
        row("P6", f"answers that came after a newer one {at}", str(found["wrong"]), "0", "-", "0"),
        row("P6", f"longest turn (CPU) while typing {at}", turn, "a frame: 16 ms", part, "<= 1"),
    ]


async def _look(folder: Path, assets: int) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    from desktop.look.look import Look
    from desktop.operations import Operations
    from desktop.shell.state import State
    from desktop.views.library import LibraryView
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library
    from tests.bench.search import PER_ASSET, VOCABULARY, build, vocabulary

    if (folder / "library" / "kinora.db").exists():
        names = vocabulary(VOCABULARY, random.Random(7))
    else:
        (folder / "library").mkdir()
        database, names = build(folder / "library", assets * PER_ASSET)
        database.close()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    library = Library.open(folder / "library", work=False)
    ops, bridge = Operations(library), Bridge(library.subscribe)
    window = Window(Look(app, "light"), State(folder / "window.ini"))
    window.resize(1280, 720)
    window.show()
    window.attach(ops, bridge)
    while window.current is None:
        await asyncio.sleep(0.01)
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    while not view.grid.plan.count:
        await asyncio.sleep(0.01)
    await asyncio.sleep(1.0)
    pressed: dict[str, float] = {}
    took: list[float] = []
    order: list[str] = []
    seen: list[int] = []  # the numbers of the keys, in the order of their answers
    numbers: dict[str, int] = {}

    def painted() -> None:
        text = view.seeker.text
        first = view.grid.cell_at(0) if view.grid.plan.count else None
        if text in pressed and order[-1:] == [text] and (first is not None or not view.grid.plan.count):
            took.append((time.perf_counter() - pressed.pop(text)) * 1e3)

    def listed(found: Any) -> None:
        order.append(found.text)
        seen.append(numbers.get(found.text, 0))
        if not len(found.listing.ids):
            pressed.pop(found.text, None)  # nothing is painted into the grid: another page shows

    view.seeker.listed.connect(listed)
    paint = view.grid.paintEvent

    def noted(event: Any) -> None:
        paint(event)
        painted()

    view.grid.paintEvent = noted  # type: ignore[method-assign]
    watchdog = ops.watchdog  # looks now and then: a loop that spins would take the processor from the search
    assert watchdog is not None
    watchdog.looked_at = True
    watchdog.forget()
    count = await _type(
        view.bar.box, [*names[40 : 40 + WORDS // 2], *names[2000 : 2000 + WORDS // 2]], pressed, numbers
    )
    assert count >= len(took)
    wrong = sum(later < earlier for earlier, later in itertools.pairwise(one for one in seen if one))
    found = {
        "p50": statistics.median(took), "p95": sorted(took)[int(len(took) * 0.95)], "most": max(took),
        "count": len(took), "wrong": wrong,
        "turn": watchdog.answers().longest_cpu * 1e3, "over": watchdog.answers().over_cpu[0],
    }  # fmt: skip
    bridge.close()
    window.release()
    await ops.close()
    library.close()
    window.close()
    return found


async def _type(box: Any, words: list[str], pressed: dict[str, float], numbers: dict[str, int]) -> int:
    """Type these words; note when each key was pressed and its number. How many keys there were."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    count = 0
    box.setFocus()
    for word in words:
        box.clear()
        await asyncio.sleep(0.4)
        for letter in word[:6]:
            text = box.text() + letter
            count += 1
            pressed[text], numbers[text] = time.perf_counter(), count
            QTest.keyClick(box, Qt.Key(ord(letter.upper())))
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(0.3)
    return count


def main() -> int:
    """Type into the window of one library and print what was measured."""
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
