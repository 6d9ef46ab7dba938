"""The watch over what is rented: books agree with providers, idle machines go, one more comes where that is wanted."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import KinoraError, OfferGone
from engine.hosts.rental import guess
from engine.hosts.rental.autoscale import CALM, LEAST_JOBS, Decision, Rented, Situation, decide
from engine.hosts.rental.clock import Clock
from engine.language import tr
from engine.model import HostKind, HostState, Offer, RentalState
from engine.model.contracts import Contract
from engine.store import rentals
from engine.store.db import Database
from engine.tenancy import Tenancy

if TYPE_CHECKING:
    from engine.renting import Rentals

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds between two looks while something is rented, or was a short while ago
AFTER = 900.0  # seconds after the last rental in which looks go on: a lost answer may come to something late
BILLS = 600.0  # seconds between two looks at bills
LATE = 2 * 86_400.0  # seconds after its end in which the bill of a rental may still change
LAST = 8.0  # seconds for the last look


class Tenant:
    """A thread that looks after the rentals of one library."""

    def __init__(
        self,
        library: "Rentals",
        database: Database,
        tenancy: Tenancy,
        settings: Callable[[], Mapping[str, Any]],
        hosts: Callable[[], Sequence[HostState]],
        clock: Clock,
    ) -> None:
        self._rentals = library
        self._database = database
        self._tenancy = tenancy
        self._settings = settings
        self._hosts = hosts
        self._clock = clock
        self._wake = threading.Event()
        self._closing = False
        self._held = False
        self._agreed = 0
        self._open: frozenset[int] = frozenset()
        self._changed = -CALM  # when a rental came or went, by the steady clock
        self._moved: dict[int, int] = {}  # bytes of a rental's host when it was last looked at
        self._idle: dict[int, float] = {}  # since when a rental has nothing to do
        self._known: dict[int, HostState] = {}  # how the hosts of rentals were seen last
        self._until = clock.now().steady + AFTER
        self._billed = -BILLS
        self._thread = threading.Thread(target=self._serve, name="kinora-rentals", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stir(self) -> None:
        """Look now."""
        self._until = self._clock.now().steady + AFTER
        self._wake.set()

    def hold(self) -> None:
        """The user ended everything: nothing is rented by itself until the next start."""
        self._held = True

    def close(self) -> None:
        """Look once more, for some seconds at most."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(LAST)

    def _serve(self) -> None:
        self._guarded(self._greet)
        while not self._closing:
            if self._busy():
                self._guarded(self.turn)
            self._pause(EVERY if self._busy() else CALM)
        self._guarded(self._meter)
        if self._open and not self._settings()["net.offline"]:
            self._guarded(self._tenancy.reconcile)

    def _pause(self, seconds: float) -> None:
        """Wait for the next look; what travels for money is counted meanwhile."""
        left = seconds
        while left > 0 and not self._wake.wait(min(left, guess.COUNTED)):
            left -= guess.COUNTED
            if self._open and left > 0:
                self._guarded(self._meter)
        self._wake.clear()

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except KinoraError as error:
            log.warning("a look at the rentals failed: %s", error)
        except Exception:  # the watch must not end with one odd answer
            log.exception("a look at the rentals failed")

    def _busy(self) -> bool:
        return bool(self._open) or bool(self._settings()["rent.auto"]) or self._clock.now().steady < self._until

    def _greet(self) -> None:
        """Rentals from before the start: their machines are hosts again."""
        for contract in self._tenancy.opened():
            if contract.state is RentalState.RUNNING and contract.instance:
                self._rentals.heard(replace(contract, state=RentalState.STARTING))
            else:
                self._rentals.heard(contract)

    def turn(self) -> None:
        """One look."""
        if self._settings()["net.offline"]:
            self._open = frozenset(one.id for one in self._tenancy.opened())
            return
        self._rentals.reconcile()
        opened = self._tenancy.opened()
        now = self._clock.now().steady
        found = frozenset(one.id for one in opened)
        for number in self._open - found:
            self._learn(number)
        if found != self._open:
            self._open, self._changed = found, now
        self._see(now)
        self._act(self._decide(now))
        if now - self._billed >= BILLS:
            self._billed = now
            self._bills()

    # --- how they get on ----------------------------------------------------------------------------------------------

    def _see(self, now: float) -> None:
        """How long each rented machine has had nothing to do."""
        working = self._meter()
        self._known |= working
        for contract in self._tenancy.opened():
            state = working.get(contract.id)
            idle = contract.state is RentalState.RUNNING and state is not None and not state.running
            if idle:
                self._idle.setdefault(contract.id, now)
            else:
                self._idle.pop(contract.id, None)

    def _meter(self) -> dict[int, HostState]:
        """Count what travelled for money; return the hosts of rentals."""
        working = {-state.row.id: state for state in self._hosts() if state.row.kind is HostKind.RENTAL}
        for contract in self._tenancy.opened():
            state = working.get(contract.id)
            if state is not None and contract.per_gb:
                self._count(contract, state.sent + state.received)
        return working

    def _count(self, contract: Contract, bytes_so_far: int) -> None:
        """Keep how much has travelled: a connection that began anew counts from nothing."""
        before = self._moved.get(contract.id, 0)
        self._moved[contract.id] = bytes_so_far
        more = bytes_so_far - before if bytes_so_far >= before else bytes_so_far
        if more:
            moved = contract.moved + more
            self._database.write(lambda connection: rentals.note(connection, contract.id, moved=moved))

    def _learn(self, number: int) -> None:
        """It ended: keep how fast it was."""
        state, contract = self._known.pop(number, None), self._tenancy.get(number)
        self._idle.pop(number, None)
        if state is not None:
            self._database.write(
                lambda connection: rentals.learn(connection, state.row.name, contract.gpu, state.slots)
            )

    # --- more or fewer ------------------------------------------------------------------------------------------------

    def _decide(self, now: float) -> Decision:
        settings = self._settings()
        opened = [one for one in self._tenancy.opened() if one.state is not RentalState.ENDING]
        rented = [Rented(one.id, now - self._idle[one.id] if one.id in self._idle else 0.0) for one in opened]
        on = bool(settings["rent.auto"]) and not self._held and not self._rentals.stands()
        load = self._rentals.load() if on else guess.Load({}, {})
        there = guess.compute(load, "", {}) if on else 0.0
        situation = Situation(
            on, load.count, load.here, there, guess.BOOT + load.upload * 8 / (guess.UPLINK * 1e6), rented,
            int(settings["rent.most"]), 60.0 * settings["rent.idle"], self._agreed, now - self._changed,
        )  # fmt: skip
        found = decide(situation)
        self._agreed = found.agreed
        if load.count < LEAST_JOBS:
            self._rentals.halt("")
        return found

    def _act(self, decision: Decision) -> None:
        for number in decision.end:
            log.info("rental %d has nothing to do and ends", number)
            self._tenancy.end(number, tr("It had nothing to do."))
        if decision.rent:
            self._rent()

    def _rent(self) -> None:
        """Rent the best offer that is allowed, as the settings describe it; else say why there is none."""
        self._changed = self._clock.now().steady  # what does not fit now is not looked for again at once
        settings = self._settings()
        hours = float(settings["rent.hours"])
        why = tr("No machine fits what the settings ask for.")
        try:
            for offer in self._rentals.offers(settings["rent.provider"])[:5]:
                told = self._rentals.forecast(offer, hours)
                if not told.fits or told.there >= told.here:
                    why = told.text or why
                    continue
                log.info("a machine is rented by itself, for at most $%.2f", told.most)
                if self._rented(offer, hours):
                    return
        except KinoraError as error:
            why = error.text
        log.info("no machine is rented by itself: %s", why)
        self._rentals.halt(tr("No machine is rented by itself: {why}", why=why))

    def _rented(self, offer: Offer, hours: float) -> bool:
        """Rent; False where somebody else was quicker. Raises KinoraError."""
        try:
            self._rentals.rent(offer, hours)
        except OfferGone as error:
            log.info("an offer is gone: %s", error.text)
            return False
        self._rentals.halt("")
        return True

    # --- bills --------------------------------------------------------------------------------------------------------

    def _bills(self) -> None:
        """Put the ledger right by what the providers bill."""
        now = self._tenancy.now()
        with self._database.read() as connection:
            waiting = rentals.unbilled(connection, rentals.believed(connection, now) - LATE)
        for contract in waiting:
            amount = self._rentals.client(contract.provider).billed(contract.instance)
            if amount is not None:
                self._database.write(
                    lambda connection, one=contract.id, amount=amount: rentals.bill(connection, now, one, amount)  # type: ignore[misc]
                )
        self._tenancy.refresh()
