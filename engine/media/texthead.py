"""Tell kinds of text apart: by their first lines, and among plain ones by the file's extension."""

import re

from engine.errors import UnsupportedFormat
from engine.language import mark, tr

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27})
_MEDIA_NAMES = frozenset(
    (
        "jpg",
        "jpeg",
        "jpe",
        "png",
        "gif",
        "webp",
        "bmp",
        "tif",
        "tiff",
        "heic",
        "heif",
        "avif",
        "jxl",
        "jp2",
        "psd",
        "ico",
        "dng",
        "cr2",
        "cr3",
        "nef",
        "arw",
        "raf",
        "orf",
        "rw2",
        "pef",
        "mp4",
        "m4v",
        "mov",
        "mkv",
        "webm",
        "avi",
        "wmv",
        "flv",
        "mpg",
        "mpeg",
        "mts",
        "m2ts",
        "ts",
        "3gp",
        "mp3",
        "wav",
        "flac",
        "ogg",
        "oga",
        "opus",
        "m4a",
        "aac",
        "wma",
        "aiff",
        "aif",
        "amr",
        "pdf",
        "docx",
        "doc",
        "xlsx",
        "xls",
        "pptx",
        "ppt",
        "odt",
        "ods",
        "odp",
        "epub",
        "zip",
        "exe",
        "dll",
    )
)
_LISTS = {
    b"#EXTM3U": mark("This is a playlist: it names other files but holds no sound or pictures itself."),
    b"ffconcat version": mark("This is a script that joins other videos; it holds no pictures itself."),
    b"[playlist]": mark("This is a playlist: it names other files but holds no sound or pictures itself."),
    b"#!": mark("This is a program (a script), not a photo, video, sound or document."),
    b"[InternetShortcut]": mark("This is a link to a web page, not a document."),
    b"v=0\n": mark("This describes a live stream; it holds no sound or pictures itself."),
    b"v=0\r": mark("This describes a live stream; it holds no sound or pictures itself."),
}
_LIST = mark("This is a playlist: it names other files but holds no sound or pictures itself.")
_ROOTS = {
    b"svg": mark(
        "This is a vector drawing (SVG). Kinora reads pictures made of pixels; export it as PNG and add that."
    ),
    b"xmpmeta": mark("This is a sidecar (XMP) with another program's notes on a photo, not a photo."),
    b"RDF": mark("This is a sidecar (XMP) with another program's notes on a photo, not a photo."),
    b"MPD": _LIST,
    b"smil": _LIST,
    b"asx": _LIST,
    b"playlist": _LIST,
    b"plist": mark("This is a property list of macOS, not a photo, video, sound or document."),
}
_ROOT = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)")
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<(head|body|title)[\s>]", re.IGNORECASE)
_CUE = re.compile(rb"^\s*(\d+\s*\r?\n)?\s*\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s*-->", re.MULTILINE)
_MAIL = re.compile(rb"\A(?:From [^\n]+\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.MULTILINE)
_MAIL_FIELDS = re.compile(rb"^(?:from|to|subject|date|message-id|received|mime-version|return-path):", re.I | re.M)
_NAMES = {
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "md": "text/markdown",
    "markdown": "text/markdown",
}


def text_mime(head: bytes, extension: str) -> str:
    """Return the media type of a text.

    Raises:
        UnsupportedFormat: the bytes are no text, are a list or a program, or the name promises something else.
    """
    if not _is_text(head, extension):
        raise UnsupportedFormat(tr("This file is of a kind that Kinora does not know."))
    plain = head.removeprefix(_BOMS[0]).lstrip()
    for start, words in _LISTS.items():
        if plain.startswith(start):
            raise UnsupportedFormat(tr(words))
    _refuse_xml(plain[:4096])
    mime = _marked(plain) or _NAMES.get(extension, "text/plain")
    if extension in ("srt", "vtt") and mime == "text/plain":
        mime = "application/x-subrip" if extension == "srt" else "text/vtt"
    elif extension == "eml" and mime == "text/plain":
        mime = "message/rfc822"
    if extension in _MEDIA_NAMES:
        what = {"text/html": tr("a web page"), "message/rfc822": tr("an e-mail")}.get(mime, tr("text"))
        raise UnsupportedFormat(
            tr("This is {what}, though its name ends in “.{extension}”.", what=what, extension=extension),
            hint=tr("Give it a name that fits, then add it again."),
        )
    return mime


def _is_text(head: bytes, extension: str) -> bool:
    if head.startswith(_BOMS):
        return True
    if b"\x00" in head:
        return False
    strange = len(head) - len(head.translate(None, _CONTROL))
    if strange * 50 > len(head) + 49:
        return False
    try:
        head[:-4].decode("utf-8") if len(head) > 4 else head.decode("utf-8")
    except UnicodeDecodeError:
        return _is_old_text(head, extension)
    return True


def _is_old_text(head: bytes, extension: str) -> bool:
    """Say whether bytes that are no UTF-8 are text of an older encoding: mostly letters, or named as text."""
    if extension in ("txt", "md", "srt", "vtt", "eml", "html", "htm", "csv", "log", "tex", "ini"):
        return True
    plain = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head[:4096])
    high = sum(byte >= 0xA0 for byte in head[:4096])
    return (plain + high) >= 0.97 * len(head[:4096]) and (
        b" " in head or b"\n" in head or high > 0.5 * len(head[:4096])
    )


def _refuse_xml(start: bytes) -> None:
    root = _ROOT.search(start) if start.startswith(b"<") else None
    if root and root[1] in _ROOTS:
        raise UnsupportedFormat(tr(_ROOTS[root[1]]))


def _marked(plain: bytes) -> str | None:
    """Return the media type that the first lines show."""
    if plain.startswith(b"WEBVTT"):
        return "text/vtt"
    start = plain[:4096]
    if start.startswith(b"<") and _HTML.search(start):
        return "text/html"
    if _CUE.search(start[:512]):
        return "application/x-subrip"
    mail = _MAIL.match(start.replace(b"\r\n", b"\n"))
    if mail and len({field.lower() for field in _MAIL_FIELDS.findall(mail.group())}) >= 2:
        return "message/rfc822"
    return None
