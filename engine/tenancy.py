"""Renting a machine so that no cent is lost: the intent first, then the asking, and books that agree with the provider.

Every step is on the disk before the next one is taken, so that whatever ends the program in between, the next start
finds what it needs to go on: an intent whose machine has to be looked for by its label, a machine that has to be
destroyed, a rental whose machine is gone.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.account import Account, Alone
from engine.errors import HostError, HostRefused, KinoraError, OfferGone, OverBudget, RentalError
from engine.hosts.rental import reconcile
from engine.hosts.rental.guess import unseen
from engine.hosts.rental.reconcile import Action, Do
from engine.language import tr
from engine.model import Instance, Offer, RentalState
from engine.model.contracts import Contract, Elsewhere, Instant, dollars, micros, reservation
from engine.store import rentals
from engine.store.db import Database

if TYPE_CHECKING:
    from engine.hosts.rental.clock import Clock
    from engine.hosts.rental.provider import Provider

log = logging.getLogger(__name__)

APART = 5.0  # seconds between two looks for a machine of which the provider did not say whether we have it
REQUESTING, STARTING, RUNNING, ENDING = (
    RentalState.REQUESTING, RentalState.STARTING, RentalState.RUNNING, RentalState.ENDING,
)  # fmt: skip
ALIVE = (REQUESTING, STARTING, RUNNING)
Heard = Callable[[Contract], None]


class Tenancy:
    """The rentals of one library. `key` is our public SSH key; `heard` is told of each rental that changed."""

    def __init__(
        self,
        database: Database,
        mark: str,
        clock: "Clock",
        client: "Callable[[str], Provider]",
        *,
        key: Callable[[], str] = lambda: "",
        heard: Heard = lambda contract: None,
        account: Account | None = None,
    ) -> None:
        self._database = database
        self._mark = mark
        self._clock = clock
        self._clients = client
        self._asked: Provider | None = None  # the one that was asked last: it tells the time
        self._key = key
        self._account = account or Alone()
        self.refresh = self._account.refresh  # tells other libraries what this one has
        self._heard = heard
        self._lock = threading.RLock()  # one look at the providers at a time
        self._dark: set[str] = set()  # providers that did not answer at the last look
        self._asking: set[int] = set()  # rentals whose answer is awaited right now
        self._again: dict[int, float] = {}  # when destroying is tried again, by the steady clock
        self._missed: dict[int, float] = {}  # when a machine was last counted as missing

    def now(self) -> Instant:
        """This moment, by our clocks and by that of the provider which was asked last."""
        return replace(self._clock.now(), theirs=self._asked.clock() if self._asked is not None else None)

    def known(self) -> tuple[Instant, Elsewhere]:
        """This moment, and what other libraries spent and have set aside. Raises RentalError: that cannot be read."""
        now = self.now()
        return now, self._account.elsewhere(now.best)

    def client(self, provider: str) -> "Provider":
        """A provider, to be asked. Raises KinoraError."""
        self._asked = client = self._clients(provider)
        return client

    # --- renting ------------------------------------------------------------------------------------------------------

    def rent(self, offer: Offer, seconds: float, traffic: float = 0.0) -> Contract:
        """Rent a machine for at most so many seconds; `traffic` is what sending to it will cost, in dollars.

        Raises:
            OverBudget: a cap or the credit does not allow it; nothing was asked.
            OfferGone: somebody else has it, or its price rose.
            RentalError, HostError: it did not come to a machine, or it is not known yet whether it did.
        """
        client = self.client(offer.provider)
        wanted, key, credit = self._wanted(offer, seconds, traffic), self._key(), client.credit()
        now = self.now()
        with self._account.reserving(wanted.reserved, now.best, now.best + seconds) as others:
            self._check_credit(credit, wanted, others)
            contract = self._database.write(
                lambda connection: rentals.intend(connection, self.now(), wanted, others), rentals.CHANGED
            )
        with self._lock:
            self._asking.add(contract.id)
        try:
            return self._ask(client, contract, offer, key)
        finally:
            with self._lock:
                self._asking.discard(contract.id)

    def _wanted(self, offer: Offer, seconds: float, traffic: float) -> Contract:
        price, per_gb = micros(offer.price), micros(offer.traffic)
        extra = max(micros(traffic), per_gb)  # at least one GB: what travels ends when it is used up
        reserved = reservation(price, seconds, extra + micros(unseen(offer)))
        label = f"{self._mark}{uuid.uuid4().hex}"
        return Contract(
            0, offer.provider, label, REQUESTING, offer.gpu, offer.id, "", "", "", price, extra,
            reserved, 0, 0, None, seconds, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, "", False,
            per_gb,
        )  # fmt: skip

    def _check_credit(self, credit: float, wanted: Contract, others: Elsewhere) -> None:
        """Let nothing be rented that the credit cannot carry to its hard stop. Raises OverBudget."""
        open_there = [one for one in self.opened() if one.provider == wanted.provider]
        bound = dollars(sum(max(0, one.held - one.cost) for one in open_there) + others.held)
        if credit - bound < dollars(wanted.reserved):
            raise OverBudget(
                tr("It may cost ${wanted:.2f}; your credit there is ${credit:.2f}, ${bound:.2f} of it is needed for "
                   "what runs.", wanted=dollars(wanted.reserved), credit=credit, bound=bound),
                hint=tr("Add credit at the provider, or choose fewer hours."),
            )  # fmt: skip

    def _ask(self, client: "Provider", contract: Contract, offer: Offer, key: str) -> Contract:
        """Ask the provider, once."""
        try:
            number = client.rent(offer, contract.label, seconds=contract.seconds, key=key)
        except HostError as error:
            definite = isinstance(error, OfferGone | HostRefused | OverBudget)
            found = self._look_for(client, contract, reads=1 if definite else reconcile.READS)
            if definite and found is not None:
                self._end(self.get(contract.id), error.text, found)
            if definite or found is None:
                raise
            log.info("rental %d: the answer to our asking was lost, its machine is there", contract.id)
        else:
            found = self._met(client, contract, number)
        return self._check(contract, found)

    def _met(self, client: "Provider", contract: Contract, number: str) -> Instance | None:
        """Write down which machine it is; what it costs is looked at right away."""
        if not self._move(contract, STARTING, (REQUESTING,), instance=number, started=self._clock.now().wall):
            self._note(contract, instance=number)  # somebody ended it while it was asked for
            self._destroy(self.get(contract.id), number)
            raise RentalError(tr("The rental was ended while it was asked for."))
        try:
            return client.get(number)
        except HostError as error:
            log.info("rental %d cannot be looked at yet: %s", contract.id, error)
            return None

    def _look_for(self, client: "Provider", contract: Contract, reads: int) -> Instance | None:
        """Look for the machine of a rental by its label; when the provider says often enough that it has none, close.

        None where there is none or the provider does not answer; in that case the rental stays open, and is looked
        for at each further look.
        """
        for turn in range(reads):
            if turn:
                self._clock.sleep(APART)
            try:
                listed = client.list(self._mark)
            except HostError as error:
                log.warning("rental %d: whether there is a machine is not known: %s", contract.id, error)
                text = tr("Whether it was rented is not known: the provider does not answer. Kinora goes on looking.")
                self._note(contract, alarm=1, text=text)
                return None
            found = next((one for one in listed if one.label == contract.label and one.state != "gone"), None)
            if found is not None:
                self._adopt(contract, found)
                return self._kept(contract, found)
        self._close(contract, RentalState.FAILED, tr("The provider never had it."))
        return None

    def _kept(self, contract: Contract, found: Instance) -> Instance | None:
        """The machine, if it may be kept; else it is being destroyed."""
        why = reconcile.wrong(self.get(contract.id), found)
        if not why:
            return found
        self._end(contract, why, found)
        return None

    def _check(self, contract: Contract, found: Instance | None) -> Contract:
        """Keep a machine that is what was agreed on.

        Raises:
            OfferGone: its price is another one.
            RentalError: it is no use.
        """
        now = self.get(contract.id)
        why = reconcile.wrong(now, found) if found is not None else ""
        if why and found is not None:
            risen = found.price > dollars(contract.price)
            self._end(now, why, found)
            raise (OfferGone if risen else RentalError)(why, hint=tr("It is being destroyed again."))
        self._heard(now)
        return now

    # --- what goes on -------------------------------------------------------------------------------------------------

    def opened(self) -> list[Contract]:
        """Every rental that may still cost money."""
        with self._database.read() as connection:
            return rentals.opened(connection)

    def get(self, rental_id: int) -> Contract:
        """One rental. Raises NotFound."""
        with self._database.read() as connection:
            return rentals.get(connection, rental_id)

    def works(self, rental_id: int) -> None:
        """Its node answers: from now on it runs."""
        contract = self.get(rental_id)
        if self._move(contract, RUNNING, (STARTING,), text=""):
            self._database.write(lambda connection: rentals.booted(connection, self.now(), rental_id))
            self._heard(self.get(rental_id))

    def end(self, rental_id: int, why: str = "") -> bool:
        """Destroy a rented machine; False where that has to be tried again. Raises NotFound."""
        contract = self.get(rental_id)
        if not contract.open:
            return True
        self._end(contract, why or tr("You ended it."), None)
        return not self.get(rental_id).open

    def reconcile(self, providers: Iterable[str] = ()) -> None:
        """Let the books and the providers agree: those of open rentals, and these."""
        with self._lock:
            self._database.write(lambda connection: rentals.beat(connection, self.now()))
            for name in dict.fromkeys([*(one.provider for one in self.opened()), *providers]):
                self._agree(name)
        self.refresh()

    def _agree(self, name: str) -> None:
        contracts = [one for one in self.opened() if one.provider == name and one.id not in self._asking]
        for action in reconcile.overdue(contracts):
            self._move(self.get(action.rental), ENDING, ALIVE, text=action.why)
            self._heard(self.get(action.rental))
        try:
            client = self.client(name)
            listed = client.list(self._mark)
        except KinoraError as error:
            if name not in self._dark:
                log.warning("the rentals at %s cannot be looked at: %s", name, error)
            self._dark.add(name)
            self._blindly(contracts)
            return
        self._dark.discard(name)
        self._database.write(lambda connection: rentals.beat(connection, self.now()))  # now it told the time
        for action in reconcile.plan(self._mark, [self.get(one.id) for one in contracts], listed):
            self._do(client, name, action)

    def _blindly(self, contracts: Sequence[Contract]) -> None:
        """What is to be destroyed is tried even where the provider does not list what it has."""
        for contract in contracts:
            now = self.get(contract.id)
            if now.state is ENDING and now.instance:
                self._destroy(now, now.instance)

    def _do(self, client: "Provider", name: str, action: Action) -> None:
        """Do one thing of a plan; a rental that changed since is left to the next look."""
        found = action.found
        if action.do is Do.ORPHAN and found is not None:
            self._orphan(name, found)
            return
        contract = self.get(action.rental)
        if contract.id in self._asking or not contract.open:
            return
        if action.do is Do.ADOPT and found is not None:
            self._adopt(contract, found)
            self._heard(self.get(contract.id))
        elif action.do is Do.SEEN:
            self._note(contract, missed=0)
        elif action.do is Do.END:
            self._end(contract, action.why, found)
        elif action.do is Do.DESTROY and found is not None:
            self._destroy(contract, found.id)
        elif action.do is Do.SPARE and found is not None:
            self._spare(client, contract, found)
        elif action.do is not Do.ADOPT:
            self._unseen(client, contract, action)

    def _unseen(self, client: "Provider", contract: Contract, action: Action) -> None:
        """It is not listed: count that, or believe it."""
        now = self._clock.now().steady
        if action.do is Do.WAIT:
            if now - self._missed.get(contract.id, -APART) >= APART:
                self._missed[contract.id] = now
                self._note(contract, missed=contract.missed + 1)
            return
        if now - self._missed.get(contract.id, -APART) < APART and contract.state is not ENDING:
            return
        if contract.instance and self._still(client, contract):
            return
        if action.do is Do.FAIL or not contract.instance:
            self._close(contract, RentalState.FAILED, action.why)
        else:
            self._close(contract, RentalState.ENDED, action.why, gone=contract.state is not ENDING)

    def _still(self, client: "Provider", contract: Contract) -> bool:
        """Whether the machine is there although it is not listed, or may be."""
        try:
            found = client.get(contract.instance)
        except KinoraError as error:
            log.warning("rental %d cannot be looked at: %s", contract.id, error)
            return True
        there = found is not None and found.state != "gone"
        if there and contract.state is ENDING:
            self._destroy(contract, contract.instance)
        return there

    def _orphan(self, name: str, found: Instance) -> None:
        text = tr("A machine of ours was found running without a rental. It is being destroyed.")
        contract = self._database.write(
            lambda connection: rentals.orphan(connection, self.now(), name, found, text), rentals.CHANGED
        )
        if contract is not None:
            log.warning("rental %d: its machine was found without an open rental", contract.id)
            self._again.pop(contract.id, None)
            self._destroy(contract, found.id)

    def _spare(self, client: "Provider", contract: Contract, found: Instance) -> None:
        log.warning("rental %d has a second machine", contract.id)
        try:
            client.destroy(found.id)
        except KinoraError as error:
            log.warning("the second machine of rental %d cannot be destroyed: %s", contract.id, error)
            self._note(contract, alarm=1, text=tr("It has a second machine, which could not be destroyed yet."))

    # --- ending -------------------------------------------------------------------------------------------------------

    def _end(self, contract: Contract, why: str, found: Instance | None) -> None:
        """From now on it is to be destroyed; its jobs go home first."""
        more = {"price": max(contract.price, micros(found.price))} if found is not None else {}
        if self._move(contract, ENDING, ALIVE, text=why, **more):
            self._heard(self.get(contract.id))
        now = self.get(contract.id)
        number = found.id if found is not None else now.instance
        if number:
            self._destroy(now, number)

    def _destroy(self, contract: Contract, number: str) -> None:
        """Destroy a machine and close its rental when it is gone; a failure is tried again, for ever."""
        if not contract.open or self._clock.now().steady < self._again.get(contract.id, 0.0):
            return
        try:
            client = self.client(contract.provider)
            client.destroy(number)
            found = client.get(number)
        except KinoraError as error:
            self._failed(contract, error.text)
            return
        if found is None or found.state == "gone":
            self._close(contract, RentalState.ENDED, contract.text)
        else:
            self._failed(contract, tr("The provider still has it."))

    def _failed(self, contract: Contract, why: str) -> None:
        tries = contract.tries + 1
        self._again[contract.id] = self._clock.now().steady + reconcile.pause(tries)
        log.warning("rental %d could not be destroyed (%d): %s", contract.id, tries, why)
        if reconcile.alarming(tries):
            text = tr("It could not be destroyed {tries} times: {why}", tries=tries, why=why)
            self._note(contract, tries=tries, alarm=1, text=text)
        else:
            self._note(contract, tries=tries)

    def _close(self, contract: Contract, state: RentalState, text: str, *, gone: bool = False) -> None:
        closed = self._database.write(
            lambda connection: rentals.close(connection, self.now(), contract.id, state, text, gone=gone),
            rentals.CHANGED,
        )
        self._again.pop(contract.id, None)
        self._missed.pop(contract.id, None)
        if closed:
            self.refresh()
            self._heard(self.get(contract.id))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _adopt(self, contract: Contract, found: Instance) -> None:
        now = self._clock.now().wall
        self._move(contract, STARTING, (REQUESTING,), instance=found.id, missed=0, started=now, alarm=0, text="")

    def _move(self, contract: Contract, to: RentalState, among: Sequence[RentalState], **values: object) -> bool:
        return self._database.write(
            lambda connection: rentals.move(connection, contract.id, to, among=among, **values), rentals.CHANGED
        )

    def _note(self, contract: Contract, **values: object) -> None:
        self._database.write(lambda connection: rentals.note(connection, contract.id, **values), rentals.CHANGED)
