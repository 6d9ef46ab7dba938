"""Read e-books (EPUB): a page for each chapter, in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.dates import iso
from engine.media.documents.archive import Archive, archive, budget, local
from engine.media.documents.base import DocumentReader, Text
from engine.media.documents.html import html_text, read_html
from engine.media.metadata import unique
from engine.media.parts import Block
from engine.media.photo import cover_pixels
from engine.model import Facts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from engine.media.parts import Pixels

_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "")


class BookReader(DocumentReader):
    """Reads an e-book."""

    _cover: bytes | None = None

    def load(self) -> Text:
        """Read chapters, properties and the cover, undecoded."""
        with archive(self.path, tr("e-book"), budget(self.limits.text_bytes)) as found:
            place = _package_path(found)
            package = found.tree(place)
            manifest = {item.get("id", ""): item for item in package.iter() if local(item.tag) == "item"}
            self._cover = _cover(found, package, manifest, place)
            return Text(self.paged(_chapters(found, package, manifest, place)), _facts(package))

    def has_picture(self) -> bool:
        """Say whether there is a cover, or a beginning that can be drawn."""
        return super().has_picture() or self._cover is not None

    def picture(self, side: int) -> Pixels:
        """Return the cover, or a sheet with the beginning."""
        self._loaded()
        if self._cover is None:
            return super().picture(side)
        return cover_pixels(self._cover, side, self.limits.megapixels)

    def close(self) -> None:
        """Let go of words and cover."""
        super().close()
        self._cover = None


def _package_path(found: Archive) -> str:
    root = found.tree("META-INF/container.xml")
    for element in root.iter():
        if local(element.tag) == "rootfile" and element.get("full-path"):
            return str(element.get("full-path"))
    raise DamagedFile(tr("This e-book is damaged: it does not say where its text is."))


def _chapters(found: Archive, package: Element, manifest: dict[str, Element], place: str) -> Iterator[Block | None]:
    first = True
    for entry in package.iter():
        item = manifest.get(entry.get("idref", "")) if local(entry.tag) == "itemref" else None
        if item is None or item.get("media-type", "") not in _PAGES:
            continue
        name = _part(place, item)
        if name not in found:
            continue
        if not first:
            yield None
        first = False
        for text in read_html(html_text(found.read(name))).paragraphs:
            yield Block(text)


def _part(place: str, item: Element) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(item.get("href", "").split("#")[0])))


def _cover(found: Archive, package: Element, manifest: dict[str, Element], place: str) -> bytes | None:
    named = next(
        (one.get("content", "") for one in package.iter() if local(one.tag) == "meta" and one.get("name") == "cover"),
        "",
    )
    for key, item in manifest.items():
        if "cover-image" in item.get("properties", "") or key == named:
            name = _part(place, item)
            if name in found and item.get("media-type", "").startswith("image/"):
                return found.read(name)
    return None


def _facts(package: Element) -> Facts:
    fields: dict[str, list[str]] = {}
    for element in package.iter():
        text = (element.text or "").strip()
        if text and "purl.org/dc/" in str(element.tag):
            fields.setdefault(local(element.tag), []).append(text)
    taken = iso(next(iter(fields.get("date", [])), ""))
    return Facts(
        title=next(iter(fields.get("title", [])), "")[:500],
        creator=", ".join(fields.get("creator", []))[:500],
        description=" ".join(read_html(next(iter(fields.get("description", [])), "")).paragraphs)[:20_000],
        keywords=unique(fields.get("subject", [])),
        taken=taken,
        taken_from="book properties" if taken else "",
    )
