"""Walk a folder: what is in it, folder by folder, without following links or opening anything."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.media.files import joined, shown, system_path

_HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2) | getattr(stat, "FILE_ATTRIBUTE_SYSTEM", 4)
_MOST_DEPTH = 512  # folders inside of folders: deeper ones are a mistake or an attack


@dataclass(frozen=True, slots=True)
class Seen:
    """One regular file: its name as the file system spells it, and what a stat says."""

    name: bytes
    size: int
    mtime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """One folder with its files; `problems` are sentences about what could not be looked at."""

    path: bytes
    files: tuple[Seen, ...]
    left_out: int
    problems: tuple[str, ...] = ()


class Rule:
    """The names that are left out: patterns as in a shell, small and capital letters alike."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._match = re.compile("|".join(fnmatch.translate(one.lower()) for one in patterns) or r"(?!)").match

    def leaves_out(self, name: bytes) -> bool:
        """Say whether a file or folder of that name is left out."""
        return self._match(name.decode("utf-8", "surrogateescape").lower()) is not None


def walk(root: bytes, leave_out: Sequence[str]) -> Iterator[FolderSeen]:
    """Yield the folders under `root`, itself first, each with its files in the order of their names.

    Links are not followed, so a walk ends even where they run in circles; pipes, sockets and devices are left out. A
    single file as `root` comes as its folder with that one file.
    """
    rule = Rule(leave_out)
    first = system_path(root)
    try:
        found = Path(os.fsdecode(first)).stat()
    except OSError as error:
        yield FolderSeen(root, (), 0, (_problem(root, error),))
        return
    if not stat.S_ISDIR(found.st_mode):
        yield _single(root, found)
        return
    todo = [(root, 0)]
    while todo:
        path, depth = todo.pop()
        seen, folders = _folder(path, rule)
        yield seen
        if depth < _MOST_DEPTH:
            todo.extend((inner, depth + 1) for inner in reversed(folders))


def _single(path: bytes, found: os.stat_result) -> FolderSeen:
    folder, _, name = path.rpartition(os.fsencode(os.sep))
    if not stat.S_ISREG(found.st_mode):
        return FolderSeen(folder, (), 1, (f"“{shown(name)}” is a pipe or a device, not a file.",))
    return FolderSeen(folder or b"/", (_seen(name, found),), 0)


def _folder(path: bytes, rule: Rule) -> tuple[FolderSeen, list[bytes]]:
    files: list[Seen] = []
    folders: list[bytes] = []
    problems: list[str] = []
    left_out = 0
    try:
        with os.scandir(system_path(path)) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                try:
                    kind = _kind(entry)
                    if kind == "out" or rule.leaves_out(name):
                        left_out += 1
                    elif kind == "folder":
                        folders.append(joined(path, name))
                    else:
                        files.append(_seen(name, entry.stat(follow_symlinks=False)))
                except OSError as error:
                    problems.append(_problem(joined(path, name), error))
    except OSError as error:
        problems.append(_problem(path, error))
    files.sort(key=lambda one: one.name)
    return FolderSeen(path, tuple(files), left_out, tuple(problems)), sorted(folders)


def _kind(entry: os.DirEntry[bytes] | os.DirEntry[str]) -> str:
    """Return "folder", "file", or "out" for links, pipes, devices, and what Windows hides or mounts."""
    if entry.is_symlink():
        return "out"
    if sys.platform == "win32" and (
        entry.is_junction() or entry.stat(follow_symlinks=False).st_file_attributes & _HIDDEN
    ):
        return "out"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "out"


def _seen(name: bytes, found: os.stat_result) -> Seen:
    return Seen(name, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def _problem(path: bytes, error: OSError) -> str:
    what = {PermissionError: "you may not look into it", FileNotFoundError: "it is not there"}
    return f"“{shown(path)}” was left out: {what.get(type(error), error.strerror or str(error))}."
