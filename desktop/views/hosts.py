"""The hosts: which machines work, what they cost, what is rented, and what never leaves this computer."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.operations import Operations
from desktop.views.away import saying
from desktop.views.away.alarm import Alarms, RedButton
from desktop.views.away.board import Board
from desktop.views.away.deeds import HostDeeds
from desktop.views.away.pages import WIDEST, Gap, Page
from desktop.views.away.renting import RentPage
from desktop.views.away.spending import MOST, SpendingPage
from desktop.views.away.travel import TravelPage
from desktop.views.base import View
from engine.language import mark, tr
from engine.model import Change, HostState, JobRow, JobState

EVERY = 1000  # milliseconds between two looks while the view shows
QUIET = 200  # milliseconds after a change before it is looked again
UNSURE = 2000  # milliseconds after which the red button is there even if nobody says what is rented
RUNNING = 500  # jobs at work that are looked at
BOARD, RENT, SPENDING, TRAVEL = range(4)
TABS = (mark("Hosts"), mark("Rent"), mark("Money"), mark("What stays here"))


class HostsView(View):
    """Looks every second while it shows, and not at all while it does not."""

    id: ClassVar[str] = "hosts"
    title: ClassVar[str] = mark("Hosts")
    icon: ClassVar[str] = "hosts"
    shortcut: ClassVar[str] = "Ctrl+6"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.states: tuple[HostState, ...] = ()
        self.built = asyncio.Event()  # every page is there
        self._hosts, self._money = ops.latest(), ops.latest()
        self._closed = False
        self._asking = False  # a question about money is on its way; a second one would hang as well
        self._again, self._unsure = self._timer(EVERY, self.refresh), self._timer(UNSURE, self._show_red)
        self.deeds = HostDeeds(ops, self)
        self.deeds.said.connect(self.message)
        self.deeds.changed.connect(self.refresh)
        self.red = RedButton(ops)
        self.red.changed.connect(self.refresh)
        self.red.said.connect(self.message)
        self.alarms = Alarms(look)
        self._assemble()
        ops.start(self._build())

    # --- the view

    def shown(self) -> None:
        self._unsure.start()
        self.refresh()
        self._turned()

    def hidden(self) -> None:
        self._again.stop()
        self._unsure.stop()
        self._hosts.cancel()

    def changed(self, change: Change) -> None:
        if not self.isVisible() or not self.built.is_set():
            return
        if change.topics & {"hosts", "rentals", "settings"} and self._again.remainingTime() > QUIET:
            self._again.start(QUIET)
        if change.topics & {"decisions", "albums"} and self.tabs.currentIndex() == TRAVEL:
            self.travel.shown()

    def close_view(self) -> None:
        self._closed = True  # what ends now says that something changed, and nothing is asked for that
        self.hidden()
        self._money.cancel()
        self.deeds.close()
        if self.built.is_set():
            self.board.close_page()
            self.renting.close_page()
            self.travel.close_page()

    def save_state(self) -> dict[str, Any]:
        return {"tab": self.tabs.currentIndex()}

    def restore_state(self, state: dict[str, Any]) -> None:
        tab = str(state.get("tab", 0))
        self._tab = int(tab) if tab in ("0", "1", "2", "3") else BOARD
        if self.built.is_set():
            self.tabs.setCurrentIndex(self._tab)

    def refresh(self) -> None:
        """Look again, at the hosts and at the money, neither of which waits for the other."""
        if self._closed:
            return
        self._again.stop()
        self._hosts.start(self._look())
        if not self._asking:
            self._asking = True
            self._money.start(self._look_at_money())

    def destroy_everything(self) -> None:
        """Ask whether everything rented is to be destroyed."""
        self.red.ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is more room than is good to read, everything stands in the middle."""
        super().resizeEvent(event)
        side = self._side()
        self._top.setContentsMargins(side, 0, side + tokens.XS if side else 0, 0)
        self._left.take(side)
        for place in range(self.tabs.count()):
            page = self.tabs.widget(place)
            if isinstance(page, Page):
                page.stand(side)

    # --- inside

    def _side(self) -> int:
        return max(0, (self.width() - 2 * tokens.L - WIDEST) // 2)

    async def _look(self) -> None:
        await self.built.wait()
        library = self.ops.library
        found = await self.ops.ask(lambda: (library.hosts.states(), library.jobs(JobState.RUNNING, RUNNING),
                                            bool(library.settings()["net.offline"])))  # fmt: skip
        if found is not None:
            states, jobs, offline = found
            self.states = tuple(states)
            self.sum.setText(saying.summary(states))
            await self.board.show_states(states, by_host(jobs, states), offline=offline)
        if self.isVisible() and not self._closed and not self._again.isActive():
            self._again.start(EVERY)

    async def _look_at_money(self) -> None:
        try:
            await self.built.wait()
            rentals = self.ops.library.rentals
            looked = self.tabs.currentIndex() == SPENDING
            found = await self.ops.ask(lambda: (rentals.rows(), rentals.alarms(), rentals.spending(),
                                                rentals.ledger(MOST) if looked else None))  # fmt: skip
        finally:
            self._asking = False
        if found is None:
            return
        rows, alarms, spending, lines = found
        self.red.show_rows(rows)
        self.alarms.show_rows(alarms)
        await self.renting.show_rows(rows)
        self.renting.show_spending(spending)
        await asyncio.sleep(0)
        self.money.show_spending(spending, lines)

    def _show_red(self) -> None:
        self.red.unsure()

    def _act(self, what: str, state: HostState) -> None:
        if what == "rentals":
            self.tabs.setCurrentIndex(RENT)
        else:
            self.deeds.do(what, state)

    def _turned(self) -> None:
        if not (self.built.is_set() and self.isVisible()):
            return
        if self.tabs.currentIndex() == RENT:
            self.renting.shown()
        elif self.tabs.currentIndex() == SPENDING:
            self.refresh()
        elif self.tabs.currentIndex() == TRAVEL:
            self.travel.shown()

    def _timer(self, wait: int, call: Any) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(wait)
        made.timeout.connect(call)
        return made

    # --- building

    def _assemble(self) -> None:
        self._tab = BOARD
        self.sum = label("", "muted", wrap=True)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(label(tr(self.title), "title"))
        text.addWidget(self.sum)
        self._left = Gap()  # before the tabs, so that they stand below the title
        self.tabs.setCornerWidget(self._left, Qt.Corner.TopLeftCorner)
        head = QHBoxLayout()
        head.setSpacing(tokens.M)
        head.addLayout(text, 1)
        head.addWidget(self.red, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.L, tokens.L, 0)
        column.setSpacing(tokens.S)
        self._top = QVBoxLayout()
        self._top.setSpacing(tokens.S)
        self._top.addLayout(head)
        self._top.addWidget(self.alarms)
        column.addLayout(self._top)
        column.addWidget(self.tabs, 1)

    async def _build(self) -> None:
        """Make the pages, one in each turn of the loop: all at once would hold up the window."""
        self.board = Board(self.ops, self.look)
        self._add(self.board, BOARD)
        await asyncio.sleep(0)
        self.renting = RentPage(self.ops, self.look)
        self._add(self.renting, RENT)
        await self.renting.build()
        await asyncio.sleep(0)
        self.money = SpendingPage(self.ops, self.look)
        self._add(self.money, SPENDING)
        await self.money.build()
        await asyncio.sleep(0)
        self.travel = TravelPage(self.ops, self.look)
        self._add(self.travel, TRAVEL)
        self._connect()
        self.built.set()
        self.tabs.setCurrentIndex(self._tab)
        self._turned()

    def _add(self, page: Page, place: int) -> None:
        self.tabs.addTab(page, tr(TABS[place]))
        page.stand(self._side())

    def _connect(self) -> None:
        self.board.asked.connect(self._act)
        self.board.changed.connect(self.refresh)
        self.board.renting.connect(lambda: self.tabs.setCurrentIndex(RENT))
        self.board.settings.connect(lambda: self.command.emit("view.settings"))
        self.alarms.again.connect(lambda row: self.ops.start(self.renting.end(row)))
        for page in (self.renting, self.money):
            page.said.connect(self.message)
            page.changed.connect(self.refresh)
        self.renting.capping.connect(lambda: self.tabs.setCurrentIndex(SPENDING))
        self.travel.decided.connect(self.undoable)
        self.tabs.currentChanged.connect(lambda _tab: self._turned())


def by_host(jobs: Sequence[JobRow], states: Sequence[HostState]) -> dict[str, list[JobRow]]:
    """The jobs at work by the name of the host that has them; one without a name is here."""
    found: dict[str, list[JobRow]] = defaultdict(list)
    here = states[0].row.name if states else ""
    for job in jobs:
        found[job.host or here].append(job)
    return found
