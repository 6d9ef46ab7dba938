"""Moves chosen copies to the system's trash, each only after it was made sure that it is what was asked about."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFile

from engine.language import tr
from engine.model import FileRow, Twin

Trash = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `problem` is a sentence when it stayed where it is."""

    file: FileRow
    problem: str = ""


def to_trash(path: Path) -> bool:
    """Move a file to the system's trash; False when the system has none for it."""
    moved = QFile.moveToTrash(str(path))
    return bool(moved[0] if isinstance(moved, tuple) else moved)


def files_of(members: Iterable[Twin]) -> list[FileRow]:
    """The files of these members that are on the disk now."""
    found = {file.id: file for member in members for file in member.asset.files if file.state == "present"}
    return list(found.values())


def move(others: Sequence[FileRow], kept: Sequence[FileRow], trash: Trash = to_trash) -> list[Outcome]:
    """Move `others` to the trash if one of `kept` is in reach (blocking: for a thread)."""
    safe = [path for path in (_path(file) for file in kept) if path.is_file()]
    if not safe:
        return [Outcome(file, tr("The copy to keep cannot be reached, so this one stays.")) for file in others]
    return [Outcome(file, _moved(file, safe, trash)) for file in others]


def _moved(file: FileRow, kept: Sequence[Path], trash: Trash) -> str:
    path = _path(file)
    try:
        found = path.lstat()
    except OSError:
        return tr("It is not there any more.")
    if found.st_size != file.size or found.st_mtime_ns != file.mtime_ns:
        return tr("It changed since Kinora read it, so it stays.")
    if any(_is_alias(path, other) for other in kept):
        return tr("It is the same file as the one to keep, by another way, so it stays.")
    if not trash(path):
        return tr("The system has no trash for this place, so it stays.")
    return ""


def _is_alias(path: Path, other: Path) -> bool:
    """Another spelling of one file (by a link, or on a disk that ignores case); a hard link is a file of its own."""
    try:
        return path.samefile(other) and path.lstat().st_nlink == 1
    except OSError:
        return False


def _path(file: FileRow) -> Path:
    return Path(os.fsdecode(file.raw))
