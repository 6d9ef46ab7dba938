"""The identity of a content: BLAKE3 over the bytes of a file."""

import os
from threading import Event

from engine.errors import Cancelled, FileChanged
from engine.language import tr
from engine.media.files import opened, told

_CHUNK = 1 << 20


def content_hash(path: bytes, stop: Event | None = None) -> str:
    """Return the BLAKE3 of the file's bytes, in hex; setting `stop` ends it early.

    Raises:
        FileMissing, FileUnreadable: it cannot be read.
        FileChanged: it was written to meanwhile.
        Cancelled: `stop` was set.
    """
    from blake3 import blake3

    digest = blake3()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    with opened(path) as stream, told(path):
        before = os.fstat(stream.fileno())
        seen = 0
        while count := stream.readinto(buffer):  # type: ignore[attr-defined]
            digest.update(view[:count])
            seen += count
            if stop is not None and stop.is_set():
                raise Cancelled(tr("Nobody waits for this file any more."))
        after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or seen != after.st_size:
        raise FileChanged(tr("This file changed while it was being read."))
    return digest.hexdigest()
