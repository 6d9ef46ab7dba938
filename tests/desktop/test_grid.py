"""The grid: a million assets, keys, mouse, headings, dragging files out."""

import asyncio
import itertools
from array import array
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag, QImage
from PySide6.QtTest import QTest

from desktop.look.grid.grid import Grid
from desktop.look.grid.scrubber import Scrubber
from engine.model import Listing
from tests.desktop.conftest import Desk, until

MILLION = 1_000_000


def _press(grid: Grid, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for one in modifiers:
        held |= one
    QTest.keyClick(grid, key, held)


def _click(grid: Grid, row: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifiers, grid.place_of(row).center())


def test_a_million_assets_scroll(desk: Desk) -> None:
    desk.library.count = MILLION
    desk.library.section = 5000

    async def story() -> None:
        view = await desk.listed()
        grid = view.grid
        await until(lambda: grid.cell_at(0) is not None)
        bar = grid.verticalScrollBar()
        for step in range(60):
            bar.setValue(bar.maximum() * step // 59)
            grid.viewport().repaint()
            await asyncio.sleep(0)
        last = MILLION - 1
        await until(lambda: grid.cell_at(last) is not None)
        _press(grid, Qt.Key.Key_End)
        assert grid.current == last
        grid.select_all()
        assert len(grid.selection) == MILLION
        _press(grid, Qt.Key.Key_Home)
        assert bar.value() == 0

    desk.run(story)


def test_only_what_shows_is_fetched(desk: Desk) -> None:
    desk.library.count = 100_000
    fetched: list[int] = []
    cells = desk.library.cells
    desk.library.cells = lambda ids: (fetched.extend(ids), cells(ids))[1]  # type: ignore[method-assign]

    async def story() -> None:
        view = await desk.listed()
        await until(lambda: view.grid.cell_at(0) is not None)
        await asyncio.sleep(0.2)
        assert len(fetched) < 600
        assert len(fetched) == len(set(fetched))

    desk.run(story)


def test_keys_move_and_select(desk: Desk) -> None:
    async def story() -> None:
        grid = (await desk.listed()).grid
        columns = grid.plan.columns
        grid.setFocus()
        shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
        _press(grid, Qt.Key.Key_Right)
        assert grid.current == 0
        _press(grid, Qt.Key.Key_Right)
        _press(grid, Qt.Key.Key_Down)
        assert grid.current == 1 + columns
        _press(grid, Qt.Key.Key_Down, shift)
        assert list(grid.selection) == list(range(1 + columns, 2 + 2 * columns))
        _press(grid, Qt.Key.Key_Right, control)
        _press(grid, Qt.Key.Key_Space, control)
        assert grid.current in grid.selection
        _press(grid, Qt.Key.Key_End)
        assert list(grid.selection) == [59]
        _press(grid, Qt.Key.Key_PageUp)
        assert grid.current < 59
        _press(grid, Qt.Key.Key_Escape)
        assert not len(grid.selection)
        _press(grid, Qt.Key.Key_A, control)
        assert len(grid.selection) == 60
        opened: list[int] = []
        grid.activated.disconnect()
        grid.activated.connect(opened.append)
        _press(grid, Qt.Key.Key_Return)
        _press(grid, Qt.Key.Key_Space)
        assert opened == [grid.current] * 2

    desk.run(story)


def test_the_mouse_selects(desk: Desk) -> None:
    async def story() -> None:
        grid = (await desk.listed()).grid
        _click(grid, 1)
        assert list(grid.selection) == [1]
        _click(grid, 3, Qt.KeyboardModifier.ShiftModifier)
        assert list(grid.selection) == [1, 2, 3]
        _click(grid, 2, Qt.KeyboardModifier.ControlModifier)
        assert list(grid.selection) == [1, 3]
        _click(grid, 3)
        assert list(grid.selection) == [3]
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 20))  # the heading
        assert len(grid.selection) == 60

    desk.run(story)


def test_the_rubber_band_selects(desk: Desk) -> None:
    async def story() -> None:
        grid = (await desk.listed()).grid
        first = grid.place_of(0)
        start = QPoint(4, first.top() + 5)
        end = grid.place_of(grid.plan.columns + 1).center()
        QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(grid.viewport(), end)
        grid.viewport().grab()
        QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=end)
        assert list(grid.selection) == [0, 1, grid.plan.columns, grid.plan.columns + 1]

    desk.run(story)


def test_files_are_dragged_out_as_copies(desk: Desk, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.library.pictures = {2: picture}
    dragged: list[tuple[list[str], Qt.DropAction]] = []

    def take(drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        dragged.append(([url.toLocalFile() for url in drag.mimeData().urls()], actions))
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", take)

    async def story() -> None:
        grid = (await desk.listed()).grid
        place = grid.place_of(1).center()
        QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
        await asyncio.sleep(0.1)
        QTest.mouseMove(grid.viewport(), place + QPoint(60, 10))
        assert dragged == [([str(picture)], Qt.DropAction.CopyAction)]
        QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)

    desk.run(story)


def test_zooming_keeps_the_place(desk: Desk) -> None:
    desk.library.count = 5000

    async def story() -> None:
        grid = (await desk.listed()).grid
        grid.verticalScrollBar().setValue(20_000)
        before, _ = grid._top()
        grid.set_cell(120)
        after, _ = grid._top()
        assert abs(after - before) <= grid.plan.columns
        assert grid.plan.columns > 5
        grid.set_cell(5000)
        assert grid.cell_side == 360

    desk.run(story)


def test_the_time_line_jumps(desk: Desk) -> None:
    desk.library.count = 20_000
    desk.library.section = 1000

    async def story() -> None:
        view = await desk.listed()
        scrubber = view.scrubber
        await until(scrubber.isVisible)
        assert isinstance(scrubber, Scrubber)
        assert [text for _, text in scrubber.labels()][:2] == ["2024", "2023"]
        QTest.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(20, scrubber.height() // 2))
        bar = view.grid.verticalScrollBar()
        assert 0.4 < bar.value() / bar.maximum() < 0.6
        await until(lambda: not view.grid.cells.busy)
        await asyncio.sleep(0.05)  # a move runs events by itself: no coroutine may begin in them
        QTest.mouseMove(scrubber, QPoint(20, 10))
        scrubber.grab()

    desk.run(story)


def test_the_time_line_shows_how_much_there_is_and_a_bubble_while_dragging(desk: Desk, picture: Path) -> None:
    desk.library.count = 20_000
    desk.library.section = 1000
    desk.library.pictures = dict.fromkeys(range(1, 20_001), picture)

    async def story() -> None:
        view = await desk.listed()
        scrubber = view.scrubber
        await until(scrubber.isVisible)
        bars = scrubber.bars()
        assert len(bars) == 20
        assert {length for *_, length in bars} == {1.0}
        assert all(one[0] + one[1] <= other[0] + 1 for one, other in itertools.pairwise(bars))
        years = scrubber.labels()
        assert all(other - one >= 18 for (one, _), (other, _) in itertools.pairwise(years))
        QTest.mousePress(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(20, scrubber.height() // 2))
        assert scrubber.bubble.isVisible()
        section = view.grid.plan.section_at(view.grid.verticalScrollBar().value())
        assert scrubber.bubble.title.text() in view.grid.plan.headings[section - 1 : section + 2]
        assert scrubber.bubble.count.text() == "1,000 items"
        await until(lambda: not scrubber.bubble._picture.pixmap().isNull())
        assert scrubber.bubble.geometry().right() < scrubber.mapTo(desk.window, QPoint(0, 0)).x()
        QTest.mouseRelease(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(20, scrubber.height() // 2))
        scrubber.grab()

    desk.run(story)


def test_the_keyboard_goes_by_months_and_years(desk: Desk) -> None:
    desk.library.count = 20_000
    desk.library.section = 1000

    async def story() -> None:
        view = await desk.listed()
        scrubber, grid = view.scrubber, view.grid
        await until(scrubber.isVisible)
        desk.window.activateWindow()
        scrubber.setFocus()

        def here() -> int:
            return grid.plan.section_at(grid.verticalScrollBar().value() + 1)

        QTest.keyClick(scrubber, Qt.Key.Key_Down)
        assert here() == 1
        assert scrubber.accessibleDescription() == f"{grid.plan.headings[1]}, 1,000 items"
        QTest.keyClick(scrubber, Qt.Key.Key_PageDown)
        assert here() == 4  # four months make a year here
        QTest.keyClick(scrubber, Qt.Key.Key_Down)
        QTest.keyClick(scrubber, Qt.Key.Key_PageUp)
        assert here() == 4
        QTest.keyClick(scrubber, Qt.Key.Key_PageUp)
        assert here() == 0
        QTest.keyClick(scrubber, Qt.Key.Key_End)
        assert here() >= 18
        QTest.keyClick(scrubber, Qt.Key.Key_Home)
        assert here() == 0
        assert scrubber.bubble.isVisible()
        grid.setFocus()
        await until(lambda: not scrubber.bubble.isVisible())

    desk.run(story)


def test_previews_are_drawn_and_blurred(desk: Desk, picture: Path) -> None:
    desk.library.pictures = dict.fromkeys(range(1, 7), picture)
    desk.library.changes = {1: {"safety": "explicit"}, 2: {"state": "failed", "error": "It is damaged."},
                            3: {"state": "waiting"}, 4: {"offline": True}, 5: {"name": "long " * 60}}  # fmt: skip

    async def story() -> None:
        view = await desk.listed()
        grid = view.grid
        await until(lambda: grid.previews.used > 0 and grid.cell_at(4) is not None)
        cell = grid.cell_at(0)
        assert cell is not None
        assert grid.blurred(cell)
        opened: list[object] = []
        view.open_asset.connect(lambda *given: opened.append(given))
        grid.select_row(0)
        _press(grid, Qt.Key.Key_Return)
        assert not grid.blurred(cell)  # the first time only shows it
        assert not opened
        desk.look.blur_from("never")
        assert not grid.blurred(cell)
        desk.look.blur_from("explicit")
        for size in (96, 180, 360):
            grid.set_cell(size)
            grid.grab()

    desk.run(story)


def test_an_empty_list_is_no_trouble(desk: Desk) -> None:
    async def story() -> None:
        grid = (await desk.listed()).grid
        grid.show_listing(Listing(array("q"), ()))
        grid.grab()
        for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_PageDown):
            _press(grid, key)
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
        assert grid.current == -1

    desk.run(story)


def test_scrolling_by_pixels_shows_what_a_full_paint_shows(desk: Desk, picture: Path) -> None:
    desk.library.section = 9
    desk.library.pictures = dict.fromkeys(range(1, 61), picture)

    async def story() -> None:
        grid = (await desk.listed()).grid
        bar = grid.verticalScrollBar()
        for value in (*range(0, bar.maximum() + 400, 400), 0):  # everything is at hand: no later repaint of the whole
            bar.setValue(value)
            await asyncio.sleep(0.15)
        for step in (7, 13, 40, -25, 90, 5, 5, 5, 60):
            bar.setValue(bar.value() + step)
            await asyncio.sleep(0.03)
        view = grid.viewport()
        shown = desk.window.screen().grabWindow(desk.window.winId()).toImage()
        place = view.mapTo(desk.window, QPoint(0, 0))
        shown = shown.copy(place.x(), place.y(), view.width(), view.height()).convertToFormat(
            QImage.Format.Format_RGB32
        )
        whole = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        assert shown.size() == whole.size()
        different = [
            (x, y)
            for x in range(0, view.width(), 3)
            for y in range(0, view.height(), 3)
            if shown.pixel(x, y) != whole.pixel(x, y)
        ]
        assert not different, f"{len(different)} points differ, first {different[0]}"

    desk.run(story)
