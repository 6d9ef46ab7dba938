"""The gate of a front: lets connections in, only so many of one address and in all, before anything is read of them."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Coroutine

from engine.serve.rates import place_of

log = logging.getLogger(__name__)

MOST = 320  # connections in all; from 256 on requests are answered 503
EACH = 64  # of one address; loopback is this computer, with all that comes through SSH: it has no bound of its own
HANDSHAKE = 10.0  # seconds for that of TLS
FAREWELL = 5.0  # seconds for its end
AGAIN = 1.0  # seconds until it is tried again when the system lets nobody in (no file handles are left)


class Gate:
    """Lets in who connects to a socket. `make` makes a connection's protocol, `refused` hears of who is not let in.

    Who is let in is counted until the system has closed the connection.
    """

    def __init__(
        self, make: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None, refused: Callable[[], None]
    ) -> None:
        self._make = make
        self._tls = tls
        self._refused = refused
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, bound: socket.socket) -> None:
        """Let in who comes, from now on."""
        bound.setblocking(False)
        self._begin(self._watch(bound))

    async def close(self) -> None:
        """Let nobody in any more; who is inside stays."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def count(self, place: str = "") -> int:
        """How many are inside, of a place or in all."""
        with self._lock:
            return self._inside[place] if place else self._inside.total()

    async def _watch(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                raw, address = await loop.sock_accept(bound)
            except OSError as error:
                log.warning("nobody can be let in now: %s", error)
                await asyncio.sleep(AGAIN)
                continue
            one = self._take(raw, str(address[0]))
            if one is None:
                raw.close()
                self._refused()
            else:
                self._begin(self._let_in(one))

    def _take(self, raw: socket.socket, address: str) -> "_Counted | None":
        """A connection that is counted, if there is room for it."""
        place = place_of(address)
        with self._lock:
            if self._inside.total() >= MOST or (self._inside[place] >= EACH and not _own(address)):
                return None
            self._inside[place] += 1
        return _Counted(raw, lambda: self._left(place))

    def _left(self, place: str) -> None:
        with self._lock:
            self._inside[place] -= 1
            self._inside += Counter()  # drops who is not there any more

    async def _let_in(self, one: "_Counted") -> None:
        loop = asyncio.get_running_loop()
        times = {"ssl_handshake_timeout": HANDSHAKE, "ssl_shutdown_timeout": FAREWELL} if self._tls else {}
        try:
            await loop.connect_accepted_socket(self._make, one, ssl=self._tls, **times)
        except OSError as error:  # it speaks no TLS, is too slow, or has gone
            log.debug("somebody was not let in: %s", error)
        except BaseException:
            one.close()
            raise

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Counted(socket.socket):
    """A connection that says when it is closed."""

    def __init__(self, raw: socket.socket, closed: Callable[[], None]) -> None:
        self._told = closed
        super().__init__(raw.family, raw.type, raw.proto, raw.detach())

    def close(self) -> None:
        """Close it."""
        told, self._told = self._told, lambda: None
        with contextlib.ExitStack() as last:
            last.callback(told)
            super().close()


def _own(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
