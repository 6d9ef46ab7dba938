"""Tell what a file is by its bytes: pure Python, bounded, safe in any process."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from engine.errors import EmptyFile, UnsupportedFormat
from engine.language import tr
from engine.media import audiohead, tiffhead, tracks, ziphead
from engine.media.files import opened, shown, told
from engine.media.formats import BY_MIME
from engine.media.strangers import stranger
from engine.media.texthead import text_mime
from engine.model import Kind

HEAD = 64 << 10


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is: its kind, its media type, and the name of its format for people."""

    kind: Kind
    mime: str
    format: str


def sniff(path: bytes) -> Sniffed:
    """Tell what the file at `path` is; its name only breaks ties among kinds of text.

    Raises:
        EmptyFile: it has no bytes.
        UnsupportedFormat: it is something else; the sentence says what.
        FileMissing, FileUnreadable: it cannot be read.
    """
    with opened(path) as stream, told(path):
        size = os.fstat(stream.fileno()).st_size
        if size == 0:
            raise EmptyFile(tr("This file is empty: it has no bytes at all."))
        head = stream.read(HEAD)
        mime = _by_magic(head) or _by_structure(head, stream, size)
        if mime is None:
            words = stranger(head)
            if words:
                raise UnsupportedFormat(words)
            mime = text_mime(head, _extension(path))
    found = BY_MIME[mime]
    return Sniffed(found.kind, mime, found.name)


def _extension(path: bytes) -> str:
    name = shown(path.replace(b"\\", b"/").rsplit(b"/", 1)[-1])
    return name.rsplit(".", 1)[-1].lower() if "." in name[1:] else ""


_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51\x00", "image/jp2"),
    (0, b"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (0, b"\x00MRM", "image/x-minolta-mrw"),
    (6, b"HEAPCCDR", "image/x-canon-crw"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"DKIF", "video/x-ivf"),
    (0, b".RMF\x00\x00\x00", "video/vnd.rn-realvideo"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "application/mxf"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/x-mpeg-es"),
    (0, b"fLaC", "audio/flac"),
    (0, b"caff\x00\x01", "audio/x-caf"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"MAC ", "audio/x-ape"),
    (0, b"wvpk", "audio/x-wavpack"),
    (0, b"TTA1", "audio/x-tta"),
    (0, b"DSD ", "audio/x-dsf"),
    (0, b"MPCK", "audio/x-musepack"),
    (0, b".snd", "audio/basic"),
    (0, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "audio/x-w64"),
    (0, b"{\\rtf", "text/rtf"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo", b"AVIX": "video/x-msvideo"}


def _by_magic(head: bytes) -> str | None:
    for offset, magic, mime in _MAGIC:
        if head.startswith(magic, offset):
            return mime
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[:2] == b"BM" and _is_bitmap(head):
        return "image/bmp"
    if head[:4] == b"\x00\x00\x01\x00" and _is_icon(head):
        return "image/vnd.microsoft.icon"
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    return None


def _is_bitmap(head: bytes) -> bool:
    return int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _is_icon(head: bytes) -> bool:
    count = int.from_bytes(head[4:6], "little")
    return 0 < count < 256 and len(head) >= 22 and head[9] == 0 and int.from_bytes(head[18:22], "little") >= 6


_Structure = Callable[[bytes, BinaryIO, int], str | None]
_STRUCTURES: tuple[_Structure, ...] = (
    tracks.boxes_mime,
    tracks.matroska_mime,
    tracks.ogg_mime,
    tracks.asf_mime,
    tiffhead.tiff_mime,
    ziphead.zip_mime,
    audiohead.tagged_mime,
    audiohead.frames_mime,
    tracks.transport_mime,
    tracks.elementary_mime,
)


def _by_structure(head: bytes, stream: BinaryIO, size: int) -> str | None:
    for look in _STRUCTURES:
        mime = look(head, stream, size)
        if mime is not None:
            return mime
    return None
