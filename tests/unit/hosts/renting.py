"""A market of machines, clocks that jump, and a store that crashes, for the tests of renting."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.errors import HostLimited, HostLost, KinoraError, OfferGone, RentalError
from engine.hosts.rental.provider import RentUnclear
from engine.model import Instance, Need, Offer
from engine.model.contracts import Instant
from engine.store.migrations import STEPS
from engine.store.rental_steps import RENTALS

T = TypeVar("T")
BEGIN = 1_800_000_000.0  # 2027-01-15
DISK = 0.1  # share of the price that is charged while a machine does not run
YEAR = 365 * 86_400.0


class Crash(BaseException):
    """The program ends here."""


class Clocks:
    """The true time, and what the clocks of this computer and of the provider make of it."""

    def __init__(self) -> None:
        self.true = BEGIN
        self.wrong = 0.0  # by which the clock on the wall here is wrong
        self.theirs = 0.0
        self.booted = BEGIN - 1000.0
        self.boots = 1
        self.slept: Callable[[float], None] = lambda seconds: None

    def now(self) -> Instant:
        return Instant(self.true + self.wrong, self.true - self.booted, f"boot {self.boots}", self.true + self.theirs)

    def sleep(self, seconds: float) -> None:
        self.slept(seconds)

    def reboot(self) -> None:
        self.boots += 1
        self.booted = self.true


@dataclass
class Machine:
    """A machine that somebody rents."""

    id: str
    label: str
    price: float
    agreed: float
    made: float
    seconds: float = 1e12  # after which it destroys itself once it runs
    state: str = "starting"
    began: float = 0.0  # when it came to run
    billed: float = 0.0
    days: dict[int, float] = field(default_factory=dict)  # billed on each day since 1970
    alive: bool = True
    foreign: bool = False
    traffic: float = 0.0
    text: str = ""
    untended: float = 0.0  # seconds that nobody could look after it although it did not run as it should

    def charge(self, amount: float, at: float) -> None:
        self.billed += amount
        self.days[int(at // 86_400)] = self.days.get(int(at // 86_400), 0.0) + amount


class Market:
    """A provider, with the faults that providers have."""

    name = "vast"

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self.machines: list[Machine] = []
        self.offers = [Offer("vast", f"o{n}", "RTX 4090", 1, 24 << 30, 0.2 * n, traffic=0.01) for n in range(1, 5)]
        self.fault = ""  # of the next asking
        self.unreachable = False
        self.stubborn = 0  # times that destroying fails
        self.money = 1000.0
        self.touched: list[str] = []
        self.asked = 0
        self.ahead: float | None = None  # of its clock, as it was told since the program started

    # --- as the program sees it

    def search(self, need: Need) -> Sequence[Offer]:
        self._reach()
        return list(self.offers)

    def rent(self, offer: Offer, label: str, *, seconds: float, key: str) -> str:
        self._reach()
        self.asked += 1
        fault, self.fault = self.fault, ""
        price = offer.bid or offer.price
        if fault == "taken":
            raise OfferGone("no_such_ask")
        if fault == "limited":
            raise HostLimited("too many requests")
        if fault == "refused by 500":
            raise RentUnclear("500")
        if fault == "lost before":
            raise RentUnclear("time-out")
        machine = self.make(label, price, seconds)
        if fault == "risen":
            machine.price, machine.text = price * 1.5, "price rose"
        if fault == "low bid":
            machine.state, machine.text = "stopped", "bid too low"
            raise RentalError("the bid was too low")
        if fault in ("lost after", "done by 500"):
            raise RentUnclear("no answer")
        if fault == "crash":
            raise Crash
        if fault == "breaks":
            machine.state, machine.text = "failed", "OCI runtime create failed"
        return machine.id

    def get(self, number: str) -> Instance | None:
        self._reach()
        found = next((one for one in self.alive() if one.id == number), None)
        return self._told(found) if found is not None else None

    def list(self, prefix: str) -> Sequence[Instance]:
        self._reach()
        return [self._told(one) for one in self.alive()]  # more than was asked for: whoever asks has to look

    def destroy(self, number: str) -> None:
        self._reach()
        self.touched.append(number)
        if self.stubborn > 0:
            self.stubborn -= 1
            raise RentalError("could not be destroyed")
        for one in self.alive():
            if one.id == number:
                one.alive = False

    def logs(self, number: str) -> str:
        self._reach()
        return ""

    def attach_key(self, number: str, public: str) -> None:
        self._reach()

    def credit(self) -> float:
        self._reach()
        return self.money - sum(one.billed for one in self.machines)

    def billed(self, number: str) -> float | None:
        self._reach()
        return next((one.billed for one in self.machines if one.id == number), None)

    def clock(self) -> float | None:
        return None if self.ahead is None else self.clocks.true + self.ahead

    # --- as the world goes

    def make(self, label: str, price: float, seconds: float = 1e12, *, foreign: bool = False) -> Machine:
        machine = Machine(f"i{len(self.machines)}", label, price, price, self.clocks.true, seconds, foreign=foreign)
        self.machines.append(machine)
        return machine

    def alive(self) -> Sequence[Machine]:
        return [one for one in self.machines if one.alive]

    def ours(self) -> Sequence[Machine]:
        return [one for one in self.machines if not one.foreign]

    def pass_time(self, seconds: float, *, boot: float = 120.0) -> None:
        """Let time go by: machines boot, are charged for, and destroy themselves at their hard stop."""
        left = seconds
        while left > 1e-9:
            step = min(left, 60.0, 86_400 - self.clocks.true % 86_400)
            for one in self.alive():
                self._age(one, step, boot)
            self.clocks.true += step
            left -= step

    def _age(self, one: Machine, step: float, boot: float) -> None:
        at = self.clocks.true
        if one.state == "running":
            one.charge(one.price * step / 3600, at)
            if at + step - one.began >= one.seconds:
                one.alive = False
            return
        one.charge(one.price * DISK * step / 3600, at)
        if one.state == "starting" and at + step - one.made >= boot:
            one.state, one.began = "running", at + step
            one.charge(one.traffic, at)

    def _told(self, one: Machine) -> Instance:
        made = one.made + self.clocks.theirs
        return Instance(one.id, one.label, one.state, one.text, "127.0.0.1", 22, one.price, made)

    def _reach(self) -> None:
        if self.unreachable:
            raise HostLost("nobody answers")
        self.ahead = self.clocks.theirs


class Paper:
    """The tables of rentals in memory, with the calls of a database; it crashes at a write when told to."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (*RENTALS, *dict(STEPS)["s0015_access"]):
            self.connection.execute(statement)
        self.connection.execute("CREATE TABLE attempt(analyzer TEXT, host TEXT, outcome TEXT, seconds REAL)")
        self.countdown = -1  # writes until it crashes; before it takes place when even, after it when odd
        self.after = False

    def write(self, work: Callable[[sqlite3.Connection], T], change: Any = None) -> T:
        self.countdown -= 1
        if self.countdown == 0 and not self.after:
            raise Crash
        self.connection.execute("BEGIN")
        try:
            done = work(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        if self.countdown == 0:
            raise Crash
        return done

    @contextmanager
    def surviving(self, start: Callable[[], None]) -> Iterator[None]:
        """The program may end in between, and start again, or say in a sentence why something cannot be."""
        try:
            with suppress(KinoraError):
                yield
        except Crash:
            start()
        self.countdown = -1

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        yield self.connection

    def close(self) -> None:
        self.connection.close()
