"""What every request passes first: whom it names, how often it comes, how much it sends, and how errors look."""

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import HTTPConnection

from engine.errors import KinoraError
from engine.language import digits, tr
from engine.serve.front import COUNTED, WRITES, Front, address_of, limited
from engine.serve.problems import RequestRefused, problem, unexpected
from engine.serve.rates import place_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LONGEST_QUERY = 4096  # bytes behind the question mark
LONGEST_PATH = 1024
SMALL = 256 << 10  # bytes of a body; those below have their own
PACKS = "/v1/node/packs/"
NODE = "/v1/node/"  # its orders are work, and come by the thousand; they are counted
BODIES = (("/v1/node/blob/", 17 << 30), ("/v1/node/", 17 << 20))
TAKE = 60.0  # seconds in which the other side must take a piece of an answer
STALL = 30.0  # seconds without a byte of a body that is not whole
SLOWEST = 60.0  # seconds for a small body
LEAST = 1024  # bytes a second that a larger one brings in the mean, after as many seconds
HERE = frozenset({"localhost", "localhost.localdomain"})
SECURE: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
ALWAYS_TLS = (b"strict-transport-security", b"max-age=31536000")


class Shield:
    """ASGI middleware around the whole app."""

    def __init__(self, app: App, front: Front) -> None:
        self._app = app
        self._front = front

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        try:
            self._look(asked)
        except KinoraError as error:
            await self._refuse(scope, receive, send, error)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await _Exchange(self._front, scope, receive, send).run(self._app)

    def _look(self, asked: HTTPConnection) -> None:
        """What can be said of a request without its body and its token. Raises RequestRefused, HostLimited."""
        front = self._front
        wait = front.rates.hit(f"address {place_of(address_of(asked))}", front.limits.address)
        if wait:
            raise limited(tr("Too many requests come from this address."), wait)
        if len(asked.scope["query_string"]) > LONGEST_QUERY or len(asked.scope["path"]) > LONGEST_PATH:
            raise RequestRefused(414, "too-long", tr("The address of this request is too long."))
        if not named_here(asked.headers.get("host", ""), front.names):
            raise RequestRefused(
                421, "host", tr("This machine is not known by that name."),
                hint=tr("Use its address, or put its name into serve.names in the settings."),
            )  # fmt: skip
        if not same_origin(asked):
            raise RequestRefused(403, "origin", tr("Pages of other origins may not ask here."))

    async def _refuse(self, scope: MutableMapping[str, Any], receive: Receive, send: Send, error: KinoraError) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": error.code})
            return
        exchange = _Exchange(self._front, scope, receive, send)
        exchange.breach = error
        await exchange.run(_nothing)


class _Exchange:
    """One request and its answer, counted and bounded."""

    def __init__(self, front: Front, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self._front = front
        self._scope = scope
        self._receive = receive
        self._send = send
        self._most = most_of(scope["path"])
        self._began = time.monotonic()
        self._ended = False  # the body is whole
        self._started = False  # the answer
        self._status = 0
        self._taken = self._given = 0
        self.breach: KinoraError | None = None  # why the answer is another one than the app's

    async def run(self, app: App) -> None:
        """Let the app answer, or say why not."""
        try:
            if self.breach is None:
                self._announced()
            if self.breach is None:
                await app(self._scope, self._hear, self._say)
        except Exception as error:  # whatever a route does, the other side hears a sentence and the log the rest
            if self._started:
                unexpected(error, self._scope["path"])
                raise
            if self.breach is None:
                await unexpected(error, self._scope["path"])(self._scope, self._receive, self._tell)
        finally:
            if self.breach is not None and not self._started:
                await problem(self.breach)(self._scope, self._receive, self._tell)
            self._count()

    def _announced(self) -> None:
        """Refuse a body that is said to be too long before a byte of it is read."""
        length = next((value for name, value in self._scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length[:20]) > self._most:
            self.breach = too_much(self._most)

    async def _hear(self) -> Message:
        """The next part of the body, within bounds of size and time."""
        if self._ended:
            return await self._receive()
        more = self._taken / LEAST if self._most > SMALL else 0.0
        left = SLOWEST + more - (time.monotonic() - self._began)
        try:
            async with asyncio.timeout(max(0.0, min(STALL, left))):
                message = await self._receive()
        except TimeoutError:
            self.breach = RequestRefused(408, "slow", tr("The request came too slowly."))
            raise
        self._taken += len(message.get("body", b""))
        if self._taken > self._most:
            self.breach = too_much(self._most)
            raise self.breach
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def _say(self, message: Message) -> None:
        """A part of the app's answer, unless something else has to be said."""
        if self.breach is None or self._started:
            await self._tell(message)

    async def _tell(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            self._status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._more(message.get("headers", ()))]
        elif message["type"] == "http.response.body":
            self._given += len(message.get("body", b""))
        async with asyncio.timeout(TAKE):
            await self._send(message)

    def _more(self, given: Any) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in given}
        more = [*SECURE, ALWAYS_TLS] if self._front.tls else list(SECURE)
        if b"cache-control" not in names:
            more.append((b"cache-control", b"no-store"))
        if not self._ended and self.breach is not None:
            more.append((b"connection", b"close"))  # what is left of the body is not read
        return more

    def _count(self) -> None:
        who = self._scope.get("kinora.who")
        if who is not None:
            size = self._taken + self._given - self._scope.get(COUNTED, 0)
            self._front.access.charge(who.id, size=size, requests=1)
        route = self._scope.get("route")
        if who is not None and self._scope["method"] in WRITES and changes(self._scope["path"]):
            done = "ok" if self._status < 400 else str(self._status)
            self._front.record(
                who, f"{self._scope['method']} {getattr(route, 'path', '')}", self._scope["path"], None, done
            )
        self._front.metrics.request(
            self._scope["method"], getattr(route, "path", "other"), self._status, time.monotonic() - self._began,
            self._taken, self._given,
        )  # fmt: skip


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    return None


def too_much(most: int) -> RequestRefused:
    """The error of a body that is too long."""
    return RequestRefused(413, "too-much", tr("The body has more than {most} bytes.", most=digits(most)))


def changes(path: str) -> bool:
    """Whether a request that writes is one that the log tells of: packs that a node gets, but not its daily work."""
    return not path.startswith(NODE) or path.startswith(PACKS)


def most_of(path: str) -> int:
    """How many bytes a request for this path may send."""
    return next((most for start, most in BODIES if path.startswith(start)), SMALL)


def named_here(host: str, names: frozenset[str]) -> bool:
    """Whether the name that a request asks for is this machine's.

    A page elsewhere can let its own name lead here (DNS rebinding), but not a number: every number is let in.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    name = name.strip("[]").lower().rstrip(".")
    if name in HERE or name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(asked: HTTPConnection) -> bool:
    """Whether a browser that sent this did so for a page of ours; other programs send no origin."""
    origin = asked.headers.get("origin")
    if origin is None:
        return asked.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    scheme = {"ws": "http", "wss": "https"}.get(asked.scope["scheme"], asked.scope["scheme"])
    return origin.lower() == f"{scheme}://{asked.headers.get('host', '')}".lower()
