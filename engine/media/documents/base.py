"""What all readers of documents share: words read once, kept as pages, drawn as a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.media.documents.sheet import can_draw, draw_sheet
from engine.media.parts import Block, Page
from engine.media.reader import Reader
from engine.model import Facts

if TYPE_CHECKING:
    from engine.media.parts import Pixels

PAGE_CHARS = 3000  # of a page where the format has none


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a document: `pages` holds blocks for each page; facts are what its metadata says."""

    pages: tuple[tuple[Block, ...], ...]
    facts: Facts


class DocumentReader(Reader):
    """Reads a document; a subclass gives `load` for kinds without a fixed look."""

    _text: Text | None = None
    _facts: Facts | None = None

    def load(self) -> Text:
        """Read the whole document once.

        Raises:
            MediaError: it cannot be read.
        """
        raise NotImplementedError

    def facts(self) -> Facts:
        """Return the number of pages and what the metadata says."""
        if self._facts is None:
            text = self._loaded()
            self._facts = replace(
                text.facts, mime=self.format.mime, format=self.format.name, pages=max(1, len(text.pages))
            )
        return self._facts

    def pages(self) -> Iterator[Page]:
        """Yield the pages, numbered from 1."""
        for number, blocks in enumerate(self._loaded().pages, 1):
            yield Page(number, blocks)

    def has_picture(self) -> bool:
        """Say whether the beginning of the text can be drawn."""
        return can_draw(self._beginning())

    def picture(self, side: int) -> Pixels:
        """Return a sheet with the beginning of the text."""
        beginning = self._beginning()
        if not can_draw(beginning):
            raise UnsupportedFormat(tr("There is nothing in this document that could be drawn."))
        return draw_sheet(self.facts().title, beginning, side)

    def close(self) -> None:
        """Let go of the words."""
        self._text = None

    def _loaded(self) -> Text:
        if self._text is None:
            self._text = self.load()
        return self._text

    def _beginning(self) -> str:
        pages = self._loaded().pages
        return "\n".join(block.text for block in pages[0])[:4000] if pages else ""

    def paged(self, blocks: Iterable[Block | None]) -> tuple[tuple[Block, ...], ...]:
        """Lay blocks on pages of about 3000 characters, or by the page breaks (None) that the document has.

        Stops at the limits of text and pages, with a notice.
        """
        return Pages(self).laid(blocks)


class Pages:
    """Lays blocks on pages within the limits of one reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = reader.limits.text_bytes
        self._done: list[tuple[Block, ...]] = []
        self._page: list[Block] = []
        self._chars = 0

    def laid(self, blocks: Iterable[Block | None]) -> tuple[tuple[Block, ...], ...]:
        """Return the pages."""
        breaks = False
        for block in blocks:
            if block is None:
                breaks = True
                self._turn(keep_empty=True)
            elif not self._take(block, by_length=not breaks):
                break
            if len(self._done) >= self._reader.limits.pages:
                self._reader.notices.append(
                    tr("Only the first {pages} pages were read.", pages=self._reader.limits.pages)
                )
                return tuple(self._done)
        self._turn(keep_empty=False)
        return tuple(self._done)

    def _take(self, block: Block, *, by_length: bool) -> bool:
        for part in _parts(block):
            size = len(part.text.encode("utf-8", "replace"))
            if size > self._left:
                self._reader.notices.append(tr("This document is very long; only its beginning was read."))
                return False
            self._left -= size
            if by_length and self._page and self._chars + len(part.text) > PAGE_CHARS:
                self._turn(keep_empty=False)
            self._page.append(part)
            self._chars += len(part.text)
        return True

    def _turn(self, *, keep_empty: bool) -> None:
        if self._page or (keep_empty and self._done):
            self._done.append(tuple(self._page))
        self._page, self._chars = [], 0


def _parts(block: Block) -> Iterator[Block]:
    """Yield the block, cut at spaces or line ends where it is longer than a page."""
    text = block.text
    if len(text) <= PAGE_CHARS:
        yield block
        return
    at = 0
    while at < len(text):
        end = min(at + PAGE_CHARS, len(text))
        if end < len(text):
            stop = max(text.rfind("\n", at + PAGE_CHARS // 2, end), text.rfind(" ", at + PAGE_CHARS // 2, end))
            end = stop if stop > at else end
        part = text[at:end].strip()
        if part:
            yield replace(block, text=part)
        at = end
