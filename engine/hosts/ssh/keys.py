"""Which key of a machine is believed: the one that was pinned, else those of the known_hosts files; never just any."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import HostError, HostRefused
from engine.language import tr

if TYPE_CHECKING:
    import asyncssh

log = logging.getLogger(__name__)

EVERYBODYS = Path("/etc/ssh/ssh_known_hosts")
Trusted = tuple[list["asyncssh.SSHKey"], list["asyncssh.SSHKey"], list["asyncssh.SSHKey"]]  # keys, CAs, revoked


@dataclass
class Belief:
    """Answers the question of the connection, and remembers what it answered and what was shown."""

    pinned: str = ""  # "ssh-ed25519 AAAA..."
    files: Sequence[str] = ()  # known_hosts files; empty: the usual ones
    trusted: "list[asyncssh.SSHKey]" = field(default_factory=list)
    vouched: bool = False  # a CA may vouch for it
    revoked: bool = False
    shown: "asyncssh.SSHKey | None" = None  # a key that was not believed

    def __call__(self, host: str, address: str, port: int | None) -> Trusted:
        """What asyncssh asks before it looks at a key (port None: 22)."""
        keys, authorities, revoked = known(self.files, host, address, port)
        if self.pinned:
            keys, authorities = [read(self.pinned)], []
        self.trusted, self.vouched = keys, bool(authorities)
        return keys, authorities, revoked

    def refuse(self, key: "asyncssh.SSHKey") -> bool:
        """Remember a key that is not among the trusted ones."""
        self.shown = key
        return False


def known(files: Sequence[str], host: str, address: str, port: int | None) -> Trusted:
    """What the known_hosts files say of a machine; a line that cannot be read is passed over."""
    import asyncssh

    found = asyncssh.SSHKnownHosts()
    for place in [Path(file).expanduser() for file in files] or usual():
        for line in _lines(place):
            try:
                found.load(line)
            except ValueError:
                log.warning("a line of %s is none of known_hosts", place)
    keys, authorities, revoked, *_ = found.match(host, address, port)  # the rest is X.509, which OpenSSH has not
    return list(keys), list(authorities), list(revoked)


def usual() -> list[Path]:
    """The user's own file, and that of the machine."""
    return [Path("~/.ssh/known_hosts").expanduser(), EVERYBODYS]


def read(text: str) -> "asyncssh.SSHKey":
    """The key that was pinned.

    Raises:
        HostError: it is none; nothing is believed then.
    """
    import asyncssh

    try:
        return asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise HostError(
            tr("The key that was kept for this host cannot be read."), hint=tr("Remove the host and add it again.")
        ) from error


def own(file: str, name: str) -> str:
    """The file of one's own key, where it is.

    Raises:
        HostRefused: it cannot be read, and so opens nothing.
    """
    place = Path(file).expanduser()
    try:
        with place.open("rb"):
            return str(place)
    except OSError as error:
        raise HostRefused(
            tr("The key file for {name} cannot be used: {error}.", name=name, error=f"{error.strerror} ({file})"),
            hint=tr("Look at the host's options and at ~/.ssh/config."),
        ) from error


def spelled(key: "asyncssh.SSHKey") -> str:
    """A key as it is pinned: its kind and its bytes, without a comment."""
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])


def fingerprint(key: "asyncssh.SSHKey") -> str:
    """A key for the eye: SHA256:..., as ssh-keygen -l writes it."""
    return key.get_fingerprint("sha256")


def _lines(place: Path) -> list[str]:
    try:
        return place.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
