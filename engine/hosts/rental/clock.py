"""Time for rentals: the clock on the wall beside one that nobody can set, which goes on while the computer sleeps."""

import contextlib
import time
import uuid
from pathlib import Path

from engine.model.contracts import Instant

BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROCESS = uuid.uuid4().hex  # where a boot has no name, each start of the program counts as one


class Clock:
    """The clocks of this machine; tests put others in its place."""

    def now(self) -> Instant:
        """This moment."""
        return Instant(time.time(), steady(), boot())

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def steady() -> float:
    """Seconds of a clock that nobody sets and that counts sleep, where the system has one."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):  # on macOS the second one counts sleep
        number = getattr(time, name, None)
        if number is not None:
            with contextlib.suppress(OSError):
                return time.clock_gettime(number)
    return time.monotonic()


def boot() -> str:
    """The name of this boot of the machine."""
    with contextlib.suppress(OSError):
        return BOOT.read_text().strip()
    return _PROCESS
