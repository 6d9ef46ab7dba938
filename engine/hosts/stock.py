"""The parts that were cut and lie in the library's folder for parcels: which asset gave which, under a cap."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.jobs.orders import NAMED, Part

log = logging.getLogger(__name__)

INDEX = "index.jsonl"  # a line for each asset; lost or damaged, everything is cut again
LONGEST_LINE = 64 << 10
MOST = 200_000  # assets of which it is known what they gave
PIECE = 1 << 20
AFTER = 0.9  # of the cap: so much is left when something had to leave, so that not each new part costs a look at all


class Stock:
    """Files named by their SHA-256, the oldest unused of which leave when they take more than `cap` bytes together.

    Disposable: whatever is missing or damaged is cut again. For one thread at a time.
    """

    def __init__(self, folder: Path, cap: int) -> None:
        self.folder = folder
        self.cap = cap
        self._known: dict[str, tuple[Part, ...]] = {}
        self._lines = 0  # of the index
        self._sizes: dict[str, int] = {}  # of the files that are there
        self._sound: set[str] = set()  # those whose bytes were compared with their names in this run
        self._pins: Counter[str] = Counter()
        self._users: dict[int, list[str]] = {}

    def open(self, leftovers: str) -> None:
        """Look at what is there; what a crash has left (`leftovers`, a pattern) is taken away. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(leftovers):
            left.unlink(missing_ok=True)
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if NAMED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    self._sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        self._lines = self._read()
        self._forget()

    def path_of(self, part: Part) -> Path:
        """Where a part lies."""
        return self.folder / part.sha256

    def find(self, key: str) -> tuple[Part, ...] | None:
        """The parts that this key gave, if all of them are there and whole."""
        parts = self._known.get(key)
        if parts is None or not all(self._is_whole(part) for part in parts):
            self._known.pop(key, None)
            return None
        for part in parts:
            with contextlib.suppress(OSError):
                os.utime(self.path_of(part))
        return parts

    def add(self, key: str, parts: Sequence[Part]) -> None:
        """Remember what a key gave; its files have just been written."""
        for part in parts:
            self._sizes[part.sha256] = part.size
            self._sound.add(part.sha256)
        self._known[key] = tuple(parts)
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        with contextlib.suppress(OSError), self._index.open("a", encoding="utf-8") as stream:
            stream.write(_line(key, parts))
            self._lines += 1

    def pin(self, user: int, parts: Iterable[Part]) -> None:
        """Keep these parts until their user (a bundle) lets go of them."""
        names = [part.sha256 for part in parts]
        self._users.setdefault(user, []).extend(names)
        self._pins.update(names)

    def release(self, user: int) -> None:
        """A user needs its parts no longer."""
        self._pins.subtract(self._users.pop(user, []))
        self._pins = +self._pins

    def make_room(self, cap: int | None = None) -> int:
        """Let the oldest unused files leave until the cap (or another one) is kept; returns the bytes that left."""
        total, left = sum(self._sizes.values()), 0
        cap = self.cap if cap is None else cap
        if total <= cap:
            return 0
        cap = round(cap * AFTER)
        for name in sorted((one for one in self._sizes if one not in self._pins), key=self._used):
            if total - left <= cap:
                break
            with contextlib.suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
                left += self._sizes.pop(name)
                self._sound.discard(name)
        self._forget()
        return left

    def sweep(self, leftovers: str) -> None:
        """Take away what a worker left unfinished."""
        for left in self.folder.glob(leftovers):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)

    @property
    def _index(self) -> Path:
        return self.folder / INDEX

    def _used(self, name: str) -> float:
        try:
            return (self.folder / name).stat().st_mtime
        except OSError:
            return 0.0

    def _is_whole(self, part: Part) -> bool:
        """Whether a part's file is there and its own; its bytes are read once in a run."""
        path = self.path_of(part)
        try:
            if path.stat().st_size != part.size:
                return False
            if part.sha256 not in self._sound:
                if _digest(path) != part.sha256:
                    path.unlink(missing_ok=True)
                    self._sizes.pop(part.sha256, None)
                    return False
                self._sound.add(part.sha256)
        except OSError:
            return False
        self._sizes[part.sha256] = part.size
        return True

    def _read(self) -> int:
        """Read the index, without the lines that make no sense; returns how many lines there are."""
        count = 0
        with contextlib.suppress(OSError), self._index.open("rb") as stream:
            while line := stream.readline(LONGEST_LINE):
                count += 1
                if (told := _told(line)) is not None and all(part.sha256 in self._sizes for part in told[1]):
                    self._known[told[0]] = told[1]
        return count

    def _forget(self) -> None:
        """Know nothing of what has left, neither here nor in the index: a library may be larger than what fits here."""
        self._known = {
            key: parts for key, parts in self._known.items() if all(part.sha256 in self._sizes for part in parts)
        }
        if self._lines > 2 * len(self._known) + 100:
            self._compact()

    def _compact(self) -> None:
        fresh = self._index.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_text("".join(_line(key, parts) for key, parts in self._known.items()), encoding="utf-8")
            fresh.replace(self._index)
            self._lines = len(self._known)


def _line(key: str, parts: Sequence[Part]) -> str:
    rows = [[part.name, part.sha256, part.size] for part in parts]
    return json.dumps({"key": key, "parts": rows}, separators=(",", ":")) + "\n"


def _told(line: bytes) -> tuple[str, tuple[Part, ...]] | None:
    try:
        raw: Any = json.loads(line)
        parts = tuple(parts_of(raw["parts"]))
        return (raw["key"], parts) if NAMED.fullmatch(raw["key"]) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        log.info("a line of the index of parcels makes no sense")
        return None


def parts_of(rows: Any) -> list[Part]:
    """Parts from rows of name, SHA-256 and size. Raises ValueError, TypeError."""
    found = []
    for name, sha, size in rows:
        if not isinstance(name, str) or not NAMED.fullmatch(sha) or type(size) is not int or size < 0:
            raise ValueError("not a part")
        found.append(Part(name, sha, size))
    return found


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            found.update(piece)
    return found.hexdigest()
