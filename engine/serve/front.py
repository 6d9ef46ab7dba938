"""What every route of the front shares, and the guard that lets requests in."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from engine.access import Access, NotAllowed, TokenInvalid
from engine.errors import HostLimited, KinoraError
from engine.language import tr
from engine.model.access import Principal, Scope
from engine.searching import Nameless
from engine.serve.problems import Turned
from engine.serve.rates import Limits, Rates, place_of
from engine.store.audit import Act

if TYPE_CHECKING:
    from engine.library import Library
    from engine.model import AssetRow
    from engine.searching import Searchable
    from engine.serve.live import Live
    from engine.serve.metrics import Metrics
    from engine.serve.orders import NodeService
    from engine.serve.pairing import Pairing

COUNTED = "kinora.counted"  # in a request's scope: bytes of its body that count against the quota already
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Front:
    """One library's front on the network."""

    library: "Library"
    access: Access
    rates: Rates
    metrics: "Metrics"
    live: "Live"
    limits: Limits = field(default_factory=Limits)
    service: "NodeService | None" = None
    pairing: "Pairing | None" = None
    tls: bool = False
    names: frozenset[str] = frozenset()  # of this machine, beside its addresses
    touched: float = field(default_factory=time.monotonic)  # when somebody with a token was here last

    def __post_init__(self) -> None:
        self._nameless = Nameless(self.library.searching)

    def searched(self, who: Principal) -> "Searchable":
        """What a token may search."""
        return self.library if who.may(Scope.PEOPLE) else self._nameless

    def asset(self, who: Principal, number: int) -> "AssetRow":
        """All that a token may know of an asset. Raises NotFound."""
        row = self.library.asset(number)
        return row if who.may(Scope.PEOPLE) else row.nameless()

    def idle(self) -> float:
        """Seconds in which nobody with a token was here and nothing ran."""
        quiet = time.monotonic() - self.touched
        return quiet if self.service is None else min(quiet, self.service.idle())

    def crowded(self) -> None:
        """Somebody was not let in: too many are here."""
        self.access.refused["connections"] += 1

    def flush(self) -> None:
        """Write down what was counted."""
        self.access.flush()
        self.rates.flush()

    def admit(self, asked: HTTPConnection, scope: Scope | None) -> Principal:
        """Who asks, if it may; the routes of the node count their bytes and jobs themselves.

        Raises:
            TokenInvalid, NotAllowed, HostLimited
        """
        address = address_of(asked)
        place = place_of(address)
        wait = self.rates.wait(f"fail {place}", self.limits.failures)
        if wait:
            raise limited(tr("Too many wrong tokens came from this address."), wait)
        try:
            who = self.access.check(bearer(asked), address)
        except TokenInvalid as error:
            self.rates.count(f"fail {place}", self.limits.failures)
            self.access.record(Act("", "token.refused", asked.url.path, scope or "", address, error.text))
            raise
        wait = self.rates.hit(f"token {who.id}", self.limits.token)
        if wait:
            raise limited(tr("This token asks too often."), wait)
        self.touched = time.monotonic()
        asked.scope["kinora.who"] = who
        if scope is not None and not who.may(scope):
            self.record(who, "refused", asked.url.path, scope, "no scope")
            raise NotAllowed(scope)
        if scope not in (None, Scope.RUN, Scope.METRICS):
            self.access.allow(who.id, size=1)
        return who

    def record(
        self, who: Principal, action: str, about: object = "", scope: Scope | None = None, result: str = "ok"
    ) -> None:
        """Write into the log what somebody did."""
        self.access.record(Act(who.id, action, str(about), scope or "", who.address, result))


def front_of(asked: HTTPConnection) -> Front:
    """The front that is asked."""
    return cast(Front, asked.app.state.front)


def who(scope: Scope | None) -> Any:
    """A dependency that checks the token and its scope and gives the `Principal`; None: any token that counts."""

    async def check(request: Request) -> Principal:
        try:
            return front_of(request).admit(request, scope)
        except KinoraError as error:
            raise Turned(error) from error

    check.scope = scope or "any"  # type: ignore[attr-defined]
    return Depends(check)


def guard(scope: Scope | str) -> Any:
    """As `who`, but gives the id of the token alone: what the routes of a node know a client by."""
    wanted = Scope(scope)

    async def check(request: Request) -> str:
        try:
            return front_of(request).admit(request, wanted).id
        except KinoraError as error:
            raise Turned(error) from error

    check.scope = wanted  # type: ignore[attr-defined]
    return Depends(check)


def everybody() -> Any:
    """A dependency that lets everybody in, and says so."""

    async def check() -> None:
        return None

    check.scope = "everybody"  # type: ignore[attr-defined]
    return Depends(check)


def limited(text: str, wait: float) -> HostLimited:
    """The error of one who asks too often."""
    return HostLimited(text, after=wait, hint=tr("Wait, then ask again."))


def bearer(asked: HTTPConnection) -> str | None:
    """The token of a request, from its header alone: addresses land in logs."""
    kind, _, secret = asked.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret else None


def address_of(asked: HTTPConnection) -> str:
    """Where a request comes from: the other end of the connection, whatever its headers say."""
    return asked.client.host if asked.client is not None else ""
