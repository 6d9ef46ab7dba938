"""The way to the node of a rented machine: wait until it runs, read its host key from its log, log in with our own key.

The host key comes over the provider's HTTPS, and not from whoever answers at the address: nothing is believed blindly.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import HostError, HostKeyChanged, HostLimited, HostLost
from engine.hosts.base import Node
from engine.hosts.rental.onstart import host_key_from
from engine.language import tr
from engine.model import Instance

if TYPE_CHECKING:
    from engine.hosts.rental.provider import Provider
    from engine.keys import Keys

LOOK = 5.0  # seconds between two looks at a machine that boots
PATIENCE = 1500.0  # seconds in which it must run: a little longer than its rental is kept without working
KEYS = 300.0  # seconds in which it must print its key once it runs

Make = Callable[[str, str, dict[str, Any]], Any]  # address, pinned key, options -> an opener
Learnt = Callable[[str, str], None]  # what was learnt of it: its address and its host key
Works = Callable[[], None]


class RentalOpener:
    """Opens the node of one rental; called again after each loss. `pinned` is its key where it is known already."""

    def __init__(
        self,
        client: "Callable[[], Provider]",
        number: str,
        private: Callable[[], str],
        *,
        pinned: str = "",
        learnt: Learnt = lambda address, pinned: None,
        works: Works = lambda: None,
        make: Make | None = None,
        options: dict[str, Any] | None = None,
        look: float = LOOK,
    ) -> None:
        self._client = client
        self._number = number
        self._private = private
        self._pinned = pinned
        self._learnt = learnt
        self._works = works
        self._make = make or _over_ssh
        self._options = dict(options or {})
        self._look = look
        self._folder = Path(tempfile.gettempdir()) / f"kinora-{uuid.uuid4().hex}"
        self._way: tuple[str, Any] | None = None  # where its opener leads, and the opener

    async def __call__(self) -> Node:
        """Connect. Raises HostError."""
        found = await self._running()
        if not self._pinned:
            self._pinned = await self._told_key()
        address = f"ssh://root@{found.address}:{found.port}"
        with identity(self._folder, await asyncio.to_thread(self._private)) as file:
            if self._way is None or self._way[0] != address:
                options = {**self._options, "identity": str(file)}
                self._way = address, self._make(address, self._pinned, options)
            try:
                node: Node = await self._way[1]()
            except HostKeyChanged as error:  # it cannot be removed and added again
                raise HostKeyChanged(
                    tr("The rented machine shows another key than the one that stands in its log."),
                    hint=tr("Nothing was sent. Destroy it and rent another one; jobs go on here."),
                ) from error
        await asyncio.to_thread(self._learnt, address, self._pinned)
        await asyncio.to_thread(self._works)
        return node

    async def _running(self) -> Instance:
        """The machine, once it runs and says where. Raises HostLost."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            pause = self._look
            try:
                found = await asyncio.to_thread(lambda: self._client().get(self._number))
            except HostLimited as error:
                found, pause = None, max(self._look, error.after)
            else:
                if found is None or found.state == "gone":
                    raise HostLost(tr("The rented machine is gone."))
                if found.state in ("failed", "stopped"):
                    raise HostLost(tr("The rented machine stopped: {words}", words=found.text[:300]))
                if found.state == "running" and found.address:
                    return found
            await asyncio.sleep(pause)
        raise HostLost(tr("The rented machine does not come to run."))

    async def _told_key(self) -> str:
        """Its host key, as it printed it. Raises HostLost."""
        until = time.monotonic() + KEYS
        while time.monotonic() < until:
            pause = self._look
            try:
                key = host_key_from(await asyncio.to_thread(lambda: self._client().logs(self._number)))
            except HostLimited as error:
                key, pause = None, max(self._look, error.after)
            except HostError:
                key = None  # logs are made ready; what is wrong with the machine is seen elsewhere
            if key:
                return key
            await asyncio.sleep(pause)
        raise HostLost(tr("The rented machine does not say which key it has, so nothing is sent to it."))


@contextmanager
def identity(folder: Path, private: str) -> Iterator[Path]:
    """A private key as a file that nobody else can read, as long as it takes to log in."""
    folder.mkdir(mode=0o700)
    try:
        file = folder / "key"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(private)
        yield file
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)


def key_pair(comment: str) -> tuple[str, str]:
    """A new SSH key (ed25519): the private one as OpenSSH writes it, and the public one on a line."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
    return secret, f"{public} {comment}"


def kept_key(keys: "Keys", name: str) -> str:
    """The private key that is kept under a name; made when it is needed first. Raises SecretsLocked, StoreError."""
    found = keys.get(name)
    if found is None:
        found, _ = key_pair("kinora")
        keys.put(name, found)
    return found


def public_of(private: str) -> str:
    """The public half of a private key, on a line."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    key = load_ssh_private_key(private.encode("ascii"), None).public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def _over_ssh(address: str, pinned: str, options: dict[str, Any]) -> Any:
    from engine.hosts.ssh.opener import SshOpener

    return SshOpener(address, pinned, options)
