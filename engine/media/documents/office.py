"""Read Word documents and PowerPoint slides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.language import tr
from engine.media.dates import iso
from engine.media.documents.archive import Archive, archive, budget, local
from engine.media.documents.base import DocumentReader, Text
from engine.media.metadata import unique
from engine.media.parts import Block
from engine.model import Facts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAW = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_STRICT_DRAW = "{http://purl.oclc.org/ooxml/drawingml/main}"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


class WordReader(DocumentReader):
    """Reads a Word document by its paragraphs; pages end where Word last broke them."""

    def load(self) -> Text:
        """Read paragraphs and properties."""
        with archive(self.path, tr("Word document"), budget(self.limits.text_bytes)) as found:
            facts = core_facts(found)
            return Text(self.paged(_word_blocks(found)), facts)


def _word_blocks(found: Archive) -> Iterator[Block | None]:
    name = "word/document.xml"
    main = name if name in found else next(part for part in found.names if re.fullmatch(r"word/document\d*\.xml", part))
    parts = [main, *(part for part in found.names if re.fullmatch(r"word/(footnotes|endnotes|comments)\.xml", part))]
    for part in parts:
        for paragraph in found.elements(part, f"{_WORD}p", f"{_STRICT_WORD}p"):
            for number, text in enumerate(_word_text(paragraph).split("\f")):
                if number:
                    yield None
                if text.strip():
                    yield Block(text.strip())


def _word_text(paragraph: Element) -> str:
    """Return the words of a paragraph; page breaks are form feeds. Boxes inside it come as paragraphs of their own."""
    out: list[str] = []
    todo = [paragraph]
    while todo:
        element = todo.pop()
        name = local(element.tag)
        if name == "p" and element is not paragraph:
            continue
        if name == "t":
            out.append(element.text or "")
        elif name in ("tab", "ptab"):
            out.append("\t")
        elif name == "lastRenderedPageBreak" or (name == "br" and _is_page(element)):
            out.append("\f")
        elif name in ("br", "cr"):
            out.append("\n")
        elif name != "Fallback":
            todo.extend(reversed(element))
    return "".join(out)


def _is_page(element: Element) -> bool:
    return any(local(key) == "type" and value == "page" for key, value in element.attrib.items())


class SlidesReader(DocumentReader):
    """Reads PowerPoint slides: a page for each."""

    def load(self) -> Text:
        """Read the words of the slides in order, and properties."""
        with archive(self.path, tr("PowerPoint document"), budget(self.limits.text_bytes)) as found:
            facts = core_facts(found)
            return Text(self.paged(_slide_blocks(found)), facts)


def _slide_blocks(found: Archive) -> Iterator[Block | None]:
    numbers = sorted(int(match[1]) for name in found.names if (match := _SLIDE.fullmatch(name)))
    for at, number in enumerate(numbers):
        if at:
            yield None
        for paragraph in found.elements(f"ppt/slides/slide{number}.xml", f"{_DRAW}p", f"{_STRICT_DRAW}p"):
            text = "".join(piece.text or "" for piece in paragraph.iter() if local(piece.tag) == "t")
            if text.strip():
                yield Block(text.strip())


def core_facts(found: Archive) -> Facts:
    """Return what the properties of an Office document say."""
    name = "docProps/core.xml"
    if name not in found:
        return Facts()
    fields = {local(element.tag): (element.text or "").strip() for element in found.tree(name)}
    taken = iso(fields.get("created", "")) or iso(fields.get("modified", ""))
    return Facts(
        title=fields.get("title", "")[:500],
        description=(fields.get("description") or fields.get("subject", ""))[:20_000],
        creator=fields.get("creator", "")[:500],
        keywords=unique(re.split(r"[;,]", fields.get("keywords", ""))),
        taken=taken,
        taken_from="document properties" if taken else "",
    )
