"""How a host is reached: from an address as people type it to what connects there."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import HostError
from engine.hosts.base import Node, Opener
from engine.language import tr
from engine.model import HostKind, HostRow, Introduction

PATIENCE = 1800.0  # seconds for the first connection: a node may have to be set up first
SCHEMES = {"http": HostKind.HTTP, "https": HostKind.HTTP, "tls": HostKind.CLUSTER, "tcp": HostKind.CLUSTER}
Secret = Callable[[], str | None]  # what is kept to open a host: a token, a password, a passphrase
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def parse(address: str) -> tuple[HostKind, str, str]:
    """The kind, the address as it is kept, and a name: of `ssh user@box -p 22`, `user@box`, `https://box:8765` ...

    Raises:
        HostError: it is no address.
    """
    text = address.strip()
    scheme = text.partition("://")[0] if "://" in text else "ssh"
    if scheme == "ssh":
        from engine.hosts.ssh import address as ssh

        told = ssh.parse(text)
        return HostKind.SSH, told.text, told.name
    try:
        parts = urlsplit(text)
        host, kind, port = parts.hostname, SCHEMES.get(parts.scheme), parts.port
    except ValueError:
        host, kind, port = None, None, None
    if not host or kind is None or parts.username or any(one.isspace() for one in text):
        raise HostError(
            tr("{address!r} is no address of a host.", address=text[:200]),
            hint=tr("Paste ssh user@box, https://box:8765 or tls://scheduler:8786; tokens have their own field."),
        )
    shown = f"[{host}]" if ":" in host else host
    return kind, f"{parts.scheme}://{shown}" + (f":{port}" if port else ""), host


def loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    try:
        return urlsplit(parse(address)[1]).hostname in HERE
    except HostError:
        return False


async def introduce(address: str) -> Introduction:
    """Look who is there, trusting nothing. Raises HostError."""
    kind, at, name = parse(address)
    if kind is HostKind.SSH:
        from engine.hosts import ssh

        return await ssh.introduce(at)
    if kind is HostKind.HTTP:
        from engine.hosts import http

        return await http.introduce(at)
    from engine.hosts import cluster

    cluster.place(at)  # raises HostRefused when it would not be encrypted
    notes = (
        tr("A cluster is reached with certificates: name the files ca, cert and key in the options."),
        tr("Whoever may submit to a cluster may run anything on its machines: use one that you trust."),
    )
    return Introduction(kind, name, at, notes=notes)


def opener(row: HostRow, secret: Secret, say: Callable[[str], None] = lambda text: None) -> Opener:
    """What connects to a host; `say` is told the steps on the way there, where there are any."""
    if row.kind is HostKind.SSH:
        from engine.hosts.ssh import SshOpener

        return SshOpener(row.address, row.pinned, row.options, client=client_of(row), secret=secret, say=say)
    if row.kind is HostKind.CLUSTER:
        from engine.hosts.cluster import ClusterOpener

        return ClusterOpener(row.address, row.options)

    async def connect() -> Node:
        from engine.hosts.http import HttpNode

        return HttpNode(row.address, secret() or "", pinned=row.pinned)

    return connect


def client_of(row: HostRow) -> str:
    """Who asks, for a machine that serves several libraries: no other library has it, nor another host of this one."""
    return hashlib.sha256(f"{row.id} {row.added!r}".encode()).hexdigest()[:16]


async def wipe(row: HostRow, secret: Secret, *, made: bool = False) -> None:
    """Take away what Kinora put on a host, and in the end the key that it made for it. Raises HostError."""
    if row.kind is HostKind.SSH:
        from engine.hosts import ssh

        await ssh.wipe(row.address, row.pinned, row.options, secret=secret)
        if made:
            from engine.hosts.ssh.keyed import drop_key

            await drop_key(row.address, row.pinned, row.options)


async def use_key(row: HostRow, secret: Secret, place: Path) -> None:
    """Make a key that opens a host from now on. Raises HostError."""
    from engine.hosts.ssh.keyed import use_key

    await use_key(row.address, row.pinned, row.options, place, secret=secret)
