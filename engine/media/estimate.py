"""How many files of which kind a folder seems to hold, by their names alone: nothing is opened."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.media.scan import walk
from engine.model import Kind
from engine.model.start import Estimate

PATIENCE = 3.0  # seconds
ENDINGS: dict[Kind, str] = {
    Kind.PHOTO: "jpg jpeg jpe png gif webp tif tiff bmp heic heif avif dng cr2 cr3 nef arw raf orf rw2 pef srw",
    Kind.VIDEO: "mp4 m4v mov avi mkv webm mpg mpeg mts m2ts 3gp wmv ogv",
    Kind.AUDIO: "mp3 m4a aac flac ogg oga opus wav wma aif aiff",
    Kind.DOCUMENT: "pdf docx odt epub txt md html htm eml rtf srt vtt",
}
KIND_OF = {ending: kind for kind, endings in ENDINGS.items() for ending in endings.split()}


def estimate(path: Path, leave_out: Sequence[str], seconds: float = PATIENCE) -> Estimate:
    """Look through the names below a folder for so long at most."""
    until, counts = time.monotonic() + seconds, Counter[Kind]()
    for folder in walk(os.fsencode(path), leave_out):
        for file in folder.files:
            kind = KIND_OF.get(file.name.rpartition(b".")[2].decode("ascii", "replace").lower())
            if kind is not None:
                counts[kind] += 1
        if time.monotonic() > until:
            return Estimate(dict(counts), more=True)
    return Estimate(dict(counts))
