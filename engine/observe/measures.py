"""What processes hold in memory and what the parts of a library take on the disk."""

import os
import time
from collections import deque
from pathlib import Path

from engine.language import tr
from engine.model.health import Memory, Room

KEPT = 720  # samples: an hour of one every five seconds
PATIENCE = 1.5  # seconds that looking through one folder may take
OTHERS = "others"


class Trail:
    """The memory of this process and its workers over the last hour; sampled on one thread, read on any."""

    def __init__(self) -> None:
        self._kept: deque[Memory] = deque(maxlen=KEPT)

    def sample(self, workers: int, count: int) -> None:
        """Note what is held now; `workers` are the bytes of `count` processes."""
        import psutil

        self._kept.append(Memory(time.time(), int(psutil.Process().memory_info().rss), workers, count))

    def all(self) -> tuple[Memory, ...]:
        """The samples, oldest first."""
        return tuple(self._kept)


def rooms(library: Path) -> tuple[Room, ...]:
    """What the database, previews, vectors, logs and the rest of a library's folder take."""
    database = sum(_size(library / f"kinora.db{end}") for end in ("", "-wal", "-shm"))
    previews, vectors, logs = (folder(library / name) for name in ("previews", "vectors", "logs"))
    return (
        Room("database", tr("What is known of your files"), database),
        Room("previews", tr("Previews"), *previews),
        Room("vectors", tr("Search by meaning"), *vectors),
        Room("logs", tr("Logs"), *logs),
        Room(OTHERS, tr("Other files in the library's folder"), max(0, _top(library) - database)),
    )


def folder(path: Path) -> tuple[int, bool]:
    """Bytes of the files below a folder; True when there was no time to see them all."""
    until, total, todo = time.monotonic() + PATIENCE, 0, [str(path)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:  # it went while we looked, or was never made
            continue
        if time.monotonic() > until:
            return total, bool(todo)
    return total, False


def _top(library: Path) -> int:
    """Bytes of the files that lie in the library's folder itself."""
    try:
        with os.scandir(library) as entries:
            return sum(one.stat(follow_symlinks=False).st_size for one in entries if one.is_file(follow_symlinks=False))
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
