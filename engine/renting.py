"""Rented machines of a library: offers, what one would cost, renting, the budget, and a watch over all of it."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Self

from engine.account import Account
from engine.analyzers import BY_NAME
from engine.errors import HostLost, HostRefused, KinoraError, NotFound, RentalError, SecretsLocked, SettingInvalid
from engine.home import account_folder
from engine.hosts.base import Opener
from engine.hosts.rental import PROVIDERS, guess, reconcile
from engine.hosts.rental.clock import Clock
from engine.hosts.rental.guess import Load
from engine.hosts.rental.opener import RentalOpener, kept_key, public_of
from engine.keys import Keys
from engine.language import mark, tr
from engine.model import (
    Caps,
    Change,
    Forecast,
    HostState,
    LedgerRow,
    Need,
    Offer,
    QueueStatus,
    RentalRow,
    RentalState,
    Spending,
)
from engine.model.contracts import NOWHERE, Contract, Elsewhere, micros
from engine.store import rentals, spending, stays
from engine.store import settings as store_settings
from engine.store.db import Database
from engine.tenancy import Tenancy
from engine.tenant import Tenant

if TYPE_CHECKING:
    from engine.hosts.rental.provider import Provider
    from engine.library import Library

log = logging.getLogger(__name__)

KNOWN = "rental-providers"  # those for which a key was given here
HALTED = "rental-halted"  # why no machine is rented by itself
OFFLINE = mark("Offline is on: nothing is asked of a provider.")
LONGEST_HOURS = 72.0

OnHost = Callable[[RentalRow, Opener | None], None]
Maker = Callable[[str], "Provider"]


class Rentals:
    """`library.rentals`; every call may block and may be made from any thread. Without a key nothing is asked."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Mapping[str, Any]],
        keys: Keys,
        *,
        on_host: OnHost = lambda row, opener: None,
        queue: Callable[[], QueueStatus] | None = None,
        hosts: Callable[[], Sequence[HostState]] = lambda: (),
        makers: Mapping[str, Maker] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._keys = keys
        self._on_host = on_host
        self._queue = queue
        self._hosts = hosts
        self._makers = makers or {kind.name: kind for kind in PROVIDERS}
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._clients: dict[str, tuple[str, Provider]] = {}
        self._credit: dict[str, float] = {}
        self._tenancy: Tenancy | None = None
        self._tenant: Tenant | None = None
        self._working = False
        self.way: dict[str, Any] = {}  # options of the way in: the folder there, the Python there

    @classmethod
    def of(cls, library: "Library") -> Self:
        """Those of a library; they follow its settings."""
        rented = cls(library.database, library.settings, Keys(library.path), on_host=library.hosts.rental,
                     queue=library.queue, hosts=library.hosts.states)  # fmt: skip
        library.subscribe(rented.follow)
        return rented

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Watch over what is rented, if anything is or could be: a library that never rents starts nothing."""
        self._working = True
        with self._database.read() as connection:
            known = store_settings.own(connection, KNOWN, [])
            needed = bool(known) or bool(rentals.opened(connection))
        if needed:
            self._watch()
        self._tenants().refresh()

    def follow(self, change: Change) -> None:
        """Settings changed: Offline was switched, or machines are to be rented by themselves."""
        if "settings" in change.topics:
            self._stir()

    def close(self) -> None:
        """One last look at what is rented, a few seconds long; rentals go on, and their machines know when to end."""
        self._working = False
        with self._lock:
            tenant, self._tenant = self._tenant, None
        if tenant is not None:
            tenant.close()
        for _, client in self._clients.values():
            client.close()

    # --- keys ---------------------------------------------------------------------------------------------------------

    def providers(self) -> list[str]:
        """Those that Kinora can ask."""
        return list(self._makers)

    def set_key(self, provider: str, key: str) -> None:
        """Keep the key for a provider in the keyring; an empty one forgets it. Raises SettingInvalid, SecretsLocked."""
        self._known(provider)
        name = f"provider-{provider}"
        if key.strip():
            self._makers[provider](key.strip())  # one that cannot be a key is refused
            self._keys.put(name, key.strip())
        else:
            self._keys.delete(name)
        with self._lock:
            self._clients.pop(provider, None)

        def note(connection: Any) -> None:
            known = set(store_settings.own(connection, KNOWN, []))
            known = known | {provider} if key.strip() else known - {provider}
            store_settings.put_own(connection, KNOWN, sorted(known))

        self._database.write(note, rentals.CHANGED)
        if key.strip() and self._working:
            self._watch()

    def has_key(self, provider: str) -> bool:
        """Whether there is a key for it."""
        try:
            return self._keys.get(f"provider-{provider}") is not None
        except SecretsLocked:
            return False

    # --- before anybody says yes --------------------------------------------------------------------------------------

    def need(self) -> Need:
        """What the settings say that a machine must have."""
        settings = self._settings()
        return Need(
            gpu_memory=int(settings["rent.memory"]) << 30, price=float(settings["rent.price"]),
            disk=int(settings["rent.disk"]), interruptible=bool(settings["rent.interruptible"]),
        )  # fmt: skip

    def offers(self, provider: str, need: Need | None = None) -> list[Offer]:
        """What can be rented now, the best value first. Raises HostError."""
        client = self._tenants().client(provider)
        found = client.search(need or self.need())
        self._look_at_credit(provider, client)
        return found

    def load(self) -> Load:
        """What waits and may leave this computer."""
        if self._queue is None:
            return Load({}, {})
        with self._database.read() as connection:
            kept = stays.analyzers(connection)
        jobs, seconds = {}, {}
        for rate in self._queue().rates:
            analyzer = BY_NAME.get(rate.analyzer)
            if analyzer is None or not analyzer.travels or rate.analyzer in kept or rate.reason or not rate.waiting:
                continue
            jobs[rate.analyzer] = rate.waiting
            seconds[rate.analyzer] = (rate.left or 0.0) / (rate.waiting + rate.running * 0.5)
        return Load(jobs, seconds)

    def stands(self) -> bool:
        """Whether the queue stands still because the user wants it to."""
        return self._queue is not None and self._queue().paused

    def forecast(self, offer: Offer, hours: float) -> Forecast:
        """What renting this would cost and save, and whether it is allowed."""
        load, (now, others) = self.load(), self._tenants().known()
        with self._database.read() as connection:
            paces = rentals.paces(connection, offer.gpu)
            found = guess.forecast(load, offer, hours, paces, paces.get(rentals.BOOT, 0.0))
            today = rentals.day(rentals.believed(connection, now))
            why = rentals.doubt(now) or spending.fits(connection, today, micros(found.most), others)
        credit = self._credit.get(offer.provider)
        if not why and credit is not None and credit < found.most:
            why = tr("It may cost ${most:.2f}; your credit there is ${credit:.2f}.", most=found.most, credit=credit)
        if not why and offer.ends and offer.ends - self._clock.now().wall < hours * 3600:
            found = replace(
                found, text=found.text or tr("The offer ends before your hard stop; the jobs then go home.")
            )
        return replace(found, fits=not why, text=why or found.text)

    # --- renting ------------------------------------------------------------------------------------------------------

    def rent(self, offer: Offer, hours: float) -> RentalRow:
        """Rent a machine for at most so many hours; it is destroyed by then, whatever happens to this computer.

        Raises:
            OverBudget, OfferGone, RentalError, HostError: see their sentences.
        """
        if not 0.05 <= hours <= LONGEST_HOURS:
            raise RentalError(tr("Choose between 3 minutes and {hours:.0f} hours.", hours=LONGEST_HOURS))
        tenant = self._watch() if self._working else None
        try:
            contract = self._tenants().rent(offer, hours * 3600, guess.traffic(self.load(), offer))
        finally:
            if tenant is not None:
                tenant.stir()
        return contract.row()

    def rows(self) -> list[RentalRow]:
        """Every rental: what may still cost money first, then the latest."""
        with self._database.read() as connection:
            return [one.row() for one in rentals.listed(connection)]

    def alarms(self) -> list[RentalRow]:
        """Rentals at which somebody must look, for they may cost money that nobody wants to spend."""
        with self._database.read() as connection:
            found = {one.id: one.row() for one in rentals.alarms(connection)}
            opened = rentals.opened(connection)
        if opened and self._settings()["net.offline"]:
            text = tr("Offline is on, so it cannot be ended from here; it ends by itself at its hard stop.")
            found |= {one.id: replace(one.row(), alarm=True, text=text) for one in opened}
        return list(found.values())

    def destroy(self, rental_id: int) -> None:
        """Destroy a rented machine now. Raises RentalError when it could not be yet: that is tried again, for ever."""
        if not self._tenants().end(rental_id):
            self._stir()
            raise RentalError(
                tr("The machine could not be destroyed yet."),
                hint=tr("Kinora goes on trying, and the machine ends itself at its hard stop. You can also destroy it "
                        "on the pages of the provider."),
            )  # fmt: skip

    def destroy_all(self) -> int:
        """Destroy every rented machine; return how many are gone. What is not is tried again, and is an alarm."""
        if self._tenant is not None:
            self._tenant.hold()
        opened = self._tenants().opened()
        gone = sum(self._tenants().end(one.id) for one in opened)
        self._stir()
        return gone

    def reconcile(self) -> None:
        """Let the books and the providers agree, now."""
        self._tenants().reconcile([name for name in self.providers() if self.has_key(name)])

    # --- money --------------------------------------------------------------------------------------------------------

    def spending(self) -> Spending:
        """What was spent and what is reserved, against the caps."""
        now, others, unknown = self._tenants().now(), NOWHERE, ""
        try:
            now, others = self._tenants().known()
        except RentalError as error:
            unknown = error.text
        with self._database.read() as connection:
            today = rentals.day(rentals.believed(connection, now))
            halted = unknown or (store_settings.own(connection, HALTED, "") if self._settings()["rent.auto"] else "")
            return replace(spending.spent(connection, today, self._credit, others), halted=halted)

    def halt(self, why: str) -> None:
        """Keep why no machine is rented by itself; empty when nothing stands against it, or none is wanted."""
        with self._database.read() as connection:
            if store_settings.own(connection, HALTED, "") == why:
                return
        self._database.write(lambda connection: store_settings.put_own(connection, HALTED, why), rentals.CHANGED)

    def set_caps(self, caps: Caps) -> None:
        """Say what may be spent. Raises SettingInvalid."""
        for amount in (caps.job, caps.day, caps.month, caps.total):
            if amount is not None and not 0 <= amount < 1e6:
                raise SettingInvalid(tr("{amount} is no amount of money.", amount=amount))
        self._database.write(lambda connection: spending.set_caps(connection, caps), rentals.CHANGED)

    def ledger(self, limit: int = 1000) -> list[LedgerRow]:
        """Lines of the ledger, the latest first."""
        with self._database.read() as connection:
            return spending.ledger(connection, limit)

    def ledger_csv(self) -> bytes:
        """The whole ledger as CSV, the oldest line first."""
        from engine.compose.ledger import table

        return table(self.ledger(1_000_000)[::-1])

    # --- what another start of Kinora asks for ------------------------------------------------------------------------

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for. Raises KinoraError."""
        verbs: dict[str, Callable[..., Any]] = {
            "rent": lambda offer, hours: asdict(self.rent(Offer(**offer), hours)), "stop": self.destroy,
            "stop-all": self.destroy_all, "budget": lambda **caps: self.set_caps(Caps(**caps)),
            "key": self.set_key, "reconcile": self.reconcile,
        }  # fmt: skip
        if act not in verbs:
            raise KinoraError(tr("Rentals cannot be told to {act}.", act=act))
        return verbs[act](**given)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _tenants(self) -> Tenancy:
        with self._database.read() as connection:
            library = store_settings.library_name(connection)
        with self._lock:
            if self._tenancy is None:
                account = Account(account_folder(), library, self._figures, rentals.day)
                self._tenancy = Tenancy(self._database, reconcile.prefix(library), self._clock, self.client,
                                        key=lambda: public_of(self._private()), heard=self.heard,
                                        account=account)  # fmt: skip
            return self._tenancy

    def _figures(self) -> Elsewhere:
        with self._database.read() as connection:
            return spending.figures(connection)

    def _watch(self) -> Tenant:
        tenancy = self._tenants()
        with self._lock:
            if self._tenant is None:
                self._tenant = Tenant(self, self._database, tenancy, self._settings, self._hosts, self._clock)
                self._tenant.start()
            return self._tenant

    def _stir(self) -> None:
        if self._tenant is not None:
            self._tenant.stir()

    def client(self, provider: str) -> "Provider":
        """A provider with the key of the user. Raises HostLost when Offline is on, HostRefused without a key."""
        self._known(provider)
        if self._settings()["net.offline"]:
            raise HostLost(tr(OFFLINE), hint=tr("Switch Offline off in the settings."))
        key = self._keys.get(f"provider-{provider}")
        if not key:
            raise HostRefused(
                tr("There is no key for {provider}.", provider=provider),
                hint=tr("`kinora rent key {provider}` asks for it.", provider=provider),
            )
        with self._lock:
            kept = self._clients.get(provider)
            if kept is None or kept[0] != key:
                kept = self._clients[provider] = key, self._makers[provider](key)
            return kept[1]

    def _known(self, provider: str) -> None:
        if provider not in self.providers():
            raise NotFound(
                tr("Kinora knows no provider {name!r}.", name=provider),
                hint=tr("There are: {names}.", names=", ".join(self.providers())),
            )

    def _look_at_credit(self, provider: str, client: "Provider") -> None:
        try:
            self._credit[provider] = client.credit()
        except KinoraError as error:
            log.info("%s does not say how much credit there is: %s", provider, error)

    def _private(self) -> str:
        """This library's own SSH key for rented machines, made when it is needed first."""
        with self._database.read() as connection:
            name = f"rental-{store_settings.library_name(connection)[:8]}"
        return kept_key(self._keys, name)

    def heard(self, contract: Contract) -> None:
        """A rental came, changed or ended: the hosts follow."""
        if not self._working:
            return
        if contract.state not in (RentalState.STARTING, RentalState.RUNNING):
            self._on_host(contract.row(), None)
        elif contract.state is RentalState.STARTING:
            self._on_host(contract.row(), self.opener(contract))

    def opener(self, contract: Contract) -> Opener:
        """The way to the node of a rental."""
        return RentalOpener(
            lambda: self.client(contract.provider), contract.instance, self._private, pinned=contract.pinned,
            learnt=lambda address, pinned: self._database.write(
                lambda connection: rentals.note(connection, contract.id, address=address, pinned=pinned)
            ),
            works=lambda: self._tenants().works(contract.id), options=self.way,
        )  # fmt: skip
