"""What a provider of rented machines must be able to do; every call blocks, and none is repeated behind one's back."""

from collections.abc import Sequence
from typing import Protocol

from engine.errors import RentalError
from engine.language import mark
from engine.model import Instance, Need, Offer


class RentUnclear(RentalError):
    """The answer to our asking was lost: whether a machine was rented is not known. Never ask again blindly."""

    code = "rent-unclear"
    default_hint = mark("Kinora looks for it by its label, and destroys what nobody wants.")


class Provider(Protocol):
    """A provider, asked with a key of the user.

    Every method may raise HostLost (no answer), HostLimited (asked too often), HostRefused (the key is not taken),
    RentalError (anything else that it says).
    """

    name: str  # vast, runpod

    def search(self, need: Need) -> list[Offer]:
        """Offers that fit, the best value first; every condition is checked here once more."""

    def rent(self, offer: Offer, label: str, *, seconds: float, key: str) -> str:
        """Rent a machine under a label, once; return its number.

        It lets in the SSH key ("ssh-ed25519 AAAA..."), prints its own host key where `logs` reads it, and destroys
        itself after `seconds`, or when nobody of ours was there for a while.

        Raises:
            OfferGone: somebody else has it, or its price rose.
            RentUnclear: it may have been rented.
        """

    def get(self, number: str) -> Instance | None:
        """A machine, None when it is gone."""

    def list(self, prefix: str) -> Sequence[Instance]:
        """All machines whose label begins so, from every page."""

    def destroy(self, number: str) -> None:
        """Destroy a machine; one that is gone already is no error."""

    def logs(self, number: str) -> str:
        """The last lines that the machine printed at its start."""

    def attach_key(self, number: str, public: str) -> None:
        """Let an SSH key in ("ssh-ed25519 AAAA...")."""

    def credit(self) -> float:
        """US dollars that are left."""

    def billed(self, number: str) -> float | None:
        """US dollars that were billed for a machine, None when the provider does not say (yet)."""

    def clock(self) -> float | None:
        """What time it is (time.time()) by its own clock, as its last answer told; None when none did. Asks nothing."""

    def close(self) -> None:
        """Let go of what is open."""
