"""A new user's first hour: from an empty start to a named person, a search that is kept, and subtitles in a file.

With KINORA_TOUR=FOLDER the walk leaves a picture of every step there (docs/tour.md shows them).
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QInputDialog, QWidget

from desktop.views.library import LibraryView
from desktop.views.parts.about import SAID
from desktop.views.people import PeopleView
from desktop.views.viewer import ViewerView
from desktop.views.welcome import WelcomeView
from desktop.window import Window
from tests.bench.showcase import copied
from tests.desktop.conftest import until
from tests.end2end.test_window import loop, run
from tests.packs import real_packs

__all__ = ["loop"]
pytestmark = [pytest.mark.end2end, pytest.mark.slow]
READING = 240.0  # seconds that the workers may take for all of it
CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
WORDS = "your country"


class Album:
    """Takes a picture of each step when somebody wants them."""

    def __init__(self, window: Window) -> None:
        wanted = os.environ.get("KINORA_TOUR")
        self._window = window
        self._into = Path(wanted) if wanted else None

    async def take(self, name: str, *, messages: bool = False) -> None:
        if self._into is None:
            return
        await asyncio.sleep(2.5)  # pictures are drawn by workers
        if not messages:
            self._window.toasts.clear()
        self._into.mkdir(parents=True, exist_ok=True)
        self._window.grab().save(str(self._into / f"{name}.jpg"), "JPG", 84)


async def dialog_of(kind: type[QWidget]) -> QWidget:
    """The open dialog of a kind."""

    def open_ones() -> list[QWidget]:
        return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]

    await until(open_ones)
    return open_ones()[0]


def typed(text: str) -> None:
    """What somebody types where the keyboard is."""
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClicks(focus, text)


async def shortcut(window: Window, code: Qt.Key) -> None:
    """Ctrl and a key, in the window that is in front again after a dialog."""
    window.activateWindow()
    await until(window.isActiveWindow)
    QTest.keyClick(window, code, CONTROL)


def key(widget: QWidget, code: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(widget, code, modifiers)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


async def first_steps(window: Window, album: Album, home: Path) -> None:
    view = window.current
    assert isinstance(view, WelcomeView)
    assert view.step == 0
    click(view.folders.more)
    dialog = await dialog_of(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(home))
    dialog.selectFile(str(home / "Pictures"))
    dialog.accept()
    await until(lambda: home / "Pictures" in view.folders.paths())
    for path, line in view.folders.lines.items():
        line.box.setChecked(path == home / "Pictures")
    await until(lambda: "count" not in view.folders.lines[home / "Pictures"].holds.text(), 20)
    await album.take("1-folders")
    click(view.folders.start)
    await until(lambda: view.step == 1 and bool(view.senses.lines))
    await album.take("2-understanding")
    click(view.senses.later if view.senses.later.isVisible() else view.senses.go)
    await until(lambda: view.step == 2)
    assert window.ops is not None
    library = window.ops.library
    await until(lambda: len(library.listing().ids) >= 40, READING)
    await until(lambda: len(view.live.pictures) >= 6, READING)
    await album.take("3-it-works")
    QTest.keyClick(view, Qt.Key.Key_Return)
    await until(lambda: isinstance(window.current, LibraryView))
    await asyncio.to_thread(library.wait_idle, READING)
    await album.take("4-library")


async def name_somebody(window: Window, album: Album) -> None:
    assert window.ops is not None
    await asyncio.to_thread(window.ops.library.wait_idle, READING)
    await shortcut(window, Qt.Key.Key_2)
    await until(lambda: isinstance(window.current, PeopleView))
    view = window.current
    assert isinstance(view, PeopleView)
    await until(lambda: any(not one.named and one.faces > 1 for one in view.crowd.people), READING)
    someone = next(one for one in view.crowd.people if not one.named and one.faces > 1)
    view.crowd.tiles.setFocus()
    view.crowd.tiles.select_row(view.crowd.tiles.row_of(someone.id))
    key(view.crowd.tiles, Qt.Key.Key_F2)
    await until(lambda: view.crowd.naming.isVisible())
    view.crowd.naming.selectAll()
    QTest.keyClicks(view.crowd.naming, "Grace Hopper")
    await album.take("5-a-name")
    key(view.crowd.naming, Qt.Key.Key_Return)
    await until(lambda: any(one.name == "Grace Hopper" for one in view.crowd.people), 20)
    await album.take("6-named")


async def searched(window: Window, text: str, found: Callable[[LibraryView], bool]) -> LibraryView:
    await shortcut(window, Qt.Key.Key_F)
    view = window.current
    assert isinstance(view, LibraryView)
    view.bar.narrow.setChecked(True)
    await until(view.bar.box.hasFocus)
    view.bar.box.selectAll()
    key(view.bar.box, Qt.Key.Key_Delete)
    typed(text)
    await until(lambda: view.seeker.text == text and found(view), 20)
    return view


async def keep_a_search(window: Window, album: Album) -> None:
    view = await searched(window, "person:Grace", lambda view: len(view.grid.cells.ids) >= 2)
    key(view.bar.box, Qt.Key.Key_Down)
    await album.take("7-found")
    await shortcut(window, Qt.Key.Key_D)
    dialog = await dialog_of(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    dialog.setTextValue("Grace Hopper")
    dialog.accept()
    assert window.ops is not None
    library = window.ops.library
    await until(lambda: [one.query for one in library.searches.listing()] == ["person:Grace"])
    await until(lambda: view.narrow.find_saved("person:Grace") is not None)
    await album.take("8-kept")


async def take_subtitles(window: Window, album: Album, target: Path) -> None:
    view = await searched(window, WORDS, lambda view: bool(view.seeker.hits))
    key(view.bar.box, Qt.Key.Key_Down)
    await album.take("9-said")
    view.grid.setFocus()
    view.grid.select_row(0)
    key(view.grid, Qt.Key.Key_Return)
    await until(lambda: isinstance(window.current, ViewerView), 20)
    viewer = window.current
    assert isinstance(viewer, ViewerView)
    await until(lambda: viewer.subject is not None and bool(viewer.subject.senses.said), 20)
    viewer.about.tabs.setCurrentIndex(SAID)
    await album.take("10-transcript")
    click(viewer.about.said.export)
    dialog = await dialog_of(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(target.parent))
    dialog.selectFile(target.name)
    dialog.accept()
    await until(target.is_file)
    await album.take("11-subtitles", messages=True)


async def open_the_smart_album(window: Window, album: Album) -> None:
    view = await searched(window, "", lambda view: len(view.grid.cells.ids) > 10)
    kept = [view.narrow.kept.itemAt(index).widget() for index in range(view.narrow.kept.count())]
    smart = next(one for one in kept if isinstance(one, QAbstractButton) and "Grace" in one.accessibleName())
    click(smart)
    await until(lambda: view.seeker.text == "person:Grace" and 2 <= len(view.grid.cells.ids) < 10, 20)
    await album.take("12-smart-album")


def test_a_new_user_gets_from_nothing_to_names_kept_searches_and_subtitles(
    loop: qasync.QEventLoop,
    qapp: QApplication,
    media: Path,
    models: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_packs(models, tmp_path / "packs")))
    home = tmp_path / "Anna"
    if os.environ.get("KINORA_TOUR"):  # its path is read on the pictures
        home = Path(tempfile.mkdtemp(prefix="Anna-"))
        request.addfinalizer(partial(shutil.rmtree, home))
    copied(media, home / "Pictures")
    subtitles = home / "speech.srt"

    async def story(window: Window) -> None:
        window.resize(1280, 720)
        window.activateWindow()
        album = Album(window)
        await first_steps(window, album, home)
        await name_somebody(window, album)
        await keep_a_search(window, album)
        await take_subtitles(window, album, subtitles)
        await open_the_smart_album(window, album)

    run(loop, qapp, home / "Kinora", story)
    written = subtitles.read_text(encoding="utf-8")
    if os.environ.get("KINORA_TOUR"):
        shutil.copy2(subtitles, os.environ["KINORA_TOUR"])
    assert "country" in written
    assert "-->" in written
