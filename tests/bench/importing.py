"""Import of 12-megapixel JPEGs against the physical limit and `vipsthumbnail`; a rescan against `find`."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.library import Library
from tests.bench.rows import row

SIZE = (4032, 3024)
ONLY_FACTS = ("look", "documents", "scenes", "safety", "voice", "ocr")


def pictures(folder: Path, count: int) -> list[Path]:
    """`count` JPEGs of 12 megapixels and about 3 MB: each has a comment of its own, and the same pixels to decode."""
    from PIL import Image

    folder.mkdir(parents=True)
    noise = Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 60).resize(SIZE)
    base = Image.merge("RGB", (noise, noise.rotate(90).resize(SIZE), noise.rotate(180)))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Bench", "Camera"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    places = []
    for number in range(count):
        place = folder / f"{number:04}.jpg"
        if number == 0:
            base.save(place, quality=90, exif=exif)
            data = place.read_bytes()
        comment = b"%08d" % number
        place.write_bytes(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])
        places.append(place)
    return places


def _limit(places: list[Path]) -> float:
    """Decode at 1/8 scale, all cores: what no importer can beat."""
    from PIL import Image

    def decode(place: Path) -> None:
        with Image.open(place) as picture:
            picture.draft("RGB", (SIZE[0] // 8, SIZE[1] // 8))
            picture.load()

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(decode, places))
    return time.perf_counter() - began


def _parts(places: list[Path]) -> float:
    """The plain loop of the parts: read, hash, metadata, preview, on all cores; no library."""
    from engine.media.hashing import content_hash
    from engine.media.source import Source
    from engine.model import Kind

    def one(place: Path) -> None:
        raw = os.fsencode(place)
        content_hash(raw)
        with Source(raw, Kind.PHOTO, "image/jpeg") as source:
            source.probe()
            source.preview(384)

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, places))
    return time.perf_counter() - began


def _ours(folder: Path, room: Path, warm: list[Path]) -> float:
    """Add and read facts and previews, everything committed; the workers are started before the clock."""
    with Library.open(room / "library") as library:
        library.set("analyzers.off", ONLY_FACTS)
        _drain(library.add([warm[0].parent], watch=False))
        library.wait_idle(60)
        began = time.perf_counter()
        _drain(library.add([folder], watch=False))
        library.wait_idle(600)
        return time.perf_counter() - began


def _vips(places: list[Path], room: Path) -> float | None:
    if shutil.which("vipsthumbnail") is None:
        return None
    (room / "vips").mkdir()
    began = time.perf_counter()
    subprocess.run(
        ["vipsthumbnail", "--size", "384", "-o", str(room / "vips" / "%s.jpg[Q=85]"), *map(str, places)], check=True
    )
    return time.perf_counter() - began


def _drain(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def run(quick: bool) -> list[dict[str, Any]]:
    """P1."""
    count = 24 if quick else 200
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        places = pictures(room / "in", count)
        warm = pictures(room / "warm", 8)
        limit, parts, ours, vips = _limit(places), _parts(places), _ours(room / "in", room, warm), _vips(places, room)
        limit = min(limit, _limit(places))
    rate = count / ours
    rows = [
        _row("P1", f"import of {count} JPEGs of 12 MP", rate, "decode at 1/8, all cores", count / limit, ">= 0.85"),
        _row("P1", "the same", rate, "plain loop of its parts", count / parts, "-"),
    ]
    if vips is not None:
        rows.append(_row("P1", "the same", rate, "vipsthumbnail", count / vips, ">= 2"))
    return rows


def _row(number: str, what: str, ours: float, name: str, against: float, target: str) -> dict[str, Any]:
    return row(number, what, f"{ours:,.1f}/s", f"{name}: {against:,.1f}/s", round(ours / against, 2), target)


def rescan(quick: bool) -> list[dict[str, Any]]:
    """P2: a tree where nothing changed."""
    folders, each = (20, 100) if quick else (400, 250)
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        for number in range(folders):
            place = room / "in" / f"{number // 20:02}" / f"{number:03}"
            place.mkdir(parents=True)
            for file in range(each):
                (place / f"{file:04}.txt").write_text(f"{number} {file}")
        with Library.open(room / "library", work=False) as library:
            _drain(library.add([room / "in"], watch=False))
            began = time.perf_counter()
            _drain(library.rescan())
            ours = time.perf_counter() - began
            assert library.last_report.unchanged == folders * each
        began = time.perf_counter()
        subprocess.run(["find", str(room / "in"), "-printf", "%s %T@\n"], stdout=subprocess.DEVNULL, check=True)
        find = time.perf_counter() - began
    what = f"rescan of {folders * each:,} unchanged files"
    return [row("P2", what, f"{ours:.2f} s", f"find: {find:.2f} s", round(ours / find, 2), "<= 3")]


if __name__ == "__main__":
    sys.stdout.write(f"{run(quick=True)}\n")
