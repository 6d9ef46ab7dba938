"""Secrets of Kinora (tokens of hosts, keys of providers): in the system's keyring, else in an encrypted file.

They are never in the database, in a log or in plain text. The file is sealed with AES-256-GCM under a key that argon2id
makes of the passphrase in KINORA_SECRETS_PASSPHRASE (RFC 9106, the second recommended choice of costs).
"""

import contextlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import SecretsLocked, not_written
from engine.language import tr

log = logging.getLogger(__name__)

SERVICE = "kinora"
PASSPHRASE = "KINORA_SECRETS_PASSPHRASE"
NAME = "keys.sealed"
FORMAT = 1
ROUNDS, MEMORY, LANES = 3, 64 << 10, 4  # argon2id: passes, KiB, lanes
LARGEST = 1 << 20  # bytes of the file
PATIENCE = 10.0  # seconds for another process that writes it

T = TypeVar("T")


class Keys:
    """The secrets of whoever uses the library in `folder`; every call may block and may be made from any thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = threading.Lock()
        self._made: tuple[bytes, bytes, bytes] | None = None  # salt, passphrase and the key that was made of them

    def get(self, name: str) -> str | None:
        """The secret of a name, None when there is none.

        Raises:
            SecretsLocked: it may be in the file, which no passphrase opens.
        """
        found = self._ring(lambda ring: ring.get_password(SERVICE, name))
        if found is not None:
            return str(found)
        with self._lock:
            return self._read().get(name) if self._path.exists() else None

    def put(self, name: str, value: str) -> None:
        """Keep a secret. Raises SecretsLocked, StoreError."""

        def keep(ring: Any) -> bool:
            ring.set_password(SERVICE, name, value)
            return True

        if self._ring(keep) is None:
            self._change(lambda kept: kept.update({name: value}))

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error. Raises SecretsLocked, StoreError."""
        self._ring(lambda ring: _drop(ring, name))
        if self._path.exists():
            self._change(lambda kept: kept.pop(name, None))

    @property
    def place(self) -> str:
        """Where secrets are kept: "keyring", "file", or "" when nowhere."""
        if _backend() is not None:
            return "keyring"
        return "file" if os.environ.get(PASSPHRASE) else ""

    # --- the keyring --------------------------------------------------------------------------------------------------

    def _ring(self, work: Callable[[Any], T]) -> T | None:
        """What the keyring answers; None where there is no keyring, or it does not answer."""
        ring = _backend()
        if ring is None:
            return None
        from keyring.errors import KeyringError

        try:
            return work(ring)
        except KeyringError as error:
            log.warning("the keyring does not answer: %s", type(error).__name__)  # its words may name what was asked
            return None

    # --- the file -----------------------------------------------------------------------------------------------------

    def _change(self, change: Callable[[dict[str, str]], object]) -> None:
        from filelock import FileLock, Timeout

        passphrase()  # before anything is touched
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, FileLock(self._path.with_name(NAME + ".lock"), timeout=PATIENCE):
                kept = self._read() if self._path.exists() else {}
                change(kept)
                self._write(kept)
        except Timeout as error:
            raise SecretsLocked(tr("Another Kinora is writing the file of keys."), hint=tr("Try again.")) from error
        except OSError as error:
            raise not_written(error, tr("write the file of keys")) from error

    def _read(self) -> dict[str, str]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        given = passphrase()
        try:
            with self._path.open("rb") as stream:
                salt, nonce, sealed = _parts(json.loads(stream.read(LARGEST)))
            kept = json.loads(AESGCM(self._key(given, salt)).decrypt(nonce, sealed, _bound(salt)))
            return {str(name): str(value) for name, value in kept.items()}
        except InvalidTag as error:
            raise SecretsLocked(
                tr("The passphrase does not open the file of keys, or the file was changed.")
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SecretsLocked(
                tr("The file of keys in {folder} cannot be read.", folder=self._path.parent),
                hint=tr("Delete {name} there and enter the keys anew.", name=NAME),
            ) from error

    def _write(self, kept: dict[str, str]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt = self._made[0] if self._made is not None else secrets.token_bytes(16)
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self._key(passphrase(), salt)).encrypt(nonce, json.dumps(kept).encode(), _bound(salt))
        body = {"format": FORMAT, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
        write_private(self._path, json.dumps(body).encode())

    def _key(self, given: bytes, salt: bytes) -> bytes:
        if self._made is None or self._made[:2] != (salt, given):
            from argon2.low_level import Type, hash_secret_raw

            made = hash_secret_raw(given, salt, ROUNDS, MEMORY, LANES, 32, Type.ID)
            self._made = salt, given, made
        return self._made[2]


def passphrase() -> bytes:
    """What opens the file of keys. Raises SecretsLocked: nobody said it."""
    given = os.environ.get(PASSPHRASE, "")
    if not given:
        raise SecretsLocked(tr("There is no keyring on this computer, and no passphrase for a file of keys."))
    return given.encode()


def write_private(path: Path, body: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises OSError."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _parts(raw: Any) -> tuple[bytes, bytes, bytes]:
    """Salt, nonce and seal of a file's content."""
    if raw["format"] != FORMAT:
        raise ValueError("another format")
    return bytes.fromhex(raw["salt"]), bytes.fromhex(raw["nonce"]), bytes.fromhex(raw["sealed"])


def _bound(salt: bytes) -> bytes:
    """What the seal covers beside the secrets."""
    return b"kinora keys %d " % FORMAT + salt


def _backend() -> Any | None:
    """The keyring of this system, None where there is none that keeps a secret."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    choice = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    return next((one for one in choice if not _open(one)), None)


def _open(ring: Any) -> bool:
    """Whether a keyring is none, or keeps what it is given where anybody can read it."""
    module, name = type(ring).__module__, type(ring).__name__
    return module.startswith(("keyring.backends.fail", "keyring.backends.null")) or "Plaintext" in name


def _drop(ring: Any, name: str) -> bool:
    from keyring.errors import PasswordDeleteError

    with contextlib.suppress(PasswordDeleteError):  # it was not there
        ring.delete_password(SERVICE, name)
    return True
