"""The tray, notices, the battery and long tasks, as the window has them."""

import asyncio
import threading
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QSystemTrayIcon

from desktop.shell import tray as traying
from desktop.shell.notices import LONG, Notices
from desktop.tasks import CANCELLED, DONE, FAILED, Ended, Tasks
from desktop.views.jobs import JobsView
from desktop.views.parts.tasklist import ended_words, task_facts
from engine.model import QueueStatus, Step
from engine.model.health import Activity
from tests.desktop.conftest import Desk, until
from tests.desktop.test_jobs import status


class FakeIcon(QSystemTrayIcon):
    """A tray icon on a machine without a tray."""

    def __init__(self) -> None:
        super().__init__()
        self.stands = False
        self.told: list[tuple[str, str]] = []

    def isVisible(self) -> bool:
        return self.stands

    def setVisible(self, visible: bool) -> None:
        self.stands = visible

    def hide(self) -> None:
        self.stands = False

    def showMessage(self, title: str, text: str, icon: QIcon, stays: int) -> None:  # type: ignore[override]
        self.told.append((title, text))


@pytest.fixture
def icon(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> FakeIcon:
    made = FakeIcon()
    monkeypatch.setattr(traying, "available", lambda: made)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", staticmethod(lambda: True))
    return made


def reading(**changes: Any) -> QueueStatus:
    return status(**changes)


# --- the tray


def test_closing_keeps_working_in_the_tray_only_when_it_is_wanted(desk: Desk, icon: FakeIcon) -> None:
    closing: list[bool] = []

    async def story() -> None:
        window = desk.window
        window.closing.connect(lambda: closing.append(True))
        attendance = window.attendance
        assert attendance is not None
        assert not icon.stands
        desk.library.set("look.tray", True)
        await until(lambda: attendance.keeps)
        assert icon.stands
        window.close()
        assert window.isHidden()
        assert not closing, "it goes on"
        attendance.tray.shown.trigger()
        await until(window.isVisible)
        attendance.tray.pause.setEnabled(True)
        desk.library.set("look.tray", False)
        await until(lambda: not attendance.keeps)
        window.close()
        assert closing == [True]

    desk.run(story)


def test_quitting_from_the_tray_really_quits(desk: Desk, icon: FakeIcon) -> None:
    desk.library.given["look.tray"] = True
    closing: list[bool] = []

    async def story() -> None:
        window = desk.window
        window.closing.connect(lambda: closing.append(True))
        attendance = window.attendance
        assert attendance is not None
        await until(lambda: attendance.keeps)
        window.close()
        assert not closing
        attendance.tray.quit.trigger()
        assert closing == [True]

    desk.run(story)


def test_the_tray_says_how_far_it_is_and_pauses(desk: Desk, icon: FakeIcon) -> None:
    desk.library.status_now = reading(waiting=40, running=2, done=60, per_second=3.0, left=20.0)

    async def story() -> None:
        attendance = desk.window.attendance
        assert attendance is not None
        desk.library.tell("jobs")
        await until(lambda: attendance.tray.line.text().startswith("Reading 60 of 102"))
        assert icon.stands, "while it works there is an icon, for the notice at the end"
        attendance.tray.pause.trigger()
        await until(lambda: ("pause",) in desk.library.calls)
        desk.library.status_now = reading(done=102)
        desk.library.tell("jobs")
        await until(lambda: attendance.tray.line.text() == "Everything is read")

    desk.run(story)


# --- notices


def told(**changes: Any) -> Ended:
    values: dict[str, Any] = {
        "title": "Adding Secret", "plain": "Adding files", "how": DONE, "text": "", "took": LONG + 1, "at": 0.0,
        "count": 5.0,
    }  # fmt: skip
    return Ended(**(values | changes))


def test_only_what_was_long_or_happened_unseen_is_told() -> None:
    said: list[tuple[str, str]] = []
    away = [False]
    notices = Notices(lambda title, text: said.append((title, text)), lambda: away[0])
    notices.task_over(told(took=3.0))
    assert said == []
    notices.added(7)
    notices.task_over(told())
    assert said.pop() == ("Adding files is done.", "7 new files. Search while the rest is read.")
    away[0] = True
    notices.task_over(told(took=3.0, how=FAILED))
    assert said.pop()[0] == "Adding files did not come to its end."
    notices.task_over(told(how=CANCELLED))
    notices.how = "never"
    notices.task_over(told())
    assert said == []
    notices.how = "names"
    notices.task_over(told())
    assert said.pop()[0] == "Adding Secret is done.", "names are told when they are wanted"


def test_the_end_of_the_reading_is_told_once_with_what_is_new() -> None:
    said: list[tuple[str, str]] = []
    notices = Notices(lambda title, text: said.append((title, text)), lambda: True)
    notices.show_queue(reading(done=10))
    assert said == [], "nothing was read"
    notices.added(3)
    notices.show_queue(reading(done=10, waiting=4))
    notices.show_queue(reading(done=12, waiting=2, paused=True))
    notices.show_queue(reading(done=13, failed=1))
    notices.show_queue(reading(done=13, failed=1))
    assert said == [("Everything is read.", "3 new files can be searched. 1 could not be read.")]


def test_a_notice_goes_to_the_tray_else_into_the_window(desk: Desk, icon: FakeIcon) -> None:
    async def story() -> None:
        attendance = desk.window.attendance
        assert attendance is not None
        attendance.notices._away = lambda: True
        task = desk.ops.tasks.begin("Exporting Secret", plain="Exporting the list")
        assert icon.stands
        desk.ops.tasks.end(task)
        assert icon.told == [("Exporting the list is done.", "Have a look.")]
        assert icon.stands, "the icon stays while its notice shows"
        attendance._told.stop()
        icon.stands = False
        attendance.notices.task_over(told(plain="Looking for changes"))
        assert "Looking for changes is done." in desk.window.toasts.texts()

    desk.run(story)


# --- battery, whole screen


def test_the_strip_says_why_it_pauses_and_offers_to_go_on(desk: Desk) -> None:
    desk.library.status_now = reading(waiting=40, done=60, resting="Paused while on battery")

    async def story() -> None:
        strip = desk.window.strip
        await until(lambda: ("attend",) in desk.library.care.calls)
        desk.library.tell("jobs")
        await until(lambda: strip.text == "Paused while on battery, at 60 of 100")
        assert strip.anyway.isVisible()
        QTest.mouseClick(strip.anyway, Qt.MouseButton.LeftButton)
        await until(lambda: ("go_on",) in desk.library.care.calls)
        desk.library.status_now = reading(waiting=40, done=60, resting="Slower while on battery", slowed=True)
        desk.library.tell("jobs")
        await until(lambda: strip.text.startswith("Reading 60 of 100"))
        assert strip.text.endswith("Slower while on battery")
        desk.library.status_now = reading(done=100, resting="Paused while on battery")
        desk.library.tell("jobs")
        await until(lambda: strip.text == "Everything is read")
        assert not strip.anyway.isVisible()

    desk.run(story)


def test_a_film_on_the_whole_screen_is_told_to_the_engine(desk: Desk) -> None:
    async def story() -> None:
        window = desk.window
        window.show_view("viewer")
        window.showFullScreen()
        await until(lambda: ("whole_screen", True) in desk.library.care.calls)
        window.showNormal()
        await until(lambda: ("whole_screen", False) in desk.library.care.calls)

    desk.run(story)


def test_the_window_in_front_is_watched_more_closely(desk: Desk) -> None:
    async def story() -> None:
        attendance = desk.window.attendance
        assert attendance is not None
        attendance._pending = True
        attendance.eventFilter(desk.window, QEvent(QEvent.Type.WindowActivate))
        assert attendance.watchdog.used

    desk.run(story)


# --- tasks in one place


def test_every_long_task_is_listed_held_and_ended(desk: Desk, tmp_path: Any) -> None:
    desk.library.steps = steps = threading.Semaphore(1)

    async def story() -> None:
        view = desk.window.view("jobs")
        assert isinstance(view, JobsView)
        await view.built.wait()
        desk.ops.start(desk.ops.run("Adding Holiday", desk.library.add([tmp_path])))
        await until(lambda: len(view.tasks.lines) == 1 and desk.ops.tasks.all()[0].step.total)
        line = next(iter(view.tasks.lines.values()))
        assert line.title.text() == "Adding Holiday"
        assert "of 5" in line.facts.text()
        QTest.mouseClick(line.hold, Qt.MouseButton.LeftButton)
        task = desk.ops.tasks.all()[0]
        assert task.paused
        assert "paused" in line.facts.text()
        steps.release(5)
        await asyncio.sleep(0.2)
        done = task.step.done
        await asyncio.sleep(0.2)
        assert task.step.done == done, "it goes on although it is held"
        QTest.mouseClick(line.hold, Qt.MouseButton.LeftButton)
        await until(lambda: not desk.ops.tasks.all())
        assert "Adding Holiday: done in" in ended_words(desk.ops.tasks.ended[0])
        assert not view.tasks.lines
        desk.ops.start(desk.ops.run("Adding more", desk.library.add([tmp_path]), steady=True))
        await until(lambda: len(view.tasks.lines) == 1)
        line = next(iter(view.tasks.lines.values()))
        assert line.hold.isHidden(), "what cannot be held offers no pause"
        QTest.mouseClick(line.stop, Qt.MouseButton.LeftButton)
        steps.release(5)
        await until(lambda: desk.ops.tasks.ended[0].how == CANCELLED)

    desk.run(story, view="jobs")


def test_what_the_library_does_by_itself_is_listed_too(desk: Desk) -> None:
    desk.library.care.doing = [Activity("Making the index for search by meaning"), Activity("Reading", 3, 9)]

    async def story() -> None:
        view = desk.window.view("jobs")
        assert isinstance(view, JobsView)
        await until(lambda: len(view.tasks.lines) == 2)
        assert view.tasks.lines["Reading"].facts.text() == "3 of 9"
        assert all(line.stop.isHidden() for line in view.tasks.lines.values())

    desk.run(story, view="jobs")


def test_the_strip_opens_the_work(desk: Desk, tmp_path: Any) -> None:
    desk.library.steps = steps = threading.Semaphore(0)

    async def story() -> None:
        for name in ("one", "two"):
            desk.ops.start(desk.ops.run(f"Adding {name}", desk.library.add([tmp_path])))
        strip = desk.window.strip
        await until(lambda: strip._more.isVisible())
        assert strip._more.text() == "and 1 more"
        piece = next(iter(strip._pieces.values()))
        QTest.mouseClick(piece._words, Qt.MouseButton.LeftButton)
        assert desk.window.current is desk.window.view("jobs")
        for task in desk.ops.tasks.all():
            desk.ops.tasks.cancel(task.id)
        steps.release(9)
        await until(lambda: not desk.ops.tasks.all())

    desk.run(story)


def test_rates_and_words_of_tasks(qapp: QApplication) -> None:
    tasks = Tasks()
    number = tasks.begin("Installing", unit="bytes")
    task = tasks.all()[0]
    assert task.per_second == 0.0
    for at, done in ((0.0, 0.0), (2.0, 40e6)):
        task.seen.append((task.began + at, done))
    task.step = Step(40e6, 100e6)
    assert task.per_second == 20e6
    assert task_facts(task).startswith("40.0 MB of 100 MB · 20.0 MB a second")
    tasks.move(number, Step(1, 3, "Trying it"))
    assert task_facts(task) == "Trying it"
    tasks.end(number, FAILED, "The disk is full.")
    assert ended_words(tasks.ended[0]) == "Installing: The disk is full."


# --- nothing modal that is not a question


def test_what_only_tells_stops_nobody(desk: Desk) -> None:
    async def story() -> None:
        assert desk.window.menus is not None
        for name in ("help.about", "help.shortcuts"):
            desk.window.menus.by_id[name].trigger()
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not desk.window]
        assert shown
        assert not any(one.isModal() for one in shown)
        assert not any(isinstance(one, QMessageBox) for one in shown)
        for one in shown:
            one.close()
        await asyncio.sleep(0)

    desk.run(story)
