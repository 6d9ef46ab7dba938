"""The health view: parts with what mends them, the log, the report that is read first; and the watchdog behind it."""

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from desktop.views.checkup.figures import turn_words
from desktop.views.health import HealthView, sum_words
from desktop.workers.watchdog import Answers, Turn, Watchdog
from engine.model import Step
from engine.model.health import State
from tests.desktop.conftest import Desk, until


async def opened(desk: Desk) -> HealthView:
    view = desk.window.view("health")
    assert isinstance(view, HealthView)
    await until(lambda: view.health is not None and view.journal.text.toPlainText())
    return view


def said(view: HealthView) -> str:
    return "\n".join(part.text() for part in view.findChildren(QLabel) if not part.isHidden())


def press(view: HealthView, name: str) -> None:
    found = next(one for one in view.findChildren(QPushButton) if (one.accessibleName() or one.text()) == name)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def test_every_part_says_how_it_is(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        assert list(view.parts.lines) == ["database", "packs", "network"]
        text = said(view)
        assert "1 part is worth a look." in text
        assert "12 steps wait for a pack." in text
        assert "Text in pictures, 3 times: The file is damaged. Copy it again." in text
        assert "over 48.0 MB" in text
        assert "82.0 GB free on this disk" in text
        line = view.parts.lines["packs"]
        assert line.accessibleName() == "Packs: Worth a look. 12 steps wait for a pack. The packs view says which."
        desk.library.care.parts[1] = replace(desk.library.care.parts[1], state=State.FINE, text="All are there.")
        view.refresh()
        await until(lambda: "All are there." in said(view))
        assert line is view.parts.lines["packs"], "a line that changes stays where it is"
        assert "Everything is in order." in said(view)

    desk.run(story, view="health")


def test_what_mends_a_part_is_one_press_away(desk: Desk) -> None:
    def check(*, repair: bool = False) -> object:
        desk.library.calls.append(("check", repair))
        yield Step(1, 2, "Reading")

    desk.library.check = check  # type: ignore[attr-defined]

    async def story() -> None:
        view = await opened(desk)
        press(view, "Library: Check it")
        await until(lambda: ("check", False) in desk.library.calls)
        await until(lambda: "No damage was found." in desk.window.toasts.texts())
        assert desk.ops.tasks.ended[0].title == "Checking the library"
        press(view, "Packs: Packs")
        assert desk.window.current is desk.window.view("packs")

    desk.run(story, view="health")


def test_the_log_is_filtered_by_words_and_level(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        assert "2 jobs were interrupted" in view.journal.text.toPlainText()
        QTest.keyClicks(view.journal.words, "stumbled")
        await until(lambda: "interrupted" not in view.journal.text.toPlainText())
        assert "Traceback" in view.journal.text.toPlainText()
        view.journal.words.clear()
        view.journal.level.setFocus()
        QTest.keyClick(view.journal.level, Qt.Key.Key_End)
        await until(lambda: ("log", "", "ERROR") in desk.library.care.calls)
        QTest.keyClicks(view.journal.words, "nothing like it")
        await until(lambda: not view.journal.none.isHidden())

    desk.run(story, view="health")


def test_a_report_is_read_before_it_is_saved(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        view = await opened(desk)
        QTest.mouseClick(view.reporting, Qt.MouseButton.LeftButton)
        await until(lambda: view.page is not None and view.pile.currentWidget() is view.page)
        assert view.page is not None
        text = view.page.text.toPlainText()
        assert "== Window" in text
        assert "Qt: 6" in text
        press(view, "Copy")
        assert QGuiApplication.clipboard().text() == text
        QTest.mouseClick(view.page.keep, Qt.MouseButton.LeftButton)
        dialog = view.findChild(QFileDialog)
        assert dialog is not None
        dialog.reject()
        await view.save(tmp_path / "report.txt")
        assert (tmp_path / "report.txt").read_text(encoding="utf-8") == text
        QTest.mouseClick(view.page.leave, Qt.MouseButton.LeftButton)
        assert view.pile.currentIndex() == 0

    desk.run(story, view="health")


def test_it_looks_only_while_it_shows(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        await until(view._again.isActive)
        watchdog = desk.ops.watchdog
        assert watchdog is not None
        assert watchdog.looked_at
        desk.window.show_view("library")
        assert not view._again.isActive()
        assert not watchdog.looked_at

    desk.run(story, view="health")


def test_fits_a_small_dark_window_with_long_words(desk: Desk) -> None:
    desk.look.choose("dark")
    care = desk.library.care
    care.parts[0] = replace(care.parts[0], text="A folder is not in reach: /media/" + "a-very-long-name/" * 20)
    care.troubles[0] = replace(care.troubles[0], text="A sentence without an end " * 20)

    async def story() -> None:
        view = await opened(desk)
        await asyncio.sleep(0.05)
        assert not view.grab().isNull()
        for line in view.parts.lines.values():
            right = line.fix.mapTo(view, line.fix.rect().topRight()).x()
            assert right <= view.width(), "a button is out of sight"

    desk.run(story, view="health", size=(800, 560))


# --- the watchdog


def hold_up(seconds: float) -> None:
    """What keeps the UI thread."""
    until_ = time.perf_counter() + seconds
    while time.perf_counter() < until_:
        pass


def test_the_watchdog_counts_a_long_turn_and_names_who_held_up(desk: Desk) -> None:
    async def story() -> None:
        watchdog = desk.ops.watchdog
        assert watchdog is not None
        watchdog.looked_at = True
        watchdog.doing = "library"
        await until(lambda: watchdog.answers().pulses > 3)
        watchdog.forget()
        for _ in range(3):
            hold_up(0.15)
            await asyncio.sleep(0.05)
        found = watchdog.answers()
        assert found.over[2] >= 1
        assert found.longest >= 0.1
        mine = [turn for turn in found.turns if any("hold_up" in place for place in turn.where)]
        assert mine, "the culprit has no name"
        assert mine[0].doing == "library"
        assert mine[0].where[0].startswith("tests/desktop/test_health_view.py:")

    desk.run(story)


def test_waiting_is_told_from_working(desk: Desk) -> None:
    async def story() -> None:
        watchdog = desk.ops.watchdog
        assert watchdog is not None
        watchdog.looked_at = True
        await until(lambda: watchdog.answers().pulses > 3)
        watchdog.forget()
        threading.Event().wait(0.2)  # the UI thread waits for something: no work, but nobody is answered
        await asyncio.sleep(0.05)
        turn = max(watchdog.answers().turns, key=lambda one: one.wall)
        assert turn.wall > 0.1
        assert turn.cpu < turn.wall / 2

    desk.run(story)


def test_the_watchdog_rests_while_nobody_can_see_the_window(desk: Desk) -> None:
    async def story() -> None:
        watchdog = desk.ops.watchdog
        assert watchdog is not None
        await desk.listed()
        assert watchdog.shown
        desk.window.hide()
        assert not watchdog.shown
        desk.window.show()
        assert watchdog.shown
        desk.window.showMinimized()
        assert not watchdog.shown
        desk.window.showNormal()
        await asyncio.sleep(0.7)  # what the new size set off comes to rest

    desk.run(story)


def test_answers_in_words() -> None:
    assert Answers().in_time == 1.0
    assert Answers(pulses=200, over=(1, 0, 0)).in_time == 0.995
    turn = Turn(0.0, 0.048, 0.031, "packs", ("desktop/views/packs.py:201 _fill", "x"))
    assert turn_words(turn) == "48 ms, 31 of them at work (packs): desktop/views/packs.py:201 _fill"
    assert turn_words(replace(turn, where=())) == "48 ms, 31 of them at work (packs)"


def test_the_sum_of_all_parts(desk: Desk) -> None:
    health = desk.library.health()
    assert sum_words(health) == "1 part is worth a look."
    broken = replace(health, parts=(replace(health.parts[0], state=State.BROKEN), *health.parts[1:]))
    assert sum_words(broken) == "1 part does not work."
    assert broken.worst is State.BROKEN


def test_a_watchdog_ends_with_its_window(qapp: object) -> None:
    watchdog = Watchdog()
    watchdog.close()
    assert not watchdog._thread.is_alive()
