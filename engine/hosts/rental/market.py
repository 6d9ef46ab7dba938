"""What is the same at every provider: what makes an offer fit, which is the best value, what nobody knows."""

from collections.abc import Iterable

from engine.hosts.rental.provider import RentUnclear
from engine.language import tr
from engine.model import Need, Offer

NOMINAL = 0.97  # a card of 24 GB says that it has 24 564 MB
MONTH = 720.0  # hours for which storage is priced
ABOVE = 1.1  # what is bid, against the least that is taken


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
