"""Tell the documents that are ZIP archives from other archives, without unpacking anything."""

from typing import BinaryIO

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.media.files import read_at

_TAIL = 64 << 10
_MIMETYPES = (
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_OOXML = "application/vnd.openxmlformats-officedocument"
_PARTS = (
    (b"word/document", f"{_OOXML}.wordprocessingml.document"),
    (b"ppt/presentation", f"{_OOXML}.presentationml.presentation"),
    (b"xl/workbook", f"{_OOXML}.spreadsheetml.sheet"),
)


def zip_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of an office document or an e-book.

    Raises:
        UnsupportedFormat: it is any other ZIP archive.
    """
    if head[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return None
    if head[30:38] == b"mimetype":
        stored = head[38:120]
        for mime in _MIMETYPES:
            if mime.encode() in stored:
                return mime
    tail = read_at(stream, max(0, size - _TAIL), _TAIL)
    for part, mime in _PARTS:
        if part in tail or part in head:
            return mime
    if b"META-INF/container.xml" in tail and b".opf" in tail:
        return "application/epub+zip"
    raise UnsupportedFormat(
        tr("This is an archive (ZIP), not a photo, video, sound or document."),
        hint=tr("Unpack it and add the files in it."),
    )
