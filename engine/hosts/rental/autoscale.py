"""Whether one more machine is rented by itself, or one is let go: a pure rule that does not waver.

One more is wanted when the rented machines that there are would take so long that one more saves clearly more time
than it needs to come to work, on two looks in a row; after a change nothing is rented for a while. One goes when it had
nothing to do for some minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

GAIN = 2.0  # times its boot and upload that a further machine must save
LEAST_JOBS = 20  # jobs that must wait
LOOKS = 2  # looks in a row that must agree
CALM = 600.0  # seconds after a rental came or went in which no further one is rented


@dataclass(frozen=True, slots=True)
class Rented:
    """A rental that is open, and for how many seconds it has had nothing to do (0 while it boots or works)."""

    id: int
    idle: float


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rule looks at; times in seconds."""

    on: bool  # whether machines are rented by themselves
    jobs: int  # that wait and may travel
    here: float  # that they take on this machine and its other hosts
    there: float  # that they take on one rented machine alone
    boot: float  # until a new one works, its upload included
    rented: Sequence[Rented]
    most: int  # rentals at a time
    idle: float  # after which one goes; 0: never
    agreed: int = 0  # looks in a row that wanted one more
    since: float = CALM  # since a rental came or went


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now; `agreed` is handed in again at the next look."""

    rent: int = 0
    end: tuple[int, ...] = ()
    agreed: int = 0


def decide(now: Situation) -> Decision:
    """Look at a situation."""
    over = len(now.rented) - now.most if now.on else 0
    end = tuple(one.id for one in now.rented if now.idle and one.idle >= now.idle)
    if not end and over > 0:  # the user wants fewer: those that have nothing to do go first
        end = tuple(one.id for one in sorted(now.rented, key=lambda one: -one.idle) if one.idle > 0)[:over]
    if end:
        return Decision(end=end)
    if not wanted(now):
        return Decision()
    agreed = now.agreed + 1
    return Decision(rent=1, agreed=0) if agreed >= LOOKS else Decision(agreed=agreed)


def wanted(now: Situation) -> bool:
    """Whether one more machine would be worth it; whether money allows it is looked at when it is rented."""
    if not now.on or now.jobs < LEAST_JOBS or len(now.rented) >= now.most or now.since < CALM:
        return False
    before, after = together(now, len(now.rented)), together(now, len(now.rented) + 1)
    return before - after > GAIN * now.boot


def together(now: Situation, rented: int) -> float:
    """Seconds for what waits with so many rented machines beside this one."""
    speed = (1 / now.here if now.here else 0.0) + (rented / now.there if now.there else 0.0)
    return 1 / speed if speed else 0.0
