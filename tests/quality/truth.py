"""What is true of the real media: their manifest."""

import csv
import os
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conftest import _shared


class Absent(Exception):
    """The real media or the small models are not beside the project."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the manifest: its name inside the folder, what it shows, and what is true of it."""

    name: str
    shows: str
    truth: str

    @property
    def path(self) -> Path:
        return media() / self.name


def media() -> Path:
    """The folder of real media. Raises Absent."""
    place = _shared("media")
    if place is None:
        raise Absent("no folder of real media beside the project (set KINORA_TEST_MEDIA to one)")
    return place


def models() -> Path:
    """The folder of small real models. Raises Absent."""
    place = _shared("models")
    if place is None:
        raise Absent("no folder of small models beside the project (set KINORA_TEST_MODELS to one)")
    return place


@cache
def entries(prefix: str = "") -> tuple[Entry, ...]:
    """The manifest's lines whose name begins so."""
    with (media() / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        found = csv.DictReader(stream, delimiter="\t")
        lines = [Entry(row["file"], row["shows"] or "", row["ground_truth"] or "") for row in found]
    return tuple(entry for entry in lines if entry.name.startswith(prefix) and entry.path.is_file())


def plain(text: str) -> str:
    """A text as it is compared: compatible letters as one, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def raw(entry: Entry) -> bytes:
    """The path as the library spells it."""
    return os.fsencode(entry.path)
