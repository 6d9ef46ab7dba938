"""Sorting and keeping in the window: albums, favourites, stacks; with mouse, keys and by dragging."""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QPushButton, QWidget

from desktop.look.grid.stacks import beneath, opens, picture_of
from desktop.look.toasts import Toast
from desktop.models import query
from desktop.models.carried import carried, carry
from desktop.shell.albuming import AlbumDialog
from desktop.views.browse.line import Line
from desktop.views.library import LibraryView
from tests.desktop.conftest import Desk, until

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


async def ready(desk: Desk) -> LibraryView:
    """The library view in the active window, with the list beside the grid."""
    view = await desk.listed()
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    view.bar.narrow.setChecked(True)
    await until(lambda: view.narrow.kept.count())
    view.grid.setFocus()
    await until(lambda: view.grid.cell_at(0) is not None)
    return view


def names(view: LibraryView) -> list[str]:
    return [line.accessibleName() for line in view.narrow.albums.album_lines()]


def undo(desk: Desk, words: str) -> None:
    """Press Undo on the message that has these words."""
    toast = next(one for one in desk.window.toasts.findChildren(Toast) if words in one.said)
    button = next(one for one in toast.findChildren(QPushButton) if one.text() == "Undo")
    QTest.mouseClick(button, LEFT)


def drop(target: QWidget, ids: Sequence[int], point: QPointF | None = None) -> bool:
    """Drag assets over a widget and let them go; whether it takes them."""
    data = QMimeData()
    carry(data, ids)
    at = point or QPointF(target.rect().center())
    enter = QDragEnterEvent(at.toPoint(), COPY, data, LEFT, PLAIN)
    target.dragEnterEvent(enter)
    if enter.isAccepted():
        target.dropEvent(QDropEvent(at, COPY, data, LEFT, PLAIN))
    return enter.isAccepted()


# --- favourites


def test_f_makes_favourites_and_takes_them_back(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.grid.select_row(0)
        view.grid.select_row(2, extend=True)
        QTest.keyClick(view.grid, Qt.Key.Key_F)
        await until(lambda: "3 items are favourites" in desk.window.toasts.texts())
        await until(lambda: (cell := view.grid.cell_at(1)) is not None and cell.favourite)
        await until(lambda: view.narrow.albums.favourites.accessibleName() == "Favourites 3")
        assert not view.grid.grab().isNull()
        undo(desk, "are favourites")
        await until(lambda: desk.library.undone == ["favourite"])
        QTest.keyClick(view.grid, Qt.Key.Key_F)
        await until(lambda: ("favourite", (1, 2, 3), False) in desk.library.calls)
        QTest.mouseClick(view.narrow.albums.favourites, LEFT)
        await until(lambda: view.seeker.text == "is:favourite")
        await until(view.narrow.albums.favourites.isChecked)
        QTest.mouseClick(view.narrow.albums.everything, LEFT)
        await until(lambda: view.seeker.text == "")

    desk.run(story)


# --- albums


def test_an_album_is_made_opened_renamed_and_deleted_beside_the_grid(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        albums = view.narrow.albums
        QTest.mouseClick(albums.add, LEFT)
        dialog = albums.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("Sea")
        dialog.accept()
        await until(lambda: names(view) == ["Sea 0"])
        assert drop(albums.album_lines()[0], [4, 2])
        await until(lambda: names(view) == ["Sea 2"])
        await until(lambda: "2 items put into “Sea”" in desk.window.toasts.texts())
        view.bar.set_sort("name")
        QTest.mouseClick(albums.album_lines()[0], LEFT)
        await until(lambda: list(view.grid.cells.ids) == [4, 2])
        assert (view.bar.box.text(), view.bar.sort, view.grid.sortable) == ('album:"Sea"', "album", True)
        assert albums.album_lines()[0].isChecked()
        QTest.keyClick(albums.album_lines()[0], Qt.Key.Key_F2)
        dialog = albums.findChildren(QInputDialog)[-1]
        assert dialog.textValue() == "Sea"
        dialog.setTextValue("Seaside")
        dialog.accept()
        await until(lambda: names(view) == ["Seaside 2"])
        QTest.keyClick(albums.album_lines()[0], Qt.Key.Key_Delete)
        await until(lambda: names(view) == [])
        undo(desk, "is deleted")
        await until(lambda: desk.library.undone == ["delete"])
        QTest.mouseClick(albums.everything, LEFT)
        await until(lambda: view.seeker.text == "")
        assert view.seeker.sort == "taken"  # the order of an album is none without it

    desk.run(story)


def test_what_is_dropped_on_plus_begins_an_album(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        assert drop(view.narrow.albums.add, [3, 1])
        dialog = view.narrow.albums.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("Sea")
        dialog.accept()
        await until(lambda: ("make", "Sea", (3, 1)) in desk.library.calls)
        assert drop(view.narrow.albums.favourites, [5])
        await until(lambda: ("favourite", (5,), True) in desk.library.calls)
        plain = QMimeData()
        plain.setText("words")
        enter = QDragEnterEvent(QPoint(4, 4), COPY, plain, LEFT, PLAIN)
        view.narrow.albums.favourites.dragEnterEvent(enter)
        assert not enter.isAccepted()

    desk.run(story)


def test_ctrl_b_finds_an_album_by_typing_or_makes_one(desk: Desk) -> None:
    desk.library.albums.make("Holidays", [1])
    desk.library.albums.make("Sea")
    desk.library.albums.make("Seaside")

    async def story() -> None:
        view = await ready(desk)
        view.grid.select_row(1)
        view.grid.select_row(2, extend=True)
        QTest.keyClick(view.grid, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        dialog = desk.window.findChild(AlbumDialog)
        assert dialog is not None
        await until(lambda: len(dialog.shown()) == 3)
        QTest.keyClicks(dialog.box, "sea")
        assert dialog.shown() == ["Sea", "Seaside"]
        QTest.keyClick(dialog.box, Qt.Key.Key_Down)
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: ("add_to", 3, (2, 3)) in desk.library.calls)
        await until(lambda: "2 items put into “Seaside”" in desk.window.toasts.texts())
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        view.grid.setFocus()
        QTest.keyClick(view.grid, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        dialog = desk.window.findChildren(AlbumDialog)[-1]
        QTest.keyClicks(dialog.box, "Far  away")
        await until(lambda: dialog.shown() == ["New album “Far away”"])
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: ("make", "Far away", (2, 3)) in desk.library.calls)
        await until(lambda: "“Far away” is made, with 2 items." in desk.window.toasts.texts())

    desk.run(story)


def test_an_album_that_cannot_be_called_so_is_refused_in_a_sentence(desk: Desk) -> None:
    desk.library.albums.make("Sea")

    async def story() -> None:
        view = await ready(desk)
        view.deeds.make_album("sea")
        await until(lambda: any("Another album is called" in text for text in desk.window.toasts.texts()))

    desk.run(story)


def test_items_are_taken_out_of_an_album_and_moved_in_it(desk: Desk) -> None:
    desk.library.albums.make("Sea", [1, 2, 3, 4])

    async def story() -> None:
        view = await ready(desk)
        await until(lambda: names(view) == ["Sea 4"])
        view.grid.select_row(0)
        QTest.keyClick(view.grid, Qt.Key.Key_Delete)
        await until(lambda: "No album shows." in desk.window.toasts.texts())
        QTest.mouseClick(view.narrow.albums.album_lines()[0], LEFT)
        await until(lambda: list(view.grid.cells.ids) == [1, 2, 3, 4] and view.grid.sortable)
        view.grid.setFocus()
        view.grid.select_row(3)
        assert view.grid.dropping.row_at(view.grid.place_of(1).center() - QPoint(20, 0)) == 1
        assert view.grid.dropping.row_at(view.grid.place_of(1).center() + QPoint(20, 0)) == 2
        assert view.grid.dropping.row_at(view.grid.place_of(3).center() + QPoint(20, 0)) == 4
        view.grid.moved.emit(1)
        await until(lambda: list(view.grid.cells.ids) == [1, 4, 2, 3])
        view.grid.moved.emit(4)
        await until(lambda: desk.library.calls.count(("move", 1, (4,), None)) == 1)
        await until(lambda: list(view.grid.cells.ids) == [1, 2, 3, 4])
        view.grid.select_row(1)
        QTest.keyClick(view.grid, Qt.Key.Key_Delete)
        await until(lambda: list(view.grid.cells.ids) == [1, 3, 4])
        await until(lambda: any("taken out of “Sea”" in text for text in desk.window.toasts.texts()))
        view.grid.select_row(0)
        QTest.keyClick(view.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
        await until(lambda: list(view.grid.cells.ids) == [3, 1, 4])
        assert view.grid.selected_ids() == [1]
        QTest.keyClick(view.grid, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
        await until(lambda: list(view.grid.cells.ids) == [1, 3, 4])
        QTest.keyClick(view.grid, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)  # it is the first
        assert view.bar.count == "3 items"
        view.bar.set_sort("name")
        view.seeker.ask('album:"Sea"', "name")
        await until(lambda: not view.grid.sortable)
        view.grid.moved.emit(0)  # nothing: the order is not the user's
        assert desk.library.calls.count(("move", 1, (4,), 1)) == 0

    desk.run(story)


def test_a_line_shows_where_dragged_rows_would_lie(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        grid, accent = view.grid, desk.look.colour("accent")
        place = grid.place_of(1)
        line = QPoint(place.left() - grid.plan.measures.gap // 2 - 1, place.center().y())
        assert grid.viewport().grab().toImage().pixelColor(line) != accent
        grid.dropping._show(1)
        assert grid.viewport().grab().toImage().pixelColor(line) == accent

    desk.run(story)


def test_only_rows_of_the_grid_itself_are_put_into_order(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.grid.sortable = True
        assert not drop(view.grid, [1])  # it comes from elsewhere

    desk.run(story)


def test_smart_albums_are_counted_and_album_facets_wait_for_a_search(desk: Desk) -> None:
    desk.library.searches.save("Boats", "boat", "")

    async def story() -> None:
        view = await ready(desk)

        def said() -> list[str]:
            items = (view.narrow.kept.itemAt(index) for index in range(view.narrow.kept.count()))
            return [line.accessibleName() for item in items if item and isinstance(line := item.widget(), Line)]

        await until(lambda: said() == ["Boats 10"])

    desk.run(story)


# --- stacks


def test_g_stacks_o_opens_and_shift_g_takes_apart(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        assert view.bar.count == "60 items"
        view.grid.select_row(4)
        QTest.keyClick(view.grid, Qt.Key.Key_G)
        await until(lambda: "Select two or more items to stack them." in desk.window.toasts.texts())
        view.grid.select_row(2, extend=True)  # the last one is the current one: it comes on top
        QTest.keyClick(view.grid, Qt.Key.Key_G)
        await until(lambda: ("stack", (3, 4, 5)) in desk.library.calls)
        await until(lambda: list(view.grid.cells.ids[:5]) == [1, 2, 3, 6, 7])
        assert view.bar.count == "60 items (2 inside stacks)"
        assert beneath(view.grid.front, 0, 58) == 2
        await until(lambda: (cell := view.grid.cell_at(2)) is not None and cell.stacked == 3)
        assert not view.grid.grab().isNull()
        view.grid.select_row(2)
        QTest.keyClick(view.grid, Qt.Key.Key_O)
        await until(lambda: list(view.grid.cells.ids[:6]) == [1, 2, 3, 4, 5, 6])
        assert view.grid.opened == {1}
        assert not view.grid.grab().isNull()
        view.grid.select_row(4)
        QTest.keyClick(view.grid, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
        await until(lambda: ("lead", 5) in desk.library.calls)
        QTest.keyClick(view.grid, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
        await until(lambda: ("unstack", (5,)) in desk.library.calls)
        await until(lambda: view.bar.count == "60 items")
        undo(desk, "stand alone again")
        await until(lambda: desk.library.undone == ["unstack"])

    desk.run(story)


def test_the_sign_of_a_stack_opens_it_with_the_mouse(desk: Desk) -> None:
    desk.library.keep.stack([2, 3, 4])

    async def story() -> None:
        view = await ready(desk)
        await until(lambda: (cell := view.grid.cell_at(1)) is not None and cell.stacked == 3)
        sign = picture_of(view.grid, 1).topRight() + QPoint(-14, 14)
        assert opens(view.grid, 1, sign)
        assert not opens(view.grid, 0, picture_of(view.grid, 0).topRight() + QPoint(-14, 14))
        QTest.mouseClick(view.grid.viewport(), LEFT, pos=sign)
        await until(lambda: list(view.grid.cells.ids[:4]) == [1, 2, 3, 4])
        assert not len(view.grid.selection)
        QTest.mouseDClick(view.grid.viewport(), LEFT, pos=sign)
        assert desk.window.current is view  # a double click on the sign opens no viewer
        QTest.mouseClick(view.grid.viewport(), LEFT, pos=sign)
        await until(lambda: list(view.grid.cells.ids[:3]) == [1, 2, 5])
        assert list(view.export_ids())[:2] == [1, 2]
        assert len(view.export_ids()) == 60  # an export leaves out nothing

    desk.run(story)


def test_what_is_carried_comes_out_again() -> None:
    data = QMimeData()
    assert carried(data) == []
    carry(data, [3, 1, 2])
    assert carried(data) == [3, 1, 2]


def test_queries_know_their_album() -> None:
    assert query.album_of('album:"Sea side" type:photo') == "Sea side"
    assert query.album_of("album:a album:b") == ""
    assert query.album_of("-album:a") == ""
    assert query.order_of("type:photo", "album") == "taken"
    assert query.order_of("album:a", "album") == "album"
    assert query.order_of("", "name") == "name"
