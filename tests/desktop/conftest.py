"""Fixtures of the window: a library in memory, and a window that is closed without anything left behind."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.shell.state import State
from desktop.views.library import LibraryView
from desktop.window import Window
from desktop.workers.bridge import Bridge
from tests.desktop import turns
from tests.desktop.standin import Standin

Story = Coroutine[Any, Any, None]


async def until(done: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[qasync.QEventLoop]:
    qapp.setQuitOnLastWindowClosed(False)
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Look]:
    made = Look(qapp, "light")
    yield made
    made.deleteLater()
    QApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete)  # no later test speaks to it


class Desk:
    """A window on a stand-in library."""

    def __init__(self, loop: qasync.QEventLoop, look: Look, folder: Path, name: str = "") -> None:
        self.loop, self.look, self.folder, self.name = loop, look, folder, name
        self.library = Standin(folder)
        self.window: Window
        self.ops: Operations

    def run(self, story: Callable[[], Story], *, size: tuple[int, int] = (1100, 720), view: str = "library") -> None:
        """Open the window, live through the story, close the window, and look for what was left."""
        self.loop.run_until_complete(self._live(story, size, view))

    async def _live(self, story: Callable[[], Story], size: tuple[int, int], view: str) -> None:
        self.window = window = Window(self.look, State(self.folder / "window.ini"))
        window.resize(*size)
        self.ops = Operations(self.library)  # type: ignore[arg-type]
        bridge = Bridge(self.library.subscribe)
        failures: list[str] = []
        self.ops.failed.connect(lambda text, hint: failures.append(text))
        window.show()
        window.attach(self.ops, bridge)
        turns.watch(self.ops)
        try:
            if view:
                await until(lambda: window.current is not None)
                window.show_view(view)
            await story()
        finally:
            turns.note(self.ops, self.name)
            window.save()
            bridge.close()
            window.release()
            await self.ops.close()
            window.close()
        active = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
        window.deleteLater()
        await asyncio.sleep(0)
        assert not active, "timers run after the window was closed"
        assert "Something went wrong." not in failures, "a bug reached the window"

    @property
    def view(self) -> LibraryView:
        view = self.window.view("library")
        assert isinstance(view, LibraryView)
        return view

    async def listed(self) -> LibraryView:
        """The library view when its first list has come."""
        await until(lambda: self.view.bar.count and self.view.grid.plan.count == len(self.view.grid.cells.ids))
        return self.view


@pytest.fixture
def desk(loop: qasync.QEventLoop, look: Look, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(loop, look, tmp_path, request.node.name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """With KINORA_TURNS=1: the longest turns of the UI thread, by view."""
    if turns.ASKED:
        terminalreporter.section("turns of the UI thread")
        for line in turns.told():
            terminalreporter.write_line(line)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small JPEG: left half red, right half blue."""
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    for x in range(200, 400):
        for y in range(0, 300, 300):
            image.setPixelColor(x, y, QColor("blue"))
    path = tmp_path / "picture.jpg"
    assert image.save(str(path), "JPG")
    return path
