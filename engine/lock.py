"""The lock of a library: one process owns it, for as long as that process lives."""

import contextlib
import os
from pathlib import Path

from engine.errors import LibraryBusy, LibraryReadOnly


def take(path: Path, opening: contextlib.ExitStack) -> None:
    """Take the lock until `opening` is closed; the system frees it when the process dies.

    Raises:
        LibraryBusy: another process has it.
        LibraryReadOnly: the folder may not be written.
    """
    from filelock import FileLock, Timeout

    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise LibraryReadOnly(f"Kinora may not write to {path}.")
        lock = FileLock(path / "instance.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise LibraryBusy(f"The library in {path} is open in another Kinora.") from error
    except OSError as error:
        raise LibraryReadOnly(f"Kinora may not write to {path} ({error.strerror}).") from error
    opening.callback(lock.release)
