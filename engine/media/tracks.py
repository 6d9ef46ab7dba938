"""Tell video from audio inside containers: MP4 boxes, Matroska elements, Ogg pages, ASF objects, raw streams."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.media.files import read_at

_MOST_BOXES = 4000  # walked in one file, whatever it says of itself

# --- ISO base media (MP4, QuickTime, HEIC, AVIF, CR3, JPEG XL) ------------------------------------------------------

_PICTURES = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic", b"mif1": "image/heic",
    b"msf1": "image/heic", b"hevc": "image/heic", b"hevx": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
    b"crx ": "image/x-canon-cr3",
}  # fmt: skip
_TOP = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def boxes_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of a file made of ISO boxes, by its brand and by the handlers of its tracks."""
    kind, brand = head[4:8], head[8:12]
    if kind not in _TOP or (kind != b"ftyp" and int.from_bytes(head[:4], "big") not in range(8, size + 1)):
        return None
    if kind == b"ftyp":
        picture = _picture_brand(brand, head)
        if picture:
            return picture
        if brand == b"jxl ":
            raise UnsupportedFormat(tr("This is a JPEG XL picture, a format that Kinora cannot decode yet."))
    if brand in (b"M4A ", b"M4B ", b"M4P ") and kind == b"ftyp":
        return "audio/mp4"
    handlers = _handlers(stream, size)
    if handlers and b"vide" not in handlers and b"soun" in handlers:
        return "audio/mp4"
    if kind != b"ftyp" or brand == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if brand[:2] == b"3g" else "video/mp4"


def _picture_brand(brand: bytes, head: bytes) -> str | None:
    found = _PICTURES.get(brand)
    if found != "image/heic" or brand not in (b"mif1", b"msf1"):
        return found
    length = min(int.from_bytes(head[:4], "big"), 512)
    others = {head[at : at + 4] for at in range(16, length, 4)}
    return "image/avif" if others & {b"avif", b"avis"} else found


def _children(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the contents of each box between two offsets; stops at a senseless length."""
    at = start
    while at + 8 <= end:
        raw = read_at(stream, at, 16)
        if len(raw) < 8:
            return
        length, name, first = int.from_bytes(raw[:4], "big"), raw[4:8], at + 8
        if length == 1:
            length, first = int.from_bytes(raw[8:16], "big"), at + 16
        elif length == 0:
            length = end - at
        if length < first - at:
            return
        yield name, first, min(at + length, end)
        at += length


def _handlers(stream: BinaryIO, size: int) -> set[bytes]:
    """Collect the handler types (vide, soun, ...) of all the tracks."""
    found: set[bytes] = set()
    seen = 0
    todo = [(0, size, 0)]
    while todo:
        start, end, depth = todo.pop()
        for name, first, last in _children(stream, start, end):
            seen += 1
            if seen > _MOST_BOXES:
                return found
            if name == b"hdlr" and depth == 3:
                found.add(read_at(stream, first + 8, 4))
            elif name in (b"moov", b"trak", b"mdia") and depth < 3:
                todo.append((first, last, depth + 1))
    return found


# --- Matroska and WebM (EBML) ---------------------------------------------------------------------------------------

_SEGMENT, _TRACKS, _ENTRY, _TYPE, _DOCTYPE = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0x4282
_UNKNOWN = -1


def matroska_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of a Matroska or WebM file by its track types (1 is video, 2 is audio)."""
    if head[:4] != b"\x1aE\xdf\xa3":
        return None
    web = b"webm" in head[4:64]
    types = _track_types(stream, size)
    if types and 1 not in types and 2 in types:
        return "audio/webm" if web else "audio/x-matroska"
    return "video/webm" if web else "video/x-matroska"


def _track_types(stream: BinaryIO, size: int) -> set[int]:
    found: set[int] = set()
    seen = 0
    todo = [(0, size)]
    while todo and seen < _MOST_BOXES:
        start, end = todo.pop()
        for name, first, last in _elements(stream, start, end):
            seen += 1
            if name == _TYPE:
                found.add(read_at(stream, first, 1)[0] if last > first else 0)
            elif name in (_SEGMENT, _TRACKS, _ENTRY):
                todo.append((first, last))
            if (found and name == _TRACKS) or seen >= _MOST_BOXES:
                break
    return found


def _elements(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    at = start
    while at + 2 <= end:
        raw = read_at(stream, at, 12)
        name, first = _number(raw, 0, keep=True)
        length, second = _number(raw, first, keep=False)
        if not first or not second:
            return
        body = at + second
        last = end if length == _UNKNOWN else min(body + length, end)
        yield name, body, last
        at = last


def _number(raw: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """Read an EBML number of variable length: its value and the offset after it (0 when there is none)."""
    if at >= len(raw) or raw[at] == 0:
        return 0, 0
    length = 9 - raw[at].bit_length()
    if at + length > len(raw):
        return 0, 0
    value = int.from_bytes(raw[at : at + length], "big")
    if keep:
        return value, at + length
    value &= (1 << (7 * length)) - 1
    return (_UNKNOWN if value == (1 << (7 * length)) - 1 else value), at + length


# --- Ogg, ASF -------------------------------------------------------------------------------------------------------


def ogg_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of an Ogg file by the codec marks of its first pages."""
    if head[:4] != b"OggS":
        return None
    first = head[:4096]
    if b"\x80theora" in first or b"OVP80" in first or b"BBCD" in first:
        return "video/ogg"
    return "audio/opus" if b"OpusHead" in first else "audio/ogg"


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")


def asf_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of a Windows Media file: video when a stream says so in its header."""
    if head[:16] != _ASF_HEADER:
        return None
    return "video/x-ms-wmv" if _ASF_VIDEO in head else "audio/x-ms-wma"


# --- streams without a container ------------------------------------------------------------------------------------


def transport_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of an MPEG transport stream: sync bytes at a fixed distance, five times over."""
    for step, first in ((188, 0), (192, 4), (204, 0)):
        marks = [head[at : at + 1] for at in range(first, min(len(head), step * 8), step)]
        if len(marks) >= 5 and all(mark == b"\x47" for mark in marks):
            return "video/mp2t"
    return None


def elementary_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of a raw H.264 or H.265 stream by the types of its first units."""
    start = 4 if head[:4] == b"\x00\x00\x00\x01" else 3 if head[:3] == b"\x00\x00\x01" else 0
    if not start or len(head) < start + 2:
        return None
    first, second = struct.unpack_from("BB", head, start)
    if first & 0x81 == 0 and (first >> 1) in (32, 33, 35) and second & 0xF8 == 0 and second & 7:
        return "video/h265"
    if first & 0x80 == 0 and first & 0x1F in (7, 9) and (first & 0x1F == 9 or first & 0x60):
        return "video/h264"
    return None
