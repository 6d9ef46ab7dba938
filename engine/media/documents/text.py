"""Read plain text and Markdown in whatever encoding they are."""

import re
from collections.abc import Iterator

from engine.language import tr
from engine.media.dates import iso
from engine.media.documents.base import DocumentReader, Text
from engine.media.files import opened
from engine.media.parts import Block
from engine.model import Facts

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SAMPLE = 64 << 10  # bytes that the guess of an encoding looks at
_CONTROL = dict.fromkeys([*range(9), 11, *range(14, 32), 127]) | {12: "\n", 13: "\n"}
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_FRONT = re.compile(r"\A---\s*\n(.{0,4000}?)\n---\s*\n", re.DOTALL)
_HEADING = re.compile(r"^#{1,2}\s+(.+?)\s*#*$", re.MULTILINE)


class TextReader(DocumentReader):
    """Reads plain text and Markdown."""

    def load(self) -> Text:
        """Read paragraphs; bytes that are in no encoding become replacement characters."""
        most = self.limits.text_bytes
        with opened(self.path) as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            self.notices.append(tr("This document is very long; only its beginning was read."))
            data = data[:most]
        text = decoded(data)
        facts = _markdown_facts(text) if self.format.mime == "text/markdown" else Facts()
        return Text(self.paged(paragraphs(text)), facts)


def paragraphs(text: str) -> Iterator[Block]:
    """Yield a block for each run of lines without an empty one between them."""
    for part in _PARAGRAPH.split(text):
        if part.strip():
            yield Block(part.strip())


def decoded(data: bytes) -> str:
    """Return bytes as text: by their mark, as UTF-8, or by a guess; without control characters."""
    return _clean(_decoded(data))


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").translate(_CONTROL)
    return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be stored


def _decoded(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:  # cut within a letter
            return data[: error.start].decode("utf-8")
    from charset_normalizer import from_bytes

    guess = from_bytes(data[:_SAMPLE]).best()
    name = guess.encoding if guess is not None else "cp1252"
    return data.decode(name, "replace")


def _markdown_facts(text: str) -> Facts:
    front = _FRONT.match(text)
    fields = dict(re.findall(r"^(\w+):\s*[\"']?(.+?)[\"']?\s*$", front[1], re.MULTILINE)) if front else {}
    heading = _HEADING.search(text[:20_000])
    taken = iso(fields.get("date", ""))
    return Facts(
        title=(fields.get("title") or (heading[1] if heading else ""))[:500],
        creator=fields.get("author", "")[:500],
        taken=taken,
        taken_from="document date" if taken else "",
    )
