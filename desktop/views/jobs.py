"""The work: how far the reading is, what runs, what failed and why."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, vocabulary
from desktop.look.look import Look
from desktop.look.parts import Empty, button
from desktop.models.jobs import JobsModel, RatesModel
from desktop.models.table import ROW
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts.queue import QueueHead
from desktop.views.parts.tables import Page, Progress, Table
from desktop.views.parts.tasklist import TaskList
from engine.language import digits, mark, tr, trn
from engine.model import Change, JobRow, JobState, QueueStatus

QUIET = 300  # milliseconds between two looks at the queue after a change
PULSE = 1000  # milliseconds between two looks while something runs
MOST = 1000  # rows of a table
FAILED, RUNNING, WAITING, CANCELLED = 0, 1, 2, 3
STATES = (JobState.FAILED, JobState.RUNNING, JobState.WAITING, JobState.CANCELLED)
NAMES = (mark("Failed"), mark("At work"), mark("Waiting"), mark("Cancelled"))


class JobsView(View):
    """The queue, the analyzers, the failures."""

    id = "jobs"
    title = mark("Work")
    icon = "jobs"
    shortcut = "Ctrl+4"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.status: QueueStatus | None = None
        self.head = QueueHead(look)
        self.tasks = TaskList(look, ops.tasks)
        self.rates = RatesModel(self)
        self.failed = JobsModel(
            (tr("File"), tr("Analyzer"), tr("What happened"), tr("What you can do")), self._failure, self
        )
        self.running = JobsModel((tr("File"), tr("Analyzer"), tr("How far"), tr("Machine")), self._running, self)
        self.waiting = JobsModel((tr("File"), tr("Analyzer"), tr("Waits for")), self._reason, self)
        self.cancelled = JobsModel((tr("File"), tr("Analyzer")), self._progress, self)
        self._titles: dict[str, str] = {}
        self._looking = ops.latest()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._refresh)
        self._models = (self.failed, self.running, self.waiting, self.cancelled)
        self._tables: list[Table] = []
        self._piles: list[QStackedWidget] = []
        self._tab = FAILED
        self.built = asyncio.Event()  # every table is there
        self._assemble()
        self._connect_head()
        ops.start(self._build())

    # --- the view

    def changed(self, change: Change) -> None:
        if self.isVisible() and change.topics & {"jobs", "findings", "files", "settings", "health"}:
            self._soon(QUIET)

    def shown(self) -> None:
        self._refresh()

    def hidden(self) -> None:
        self._timer.stop()
        self._looking.cancel()

    def selected(self) -> list[int]:
        return list(dict.fromkeys(job.asset for job in self._chosen() if job.asset > 0))

    def save_state(self) -> dict[str, Any]:
        return {"tab": self.tabs.currentIndex() if self.built.is_set() else self._tab}

    def restore_state(self, state: dict[str, Any]) -> None:
        tab = str(state.get("tab", 0))
        self._tab = int(tab) if tab in ("0", "1", "2", "3") else FAILED
        if self.built.is_set():
            self.tabs.setCurrentIndex(self._tab)

    def close_view(self) -> None:
        self.hidden()

    # --- refreshing

    def _soon(self, wait: int) -> None:
        if not self._timer.isActive():
            self._timer.start(wait)

    def _refresh(self) -> None:
        self._timer.stop()
        self._looking.start(self._look())

    async def _look(self) -> None:
        await self.built.wait()
        status = await self.ops.ask(self.ops.library.queue)
        if status is None:
            return
        tab = self.tabs.currentIndex()
        rows = await self.ops.ask(self.ops.library.jobs, STATES[tab], MOST)
        activities = await self.ops.ask(self.ops.library.care.activities) or ()
        self.show_status(status)
        self.tasks.show_activities(activities)
        if rows is not None and tab == self.tabs.currentIndex():
            self._fill(tab, rows)
        if self.isVisible() and (activities or status.running or (status.waiting > status.held and not status.paused)):
            self._soon(PULSE)

    def show_status(self, status: QueueStatus) -> None:
        """Show newer numbers."""
        self.status = status
        self._titles = {rate.analyzer: rate.title for rate in status.rates}
        self.head.show_status(status)
        self.rates.put(status)
        self._upper.setMaximumHeight(self.overview.height_of(self.rates.rowCount()) + 2 * tokens.S)
        counts = (status.failed, status.running, status.waiting, status.cancelled)
        for tab, (name, count) in enumerate(zip(NAMES, counts, strict=True)):
            self.tabs.setTabText(tab, f"{tr(name)} {digits(count)}" if count else tr(name))

    def _fill(self, tab: int, rows: list[JobRow]) -> None:
        self._models[tab].put(rows)
        self._piles[tab].setCurrentIndex(0 if rows else 1)
        self._enable()

    # --- what the buttons do

    def _chosen(self) -> list[JobRow]:
        if not self.built.is_set():
            return []
        tab = self.tabs.currentIndex()
        return [self._models[tab].rows[row] for row in self._tables[tab].rows()]

    def retry_selected(self) -> None:
        """Try the selected failures again."""
        chosen = self._chosen()
        if any(job.id < 0 for job in chosen):
            self.command.emit("file.rescan")  # a file that could not even be opened: it is read anew
        jobs = [job.id for job in chosen if job.id > 0]
        if jobs:
            self._do(self._retry(jobs))

    def retry_all(self) -> None:
        """Try every failure again."""
        if any(job.id < 0 for job in self.failed.rows):
            self.command.emit("file.rescan")
        self._do(self._retry(None))

    def cancel_selected(self) -> None:
        """Cancel the selected jobs."""
        jobs = [job.id for job in self._chosen()]
        if jobs:
            self._do(self._cancel(jobs))

    def open_selected(self) -> None:
        """Show the files of the selected jobs in the viewer."""
        assets = self.selected()
        if assets:
            self.open_asset.emit(assets, 0, "")

    async def _retry(self, jobs: list[int] | None) -> None:
        count = await self.ops.ask(self.ops.library.retry, jobs)
        if count is not None:
            self.message.emit(
                tr("{count} tried again.", count=trn("{n} job", "{n} jobs", count))
                if count
                else tr("There was nothing to try again.")
            )

    async def _cancel(self, jobs: list[int] | None) -> None:
        count = await self.ops.ask(self.ops.library.cancel, jobs)
        if count is not None:
            self.message.emit(tr("{count} cancelled.", count=trn("{n} job", "{n} jobs", count)))

    async def _go_on(self) -> None:
        await self.ops.ask(self.ops.library.care.go_on)

    async def _pause(self, paused: bool) -> None:
        await self.ops.ask(self.ops.library.pause if paused else self.ops.library.resume)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self.ops.start(self._then_look(work))

    async def _then_look(self, work: Coroutine[Any, Any, None]) -> None:
        await work
        self._refresh()

    # --- words

    def _failure(self, job: JobRow, column: int) -> str:
        return (job.name, self._title(job), job.error, job.hint)[column]

    def _progress(self, job: JobRow, column: int) -> str:
        return (job.name, self._title(job), "")[column]

    def _running(self, job: JobRow, column: int) -> str:
        return (job.name, self._title(job), "", job.host or tr("This computer"))[column]

    def _reason(self, job: JobRow, column: int) -> str:
        rate = next((rate for rate in self.rates.rows if rate.analyzer == job.analyzer), None)
        why = job.error or (rate.reason if rate is not None and job.hold else "")
        return (job.name, self._title(job), why)[column]

    def _title(self, job: JobRow) -> str:
        return self._titles.get(job.analyzer) or vocabulary.analysis(job.analyzer)

    # --- building

    def _assemble(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.again = button(tr("Try again"), self.retry_selected)
        self.all_again = button(tr("Try all again"), self.retry_all)
        self.open = button(tr("Open"), self.open_selected)
        self.cancel = button(tr("Cancel"), self.cancel_selected)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(tokens.M)
        self.split.setObjectName("open")
        page = Page()
        column = QVBoxLayout(page)
        column.setContentsMargins(tokens.L, tokens.L, tokens.L, tokens.L)
        column.setSpacing(tokens.M)
        column.addWidget(self.head)
        column.addWidget(self.tasks)
        column.addWidget(self.split, 1)
        area = QScrollArea()  # a small window scrolls instead of squeezing the tables
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    async def _build(self) -> None:
        """Make the tables, one in each turn of the loop: all at once would hold up the window."""
        self.overview = Table(self.look, self.rates, tr("Analyzers"))
        self.overview.share_out(22, 8, 8, 8, 7, 7, 7, 8)
        self.overview.spare(6, 7)
        self.overview.setSelectionMode(Table.SelectionMode.NoSelection)
        self.overview.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.overview.setMinimumHeight(110)
        self._upper = _card(self.overview)
        self.split.addWidget(self._upper)
        lower = self._lower()
        await asyncio.sleep(0)
        blanks = self._blanks()
        for number, (model, name, blank) in enumerate(zip(self._models, NAMES, blanks, strict=True)):
            table = Table(self.look, model, tr("Jobs: {name}", name=tr(name)))
            if number == FAILED:
                table.share_out(21, 17, 31, tall=True)
            else:
                table.share_out(*(34, 24, 24)[: model.columnCount() - 1])
            if number == RUNNING:
                table.setItemDelegateForColumn(2, Progress(self.look, table))
            self._tables.append(table)
            self._piles.append(_pile(table, blank))
            self.tabs.addTab(self._piles[-1], tr(name))
            await asyncio.sleep(0)
        lower.show()
        self._finish()

    def _blanks(self) -> tuple[Empty, ...]:
        look, why = self.look, tr("Files that cannot be read would be listed here, with the reason.")
        return (
            Empty(look, "check", tr("Nothing failed"), why, small=True),
            Empty(look, "clock", tr("Nothing is at work"), tr("Add files, or go on with the work."), small=True),
            Empty(look, "check", tr("Nothing waits"), small=True),
            Empty(look, "check", tr("Nothing was cancelled"), small=True),
        )

    def _lower(self) -> QFrame:
        """The card of the tables, in its place before they are in it: what moves is styled again."""
        buttons = QHBoxLayout()
        buttons.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.S)
        buttons.setSpacing(tokens.S)
        for part in (self.again, self.all_again, self.cancel, self.open):
            buttons.addWidget(part)
        buttons.addStretch(1)
        lower = _card(self.tabs, buttons)
        lower.setMinimumHeight(240)
        lower.hide()
        self.split.addWidget(lower)
        return lower

    def _finish(self) -> None:
        self.split.setSizes([400, 300])
        self.tabs.setCurrentIndex(self._tab)
        self._connect()
        self.built.set()

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._turned)
        for table in self._tables:
            table.selectionModel().selectionChanged.connect(self._enable)
            table.activated.connect(self._activated)
        self._turned()

    def _connect_head(self) -> None:
        self.head.paused.connect(lambda paused: self._do(self._pause(paused)))
        self.head.anyway.clicked.connect(lambda _on=False: self._do(self._go_on()))
        self.tasks.cancelled.connect(self.ops.tasks.cancel)
        self.tasks.paused.connect(self.ops.tasks.pause)
        self.head.cancelled.connect(lambda: self._do(self._cancel(None)))
        for keys, call in (("R", self.retry_selected), ("Del", self.cancel_selected)):
            self._key(keys, call)

    def _key(self, keys: str, call: Callable[[], None]) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False: call())
        self.addAction(action)

    def _turned(self, _tab: int = 0) -> None:
        tab = self.tabs.currentIndex()
        self.again.setVisible(tab in (FAILED, CANCELLED))
        self.all_again.setVisible(tab == FAILED)
        self.cancel.setVisible(tab in (RUNNING, WAITING))
        self._enable()
        if self.isVisible():
            self._refresh()

    def _enable(self) -> None:
        chosen = self._chosen()
        self.again.setEnabled(bool(chosen))
        self.all_again.setEnabled(bool(self.failed.rows))
        self.cancel.setEnabled(bool(chosen))
        self.open.setEnabled(any(job.asset > 0 for job in chosen))

    def _activated(self, index: QModelIndex) -> None:
        job = index.data(ROW)
        if isinstance(job, JobRow) and job.asset > 0:
            self.open_asset.emit([job.asset], 0, "")


def _pile(table: Table, blank: QWidget) -> QStackedWidget:
    pile = QStackedWidget()
    pile.addWidget(table)
    pile.addWidget(blank)
    pile.setCurrentIndex(1)
    return pile


def _card(widget: QWidget, buttons: QHBoxLayout | None = None) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    column = QVBoxLayout(card)
    column.setContentsMargins(1, tokens.XS, 1, 1 if buttons else tokens.XS)
    column.setSpacing(0)
    column.addWidget(widget, 1)
    if buttons is not None:
        column.addLayout(buttons)
    return card
