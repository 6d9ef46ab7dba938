"""What this machine can run, what is missing, and how to get it."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.analyzers import ANALYZERS, Analyzer
from engine.home import packs_folder
from engine.language import tr
from engine.packs import install, shelf

SAFE_SQLITE = (3, 51, 3)  # the WAL-reset bug is fixed from here on; below it, one writer keeps clear of it


@dataclass(frozen=True, slots=True)
class Line:
    """One part: whether it is in order, and what to do if not."""

    part: str
    ok: bool
    text: str
    how: str = ""


def examine(library: Path) -> list[Line]:
    """Look at the machine, the packages, the packs and the library's disk. Imports nothing heavy."""
    packs = shelf.chosen({})
    return [
        Line("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"),
        _sqlite(),
        _cores(),
        _disk(library),
        _one_of("OpenCV", "opencv-python-headless", "opencv-python"),
        _one_of("ONNX Runtime", "onnxruntime", "onnxruntime-gpu"),
        _package("Camera raw", "rawpy", "pip install 'kinora[raw]'"),
        _screen(),
        _packs(),
        *(_analyzer(analyzer, packs) for analyzer in ANALYZERS),
    ]


def _sqlite() -> Line:
    from engine.store.db import sqlite_build

    found, options = sqlite_build()
    with_fts = "ENABLE_FTS5" in options
    note = (
        "" if found >= SAFE_SQLITE else " (older than 3.51.3: safe here, for Kinora writes through one connection only)"
    )
    return Line(
        "SQLite", with_fts, ".".join(map(str, found)) + note, "" if with_fts else "Use a Python whose SQLite has FTS5."
    )


def _cores() -> Line:
    import psutil

    memory = psutil.virtual_memory()
    return Line(
        "Machine",
        memory.total > 2 << 30,
        f"{os.cpu_count()} cores, {memory.total / 2**30:.0f} GiB of memory, {memory.available / 2**30:.0f} free",
    )


def _disk(library: Path) -> Line:
    place = next(parent for parent in (library, *library.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    return Line(
        "Disk",
        free > 1 << 30,
        f"{free / 2**30:.0f} GiB free for {library}",
        "" if free > 1 << 30 else "Free some space: Kinora pauses when it is full.",
    )


def _one_of(part: str, wanted: str, other: str) -> Line:
    """Two distributions that write the same folder: only one may be there."""
    have = [name for name in (wanted, other) if _version(name)]
    if len(have) == 2:
        return Line(part, False, f"{wanted} and {other} are both installed and overwrite each other",
                    f"pip uninstall -y {wanted} {other} && pip install {wanted}")  # fmt: skip
    return Line(
        part,
        bool(have),
        f"{have[0]} {_version(have[0])}" if have else "not installed",
        "" if have else f"pip install {wanted}",
    )


def _package(part: str, name: str, how: str) -> Line:
    found = _version(name)
    return Line(part, bool(found), f"{name} {found}" if found else "not installed", "" if found else how)


def has_screen() -> bool:
    """Whether a window could be shown: on Linux a display or an explicit Qt platform, elsewhere always."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _screen() -> Line:
    return Line(
        "Screen",
        has_screen(),
        "a window can be shown" if has_screen() else "no display",
        "" if has_screen() else "`kinora demo` works without one.",
    )


def _packs() -> Line:
    """The packs on the shelf: how many, and which are damaged or wait for something."""
    have = shelf.installed()
    bad = [pack.id for pack in have.values() if install.damage(pack, packs_folder() / pack.id)]
    size = sum(pack.size for pack in have.values())
    text = f"{len(have)} installed, {size / 1e6:,.0f} MB in {packs_folder()}"
    if bad:
        return Line("Packs", False, f"{text}; damaged: {', '.join(bad)}", f"kinora packs remove {bad[0]}")
    return Line("Packs", True, text, "" if have else "`kinora packs` lists what there is; docs/packs.md explains.")


def _analyzer(analyzer: type[Analyzer], packs: Mapping[str, str]) -> Line:
    missing, title = analyzer.lacking(packs), tr(analyzer.title)
    return Line(title, not missing, "ready" if not missing else missing.partition(":")[0], missing.partition(": ")[2])


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
