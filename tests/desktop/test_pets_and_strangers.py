"""Pets and strangers in the window: their own sections, by mouse, by keyboard and by dragging."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.views.faces.naming import PersonDialog
from desktop.views.faces.tiles import DRAGGED, DropButton, Tiles, dragged, parcel
from desktop.views.people import PeopleView
from engine.model import Suggestion
from tests.desktop.conftest import Desk, until
from tests.desktop.senses import person
from tests.desktop.test_people_view import people_view, ready


def strange(desk: Desk, count: int = 3) -> None:
    """Let some faces be nobody's."""
    faces = desk.library.people.faces
    for number in list(faces)[:count]:
        faces[number] = replace(faces[number], person=None, name="", how="")


async def page(desk: Desk) -> PeopleView:
    view = await ready(desk)
    QTest.mouseClick(view.crowd.strangers.show_, Qt.MouseButton.LeftButton)
    await until(lambda: view.strangers.tiles.tiles)
    return view


def drag(tiles: Tiles, row: int, target: QWidget, at: QPoint) -> bool:
    """Drag what is selected of a board over a place and let it go, as the system tells it; whether it was taken."""
    if row not in tiles.selection:
        tiles.select_row(row)
    data, action = parcel(tiles.selected_keys()), Qt.DropAction.MoveAction
    how = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entered = QDragEnterEvent(at, action, *how)
    QApplication.sendEvent(target, entered)
    if not entered.isAccepted():
        return False
    over = QDragMoveEvent(at, action, *how)
    QApplication.sendEvent(target, over)
    dropped = QDropEvent(QPointF(at), action, *how)
    dropped.setAccepted(False)
    QApplication.sendEvent(target, dropped)
    return dropped.isAccepted()


def test_pets_have_a_section_of_their_own(desk: Desk) -> None:
    people = desk.library.people
    people.rows |= {7: person(7, "Rex", pet=True), 8: person(8, pet=True)}

    async def story() -> None:
        view = await ready(desk)
        tiles = view.crowd.tiles
        assert tiles.sections == (("Named · 2", 0), ("Pets · 2", 2), ("Not named yet · 4", 4))
        assert [tile.title for tile in tiles.tiles][2:4] == ["Rex", "Add a name"]
        view.crowd.box.setText("rex")
        assert tiles.sections == (("Pets · 1", 0),)
        view.crowd.box.setText("nobody at all")
        assert view.crowd._pile.currentWidget() is view.crowd.nobody
        view.crowd.box.clear()
        tiles.select_row(tiles.row_of(7))
        view.show_files()
        await until(lambda: ("listing", 'pet:"Rex"', "taken") in [call[:3] for call in desk.library.calls])

    desk.run(story, view="people")


def test_one_key_makes_a_pet_and_undo_brings_it_back(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        tiles = view.crowd.tiles
        tiles.select_row(tiles.row_of(4))
        tiles.setFocus()
        QTest.keyClick(tiles, Qt.Key.Key_P)
        await until(lambda: ("pet", (4,), True) in desk.library.calls)
        await until(lambda: "Among the pets now." in desk.window.toasts.texts())
        await until(lambda: tiles.sections[1] == ("Pets · 1", 2))
        view.open_person(4)
        await until(lambda: view.single.pet.text() == "Not a pet (P)")
        QTest.mouseClick(view.single.pet, Qt.MouseButton.LeftButton)
        await until(lambda: ("pet", (4,), False) in desk.library.calls)

    desk.run(story, view="people")


def test_strangers_are_counted_and_ignored_as_a_whole(desk: Desk) -> None:
    strange(desk, 3)

    async def story() -> None:
        view = await ready(desk)
        bar = view.crowd.strangers
        await until(bar.isVisible)
        assert bar.words.text() == "Strangers · 3"
        QTest.mouseClick(bar.ignore, Qt.MouseButton.LeftButton)
        await until(lambda: any(call[0] == "ignore" for call in desk.library.calls))
        await until(lambda: "All strangers are left alone." in desk.window.toasts.texts())
        await until(lambda: not bar.isVisible())

    desk.run(story, view="people")


def test_the_keys_of_the_strangers(desk: Desk) -> None:
    strange(desk, 6)

    async def story() -> None:
        view = await page(desk)
        tiles = view.strangers.tiles
        tiles.setFocus()
        keys = [tile.key for tile in tiles.tiles]
        QTest.keyClick(tiles, Qt.Key.Key_Home)
        QTest.keyClick(tiles, Qt.Key.Key_Delete)
        await until(lambda: ("ignore", (keys[0],), True) in desk.library.calls)
        await until(lambda: len(tiles.tiles) == 5)
        QTest.keyClick(tiles, Qt.Key.Key_Home)
        QTest.keyClick(tiles, Qt.Key.Key_M)
        await until(lambda: view.findChildren(PersonDialog))
        dialog = view.findChildren(PersonDialog)[-1]
        QTest.keyClicks(dialog.box, "Nina")
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: ("assign", (keys[1],), None) in desk.library.calls)
        await until(lambda: any(call[0] == "name" and call[2] == "Nina" for call in desk.library.calls))
        await until(lambda: len(tiles.tiles) == 4)
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        tiles.setFocus()
        QTest.keyClick(tiles, Qt.Key.Key_Home)
        QTest.keyClick(tiles, Qt.Key.Key_P)
        await until(lambda: any(call[0] == "pet" for call in desk.library.calls))
        await until(lambda: len(tiles.tiles) == 3)
        QTest.mouseClick(view.strangers.all, Qt.MouseButton.LeftButton)
        await until(lambda: view.strangers.empty.isVisible())
        view.strangers.back.setFocus()
        QTest.keyClick(view.strangers.back, Qt.Key.Key_Escape)
        await until(lambda: view.pile.currentWidget() is view.crowd)

    desk.run(story, view="people")


def test_a_stranger_dragged_on_another_is_the_same(desk: Desk) -> None:
    strange(desk, 4)

    async def story() -> None:
        view = await page(desk)
        tiles = view.strangers.tiles
        keys = [tile.key for tile in tiles.tiles]
        assert drag(tiles, 0, tiles.viewport(), tiles.place_of(2).center())
        await until(lambda: ("assign", (keys[2], keys[0]), None) in desk.library.calls)
        await until(lambda: "They are one person now." in desk.window.toasts.texts())

    desk.run(story, view="people")


def test_a_person_dragged_on_another_becomes_that_one(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        tiles = view.crowd.tiles
        assert not drag(tiles, tiles.row_of(5), tiles.viewport(), QPoint(2, tiles.viewport().height() - 2)), "nobody"
        assert drag(tiles, tiles.row_of(5), tiles.viewport(), tiles.place_of(0).center())
        await until(lambda: ("merge", (1, 5)) in desk.library.calls)
        assert [call for call in desk.library.calls if call[0] == "merge"] == [("merge", (1, 5))]

    desk.run(story, view="people")


@pytest.mark.parametrize(("text", "call"), [("Not this person (Del)", "deny"), ("New person", "assign")])
def test_faces_dragged_on_a_button_leave_the_person(desk: Desk, text: str, call: str) -> None:
    async def story() -> None:
        view = await ready(desk)
        view.open_person(1)
        await until(lambda: view.single.tiles.tiles)
        target = next(one for one in view.single.findChildren(DropButton) if one.text() == text)
        view.single.tiles.select_row(0)
        view.single.tiles.select_row(1, extend=True)
        assert drag(view.single.tiles, 0, target, target.rect().center())
        await until(lambda: any(one[0] == call and one[1] == (100, 101) for one in desk.library.calls))

    desk.run(story, view="people")


@pytest.mark.parametrize("where", ["tiles", "button", "more"])
def test_one_key_answers_wherever_the_focus_is(desk: Desk, where: str) -> None:
    people = desk.library.people
    people.questions = [
        Suggestion(people.rows[1], people.rows[3], None, 0.9), Suggestion(people.rows[1], people.rows[4], None, 0.7),
        Suggestion(people.rows[2], None, people.faces[500], 0.6),
    ]  # fmt: skip

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view._questions is not None and view.questions.isVisible())
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        here = {"tiles": view.crowd.tiles, "button": view.questions.no, "more": view.crowd.more}[where]
        here.setFocus()
        QTest.keyClick(here, Qt.Key.Key_Y)
        await until(lambda: ("merge", (1, 3)) in desk.library.calls)
        await until(lambda: "Learned: 8 more faces of Anna." in desk.window.toasts.texts())
        await until(lambda: view.questions.now is not None and view.questions.now.other == people.rows[4])
        QTest.keyClick(here, Qt.Key.Key_N)
        denied = tuple(number for number, face in people.faces.items() if face.person == 4)
        await until(lambda: ("deny", denied, 1) in desk.library.calls)
        await until(lambda: any(text.startswith("Learned: that is not Anna.") for text in desk.window.toasts.texts()))
        QTest.keyClick(here, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: any(text.startswith("Undone") for text in desk.window.toasts.texts()))

    desk.run(story, view="people")


def test_an_animal_in_a_question_goes_among_the_pets(desk: Desk) -> None:
    people = desk.library.people
    people.questions = [
        Suggestion(people.rows[1], people.rows[3], None, 0.9), Suggestion(people.rows[1], None, people.faces[500], 0.8),
        Suggestion(person(9, pet=True), person(8, pet=True), None, 0.4),
    ]  # fmt: skip

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view._questions is not None and view.questions.isVisible())
        QTest.mouseClick(view.questions.animal, Qt.MouseButton.LeftButton)
        await until(lambda: ("pet", (3,), True) in desk.library.calls)
        people.questions = people.questions[1:]
        await until(lambda: view.questions.now is not None and view.questions.now.appearance is not None)
        QTest.mouseClick(view.questions.animal, Qt.MouseButton.LeftButton)
        await until(lambda: ("assign", (500,), None) in desk.library.calls)
        people.questions = people.questions[1:]
        await until(lambda: view.questions.title.text() == "Are these the same animal?")
        assert view.questions.animal.isHidden()

    desk.run(story, view="people")


def test_the_face_in_question_is_shown_in_its_file_by_a_key(desk: Desk) -> None:
    people = desk.library.people
    people.questions = [Suggestion(people.rows[1], None, people.faces[500], 0.9)]

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view._questions is not None and view.questions.isVisible())
        shown = []
        view.open_moment.connect(lambda ids, index, query, moment: shown.append((list(ids), moment)))
        view.questions.asked.setFocus()
        view.questions.grab()
        QTest.keyClick(view.questions.asked, Qt.Key.Key_Return)
        assert shown == [([people.faces[500].asset], people.faces[500].moment)]
        await until(lambda: desk.window.current is desk.window.view("viewer"))

    desk.run(story, view="people")


def test_letters_that_are_typed_answer_nothing(desk: Desk) -> None:
    people = desk.library.people
    people.questions = [Suggestion(people.rows[1], people.rows[3], None, 0.9)]

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view._questions is not None and view.questions.isVisible())
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        view.crowd.box.setFocus()
        QTest.keyClicks(view.crowd.box, "yns")
        assert view.crowd.box.text() == "yns"
        assert view.questions.now is not None
        assert not any(call[0] in ("merge", "deny") for call in desk.library.calls)

    desk.run(story, view="people")


def test_the_last_answer_leaves_the_focus_in_the_view(desk: Desk) -> None:
    people = desk.library.people
    people.questions = [Suggestion(people.rows[1], None, people.faces[500], 0.9)]

    async def story() -> None:
        view = people_view(desk)
        await until(lambda: view._questions is not None and view.questions.isVisible())
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        view.questions.yes.setFocus()
        QTest.keyClick(view.questions.yes, Qt.Key.Key_Space)
        await until(lambda: not view.questions.isVisible())
        assert view.crowd.tiles.hasFocus()
        await until(lambda: "Learned: this is Anna." in desk.window.toasts.texts())

    desk.run(story, view="people")


def test_faces_of_another_library_are_not_taken() -> None:
    assert dragged(parcel([1, 22])) == [1, 22]
    data = QMimeData()
    data.setData(DRAGGED, QByteArray(b"other:1,22"))
    assert dragged(data) == []
    assert dragged(QMimeData()) == []
