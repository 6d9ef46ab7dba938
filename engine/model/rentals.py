"""Rented machines as people see them: what is offered, what it would cost, what was rented, what was spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RentalState(StrEnum):
    """What became of a rental; `requesting` is written before anything is asked of the provider."""

    REQUESTING = "requesting"
    STARTING = "starting"  # the provider has it; its machine boots
    RUNNING = "running"  # its node answers
    ENDING = "ending"  # to be destroyed; tried until the provider says that it is gone
    ENDED = "ended"
    FAILED = "failed"  # never came to anything; nothing lives


@dataclass(frozen=True, slots=True)
class Need:
    """What a machine must have to be looked at."""

    gpu_memory: int = 8 << 30  # bytes of one GPU
    gpu: str = ""  # a name, empty: any
    price: float = 1.0  # most US dollars an hour, all included
    disk: int = 40  # GB
    reliability: float = 0.97
    down: float = 100.0  # Mbit/s that it receives
    interruptible: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine that can be rented now."""

    provider: str
    id: str
    gpu: str
    gpus: int
    gpu_memory: int  # bytes of one
    price: float  # US dollars an hour with the disk
    traffic: float = 0.0  # US dollars for each GB to or from it
    reliability: float = 0.0
    down: float = 0.0  # Mbit/s
    up: float = 0.0
    place: str = ""
    ends: float = 0.0  # time.time() at which the offer ends, 0 = not known
    speed: float = 0.0  # the provider's own measure, for ordering only
    disk: int = 40  # GB that the price includes
    bid: float = 0.0  # US dollars an hour that are bid; 0 = on demand


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine as its provider tells it."""

    id: str
    label: str
    state: str  # starting, running, stopped, failed, gone
    text: str = ""  # the provider's words
    address: str = ""  # of its SSH, empty until it is known
    port: int = 0
    price: float = 0.0  # US dollars an hour that are billed now
    started: float = 0.0  # time.time() by our clock


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a rental would cost and save, before anybody says yes."""

    jobs: int
    here: float  # seconds that they would take on this machine
    there: float  # seconds with the rental, boot and upload included
    boot: float  # seconds until the first result
    upload: int  # bytes
    cost: float  # US dollars that are expected
    most: float  # US dollars at the hard stop: what is reserved
    fits: bool  # within every cap and the provider's credit
    text: str = ""  # why it does not fit, or a remark


@dataclass(frozen=True, slots=True)
class RentalRow:
    """One rental from wish to end."""

    id: int
    provider: str
    state: RentalState
    label: str
    gpu: str
    price: float  # US dollars an hour
    reserved: float  # US dollars up to the hard stop
    cost: float  # US dollars so far by our clock, or as billed
    asked: float  # time.time()
    started: float = 0.0
    ended: float = 0.0
    stops: float = 0.0  # time.time() of the hard stop
    text: str = ""  # a sentence about what is wrong
    alarm: bool = False  # somebody must look: it may still cost money
    allowance: int | None = None  # bytes that may still travel for what was reserved; None: they cost nothing


@dataclass(frozen=True, slots=True)
class Caps:
    """Most US dollars that may be spent; None: no cap of that sort. Without any cap nothing is rented."""

    job: float | None = None  # one rental
    day: float | None = None
    month: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line of the ledger."""

    at: float  # time.time()
    rental: int
    provider: str
    what: str  # for people
    amount: float  # US dollars
    estimated: bool = True


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent and what is reserved, against the caps, in US dollars."""

    caps: Caps
    today: float
    month: float
    total: float
    reserved: float
    by_day: tuple[tuple[str, float], ...] = ()  # ISO date and dollars, oldest first
    credit: Mapping[str, float] = field(default_factory=dict)  # by provider, as last seen
    elsewhere: float = 0.0  # of all this, what other libraries of this user spent and have reserved
    halted: str = ""  # why no machine is rented by itself, although one would be worth it
