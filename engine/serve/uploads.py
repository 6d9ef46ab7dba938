"""An upload of a blob, written piece by piece, and why one is not taken."""

import contextlib
import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import KinoraError, Retry, not_written
from engine.language import tr

if TYPE_CHECKING:
    from engine.serve.blobs import Blobs

PART = ".part"

Key = tuple[str, str]  # owner's folder, name


class BlobRefused(KinoraError):
    """What was sent cannot be kept: a wrong name, size or hash."""

    code = "blob"


class BlobElsewhere(KinoraError):
    """An upload does not go on where the last one stopped, or another one took its place; `have` bytes are there."""

    code = "offset"
    retry = Retry.LATER

    def __init__(self, text: str, *, have: int) -> None:
        super().__init__(text, hint=tr("Go on from the byte that is named."))
        self.have = have


@dataclass(frozen=True, slots=True)
class Have:
    """How much of a blob is there."""

    size: int
    whole: bool


class Upload:
    """One upload that is being written; a later one of the same name takes its place."""

    def __init__(self, store: "Blobs", key: Key, size: int, offset: int, stream: FileIO) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._stream = stream
        self.have = offset

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            BlobRefused: there are more than were announced.
            BlobElsewhere: another upload has taken over.
            StorageFull: the disk is full; what arrived stays.
        """
        with self._store.lock:
            self._store.mine(self._key, self)
            if self.have + len(data) > self._size:
                self._store.drop_part(self._key)
                raise BlobRefused(tr("More bytes came than were announced."))
            try:
                left = memoryview(data)
                while left:
                    left = left[self._stream.write(left) :]
            except OSError as error:
                raise not_written(error, tr("store a blob")) from error
            self.have += len(data)

    def finish(self) -> Have:
        """Check what has arrived if it is all; otherwise it stays for the next try.

        Raises:
            BlobRefused: it is not what its name says; it is thrown away.
        """
        if self.have < self._size:
            return Have(self.have, whole=False)
        try:
            os.fsync(self._stream.fileno())
            self._stream.close()
        except OSError as error:
            raise not_written(error, tr("store a blob")) from error
        return self._store.complete(self._key, self)

    def close(self) -> None:
        """Let go of the file; what arrived stays."""
        with contextlib.suppress(OSError):
            self._stream.close()
        self._store.forget(self._key, self)


def opened(place: Path, offset: int) -> FileIO:
    """The file of what has arrived, at a byte of it. Raises StorageFull, LibraryReadOnly."""
    part = place.with_name(place.name + PART)
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = FileIO(part, "r+" if offset else "w")  # unbuffered: nothing is written after another took over
        stream.seek(offset)
    except OSError as error:
        raise not_written(error, tr("store a blob")) from error
    return stream
