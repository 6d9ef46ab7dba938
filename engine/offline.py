"""Keeping connections on this machine: a guard on Python's sockets that a process switches on and off."""

import sys
from typing import Any

GUARDED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})
HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "", None})  # names of this machine

_state = {"installed": False, "on": False, "loopback": True}


def guard(on: bool, *, loopback: bool = True) -> None:
    """Refuse connections to other machines from now on, or let them be; without `loopback` also those to this one.

    An audit hook cannot be taken away again, so it is installed once and asks. Native code does not pass it; that is
    why workers, which run the native libraries, have nothing to connect to in the first place.
    """
    _state["on"], _state["loopback"] = on, loopback
    if not _state["installed"]:
        _state["installed"] = True
        sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in GUARDED or not _state["on"]:
        return
    host = _host(event, arguments)
    if _state["loopback"] and host in HERE:
        return
    raise PermissionError(f"Kinora is offline: no connection to {host!r} ({event})")


def _host(event: str, arguments: tuple[Any, ...]) -> Any:
    """The machine that an event names; a path in the file system is this one."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return arguments[0]
    address = arguments[1]
    return address[0] if isinstance(address, tuple) else ""
