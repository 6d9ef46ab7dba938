"""The people view: names, questions, moving faces, merging, erasing, by mouse and by keyboard."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from desktop.views.faces import board
from desktop.views.faces.deeds import proof_words
from desktop.views.faces.draw import TilePaint
from desktop.views.faces.naming import PersonDialog
from desktop.views.people import PeopleView
from engine.model import Erased, Suggestion
from tests.desktop.conftest import Desk, until
from tests.desktop.senses import person


def people_view(desk: Desk) -> PeopleView:
    view = desk.window.view("people")
    assert isinstance(view, PeopleView)
    return view


async def ready(desk: Desk) -> PeopleView:
    view = people_view(desk)
    await until(lambda: view.crowd.tiles.tiles)
    return view


def press(view: PeopleView, text: str) -> None:
    box = view.findChildren(QMessageBox)[-1]
    next(one for one in box.buttons() if one.text() == text).click()


def test_named_people_come_first(desk: Desk, picture: Path) -> None:
    desk.library.people.pictures[0] = picture

    async def story() -> None:
        view = await ready(desk)
        tiles = view.crowd.tiles
        assert [tile.title for tile in tiles.tiles] == ["Anna", "Ben", *["Add a name"] * 4]
        assert tiles.sections == (("Named · 2", 0), ("Not named yet · 4", 2))
        view.grab()
        await until(lambda: tiles.previews.used > 0)
        view.grab()
        view.crowd.box.setText("an")
        assert [tile.title for tile in tiles.tiles] == ["Anna"]

    desk.run(story, view="people")


def test_the_keyboard_alone_names_opens_and_takes_out(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        tiles = view.crowd.tiles
        tiles.setFocus()
        QTest.keyClick(tiles, Qt.Key.Key_Home)
        QTest.keyClick(tiles, Qt.Key.Key_Down)
        QTest.keyClick(tiles, Qt.Key.Key_F2)
        await until(view.crowd.naming.isVisible)
        QTest.keyClicks(view.crowd.naming, "  Nina   Simone ")
        QTest.keyClick(view.crowd.naming, Qt.Key.Key_Return)
        await until(lambda: ("name", 3, "Nina Simone") in desk.library.calls)
        await until(lambda: "This is Nina Simone." in desk.window.toasts.texts())
        await until(lambda: tiles.row_of(3) >= 0 and tiles.tiles[tiles.row_of(3)].title == "Nina Simone")
        assert tiles.key_at(tiles.current) == 3, "the focus stays on the person that was named"
        QTest.keyClick(tiles, Qt.Key.Key_Return)
        await until(lambda: view.single.tiles.tiles)
        assert view.pile.currentWidget() is view.single
        assert view.single.title.whole == "Nina Simone"
        QTest.keyClick(view.single.tiles, Qt.Key.Key_Home)
        QTest.keyClick(view.single.tiles, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(view.single.tiles, Qt.Key.Key_Delete)
        await until(lambda: ("deny", (300, 301), 3) in desk.library.calls)
        await until(lambda: len(view.single.tiles.tiles) == 6)
        QTest.keyClick(view.single.tiles, Qt.Key.Key_Escape)
        assert view.pile.currentWidget() is view.crowd

    desk.run(story, view="people")


def test_escape_leaves_the_name_as_it_was(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.crowd.rename(0)
        QTest.keyClicks(view.crowd.naming, "Wrong")
        QTest.keyClick(view.crowd.naming, Qt.Key.Key_Escape)
        assert not view.crowd.naming.isVisible()
        assert not any(call[0] == "name" for call in desk.library.calls)

    desk.run(story, view="people")


def test_a_name_in_use_asks_whether_to_merge(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.crowd.rename(view.crowd.tiles.row_of(4))
        view.crowd.naming.setText("anna")
        QTest.keyClick(view.crowd.naming, Qt.Key.Key_Return)
        await until(lambda: view.findChildren(QMessageBox))
        assert not any(call[0] == "name" for call in desk.library.calls), "nothing happens before the answer"
        press(view, "Merge")
        await until(lambda: ("name", 4, "anna") in desk.library.calls)
        await until(lambda: view.crowd.tiles.row_of(4) < 0)
        await until(lambda: "Merged with Anna." in desk.window.toasts.texts())

    desk.run(story, view="people")


def test_dragging_one_on_another_merges(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.crowd.tiles.dropped.emit([3, 5], 1)
        await until(lambda: ("merge", (1, 3, 5)) in desk.library.calls)
        view.crowd.tiles.dropped.emit([2], 1)  # two names: asked first
        await until(lambda: view.findChildren(QMessageBox))
        press(view, "Keep apart")
        await asyncio.sleep(0.05)
        assert ("merge", (1, 2)) not in desk.library.calls

    desk.run(story, view="people")


def test_questions_are_answered_with_keys(desk: Desk) -> None:
    rows, faces = desk.library.people.rows, desk.library.people.faces
    desk.library.people.questions = [
        Suggestion(rows[1], rows[3], None, 0.71),
        Suggestion(rows[1], None, faces[400], 0.64),
        Suggestion(rows[2], rows[5], None, 0.6),
    ]

    async def story() -> None:
        view = await ready(desk)
        asks = view.questions
        await until(asks.isVisible)
        assert asks.title.text() == "Is this Anna?"
        assert "2 more questions" in asks.note.text()
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        view.crowd.tiles.setFocus()
        asks.skip()
        assert asks.now is not None
        assert asks.now.appearance is not None
        assert asks.never.isHidden()
        QTest.keyClick(view.crowd.tiles, Qt.Key.Key_N)
        await until(lambda: ("deny", (400,), 1) in desk.library.calls)
        await until(lambda: asks.now is not None and asks.now.other is not None and asks.now.other.id == 5)
        asks.never.click()
        await until(lambda: ("never", 2, 5) in desk.library.calls)

    desk.run(story, view="people")


def test_yes_merges_and_a_skipped_question_does_not_return(desk: Desk) -> None:
    rows = desk.library.people.rows
    desk.library.people.questions = [Suggestion(rows[1], rows[3], None, 0.7), Suggestion(rows[1], rows[4], None, 0.6)]

    async def story() -> None:
        view = await ready(desk)
        await until(view.questions.isVisible)
        view.questions.skip()
        view.questions.answer("yes")
        await until(lambda: ("merge", (1, 4)) in desk.library.calls)
        view.refresh()
        await asyncio.sleep(0.1)
        assert not view.questions.isVisible()

    desk.run(story, view="people")


def test_faces_are_moved_split_and_shown_in_their_file(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.open_person(1)
        await until(lambda: len(view.single.tiles.tiles) == 8)
        assert view.single.tiles.sections == (("Faces · 7", 0), ("Voices · 1", 7))
        tiles = view.single.tiles
        tiles.select_row(0)
        view.move_faces()
        dialog = view.findChild(PersonDialog)
        assert dialog is not None
        QTest.keyClicks(dialog.box, "Be")
        assert dialog.list.texts()[0] == "Ben"
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: ("assign", (100,), 2) in desk.library.calls)
        await until(lambda: len(tiles.tiles) == 7)
        tiles.select_row(0)
        tiles.select_row(2, extend=True)
        view.split()
        await until(lambda: ("assign", (101, 102, 103), None) in desk.library.calls)
        await until(lambda: len(tiles.tiles) == 4)
        assert view.whom == 1
        tiles.select_row(0)
        view.cover()
        await until(lambda: ("cover", 1, 104) in desk.library.calls)
        view.show_appearance()
        viewer = desk.window.view("viewer")
        await until(lambda: desk.window.current is viewer)
        assert viewer.selected() == [5]
        await asyncio.sleep(0.1)

    desk.run(story, view="people")


def test_faces_go_to_a_new_name(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.open_person(3)
        await until(lambda: view.single.tiles.tiles)
        view.single.tiles.select_row(1)
        view.move_faces()
        dialog = view.findChild(PersonDialog)
        assert dialog is not None
        dialog.box.setText("Carla")
        dialog.go.click()
        await until(lambda: any(one.name == "Carla" for one in desk.library.people.rows.values()))

    desk.run(story, view="people")


def test_erasing_asks_and_proves(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.crowd.tiles.select_row(0)
        view.erase()
        box = view.findChildren(QMessageBox)[-1]
        assert "cannot be undone" in box.informativeText()
        press(view, "Erase")
        await until(lambda: ("erase", 1) in desk.library.calls)
        await until(lambda: any("8 before, 0 now" in one.informativeText() for one in view.findChildren(QMessageBox)))
        await until(lambda: view.crowd.tiles.row_of(1) < 0)

    desk.run(story, view="people")


def test_hidden_people_can_be_listed_and_shown_again(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.crowd.tiles.select_row(1)
        view.hide_chosen()
        await until(lambda: view.crowd.tiles.row_of(2) < 0)
        view.crowd.hidden.setChecked(True)
        await until(lambda: view.crowd.tiles.row_of(2) >= 0)
        view.crowd.tiles.select_row(view.crowd.tiles.row_of(2))
        view.hide_chosen()
        await until(lambda: ("hide", (2,), False) in desk.library.calls)

    desk.run(story, view="people")


def test_an_empty_library_says_what_is_missing(desk: Desk) -> None:
    desk.library.people.rows.clear()
    desk.library.people.faces.clear()

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view.crowd.empty.title.text() == "Nobody yet" and view.crowd.empty.text.text())
        desk.library.set("people.biometrics", False)
        await until(lambda: view.crowd.empty.title.text() == "People are not recognised")

    desk.run(story, view="people")


def test_the_rubber_band_selects_and_tab_reaches_the_buttons(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        tiles = view.crowd.tiles
        port = tiles.viewport()
        start = QPoint(3, tiles.place_of(2).top() - 4)
        end = tiles.place_of(3).center()
        QTest.mousePress(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        tiles._stretch(end)
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
        assert tiles.selected_keys()[:2] == [3, 4]
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        tiles.setFocus()
        seen: list[QWidget] = []
        for _ in range(25):
            widget = QApplication.focusWidget()
            if widget is None or widget in seen:
                break
            seen.append(widget)
            QTest.keyClick(widget, Qt.Key.Key_Tab)
        assert view.crowd.box in seen
        nameless = [one for one in seen if not (one.accessibleName() or getattr(one, "text", str)())]
        assert not nameless

    desk.run(story, view="people")


def test_fits_a_small_window_with_long_names_in_the_dark(desk: Desk) -> None:
    desk.look.choose("dark")
    desk.library.people.rows[1] = person(
        1, "Wilhelmina Alexandrina von und zu Hohenlohe-Waldenburg-Schillingsfürst " * 2
    )
    desk.library.people.questions = [Suggestion(desk.library.people.rows[1], desk.library.people.rows[3], None, 0.7)]

    async def story() -> None:
        view = await ready(desk)
        await until(view.questions.isVisible)
        assert not view.grab().isNull()
        assert view.questions.width() <= view.width()
        view.open_person(1)
        await until(lambda: view.single.tiles.tiles)
        assert not view.grab().isNull()
        assert view.single.tiles.height() > 120, "the head leaves no room for the faces"

    desk.run(story, view="people", size=(800, 560))


def test_faces_for_which_a_painting_had_no_time_are_painted_in_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "BUDGET", 0.0)
    drawn: set[str] = set()
    tile = TilePaint.tile

    def noted(self: TilePaint, *rest: Any) -> None:
        drawn.add(f"{rest[2][0]} {rest[1].x()} {rest[1].y()}")
        tile(self, *rest)

    monkeypatch.setattr(TilePaint, "tile", noted)

    async def story() -> None:
        view = await ready(desk)
        await until(lambda: len(drawn) >= len(view.crowd.tiles.tiles))
        await until(lambda: not view.crowd.tiles._owed)

    desk.run(story, view="people")


def test_the_proof_says_when_something_is_left() -> None:
    assert "Nothing is left" in proof_words(Erased({"faces": 3}, {"faces": 0}))
    assert "2 entries are left" in proof_words(Erased({"faces": 3}, {"faces": 2}))


def test_names_in_sidecar_files_are_taken_over_by_the_command(desk: Desk) -> None:
    async def story() -> None:
        view, said = await ready(desk), list[str]()
        view.message.connect(said.append)
        desk.window.commands.people.import_names()
        await until(lambda: said)
        assert said == ["Taken over: 2 faces in 1 file, 2 people."]
        assert ("import",) in desk.library.calls

    desk.run(story, view="people")
