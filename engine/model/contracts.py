"""All that is kept of a rental, and the moment at which something of it is looked at; money in whole micro-dollars."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.rentals import RentalRow, RentalState

MICRO = 1_000_000  # micro-dollars in a dollar
GB = 1_000_000_000
SLACK = 900.0  # seconds after the hard stop that are reserved, for destroying the machine may take a while
RISEN = 1.005  # so much above the agreed price is rounding, and is reserved with it; more is a risen price
OPEN = (RentalState.REQUESTING, RentalState.STARTING, RentalState.RUNNING, RentalState.ENDING)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment: what the clock on the wall says, and a clock that nobody can set, which begins anew with each boot."""

    wall: float  # time.time()
    steady: float  # seconds
    boot: str  # which boot `steady` belongs to
    theirs: float | None = None  # time.time() by the clock of a provider, where one told it

    @property
    def best(self) -> float:
        """What time it most likely is."""
        return self.wall if self.theirs is None else self.theirs


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a library, or all others of this user, spent by day (ISO date) and have set aside; micro-dollars."""

    by_day: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    stops: float = 0.0  # time.time() by which what is set aside is spent or free

    def since(self, day: str) -> int:
        """What was spent since a day, or since the beginning of what is a beginning of a date."""
        return sum(amount for when, amount in self.by_day.items() if when >= day)


NOWHERE = Elsewhere()


@dataclass(frozen=True, slots=True)
class Contract:
    """A rental as it is on the disk."""

    id: int
    provider: str
    label: str
    state: RentalState
    gpu: str
    offer: str  # its number at the provider
    instance: str  # number of the machine at the provider, empty until it is known
    address: str  # ssh://root@...: where it was seen last
    pinned: str  # its SSH host key
    price: int  # micro-dollars an hour, the disk included
    traffic: int  # micro-dollars for what is expected to travel, in all
    reserved: int
    cost: int  # by our measure
    booked: int  # of it in the ledger
    billed: int | None  # as the provider says, None until it does
    seconds: float  # from asking to the hard stop
    elapsed: float  # seconds since asking, as far as can be told
    ran: float  # seconds that it certainly ran
    asked: float  # time.time()
    started: float
    ended: float
    stops: float
    missed: int  # times in a row that the provider did not list it
    tries: int  # times in a row that destroying failed
    text: str
    alarm: bool
    per_gb: int = 0  # micro-dollars for a GB to or from it
    moved: int = 0  # bytes that went there and came back

    @property
    def open(self) -> bool:
        """Whether it may still cost money."""
        return self.state in OPEN

    @property
    def left(self) -> float:
        """Seconds to the hard stop."""
        return self.seconds - self.elapsed

    @property
    def held(self) -> int:
        """What is set aside for it as long as it is open: its reservation, or more where it already cost more."""
        return max(self.reserved, self.cost + charge(self.price, SLACK))

    @property
    def allowance(self) -> int | None:
        """Bytes that may still travel for what was reserved for them; None where they cost nothing."""
        return max(0, self.traffic * GB // self.per_gb - self.moved) if self.per_gb else None

    def row(self) -> RentalRow:
        """As people see it."""
        cost = self.cost if self.billed is None or self.open else self.billed
        return RentalRow(
            self.id, self.provider, self.state, self.label, self.gpu, dollars(self.price), dollars(self.reserved),
            dollars(cost), self.asked, self.started, self.ended, self.stops, self.text, self.alarm,
            self.allowance,
        )  # fmt: skip


def micros(amount: float) -> int:
    """Dollars as micro-dollars, rounded up: a fraction is never for free."""
    return math.ceil(round(amount * MICRO, 3))


def dollars(amount: int) -> float:
    """Micro-dollars as dollars."""
    return amount / MICRO


def charge(price: int, seconds: float) -> int:
    """What so many seconds cost at a price for the hour."""
    return math.ceil(round(price * max(0.0, seconds) / 3600, 3))


def reservation(price: int, seconds: float, traffic: int) -> int:
    """What has to be set aside for a rental: up to its hard stop and a little longer, and for what travels."""
    return charge(math.ceil(price * RISEN), seconds + SLACK) + traffic
