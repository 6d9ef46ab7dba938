"""What the tests of chaos share: for how long things die, originals to read, faults at random, and looks at the end.

`KINORA_CHAOS` says for how many seconds (60). A test prints its seed; `KINORA_CHAOS_SEED` repeats it.
"""

import contextlib
import hashlib
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.cli.samples import font
from tests.conftest import _shared

SECONDS = float(os.environ.get("KINORA_CHAOS", "60"))
CALM = 400.0  # seconds after the last fault in which all must be done
WORDS = ("HARBOUR", "LANTERN", "ORCHARD", "MIDNIGHT", "COMPASS", "THUNDER", "VIOLET", "MEADOW", "GRANITE", "WINTER")


def seeded() -> int:
    """The seed of this run."""
    return int(os.environ.get("KINORA_CHAOS_SEED", random.randrange(1 << 30)))


def rage(chance: random.Random, longest: float, fault: Callable[[], object]) -> None:
    """Let things go wrong again and again, with 1.5 to `longest` seconds in between."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        time.sleep(chance.uniform(1.5, longest))
        fault()


def originals(folder: Path, pictures: int, kinds: Iterable[str], real: int) -> Path:
    """Pictures with words in them, all different; and `real` files of each kind, where the real media are."""
    from PIL import Image, ImageDraw

    folder.mkdir()
    chance = random.Random(7)
    for number in range(pictures):
        picture = Image.new("RGB", (900, 600), tuple(chance.randrange(190, 256) for _ in range(3)))
        pen = ImageDraw.Draw(picture)
        for line in range(3):
            pen.text((60, 60 + 170 * line), f"{chance.choice(WORDS)} {number * 3 + line}", (20, 20, 40), font(80))
        picture.save(folder / f"picture {number:03}.jpg", quality=92)
    for kind in kinds:
        for place in sorted((_shared("media") or folder / "none").glob(f"{kind}/*.*"))[:real]:
            shutil.copy2(place, folder / f"{kind.replace('/', ' ')} {place.name}")
    return folder


def prints(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Content, time and rights of every original."""
    return {
        place.name: (hashlib.sha256(place.read_bytes()).hexdigest(), place.stat().st_mtime_ns, place.stat().st_mode)
        for place in sorted(folder.iterdir())
    }


def rows(library: Path, sql: str) -> list[tuple[object, ...]]:
    """What a library's file says, read-only."""
    with contextlib.closing(sqlite3.connect(f"file:{library / 'kinora.db'}?mode=ro", uri=True)) as connection:
        return [tuple(row) for row in connection.execute(sql)]
