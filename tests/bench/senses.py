"""Each analyzer that uses packs through a worker's loop against the bare models on the same pictures, in one process.

The worker's side opens every file, decodes it, runs the analyzer and writes the answers as messages; the bare side runs
the same models over pictures that lie decoded in memory. What a worker adds is decoding, alignment, rules and messages:
"with decoding" counts it on both sides.
"""

import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.rows import row

FILES = 40
TASKS = {
    "faces": ("face-detection", "face-embedding"),
    "objects": ("objects",),
    "pose": ("objects", "pose"),
    "tags": ("tags",),
    "meaning": ("picture-embedding", "safety"),
    "titles": ("picture-embedding",),
}
Pictures = list[tuple[bytes, Any, Any]]  # path, what it is, pixels


def run(quick: bool) -> list[dict[str, Any]]:
    """P6: a row for each analyzer; none where the real media and models are not beside the project."""
    from tests.conftest import _shared
    from tests.packs import real_packs

    media, models = _shared("media"), _shared("models")
    if media is None or models is None:
        return []
    with tempfile.TemporaryDirectory() as name, _shelf(real_packs(models, Path(name))):
        from engine.packs.shelf import chosen

        pictures = _pictures(media, 10 if quick else FILES)
        return [_measured(analyzer, pictures, chosen({})) for analyzer in TASKS]


@contextmanager
def _shelf(folder: Path) -> Iterator[None]:
    before = os.environ.get("KINORA_PACKS")
    os.environ["KINORA_PACKS"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["KINORA_PACKS"]
        else:
            os.environ["KINORA_PACKS"] = before


def _pictures(media: Path, most: int) -> Pictures:
    import cv2

    from engine.media.sniff import sniff
    from engine.media.source import Source

    cv2.setNumThreads(1)
    found: Pictures = []
    names = sorted([*(media / "people").glob("*/*.*"), *(media / "photos").glob("*.jpg")])
    for path in [one for n, one in enumerate(names) if n % max(1, len(names) // most) == 0][:most]:
        told = sniff(bytes(path))
        with Source(bytes(path), told.kind, told.mime) as source:
            found.append((bytes(path), told, source.picture(1600).copy()))
    return found


def _measured(name: str, pictures: Pictures, packs: dict[str, str]) -> dict[str, Any]:
    """One analyzer: best of three rounds of each side, in turn."""
    bare, ours = _bare(name, packs), _ours(name, packs)
    decode = min(_seconds(lambda: [_decoded(one) for one in pictures]) for _ in range(2))
    times: list[list[float]] = [[], []]
    for _ in range(3):
        times[0].append(_seconds(lambda: [ours(one) for one in pictures]))
        times[1].append(_seconds(lambda: [bare(one[2]) for one in pictures]))
    mine, other = min(times[0]), min(times[1])
    count = len(pictures)
    what = f"{name} over {count} pictures, as a worker runs it"
    against = f"bare models {other / count * 1000:.1f} ms, with decoding {(other + decode) / count * 1000:.1f} ms"
    return row(
        f"P6 {name}", what, f"{mine / count * 1000:.1f} ms", against, round((other + decode) / mine, 2), ">= 0.9"
    )


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _decoded(one: tuple[bytes, Any, Any]) -> Any:
    from engine.media.source import Source

    with Source(one[0], one[1].kind, one[1].mime) as source:
        return source.picture(1600)


def _ours(name: str, packs: dict[str, str]) -> Callable[[tuple[bytes, Any, Any]], Any]:
    """What a worker does for one task, without the pipe."""
    from engine.jobs import wire
    from engine.jobs.worker import Worker
    from engine.settings import defaults

    sink = io.BytesIO()
    worker = Worker(io.BytesIO(), sink)
    options = {**defaults(), "packs": packs}

    def one(picture: tuple[bytes, Any, Any]) -> None:
        path, told, _ = picture
        sink.seek(0)
        sink.truncate()
        size = os.stat(path)
        task = wire.Task(1, 1, name, options)
        worker.run(wire.Start(1, path, told.kind, told.mime, "", size.st_size, size.st_mtime_ns, (task,)))
        if b'"Failed"' in sink.getvalue() or not json.loads(sink.getvalue().splitlines()[-1]):
            raise RuntimeError(sink.getvalue()[-400:].decode())

    return one


def _bare(name: str, packs: dict[str, str]) -> Callable[[Any], Any]:
    """The models of an analyzer in the order in which they are needed, without anything around them."""
    import numpy as np

    from engine.packs.models import load
    from engine.packs.textreader import TextReader

    models = [load(task, packs[task]) for task in TASKS[name]]

    def faces(image: Any) -> None:
        found = models[0].detect(image, 0.7)
        if found:
            models[1].embed(np.zeros((len(found), 112, 112, 3), np.uint8))

    def pose(image: Any) -> None:
        for one in models[0].detect(image, 0.5):
            if one.label == "person":
                models[1].estimate(image, one.box)

    def meaning(image: Any) -> None:
        models[0].embed([image])
        models[1].judge([image])

    def titles(image: Any) -> None:
        for _ in reader.read(image, side=960, least=0.5, thorough=True):
            pass
        models[0].embed([image] * 4)  # the parts that stand out

    reader = TextReader()
    simple = {"objects": lambda image: models[0].detect(image, 0.45), "tags": lambda image: models[0].tag([image])}
    return {"faces": faces, "pose": pose, "meaning": meaning, "titles": titles, **simple}[name]
