"""What of an asset may travel to another machine: the names of its parts, how their bytes are laid, and their list.

A part is a file that is named by the SHA-256 of its bytes. A picture is a bare JPEG, sound a bare Ogg Opus stream;
every other part is a row of records: one line of JSON that says what follows and how long it is, then the bytes.
Nothing in a part tells which file it was cut from, where it lies, when or where it was taken, or how it is called.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.errors import DamagedFile, TooLarge
from engine.jobs.orders import MOST_PARTS, NAMED, Part
from engine.language import mark, tr
from engine.media.files import opened
from engine.media.formats import Format
from engine.model import Kind

MIME = "application/x-kinora-parcel"
VERSION = 1  # of how parts are cut: a higher one has everything cut anew

PICTURE = "picture"  # a photo, longest side 1600
GLANCE = "glance"  # a photo, longest side 768, for who needs no more
KEYFRAMES = "keyframes"  # the shots of a film and the frames that stand for them
FRAMES = "frames"  # a frame of a film for each second
SOUND = "sound"  # 16 kHz, one channel
VOICE = "voice"  # the same, as coarse as is enough for words
SUBTITLES = "subtitles"  # beside a recording or inside it: their words and times
PAGES = "pages"  # of a document, those that are looked at, longest side 768
SCANS = "scans"  # of a document, those that are pictures of text, longest side 1600
TEXT = "text"  # of a document, by page

PARTS: Mapping[str, frozenset[Kind]] = {
    PICTURE: frozenset({Kind.PHOTO}),
    GLANCE: frozenset({Kind.PHOTO}),
    KEYFRAMES: frozenset({Kind.VIDEO}),
    FRAMES: frozenset({Kind.VIDEO}),
    SOUND: frozenset({Kind.AUDIO, Kind.VIDEO}),
    VOICE: frozenset({Kind.AUDIO, Kind.VIDEO}),
    SUBTITLES: frozenset({Kind.AUDIO, Kind.VIDEO}),
    PAGES: frozenset({Kind.DOCUMENT}),
    SCANS: frozenset({Kind.DOCUMENT}),
    TEXT: frozenset({Kind.DOCUMENT}),
}
FINER: Mapping[str, str] = {GLANCE: PICTURE, VOICE: SOUND}  # who has the finer one needs no coarse one
SIDE, SMALL = 1600, 768  # pixels
EVERY = 1.0  # seconds between frames

# Never found by looking at a file: it is not among the formats, only who names it gets its reader.
FORMAT = Format(MIME, mark("parcel"), Kind.OTHER, "parcel", "parcel")

MOST_RECORDS = 50_000  # of a part
LONGEST_HEAD = 4096  # bytes of a record's line
LONGEST_MANIFEST = 1 << 20
BEGIN = "kinora"  # the key of a part's first record


@dataclass(frozen=True, slots=True)
class Record:
    """What a record says, and where its bytes lie in the part's file."""

    head: Mapping[str, Any]
    at: int
    size: int


def enough(names: Iterable[str]) -> tuple[str, ...]:
    """The parts that serve all of these, in a fixed order: no coarse one beside its finer one."""
    wanted = set(names)
    return tuple(name for name in PARTS if name in wanted and FINER.get(name) not in wanted)


def write_head(stream: IO[bytes], name: str, more: Mapping[str, Any] | None = None) -> None:
    """Begin a part that is a row of records."""
    write_record(stream, {BEGIN: name, "version": VERSION, **(more or {})})


def write_record(stream: IO[bytes], head: Mapping[str, Any], data: bytes = b"") -> None:
    """Append a record."""
    line = json.dumps({**head, "size": len(data)}, separators=(",", ":"), sort_keys=True)
    stream.write(line.encode() + b"\n" + data)


def records(path: bytes, name: str) -> list[Record]:
    """The records of a part, without their bytes; the first says what the part is.

    Raises:
        DamagedFile: it is not a part of this name, or is cut short.
        TooLarge: there are more records than any asset has.
    """
    found: list[Record] = []
    with opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        at = 0
        while at < size:
            if len(found) >= MOST_RECORDS:
                raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
            stream.seek(at)
            head = _head(stream.readline(LONGEST_HEAD))
            record = Record(head, stream.tell(), _length(head))
            at = record.at + record.size
            if at > size:
                raise damaged()
            found.append(record)
    if not found or found[0].head.get(BEGIN) != name or found[0].head.get("version") != VERSION:
        raise damaged()
    return found


def data_of(path: bytes, record: Record, most: int) -> bytes:
    """The bytes of a record, of which there may be `most`.

    Raises:
        TooLarge, DamagedFile: there are more, or fewer than it says.
    """
    if record.size > most:
        raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
    with opened(path) as stream:
        stream.seek(record.at)
        data = stream.read(record.size)
    if len(data) != record.size:
        raise damaged()
    return data


def damaged() -> DamagedFile:
    """What is said of a parcel that is not as we make them."""
    return DamagedFile(tr("This parcel is damaged and cannot be read."), hint="")


def write_manifest(parts: Iterable[Part], blobs: Path, target: Path) -> Path:
    """Write the list of an order's parts, which lie in `blobs` under their names: the file that a `Source` reads.

    Raises:
        DamagedFile: a part has no name of ours.
        OSError: it cannot be written.
    """
    rows = [{"name": part.name, "sha256": part.sha256, "size": part.size} for part in parts]
    if len(rows) > MOST_PARTS or not all(NAMED.fullmatch(str(row["sha256"])) for row in rows):
        raise damaged()
    told = {BEGIN: "parcel", "version": VERSION, "blobs": os.fsencode(blobs.absolute()).hex(), "parts": rows}
    target.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return target


def read_manifest(path: bytes) -> dict[str, bytes]:
    """The paths of a parcel's parts by their names. Where they lie, the manifest says; which they are, their hashes do.

    Raises:
        DamagedFile: it is no manifest, or a part of it is not there in its size.
        FileMissing, FileUnreadable: it cannot be read.
    """
    with opened(path) as stream:
        raw = stream.read(LONGEST_MANIFEST + 1)
    try:
        told = json.loads(raw)
        if told[BEGIN] != "parcel" or told["version"] != VERSION or len(told["parts"]) > MOST_PARTS:
            raise damaged()
        folder = bytes.fromhex(told["blobs"])
        found: dict[str, bytes] = {}
        for row in told["parts"]:
            name, sha, size = row["name"], row["sha256"], row["size"]
            if name not in PARTS or name in found or not NAMED.fullmatch(sha) or type(size) is not int:
                raise damaged()
            place = os.path.join(folder, sha.encode())  # noqa: PTH118 - bytes
            with opened(place) as stream:
                if os.fstat(stream.fileno()).st_size != size:
                    raise damaged()
            found[name] = place
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise damaged() from error
    return found


def _head(line: bytes) -> Mapping[str, Any]:
    if not line.endswith(b"\n"):
        raise damaged()
    try:
        head = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise damaged() from error
    if not isinstance(head, dict):
        raise damaged()
    return head


def _length(head: Mapping[str, Any]) -> int:
    size = head.get("size")
    if type(size) is not int or size < 0:
        raise damaged()
    return size


def seconds_of(value: Any) -> float:
    """A time in seconds that a parcel says, once it makes sense. Raises DamagedFile."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e7:
        raise damaged()
    return float(value)


def count_of(value: Any) -> int:
    """A number from 1 that a parcel says, once it makes sense. Raises DamagedFile."""
    if type(value) is not int or not 0 < value < 1_000_000:
        raise damaged()
    return value


def pieces(path: bytes, found: Iterable[Record], most: int) -> Iterator[tuple[Record, bytes]]:
    """Each record with its bytes, one at a time."""
    for record in found:
        yield record, data_of(path, record, most)
