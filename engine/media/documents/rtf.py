"""Read RTF: the words of the main text."""

import re
from collections.abc import Iterator

from engine.media.documents.base import DocumentReader, Text
from engine.media.files import opened
from engine.media.parts import Block
from engine.model import Facts

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+")
_HIDDEN = frozenset(
    (b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"datastore", b"listtable",
     b"generator", b"listoverridetable", b"rsidtbl", b"xmlnstbl", b"latentstyles", b"colorschememapping", b"fldinst",
     b"header", b"footer")
)  # fmt: skip
_SIGNS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\f", b"tab": "\t", b"cell": "\t",
    b"emdash": "\u2014", b"endash": "\u2013", b"bullet": "\u2022", b"lquote": "\u2018", b"rquote": "\u2019",
    b"ldblquote": "\u201c", b"rdblquote": "\u201d",
}  # fmt: skip


class RtfReader(DocumentReader):
    """Reads rich text; formatting, pictures and objects in it are left out."""

    def load(self) -> Text:
        """Read the paragraphs."""
        with opened(self.path) as stream:
            data = stream.read(self.limits.text_bytes * 2)
        return Text(self.paged(_blocks("".join(rtf_words(data)))), Facts())


def _blocks(text: str) -> Iterator[Block | None]:
    for number, page in enumerate(text.split("\f")):
        if number:
            yield None
        for line in page.split("\n"):
            if line.strip():
                yield Block(line.strip())


def rtf_words(data: bytes) -> Iterator[str]:
    """Yield the text piece by piece; new lines are "\\n", page breaks "\\f"."""
    hidden_from: int | None = None
    depth, skip, star = 0, 0, False
    for found in _TOKEN.finditer(data):
        word, number, code, symbol, brace, plain = found.groups()
        if brace:
            depth += 1 if brace == b"{" else -1
            if hidden_from is not None and depth < hidden_from:
                hidden_from = None
            star = False
            continue
        if symbol == b"*":
            star = True
            continue
        if word and hidden_from is None and (star or word in _HIDDEN):
            hidden_from, star = depth, False
        if hidden_from is not None:
            continue
        if word == b"u" and number:
            yield chr(int(number) % 65536)
            skip = 1
            continue
        piece = _piece(word, code, symbol, plain)
        if skip and piece and not word:
            piece, skip = piece[1:], 0
        yield piece


def _piece(word: bytes | None, code: bytes | None, symbol: bytes | None, plain: bytes | None) -> str:
    if word:
        return _SIGNS.get(word, "")
    if code:
        return bytes((int(code, 16),)).decode("cp1252", "replace")
    if symbol:
        return {b"~": "\u00a0", b"_": "-"}.get(symbol, symbol.decode("cp1252", "replace") if symbol in b"\\{}" else "")
    return plain.decode("cp1252", "replace") if plain else ""
