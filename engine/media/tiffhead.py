"""Tell camera RAW from plain TIFF by the first directories of the file."""

import struct
from typing import BinaryIO

from engine.media.files import read_at

_CFA = 32803  # PhotometricInterpretation of a sensor's mosaic (TIFF/EP)
_LINEAR = 34892
_MAKES = (
    (b"NIKON", "image/x-nikon-nef"),
    (b"SONY", "image/x-sony-arw"),
    (b"PENTAX", "image/x-pentax-pef"),
    (b"RICOH", "image/x-pentax-pef"),
    (b"SAMSUNG", "image/x-samsung-srw"),
    (b"CANON", "image/x-canon-cr2"),
    (b"OLYMPUS", "image/x-olympus-orf"),
)


def tiff_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of a file with a TIFF header: the camera's RAW format, or plain TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    if head[2:4] in (b"RO", b"RS", b"OR"):
        return "image/x-olympus-orf"
    if head[:4] == b"IIU\x00":
        return "image/x-panasonic-rw2"
    if head[2:4] not in (b"*\x00", b"\x00*", b"+\x00", b"\x00+"):
        return None
    if head[8:10] == b"CR":
        return "image/x-canon-cr2"
    if head[2:4] in (b"+\x00", b"\x00+"):
        return "image/tiff"
    tags = _directory(stream, order, struct.unpack_from(order + "I", head, 4)[0])
    if 50706 in tags:
        return "image/x-adobe-dng"
    if not _has_mosaic(stream, order, tags):
        return "image/tiff"
    make = read_at(stream, tags[271], 16).upper() if tags.get(271) else b""
    return next((mime for word, mime in _MAKES if make.startswith(word)), "image/x-raw")


def _directory(stream: BinaryIO, order: str, offset: int) -> dict[int, int]:
    """Read one directory: for each tag its value, or where its values are."""
    raw = read_at(stream, offset, 2)
    if len(raw) < 2:
        return {}
    count = min(struct.unpack(order + "H", raw)[0], 512)
    body = stream.read(count * 12)
    tags: dict[int, int] = {}
    for at in range(0, len(body) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", body, at)
        short = kind == 3 and number == 1
        tags[tag] = struct.unpack_from(order + ("H" if short else "I"), body, at + 8)[0]
        if tag == 330:
            tags[-330] = number
    return tags


def _has_mosaic(stream: BinaryIO, order: str, tags: dict[int, int]) -> bool:
    if tags.get(262) in (_CFA, _LINEAR):
        return True
    if 330 not in tags:
        return False
    offsets = [tags[330]]
    if tags[-330] > 1:
        raw = read_at(stream, tags[330], 4 * min(tags[-330], 8))
        offsets = [value for (value,) in struct.iter_unpack(order + "I", raw[: len(raw) // 4 * 4])]
    return any(_directory(stream, order, offset).get(262) in (_CFA, _LINEAR) for offset in offsets)
