"""What opens the hosts of a library (tokens, passwords, passphrases): in the keyring, or as long as this runs."""

import contextlib
import logging
import threading
from dataclasses import replace
from pathlib import Path

from engine.errors import SecretsLocked
from engine.hosts import reach
from engine.keys import Keys
from engine.model import HostRow

log = logging.getLogger(__name__)


class Logins:
    """One secret for each host; they are never in the database, in a log or in an answer."""

    def __init__(self, folder: Path) -> None:
        self.keys = Keys(folder)
        self._folder = folder / "ssh"  # keys that Kinora made
        self._said: dict[str, str] = {}  # those that are not to be kept
        self._lock = threading.Lock()

    def get(self, row: HostRow) -> str | None:
        """The secret of a host, None without one. Raises SecretsLocked."""
        with self._lock:
            said = self._said.get(_name(row))
        return said if said is not None else self.keys.get(_name(row))

    def typed(self, row: HostRow) -> str | None:
        """What somebody would type: one that cannot be read now is asked for again."""
        try:
            return self.get(row)
        except SecretsLocked as error:
            log.info("what opens %s cannot be read: %s", row.name, error.text)
            return None

    def put(self, row: HostRow, secret: str, *, keep: bool = True) -> None:
        """Remember a secret, in the keyring or until this program ends. Raises SecretsLocked, StoreError."""
        if keep:
            self.keys.put(_name(row), secret)
        with self._lock:
            self._said.pop(_name(row), None)
            if not keep:
                self._said[_name(row)] = secret

    def key_of(self, row: HostRow) -> Path:
        """Where the key lies that Kinora made for a host, if it did."""
        return self._folder / reach.client_of(row)

    def keyed(self, row: HostRow) -> HostRow:
        """The host with the key that was made for it; without one, as after a restored backup, it is as it is."""
        place = self.key_of(row)
        return replace(row, options={**row.options, "identity": str(place)}) if place.is_file() else row

    def forget(self, row: HostRow) -> None:
        """Forget what opens a host. Raises SecretsLocked, StoreError."""
        with contextlib.suppress(OSError):
            self.key_of(row).unlink(missing_ok=True)
        self.forget_typed(row)

    def forget_typed(self, row: HostRow) -> None:
        """Forget what was typed. Raises SecretsLocked, StoreError."""
        with self._lock:
            self._said.pop(_name(row), None)
        self.keys.delete(_name(row))


def _name(row: HostRow) -> str:
    return f"host-{reach.client_of(row)}"  # one keyring is for all libraries, and numbers of hosts are given again
