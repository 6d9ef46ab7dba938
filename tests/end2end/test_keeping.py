"""Sorting and keeping as a user does it: in the window over a real library, again after a restart, and by command."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import qasync
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.shell.albuming import AlbumDialog
from desktop.views.library import LibraryView
from desktop.window import Window
from engine.library import Library
from engine.model import Edit
from tests.desktop.conftest import until
from tests.end2end.test_command_line import kinora
from tests.end2end.test_window import loop, run

__all__ = ["loop"]
pytestmark = pytest.mark.end2end
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder with a library of eight small pictures."""
    (tmp_path / "in").mkdir()
    for number in range(8):
        Image.new("RGB", (80 + number, 60), (number * 30, 90, 9)).save(tmp_path / "in" / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as library:
        for _ in library.add([tmp_path / "in"], watch=False):
            pass
    return tmp_path


async def shown(window: Window) -> LibraryView:
    window.show_view("library")
    view = window.view("library")
    assert isinstance(view, LibraryView)
    window.activateWindow()
    await until(window.isActiveWindow)
    view.bar.narrow.setChecked(True)
    view.bar.set_sort("name")
    view.seeker.ask("", "name")
    await until(lambda: view.grid.cell_at(0) is not None and view.seeker.listing.ids == view.grid.cells.ids, 20)
    return view


def select(view: LibraryView, rows: Sequence[int]) -> None:
    view.grid.setFocus()
    view.grid.select_row(rows[0])
    for row in rows[1:]:
        view.grid.select_row(row, toggle=True)


def test_albums_favourites_and_stacks_in_the_window_and_after_a_restart(
    qapp: QApplication, loop: qasync.QEventLoop, room: Path
) -> None:
    async def first(window: Window) -> None:
        assert window.ops is not None
        library = window.ops.library
        view = await shown(window)
        ids = list(view.grid.cells.ids)
        assert len(ids) == 8
        select(view, [0, 1, 2])
        QTest.keyClick(view.grid, Qt.Key.Key_F)
        await until(lambda: library.keep.favourites() == 3)
        QTest.keyClick(view.grid, Qt.Key.Key_B, CONTROL)
        dialog = window.findChild(AlbumDialog)
        assert dialog is not None
        QTest.keyClicks(dialog.box, "Sea side")
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: [(one.name, one.count) for one in library.albums.listing()] == [("Sea side", 3)])
        await until(lambda: [line.words for line in view.narrow.albums.album_lines()] == ["Sea side"])
        window.activateWindow()
        await until(window.isActiveWindow)
        select(view, [4, 5, 6])
        QTest.keyClick(view.grid, Qt.Key.Key_G)
        await until(lambda: len(view.grid.cells.ids) == 6 and view.bar.count == "8 items (2 inside stacks)", 20)
        assert library.keep.members(ids[4]) == [ids[6], ids[4], ids[5]]
        QTest.mouseClick(view.narrow.albums.album_lines()[0], Qt.MouseButton.LeftButton)
        await until(lambda: list(view.grid.cells.ids) == ids[:3], 20)
        view.grid.setFocus()
        select(view, [0])
        QTest.keyClick(view.grid, Qt.Key.Key_Delete)
        await until(lambda: list(view.grid.cells.ids) == ids[1:3], 20)
        QTest.keyClick(view.grid, Qt.Key.Key_Z, CONTROL)
        await until(lambda: list(view.grid.cells.ids) == ids[:3], 20)

    async def second(window: Window) -> None:
        view = await shown(window)
        await until(lambda: [line.accessibleName() for line in view.narrow.albums.album_lines()] == ["Sea side 3"], 20)
        await until(lambda: view.bar.count == "8 items (2 inside stacks)", 20)
        assert view.narrow.albums.favourites.accessibleName() == "Favourites 3"
        stack = next(row for row in range(6) if (cell := view.grid.cell_at(row)) is not None and cell.stacked == 3)
        select(view, [stack])
        QTest.keyClick(view.grid, Qt.Key.Key_G, SHIFT)
        await until(lambda: len(view.grid.cells.ids) == 8, 20)
        QTest.keyClick(view.grid, Qt.Key.Key_Z, CONTROL)
        await until(lambda: len(view.grid.cells.ids) == 6, 20)

    run(loop, qapp, room / "library", first)
    run(loop, qapp, room / "library", second)


def test_several_are_edited_in_the_panel_as_one_step(qapp: QApplication, loop: qasync.QEventLoop, room: Path) -> None:
    async def story(window: Window) -> None:
        assert window.ops is not None
        library = window.ops.library
        view = await shown(window)
        ids = list(view.grid.cells.ids)
        view.bar.details.setChecked(True)
        select(view, [1, 2])
        batch = view.details.batch
        await until(batch.isVisible)
        await until(lambda: batch._ids == ids[1:3])
        QTest.keyClicks(batch.tag, "harbour")
        QTest.keyClick(batch.tag, Qt.Key.Key_Return)
        QTest.keyClicks(batch.note, "periwinkle")
        batch.stars.setFocus()
        QTest.keyClick(batch.stars, Qt.Key.Key_5)
        assert batch.wanted() == Edit(rating=5, tags=("harbour",), note="periwinkle")
        QTest.mouseClick(batch.apply, Qt.MouseButton.LeftButton)
        await until(lambda: list(library.listing("periwinkle tag:harbour rating:5", "name").ids) == ids[1:3], 20)
        assert library.undo() == "Undone: Edited 2 items"
        assert not len(library.listing("periwinkle OR tag:harbour OR rating:5").ids)

    run(loop, qapp, room / "library", story)


def test_albums_and_what_is_kept_by_command(room: Path) -> None:
    def told(*words: str, code: int = 0) -> Any:
        found, out, err = kinora(room, *words, "--json")
        assert found == code, err
        return json.loads(out) if out else json.loads(err)

    first, second, third = (str(room / "in" / f"{number}.png") for number in range(3))
    assert told("albums", code=1) == []
    assert told("albums", "make", "Sea side", first, third) == {"make": 1}
    assert told("albums", "add", "sea side", "--query", "type:photo") == {"add": 6}
    assert told("albums", "remove", "Sea side", second) == {"remove": 1}
    assert told("albums", "rename", "Sea side", "Coast") == {"rename": 1}
    assert kinora(room, "saved", "add", "Best", "rating:5")[0] == 0
    rows = told("albums")
    assert [(row["name"], row["count"], row["smart"]) for row in rows] == [("Coast", 7, False), ("Best", 0, True)]
    assert [row["name"] for row in told("albums", "show", "Coast")][:2] == ["0.png", "2.png"]
    assert told("keep", "favourite", first, second) == {"favourite": 2}
    assert told("keep", "note", first, "from the old pier") == {"note": 1}
    assert told("keep", "stack", first, third) == {"stack": 2}
    found = told("show", first)
    assert (found["favourite"], found["note"], found["albums"]) == (True, "from the old pier", ["Coast"])
    assert [hit["why"] for hit in told("search", "pier")] == ["note"]
    assert told("keep", "origins", first, code=1) == []
    assert told("albums", "add", "Nowhere", first, code=2)["error"] == "There is no album “Nowhere”."
    assert told("albums", "delete", "Coast") == {"delete": 1}
    code, out, _ = kinora(room, "albums")
    assert code == 0
    assert "smart album" in out
    assert "Coast" not in out
