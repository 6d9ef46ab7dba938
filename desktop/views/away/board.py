"""The hosts, one card each, with the place where one is added."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Empty, button
from desktop.operations import Operations
from desktop.views.away.adding import AddHost
from desktop.views.away.card import HostCard
from desktop.views.away.pages import Page
from desktop.views.parts.cards import Card, taken
from engine.language import mark, tr
from engine.model import HostState, JobRow

TURN = 0.005  # seconds of a turn of the loop in which cards are changed
NONE = mark("Another machine can help")
NONE_TEXT = mark(
    "A computer with a graphics card that you own, rent or share reads your files many times as fast; paste how you "
    "reach it, and Kinora sets itself up there. Your files, their names, places and faces never leave this computer: "
    "only small pictures and sound without names travel, of what you have not marked as staying here."
)
OFFLINE = mark("Offline is switched on: no connection leaves this computer.")
OFFLINE_HINT = mark("The hosts rest, and everything is done here. The settings switch it off.")


class Board(Page):
    """All hosts.

    Signals:
        asked: what to do with a host.
        renting: somebody would rather rent one.
        settings: Offline is to be switched off.
        changed: a host was added or tested.
    """

    asked = Signal(str, object)
    renting = Signal()
    settings = Signal()
    changed = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.cards: dict[int, HostCard] = {}
        self.add = AddHost(ops, look)
        self.add.added.connect(lambda _row: self.changed.emit())
        self.add.trial.ended.connect(lambda _good: self.changed.emit())
        self.add.removal.connect(lambda state: self.asked.emit("remove", state))
        self.add.left.connect(self._fold)
        self.offline = Card(look, "warning", tr(OFFLINE), tr(OFFLINE_HINT))
        self.offline.add(tr("Settings"), self.settings.emit)
        self.blank = Empty(look, "hosts", tr(NONE), tr(NONE_TEXT))
        self.blank.add(tr("Add a host"), self.unfold, "primary")
        self.blank.add(tr("Rent a GPU"), self.renting.emit)
        self.plus = button(tr("Add a host"), self.unfold, "primary")
        self._list = QVBoxLayout()
        self._list.setSpacing(tokens.M)
        self._assemble()

    def close_page(self) -> None:
        """Wait for nothing any more."""
        self.add.stop_all()
        for card in self.cards.values():
            card.stop()

    def unfold(self) -> None:
        """Show the line to paste into."""
        self.add.show()
        self.blank.hide()
        self.plus.hide()
        self.add.begin()

    async def show_states(
        self, states: Sequence[HostState], jobs: Mapping[str, Sequence[JobRow]], *, offline: bool
    ) -> None:
        """Show newer numbers, a few in each turn of the loop; a card that is missing is made in turns of its own."""
        self.offline.setVisible(offline)
        self.add.states = tuple(states)
        for gone in self.cards.keys() - {state.row.id for state in states}:
            self._drop(self.cards.pop(gone))
        began = time.perf_counter()
        for place, state in enumerate(states):
            card = self.cards.get(state.row.id) or await self._made(place, state)
            card.show_state(state, tuple(jobs.get(state.row.name, ())))
            if time.perf_counter() - began > TURN:
                await asyncio.sleep(0)
                began = time.perf_counter()
        adding = self.add.isVisibleTo(self)
        self.blank.setVisible(len(states) < 2 and not adding)
        self.plus.setVisible(len(states) > 1 and not adding)

    # --- inside

    async def _made(self, place: int, state: HostState) -> HostCard:
        await asyncio.sleep(0)
        card = HostCard(self._ops, self._look, state)
        card.asked.connect(self.asked)
        await asyncio.sleep(0)
        self._list.insertWidget(place, card)
        self.cards[state.row.id] = card
        await asyncio.sleep(0)
        card.show_facts(state)
        await asyncio.sleep(0)
        return card

    def _fold(self) -> None:
        self.add.hide()
        alone = len(self.cards) < 2
        self.blank.setVisible(alone)
        self.plus.setVisible(not alone)
        if not alone:
            self.plus.setFocus()

    def _drop(self, card: HostCard) -> None:
        card.stop()
        taken(self._list, card)

    def _assemble(self) -> None:
        self._inner.setSpacing(tokens.M)
        line = QHBoxLayout()
        line.addWidget(self.plus)
        line.addStretch(1)
        self._inner.addWidget(self.offline)
        self._inner.addWidget(self.add)
        self._inner.addLayout(line)
        self._inner.addLayout(self._list)
        self._inner.addWidget(self.blank)
        self._inner.addStretch(1)
        for part in (self.offline, self.add, self.plus, self.blank):
            part.hide()
