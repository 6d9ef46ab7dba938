"""What every fake provider has: a clock of its own, faults, limits, a list of calls; over HTTP or without it.

`transport()` answers a client of httpx2 in the same thread, quickly enough for thousands of steps; `serve()` is the
same over a real socket on this machine's loopback, where a lost answer is a connection that breaks.
"""

import argparse
import email.utils
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx2

from tests.fakes.boxes import Box

KEY = "key-of-the-fake"
BEGIN = 1_800_000_000.0  # 2027-01-15


class Lost(Exception):
    """The connection breaks; `after` says that what was asked has been done."""


@dataclass
class Answer:
    """What is sent back."""

    status: int = 200
    body: Any = None  # text as it is, else JSON
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type") or ("text/plain" if isinstance(self.body, str) else "application/json")


@dataclass
class Fault:
    """What goes wrong at an endpoint: a status with a text, or an answer that is lost before or after the work."""

    at: str
    status: int = 0
    text: str = ""
    drop: str = ""  # before, after
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request, as it came."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    at: float


class Fake(ABC):
    """A provider; the classes of the real ones say what each endpoint does."""

    routes: tuple[tuple[str, str, str], ...] = ()  # method, pattern with {id}, name of the endpoint
    free: frozenset[str] = frozenset()  # endpoints that want no key
    scopes: dict[str, str] = {}  # endpoint -> what its key must be allowed

    def __init__(self, *, live: bool = False, now: float = BEGIN) -> None:
        self._now = now
        self._live = time.monotonic() if live else None
        self.skew = 0.0  # seconds that its clock is wrong
        self.url = "https://fake.invalid"
        self.keys: dict[str, set[str] | None] = {KEY: None}  # key -> its scopes, None: all
        self.faults: list[Fault] = []
        self.rate: dict[str, float] = {}  # seconds between two requests of an endpoint
        self.calls: list[Call] = []
        self.boxes: dict[str, Box] = {}
        self.lock = threading.RLock()
        self._last: dict[str, float] = {}

    # --- its clock ----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The true time; what it says is `says`."""
        if self._live is not None:
            at = time.monotonic()
            self._now, self._live = self._now + at - self._live, at
        return self._now

    @property
    def says(self) -> float:
        return self.now + self.skew

    def advance(self, seconds: float) -> None:
        """Let time go by: machines boot, are charged for, and end."""
        with self.lock:
            self._now = self.now + seconds
            self.settle()

    # --- what tests set -----------------------------------------------------------------------------------------------

    def fault(self, at: str, **what: Any) -> None:
        """Let the next requests of an endpoint go wrong."""
        self.faults.append(Fault(at, **what))

    def set(self, **what: Any) -> None:
        """Set by name, as /_fake/set does."""
        for name, value in what.items():
            if name == "fault":
                self.fault(**value)
            elif name in ("rise", "raise_price", "add_offer"):
                getattr(self, name)(**value)
            elif hasattr(self, name) and not name.startswith("_") and not callable(getattr(self, name)):
                setattr(self, name, value)
            else:
                raise KeyError(name)

    def asked(self, name: str) -> list[Call]:
        """The requests of an endpoint."""
        return [call for call in self.calls if call.name == name]

    # --- its machines -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring every machine to this moment."""
        for box in self.boxes.values():
            box.settle(self.now)

    def alive(self) -> list[Box]:
        """Those that cost money."""
        return [box for box in self.boxes.values() if box.alive]

    def bill(self) -> dict[str, float]:
        """US dollars by machine, to the cent of a cent."""
        return {box.id: box.cost for box in self.boxes.values()}

    # --- what subclasses do -------------------------------------------------------------------------------------------

    @abstractmethod
    def work(self, name: str, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        """Do what an endpoint does."""

    def unknown_key(self) -> Answer:
        return Answer(401, {"success": False, "error": "auth_error", "msg": "Invalid user key"})

    def no_scope(self, scope: str) -> Answer:
        return Answer(403, {"success": False, "error": "forbidden", "msg": f"the key lacks {scope}"})

    def too_often(self) -> Answer:
        return Answer(429, "API requests too frequent endpoint threshold=1.0")

    # --- a request ----------------------------------------------------------------------------------------------------

    def handle(self, method: str, target: str, headers: dict[str, str], content: bytes) -> Answer:
        """Answer a request. Raises Lost."""
        with self.lock:
            parts = urlsplit(target)
            path, query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
            body = json.loads(content) if content else None
            if path.startswith("/_fake/"):
                return self._hook(path.removeprefix("/_fake/"), body)
            name, number = self._route(method, path)
            self.calls.append(Call(name, method, path, query, body, headers, self.now))
            self.settle()
            answer = self._answer(name, number, query, body, headers)
            answer.headers.setdefault("Date", email.utils.formatdate(self.says, usegmt=True))
            return answer

    def _answer(self, name: str, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        refused = self._refused(name, headers)
        if refused is not None:
            return refused
        last, self._last[name] = self._last.get(name, -1e9), self.now
        if self.now - last < self.rate.get(name, 0.0):
            return self.too_often()
        fault = next((one for one in self.faults if one.at in (name, "*")), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            if fault.drop == "before":
                raise Lost
            if fault.status and not fault.drop:
                return Answer(fault.status, fault.text, dict(fault.headers))
        answer = self.work(name, number, query, body, headers)
        if fault is not None and fault.drop:
            if not fault.status:
                raise Lost
            return Answer(fault.status, fault.text, dict(fault.headers))  # done, and a gateway says that it failed
        return answer

    def _refused(self, name: str, headers: dict[str, str]) -> Answer | None:
        if name in self.free or not name:
            return None
        key = headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.keys:
            return self.unknown_key()
        scopes, wanted = self.keys[key], self.scopes.get(name, "")
        return self.no_scope(wanted) if scopes is not None and wanted and wanted not in scopes else None

    def _route(self, method: str, path: str) -> tuple[str, str]:
        for verb, pattern, name in self.routes:
            number = _match(pattern, path) if verb == method else None
            if number is not None:
                return name, number
        return "", ""

    def _hook(self, name: str, body: Any) -> Answer:
        if name == "set":
            self.set(**body)
        elif name == "advance":
            self.advance(float(body["seconds"]))
        elif name == "calls":
            return Answer(200, [[one.name, one.method, one.path, one.body] for one in self.calls])
        elif name == "instances":
            self.settle()
            return Answer(200, [one.id for one in self.alive()])
        elif name == "bill":
            self.settle()
            return Answer(200, self.bill())
        else:
            return Answer(404, {"error": "no such hook"})
        return Answer(200, {})

    # --- ways to it ---------------------------------------------------------------------------------------------------

    def transport(self) -> httpx2.MockTransport:
        """For a client of httpx2 in the same process."""

        def answer(request: httpx2.Request) -> httpx2.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            try:
                found = self.handle(request.method, str(request.url), headers, request.read())
            except Lost:
                raise httpx2.ReadError("the connection broke", request=request) from None
            told = {"Content-Type": found.kind, **found.headers}
            return httpx2.Response(
                found.status, headers=told, stream=httpx2.ByteStream(found.encoded()), request=request
            )

        return httpx2.MockTransport(answer)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Over HTTP on loopback; gives its address."""
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        server.daemon_threads = True
        self.url = f"http://localhost:{server.server_address[1]}"  # another name than the one that is asked
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def by_hand(kind: type[Fake]) -> None:
    """Serve one until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    with kind(live=True, now=time.time()).serve(parser.parse_args().port) as url:
        print(f"{url} (key: {KEY})", flush=True)  # noqa: T201
        while True:
            time.sleep(3600)


def _match(pattern: str, path: str) -> str | None:
    """The {id} of a path, "" where the pattern has none, None where it does not match; a last slash does not matter."""
    mine, theirs = pattern.strip("/").split("/"), path.strip("/").split("/")
    if len(mine) != len(theirs):
        return None
    number = ""
    for want, got in zip(mine, theirs, strict=True):
        if want == "{id}":
            number = f"{number}/{got}" if number else got
        elif want != got:
            return None
    return number


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.close_connection = True
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                found = fake.handle(self.command, self.path, headers, content)
            except Lost:
                return  # the connection is closed without a word
            body = found.encoded()
            self.send_response_only(found.status)
            told = {
                "Content-Type": found.kind,
                **found.headers,
                "Content-Length": str(len(body)),
                "Connection": "close",
            }
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    for verb in ("GET", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.answer)
    return Handler
