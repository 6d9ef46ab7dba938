"""What a worker process holds in memory: bare, with each sense at work, and with all of them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.rows import row

CAP = 2048  # MB, the default of the setting jobs.memory
PROGRAM = """
import json, sys
from pathlib import Path
from engine.analyzers import BY_NAME
from engine.jobs.worker import quiet_surroundings, resident
quiet_surroundings()
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.packs.shelf import chosen
from engine.settings import defaults
names, paths = json.loads(sys.argv[1]), json.loads(sys.argv[2])
packs = chosen({})
most = resident()
for path in paths:
    raw = path.encode()
    told = sniff(raw)
    for name in names:
        analyzer = BY_NAME[name]
        if told.kind not in analyzer.kinds or analyzer.lacking(packs):
            continue
        with Source(raw, told.kind, told.mime) as source:
            for _ in analyzer().analyze(source, {**defaults(), "packs": packs}):
                most = max(most, resident())
print(most)
"""
SAMPLES = ("people/groups/family1_beach.jpg", "text/plate_ak.jpg", "video/asl_book.mkv", "audio/en_jfk.flac")


def run(quick: bool) -> list[dict[str, Any]]:
    """A row for each analyzer and one for all together; none where the real media and models are not there."""
    from engine.analyzers import ANALYZERS
    from tests.conftest import _shared
    from tests.packs import real_packs

    media, models = _shared("media"), _shared("models")
    if media is None or models is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        shelf = real_packs(models, Path(name))
        every = [analyzer.name for analyzer in ANALYZERS if analyzer.name != "caption"]
        bare = _peak([], media, shelf)
        rows = [] if quick else [_row(one, _peak([one], media, shelf), bare) for one in every]
        return [*rows, _row("all senses one after the other", _peak(every, media, shelf), bare)]


def _peak(names: list[str], media: Path, shelf: Path) -> int:
    """The most that such a process held at any of its steps, in MB."""
    paths = json.dumps([str(media / sample) for sample in SAMPLES])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(names), paths],
        env={**os.environ, "KINORA_PACKS": str(shelf)}, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    return int(done.stdout.split()[-1]) >> 20


def _row(what: str, peak: int, bare: int) -> dict[str, Any]:
    return row("memory", f"a worker with {what}", f"{peak} MB", f"its cap {CAP} MB; bare {bare} MB",
               round(peak / CAP, 2), "<= 1")  # fmt: skip
