"""What a person would type while logging in: a password, or the passphrase of a key; answered with what is kept."""

from collections.abc import Callable
from pathlib import Path

from engine.errors import HostPassphrase, HostPassword
from engine.hosts.ssh.address import Address
from engine.language import tr

PASSWORD, PASSPHRASE = "password", "passphrase"


class Typed:
    """Answers once with a password, and remembers what was wanted.

    `kept` gives "password:..." or "passphrase:..."; the one is never used as the other, for a password is sent to the
    machine and a passphrase stays here.
    """

    def __init__(self, kept: Callable[[], str | None] | None = None) -> None:
        self.locked = ""  # the file of a key that would do, and that a passphrase locks
        self._kept = kept
        self._asked = False  # for a password
        self._sent = False

    def lock(self, file: str) -> None:
        """A key would do if it were not locked (asyncssh asks for its passphrase, and gets none)."""
        self.locked = file

    def passphrase(self) -> str | None:
        """What opens the key."""
        return self._of(PASSPHRASE)

    def has_password(self) -> bool:
        """Whether there is a password that was not sent yet."""
        self._asked = True
        return not self._sent and self._of(PASSWORD) is not None

    def password(self) -> str | None:
        """The password, once."""
        if not self.has_password():
            return None
        self._sent = True
        return self._of(PASSWORD)

    def refusal(self, address: Address) -> HostPassword | None:
        """What is to be typed, or typed otherwise; None when that would not help."""
        name = address.name
        if self._sent:
            return HostPassword(tr("{name} does not take this password.", name=name), hint=_hint(address))
        if self.locked:
            return HostPassphrase(
                tr("The key {key} for {name} is locked with a passphrase.", key=Path(self.locked).name, name=name),
                hint=tr("Type it, or give the key to your agent: ssh-add {file}", file=self.locked),
            )
        if self._asked:
            return HostPassword(
                tr("{name} takes none of your keys and wants a password.", name=name), hint=_hint(address)
            )
        return None

    def _of(self, what: str) -> str | None:
        kind, _, text = ((self._kept() if self._kept is not None else None) or "").partition(":")
        return text if kind == what else None


def _hint(address: Address) -> str:
    return tr("Type it, or take your key there: ssh-copy-id {name}", name=address.typed)
