"""What leaves this computer: bytes that would move against the originals' bytes by kind, and how long cutting takes."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.rows import row

LARGE = 1 << 20  # bytes: what cameras write
NEVER = "faces"  # stays by default
TARGET = "<= 0.15"


def run(quick: bool) -> list[dict[str, Any]]:
    """P30: a row for each kind, for files over a megabyte, and for all; none where the real media is not there."""
    from tests.conftest import _shared

    media = _shared("media")
    if media is None:
        return []
    folders = ("photos", "audio", "documents", "video_made") if quick else ("",)
    files = sorted(path for name in folders for path in (media / name).rglob("*") if path.is_file())
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as name:
        for path in files:
            _measure(path, Path(name), moved)
    return [_row(group, moved[group]) for group in moved]


def _measure(path: Path, folder: Path, moved: dict[str, Counter[str]]) -> None:
    from engine.errors import KinoraError
    from engine.jobs.orders import Part
    from engine.media.parcelcut import cut
    from engine.media.sniff import sniff
    from engine.media.source import Source

    began = time.perf_counter()
    try:
        told = sniff(bytes(path))
        with Source(bytes(path), told.kind, told.mime) as source:
            source.probe()
            parts = [one for one in cut(source, names_of(told.kind), folder) if isinstance(one, Part)]
    except KinoraError:
        return  # a broken file goes nowhere
    seconds, size = time.perf_counter() - began, path.stat().st_size
    groups = [told.kind.value, "all kinds", *(["files over 1 MB"] if size > LARGE else [])]
    for group in groups:
        moved[group].update(files=1, original=size, moved=sum(part.size for part in parts), ms=round(seconds * 1000))


def names_of(kind: Any) -> Sequence[str]:
    """The parts that all analyzers together need which may leave by default, with a pack for each task."""
    from engine.analyzers import ANALYZERS
    from engine.packs.pack import TASKS

    options = {"packs": {task.name: "any@1" for task in TASKS}}
    return [
        name
        for one in ANALYZERS
        if one.name != NEVER and kind in one.kinds
        for name in one.needed(kind, options)
    ]  # fmt: skip


def _row(group: str, found: Counter[str]) -> dict[str, Any]:
    what = f"bytes that travel, {group}, {found['files']} files, {found['ms'] / found['files']:.0f} ms each to cut"
    ratio = round(found["moved"] / max(1, found["original"]), 3)
    return row(
        f"P30 {group}", what, f"{found['moved'] / 1e6:.2f} MB", f"{found['original'] / 1e6:.2f} MB", ratio, TARGET
    )
