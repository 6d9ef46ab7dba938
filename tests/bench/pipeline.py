"""The whole pipeline against the same analyzers in a bare loop on the same cores: what everything around them costs."""

import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.cli.samples import draw
from engine.library import Library
from tests.bench.rows import row

CORES = os.cpu_count() or 1


def _folder(room: Path, quick: bool) -> Path:
    """The real media beside the project where they are, else what the program draws."""
    from tests.conftest import _shared

    media = _shared("media")
    if media is not None:
        return media / ("text" if quick else "photos")
    return draw(room / "samples")


def _bare(part: list[tuple[bytes, str, str]], gate: Any, out: Any) -> None:
    """One process of the bare loop: every analyzer over every file; models are loaded before the clock starts."""
    from engine.analyzers import ANALYZERS
    from engine.jobs.worker import quiet_surroundings
    from engine.media.source import Source
    from engine.model import Kind

    quiet_surroundings()
    import cv2

    cv2.setNumThreads(1)
    analyzers = [cls() for cls in ANALYZERS if not cls.missing()]
    options = _options()

    def one(path: bytes, kind: str, mime: str) -> None:
        with Source(path, Kind(kind), mime) as source:
            source.want(1600)
            for analyzer in analyzers:
                if Kind(kind) in analyzer.kinds:
                    list(analyzer.analyze(source, options))

    one(*part[0])
    gate.wait()
    began = time.perf_counter()
    for entry in part:
        one(*entry)
    out.put(time.perf_counter() - began)


def _options() -> dict[str, Any]:
    from engine.settings import defaults

    return defaults()


def _entries(library: Library) -> list[tuple[bytes, str, str]]:
    rows = [library.asset(one) for one in library.listing().ids]
    return [(row.files[0].raw, row.cell.kind.value, row.facts.mime) for row in rows if not row.cell.error]


def run(quick: bool) -> list[dict[str, Any]]:
    """P3."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        folder = _folder(room, quick)
        with Library.open(room / "library") as library:
            warm = draw(room / "warm")
            for _ in library.add([warm], watch=False):
                pass
            library.wait_idle(300)  # the workers have loaded their models
            began = time.perf_counter()
            for _ in library.add([folder], watch=False):
                pass
            library.wait_idle(1200)
            ours = time.perf_counter() - began
            inside = os.fsencode(folder)
            entries = [entry for entry in _entries(library) if entry[0].startswith(inside)]
        bare = _loop(entries)
    count = len(entries)
    what = f"whole pipeline over {count} files of {folder.name}"
    against = f"the analyzers in a bare loop: {count / bare:.2f}/s"
    return [row("P3", what, f"{count / ours:.2f}/s", against, round(bare / ours, 2), ">= 0.95")]


def _loop(entries: list[tuple[bytes, str, str]]) -> float:
    """The wall time of the bare loop: one process for each core, the files dealt out in turn."""
    context = multiprocessing.get_context("spawn")
    gate, out = context.Event(), context.Queue()
    processes = [
        context.Process(target=_bare, args=(entries[n::CORES], gate, out)) for n in range(CORES) if entries[n::CORES]
    ]
    for process in processes:
        process.start()
    time.sleep(8)  # the models are loaded meanwhile
    gate.set()
    times = [out.get() for _ in processes]
    for process in processes:
        process.join()
    return max(times)
