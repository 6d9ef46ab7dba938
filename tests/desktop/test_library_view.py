"""The library view: searching, filters, mistakes, empty states, details."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton

from desktop.look.grid.moments import cards
from engine.model import Moment
from tests.desktop.conftest import Desk, until


def test_lists_and_draws_the_library(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        assert view.bar.count == "60 items"
        await until(lambda: view.grid.cell_at(0) is not None)
        assert not view.grid.grab().isNull()
        await until(lambda: any(call[0] == "visible" for call in desk.library.calls))

    desk.run(story)


def test_search_shows_the_matches_with_their_words(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        QTest.keyClicks(view.bar.box, "harbour")
        await until(lambda: len(view.grid.hits) == 10)
        assert view.grid.wide
        assert view.bar.count.startswith("10 matches")
        assert view.bar.order.text() == "Best match"
        view.grid.grab()
        view.bar.matches.setChecked(False)
        assert not view.grid.wide
        view.grid.grab()

    desk.run(story)


def test_typing_asks_once_it_rests(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        QTest.keyClicks(view.bar.box, "beach")
        await until(lambda: view.bar.count.startswith("10"))
        asked = [call[1] for call in desk.library.calls if call[0] == "listing"]
        assert asked == ["", "beach", "beach"]  # the list, then the hits of the same words

    desk.run(story)


def test_a_click_on_a_moment_opens_it_there(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.hits)
        view.open_moment.disconnect()
        opened: list[tuple[object, ...]] = []
        view.open_moment.connect(lambda ids, row, text, moment: opened.append((len(ids), row, text, moment)))
        point = cards(view.grid.place_of(1), view.grid.hits[2])[1][2].center()  # the second moment
        QTest.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert opened == [(10, 1, "harbour", Moment(page=3))]

    desk.run(story)


def test_a_mistake_is_shown_where_it_is(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("beach (sea")
        await until(lambda: view.bar.error)
        assert view.bar.error == "This bracket is not closed. Write ) after the words."
        assert view.bar.box.property("wrong")
        assert view.bar.box.text() == "beach (sea"
        view.search("beach")
        await until(lambda: not view.bar.error)
        assert not view.bar.box.property("wrong")
        assert view.grid.plan.count == 10

    desk.run(story)


def test_filters_are_chips(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("type:photo year:2024 beach")
        await until(lambda: len(view.bar.chips.buttons()) == 3)
        assert [chip.text() for chip in view.bar.chips.buttons()] == ["Type: photo", "Year: 2024", "Clear all"]
        view.bar.chips.buttons()[0].click()
        await until(lambda: len(view.bar.chips.buttons()) == 1)
        assert view.bar.box.text() == "year:2024 beach"

    desk.run(story)


def test_quick_filters_write_into_the_query(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        menu = view.bar.filters.menu()
        assert isinstance(menu, QMenu)
        menu.aboutToShow.emit()
        types = menu.actions()[0].menu()
        assert isinstance(types, QMenu)
        types.actions()[1].trigger()
        assert view.bar.box.text() == "type:video"
        await until(lambda: view.bar.chips.buttons())

    desk.run(story)


def test_completion_with_the_keys(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        box = view.bar.box
        box.setFocus()
        QTest.keyClicks(box, "ty")
        await until(box.popup.isVisible)
        QTest.keyClick(box, Qt.Key.Key_Tab)
        assert box.text() == "type:"
        await until(lambda: box.popup.isVisible() and box.popup.list.count() == 2)
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert box.text() == "type:video "
        assert not box.popup.isVisible()
        QTest.keyClick(box, Qt.Key.Key_Escape)
        assert box.text() == ""

    desk.run(story)


def test_nothing_found_offers_ways_out(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("type:photo zzz")
        await until(view.nothing.isVisible)
        assert view.bar.count == "No matches"
        texts = [button.text() for button in view.nothing.findChildren(QPushButton) if not button.isHidden()]
        assert texts == ["Without Type: photo", "Show everything"]
        view.nothing.findChildren(QPushButton)[-1].click()
        await until(lambda: view.grid.plan.count == 60)

    desk.run(story)


def test_an_empty_library_invites(desk: Desk) -> None:
    desk.library.count = 0

    async def story() -> None:
        view = desk.view
        await until(view.empty.isVisible)
        commands: list[str] = []
        view.command.disconnect()
        view.command.connect(commands.append)
        view.empty.findChildren(QPushButton)[0].click()
        assert commands == ["file.add_folder"]

    desk.run(story)


def test_the_selection_stays_when_the_list_grows(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.select_row(20)
        bar = view.grid.verticalScrollBar()
        bar.setValue(300)
        desk.library.count = 80
        desk.library.tell("assets", "files")
        await until(lambda: view.grid.plan.count == 80)
        assert list(view.grid.selection) == [20]
        assert view.grid.current == 20
        assert bar.value() == 300

    desk.run(story)


def test_the_order_can_be_chosen(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        menu = view.bar.order.menu()
        assert menu is not None
        next(action for action in menu.actions() if action.data() == "name").trigger()
        await until(lambda: ("listing", "", "name") in desk.library.calls)
        assert view.bar.order.text() == "Name"

    desk.run(story)


def test_details_show_and_edit(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.select_row(4)
        view.toggle_details()
        await until(lambda: "JPEG" in view.details._kind.text())
        assert view.details._name.text().startswith("photo-00005") or "00005" in view.details._name.text()
        QTest.keyClicks(view.details._tags.box, "Summer house")
        QTest.keyClick(view.details._tags.box, Qt.Key.Key_Return)
        await until(lambda: ("tag", (5,), "Summer house") in desk.library.calls)
        view.details._stars.setFocus()
        QTest.keyClick(view.details._stars, Qt.Key.Key_4)
        await until(lambda: ("rate", (5,), 4) in desk.library.calls)
        view.grid.select_all()
        await until(lambda: view.details._name.text() == "60 selected")
        view.toggle_details()
        assert view.details.isHidden()

    desk.run(story)


def test_the_panel_is_quiet_about_an_asset_that_is_gone(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.toggle_details()
        view.grid.select_row(59)
        desk.library.count = 30
        desk.library.tell("assets", "files")
        await until(lambda: view.grid.plan.count == 30)
        await asyncio.sleep(0.2)

    desk.run(story)
