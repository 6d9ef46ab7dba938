"""Read PDF with PDFium: words with their places, and pictures of pages."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile, UnsupportedFormat
from engine.language import tr
from engine.media.dates import iso
from engine.media.documents.base import DocumentReader
from engine.media.exif import clean
from engine.media.files import opened
from engine.media.metadata import unique
from engine.media.parts import Block, Page
from engine.media.pixels import fit
from engine.media.reading import reading
from engine.model import Box, Facts

if TYPE_CHECKING:
    from engine.media.parts import Pixels

_HARDLY = 100  # letters: a page with fewer, and with pictures or drawn strokes, is taken for a scan or a filled form
_GRID = 20_000  # PDFium's device units for a page side, to normalise boxes
_MOST_CHARS = 200_000  # of one page
_MOST_OBJECTS = 3000  # looked at for pictures
_PARAGRAPH = 1500  # characters after which a paragraph is ended
_DRAWN = 40  # paths: letters drawn as outlines


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    box: Box | None


class PdfReader(DocumentReader):
    """Reads a PDF; scripts, forms and attachments in it are never run or unpacked."""

    _document: Any = None
    _held: ExitStack | None = None

    def facts(self) -> Facts:
        """Return the number of pages and the document's properties."""
        if self._facts is None:
            document = self._opened()
            with reading("PDF"):
                fields = {name: _told(value) for name, value in document.get_metadata_dict(skip_empty=True).items()}
            taken = iso(fields.get("CreationDate", ""))
            self._facts = Facts(
                mime=self.format.mime,
                format=self.format.name,
                pages=len(document),
                title=fields.get("Title", "")[:500],
                creator=fields.get("Author", "")[:500],
                description=fields.get("Subject", "")[:20_000],
                keywords=unique(re.split(r"[;,]", fields.get("Keywords", ""))),
                taken=taken,
                taken_from="PDF CreationDate" if taken else "",
                extra={"producer": fields["Producer"][:200]} if fields.get("Producer") else {},
            )
        return self._facts

    def pages(self) -> Iterator[Page]:
        """Yield the pages with their paragraphs; a page that is broken is passed over, with a notice."""
        left = self.limits.text_bytes
        for index in range(self._count()):
            try:
                page = self._page(index)
            except DamagedFile:
                self.notices.append(tr("Page {index} is damaged and was passed over.", index=index + 1))
                continue
            left -= sum(len(block.text.encode("utf-8", "replace")) for block in page.blocks)
            if left < 0:
                self.notices.append(tr("This document is very long; only its beginning was read."))
                return
            yield page

    def has_picture(self) -> bool:
        """Say yes: every page can be drawn."""
        return True

    def picture(self, side: int) -> Pixels:
        """Return the first page as a picture."""
        return self._draw(0, side)

    def close(self) -> None:
        """Let go of the document."""
        if self._held is not None:
            self._held.close()
        self._held = self._document = None

    def _opened(self) -> Any:
        if self._document is None:
            import pypdfium2

            with ExitStack() as held:
                stream = held.enter_context(opened(self.path))
                with reading("PDF", pypdfium2.PdfiumError):
                    document = _unlocked(pypdfium2, stream)
                    held.callback(document.close)
                    pages = len(document)
                if pages == 0:
                    raise DamagedFile(tr("This PDF is damaged: it has no pages."))
                self._held, self._document = held.pop_all(), document
        return self._document

    def _count(self) -> int:
        pages = len(self._opened())
        if pages > self.limits.pages:
            self.notices.append(
                tr("Only the first {pages} of {pages2} pages were read.", pages=self.limits.pages, pages2=pages)
            )
        return min(pages, self.limits.pages)

    def _page(self, index: int) -> Page:
        import pypdfium2

        with reading("PDF", pypdfium2.PdfiumError):
            page = self._opened()[index]
            try:
                lines = _lines(page)
                letters = sum(not char.isspace() for line in lines for char in line.text)
                pictures, paths = _objects(page)
            finally:
                page.close()
        needs = letters < _HARDLY and (pictures or paths > _DRAWN)

        def draw(side: int) -> Pixels:
            return self._draw(index, side)

        return Page(index + 1, tuple(_paragraphs(lines)), pictures, needs, draw)

    def _draw(self, index: int, side: int) -> Pixels:
        import pypdfium2

        with reading("PDF", pypdfium2.PdfiumError):
            page = self._opened()[index]
            try:
                width, height = page.get_size()
                if width <= 0 or height <= 0 or width != width or height != height:
                    raise DamagedFile(tr("This page of the PDF is damaged: it has no size."))
                scale = side / max(width, height)
                bitmap = page.render(scale=scale, rev_byteorder=True)
                made = bitmap.to_pil().convert("RGB")
            finally:
                page.close()
        from engine.media.pixels import as_array

        target = fit(made.width, made.height, side)
        return as_array(made if made.size == target else made.resize(target))


def _told(value: str) -> str:
    """Return a property without the words that programs write into empty ones."""
    text = clean(value)
    return "" if text.lower() in ("(anonymous)", "(unspecified)", "untitled", "unknown", "none", "-") else text


def _unlocked(pypdfium2: Any, stream: Any) -> Any:
    try:
        return pypdfium2.PdfDocument(stream)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise UnsupportedFormat(
                tr("This PDF is protected by a password."), hint=tr("Save it without one, and add that.")
            ) from error
        raise


def _lines(page: Any) -> list[_Line]:
    """Return the lines of a page in the order of the text layer, with boxes as fractions of the upright page."""
    from pypdfium2 import raw

    words = page.get_textpage()
    try:
        count = min(words.count_chars(), _MOST_CHARS)
        lines: list[_Line] = []
        chars: list[str] = []
        start = 0
        for at in range(count + 1):
            code = raw.FPDFText_GetUnicode(words, at) if at < count else 10
            if code not in (10, 13):
                chars.append(_letter(code))
                continue
            text = " ".join("".join(chars).split())
            if text:
                lines.append(_Line(text, _box(page, words, start, at - start)))
            chars, start = [], at + 1
        return lines
    finally:
        words.close()


def _letter(code: int) -> str:
    if code in (2, 0xFFFE):  # a hyphen at the end of a line, which PDFium has joined with the next
        return ""
    if code < 32 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return " "
    return chr(code)


def _box(page: Any, words: Any, start: int, length: int) -> Box | None:
    """Return the box around characters; PDFium maps it onto the page as shown, turned and cropped."""
    from pypdfium2 import raw

    corners: list[tuple[float, float]] = []
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_int(), ctypes.c_int()
    for number in range(raw.FPDFText_CountRects(words, start, length)):
        if not raw.FPDFText_GetRect(words, number, left, top, right, bottom):
            continue
        for px, py in ((left.value, top.value), (right.value, bottom.value)):
            if raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, px, py, x, y):
                corners.append((x.value / _GRID, y.value / _GRID))
    if not corners:
        return None
    xs, ys = [_inside(cx) for cx, _ in corners], [_inside(cy) for _, cy in corners]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _inside(value: float) -> float:
    return min(1.0, max(0.0, value))


def _paragraphs(lines: list[_Line]) -> Iterator[Block]:
    """Join lines that follow each other closely in one column, so that phrases across lines are found."""
    text, box, last = "", None, None
    for line in lines:
        if last is not None and len(text) < _PARAGRAPH and _follows(last, line.box):
            text = text[:-1] + line.text if text.endswith("\u00ad") else f"{text} {line.text}"
            box = _around(box, line.box)
        else:
            if text:
                yield Block(text.replace("\u00ad", "-"), box)
            text, box = line.text, line.box
        last = line.box
    if text:
        yield Block(text.replace("\u00ad", "-"), box)


def _follows(above: Box, below: Box | None) -> bool:
    if below is None or not above.h or not below.h:
        return False
    gap = below.y - (above.y + above.h)
    overlap = min(above.x + above.w, below.x + below.w) - max(above.x, below.x)
    like = 0.6 < below.h / above.h < 1.6
    return like and -0.6 * above.h < gap < 0.8 * min(above.h, below.h) and overlap > 0.4 * min(above.w, below.w)


def _around(one: Box | None, other: Box | None) -> Box | None:
    if one is None or other is None:
        return one or other
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Box(x, y, max(one.x + one.w, other.x + other.w) - x, max(one.y + one.h, other.y + other.h) - y)


def _objects(page: Any) -> tuple[bool, int]:
    """Return whether the page shows pictures, and how many paths it draws."""
    from pypdfium2 import raw

    paths, pictures = 0, False
    for number, thing in enumerate(page.get_objects(max_depth=3)):
        pictures = pictures or thing.type == raw.FPDF_PAGEOBJ_IMAGE
        paths += thing.type == raw.FPDF_PAGEOBJ_PATH
        if number > _MOST_OBJECTS or (pictures and paths > _DRAWN):
            break
    return pictures, paths
