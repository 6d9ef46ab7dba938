"""Read EXIF: a small reader of TIFF directories that bears wrong types, wrong counts and loops."""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

Value = str | bytes | tuple[int, ...] | tuple[Fraction | None, ...] | tuple[float, ...]
Directory = Mapping[int, Value]

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_CODES = {3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_EXIF, _GPS = 34665, 34853
_MOST_ENTRIES, _MOST_BYTES = 1024, 4 << 20
_SHORT_BYTES = 64 << 10
_LONG_TAGS = (700, 33723, 34377)  # XMP, IPTC, Photoshop
_SKIPPED = (37500, 34675, 50740, 50341, 330)  # maker notes, colour profile, private data


@dataclass(frozen=True, slots=True)
class Exif:
    """The three directories that matter, by tag number."""

    main: Directory = field(default_factory=dict)
    photo: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)


def read_exif(data: bytes) -> Exif:
    """Read the EXIF block of a picture; what makes no sense is left out."""
    if data[:6] == b"Exif\x00\x00":
        data = data[6:]
    return read_tiff(io.BytesIO(data))


def read_tiff(stream: BinaryIO, base: int = 0) -> Exif:
    """Read the first directory of a TIFF file, and the two that it points to."""
    stream.seek(base)
    head = stream.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return Exif()
    reader = _Reader(stream, base, order)
    main = reader.directory(struct.unpack(order + "I", head[4:])[0])
    return Exif(main, reader.directory(_offset(main, _EXIF)), reader.directory(_offset(main, _GPS)))


def _offset(tags: Directory, tag: int) -> int:
    value = tags.get(tag)
    return value[0] if isinstance(value, tuple) and value and isinstance(value[0], int) else 0


class _Reader:
    def __init__(self, stream: BinaryIO, base: int, order: str) -> None:
        self.stream = stream
        self.base = base
        self.order = order

    def directory(self, offset: int) -> dict[int, Value]:
        tags: dict[int, Value] = {}
        if offset < 8:
            return tags
        raw = self._at(offset, 2)
        if len(raw) < 2:
            return tags
        count = min(struct.unpack(self.order + "H", raw)[0], _MOST_ENTRIES)
        body = self.stream.read(count * 12)
        for at in range(0, len(body) - 11, 12):
            tag, kind, number = struct.unpack_from(self.order + "HHI", body, at)
            value = None if tag in _SKIPPED else self._value(tag, kind, number, body[at + 8 : at + 12])
            if value is not None:
                tags.setdefault(tag, value)
        return tags

    def _at(self, offset: int, length: int) -> bytes:
        self.stream.seek(self.base + offset)
        return self.stream.read(length)

    def _value(self, tag: int, kind: int, number: int, inline: bytes) -> Value | None:
        size = _SIZES.get(kind, 0) * number
        if not size or size > (_MOST_BYTES if tag in _LONG_TAGS else _SHORT_BYTES):
            return None
        raw = inline[:size] if size <= 4 else self._at(struct.unpack(self.order + "I", inline)[0], size)
        if len(raw) < size:
            return None
        if kind in (2, 129):
            return text_of(raw)
        if kind in (1, 7):
            return raw
        if kind in (5, 10):
            return self._fractions(raw, signed=kind == 10)
        return tuple(value for (value,) in struct.iter_unpack(self.order + _CODES[kind], raw))

    def _fractions(self, raw: bytes, *, signed: bool) -> tuple[Fraction | None, ...]:
        pairs = struct.iter_unpack(self.order + ("ii" if signed else "II"), raw)
        return tuple(Fraction(top, bottom) if bottom else None for top, bottom in pairs)


def text_of(raw: bytes) -> str:
    """Return bytes as text: UTF-8, otherwise Windows-1252; ends at the first zero, control characters become spaces."""
    raw = raw.split(b"\x00", 1)[0]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return clean(text)


def clean(text: str) -> str:
    """Return text without control characters (line breaks stay) and without space around it."""
    return "".join(char if (char >= " " and char != "\x7f") or char in "\n\t" else " " for char in text).strip()


def number(tags: Directory, tag: int, at: int = 0) -> float | None:
    """Return one number of a tag, or None where there is none that makes sense."""
    value = tags.get(tag)
    if isinstance(value, bytes):
        return float(value[at]) if at < len(value) else None
    if not isinstance(value, tuple) or at >= len(value):
        return None
    found = value[at]
    return None if found is None else float(found)


def text(tags: Directory, tag: int) -> str:
    """Return the text of a tag, or an empty string."""
    value = tags.get(tag)
    if isinstance(value, bytes):
        return text_of(value)
    return value if isinstance(value, str) else ""


def wide_text(tags: Directory, tag: int) -> str:
    """Return the text of one of Windows' XP tags (UTF-16)."""
    value = tags.get(tag)
    return clean(value.decode("utf-16-le", "replace").split("\x00", 1)[0]) if isinstance(value, bytes) else ""


def position(gps: Directory) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees, south and west negative; 0, 0 is a position like any other."""
    latitude = _degrees(gps, 2, text(gps, 1))
    longitude = _degrees(gps, 4, text(gps, 3))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


def _degrees(gps: Directory, tag: int, side: str) -> float | None:
    value = gps.get(tag)
    if not isinstance(value, tuple) or not value or value[0] is None:
        return None
    parts = [float(part) for part in value[:3] if part is not None]
    degrees = float(sum(part / 60.0**at for at, part in enumerate(parts)))
    return round(-degrees if side[:1].upper() in ("S", "W") else degrees, 7)


def altitude(gps: Directory) -> float | None:
    """Return metres above the sea, negative below it."""
    metres = number(gps, 6)
    if metres is None or abs(metres) > 100_000:
        return None
    below = number(gps, 5) == 1 or text(gps, 5) == "1"
    return round(-abs(metres) if below else metres, 2)
