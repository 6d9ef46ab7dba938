"""Read OpenDocument text, slides and tables (LibreOffice)."""

from __future__ import annotations

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

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")


class OpenDocumentReader(DocumentReader):
    """Reads an OpenDocument file by paragraphs; each slide and each table sheet is a page."""

    def load(self) -> Text:
        """Read paragraphs and properties."""
        with archive(self.path, tr("OpenDocument file"), budget(self.limits.text_bytes)) as found:
            facts = _facts(found)
            return Text(self.paged(self._blocks(found)), facts)

    def _blocks(self, found: Archive) -> Iterator[Block | None]:
        whole = {"presentation": f"{_DRAW}page", "spreadsheet": f"{_TABLE}table"}.get(
            self.format.mime.rsplit(".", 1)[-1]
        )
        if whole is None:
            for element in found.elements("content.xml", *_PARAGRAPHS):
                yield from _block(element)
            return
        for number, page in enumerate(found.elements("content.xml", whole)):
            if number:
                yield None
            for element in page.iter():
                if element.tag in _PARAGRAPHS:
                    yield from _block(element)


def _block(element: Element) -> Iterator[Block]:
    text = "".join(_words(element)).strip()
    if text:
        yield Block(text)


def _words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local(child.tag)
        if name == "s":
            yield " " * min(int(child.get(f"{_TEXT}c", "1")), 80)
        elif name == "tab":
            yield "\t"
        elif name == "line-break":
            yield "\n"
        elif child.tag not in _PARAGRAPHS and name != "annotation":
            yield from _words(child)
        yield child.tail or ""


def _facts(found: Archive) -> Facts:
    if "meta.xml" not in found:
        return Facts()
    fields: dict[str, str] = {}
    words: list[str] = []
    for element in found.tree("meta.xml").iter():
        text = (element.text or "").strip()
        if local(element.tag) == "keyword":
            words.append(text)
        elif text:
            fields.setdefault(local(element.tag), text)
    taken = iso(fields.get("creation-date", "")) or iso(fields.get("date", ""))
    return Facts(
        title=fields.get("title", "")[:500],
        description=(fields.get("description") or fields.get("subject", ""))[:20_000],
        creator=(fields.get("initial-creator") or fields.get("creator", ""))[:500],
        keywords=unique(words),
        taken=taken,
        taken_from="document properties" if taken else "",
    )
