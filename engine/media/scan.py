"""Walk a folder: what is in it, folder by folder, without following links or opening anything."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.language import tr
from engine.media.files import joined, shown, system_path

_HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2) | getattr(stat, "FILE_ATTRIBUTE_SYSTEM", 4)
_WILD = re.compile(r"[*?\[]")
_SIMPLE = re.compile(r"\*?[^*?\[]*|[^*?\[]*\*")  # a name, or one with a star at one end
_MOST_DEPTH = 512  # folders inside of folders: deeper ones are a mistake or an attack


class Seen(NamedTuple):
    """One regular file: its name as the file system spells it, and what a stat says."""

    name: bytes
    size: int
    mtime_ns: int
    inode: int
    device: int


class FolderSeen(NamedTuple):
    """One folder with its files; `problems` are sentences about what could not be looked at."""

    path: bytes
    files: tuple[Seen, ...]
    left_out: int
    problems: tuple[str, ...] = ()


_make = tuple.__new__  # what a call of the class comes to, in half the time


class Rule:
    """The names that are left out: patterns as in a shell, small and capital letters alike."""

    def __init__(self, patterns: Sequence[str]) -> None:
        wanted = [one.lower() for one in patterns]
        # Nearly all patterns are a name, the start of one or its end: those cost next to nothing.
        self._names = frozenset(one for one in wanted if not _WILD.search(one))
        self._starts = tuple(one[:-1] for one in wanted if one.endswith("*") and not _WILD.search(one[:-1]))
        self._ends = tuple(one[1:] for one in wanted if one.startswith("*") and not _WILD.search(one[1:]))
        self._match = re.compile("|".join(fnmatch.translate(one) for one in wanted) or r"(?!)").match
        others = len(wanted) - sum(bool(_SIMPLE.fullmatch(one)) for one in wanted)
        self._others = others > 0

    def leaves_out(self, name: bytes) -> bool:
        """Say whether a file or folder of that name is left out."""
        text = name.decode("utf-8", "surrogateescape").lower()
        return (
            text.startswith(self._starts)
            or text.endswith(self._ends)
            or text in self._names
            or (self._others and self._match(text) is not None)
        )

    def bars(self, path: bytes, top: bytes) -> bool:
        """Say whether a path below `top` lies in something that is left out, or is it."""
        mark = os.fsencode(os.sep)
        return any(self.leaves_out(part) for part in path[len(top) :].split(mark) if part)


def nothing(folder: FolderSeen) -> bool:
    """The `skip` of a walk that goes everywhere."""
    return False


def walk(root: bytes, leave_out: Sequence[str], skip: Callable[[FolderSeen], bool] = nothing) -> Iterator[FolderSeen]:
    """Yield the folders under `root`, itself first, each with its files in the order of their names.

    Links are not followed, so a walk ends even where they run in circles; pipes, sockets and devices are left out. A
    single file as `root` comes as its folder with that one file. A folder that `skip` says yes to is left out with all
    that is in it.
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
        if skip(seen):
            continue
        yield seen
        if depth < _MOST_DEPTH:
            todo.extend((inner, depth + 1) for inner in reversed(folders))


def _single(path: bytes, found: os.stat_result) -> FolderSeen:
    folder, _, name = path.rpartition(os.fsencode(os.sep))
    if not stat.S_ISREG(found.st_mode):
        return FolderSeen(folder, (), 1, (tr("“{shown}” is a pipe or a device, not a file.", shown=shown(name)),))
    return FolderSeen(folder or b"/", (_seen(name, found),), 0)


def _folder(path: bytes, rule: Rule) -> tuple[FolderSeen, list[bytes]]:
    files: list[Seen] = []
    folders: list[bytes] = []
    problems: list[str] = []
    left_out = 0
    leaves_out = rule.leaves_out
    try:
        with os.scandir(system_path(path)) as entries:
            for entry in entries:
                name = entry.name if isinstance(entry.name, bytes) else os.fsencode(entry.name)
                try:
                    if leaves_out(name) or _hidden(entry):
                        left_out += 1
                    elif entry.is_file(follow_symlinks=False):
                        files.append(_seen(name, entry.stat(follow_symlinks=False)))
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(joined(path, name))
                    else:  # a link, a pipe, a device
                        left_out += 1
                except OSError as error:
                    problems.append(_problem(joined(path, name), error))
    except OSError as error:
        problems.append(_problem(path, error))
    files.sort()  # by name
    return FolderSeen(path, tuple(files), left_out, tuple(problems)), sorted(folders)


if sys.platform == "win32":

    def _hidden(entry: os.DirEntry[bytes] | os.DirEntry[str]) -> bool:
        """Whether it is something that Windows hides or mounts."""
        return entry.is_junction() or bool(entry.stat(follow_symlinks=False).st_file_attributes & _HIDDEN)

else:

    def _hidden(entry: os.DirEntry[bytes] | os.DirEntry[str]) -> bool:
        return False


def _seen(name: bytes, found: os.stat_result) -> Seen:
    return _make(Seen, (name, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev))


def _problem(path: bytes, error: OSError) -> str:
    what = {PermissionError: tr("you may not look into it"), FileNotFoundError: tr("it is not there")}
    return tr(
        "“{shown}” was left out: {get}.", shown=shown(path), get=what.get(type(error), error.strerror or str(error))
    )
