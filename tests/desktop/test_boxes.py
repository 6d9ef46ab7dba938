"""Boxes over pictures: gone to, named, copied, searched, corrected, taken away; parts that are drawn around."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from desktop.views.parts.canvas import Canvas
from desktop.views.parts.lens import Lens
from desktop.views.parts.outline import Outline
from desktop.views.parts.overlays import Layer, Mark
from desktop.views.parts.photo import PhotoStage
from desktop.views.parts.tips import tip
from desktop.views.parts.walk import beside, in_turn
from desktop.views.viewer import ViewerView
from engine.model import Box, Finding, FindingKind, FoundRow, Kind, Moment
from tests.desktop.conftest import Desk, until

DOG, CAT, LINE = Box(0.1, 0.1, 0.2, 0.3), Box(0.6, 0.15, 0.2, 0.3), Box(0.1, 0.7, 0.5, 0.1)


def furnish(desk: Desk, picture: Path) -> None:
    desk.library.pictures = dict.fromkeys((1, 2), picture)
    desk.library.changes = {n: {"kind": Kind.PHOTO, "width": 4000, "height": 3000} for n in (1, 2)}
    desk.library.found[1] = [
        FoundRow(11, "objects", 1, Finding(FindingKind.OBJECT, Moment(box=DOG), "dog", "dog", 0.83)),
        FoundRow(12, "objects", 1, Finding(FindingKind.OBJECT, Moment(box=CAT), "cat", "cat", 0.6)),
        FoundRow(13, "ocr", 2, Finding(FindingKind.TEXT, Moment(box=LINE), "helo wrold", "ocr", 0.7)),
    ]


async def opened(desk: Desk) -> tuple[ViewerView, Canvas]:
    desk.window.open_asset([1, 2], 0, "")
    view = desk.window.view("viewer")
    assert isinstance(view, ViewerView)
    await until(lambda: view.subject is not None and desk.window.current is view)
    desk.window.activateWindow()
    await until(lambda: desk.window.isActiveWindow())
    assert isinstance(view.stage, PhotoStage)
    canvas = view.stage.canvas
    canvas.setFocus()
    return view, canvas


def held(canvas: Canvas) -> str:
    return canvas.marks.all[canvas.marks.focus].text if canvas.marks.focus is not None else ""


def test_tab_and_arrows_go_from_box_to_box(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_T)
        QTest.keyClick(canvas, Qt.Key.Key_X if view.bar.text.toolTip().endswith("(X)") else Qt.Key.Key_O)
        assert {Layer.THING, Layer.TEXT} <= canvas.marks.shown
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        assert held(canvas) == "Dog"
        assert canvas.accessibleDescription().startswith("Dog, 83")
        QTest.keyClick(canvas, Qt.Key.Key_Right)
        assert held(canvas) == "Cat"
        assert view.asset == 1  # the arrow went to a box, not to the next file
        QTest.keyClick(canvas, Qt.Key.Key_Down)
        assert held(canvas) == "helo wrold"
        QTest.keyClick(canvas, Qt.Key.Key_Up)
        assert held(canvas) in ("Dog", "Cat")
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        assert held(canvas) == ""
        assert desk.window.current is view
        for _ in range(3):
            QTest.keyClick(canvas, Qt.Key.Key_Tab)
        assert held(canvas) == "helo wrold"
        QTest.keyClick(canvas, Qt.Key.Key_Tab)  # behind the last one: on to the rest of the window
        assert held(canvas) == ""
        assert not canvas.hasFocus()
        canvas.setFocus()
        QTest.keyClick(canvas, Qt.Key.Key_Right)
        await until(lambda: view.asset == 2)

    desk.run(story)


def test_a_line_is_corrected_searched_and_reverted(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        view.bar.set_layer(Layer.TEXT, True)
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        QTest.keyClick(canvas, Qt.Key.Key_F2)
        box = view.hands.words
        assert box.isVisible()
        assert box.text() == "helo wrold"
        QTest.keyClicks(box, "hello world")
        QTest.keyClick(box, Qt.Key.Key_Return)
        await until(lambda: any(call[0] == "correct" for call in desk.library.calls))
        assert ("correct", 1, Moment(box=LINE), "helo wrold", "hello world") in desk.library.calls
        await until(lambda: any(mark.text == "hello world" for mark in canvas.marks.all))
        mark = next(mark for mark in canvas.marks.all if mark.text == "hello world")
        assert mark.original == "helo wrold"
        assert "helo wrold" in tip(mark)
        QTest.keyClick(canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == "hello world"
        entries = dict(view.hands.deeds_of(mark, QPoint()))
        entries["Back to what was read"]()
        await until(lambda: any(mark.text == "helo wrold" for mark in canvas.marks.all))
        entries["Search for this text"]()
        await until(lambda: desk.view.seeker.text == '"hello world"')

    desk.run(story)


def test_esc_leaves_the_words_as_they_are(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        view.bar.set_layer(Layer.TEXT, True)
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        QTest.keyClick(canvas, Qt.Key.Key_F2)
        QTest.keyClicks(view.hands.words, "rubbish")
        QTest.keyClick(view.hands.words, Qt.Key.Key_Escape)
        assert not view.hands.words.isVisible()
        assert desk.window.current is view
        assert not any(call[0] == "correct" for call in desk.library.calls)

    desk.run(story)


def test_a_wrong_thing_is_taken_away(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_T)
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        QTest.keyClick(canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == "Dog"
        QTest.keyClick(canvas, Qt.Key.Key_Delete)
        await until(lambda: ("wrong", 11) in desk.library.calls)
        await until(lambda: "Dog" not in {mark.text for mark in canvas.marks.all})
        thing = next(mark for mark in canvas.marks.all if mark.layer is Layer.THING)
        assert thing.origin == "objects v1, yolox-nano@1"
        assert [text for text, _ in view.hands.deeds_of(thing, QPoint())][:4] == [
            "Find “cat”", "Find what looks like this", "Copy “Cat”", "Wrong: it is no cat\tDel",
        ]  # fmt: skip

    desk.run(story)


def test_the_menu_of_a_box_opens_with_the_keys_and_the_mouse(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        _view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_T)
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        QTest.keyClick(canvas, Qt.Key.Key_Return)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert menu.actions()[0].text() == "Find “dog”"
        menu.close()
        await until(lambda: QApplication.activePopupWidget() is None)
        cat = next(index for index, mark in enumerate(canvas.marks.all) if mark.text == "Cat")
        place = canvas.marks.place(cat, canvas.area()).center().toPoint()
        QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=place)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert menu.actions()[0].text() == "Find “cat”"
        menu.close()

    desk.run(story)


def test_how_safe_it_is_can_be_said(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)
    desk.library.changes[1]["safety"] = "explicit"

    async def story() -> None:
        view, canvas = await opened(desk)
        assert canvas.veil
        entries = dict(view.hands.deeds_of(None, QPoint()))
        assert "It is not safe to show" not in entries
        entries["It is safe to show"]()
        await until(lambda: ("level", (1,), "safe") in desk.library.calls)
        await until(lambda: not canvas.veil)
        await until(lambda: view.subject is not None and view.subject.judged == "safe")
        dict(view.hands.deeds_of(None, QPoint()))["Let Kinora judge again whether it is safe"]()
        await until(lambda: ("level", (1,), "") in desk.library.calls)

    desk.run(story)


def test_a_part_is_drawn_around_with_the_mouse_and_with_the_keys(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        parts: list[Moment] = []
        view.stage.outlined.connect(lambda moment, _point: parts.append(moment))  # type: ignore[union-attr]
        area = canvas.area()
        start = QPointF(area.x() + area.width() * 0.05, area.y() + area.height() * 0.6).toPoint()
        end = QPointF(area.x() + area.width() * 0.7, area.y() + area.height() * 0.9).toPoint()
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, start)
        QTest.mouseMove(canvas, end)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, end)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        entries = {action.text(): action for action in menu.actions()}
        assert "Copy the text in it" in entries
        entries["Copy the text in it"].trigger()
        assert QGuiApplication.clipboard().text() == "helo wrold"
        entries["Copy this part of the picture"].trigger()
        image = QGuiApplication.clipboard().image()
        assert isinstance(image, QImage)
        assert (image.width(), image.height()) == (pytest.approx(260, abs=3), pytest.approx(90, abs=3))
        menu.close()
        await until(lambda: QApplication.activePopupWidget() is None)
        canvas.setFocus()
        QTest.keyClick(canvas, Qt.Key.Key_R)
        assert canvas.drawing is not None
        QTest.keyClick(canvas, Qt.Key.Key_Right)
        QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(canvas, Qt.Key.Key_Return)
        assert canvas.drawing is None
        box = parts[-1].box
        assert box is not None
        assert (box.x, box.w, box.h) == (pytest.approx(0.32, abs=0.01), pytest.approx(0.4, abs=0.01),
                                         pytest.approx(0.42, abs=0.01))  # fmt: skip
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, QMenu)
        shown = QRect(canvas.mapToGlobal(QPoint(0, 0)), canvas.size())
        assert shown.contains(popup.pos()), "without the mouse the menu opens at the part"
        popup.actions()[0].trigger()
        popup.close()
        await until(lambda: desk.view.seeker.text.startswith("like:#1[0.3"))

    desk.run(story)


def test_esc_gives_the_drawing_up(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_R)
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        assert canvas.drawing is None
        assert desk.window.current is view

    desk.run(story)


def test_closely_looked_at_it_pans_and_has_a_map(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        lens = canvas.lens
        assert not lens.deep
        QTest.keyClick(canvas, Qt.Key.Key_Z)
        await until(lambda: canvas.scale == pytest.approx(1.0))
        assert lens.deep
        before = QPointF(lens.centre)
        QTest.keyClick(canvas, Qt.Key.Key_Right)
        assert lens.centre.x() > before.x()
        assert view.asset == 1
        QTest.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
        assert lens.centre.y() < before.y()
        before = QPointF(lens.centre)
        middle = canvas.rect().center()
        QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, pos=middle)
        QTest.mouseMove(canvas, middle + QPoint(-60, 0))
        QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, pos=middle + QPoint(-60, 0))
        assert lens.centre.x() > before.x()
        corner = QPoint(canvas.width() - 20, canvas.height() - 20)
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=corner)  # the lower right of the map
        assert lens.seen().right() == pytest.approx(1.0, abs=0.01)
        QTest.keyClick(canvas, Qt.Key.Key_Z)
        await until(lambda: canvas.fits and not lens.deep)

    desk.run(story)


def test_the_wheel_zooms_at_the_cursor() -> None:
    lens = Lens()
    lens.size, lens.room = type(lens.size)(4000, 3000), type(lens.room)(800, 600)
    lens.arrange()
    point = QPointF(200, 150)
    kept = lens.fraction(point)
    lens.fits = False
    lens.put(lens.scale * 3, point, kept)
    again = lens.fraction(point)
    assert (again.x(), again.y()) == (pytest.approx(kept.x()), pytest.approx(kept.y()))


def test_the_strip_takes_the_keys(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, _canvas = await opened(desk)
        view.strip.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(view.strip, Qt.Key.Key_End)
        await until(lambda: view.asset == 2)
        assert "2 of 2" in view.strip.accessibleDescription()

    desk.run(story)


def test_one_key_shows_every_sort_of_boxes(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_A)
        assert canvas.marks.shown == set(Layer)
        assert view.bar.text.isChecked()
        assert view.bar.layers[Layer.THING].text().endswith("\t2")
        QTest.keyClick(canvas, Qt.Key.Key_A)
        assert canvas.marks.shown == set()
        QTest.keyClick(canvas, Qt.Key.Key_S)
        assert view.save_state()["layers"] == ["safety"]

    desk.run(story)


def test_examples_are_gathered_from_the_viewer_and_the_grid(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        view, canvas = await opened(desk)
        QTest.keyClick(canvas, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: desk.view.seeker.text == "like:#1")
        grid = desk.view.grid
        await until(lambda: grid.plan.count > 3)
        grid.select_row(2)
        grid.setFocus()
        QTest.keyClick(grid, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: desk.view.seeker.text == "like:#1 -like:#3")
        assert view.subject is None

    desk.run(story)


def test_boxes_are_walked_in_the_order_of_reading() -> None:
    boxes = {0: Box(0.6, 0.1, 0.1, 0.1), 1: Box(0.1, 0.11, 0.1, 0.1), 2: Box(0.1, 0.5, 0.1, 0.1)}
    assert in_turn(boxes) == [1, 0, 2]
    assert in_turn({}) == []
    assert beside(boxes, 1, 1, 0) == 0
    assert beside(boxes, 1, 0, 1) == 2
    assert beside(boxes, 2, 0, 1) == 2


def test_an_outline_stays_on_the_picture() -> None:
    from PySide6.QtCore import QRectF

    area = QRectF(10, 10, 100, 100)
    drawing = Outline()
    drawing.propose(area)
    for _ in range(100):
        drawing.nudge(-1, 0, area=area, grow=False)
    box: Any = drawing.box(area)
    assert (box.x, box.w) == (0.0, pytest.approx(0.4))
    for _ in range(100):
        drawing.nudge(-1, -1, area=area, grow=True)
    assert drawing.box(area) is not None
    assert Mark(DOG, "dog").original is None
