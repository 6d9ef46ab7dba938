"""Comparing two to four files: side by side, linked, at one place, as a difference; choosing the best."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtTest import QTest

from desktop.views.compare import CompareView
from desktop.views.parts.contenders import Contenders
from desktop.views.parts.contrast import measured
from desktop.views.parts.difference import difference, share
from desktop.views.parts.picture import Picture, load
from desktop.views.viewer import ViewerView
from engine.model import Kind
from tests.desktop.conftest import Desk, until


def drawn(folder: Path, name: str, colour: str, spot: QPoint | None = None, size: tuple[int, int] = (400, 300)) -> Path:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    if spot is not None:
        painter = QPainter(image)
        painter.fillRect(spot.x(), spot.y(), 40, 30, QColor("white"))
        painter.end()
    path = folder / f"{name}.png"
    image.save(str(path))
    return path


def furnish(desk: Desk, count: int = 6) -> None:
    colours = ("red", "lime", "blue", "yellow", "magenta", "cyan")
    for number in range(1, count + 1):
        desk.library.pictures[number] = drawn(desk.folder, f"p{number}", colours[number - 1])
        desk.library.changes[number] = {"kind": Kind.PHOTO, "width": 4000 + number, "height": 3000, "rating": None}


async def opened(desk: Desk, *rows: int) -> CompareView:
    """Select rows in the grid and press C."""
    library = await desk.listed()
    desk.window.activateWindow()
    await until(lambda: desk.window.isActiveWindow())
    for number, row in enumerate(rows):
        library.grid.select_row(row, toggle=number > 0)
    library.grid.setFocus()
    QTest.keyClick(library.grid, Qt.Key.Key_C)
    view = desk.window.view("compare")
    assert isinstance(view, CompareView)
    await until(lambda: desk.window.current is view and view.panes[1:] and not view.panes[1].canvas.empty)
    return view


def shown(view: CompareView) -> list[int]:
    return list(view.contenders.shown)


def test_a_selection_is_looked_at_as_one_until_it_is_unlinked(desk: Desk) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk, 0, 1, 2)
        assert shown(view) == [1, 2, 3]
        assert [pane.isVisible() for pane in view.panes] == [True, True, True]
        first, second = view.panes[0].canvas, view.panes[1].canvas
        QTest.keyClick(view, Qt.Key.Key_Z)
        await until(lambda: first.scale == pytest.approx(1.0))
        assert second.lens.times == pytest.approx(first.lens.times, rel=0.01)
        first.pan(QPointF(-200, -100))
        assert second.lens.centre.x() == pytest.approx(first.lens.centre.x(), abs=0.01)
        QTest.keyClick(view, Qt.Key.Key_L)
        assert not view.aside.linked
        before = QPointF(second.lens.centre)
        first.pan(QPointF(300, 100))
        assert second.lens.centre == before
        QTest.keyClick(view, Qt.Key.Key_L)
        assert second.lens.centre.x() == pytest.approx(first.lens.centre.x(), abs=0.01)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        await until(lambda: desk.window.current is desk.view)

    desk.run(story)


def test_the_best_is_chosen_with_the_keys(desk: Desk) -> None:
    furnish(desk)
    desk.library.count = 6

    async def story() -> None:
        view = await opened(desk, 0, 1, 2, 3, 4)
        assert shown(view) == [1, 2, 3, 4]
        assert view.contenders.waiting == [5]
        QTest.keyClick(view, Qt.Key.Key_Right)
        assert view.selected() == [2]
        QTest.keyClick(view, Qt.Key.Key_5)
        await until(lambda: ("rate", (2,), 5) in desk.library.calls)
        await until(lambda: 2 in view._rows and view._rows[2].cell.rating == 5)
        QTest.keyClick(view, Qt.Key.Key_F)
        await until(lambda: view.panes[1].heart.isChecked())
        QTest.keyClick(view, Qt.Key.Key_Right)
        QTest.keyClick(view, Qt.Key.Key_N)  # the next one takes the third place
        assert shown(view) == [1, 2, 5, 4]
        QTest.keyClick(view, Qt.Key.Key_X)  # rejected: 3 comes back in its place
        await until(lambda: ("tag", (5,), "rejected") in desk.library.calls)
        assert shown(view) == [1, 2, 3, 4]
        QTest.keyClick(view, Qt.Key.Key_Delete)
        QTest.keyClick(view, Qt.Key.Key_Delete)
        assert len(shown(view)) == 2
        QTest.keyClick(view, Qt.Key.Key_Left)
        chosen = view.selected()
        QTest.keyClick(view, Qt.Key.Key_Return)
        viewer = desk.window.view("viewer")
        assert isinstance(viewer, ViewerView)
        await until(lambda: desk.window.current is viewer and viewer.asset == chosen[0])
        QTest.keyClick(viewer, Qt.Key.Key_Escape)
        await until(lambda: desk.window.current is view)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        await until(lambda: desk.window.current is desk.view)

    desk.run(story)


def test_the_mouse_chooses_a_pane_and_its_buttons(desk: Desk) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk, 0, 1)
        QTest.mouseClick(view.panes[1].canvas, Qt.MouseButton.LeftButton)
        assert view.selected() == [2]
        QTest.mouseClick(view.panes[0].heart, Qt.MouseButton.LeftButton)
        assert view.selected() == [1]
        await until(lambda: view.panes[0].heart.isChecked())
        stars = view.panes[1].stars
        QTest.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(3 + 24 * 2 + 5, 10))
        await until(lambda: ("rate", (2,), 3) in desk.library.calls)

    desk.run(story)


def test_what_differs_is_emphasised(desk: Desk) -> None:
    furnish(desk)
    desk.library.changes[2]["width"] = 8000

    async def story() -> None:
        view = await opened(desk, 0, 1)
        labels = {
            view.panes[1].facts.itemAt(line).widget().text(): view.panes[1].facts.itemAt(line + 1).widget()  # type: ignore[union-attr]
            for line in range(0, view.panes[1].facts.count(), 2)
        }
        assert labels["Pixels"].property("role") == "success"
        assert labels["Pixels"].font().weight() == QFont.Weight.DemiBold
        assert labels["Format"].property("role") == "muted"

    desk.run(story)


def test_blinking_and_the_difference_keep_the_place(desk: Desk) -> None:
    furnish(desk)
    desk.library.pictures[1] = drawn(desk.folder, "a", "gray")
    desk.library.pictures[2] = drawn(desk.folder, "b", "gray", QPoint(100, 100))

    async def story() -> None:
        view = await opened(desk, 0, 1)
        await until(lambda: view.aside.picture(0) is not None and view.aside.picture(1) is not None)
        QTest.keyClick(view, Qt.Key.Key_B)
        canvas = view.flicker.canvas
        assert view.pile.currentIndex() == 1
        one = canvas.picture
        assert one is view.aside.picture(0)
        area = canvas.area()
        QTest.keyClick(view, Qt.Key.Key_B)
        assert canvas.picture is view.aside.picture(1)
        assert canvas.area() == area
        QTest.keyClick(canvas, Qt.Key.Key_Space)
        assert canvas.picture is one
        QTest.keyClick(view, Qt.Key.Key_D)
        await until(lambda: "%" in view.flicker.words.text())
        assert view.flicker.words.text().startswith("Bright is where photo-00001.jpg and ")
        assert canvas.picture is not None
        seen = canvas.picture.levels[0]
        assert seen.pixelColor(120, 115).lightness() > 200
        assert seen.pixelColor(10, 10).lightness() == 0
        QTest.keyClick(view, Qt.Key.Key_Escape)
        assert view.pile.currentIndex() == 0
        assert not view.blink.isChecked()
        assert not view.differ.isChecked()

    desk.run(story)


def test_what_is_blurred_stays_so_also_when_it_blinks(desk: Desk) -> None:
    furnish(desk)
    desk.library.changes[2]["safety"] = "explicit"

    async def story() -> None:
        view = await opened(desk, 0, 1)
        pane = view.panes[1]
        assert pane.canvas.veil
        assert pane.show_it.isVisible()
        QTest.keyClick(view, Qt.Key.Key_B)
        assert view.pile.currentIndex() == 0
        assert not view.blink.isChecked()
        QTest.mouseClick(pane.show_it, Qt.MouseButton.LeftButton)
        assert not pane.canvas.veil
        assert not pane.show_it.isVisible()

    desk.run(story)


def test_a_narrow_window_shows_fewer(desk: Desk) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk, 0, 1, 2, 3)
        assert shown(view) == [1, 2, 3, 4]
        desk.window.resize(640, 500)
        await until(lambda: len(shown(view)) < 4)
        assert sorted([*shown(view), *view.contenders.waiting]) == [1, 2, 3, 4]

    desk.run(story)


def test_one_alone_is_compared_with_the_next(desk: Desk) -> None:
    furnish(desk)

    async def story() -> None:
        view = await opened(desk, 2)
        assert shown(view) == [3, 4]

    desk.run(story)


def test_contenders_take_their_turn() -> None:
    turn = Contenders([1, 2, 3, 4, 2], 2)
    assert (turn.shown, turn.waiting) == ([1, 2], [3, 4])
    assert turn.swap(1)
    assert (turn.shown, turn.waiting) == ([1, 3], [4, 2])
    assert turn.fit(3)
    assert (turn.shown, turn.waiting) == ([1, 3, 4], [2])
    assert turn.drop(0)
    assert turn.shown == [2, 3, 4]
    assert turn.drop(0)
    assert not turn.drop(0)
    assert not turn.swap(0)


def test_a_measure_names_the_best() -> None:
    fact = measured("Sharpness", [0.4, 0.9, None])
    assert fact.best == {1}
    assert fact.differs
    assert measured("Sharpness", [0.5, 0.5]).best == frozenset()


def test_equal_pictures_have_no_difference(desk: Desk) -> None:
    one = load(drawn(desk.folder, "one", "teal"))
    larger = load(drawn(desk.folder, "larger", "teal", size=(800, 600)))
    made = difference(one, larger)
    assert isinstance(made, Picture)
    assert share(made) == 0
    other: Any = load(drawn(desk.folder, "other", "teal", QPoint(10, 10)))
    assert 0.005 < share(difference(one, other)) < 0.02


def test_a_stack_is_compared_as_it_is(desk: Desk) -> None:
    furnish(desk)
    library: Any = desk.library
    library.keep.members = lambda asset: [2, 5, 6] if asset == 2 else []

    async def story() -> None:
        view = await opened(desk, 1)
        assert shown(view) == [2, 5, 6]

    desk.run(story)
