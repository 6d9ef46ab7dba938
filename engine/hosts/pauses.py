"""How long a host is left alone after a failure: by what went wrong, and how often it did."""

from collections.abc import Sequence

from engine.errors import (
    HostFull,
    HostKeyChanged,
    HostKeyUnknown,
    HostLied,
    HostLimited,
    HostPassphrase,
    HostPassword,
    HostRefused,
    HostSkew,
    KinoraError,
)

FINAL = (HostKeyUnknown, HostKeyChanged, HostRefused, HostSkew, HostLied)  # nothing is sent until somebody decides
WANTS = {HostPassword.code: "password", HostPassphrase.code: "passphrase"}  # what somebody would have to type
LONGEST = 300.0  # seconds that a host may ask for


def pause_after(failure: KinoraError, tries: int, pauses: Sequence[float]) -> float | None:
    """Seconds until the next try after so many in a row that failed; None: not before somebody decides."""
    if isinstance(failure, FINAL):
        return None
    if isinstance(failure, HostFull):
        return pauses[-1]
    if isinstance(failure, HostLimited) and failure.after:
        return min(LONGEST, max(pauses[0], failure.after))
    return pauses[min(tries, len(pauses) - 1)]
