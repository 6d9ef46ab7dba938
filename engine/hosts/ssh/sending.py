"""Bytes to the other machine over SFTP: a broken transfer goes on where the last whole piece ended."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from engine.errors import HostError, HostFull, HostRefused
from engine.hosts.ssh.connection import Link
from engine.hosts.ssh.troubles import lost
from engine.language import tr

if TYPE_CHECKING:
    import asyncssh

PIECE = 4 << 20  # bytes that are on their way at a time: in them, and in them alone, a cut leaves holes
BLOCK = 255 << 10  # bytes of a request; with 32 of them at a time the fastest that was measured
SLOWEST = 16 << 10  # bytes a second below which it is given up

Sent = Callable[[int], None]
T = TypeVar("T")


class NotTaken(HostError):
    """The other side refused bytes and gave no reason that it has a word for."""

    code = "host-not-taken"


class Readable(Protocol):
    """Where the bytes come from."""

    def __call__(self, start: int, length: int) -> bytes:
        """These bytes."""


async def send(link: Link, name: str, read: Readable, size: int, target: str, sent: Sent = lambda count: None) -> int:
    """Write a file there, mode 0600; return the offset from which it was sent. Whether it is right, a hash must tell.

    Raises:
        HostFull, HostRefused, HostLost.
    """
    import asyncssh

    async def work(sftp: "asyncssh.SFTPClient") -> int:
        begin = min(await _there(sftp, target), size)
        begin = max(0, (begin - 1) // PIECE * PIECE)
        attributes = asyncssh.SFTPAttrs(permissions=0o600)
        flags = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT
        async with sftp.open(target, flags, attributes, encoding=None, block_size=BLOCK, max_requests=32) as file:
            for start in range(begin, size, PIECE):
                piece = await asyncio.to_thread(read, start, min(PIECE, size - start))
                async with asyncio.timeout(20 + len(piece) / SLOWEST):
                    await file.write(piece, start)
                sent(len(piece))
            await file.truncate(size)  # an older, longer one may have been there
        return begin

    return await _talking(link, name, target, work)


def of_bytes(data: bytes) -> Readable:
    """Read from memory."""
    return lambda start, length: data[start : start + length]


def of_file(path: Path) -> Readable:
    """Read from a file."""

    def read(start: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    return read


async def _there(sftp: "asyncssh.SFTPClient", target: str) -> int:
    import asyncssh

    try:
        return (await sftp.stat(target)).size or 0
    except asyncssh.SFTPNoSuchFile:
        return 0


async def _talking(link: Link, name: str, target: str, work: "Callable[[asyncssh.SFTPClient], Awaitable[T]]") -> T:
    """Do something over SFTP, and say in a sentence what went wrong."""
    import asyncssh

    try:
        async with link.connection.start_sftp_client() as sftp:
            return await work(sftp)
    except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as error:
        raise HostFull(tr("The disk of {name} is full.", name=name)) from error
    except asyncssh.SFTPPermissionDenied as error:
        raise HostRefused(
            tr("On {name} you may not write to {folder}.", name=name, folder=target),
            hint=tr("Name another folder for this host, one that you may write to."),
        ) from error
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:  # cut under a request, or between two
        raise lost(name, error) from error
    except asyncssh.SFTPError as error:  # OpenSSH says no more than "Failure" when its disk is full
        raise NotTaken(tr("{name} did not take a file: {error}.", name=name, error=error.reason)) from error
    except asyncssh.ChannelOpenError as error:
        if link.connection.is_closed() or error.code == asyncssh.OPEN_CONNECT_FAILED:  # nobody could be asked
            raise lost(name, error) from error
        raise HostRefused(
            tr("{name} takes no files: its SSH server has no SFTP.", name=name),
            hint=tr("Switch the sftp subsystem on in its sshd_config."),
        ) from error
    except (asyncssh.Error, TimeoutError, OSError) as error:
        raise lost(name, error) from error
