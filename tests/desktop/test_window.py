"""The window: navigation, dropping, messages, tasks, commands, and what survives a restart."""

import asyncio
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from desktop.actions import MENUS, all_actions
from desktop.look.toasts import MOST
from desktop.registry import VIEWS
from desktop.shell.palette import fuzzy
from desktop.shell.strip import idle_words, queue_words
from desktop.shell.tagging import TagDialog
from engine.model import QueueStatus
from tests.desktop.conftest import Desk, until

READING = QueueStatus(700, 80, 620, 0, 0, 0, False, 3.21, 240.0, ())


def test_the_registry_says_what_the_views_say() -> None:
    for entry in VIEWS:
        view = entry.load()
        assert (view.id, view.title, view.icon) == (entry.id, entry.title, entry.icon)
        assert view.shortcut == entry.shortcut
    folder = Path(__file__).resolve().parents[2] / "desktop" / "views"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "base"}
    assert modules == {entry.id for entry in VIEWS}


def test_every_view_opens_by_its_button(desk: Desk) -> None:
    async def story() -> None:
        for entry in VIEWS:
            if entry.place:
                desk.window.rail.button(entry.id).click()
                assert desk.window.current is desk.window.view(entry.id)
                await asyncio.sleep(0.05)
                assert not desk.window.grab().isNull()

    desk.run(story)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_small_window_shows_everything(desk: Desk, theme: str) -> None:
    desk.library.changes = {1: {"name": "a very long name " * 20}}

    async def story() -> None:
        desk.look.choose(theme)
        view = await desk.listed()
        view.toggle_details()
        view.grid.select_row(0)
        await asyncio.sleep(0.1)
        for name in ("library", "settings", "welcome"):
            desk.window.show_view(name)
            await asyncio.sleep(0.05)
            desk.window.grab()
            assert desk.window.width() == 800
        assert view.bar.box.width() >= 150

    desk.run(story, size=(800, 560))


def test_dropping_adds(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        await desk.listed()
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.jpg")])
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(200, 200), copy | Qt.DropAction.MoveAction, data, left, none)
        QApplication.sendEvent(desk.window, enter)
        assert enter.isAccepted()
        assert enter.dropAction() == copy
        assert desk.window.drop.isVisible()
        desk.window.drop.grab()
        QApplication.sendEvent(desk.window, QDropEvent(QPointF(200, 200), copy, data, left, none))
        assert desk.window.drop.isHidden()
        await until(lambda: ("add", [tmp_path]) in desk.library.calls)
        await until(lambda: "5 files: 5 new." in desk.window.toasts.texts())

    desk.run(story)


def test_dragged_text_is_refused(desk: Desk) -> None:
    async def story() -> None:
        data = QMimeData()
        data.setText("hello")
        enter = QDragEnterEvent(
            QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(desk.window, enter)
        assert not enter.isAccepted()
        assert desk.window.drop.isHidden()

    desk.run(story)


def test_a_task_shows_and_can_be_cancelled(desk: Desk, tmp_path: Path) -> None:
    desk.library.steps = steps = threading.Semaphore(1)

    async def story() -> None:
        desk.window.add([tmp_path / "Holiday"])
        await until(lambda: desk.ops.tasks.all() and desk.ops.tasks.all()[0].step.total)
        piece = next(iter(desk.window.strip._pieces.values()))
        assert piece._words.text().startswith("Adding Holiday: ")
        desk.window.grab()
        piece._stop.click()
        steps.release(9)
        await until(lambda: not desk.ops.tasks.all())
        assert not desk.window.toasts.texts()

    desk.run(story)


def test_closing_asks_while_a_task_runs(desk: Desk, tmp_path: Path) -> None:
    desk.library.steps = steps = threading.Semaphore(0)
    closing: list[bool] = []

    async def story() -> None:
        desk.window.closing.connect(lambda: closing.append(True))
        desk.window.add([tmp_path / "Holiday"])
        await until(desk.ops.tasks.all)
        desk.window.close()
        assert not closing
        box = desk.window.findChild(QMessageBox)
        assert box is not None
        assert "Holiday" in box.text()
        box.buttons()[0].click()
        assert closing == [True]
        steps.release(9)

    desk.run(story)


def test_paths_given_before_the_library_is_open_are_added(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        desk.window.come_forward([str(tmp_path)])
        await until(lambda: ("add", [tmp_path]) in desk.library.calls)

    desk.run(story)


def test_the_state_survives_a_restart(desk: Desk) -> None:
    async def first() -> None:
        view = await desk.listed()
        view.grid.set_cell(240)
        await until(lambda: desk.library.given.get("look.cell") == 240)
        view.bar.set_sort("name")
        view.toggle_names()
        view.toggle_details()
        view.search("type:photo")
        await until(lambda: view.grid.plan.count == 30)
        desk.window.resize(900, 600)
        desk.window.show_view("settings")

    desk.run(first)
    assert (desk.folder / "window.ini").is_file()

    async def second() -> None:
        await until(lambda: desk.window.current is not None)
        assert desk.window.current is not None
        assert desk.window.current.id == "settings"
        desk.window.show_view("library")
        view = await desk.listed()
        await until(lambda: view.grid.plan.count == 30)
        assert (desk.window.width(), desk.window.height()) == (900, 600)
        await until(lambda: view.grid.cell_side == 240)
        assert view.bar.zoom.value() == 240
        desk.library.set("look.cell", 120)
        await until(lambda: view.grid.cell_side == 120)
        assert view.bar.sort == "name"
        assert view.bar.box.text() == "type:photo"
        assert not view.grid.names
        assert view.details.isVisible()

    desk.run(second, size=(900, 600), view="")


def test_a_new_library_welcomes(desk: Desk) -> None:
    desk.library.count = 0
    desk.library.known_roots = []

    async def story() -> None:
        await until(lambda: desk.window.current is not None)
        assert desk.window.current is not None
        assert desk.window.current.id == "welcome"
        desk.window.grab()
        desk.window.add([desk.folder])
        await until(lambda: desk.window.current is desk.window.view("library"))

    desk.run(story, view="")


def test_rating_by_key_and_undo(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.setFocus()
        view.grid.select_row(2)
        desk.window.activateWindow()
        QTest.keyClick(view.grid, Qt.Key.Key_4)
        await until(lambda: ("rate", (3,), 4) in desk.library.calls)
        await until(lambda: "4 stars for 1 item" in desk.window.toasts.texts())
        assert desk.window.menus is not None
        desk.window.menus.by_id["edit.undo"].trigger()
        await until(lambda: "Undone: 4 stars" in desk.window.toasts.texts())
        desk.window.menus.by_id["edit.redo"].trigger()
        await until(lambda: "Done again: 4 stars" in desk.window.toasts.texts())

    desk.run(story)


def test_digits_typed_into_the_search_box_rate_nothing(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.select_row(2)
        view.focus_search()
        QTest.keyClicks(view.bar.box, "2024")
        assert view.bar.box.text() == "2024"
        await asyncio.sleep(0.1)
        assert not [call for call in desk.library.calls if call[0] == "rate"]

    desk.run(story)


def test_tagging_asks_for_the_tag(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.select_row(0)
        assert desk.window.commands is not None
        desk.window.commands.tag()
        dialog = desk.window.findChild(TagDialog)
        assert dialog is not None
        dialog.box.setText("  Summer   house ")
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await until(lambda: ("tag", (1,), "Summer house") in desk.library.calls)

    desk.run(story)


def test_commands_without_a_selection_say_so(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        assert desk.window.commands is not None
        desk.window.commands.copy_path()
        assert desk.window.toasts.texts() == ["Nothing is selected."]

    desk.run(story)


def test_copying_paths_and_exporting(desk: Desk, picture: Path, tmp_path: Path) -> None:
    desk.library.pictures = {1: picture}

    async def story() -> None:
        view = await desk.listed()
        view.grid.select_row(0)
        commands = desk.window.commands
        assert commands is not None
        commands.copy_path()
        await until(lambda: QApplication.clipboard().text() == str(picture))
        for name in ("list.csv", "list.json"):
            await commands._export(list(view.export_ids()), tmp_path / name)
        assert (tmp_path / "list.csv").read_text(encoding="utf-8-sig").count("\n") == 61
        assert '"Nikon Z 6"' in (tmp_path / "list.json").read_text()
        await commands._export([1], tmp_path / "no" / "such" / "list.csv")
        assert any("could not write" in text for text in desk.window.toasts.texts())

    desk.run(story)


def test_the_palette_runs_a_command(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        assert desk.window.commands is not None
        desk.window.commands.palette()
        palette = desk.window._palette
        assert palette is not None
        assert palette.isVisible()
        QTest.keyClicks(palette.box, "sett")
        assert palette.shown_ids()[0] == "view.settings"
        QTest.keyClick(palette.box, Qt.Key.Key_Return)
        assert desk.window.current is desk.window.view("settings")
        assert not palette.isVisible()
        desk.window.commands.palette()
        QTest.keyClick(palette.box, Qt.Key.Key_Escape)
        assert not palette.isVisible()

    desk.run(story)


def test_letters_find_commands() -> None:
    assert fuzzy("adfo", "Add folder…") is not None
    assert fuzzy("xyz", "Add folder…") is None
    better, worse = fuzzy("set", "Settings View"), fuzzy("set", "Select all the things")
    assert better is not None
    assert worse is None or better < worse


def test_every_command_is_complete(desk: Desk) -> None:
    async def story() -> None:
        assert desk.window.commands is not None
        actions = all_actions(desk.window.commands)
        assert len({action.id for action in actions}) == len(actions)
        shortcuts = [action.shortcut for action in actions if action.shortcut]
        assert len(set(shortcuts)) == len(shortcuts)
        assert {action.group for action in actions} <= set(MENUS)
        assert [menu.title() for menu in (a.menu() for a in desk.window.menuBar().actions())] == list(MENUS)  # type: ignore[union-attr]
        desk.window.commands.shortcuts()
        desk.window.commands.about()
        await asyncio.sleep(0.05)

    desk.run(story)


def test_the_keyboard_reaches_everything(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        desk.window.activateWindow()
        view.bar.box.setFocus()
        seen: list[QWidget] = []
        for _ in range(40):
            widget = QApplication.focusWidget()
            if widget is None or widget in seen:
                break
            seen.append(widget)
            QTest.keyClick(widget, Qt.Key.Key_Tab)
        assert view.grid in seen
        assert view.bar.filters in seen
        assert view.bar.order in seen
        assert any(button in seen for button in desk.window.rail.findChildren(QWidget))
        nameless = [widget for widget in seen if not (widget.accessibleName() or getattr(widget, "text", str)())]
        assert not nameless
        view.bar.box.setFocus()
        QTest.keyClick(view.bar.box, Qt.Key.Key_Down)
        assert QApplication.focusWidget() is view.grid

    desk.run(story)


def test_messages_pile_up_and_go(desk: Desk) -> None:
    async def story() -> None:
        toasts = desk.window.toasts
        pressed: list[bool] = []
        for number in range(6):
            toasts.show_toast(f"Message {number}", "A hint", ("Do it", lambda: pressed.append(True)))
        assert len(toasts.texts()) == MOST
        toasts.show_toast("Message 5")
        assert toasts.texts().count("Message 5") == 1
        assert toasts.geometry().bottom() < desk.window.height()
        toasts.clear()
        assert toasts.isHidden()

    desk.run(story)


def test_the_strip_says_how_far_it_is(desk: Desk) -> None:
    async def story() -> None:
        strip = desk.window.strip
        await until(lambda: strip.text == "Everything is read")
        desk.library.status_now = READING
        desk.library.tell("jobs")
        await until(lambda: strip.text.startswith("Reading"))
        assert strip.text == "Reading 560 of 1,340, 3.2/s, 4 min left"
        strip._pause.click()
        await until(lambda: ("pause",) in desk.library.calls)
        desk.library.status_now = QueueStatus(0, 0, 1, 2, 0, 0, False, 0, None, ())

    desk.run(story)


def test_words_of_the_queue() -> None:
    assert queue_words(READING, 120, 900) == "Reading 120 of 900, 3.2/s, 4 min left"
    assert idle_words(QueueStatus(0, 0, 9, 2, 0, 0, False, 0, None, ())) == "All done; 2 files could not be read"
    stuck = QueueStatus(5, 0, 9, 0, 0, 0, False, 0, None, (), "The disk is full.")
    assert queue_words(stuck, 1, 2) == "The disk is full."


def test_the_theme_is_a_setting(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        desk.library.set("look.theme", "dark")
        await until(lambda: desk.look.colours.dark)
        assert desk.window.commands is not None
        desk.window.commands.theme()
        await until(lambda: not desk.look.colours.dark)
        await until(lambda: ("set", "look.theme", "light") in desk.library.calls)

    desk.run(story)
