"""What to do about the difference between the rentals in the books and the machines that a provider lists; pure rules.

A machine of ours without an open rental is destroyed; a rental without a machine is closed; what must end is ended.
Machines that do not carry this library's label are never named in an action.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.language import tr
from engine.model import Instance, RentalState
from engine.model.contracts import RISEN, Contract, dollars

READS = 3  # times that a machine must not be listed before it is believed to be gone
BOOTING = 1200.0  # seconds in which a machine must have come to work
TRIES = 3  # times that destroying fails before there is an alarm


class Do(StrEnum):
    """What is done about a rental or a machine."""

    ADOPT = "adopt"  # the answer to our asking was lost, and here it is
    WAIT = "wait"  # it is not listed: count that
    SEEN = "seen"  # it is listed again
    FAIL = "fail"  # it never came to anything
    CLOSE = "close"  # it is gone
    END = "end"  # from now on it is to be destroyed
    DESTROY = "destroy"  # it is to be destroyed, and still there
    ORPHAN = "orphan"  # ours, with no open rental: destroy it and say so
    SPARE = "spare"  # a second one under the label of an open rental: destroy it


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `rental` is 0 and `found` None where there is none."""

    do: Do
    rental: int = 0
    found: Instance | None = None
    why: str = ""


def prefix(library: str) -> str:
    """What the labels of a library begin with; `library` is its name (hex digits)."""
    return f"kinora:{library[:8]}:"


def plan(mark: str, contracts: Sequence[Contract], listed: Iterable[Instance]) -> list[Action]:
    """What is to be done, given the open rentals at one provider and all that it lists."""
    ours = [one for one in listed if one.label.startswith(mark) and len(one.label) > len(mark) and one.state != "gone"]
    actions: list[Action] = []
    taken: set[str] = set()
    for contract in contracts:
        mine = [one for one in ours if one.label == contract.label]
        chosen = next((one for one in mine if one.id == contract.instance), mine[0] if mine else None)
        taken |= {one.id for one in mine}
        actions += [Action(Do.SPARE, contract.id, one) for one in mine if one is not chosen]
        actions += _about(contract, chosen)
    actions += [Action(Do.ORPHAN, 0, one) for one in ours if one.id not in taken]
    return actions


def overdue(contracts: Iterable[Contract]) -> list[Action]:
    """The rentals that have reached their hard stop, whether their provider answers or not."""
    return [
        Action(Do.END, one.id, None, tr("Its hard stop was reached."))
        for one in contracts
        if one.left <= 0 and one.state in (RentalState.STARTING, RentalState.RUNNING)
    ]


def pause(tries: int) -> float:
    """Seconds until destroying is tried again after so many failures; it is never given up."""
    return 0.0 if tries == 0 else float(min(300.0, 5.0 * 2 ** min(tries, 10)))


def alarming(tries: int) -> bool:
    """Whether so many failures are worth an alarm."""
    return tries >= TRIES


def _about(contract: Contract, found: Instance | None) -> list[Action]:
    """What is to be done about one rental."""
    if found is None:
        return [_unseen(contract)]
    if contract.state is RentalState.ENDING:
        return [Action(Do.DESTROY, contract.id, found)]
    actions = []
    if contract.state is RentalState.REQUESTING:
        actions.append(Action(Do.ADOPT, contract.id, found))
    elif contract.missed:
        actions.append(Action(Do.SEEN, contract.id, found))
    if why := wrong(contract, found):
        actions.append(Action(Do.END, contract.id, found, why))
    return actions


def _unseen(contract: Contract) -> Action:
    if contract.state is RentalState.ENDING and contract.instance:
        return Action(Do.CLOSE, contract.id)  # a look at the machine itself confirms it
    if contract.missed + 1 < READS:
        return Action(Do.WAIT, contract.id)
    if contract.state is RentalState.REQUESTING:
        return Action(Do.FAIL, contract.id, None, tr("The provider never had it."))
    return Action(Do.CLOSE, contract.id, None, tr("The machine went away."))


def wrong(contract: Contract, found: Instance) -> str:
    """Why a machine must not be kept; empty when it may."""
    if found.state in ("stopped", "failed"):
        return _stopped(found)
    if contract.left <= 0:
        return tr("Its hard stop was reached.")
    if dollars(contract.price) and found.price > dollars(contract.price) * RISEN:
        return tr(
            "Its price rose from ${agreed:.3f} to ${now:.3f} an hour.", agreed=dollars(contract.price), now=found.price
        )
    if contract.state is not RentalState.RUNNING and contract.elapsed > BOOTING:
        return tr("It did not come to work within {minutes} minutes.", minutes=int(BOOTING // 60))
    return ""


def _stopped(found: Instance) -> str:
    words = found.text.strip()[:300]
    return tr("The machine stopped: {words}", words=words) if words else tr("The machine was stopped by its owner.")
