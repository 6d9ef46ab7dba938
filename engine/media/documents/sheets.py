"""Read Excel tables: a page for each sheet, a block for each row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.language import tr
from engine.media.documents.archive import Archive, archive, budget, local
from engine.media.documents.base import DocumentReader, Text
from engine.media.documents.office import core_facts
from engine.media.parts import Block

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")


class TableReader(DocumentReader):
    """Reads an Excel workbook as it was last calculated."""

    def load(self) -> Text:
        """Read the rows of all sheets, and properties."""
        with archive(self.path, tr("Excel document"), budget(self.limits.text_bytes)) as found:
            facts = core_facts(found)
            return Text(self.paged(_rows(found)), facts)


def _rows(found: Archive) -> Iterator[Block | None]:
    shared = _shared(found)
    names = _names(found)
    numbers = sorted(int(match[1]) for name in found.names if (match := _SHEET.fullmatch(name)))
    for at, number in enumerate(numbers):
        if at:
            yield None
        if at < len(names):
            yield Block(names[at])
        for row in found.elements(f"xl/worksheets/sheet{number}.xml", f"{_MAIN}row", f"{_STRICT}row"):
            text = "\t".join(value for value in (_value(cell, shared) for cell in row) if value)
            if text.strip():
                yield Block(text)


def _shared(found: Archive) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in found:
        return []
    return [_words(element) for element in found.elements(name, f"{_MAIN}si", f"{_STRICT}si")]


def _names(found: Archive) -> list[str]:
    name = "xl/workbook.xml"
    if name not in found:
        return []
    return [element.get("name", "") for element in found.tree(name).iter() if local(element.tag) == "sheet"]


def _value(cell: Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _words(cell)
    value = next((part.text or "" for part in cell if local(part.tag) == "v"), "")
    if kind == "s":
        return shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
    return value.strip()


def _words(element: Element) -> str:
    return "".join(part.text or "" for part in element.iter() if local(part.tag) == "t").strip()
