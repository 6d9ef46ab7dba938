"""Open originals: read-only, by descriptor, with errors in words."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import DamagedFile, FileMissing, FileUnreadable
from engine.language import tr

_WINDOWS_LONG = 240  # MAX_PATH less the room that the system takes for itself


def system_path(path: bytes) -> bytes | str:
    """Return the path as the system calls want it: on Windows as text, with the prefix that lifts the limit of 260."""
    if sys.platform != "win32":
        return path
    text = os.fsdecode(path)
    if len(text) < _WINDOWS_LONG or text.startswith("\\\\?\\"):
        return text
    full = str(Path(text).absolute())
    return f"\\\\?\\UNC\\{full[2:]}" if full.startswith("\\\\") else f"\\\\?\\{full}"


def joined(folder: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder."""
    mark = os.fsencode(os.sep)
    return folder + name if folder.endswith(mark) else folder + mark + name


def shown(path: bytes) -> str:
    """Return the path for the eye: bytes that are no UTF-8 become the replacement character."""
    return path.decode("utf-8", "replace")


@contextmanager
def told(path: bytes) -> Iterator[None]:
    """Turn what the system says about a file into sentences.

    Raises:
        FileMissing: it is not there (any more).
        FileUnreadable: the rights, the disk or the drive refuse it.
    """
    name = shown(path.replace(b"\\", b"/").rsplit(b"/", 1)[-1])
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileMissing(tr("“{name}” is not there any more.", name=name)) from error
    except PermissionError as error:
        raise FileUnreadable(tr("You may not read “{name}”.", name=name)) from error
    except OSError as error:
        raise FileUnreadable(
            tr("“{name}” could not be read: {strerror}.", name=name, strerror=error.strerror or error),
            hint=tr("Check the drive or the connection to it, then add the folder again."),
        ) from error


@contextmanager
def opened(path: bytes) -> Iterator[BinaryIO]:
    """Open a regular file for reading; never waits on a pipe or a device.

    Raises:
        FileMissing, FileUnreadable: as `told` says.
    """
    with told(path):
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        number = os.open(system_path(path), flags)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise FileUnreadable(
                tr("This is not a file but a folder, a pipe or a device."), hint=tr("Add a file instead.")
            )
        stream = os.fdopen(number, "rb")
    try:
        yield stream
    finally:
        stream.close()


def read_at(stream: BinaryIO, offset: int, length: int) -> bytes:
    """Read `length` bytes at `offset`, fewer at the end of the file."""
    stream.seek(offset)
    return stream.read(length)


def whole(stream: BinaryIO, most: int, what: str) -> bytes:
    """Read a file that is known to be small.

    Raises:
        DamagedFile: it is larger than `most` bytes.
    """
    data = stream.read(most + 1)
    if len(data) > most:
        raise DamagedFile(tr("This {what} is larger than any {what} should be.", what=what))
    return data
