"""Pairing: a short-lived code on one screen that another machine exchanges for a token, once."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable

from engine.access import Access
from engine.errors import KinoraError
from engine.language import mark, tr
from engine.model.access import Role, TokenRow

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another one
LENGTH = 8  # 40 bits, of which five guesses are allowed
LASTS = 300.0  # seconds
TRIES = 5


class PairingRefused(KinoraError):
    """A code that is wrong, used, or too old: nobody is told which."""

    code = "pairing"
    default_hint = mark("Ask for a new code with `kinora token pair` on the machine that serves.")


class Pairing:
    """The code that is shown now, if any."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._lock = threading.Lock()
        self._code = ""
        self._role = Role.VIEWER
        self._until = 0.0
        self._tries = 0

    def show(self, role: Role = Role.EDITOR) -> str:
        """Make a new code, which takes the place of an older one."""
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        with self._lock:
            self._code, self._role, self._tries = code, role, TRIES
            self._until = self._clock() + LASTS
        return f"{code[:4]}-{code[4:]}"

    def exchange(self, code: str, label: str, address: str) -> tuple[TokenRow, str]:
        """Give a token for the code. Raises PairingRefused."""
        given = "".join(letter for letter in code.upper() if letter.isalnum()).encode()
        with self._lock:
            self._tries -= 1
            alive = bool(self._code) and self._tries >= 0 and self._clock() < self._until
            right = hmac.compare_digest(given, self._code.encode())
            role = self._role
            if right or self._tries <= 0:
                self._code = ""
        if not (alive and right):
            raise PairingRefused(tr("This code does not open anything."))
        return self._access.make(role, label, by="pairing", address=address)
