"""What is the same at every provider: what makes an offer fit, which is the best value, what nobody knows."""

from collections.abc import Callable, Iterable

from engine.errors import HostError, HostLimited, OfferGone
from engine.hosts.rental.provider import Provider, RentUnclear
from engine.language import tr
from engine.model import Need, Offer
from engine.model.contracts import RISEN

NOMINAL = 0.97  # a card of 24 GB says that it has 24 564 MB
MONTH = 720.0  # hours for which storage is priced
ABOVE = 1.1  # what is bid, against the least that is taken
KEPT = 90.0  # seconds that a list of offers is shown again while no new one is given


class Latest:
    """The last offers of a provider, which are shown again for some seconds when it is asked too often."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[Need, tuple[float, list[Offer]]] = {}

    def of(self, need: Need, search: Callable[[], Iterable[Offer | None]]) -> list[Offer]:
        """What `search` finds, the best value first, or what it found a moment ago. Raises what it does."""
        try:
            found = best(search())
        except HostLimited:
            at, kept = self._kept.get(need, (0.0, []))
            if kept and self._clock() - at <= KEPT:
                return kept
            raise
        self._kept = {need: (self._clock(), found)}
        return found


def least(need: Need) -> float:
    """Bytes of memory that a GPU must say it has."""
    return need.gpu_memory * NOMINAL


def fits(offer: Offer, need: Need) -> bool:
    """Whether an offer is what was asked for, whatever its provider thought."""
    return (
        offer.gpu_memory >= least(need)
        and 0 < offer.price <= need.price + 1e-9
        and offer.reliability >= need.reliability - 1e-9
        and offer.down >= need.down
        and (not need.gpu or bare(need.gpu) == bare(offer.gpu))
        and bool(offer.id)
        and offer.gpus > 0
    )


def best(offers: Iterable[Offer | None]) -> list[Offer]:
    """The offers that there are, the most speed for the money first; those of unknown speed by their price, last."""
    return sorted(
        {offer.id: offer for offer in offers if offer is not None}.values(),
        key=lambda offer: (-offer.speed / offer.price if offer.speed > 0 else 0.0, offer.price, offer.id),
    )


def bare(name: str) -> str:
    """A name of a GPU without what is spelled in many ways."""
    return "".join(one for one in name.lower() if one.isalnum())


def unclear(why: str) -> RentUnclear:
    """It may have been rented."""
    return RentUnclear(tr("Whether the machine was rented is not known: {why}", why=why))


def hold_to(offer: Offer, provider: Provider, made: str, price: float) -> None:
    """See that a machine that was made costs what was agreed on.

    Raises:
        OfferGone: it costs more; it is destroyed again.
        RentUnclear: that did not work.
    """
    if price > offer.price * RISEN:
        undo(provider, made)
        raise OfferGone(tr("Its price rose from ${agreed:.3f} to ${now:.3f} an hour.", agreed=offer.price, now=price))


def undo(provider: Provider, made: str) -> None:
    """Destroy what was made although it is no use. Raises RentUnclear."""
    try:
        provider.destroy(made)
    except HostError as error:
        raise unclear(
            tr("A machine was made that is no use, and could not be destroyed: {why}", why=error.text)
        ) from error
