"""How a cluster is reached: a scheduler's address with TLS, and three files: authority, certificate, key."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.errors import HostError, HostRefused
from engine.hosts.cluster.books import Books
from engine.language import tr

FILES = ("ca", "cert", "key")
PORT = 8786


class ClusterOpener:
    """Connects to a scheduler; what was asked of the cluster and not yet acknowledged is kept between connections.

    `options` name the files `ca`, `cert` and `key` (PEM); `name` is what people know the cluster by.
    """

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        self._address = address
        self._options = options
        self.name = str(options.get("name") or address.rpartition("://")[2])
        self.books = Books()

    async def __call__(self) -> Any:
        """Connect. Raises HostError."""
        where = place(self._address)
        if importlib.util.find_spec("distributed") is None:
            raise HostError(
                tr("Clusters need a library that is not installed: Dask distributed."),
                hint=tr("Run: pip install 'kinora[cluster]'"),
            )
        from engine.hosts.cluster.node import ClusterNode

        node = ClusterNode(self.name, {**where, **_files(self._options)}, self.books)
        try:
            await node.open()
        except BaseException:
            await node.close()
            raise
        return node


def place(address: str) -> dict[str, Any]:
    """Where a scheduler is: `address` as Dask spells it, `host` and `port`.

    Raises:
        HostRefused: the connection would not be encrypted.
        HostError: that is no address of a scheduler.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        parts, host, port = urlsplit(""), None, PORT
    if parts.scheme == "tcp":
        raise HostRefused(
            tr("The connection to {name} would not be encrypted.", name=host or address),
            hint=tr("Start the scheduler with TLS, and use its address that begins with tls://."),
        )
    if parts.scheme != "tls" or not host or parts.username or parts.path.strip("/"):
        raise HostError(
            tr("{url!r} is no address of a cluster.", url=address[:200]),
            hint=tr("It looks like tls://scheduler:8786."),
        )
    shown = f"[{host}]" if ":" in host else host
    return {"address": f"tls://{shown}:{port}", "host": host, "port": port}


def _files(options: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in FILES:
        told = str(options.get(name) or "")
        place = Path(told).expanduser()
        if not told or not place.is_file():
            raise HostRefused(
                tr("A cluster needs the file {name}: {place!r} is none.", name=name, place=told),
                hint=tr("Name three PEM files in the options: ca (the authority), cert and key (of this machine)."),
            )
        found[name] = str(place.resolve())
    return found
