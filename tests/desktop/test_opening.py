"""Opening and leafing: a picture at once, never an empty or a wrong one, never sharp before it is blurred."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.registry import VIEWS
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.photo import PhotoStage
from desktop.views.viewer import ViewerView
from desktop.workers.portraits import Portraits
from desktop.workers.previews import Want
from engine.model import Kind
from tests.desktop.conftest import Desk, until

COLOURS = ("red", "lime", "blue", "yellow", "magenta", "cyan")


class Frame:
    """What one paint of the canvas showed."""

    def __init__(self, canvas: Canvas) -> None:
        self.empty = canvas.empty
        self.area = QRectF(canvas.area())
        self.side = canvas.side
        self.veil = canvas.veil


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """Every paint of every canvas."""
    seen: list[Frame] = []
    plain = Canvas.paintEvent

    def painted(canvas: Canvas, event: Any) -> None:
        seen.append(Frame(canvas))
        plain(canvas, event)

    monkeypatch.setattr(Canvas, "paintEvent", painted)
    return seen


def furnish(desk: Desk, *, findings: float = 0.2, large: float = 0.1) -> None:
    """Photos in plain colours with small previews; what is found and the large pictures take their time."""
    folder = desk.folder
    library: Any = desk.library
    for number in range(1, 7):
        for name, side in (("small", 384), ("large", 2048)):
            image = QImage(side, side * 3 // 4, QImage.Format.Format_RGB32)
            image.fill(QColor(COLOURS[number - 1]))
            image.save(str(folder / f"{name}-{number}.jpg"), "JPG", 95)
        desk.library.changes.setdefault(number, {}).update(kind=Kind.PHOTO, width=4000, height=3000)
    desk.library.pictures = {number: folder / f"small-{number}.jpg" for number in range(1, 7)}
    plain = library.findings

    def slowly(number: int, kinds: Any = None) -> Any:
        time.sleep(findings)
        return plain(number, kinds)

    def drawn(number: int, *, side: int, page: int | None = None, time: float | None = None) -> Path:
        _rest(large)
        return folder / f"large-{number}.jpg"

    library.findings = slowly
    library.render = drawn


def _rest(seconds: float) -> None:
    time.sleep(seconds)


async def opened(desk: Desk, row: int = 0) -> ViewerView:
    """Press Enter in the grid and wait for the viewer."""
    library = await desk.listed()
    library.grid.select_row(row)
    QTest.keyClick(library.grid, Qt.Key.Key_Return)
    await until(lambda: desk.window.current is not None and desk.window.current.id == "viewer")
    view = desk.window.view("viewer")
    assert isinstance(view, ViewerView)
    await ready(desk)
    return view


async def ready(desk: Desk) -> None:
    """Wait until the window takes keys."""
    desk.window.activateWindow()
    await until(lambda: desk.window.isActiveWindow())


def colour(desk: Desk, view: ViewerView) -> str:
    """The colour in the middle of the picture, as the window shows it."""
    assert isinstance(view.stage, PhotoStage)
    canvas = view.stage.canvas
    point = canvas.mapTo(desk.window, canvas.rect().center())
    seen = desk.window.grab().toImage().pixelColor(point)
    near = {name: abs(seen.hue() - QColor(name).hue()) for name in COLOURS}
    return min(near, key=lambda name: near[name]) if seen.saturation() > 100 else "none"


def test_the_first_frame_has_the_picture_and_it_stays_in_its_place(desk: Desk, frames: list[Frame]) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk)
        assert colour(desk, view) == "red"
        assert view.subject is None  # what is found is still being read
        assert isinstance(view.stage, PhotoStage)
        await until(lambda: view.stage.canvas.side == 2048 and view.subject is not None)  # type: ignore[union-attr]
        assert colour(desk, view) == "red"
        shown = [frame for frame in frames if frame.side]
        assert {frame.side for frame in shown} == {384, 2048}
        assert not any(frame.empty for frame in frames)
        assert len({(frame.area.x(), frame.area.y(), frame.area.width()) for frame in shown}) == 1

    desk.run(story)


def test_the_library_stays_until_there_is_something_to_see(desk: Desk) -> None:
    furnish(desk)
    library: Any = desk.library
    plain = library.preview

    def slowly(number: int) -> Any:
        _rest(0.05)
        return plain(number)

    library.preview = slowly

    async def story() -> None:
        view = await desk.listed()
        await until(lambda: view.grid.cell_at(0) is not None)
        desk.window.open_asset(view.grid.cells.ids, 0, "")
        assert desk.window.current is view
        await until(lambda: desk.window.current is not view)
        viewer = desk.window.view("viewer")
        assert isinstance(viewer, ViewerView)
        assert viewer.stage is not None
        assert colour(desk, viewer) == "red"

    desk.run(story)


def test_leafing_never_shows_an_empty_or_a_shifted_picture(desk: Desk, frames: list[Frame]) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk)
        await ready(desk)
        assert isinstance(view.stage, PhotoStage)
        canvas = view.stage.canvas
        seen = [colour(desk, view)]
        for wanted in ("lime", "blue", "yellow"):
            QTest.keyClick(view, Qt.Key.Key_PageDown)
            await until(lambda wanted=wanted: colour(desk, view) == wanted)
            seen.append(colour(desk, view))
        QTest.keyClick(view, Qt.Key.Key_PageUp)
        assert colour(desk, view) == "blue"  # kept: in the same turn of the loop
        await until(lambda: canvas.side == 2048)
        assert seen == ["red", "lime", "blue", "yellow"]
        assert not any(frame.empty for frame in frames)
        assert len({(frame.area.x(), frame.area.y(), frame.area.width()) for frame in frames}) == 1

    desk.run(story)


def test_the_neighbours_are_ready_and_sharp(desk: Desk) -> None:
    furnish(desk, findings=0.0, large=0.0)

    async def story() -> None:
        view = await opened(desk, 1)
        near = view.showing.nearby
        await until(lambda: near.sharp(3) is not None and near.sharp(1) is not None)
        await ready(desk)
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        assert isinstance(view.stage, PhotoStage)
        assert view.stage.canvas.side == 2048  # at once
        QTest.keyClick(view, Qt.Key.Key_Escape)
        assert near.sharp(3) is None  # the memory is given back

    desk.run(story)


def test_an_unsafe_picture_is_never_painted_sharp(desk: Desk, frames: list[Frame]) -> None:
    furnish(desk)
    for number in (1, 3):
        desk.library.changes[number]["safety"] = "explicit"

    async def story() -> None:
        library = await desk.listed()
        await until(lambda: library.grid.cell_at(0) is not None)
        desk.window.open_asset(library.grid.cells.ids, 0, "")
        viewer = desk.window.view("viewer")
        assert isinstance(viewer, ViewerView)
        await until(lambda: desk.window.current is viewer and viewer.subject is not None)
        await ready(desk)
        assert frames
        assert all(frame.veil for frame in frames)
        frames.clear()
        QTest.keyClick(viewer, Qt.Key.Key_PageDown)
        await until(lambda: viewer.subject is not None and viewer.asset == 2 and bool(frames))
        assert colour(desk, viewer) == "lime"
        frames.clear()
        QTest.keyClick(viewer, Qt.Key.Key_PageDown)
        await until(lambda: viewer.subject is not None and viewer.asset == 3)
        await until(lambda: any(frame.veil for frame in frames))
        first = next(index for index, frame in enumerate(frames) if frame.veil)
        assert all(frame.veil for frame in frames[first:])
        assert viewer.shade.isVisible()
        viewer.unveil()
        await until(lambda: not frames[-1].veil)
        assert not viewer.shade.isVisible()
        assert not desk.look.veil.hides(3, "explicit")  # the grid shows it too
        assert desk.look.veil.hides(1, "explicit")
        desk.look.veil.lift()
        assert not desk.look.veil.hides(1, "explicit")
        desk.look.veil.lift(False)
        assert desk.look.veil.hides(3, "explicit")
        await until(lambda: viewer.shade.isVisible())

    desk.run(story)


def test_before_the_settings_are_known_the_strictest_level_holds(desk: Desk) -> None:
    assert desk.look.veil.hides(1, "suggestive")
    desk.library.given = {"look.blur": "never"}

    async def story() -> None:
        await until(lambda: not desk.look.veil.hides(1, "explicit"))

    desk.run(story)


def test_zooming_in_is_not_undone_when_what_is_found_comes(desk: Desk) -> None:
    furnish(desk, findings=0.4)

    async def story() -> None:
        view = await opened(desk)
        assert isinstance(view.stage, PhotoStage)
        canvas = view.stage.canvas
        canvas.setFocus()
        await ready(desk)
        QTest.keyClick(view, Qt.Key.Key_1)
        await until(lambda: canvas.scale == pytest.approx(1.0))
        assert view.subject is None
        await until(lambda: view.subject is not None)
        await asyncio.sleep(0.05)
        assert canvas.scale == pytest.approx(1.0)

    desk.run(story)


class Windows(QObject):
    """Notes every widget that shows up as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(f"{watched!r} {watched.objectName()}")
        return False


def test_nothing_flashes_up_as_a_window_of_its_own(desk: Desk, qapp: QApplication) -> None:
    furnish(desk, findings=0.0, large=0.0)
    windows = Windows()

    async def story() -> None:
        await desk.listed()
        qapp.installEventFilter(windows)
        try:
            for entry in VIEWS:
                desk.window.show_view(entry.id)
                await asyncio.sleep(0.02)
            desk.window.open_asset([1, 2, 3], 0, "")
            await until(lambda: desk.window.current is desk.window.view("viewer"))
            desk.window.compare([1, 2])
            await asyncio.sleep(0.05)
        finally:
            qapp.removeEventFilter(windows)
        assert not windows.seen

    desk.run(story)


def test_faces_of_unsafe_pictures_are_blurred_until_asked_for(desk: Desk, picture: Path) -> None:
    detailed = QImage(160, 160, QImage.Format.Format_RGB32)
    for x in range(160):
        for y in range(160):
            detailed.setPixelColor(x, y, QColor("black" if (x // 8 + y // 8) % 2 else "white"))
    path = desk.folder / "face.png"
    detailed.save(str(path))
    level = {"now": "explicit"}
    portraits = Portraits(lambda _n: path, lambda n: (n, level["now"]), desk.look.veil.hides, desk.look)
    want = Want(7, 160, 160)

    def contrast() -> int:
        image = portraits.get(want)
        assert image is not None
        values = [image.pixelColor(x, 80).lightness() for x in range(20, 140)]
        return max(values) - min(values)

    async def story() -> None:
        portraits.want([want])
        await until(lambda: portraits.get(want) is not None)
        assert contrast() < 60
        desk.look.veil.lift()
        portraits.renew()
        assert portraits.get(want) is None
        portraits.want([want])
        await until(lambda: portraits.get(want) is not None)
        assert contrast() > 200
        portraits.close()

    desk.run(story)
