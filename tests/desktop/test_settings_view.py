"""The settings: made from the options, saved at once, found by their words."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QMessageBox, QPlainTextEdit, QPushButton, QSpinBox

from desktop.views.settings import IN_PACKS, SettingsView
from engine.model import Root
from engine.settings import OPTIONS
from tests.desktop.conftest import Desk, until


def _view(desk: Desk) -> SettingsView:
    view = desk.window.view("settings")
    assert isinstance(view, SettingsView)
    return view


def test_every_option_has_its_line(desk: Desk) -> None:
    async def story() -> None:
        view = _view(desk)
        await view.built.wait()
        shown = [option for option in OPTIONS if option.key not in IN_PACKS]
        assert set(view.lines) == {option.key for option in shown}
        for option in shown:
            value = view.lines[option.key].value()
            assert option.clean(value) == option.default
            assert view.lines[option.key].editor.accessibleName() == option.title

    desk.run(story, view="settings")


def test_packs_are_chosen_in_their_own_view(desk: Desk) -> None:
    async def story() -> None:
        view = _view(desk)
        await view.built.wait()
        assert not IN_PACKS & set(view.lines)
        assert not view.lines["packs.device"].isHidden()
        next(one for one in view.cards["Packs"].findChildren(QPushButton) if one.text() == "Packs").click()
        assert desk.window.current is desk.window.view("packs")
        await asyncio.sleep(0.05)

    desk.run(story, view="settings")


def test_changes_are_saved_at_once(desk: Desk) -> None:
    async def story() -> None:
        view = _view(desk)
        await view.built.wait()
        box = view.lines["look.theme"].editor
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(box.findData("dark"))
        await until(lambda: desk.library.given.get("look.theme") == "dark")
        check = view.lines["scan.watch"].editor
        assert isinstance(check, QCheckBox)
        check.click()
        await until(lambda: desk.library.given.get("scan.watch") is False)
        number = view.lines["media.max_pages"].editor
        assert isinstance(number, QSpinBox)
        number.setValue(500)
        await until(lambda: desk.library.given.get("media.max_pages") == 500)
        lines = view.lines["analyzers.off"].editor
        assert isinstance(lines, QPlainTextEdit)
        lines.setPlainText("ocr\nvoice\n")
        await until(lambda: desk.library.given.get("analyzers.off") == ("ocr", "voice"))
        view.lines["media.max_pages"]._reset.click()
        await until(lambda: desk.library.given.get("media.max_pages") == 2000)
        assert view.lines["media.max_pages"]._reset.isHidden()

    desk.run(story, view="settings")


def test_the_leave_out_rule_survives_an_edit(desk: Desk) -> None:
    async def story() -> None:
        view = _view(desk)
        await view.built.wait()
        editor = view.lines["scan.leave_out"].editor
        assert isinstance(editor, QPlainTextEdit)
        editor.appendPlainText("*.bak")
        await until(lambda: "*.bak" in desk.library.given.get("scan.leave_out", ()))
        assert "Icon\r" in desk.library.given["scan.leave_out"]

    desk.run(story, view="settings")


def test_settings_are_found_by_their_words(desk: Desk) -> None:
    async def story() -> None:
        view = _view(desk)
        await view.built.wait()
        QTest.keyClicks(view.box, "memory")
        assert not view.lines["jobs.memory"].isHidden()
        assert view.lines["look.theme"].isHidden()
        assert view.cards["Folders"].isHidden()
        view.box.setText("no such words")
        assert not view._none.isHidden()
        view.box.clear()
        assert not view.lines["look.theme"].isHidden()

    desk.run(story, view="settings")


def test_folders_are_listed_and_taken_out(desk: Desk) -> None:
    desk.library.known_roots = [
        Root(1, "/pictures", b"/pictures", True, True, 1204),
        Root(2, "/media/disk/" + "long/" * 40, b"x", False, False, 3),
    ]

    async def story() -> None:
        view = _view(desk)
        await until(lambda: view.folders._shown)
        assert view.folders._list.count() == 4
        view.folders._ask(desk.library.known_roots[1])
        box = view.folders.findChild(QMessageBox)
        assert box is not None
        QTest.mouseClick(box.buttons()[0], Qt.MouseButton.LeftButton)
        await until(lambda: view.folders._list.count() == 2)

    desk.run(story, view="settings")
