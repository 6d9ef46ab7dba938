"""Read IPTC: the records that news agencies put into pictures (IIM 4.2)."""

from collections.abc import Mapping

from engine.media.exif import clean

_MOST = 2000  # data sets


def read_iptc(data: bytes) -> Mapping[int, tuple[str, ...]]:
    """Return the texts of record 2 by data set number; stops where a length makes no sense."""
    found: dict[int, list[str]] = {}
    at = 0
    unicode = False
    for _ in range(_MOST):
        if at + 5 > len(data) or data[at] != 0x1C:
            break
        record, name = data[at + 1], data[at + 2]
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        at += 5
        if length & 0x8000:
            break
        value = data[at : at + length]
        at += length
        if (record, name) == (1, 90):
            unicode = value == b"\x1b%G"
        elif record == 2:
            found.setdefault(name, []).append(_text(value, unicode))
    return {name: tuple(values) for name, values in found.items()}


def _text(value: bytes, unicode: bool) -> str:
    try:
        return clean(value.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(value.decode("utf-8" if unicode else "cp1252", "replace"))


def photoshop_iptc(block: bytes) -> bytes:
    """Return the IPTC part (resource 0x0404) of a Photoshop block, or nothing."""
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] == b"8BIM":
        name = int.from_bytes(block[at + 4 : at + 6], "big")
        at += 6 + (block[at + 6] + 2 & ~1)
        length = int.from_bytes(block[at : at + 4], "big")
        if name == 0x0404:
            return block[at + 4 : at + 4 + length]
        at += 4 + (length + 1 & ~1)
    return b""
