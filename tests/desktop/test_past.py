"""Searches of the past in the search box, and pictures that are dropped on the window or pasted to search with."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.models.query import with_example
from desktop.shell.drop import ADD, FIND, targets_of
from desktop.views.browse.past import Earlier
from desktop.views.browse.searchbox import DEBOUNCE, QUICK
from tests.desktop.conftest import Desk, until

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def rows(desk: Desk) -> list[str]:
    return [one.shown for one in desk.view.bar.box.popup.shown]


async def ready(desk: Desk, *past: str) -> None:
    desk.library.history.rows = list(past)
    await desk.listed()
    desk.library.tell("history")
    await until(lambda: len(desk.view.bar.box.past.rows) == len(past))
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)


def test_an_empty_box_offers_the_past_and_down_goes_through_it(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk, "harbour at night", "type:photo boat", "cat")
        box = desk.view.bar.box
        desk.view.grid.setFocus()
        QTest.mouseClick(box, LEFT)
        await until(box.popup.isVisible)
        assert rows(desk) == ["harbour at night", "type:photo boat", "cat"]
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Return)
        await until(lambda: desk.view.seeker.text == "type:photo boat")
        await until(lambda: desk.library.history.rows[0] == "type:photo boat")
        box.set_query("")
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.popup.isVisible()
        assert box.popup.list.currentRow() == 0
        QTest.keyClick(box, Qt.Key.Key_Escape)
        assert not box.popup.isVisible()
        box.popup.grab()

    desk.run(story)


def test_down_goes_on_to_the_grid_where_there_is_no_past(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk)
        box = desk.view.bar.box
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Down)
        await until(desk.view.grid.hasFocus)

    desk.run(story)


def test_one_is_taken_away_with_delete_or_the_cross_and_all_of_them_at_once(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk, "one", "two", "three", "four")
        box = desk.view.bar.box
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Down)
        QTest.keyClick(box, Qt.Key.Key_Delete)
        await until(lambda: desk.library.history.rows == ["one", "three", "four"])
        assert box.popup.isVisible()
        assert rows(desk) == ["one", "three", "four"]
        box.popup._forget.click()
        await until(lambda: not desk.library.history.rows)
        assert not box.popup.isVisible()
        desk.library.history.rows = ["again"]
        assert desk.window.commands is not None
        desk.window.commands.browse.forget_searches()
        await until(lambda: not desk.library.history.rows)
        await until(lambda: any("forgotten" in one for one in desk.window.toasts.texts()))

    desk.run(story)


def test_what_begins_so_is_proposed_before_filters(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk, "type:photo boat", "harbour")
        box = desk.view.bar.box
        box.setFocus()
        QTest.keyClicks(box, "ty")
        await until(lambda: box.popup.isVisible() and rows(desk)[:1] == ["type:photo boat"])
        assert isinstance(box.popup.shown[0], Earlier)
        assert rows(desk)[1:] == ["type:"]
        QTest.keyClick(box, Qt.Key.Key_Tab)
        await until(lambda: desk.view.seeker.text == "type:photo boat")

    desk.run(story)


def test_enter_standing_and_opening_are_kept_but_not_every_key(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk)
        view = desk.view
        box, past = view.bar.box, desk.library.history
        box.setFocus()
        QTest.keyClicks(box, "harb")
        await until(lambda: view.seeker.text == "harb")
        assert past.rows == []
        QTest.keyClick(box, Qt.Key.Key_Return)
        await until(lambda: past.rows == ["harb"])
        box.past._rest.setInterval(10)
        view.search("harbour")
        await until(lambda: past.rows[0] == "harbour")
        view.search("zzz")  # finds nothing
        await until(lambda: view.seeker.text == "zzz" and not view.grid.hits)
        assert not box.past._rest.isActive()
        box.past._rest.setInterval(100_000)
        view.search("boat")
        await until(lambda: view.grid.hits)
        view.grid.select_row(0)
        view.open_current()
        await until(lambda: past.opened == ["boat"])

    desk.run(story)


def test_quick_searches_wait_less_for_the_next_key(desk: Desk) -> None:
    async def story() -> None:
        box = (await desk.listed()).bar.box
        assert box._rest.interval() == QUICK
        box.pace(0.4)
        assert box._rest.interval() == DEBOUNCE
        box.pace(0.01)
        assert box._rest.interval() == QUICK

    desk.run(story)


def urls(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def pixels() -> QMimeData:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("green"))
    data = QMimeData()
    data.setImageData(image)
    return data


def test_what_can_be_done_with_what_is_dragged(tmp_path: Path) -> None:
    assert targets_of(urls(tmp_path / "one.jpg")) == (ADD, FIND)
    assert targets_of(urls(tmp_path / "one.mp4")) == (ADD, FIND)
    assert targets_of(urls(tmp_path / "one.pdf")) == (ADD,)
    assert targets_of(urls(tmp_path / "one.jpg", tmp_path / "two.jpg")) == (ADD,)
    assert targets_of(urls(tmp_path)) == (ADD,)
    assert targets_of(pixels()) == (FIND,)
    words = QMimeData()
    words.setText("hello")
    assert targets_of(words) == ()


@pytest.mark.parametrize("size", [(1100, 720), (660, 560)])
def test_a_picture_dropped_on_the_window_is_added_or_searched_with(
    desk: Desk, picture: Path, size: tuple[int, int]
) -> None:
    async def story() -> None:
        await desk.listed()
        window, drop = desk.window, desk.window.drop
        data = urls(picture)
        for theme in ("light", "dark"):
            desk.look.choose(theme)
            enter = QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE)
            QApplication.sendEvent(window, enter)
            assert drop.isVisible()
            assert list(drop.places()) == [ADD, FIND]
            drop.grab()
        assert enter.isAccepted()
        one, other = drop.places().values()
        assert not one.intersects(other)
        QApplication.sendEvent(window, QDropEvent(other.center(), COPY, data, LEFT, NONE))
        assert not drop.isVisible()
        await until(lambda: desk.view.seeker.text == f'like:"{picture}"')
        assert not any(call[0] == "add" for call in desk.library.calls)
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE))
        QApplication.sendEvent(window, QDropEvent(one.center(), COPY, data, LEFT, NONE))
        await until(lambda: ("add", [picture]) in desk.library.calls)

    desk.run(story, size=size)


def test_pixels_from_elsewhere_are_searched_with_and_not_added(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        window = desk.window
        data = pixels()
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE))
        assert list(window.drop.places()) == [FIND]
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), COPY, data, LEFT, NONE))
        await until(lambda: desk.view.seeker.text.startswith('like:"'))
        (kept,) = desk.library.pasted.kept
        assert kept.read_bytes().startswith(b"\xff\xd8\xff")
        assert desk.view.seeker.text == f'like:"{kept}"'

    desk.run(story)


def test_a_copied_picture_is_pasted_and_words_stay_words(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        await ready(desk)
        box, clipboard = desk.view.bar.box, QApplication.clipboard()
        box.setFocus()
        clipboard.setText("harbour")
        QTest.keyClick(box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert box.text() == "harbour"
        clipboard.setMimeData(urls(picture))
        QTest.keyClick(box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: box.text() == f'harbour like:"{picture}"')
        clipboard.setMimeData(pixels())
        QTest.keyClick(box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: len(desk.library.pasted.kept) == 1)
        await until(lambda: box.text() == f'harbour like:"{desk.library.pasted.kept[0]}"')
        clipboard.clear()

    desk.run(story)


def test_an_item_of_the_grid_dropped_on_the_box_is_the_example(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        from desktop.models.carried import MIME

        data = QMimeData()
        data.setData(MIME, b"[7]")
        view.bar.box.dropEvent(QDropEvent(QPointF(20, 10), COPY, data, LEFT, NONE))
        await until(lambda: view.seeker.text == "like:#7")

    desk.run(story)


def test_a_query_has_one_example() -> None:
    assert with_example("", "like:#3") == "like:#3"
    assert with_example("boat like:#1 type:photo", 'like:"/a b.jpg"') == 'boat type:photo like:"/a b.jpg"'
    assert with_example("-like:#1", "like:#3") == "-like:#1 like:#3"


def test_the_chip_of_an_example_shows_its_picture(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        view = await desk.listed()
        desk.library.pictures[5] = picture
        for value in (f'"{picture}"', "#5"):
            view.search(f"like:{value}")
            await until(lambda: view.bar.chips.buttons() and view.bar.chips.buttons()[0].iconSize().width() > 30)
            view.search("")
            await until(lambda: not view.bar.chips.buttons())

    desk.run(story)


def test_an_old_answer_never_comes_after_a_new_one(desk: Desk) -> None:
    first = threading.Event()
    listing = desk.library.listing

    def slow(text: str = "", *given: Any, **more: Any) -> Any:
        if text == "h":
            first.wait(5)
        return listing(text, *given, **more)

    desk.library.listing = slow  # type: ignore[assignment,method-assign]

    async def story() -> None:
        await ready(desk)
        view = desk.view
        told: list[str] = []
        view.seeker.listed.connect(lambda found: told.append(found.text))
        view.bar.box.setFocus()
        QTest.keyClicks(view.bar.box, "h")
        await until(lambda: view.seeker.text == "h")
        QTest.keyClicks(view.bar.box, "arbour")
        await until(lambda: told and told[-1] == "harbour")
        first.set()
        await asyncio.sleep(0.2)  # time for the answer that must not come
        assert "h" not in told
        assert view.seeker.text == "harbour"
        assert len(view.grid.cells.ids) == 10

    desk.run(story)
