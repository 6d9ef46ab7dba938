"""The lock of a library: one process owns it, for as long as that process lives."""

import contextlib
import os
from pathlib import Path

from engine.control import hint
from engine.errors import LibraryBusy, LibraryReadOnly
from engine.language import tr


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
            raise LibraryReadOnly(tr("Kinora may not write to {path}.", path=path))
        lock = FileLock(path / "instance.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        text = tr("The library in {path} is open in another Kinora.", path=path)
        raise LibraryBusy(text, hint=hint(path)) from error
    except OSError as error:
        raise LibraryReadOnly(
            tr("Kinora may not write to {path} ({strerror}).", path=path, strerror=error.strerror)
        ) from error
    opening.callback(lock.release)
