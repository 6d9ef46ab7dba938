"""The main job as a user does it: drop a folder on the window, watch it being read, type, and land on the moment."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.app import live
from desktop.look.look import Look
from desktop.shell.state import State
from desktop.views.library import LibraryView
from desktop.views.viewer import ViewerView
from desktop.window import Window
from engine.cli.samples import LETTER, draw, pdf
from tests.desktop.conftest import until

pytestmark = pytest.mark.end2end
READING = 120.0  # seconds that the workers may take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The set that the program draws, with a letter of three pages whose key is on the third."""
    place = draw(tmp_path / "dropped")
    (place / "letter.pdf").write_bytes(pdf(("Dear Marta,",), ("Nothing here.",), LETTER[1:]))
    return place


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[qasync.QEventLoop]:
    qapp.setQuitOnLastWindowClosed(False)
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


def run(loop: qasync.QEventLoop, qapp: QApplication, library: Path, story: Callable[[Window], Any]) -> None:
    """Start the whole application on a library, live through the story, close it."""
    look = Look(qapp, "light")
    window = Window(look, State(library / "window.ini"))
    window.resize(1200, 800)
    window.show()

    async def both() -> None:
        living = asyncio.ensure_future(live(window, library))
        try:
            await until(lambda: window.ops is not None and window.current is not None, 20)
            await story(window)
            await until(lambda: window.ops is not None and not window.ops.tasks.all(), READING)  # or it asks first
        finally:
            window.close()
            await living

    loop.run_until_complete(both())
    window.deleteLater()
    look.deleteLater()
    qapp.processEvents()


def drop(window: Window, folder: Path) -> None:
    """Let a folder fall on the window as a file manager would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(400, 300), copy, data, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(400, 300), copy, data, left, none))


async def find(window: Window, words: str, name: str) -> ViewerView:
    """Type words, open the first match with the keyboard, and return the viewer when it shows that file."""
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    view.focus_search()
    QTest.keyClicks(view.bar.box, words)
    await until(lambda: view.seeker.text == words and view.seeker.hits, 20)
    await until(lambda: (cell := view.grid.cell_at(0)) is not None and cell.name == name, 20)
    QTest.keyClick(view.bar.box, Qt.Key.Key_Return)
    view.grid.setFocus()
    view.grid.go(0)
    QTest.keyClick(view.grid, Qt.Key.Key_Return)
    viewer = window.view("viewer")
    assert isinstance(viewer, ViewerView)
    await until(lambda: viewer.subject is not None and viewer.subject.row.cell.name == name, 20)
    return viewer


def test_a_dropped_folder_is_read_and_three_texts_are_found_at_their_moments(
    qapp: QApplication, loop: qasync.QEventLoop, folder: Path, tmp_path: Path
) -> None:
    async def story(window: Window) -> None:
        assert window.ops is not None
        library = window.ops.library
        drop(window, folder)
        await until(lambda: library.status()["assets"]["total"] == 9, READING)
        await until(lambda: library.wait_idle(0), READING)

        viewer = await find(window, "lighthouse", "poster.jpg")  # a text in a photo
        hit = viewer.subject.hits[0]  # type: ignore[union-attr]
        assert hit.moment.box is not None
        assert 0.15 < hit.moment.box.y < 0.4  # the first of the three lines

        viewer = await find(window, "mill", "village film.mp4")  # a text in a frame of a film
        stage = viewer.stage
        await until(lambda: 2.9 <= stage.player.position <= 6.1, 20)  # type: ignore[union-attr]

        viewer = await find(window, '"brass key"', "letter.pdf")  # a text on a page
        assert viewer.subject is not None
        assert viewer.subject.hits[0].moment.page == 3
        stage = viewer.stage
        await until(lambda: stage.pages.page == 3, 20)  # type: ignore[union-attr]

    run(loop, qapp, tmp_path / "library", story)


def test_the_same_window_again_has_everything_and_its_place(
    qapp: QApplication, loop: qasync.QEventLoop, folder: Path, tmp_path: Path
) -> None:
    async def first(window: Window) -> None:
        assert window.ops is not None
        drop(window, folder)
        await until(lambda: window.ops.library.status()["assets"]["total"] == 9, READING)  # type: ignore[union-attr]
        window.show_view("jobs")

    async def second(window: Window) -> None:
        assert window.ops is not None
        await until(lambda: window.current is not None and window.current.id == "jobs", 10)
        await until(lambda: window.ops.library.wait_idle(0), READING)  # type: ignore[union-attr]
        assert window.ops.library.queue().failed == 1

    run(loop, qapp, tmp_path / "library", first)
    run(loop, qapp, tmp_path / "library", second)
