"""Rented machines: their providers, what to do about each rental, what one would cost, and the way to its node."""

from engine.errors import RentalError
from engine.hosts.rental.provider import Provider
from engine.hosts.rental.runpod import RunPod
from engine.hosts.rental.vast import Vast
from engine.language import tr

PROVIDERS = (Vast, RunPod)


def client(name: str, key: str, *, url: str = "") -> Provider:
    """Who asks a provider with a key; `url` is another place than the usual, for tests.

    Raises:
        RentalError: there is no provider of that name.
        HostRefused: that is no key.
    """
    for kind in PROVIDERS:
        if kind.name == name:
            return kind(key, url=url) if url else kind(key)
    known = ", ".join(kind.name for kind in PROVIDERS)
    raise RentalError(tr("There is no provider {name!r}; there are {known}.", name=name[:40], known=known))
