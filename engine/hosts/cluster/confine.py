"""Rights that a process gives up for good: on Linux by Landlock, elsewhere what there is; it cannot get them back."""

import ctypes
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls; the same numbers on every architecture
EXECUTE, READ_FILE, READ_DIR = 1 << 0, 1 << 2, 1 << 3
FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by version of the interface
ON_FILES = EXECUTE | 1 << 1 | READ_FILE | 1 << 14 | 1 << 15  # what may be allowed of something that is no folder
CONNECT = 1 << 1  # TCP; bit 0 is to listen
MEMORY = 6 << 30  # bytes of data


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _Port(ctypes.Structure):
    _fields_ = [("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64)]


SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc/self", "/proc/stat", "/proc/meminfo", "/dev/null", "/dev/urandom")


def program_folders() -> set[Path]:
    """Where this program and its libraries are read from; of `/proc` only what is this process's own."""
    here = {Path(one).resolve() for one in (sys.prefix, sys.base_prefix, *sys.path) if one and Path(one).is_dir()}
    return here | {Path(one) for one in SYSTEM if Path(one).exists()}


def confine(*, read: Iterable[Path], write: Iterable[Path], port: int) -> bool:
    """Keep only: reading and writing beneath these, and TCP to one port; starting no program. Whether it holds.

    It binds this thread and what it starts from now on.
    """
    _limits()
    _only(port)
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    files = FILES[max(known for known in FILES if known <= version)]
    rules = _Ruleset(files, CONNECT | 1 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for folder in read:
            _beneath(libc, ruleset, folder, (READ_FILE | READ_DIR) & files)
        for folder in write:
            _beneath(libc, ruleset, folder, files & ~EXECUTE)
        if version >= 4:
            rule = _Port(CONNECT, port)
            libc.syscall(ADD, ruleset, ctypes.c_int(2), ctypes.byref(rule), ctypes.c_uint32(0))
        libc.prctl(38, 1, 0, 0, 0)  # no new privileges
        return bool(libc.syscall(RESTRICT, ruleset, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _beneath(libc: ctypes.CDLL, ruleset: int, place: Path, allowed: int) -> None:
    try:
        parent = os.open(place, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return
    try:
        rule = _Beneath(allowed if place.is_dir() else allowed & ON_FILES, parent)
        libc.syscall(ADD, ruleset, ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(parent)


def _only(port: int) -> None:
    """Refuse what Python code connects to but this port: a door, where Landlock is a wall."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][1] != port:
            raise PermissionError("this process talks with its scheduler alone")

    sys.addaudithook(watch)


def _limits() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
