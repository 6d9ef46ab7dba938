"""What the panels keep of one item and of several: hearts, notes, where words come from, the form for many."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from desktop.look.look import Look
from desktop.views.browse.batch import Batch, Choice
from desktop.views.browse.note import Note
from desktop.views.browse.origins import told
from desktop.views.library import LibraryView
from desktop.views.viewer import ViewerView
from engine.model import Edit, Origin
from tests.desktop.conftest import Desk, until

LEFT = Qt.MouseButton.LeftButton


async def ready(desk: Desk, *, details: bool = True) -> LibraryView:
    view = await desk.listed()
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    await until(lambda: view.grid.cell_at(0) is not None)
    view.bar.details.setChecked(details)
    view.grid.setFocus()
    return view


# --- one item


def test_the_heart_and_the_note_of_one_item(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        kept = view.details.kept
        view.grid.select_row(1)
        await until(kept.heart.isVisible)
        QTest.mouseClick(kept.heart, LEFT)
        await until(lambda: ("favourite", (2,), True) in desk.library.calls)
        await until(lambda: "1 item is a favourite" in desk.window.toasts.texts())
        await until(lambda: kept.heart.accessibleName() == "A favourite (F)")
        kept.note.setFocus()
        QTest.keyClicks(kept.note, "From the old pier")
        QTest.keyClick(kept.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: ("note", 2, "From the old pier") in desk.library.calls)
        await until(lambda: "The note is kept." in desk.window.toasts.texts())
        QTest.keyClicks(kept.note, " and")
        QTest.keyClick(kept.note, Qt.Key.Key_Escape)
        assert kept.note.toPlainText() == "From the old pier"
        QTest.keyClicks(kept.note, "!")
        view.grid.setFocus()  # leaving it keeps it
        await until(lambda: ("note", 2, "!From the old pier") in desk.library.calls)
        view.grid.select_row(2)
        await until(lambda: kept.note.toPlainText() == "")
        assert not kept.heart.isChecked()

    desk.run(story)


def test_what_is_typed_for_one_item_is_kept_when_another_is_shown(look: Look, qtbot: object) -> None:
    note, written = Note(), list[tuple[int, str]]()
    note.written.connect(lambda asset, text: written.append((asset, text)))
    note.show_note(1, "one")
    note.setPlainText("one, and more")
    note.show_note(2, "two")
    assert written == [(1, "one, and more")]
    assert note.toPlainText() == "two"
    low = note.height()
    note.setPlainText("a\nb\nc\nd")
    assert note.height() > low
    note.deleteLater()


def test_the_albums_of_an_item_lead_to_them(desk: Desk) -> None:
    desk.library.albums.make("Sea", [2])

    async def story() -> None:
        view = await ready(desk)
        view.grid.select_row(1)
        await until(lambda: any(one.text() == "Sea" for one in view.details.kept.findChildren(QToolButton)))
        chip = next(one for one in view.details.kept.findChildren(QToolButton) if one.text() == "Sea")
        QTest.mouseClick(chip, LEFT)
        await until(lambda: view.seeker.text == "album:#1 sort:album")

    desk.run(story)


def test_words_say_where_they_come_from(desk: Desk) -> None:
    desk.library.tag_names[2] = ["boat"]
    desk.library.keep.found = [
        Origin("sea", "label", "tags", 1, "Words for pictures", ("ram@1",), ("RAM++",), 1_777_800_000.0, 0.84)
    ]

    async def story() -> None:
        view = await ready(desk)
        origins = view.details.kept.origins
        view.grid.select_row(1)
        await until(lambda: len(origins.said()) == 3)
        assert not origins._holder.isVisible()
        QTest.mouseClick(origins.button, LEFT)
        assert origins._holder.isVisible()
        assert origins.said()[0] == ("boat", "You, 3 May 2026")
        assert origins.said()[1:] == [("harbour", "In the file"), ("sea", "RAM++ 84 %, 3 May 2026")]
        chip = next(one for one in view.details._tags.findChildren(QToolButton) if one.text() == "boat")
        assert chip.toolTip() == "Take away “boat”\nYou, 3 May 2026"

    desk.run(story)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin("a", "tag", "you"), "You"),
        (Origin("a", "sound", "sounds", 1, "Sounds and music", score=0.5), "Sounds and music 50 %"),
        (Origin("a", "label", "tags", 1, "Words", ("x@1", "y@2"), ("X", "Y"), score=0.9), "X, Y 90 %"),
        (Origin("a", "label", "gone", 1), "gone"),
    ],
)
def test_origins_in_words(origin: Origin, words: str) -> None:
    assert told(origin) == words


def test_the_viewer_has_the_heart_and_the_note_too(desk: Desk) -> None:
    async def story() -> None:
        await ready(desk, details=False)
        desk.window.open_asset([1, 2, 3], 1, "")
        viewer = desk.window.view("viewer")
        assert isinstance(viewer, ViewerView)
        await until(lambda: viewer.about.kept.heart.isVisible() and viewer.subject is not None)
        QTest.mouseClick(viewer.about.kept.heart, LEFT)
        await until(lambda: ("favourite", (2,), True) in desk.library.calls)
        await until(viewer.about.kept.heart.isChecked)
        viewer.about.kept.note.setFocus()
        QTest.keyClicks(viewer.about.kept.note, "far")
        QTest.keyClick(viewer.about.kept.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: ("note", 2, "far") in desk.library.calls)
        await until(lambda: "The note is kept." in desk.window.toasts.texts())

    desk.run(story)


# --- several


def test_several_items_are_edited_in_one_step_that_is_undone_as_one(desk: Desk) -> None:
    desk.library.tag_names = {1: ["sea", "old"], 2: ["sea"], 3: ["sea"]}

    async def story() -> None:
        view = await ready(desk)
        batch = view.details.batch
        view.grid.select_row(0)
        view.grid.select_row(2, extend=True)
        await until(lambda: [one.name for one in batch.choices] == ["old", "sea"])
        old, sea = batch.choices
        assert (old.checkState(), sea.checkState()) == (Qt.CheckState.PartiallyChecked, Qt.CheckState.Checked)
        assert (old.toolTip(), sea.toolTip()) == ("1 of 3", "All of them")
        assert not batch.apply.isEnabled()
        batch.stars.setFocus()
        QTest.keyClick(batch.stars, Qt.Key.Key_4)
        batch.favourite.setCheckState(Qt.CheckState.Checked)
        sea.setFocus()
        QTest.keyClick(sea, Qt.Key.Key_Space)
        QTest.keyClicks(batch.tag, "boat")
        QTest.keyClick(batch.tag, Qt.Key.Key_Return)
        assert [one.name for one in batch.choices] == ["old", "sea", "boat"]
        QTest.keyClicks(batch.note, "seen in spring")
        QTest.keyClicks(batch.album, "Trip")
        QTest.mouseClick(batch.apply, LEFT)
        wanted = Edit(4, True, ("boat",), ("sea",), "seen in spring", "Trip")
        await until(lambda: ("edit", (1, 2, 3), wanted) in desk.library.calls)
        await until(lambda: "Edited 3 items" in desk.window.toasts.texts())
        await until(lambda: [one.name for one in batch.choices] == ["boat", "old"])
        assert not batch.apply.isEnabled()
        undo = next(one for one in desk.window.toasts.findChildren(QPushButton) if one.text() == "Undo")
        QTest.mouseClick(undo, LEFT)
        await until(lambda: desk.library.undone == ["edit"])

    desk.run(story)


def test_what_was_chosen_is_forgotten_by_reset_and_by_another_selection(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk)
        batch = view.details.batch
        view.grid.select_row(0)
        view.grid.select_row(2, extend=True)
        await until(batch.isVisible)
        await until(lambda: batch._mixed.text() == "different")
        QTest.keyClicks(batch.tag, "boat")
        assert batch.wanted() == Edit(tags=("boat",))
        view.grid.changed_selection()  # a refresh of the same items leaves what was typed
        await until(lambda: not view._selecting.isActive())
        assert batch.tag.text() == "boat"
        QTest.mouseClick(batch.reset, LEFT)
        await until(lambda: batch.wanted().empty)
        QTest.keyClicks(batch.note, "x")
        view.grid.select_row(4)
        await until(lambda: not batch.isVisible())
        view.grid.select_row(5, extend=True)
        await until(lambda: batch.isVisible() and batch.wanted().empty)
        QTest.keyClick(batch.tag, Qt.Key.Key_Return)
        assert not [call for call in desk.library.calls if call[0] == "edit"]

    desk.run(story)


def test_a_choice_goes_from_some_to_all_to_none_and_back(look: Look) -> None:
    some = Choice("sea", 1, 3)
    assert some.wanted is None
    some.nextCheckState()
    assert some.wanted is True
    some.nextCheckState()
    assert some.wanted is False
    some.nextCheckState()
    assert some.wanted is None
    whole = Choice("sea", 3, 3)
    whole.nextCheckState()
    assert whole.wanted is False
    some.deleteLater()
    whole.deleteLater()
    assert replace(Edit(), note=" ").empty is False


def test_the_bar_over_the_grid_is_there_for_several_items(desk: Desk) -> None:
    async def story() -> None:
        view = await ready(desk, details=False)
        view.grid.select_row(0)
        await until(lambda: not view._selecting.isActive())
        assert view.chosen.isHidden()
        view.grid.select_row(3, extend=True)
        await until(view.chosen.isVisible)
        assert view.chosen.words == "4 selected"
        assert view.rect().contains(view.chosen.geometry())
        QTest.mouseClick(view.chosen.tools["items.favourite"], LEFT)
        await until(lambda: ("favourite", (1, 2, 3, 4), True) in desk.library.calls)
        assert view.grid.hasFocus()
        QTest.mouseClick(view.chosen.tools["view.details"], LEFT)
        await until(lambda: view.details.batch.isVisible() and view.chosen.isHidden())
        view.toggle_details()
        await until(view.chosen.isVisible)
        QTest.mouseClick(view.chosen.close_tool, LEFT)
        await until(view.chosen.isHidden)
        assert not len(view.grid.selection)

    desk.run(story, size=(800, 560))


def test_the_form_needs_no_window(desk: Desk) -> None:
    async def story() -> None:
        batch = Batch(desk.ops, desk.look)
        batch.do()
        batch.show_assets([])
        await until(lambda: batch.wanted().empty)
        batch.deleteLater()

    desk.run(story)
