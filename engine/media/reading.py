"""Turn what the decoding libraries raise over a broken file into sentences."""

import errno
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import DamagedFile, FileUnreadable, KinoraError, TooLarge
from engine.language import tr

# What Pillow, PyAV, PDFium, LibRaw, zipfile and the XML parsers raise over hostile bytes, beside their own classes.
_TROUBLE: tuple[type[BaseException], ...] = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError,
    AssertionError, BufferError, struct.error, zlib.error,
)  # fmt: skip
_DRIVE = (errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT)


@contextmanager
def reading(what: str, *others: type[BaseException]) -> Iterator[None]:
    """Say that `what` ("JPEG picture") is damaged when a library gives up; `others` are that library's own errors.

    Raises:
        DamagedFile: the bytes make no sense.
        TooLarge: they would take more memory than there is, or than is allowed.
        FileUnreadable: the drive failed meanwhile.
    """
    try:
        yield
    except KinoraError:
        raise
    except MemoryError as error:
        raise TooLarge(tr("This {what} would need more memory than there is.", what=what)) from error
    except _TROUBLE + others as error:
        if type(error) is OSError and error.errno in _DRIVE:
            raise FileUnreadable(
                tr("The drive failed while this {what} was read: {strerror}.", what=what, strerror=error.strerror),
                hint=tr("Check the drive or its connection."),
            ) from error
        raise _sentence(what, error) from error


def _sentence(what: str, error: BaseException) -> DamagedFile | TooLarge:
    text, name = str(error).lower(), type(error).__name__
    if "DecompressionBomb" in name or "text_chunk" in text or "text_memory" in text:
        return TooLarge(tr("This {what} unpacks to far more than a {what} should; it was not decoded.", what=what))
    if "truncated" in text or "not enough data" in text or name in ("EOFError", "PREMATURE_END"):
        return DamagedFile(tr("This {what} is damaged: it ends too early, part of it is missing.", what=what))
    if "cannot identify" in text:
        return DamagedFile(tr("This {what} is damaged: its beginning makes no sense.", what=what))
    return DamagedFile(tr("This {what} is damaged and cannot be decoded.", what=what))
