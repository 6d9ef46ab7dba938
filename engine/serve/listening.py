"""`kinora serve`: binds the socket, runs the app until it is told to end or nobody needs it, and closes the library."""

import contextlib
import ipaddress
import json
import logging
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from engine import __version__
from engine.access import Access
from engine.errors import KinoraError
from engine.hosts.pinning import fingerprint
from engine.jobs.orders import PROTOCOL
from engine.language import tr
from engine.model.access import Role
from engine.offline import guard as stay_offline
from engine.packs import devices
from engine.serve.app import create_app, front_for
from engine.serve.connection import Connection
from engine.serve.front import Front
from engine.serve.gate import Gate
from engine.serve.orders import NodeService, Use
from engine.serve.rates import Limit, Limits
from engine.serve.socket import LONGEST, PING, Socket
from engine.serve.tls import Identity, identity, own_addresses
from engine.store import erasing

if TYPE_CHECKING:
    from engine.library import Library

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 256
GRACE = 8  # seconds for answers under way when it ends
KEEP_ALIVE = 60  # seconds that a client may keep a connection between two requests
HEAD = 32 << 10  # bytes of the lines before a body
FLUSH = 20  # turns of a tenth of a second


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    host: str = "127.0.0.1"
    port: int = 8765
    node: bool = False  # the routes of a node alone
    tls: bool = False
    certificate: Path | None = None
    key: Path | None = None
    pair: Role | None = None  # show a pairing code for this role
    announce: bool = False  # say port and token in one line of JSON, then go on without a terminal
    idle_exit: float = 0.0  # seconds after which nobody needs it; 0 = never
    names: tuple[str, ...] = ()
    wipe: bool = False  # leave nothing of what clients sent when it ends
    cluster: str = ""  # the address of a scheduler: orders go there in place of this machine's workers
    cluster_files: Mapping[str, str] = field(default_factory=dict)  # ca, cert and key for it


def serve(path: Path, wish: Wish, say: Callable[[dict[str, Any]], None]) -> None:
    """Serve the library in `path` until it ends; `say` is told how it can be reached.

    Raises:
        KinoraError: it may not or cannot listen there; the library is in use.
    """
    from engine.library import Library

    if wish.announce:
        _outlive_the_terminal()
    with Library.open(path, work=not wish.node) as library:
        access = Access(library.database)
        access.end_run()  # of a run that was killed
        found = _identity(library, access, wish)
        with (
            contextlib.closing(listener(wish.host, wish.port)) as bound,
            _front(library, access, wish, found is not None) as front,
        ):
            library.answer("access", access.told)
            library.answer("pair", lambda role: pair(front, role))
            server = Server(_config(front, wish), front, wish.idle_exit, found.context() if found else None,
                            lambda: say(_told(bound, front, wish, found)))  # fmt: skip
            with _log_of_the_server():
                server.run(sockets=[bound])


@contextlib.contextmanager
def _front(library: "Library", access: Access, wish: Wish, tls: bool) -> Iterator[Front]:
    if wish.node:  # nothing else of the library works
        stay_offline(library.settings()["net.offline"])
        devices.announce(library.settings())
    service = NodeService(library.database, library.path, library.settings, charge=charge(access),
                          idle_exit=wish.idle_exit, **_behind(library, wish))  # fmt: skip
    settings = library.settings()
    limits = Limits(Limit(0, 60), Limit(0, 60)) if wish.announce else Limits(
        Limit(settings["serve.rate_address"], 60), Limit(settings["serve.rate_token"], 60)
    )  # fmt: skip
    names = {*wish.names, *settings["serve.names"], *own_names()}
    front = front_for(library, access=access, service=service, limits=limits, tls=tls,
                      names=frozenset(name.lower() for name in names))  # fmt: skip
    service.start()
    try:
        yield front
    finally:
        front.live.close()
        gone = service.stop(wipe=wish.wipe)
        access.end_run()
        front.flush()
        if gone and wish.node:
            _scrub(library)


def _scrub(library: "Library") -> None:
    """Have nothing of answers that were fetched stand in a node's library."""
    try:
        library.database.maintain(erasing.scrub)
    except KinoraError as error:  # they are out of reach for all but who reads the bytes of the file
        log.warning("the library of the node could not be written anew: %s", error.text)


def _behind(library: "Library", wish: Wish) -> dict[str, Any]:
    """What does the work of the node where it is not this machine: a cluster. Raises KinoraError."""
    if not wish.cluster:
        return {}
    from engine.hosts import reach
    from engine.serve.gateway import Gateway

    if library.settings()["net.offline"] and not reach.loopback(wish.cluster):
        raise KinoraError(
            tr("Offline is set: Kinora connects to no other machine."), hint=tr("`kinora settings net.offline no`")
        )
    gateway = Gateway(wish.cluster, wish.cluster_files, library.settings)
    return {"host": gateway, "write_manifest": gateway.write_manifest, "able": gateway.able}


def charge(access: Access) -> Callable[[str, Use], None]:
    """How a node's work counts against the quota of a token; bytes that are announced count before they come."""

    def count(principal: str, use: Use) -> None:
        if use.jobs or use.bytes:
            access.take(principal, jobs=use.jobs, size=use.bytes)
        access.charge(principal, seconds=use.seconds)

    return count


def pair(front: Front, role: str) -> str:
    """Show a new pairing code."""
    assert front.pairing is not None
    return front.pairing.show(Role(role))


def beyond(host: str) -> bool:
    """Whether other machines could reach this address."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise KinoraError(tr("{host} is no address of this machine.", host=host)) from error
    return not all(ipaddress.ip_address(str(one).partition("%")[0]).is_loopback for one in found)


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises KinoraError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named, asyncio switches Nagle's delay off: without it every answer takes 40 ms longer.
        bound = socket.socket(family, kind, protocol)
        try:
            if sys.platform == "win32":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(128)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise KinoraError(
            tr("Kinora cannot listen on {host}, port {port}: {why}.", host=host, port=port, why=error.strerror),
            hint=tr("Is another program there already? --port 0 takes a free one."),
        ) from error
    return bound


def own_names() -> set[str]:
    """The names by which others in the network may know this machine."""
    name = socket.gethostname().lower()
    return {name, f"{name.split('.')[0]}.local", name.split(".")[0]} - {""}


def _identity(library: "Library", access: Access, wish: Wish) -> Identity | None:
    """The certificate, where one is needed. Raises KinoraError: what was asked for may not be."""
    outside = beyond(wish.host)
    if outside and library.settings()["net.offline"]:
        raise KinoraError(
            tr("Offline is set: Kinora listens to no other machine."),
            hint=tr("`kinora settings net.offline no`, or serve on 127.0.0.1."),
        )
    if outside and not wish.pair and not any(row.counts(time.time()) for row in access.rows()):
        raise KinoraError(
            tr("Nobody could ask: there is no token yet."),
            hint=tr("Make one with `kinora token new --role operator`, or start with --pair operator.")
            if wish.node
            else tr("Make one with `kinora token new`, or start with --pair."),
        )
    if not (outside or wish.tls or wish.certificate or wish.key):
        return None
    return identity(library.path, wish.certificate, wish.key, (*wish.names, *library.settings()["serve.names"]))


def _config(front: Front, wish: Wish) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(front, only_node=wish.node), loop="asyncio", http=Connection, ws=Socket, lifespan="off",
        log_config=None, access_log=False, server_header=False, proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=KEEP_ALIVE, timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=HEAD, ws_max_size=LONGEST, ws_ping_interval=PING, ws_ping_timeout=PING,
        ws_per_message_deflate=False,
    )  # fmt: skip


def _told(bound: socket.socket, front: Front, wish: Wish, found: Identity | None) -> dict[str, Any]:
    """How it can be reached."""
    host, port = bound.getsockname()[:2]
    if wish.announce:
        secret = front.access.announce()
        return {"port": port, "token": secret, "protocol": PROTOCOL, "version": __version__, "pid": os.getpid()}
    told: dict[str, Any] = {
        "address": f"{'https' if found else 'http'}://{_in_address(host)}:{port}", "version": __version__,
    }  # fmt: skip
    if ipaddress.ip_address(host).is_unspecified:  # nobody can type that one
        told["reached"] = [f"https://{_in_address(one)}:{port}" for one in own_addresses()
                           if ":" in host or ":" not in one]  # fmt: skip
    if found is not None:
        told["fingerprint"] = fingerprint(found.fingerprint)  # as `kinora hosts add` shows it
    if wish.pair:
        told["code"] = pair(front, wish.pair)
    return told


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Server(uvicorn.Server):
    """Uvicorn behind a gate, that says when it listens, writes down what is counted, and ends when nobody needs it."""

    def __init__(
        self, config: uvicorn.Config, front: Front, idle_exit: float, tls: ssl.SSLContext | None,
        ready: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(config)
        self._front = front
        self._idle_exit = idle_exit
        self._ready = ready
        self._gate = Gate(self._connection, tls, front.crowded)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        self.servers = []  # the gate stands for them
        for bound in sockets or ():
            self._gate.open(bound)
        self.started = True
        self._ready()

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, self.lifespan.state)

    async def on_tick(self, counter: int) -> bool:
        """Look whether it is to end."""
        if counter % FLUSH == 0:
            self._front.flush()
            if self._idle_exit and self._front.idle() > self._idle_exit:
                log.info("nobody was here for %d s: the end", self._idle_exit)
                self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let those go who wait or listen, then end the rest."""
        self._front.live.close()
        if self._front.service is not None:
            self._front.service.release()
        await self._gate.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the server, and with it the library: nothing dies in the middle."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second signal does not wait for anybody."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


# --- without a terminal ----------------------------------------------------------------------------------------------


def announce(told: dict[str, Any]) -> None:
    """Print the one line, and then have nothing to do with a terminal any more."""
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _outlive_the_terminal() -> None:
    if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


class _Onward(logging.Handler):
    """Hands what the server logs to our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if record.levelno >= logging.WARNING:
            log.handle(record)


@contextlib.contextmanager
def _log_of_the_server() -> Iterator[None]:
    onward, theirs = _Onward(), logging.getLogger("uvicorn")
    before = theirs.propagate, theirs.level
    theirs.addHandler(onward)
    theirs.propagate = False
    theirs.setLevel(logging.WARNING)  # below it WebSockets tell every header, tokens among them
    try:
        yield
    finally:
        theirs.removeHandler(onward)
        theirs.propagate = before[0]
        theirs.setLevel(before[1])
