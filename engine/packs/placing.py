"""The last step of putting a pack on the shelf: one program at a time, renamed whole, swept after a killed one."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import PacksBusy, not_written
from engine.language import tr

log = logging.getLogger(__name__)

STAGING, DOWNLOAD, OLD, GONE = ".staging-", ".download-", ".old-", ".old-gone-"
KEEP = 14 * 86400.0  # seconds that an unfinished download is kept


def sweep(shelf: Path) -> None:
    """Clear away what a killed process left; a pack that was about to be replaced comes back."""
    for entry in sorted(shelf.glob(".*")):
        if entry.name.startswith((GONE, STAGING)):
            throw_away(entry)
        elif entry.name.startswith(OLD):
            place = shelf / entry.name.removeprefix(OLD)
            if place.exists():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.rename(place)
        elif entry.name.startswith(DOWNLOAD) and time.time() - entry.stat().st_mtime > KEEP:
            shutil.rmtree(entry, ignore_errors=True)


def throw_away(entry: Path) -> None:
    """Delete a folder, or the link that somebody put in the place of one."""
    if entry.is_symlink():
        entry.unlink()
    shutil.rmtree(entry, ignore_errors=True)


def replacing(shelf: Path) -> bool:
    """Whether a pack is being replaced this very moment (or was, when its process was killed)."""
    return any(not one.name.startswith(GONE) for one in shelf.glob(f"{OLD}*"))


def settle(shelf: Path) -> None:
    """Clear up after a process that was killed, unless another one is at work there just now."""
    if shelf.is_dir() and any(shelf.glob(".[sdo]*")):
        with contextlib.suppress(PacksBusy), alone(shelf):
            log.info("cleared up the packs")


@contextlib.contextmanager
def alone(shelf: Path) -> Iterator[None]:
    """Hold the shelf's lock: packs serve every library of the user, and two programs may want to change them."""
    from filelock import FileLock, Timeout

    try:
        shelf.mkdir(parents=True, exist_ok=True)
        # A generator may be resumed by another thread than the one that began it.
        with FileLock(shelf / ".lock", timeout=0, thread_local=False):
            sweep(shelf)
            yield
    except Timeout as error:
        raise PacksBusy(tr("Another Kinora is changing the packs just now.")) from error
    except OSError as error:
        raise not_written(error, tr("change the packs")) from error


def place(room: Path, shelf: Path, name: str) -> None:
    """Rename the finished folder to its place; one that is there makes room and comes back if that fails."""
    _settle(room)
    target, old = shelf / name, shelf / f"{OLD}{name}"
    if target.exists():
        target.rename(old)
    try:
        room.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    _settle(shelf)
    shutil.rmtree(old, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where the system can be told."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
