"""The work view: numbers, failures, and what can be done about them."""

from collections.abc import Sequence
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from desktop.models.jobs import JobsModel, RatesModel
from desktop.models.table import ROW
from desktop.views.jobs import CANCELLED, FAILED, RUNNING, WAITING, JobsView
from engine.model import JobRow, JobState, QueueStatus, Rate
from tests.desktop.conftest import Desk, until


def job(number: int, state: JobState = JobState.FAILED, **more: Any) -> JobRow:
    values: dict[str, Any] = {
        "id": number,
        "asset": number,
        "name": f"{number}.jpg",
        "analyzer": "ocr",
        "state": state,
        "hold": 0,
        "priority": 0,
        "attempts": 1,
        "error_code": "damaged",
        "error": f"File {number} is damaged.",
        "hint": "Copy it again.",
        "updated": 0.0,
    }
    return JobRow(**(values | more))


def rate(name: str = "ocr", **more: Any) -> Rate:
    values: dict[str, Any] = {
        "analyzer": name,
        "title": "Text in pictures",
        "waiting": 0,
        "running": 0,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "held": 0,
        "reason": "",
        "per_second": 0.0,
        "left": None,
    }
    return Rate(**(values | more))


def status(rates: Sequence[Rate] = (), **more: Any) -> QueueStatus:
    values: dict[str, Any] = {
        "waiting": 0,
        "running": 0,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "held": 0,
        "paused": False,
        "per_second": 0.0,
        "left": None,
        "rates": tuple(rates),
        "trouble": "",
    }
    return QueueStatus(**(values | more))


# --- models


def shown(model: QAbstractItemModel) -> list[list[Any]]:
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


@pytest.fixture
def table(qtbot: QtBot) -> tuple[JobsModel, QTableView]:
    view = QTableView()
    qtbot.addWidget(view)
    model = JobsModel(("File", "What happened"), lambda row, column: (row.name, row.error)[column], view)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    view.setModel(model)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    return model, view


@pytest.mark.parametrize(
    "after", [[1, 2, 3, 4], [3], [], [4, 3, 2, 1], [9, 1, 8, 3, 7], [3, 1], [5, 6, 3, 2, 9, 10], [2, 2, 3]]
)
def test_the_selection_follows_its_rows(table: tuple[JobsModel, QTableView], after: list[int]) -> None:
    model, view = table
    model.put([job(n) for n in (1, 2, 3, 4)])
    view.selectRow(2)
    model.put([job(n) for n in after])
    assert [row.id for row in model.rows] == list(dict.fromkeys(after))
    chosen = [index.data(ROW).id for index in view.selectionModel().selectedRows()]
    assert chosen == ([3] if 3 in after else [])


def test_a_changed_job_is_repainted_and_nothing_else(table: tuple[JobsModel, QTableView], qtbot: QtBot) -> None:
    model, _ = table
    model.put([job(1), job(2)])
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.append(first.row()))
    model.put([job(1), job(2, error="It is gone.")])
    assert changed == [1]
    assert shown(model)[1] == ["2.jpg", "It is gone."]


def test_rates_are_written_for_people(qtbot: QtBot, qapp: object) -> None:
    model = RatesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.put(status([rate(waiting=1200, running=2, done=30, failed=1, per_second=2.5, left=480.0)]))
    assert shown(model)[0] == ["Text in pictures", "1,200", "2", "30", "1", "\u2013", "2.5/s", "8 min", ""]
    model.put(status([rate(waiting=3, held=3, reason="Waits for a pack.", left=10.0)], paused=True))
    assert shown(model)[0][5:] == ["3", "", "", "Waits for a pack."]
    model.put(status([rate("a"), rate("b")]))
    assert model.rowCount() == 2


# --- the view


class Work:
    """The queue of the stand-in, steered by the test."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.rows: dict[JobState, list[JobRow]] = {}
        self.calls: list[tuple[str, Any]] = []
        library: Any = desk.library
        library.jobs = lambda state=None, limit=500: self.rows.get(state, [])[:limit]
        library.retry = lambda ids=None: self.calls.append(("retry", ids)) or (len(ids) if ids else 2)
        library.cancel = lambda ids=None: self.calls.append(("cancel", ids)) or 5

    def set(self, now: QueueStatus) -> None:
        self.desk.library.status_now = now

    @property
    def view(self) -> JobsView:
        view = self.desk.window.view("jobs")
        assert isinstance(view, JobsView)
        return view


def test_failures_are_listed_in_words_and_tried_again(desk: Desk) -> None:
    work = Work(desk)
    work.set(status([rate(failed=2)], failed=2, done=7))
    work.rows[JobState.FAILED] = [job(1), job(2)]

    async def story() -> None:
        view = work.view
        await until(lambda: len(view.failed.rows) == 2)
        assert shown(view.failed)[0] == ["1.jpg", "Text in pictures", "File 1 is damaged.", "Copy it again."]
        assert view.tabs.tabText(FAILED) == "Failed 2"
        assert not view.again.isEnabled()
        view._tables[FAILED].selectRow(1)
        assert view.selected() == [2]
        view.again.click()
        await until(lambda: ("retry", [2]) in work.calls)
        view.all_again.click()
        await until(lambda: ("retry", None) in work.calls)
        opened: list[Any] = []
        view.open_asset.disconnect()
        view.open_asset.connect(lambda ids, index, query: opened.append(ids))
        view.open_selected()
        assert opened == [[2]]

    desk.run(story, view="jobs")


def test_a_file_that_could_not_be_read_is_read_anew(desk: Desk) -> None:
    work = Work(desk)
    work.set(status(failed=1))
    work.rows[JobState.FAILED] = [job(-5, asset=0)]

    async def story() -> None:
        view = work.view
        await until(lambda: len(view.failed.rows) == 1)
        view._tables[FAILED].selectRow(0)
        assert not view.open.isEnabled()
        asked: list[str] = []
        view.command.disconnect()
        view.command.connect(asked.append)
        view.retry_selected()
        assert asked == ["file.rescan"]
        assert not work.calls

    desk.run(story, view="jobs")


def test_pause_go_on_and_cancel_after_a_question(desk: Desk) -> None:
    work = Work(desk)
    work.set(status([rate(waiting=4, left=100.0)], waiting=4, running=1, left=100.0, per_second=3.0))

    async def story() -> None:
        view = work.view
        await until(lambda: view.status is not None)
        head = view.head
        assert head.title.text() == "Reading your files"
        assert "4 waiting" in head.line.text()
        assert "3.0 files a second" in head.line.text()
        assert "2 min left" in head.line.text()
        head.pause.click()
        await until(lambda: ("pause",) in desk.library.calls)
        work.set(status(waiting=4, paused=True))
        desk.library.tell("jobs")
        await until(lambda: head.title.text() == "Paused")
        head.pause.click()
        await until(lambda: ("resume",) in desk.library.calls)
        head.cancel.click()
        assert head.question.isVisible()
        assert not work.calls  # asked first
        head.cancelled.emit()
        await until(lambda: ("cancel", None) in work.calls)

    desk.run(story, view="jobs")


def test_running_jobs_show_how_far_they_are_and_can_be_cancelled(desk: Desk) -> None:
    work = Work(desk)
    work.set(status([rate(running=1)], running=1))
    work.rows[JobState.RUNNING] = [job(1, JobState.RUNNING, progress=0.5, error="")]
    work.rows[JobState.WAITING] = [job(2, JobState.WAITING, hold=4, error="")]

    async def story() -> None:
        view = work.view
        await view.built.wait()
        view.tabs.setCurrentIndex(RUNNING)
        await until(lambda: len(view.running.rows) == 1)
        assert not view.grab().isNull()
        view._tables[RUNNING].selectRow(0)
        QTest.keyClick(view._tables[RUNNING], Qt.Key.Key_Space)
        view.cancel.click()
        await until(lambda: ("cancel", [1]) in work.calls)
        view.tabs.setCurrentIndex(WAITING)
        await until(lambda: len(view.waiting.rows) == 1)
        assert view.save_state() == {"tab": WAITING}
        work.rows[JobState.CANCELLED] = [job(3, JobState.CANCELLED, error="")]
        view.tabs.setCurrentIndex(CANCELLED)
        await until(lambda: len(view.cancelled.rows) == 1)
        view._tables[CANCELLED].selectRow(0)
        view.again.click()
        await until(lambda: ("retry", [3]) in work.calls)

    desk.run(story, view="jobs")


def test_a_long_list_is_updated_without_losing_what_is_chosen(desk: Desk) -> None:
    work = Work(desk)
    work.set(status(failed=900))
    work.rows[JobState.FAILED] = [job(n) for n in range(1, 901)]

    async def story() -> None:
        view = work.view
        await until(lambda: len(view.failed.rows) == 900)
        table = view._tables[FAILED]
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number in (10, 500):
            table.selectionModel().select(view.failed.index(number, 0), flags)
        work.rows[JobState.FAILED] = [job(n) for n in range(950, 400, -1)]
        desk.library.tell("jobs")
        await until(lambda: len(view.failed.rows) == 550)
        assert view.selected() == [501]

    desk.run(story, view="jobs")


def test_nothing_to_do_is_said(desk: Desk) -> None:
    work = Work(desk)
    work.set(status())

    async def story() -> None:
        view = work.view
        await until(lambda: view.status is not None)
        assert view.head.title.text() == "Nothing to do"
        assert view._piles[FAILED].currentIndex() == 1
        assert view.width() <= 800

    desk.run(story, size=(800, 560), view="jobs")
