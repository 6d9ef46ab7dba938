"""Documents in the viewer: choosing text over lines and pages, small pages, going to a page, ways to fit."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from desktop.views.parts.flow import TextFlow
from desktop.views.parts.overlays import Layer, Mark, Marks
from desktop.views.parts.paper import PaperStage
from desktop.views.viewer import ViewerView
from engine.model import AssetRow, Box, Facts, Finding, FindingKind, FoundRow, Kind, Moment
from tests.desktop.conftest import Desk, until

LINES = tuple(Box(0.1, 0.1 + 0.15 * line, 0.7, 0.1) for line in range(5))


def furnish(desk: Desk, picture: Path, pages: int = 9) -> None:
    library: Any = desk.library
    desk.library.pictures = {1: picture}
    desk.library.changes[1] = {"kind": Kind.DOCUMENT, "pages": pages, "name": "paper.pdf"}
    plain = library.asset

    def asset(number: int) -> AssetRow:
        row: AssetRow = plain(number)
        return AssetRow(row.cell, Facts(mime="application/pdf", pages=pages), "PDF", 1, row.added, row.files, (), ())

    library.asset = asset
    desk.library.found[1] = [
        FoundRow(
            page * 10 + line,
            "documents",
            1,
            Finding(FindingKind.TEXT, Moment(page=page, box=box), f"line {line} of {page}", "document"),
        )
        for page in range(1, pages + 1)
        for line, box in enumerate(LINES)
    ]


async def opened(desk: Desk) -> tuple[ViewerView, PaperStage]:
    desk.window.open_asset([1], 0, "")
    view = desk.window.view("viewer")
    assert isinstance(view, ViewerView)
    await until(lambda: view.subject is not None and desk.window.current is view)
    desk.window.activateWindow()
    await until(lambda: desk.window.isActiveWindow())
    assert isinstance(view.stage, PaperStage)
    view.focus_stage()
    return view, view.stage


def middle(stage: PaperStage, page: int, line: int) -> QPoint:
    return stage.pages.marks(page).place(line, stage.pages.place(page)).center().toPoint()


def test_text_is_chosen_as_it_is_read_and_copied(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        _view, stage = await opened(desk)
        stage.pages.fit_page()
        pane = stage.pages.viewport()
        QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle(stage, 1, 1))
        QTest.mouseMove(pane, middle(stage, 1, 3))
        QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle(stage, 1, 3))
        assert stage.copied() == "line 1 of 1\nline 2 of 1\nline 3 of 1"
        assert stage.pages.marks(1).visible() == [1, 2, 3]  # what is chosen is seen
        QTest.keyClick(stage.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text().startswith("line 1 of 1\n")
        stage.pages.set_zoom(0.3)
        QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle(stage, 1, 3))
        QTest.mouseMove(pane, middle(stage, 2, 0))
        QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle(stage, 2, 0))
        assert stage.copied() == "line 3 of 1\nline 4 of 1\nline 0 of 2"
        rect = stage.pages.place(1)
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(round(rect.left() + 3), round(rect.top() + 3)))
        assert stage.copied() == ""

    desk.run(story)


def test_a_menu_copies_and_searches_text(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        _view, stage = await opened(desk)
        QTest.mouseClick(stage.pages.viewport(), Qt.MouseButton.RightButton, pos=middle(stage, 1, 0))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts = [action.text() for action in menu.actions()]
        assert texts[:2] == ["Copy\tCtrl+C", "Search for this text"]
        assert not any("Correct" in text or "Draw around" in text for text in texts)  # it was not read by a machine
        menu.actions()[1].trigger()
        menu.close()
        await until(lambda: desk.view.seeker.text == '"line 0 of 1"')

    desk.run(story)


def test_a_page_is_gone_to_by_its_number_and_its_small_picture(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)
    asked: list[tuple[int | None, int]] = []
    library: Any = desk.library
    library.render = lambda number, *, side, page=None, time=None: asked.append((page, side)) or picture

    async def story() -> None:
        _view, stage = await opened(desk)
        QTest.keyClick(stage.pages, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        assert stage.number.hasFocus()
        QTest.keyClicks(stage.number, "7")
        QTest.keyClick(stage.number, Qt.Key.Key_Return)
        await until(lambda: stage.pages.page == 7)
        assert not stage.leaves.isVisible()
        QTest.keyClick(stage.pages, Qt.Key.Key_G)
        await until(lambda: stage.leaves.isVisible() and any(side == 256 for _, side in asked))
        await until(lambda: stage.pages.page == 7)
        place = stage.leaves.place(6).center().toPoint()
        if place.y() < 0:
            stage.leaves.show_page(6)
            place = stage.leaves.place(6).center().toPoint()
        QTest.mouseClick(stage.leaves.viewport(), Qt.MouseButton.LeftButton, pos=place)
        await until(lambda: stage.pages.page == 6)
        stage.leaves.setFocus()
        QTest.keyClick(stage.leaves, Qt.Key.Key_Home)
        await until(lambda: stage.pages.page == 1)
        QTest.keyClick(stage.leaves, Qt.Key.Key_Down)
        await until(lambda: stage.pages.page == 2)
        QTest.keyClick(stage.leaves, Qt.Key.Key_G)
        assert not stage.leaves.isVisible()

    desk.run(story)


def test_a_page_fits_the_width_or_as_a_whole(desk: Desk, picture: Path) -> None:
    furnish(desk, picture)

    async def story() -> None:
        _view, stage = await opened(desk)
        await until(lambda: 1 in stage.pages._pictures)
        stage.pages.set_zoom(2.0)
        QTest.keyClick(stage.pages, Qt.Key.Key_0)
        assert stage.pages.zoom == 1.0
        QTest.keyClick(stage.pages, Qt.Key.Key_Z)
        rect = stage.pages.place(1)
        assert rect.height() <= stage.pages.viewport().height()
        assert rect.height() > stage.pages.viewport().height() * 0.9
        QTest.mouseClick(stage.wide, Qt.MouseButton.LeftButton)
        assert stage.pages.zoom == 1.0

    desk.run(story)


def test_a_choice_goes_either_way_over_columns() -> None:
    marks = Marks()
    left = [Mark(Box(0.05, 0.1 * row, 0.4, 0.05), f"l{row}") for row in range(4)]
    right = [Mark(Box(0.55, 0.1 * row, 0.4, 0.05), f"r{row}") for row in range(4)]
    marks.put([*right, *left])
    flow = TextFlow()
    flow.press((1, 1), {1: marks})  # r1
    flow.move((1, 6), {1: marks})  # l2, before it
    assert sorted(marks.all[index].text for index in marks.chosen) == ["l2", "l3", "r0", "r1"]
    flow.release()
    assert not flow.active
    assert Layer.TEXT not in marks.shown
