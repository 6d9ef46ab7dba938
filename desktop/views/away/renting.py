"""Renting a GPU: what is rented, what is offered, what it would cost, and the one button that says the sum."""

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import Empty
from desktop.models.market import OffersModel
from desktop.operations import Operations
from desktop.views.away.caps import left
from desktop.views.away.pages import Page, card
from desktop.views.away.price import Price
from desktop.views.away.rented import Rented, living
from desktop.views.away.sheets import MoneySheet
from desktop.views.away.wants import Wants
from desktop.views.parts.cards import Card
from engine.errors import Cancelled, KinoraError, OfferGone
from engine.language import tr
from engine.model import Offer, RentalRow, Spending

MOST_ROWS = 8  # of the table, before it scrolls


class RentPage(Page):
    """All about renting.

    Signals:
        said: a sentence worth a toast.
        changed: the rentals may have changed.
        capping: the caps are to be set.
    """

    said = Signal(str)
    changed = Signal()
    capping = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self._latest, self._asking = ops.latest(), ops.latest()
        self._loaded = False
        self.offers = OffersModel(self)

    async def build(self) -> None:
        """Make the parts, a few in each turn of the loop: all at once would hold up the window."""
        self.rented = Rented(self._look)
        self.rented.ended.connect(lambda row: self._ops.start(self.end(row)))
        self._inner.addWidget(self.rented)
        sheet, column = card(tr("Rent a GPU"), gap=tokens.M)
        self._inner.addWidget(sheet)
        await asyncio.sleep(0)
        self.wants = Wants()
        self.wants.keyed.connect(lambda key: self._ops.start(self._keep(key)))
        self.wants.looked.connect(lambda: self._latest.start(self._look_for()))
        self.wants.turned.connect(lambda: self._latest.start(self._turn()))
        await asyncio.sleep(0)
        column.addWidget(self.wants)
        await asyncio.sleep(0)
        self._add_table(column)
        await asyncio.sleep(0)
        self._add_price()

    def shown(self) -> None:
        """The page came to the front."""
        if not self._loaded:
            self._latest.start(self._load())

    async def show_rows(self, rows: Sequence[RentalRow]) -> None:
        """What is rented."""
        await self.rented.show_rows(living(rows))

    def show_spending(self, spending: Spending) -> None:
        """What is left of the caps."""
        self.price.show_left(left(spending))

    def close_page(self) -> None:
        """Ask for nothing more."""
        self._latest.cancel()
        self._asking.cancel()
        self.price.close_price()

    async def end(self, row: RentalRow) -> None:
        """End one rental; it does not wait for anything else."""
        try:
            await self._ops.at_once(self._ops.library.rentals.destroy, row.id)
            self.said.emit(tr("{gpu} is being destroyed.", gpu=row.gpu))
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
        self.changed.emit()

    # --- inside

    def _about(self) -> str:
        return tr(
            "Give the key of a provider, say what you need, and choose one of the offers. You see what it costs and "
            "how long it takes before anything is rented; it ends by itself, at the latest when your money is used up."
        )

    async def _load(self) -> None:
        rentals, settings = self._ops.library.rentals, self._ops.library.settings
        found = await self._ops.ask(lambda: (rentals.providers(), rentals.need(), str(settings()["rent.provider"])))
        if found is not None:
            self.wants.show_providers(found[0], found[2])
            self.wants.show_need(found[1])
            self._loaded = True
            await self._turn()

    async def _turn(self) -> None:
        """Another provider: what is known of the former one is no answer for it."""
        self.offers.put(())
        self._show_table(False)
        self._refuse(None)
        there = await self._ops.ask(self._ops.library.rentals.has_key, self.wants.chosen)
        self.wants.show_key(bool(there))

    async def _keep(self, key: str) -> None:
        provider = self.wants.chosen
        try:
            await self._ops.demand(self._ops.library.rentals.set_key, provider, key)
        except KinoraError as error:
            self._refuse(error)
            return
        self.wants.show_key(bool(key))
        name = vocabulary.named(provider)
        if key:
            self.said.emit(tr("The key of {provider} is kept.", provider=name))
            self._latest.start(self._look_for())
        else:
            self.said.emit(tr("The key of {provider} is forgotten.", provider=name))

    async def _look_for(self) -> None:
        self.wants.look.setEnabled(False)
        self._refuse(None)
        try:
            need, provider = self.wants.need(), self.wants.chosen
            found = await self._ops.demand(self._ops.library.rentals.offers, provider, need)
        except Cancelled:
            return
        except KinoraError as error:
            self._refuse(error)
            return
        finally:
            self.wants.look.setEnabled(True)
        self._show_offers(found)

    def _show_offers(self, found: Sequence[Offer]) -> None:
        self.offers.put(found)
        if not found:
            self.blank.title.setText(tr("Nothing like this is offered now"))
            self.blank.text.setText(tr("Allow a higher price, or take less memory."))
            self._show_table(False)
            return
        self.table.setFixedHeight(self.table.height_of(min(MOST_ROWS, len(found))))
        self._show_table(True)
        self.table.choose(0)
        self.table.setFocus()

    def _show_table(self, on: bool) -> None:
        self.table.setVisible(on)
        self.blank.setVisible(not on)

    def _choose(self, offer: Offer | None) -> None:
        self.price.show_offer(offer)

    async def _reckon(self, hours: float) -> None:
        offer = self.price.offer
        if offer is None:
            return
        try:
            forecast = await self._ops.demand(self._ops.library.rentals.forecast, offer, hours)
        except Cancelled:
            return
        except KinoraError as error:
            self._refuse(error)
            forecast = None
        if offer == self.price.offer:
            self.price.show_forecast(forecast, hours)

    async def _rent(self, hours: float) -> None:
        offer = self.price.offer
        if offer is None:
            return
        self._refuse(None)
        self.price.busy(True)
        try:
            row = await self._ops.demand(self._ops.library.rentals.rent, offer, hours)
        except Cancelled:
            return
        except KinoraError as error:
            self._refuse(error)
            if isinstance(error, OfferGone):
                self._latest.start(self._look_again())
            return
        finally:
            self.price.busy(False)
            self.changed.emit()
        most = words.money(row.reserved)
        self.said.emit(tr("{gpu} is rented for at most {money}; it starts now.", gpu=row.gpu, money=most))
        self.price.show_forecast(None)
        self._asking.start(self._reckon(self.price.hours))

    async def _look_again(self) -> None:
        """After an offer went: the list as it is now; the refusal stays to be read."""
        found = await self._ops.ask(self._ops.library.rentals.offers, self.wants.chosen, self.wants.need())
        if found is not None:
            self._show_offers(found)

    def _refuse(self, error: KinoraError | None) -> None:
        self.refusal.setVisible(error is not None)
        if error is not None:
            self.refusal.say(error.text, error.hint)

    def _add_table(self, column: QVBoxLayout) -> None:
        self.table = MoneySheet(self._look, self.offers, tr("Offers"), (26, 12, 13, 11, 14, 11), (3, 5))
        self.table.chosen.connect(self._choose)
        self.table.hide()
        self.blank = Empty(self._look, "rented", tr("A GPU for an hour or two"), self._about(), small=True)
        column.addWidget(self.blank)
        column.addWidget(self.table)

    def _add_price(self) -> None:
        self.refusal = Card(self._look, "danger", "")
        self.refusal.hide()
        self.price = Price(self._look)
        self.price.wanted.connect(lambda hours: self._asking.start(self._reckon(hours)))
        self.price.rented.connect(lambda hours: self._ops.start(self._rent(hours)))
        self.price.capping.connect(self.capping)
        for part in (self.refusal, self.price):
            self._inner.addWidget(part)
        self._inner.addStretch(1)
