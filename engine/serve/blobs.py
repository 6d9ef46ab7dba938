"""Blobs of a node: bytes named by their SHA-256, each client's apart, under a cap; uploads go on where they stopped."""

import contextlib
import hashlib
import itertools
import logging
import os
import shutil
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Collection
from pathlib import Path

from engine.errors import KinoraError, StorageFull, not_written
from engine.jobs.orders import NAMED
from engine.language import digits, tr
from engine.packs.download import SPARE, digest
from engine.serve.shares import Shares
from engine.serve.uploads import PART, BlobElsewhere, BlobRefused, Have, Key, Upload, opened
from engine.store.db import crash_point

log = logging.getLogger(__name__)

LARGEST = 16 << 30  # bytes of a blob: the largest files of packs
KEEP_PARTS = STALE = 3 * 86400.0  # seconds that an unfinished upload is kept, and that a blob has its client's share


def owner_of(principal: str) -> str:
    """The folder of a client: its name tells nothing, and leads nowhere."""
    return hashlib.sha256(principal.encode()).hexdigest()[:32]


class Blobs:
    """The folder of blobs. Every call may block: none belongs on an event loop.

    `cap` says how many bytes all clients' blobs may have. Where there is no room, who has more than an equal share
    loses its least recently used ones, never one that is held.
    """

    def __init__(self, folder: Path, *, cap: Callable[[], int]) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._cap = cap
        self._sizes: OrderedDict[Key, int] = OrderedDict()  # the least recently used first
        self._total = 0  # bytes of them
        self._parts: dict[Key, int] = {}  # what each will have, or has as far as that is known
        self._writers: dict[Key, Upload] = {}
        self._held: Counter[Key] = Counter()
        self._look()

    def home(self, owner: str) -> Path:
        """The folder with the blobs of a client, each under its hash."""
        return self._folder / owner

    def path(self, owner: str, name: str) -> Path:
        """Where a blob is, or will be. Raises BlobRefused: that is no name of one."""
        if not NAMED.fullmatch(name):
            raise BlobRefused(tr("That is no name of a blob: 64 hex digits are one."))
        return self._folder / owner / name

    def missing(self, owner: str, names: Collection[str]) -> list[str]:
        """Which of these are not there; the others count as used now."""
        with self.lock:
            return [name for name in dict.fromkeys(names) if not self._touch((owner, name))]

    def have(self, owner: str, name: str) -> Have:
        """How much of a blob is there."""
        place = self.path(owner, name)
        with self.lock:
            if self._touch((owner, name)):
                return Have(self._sizes[owner, name], whole=True)
            with contextlib.suppress(OSError):
                return Have(place.with_name(name + PART).stat().st_size, whole=False)
        return Have(0, whole=False)

    def hold(self, owner: str, names: Collection[str]) -> list[str]:
        """Keep these until they are released, if all are there; else return those that are not, and hold none."""
        with self.lock:
            missing = self.missing(owner, names)
            if not missing:
                self._held.update((owner, name) for name in set(names))
            return missing

    def release(self, owner: str, names: Collection[str]) -> None:
        """Hold these no longer."""
        with self.lock:
            self._held.subtract((owner, name) for name in set(names))
            self._held += Counter()  # drops what is no longer held

    def begin(self, owner: str, name: str, size: int, offset: int) -> Upload:
        """Begin an upload, or go on with one.

        Raises:
            BlobRefused: name or size cannot be.
            BlobElsewhere: `offset` is not where the last one stopped.
            StorageFull: there is no room for it.
        """
        place = self.path(owner, name)
        if not 0 <= size <= LARGEST:
            raise BlobRefused(tr("A blob of {size} bytes is not taken.", size=digits(size)))
        with self.lock:
            there = self.have(owner, name)
            if there.size > size and not there.whole:
                self.drop_part((owner, name))
                there = Have(0, whole=False)
            if there.whole or offset not in (0, there.size):
                raise BlobElsewhere(tr("The upload goes on from another place."), have=there.size)
            self.make_room(size - offset, keep=(owner, name))
            self._parts[owner, name] = size
            upload = Upload(self, (owner, name), size, offset, opened(place, offset))
            self._writers[owner, name] = upload
            return upload

    def make_room(self, more: int, keep: Key) -> None:
        """Let blobs go until `more` bytes for the owner of `keep` fit under the cap and on the disk.

        What nobody used for days goes first. Then every client has an equal share of the room: who has most beyond it
        gives, who has less never does.

        Raises:
            StorageFull: nobody can give any more.
        """
        with self.lock:
            if self._fits(more):
                return
            shares = Shares(self._own(), self._room(), keep[0], more)
            free = [key for key in self._sizes if key not in self._held]
            for key in itertools.takewhile(self._stale, free):
                if self._fits(more):
                    return
                shares.gives(key[0], self._let_go(key))
            spare = self._spare(keep)
            while not self._fits(more):
                owner = shares.most(spare)
                if owner is None:
                    raise StorageFull(
                        tr("The node has no room for {more:,.0f} MB more.", more=more / 1e6),
                        hint=tr("Free some space on its disk, or raise node.blobs in its settings."),
                    )
                shares.gives(owner, self._let_go(spare[owner].popleft()))

    def mine(self, key: Key, upload: Upload) -> None:
        """Check that no other upload has taken the place of this one. Raises BlobElsewhere."""
        if self._writers.get(key) is not upload:
            raise BlobElsewhere(tr("Another upload of this blob has taken over."), have=0)

    def complete(self, key: Key, upload: Upload) -> Have:
        """Check the hash of a whole upload and give it its name. Raises BlobRefused, BlobElsewhere."""
        place = self._folder / key[0] / key[1]
        part = place.with_name(key[1] + PART)
        with self.lock:
            self.mine(key, upload)
        right = _is(part, key[1])
        with self.lock:
            self.mine(key, upload)
            if not right:
                self.drop_part(key)
                raise BlobRefused(tr("What arrived is not what its name says: its SHA-256 is another one."))
            crash_point("blob")
            try:
                part.replace(place)
            except OSError as error:
                raise not_written(error, tr("store a blob")) from error
            self._parts.pop(key, None)
            self._add(key, upload.have)
            return Have(upload.have, whole=True)

    def forget(self, key: Key, upload: Upload) -> None:
        """An upload has ended."""
        with self.lock:
            if self._writers.get(key) is upload:
                del self._writers[key]
                if key in self._parts:
                    self._parts[key] = upload.have

    def drop_part(self, key: Key) -> None:
        """Throw an unfinished upload away."""
        self._parts.pop(key, None)
        with contextlib.suppress(OSError):
            (self._folder / key[0] / (key[1] + PART)).unlink()

    def used(self) -> int:
        """Bytes of all that is there or announced."""
        with self.lock:
            return self._total + sum(self._parts.values())

    def expire(self) -> None:
        """Throw away uploads that nobody went on with for days."""
        with self.lock:
            for key in [key for key in self._parts if key not in self._writers]:
                with contextlib.suppress(OSError):
                    part = self._folder / key[0] / (key[1] + PART)
                    if time.time() - part.stat().st_mtime > KEEP_PARTS:
                        self.drop_part(key)

    def leave(self, needed: Collection[Key], older: float = 0.0) -> int:
        """Delete all but these, also unfinished uploads, of which nothing was used for so many seconds; how many.

        A time that is still to come says nothing (the clock was set back): it counts as old.
        """
        with self.lock:
            now = time.time()
            old = [
                key
                for key, ending in (*((one, "") for one in self._sizes), *((one, PART) for one in self._parts))
                if key not in needed
                and key not in self._held
                and key not in self._writers
                and not 0 <= now - _used(self._folder / key[0] / (key[1] + ending)) <= older
            ]
            for key in old:
                if key in self._sizes:
                    self._drop(key)
                else:
                    self.drop_part(key)
            for owner in {owner for owner, _ in old}:
                with contextlib.suppress(OSError):  # there is more of it
                    (self._folder / owner).rmdir()
            return len(old)

    def wipe(self) -> None:
        """Delete everything."""
        with self.lock:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._sizes.clear()
            self._parts.clear()
            self._total = 0

    # --- inside -------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """See what an earlier run left."""
        found: list[tuple[float, Key, int]] = []
        for path in self._folder.glob("*/*"):
            name = path.name.removesuffix(PART)
            if not NAMED.fullmatch(name) or path.is_symlink() or not path.is_file():
                continue
            told = path.stat()
            if path.name.endswith(PART):
                self._parts[path.parent.name, name] = told.st_size
            else:
                found.append((told.st_mtime, (path.parent.name, name), told.st_size))
        for _, key, size in sorted(found):
            self._add(key, size)

    def _add(self, key: Key, size: int) -> None:
        self._total += size - self._sizes.pop(key, 0)
        self._sizes[key] = size

    def _touch(self, key: Key) -> bool:
        if key not in self._sizes:
            return False
        self._sizes.move_to_end(key)
        try:
            os.utime(self._folder / key[0] / key[1])
        except FileNotFoundError:  # somebody else deleted it
            self._total -= self._sizes.pop(key)
            return False
        except OSError:
            log.debug("a blob could not be marked as used", exc_info=True)
        return True

    def _fits(self, more: int) -> bool:
        return self.used() + more <= self._cap() and self._free() >= more + SPARE

    def _free(self) -> int:
        home = next(one for one in (self._folder, *self._folder.parents) if one.exists())
        return shutil.disk_usage(home).free

    def _room(self) -> int:
        """Bytes that all clients may have together."""
        return max(0, min(self._cap(), self.used() + self._free() - SPARE))

    def _own(self) -> Counter[str]:
        """What each client has."""
        found: Counter[str] = Counter()
        for (owner, _), size in (*self._sizes.items(), *self._parts.items()):
            found[owner] += size
        return found

    def _spare(self, keep: Key) -> dict[str, deque[Key]]:
        """What each can give, in this order: idle uploads, blobs that no order needs, uploads of others that go on."""
        found: dict[str, deque[Key]] = {}
        parts = [key for key in self._parts if key != keep]
        for key in (
            *(key for key in parts if key not in self._writers),
            *(key for key in self._sizes if key not in self._held),
            *(key for key in parts if key in self._writers and key[0] != keep[0]),
        ):
            found.setdefault(key[0], deque()).append(key)
        return found

    def _stale(self, key: Key) -> bool:
        return time.time() - _used(self._folder / key[0] / key[1]) > STALE

    def _let_go(self, key: Key) -> int:
        """Delete a blob or an upload; the bytes that it had."""
        size = self._sizes.get(key, self._parts.get(key, 0))
        self._writers.pop(key, None)  # whoever writes it is told to begin anew
        if key in self._sizes:
            self._drop(key)
        else:
            self.drop_part(key)
        return size

    def _drop(self, key: Key) -> None:
        self._total -= self._sizes.pop(key)
        with contextlib.suppress(OSError):
            (self._folder / key[0] / key[1]).unlink()


def _is(part: Path, name: str) -> bool:
    try:
        return digest(part) == name
    except KinoraError:  # it cannot be read, or had to make room for others a moment ago
        return False


def _used(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0
