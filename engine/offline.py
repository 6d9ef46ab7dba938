"""Keeping connections on this machine: a guard on Python's sockets that a process switches on and off."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

GUARDED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})
HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "", None})  # names of this machine

_state: dict[str, Any] = {"installed": False, "on": False, "loopback": True}
_allowed: dict[str, Any] = {"name": None, "addresses": frozenset()}


def guard(on: bool, *, loopback: bool = True) -> None:
    """Refuse connections to other machines from now on, or let them be; without `loopback` also those to this one.

    An audit hook cannot be taken away again, so it is installed once and asks. Native code does not pass it; that is
    why workers, which run the native libraries, have nothing to connect to in the first place.
    """
    _state["on"], _state["loopback"] = on, loopback
    if not _state["installed"]:
        _state["installed"] = True
        sys.addaudithook(_watch)


def is_on() -> bool:
    """Whether connections to other machines are refused now (programs that are started must be held back by hand)."""
    return bool(_state["on"])


@contextmanager
def allowed(address: tuple[str, int] | None) -> Iterator[None]:
    """Let connections to one host and port through while this lasts, and to nothing else; None changes nothing.

    The name is looked up once, here: what it means later does not matter.
    """
    if address is None:
        yield
        return
    host, port = address
    _allowed["name"] = (host, port)
    try:
        with suppress(OSError):
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            _allowed["addresses"] = frozenset((entry[4][0], port) for entry in told)
        yield
    finally:
        _allowed.update(name=None, addresses=frozenset())


def _is_allowed(event: str, arguments: tuple[Any, ...]) -> bool:
    if _allowed["name"] is None:
        return False
    if event == "socket.getaddrinfo":
        return arguments[:2] in (_allowed["name"], (_allowed["name"][0], str(_allowed["name"][1])))
    address = arguments[1] if event == "socket.connect" else None
    return isinstance(address, tuple) and address[:2] in _allowed["addresses"]


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in GUARDED or not _state["on"]:
        return
    host = _host(event, arguments)
    if _is_allowed(event, arguments):
        return
    if _state["loopback"] and host in HERE:
        return
    raise PermissionError(f"Kinora is offline: no connection to {host!r} ({event})")


def _host(event: str, arguments: tuple[Any, ...]) -> Any:
    """The machine that an event names; a path in the file system is this one."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return arguments[0]
    address = arguments[1]
    return address[0] if isinstance(address, tuple) else ""
