"""The library that the measures look into: the real media, read once with the small real models as packs."""

import os
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from engine.library import Library
from engine.model import Finding, FindingKind
from engine.packs import shelf
from tests.packs import real_packs
from tests.quality import truth

FOLDERS = ("photos", "people", "text", "video", "audio", "documents", "duplicates", "few_shot")
_open = ExitStack()


@cache
def library() -> Library:
    """The library, read to the end. Raises truth.Absent."""
    room = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="kinora-quality-")))
    real_packs(truth.models(), room / "packs")
    os.environ["KINORA_PACKS"] = str(room / "packs")
    opened = _open.enter_context(Library.open(room / "library"))
    tessdata = truth.models() / "ocr_tesseract"
    if tessdata.is_dir():
        opened.set("ocr.tessdata", str(tessdata))
    for _ in opened.add([truth.media() / name for name in FOLDERS], watch=False):
        pass
    opened.wait_idle(3600)
    return opened


def close() -> None:
    """Close the library and take its folder away."""
    _open.close()


@cache
def packs() -> dict[str, str]:
    """The pack (id@version) for each task."""
    return shelf.chosen(library().settings())


@cache
def assets() -> dict[str, int]:
    """The asset of each file, by its name inside the folder of media."""
    found: dict[str, int] = {}
    base = str(truth.media()) + os.sep
    opened = library()
    for asset in opened.listing().ids:
        for file in opened.asset(asset).files:
            found[file.path.removeprefix(base).replace(os.sep, "/")] = asset
    return found


def findings(name: str, *kinds: FindingKind) -> list[Finding]:
    """What was found in a file, in the order of place and time."""
    asset = assets().get(name)
    return [] if asset is None else [row.finding for row in library().findings(asset, kinds or None)]
