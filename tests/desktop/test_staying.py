"""What never leaves this computer: the menu of an album, the lock of a folder, the details; and where a job runs."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop.look.parts import Tool
from desktop.views.jobs import RUNNING, JobsView
from desktop.views.settings import SettingsView
from engine.model import JobRow, JobState, QueueStatus, Stay, StayScope
from tests.desktop.conftest import Desk, until


def calls(desk: Desk) -> list[tuple]:
    return [call for call in desk.library.calls if call[0] == "stay"]


def test_an_album_is_marked_in_its_menu_and_wears_a_lock(desk: Desk) -> None:
    number = desk.library.albums.make("Family", [1])

    async def story() -> None:
        view = await desk.listed()
        view.bar.narrow.setChecked(True)
        albums = view.narrow.albums
        await until(albums.album_lines)
        row = albums.rows[0]
        albums._touched(row, "menu", albums.mapToGlobal(QPoint(5, 5)))
        menu = albums.findChild(QMenu)
        action = next(one for one in menu.actions() if one.text() == "Never leaves this computer")
        assert not action.isChecked()
        menu.setActiveAction(action)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        await until(lambda: calls(desk) == [("stay", "album", str(number), True)])
        await until(lambda: "“Family” never leaves this computer." in desk.window.toasts.texts())
        desk.library.tell("albums")
        await until(lambda: "never leaves" in albums.album_lines()[0].toolTip())

    desk.run(story)


def test_a_folder_is_locked_in_the_settings(desk: Desk) -> None:
    async def story() -> None:
        view = desk.window.view("settings")
        assert isinstance(view, SettingsView)

        def lock() -> Tool:
            found = [one for one in view.folders.findChildren(Tool) if "never leaves" in one.accessibleName()]
            return found[-1]

        await until(lambda: view.folders.findChildren(Tool))
        assert lock().accessibleName() == "/pictures never leaves this computer"
        assert not lock().isChecked()
        QTest.mouseClick(lock(), Qt.MouseButton.LeftButton)
        await until(lambda: calls(desk) == [("stay", "folder", "/pictures", True)])
        view._refresh()
        await until(lambda: lock().isChecked() and not desk.ops._running)
        QTest.mouseClick(lock(), Qt.MouseButton.LeftButton)
        await until(lambda: calls(desk)[-1] == ("stay", "folder", "/pictures", False))

    desk.run(story, view="settings")


def test_the_details_say_that_an_asset_stays_and_why(desk: Desk) -> None:
    desk.library.hosts.kept = {
        1: [Stay(StayScope.ALBUM, "3", "Family")], 2: [Stay(StayScope.FOLDER, "/private/diary", "/private/diary")],
    }  # fmt: skip

    async def story() -> None:
        view = await desk.listed()
        view.bar.details.setChecked(True)
        kept = view.details.kept
        view.grid.select_row(0)
        await until(lambda: kept.stays.text() == "Stays on this computer, as the album “Family”")
        assert kept.stays.isVisible()
        view.grid.select_row(1)
        await until(lambda: "as the folder" in kept.stays.text())
        view.grid.select_row(2)
        await until(lambda: not kept.stays.isVisible())

    desk.run(story)


def test_the_work_view_says_where_a_job_runs(desk: Desk) -> None:
    here = JobRow(1, 1, "a.jpg", "ocr", JobState.RUNNING, 0, 1, 1, "", "", "", 0.0)
    there = JobRow(2, 2, "b.jpg", "ocr", JobState.RUNNING, 0, 1, 1, "", "", "", 0.0, 0.0, "box")
    desk.library.jobs = lambda state=None, limit=500: [here, there]  # type: ignore[method-assign]
    desk.library.status_now = QueueStatus(0, 2, 0, 0, 0, 0, False, 0.0, None, ())

    async def story() -> None:
        view = desk.window.view("jobs")
        assert isinstance(view, JobsView)
        await view.built.wait()
        view.tabs.setCurrentIndex(RUNNING)
        await until(lambda: view.running.rowCount() == 2)
        shown = [view.running.index(row, 3).data() for row in range(2)]
        assert shown == ["This computer", "box"]

    desk.run(story, view="jobs")
