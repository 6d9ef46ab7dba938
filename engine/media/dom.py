"""The parts of an XMP document that is changed in place: its properties, their lists, and how it is spelt out again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.dom.minidom import Document, Element

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMLNS = "http://www.w3.org/2000/xmlns/"
SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "kinora": "urn:kinora:xmp:1.0/",  # what Kinora wrote, so that it can take it back
}
MOST_DEEP = 100
_PREFIXES = {uri: prefix for prefix, uri in SPACES.items()} | {RDF: "rdf"}
_ALSO = {"http://ns.microsoft.com/photo/1.0": "http://ns.microsoft.com/photo/1.0/"}  # as some programs spell it
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not even as a reference
_IN_TEXT = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
_IN_VALUE = (*_IN_TEXT, ('"', "&quot;"), ("\n", "&#10;"), ("\t", "&#9;"))


def elements(node: Any) -> list[Element]:
    """The elements right below a node."""
    return [child for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]


def properties(places: Sequence[Element], space: str, name: str) -> Iterator[Any]:
    """Where a property stands in these descriptions: as an attribute or as an element."""
    for place in places:
        for uri in _spellings(SPACES[space]):
            if place.hasAttributeNS(uri, name):
                yield place.getAttributeNodeNS(uri, name)
            yield from (one for one in elements(place) if (one.namespaceURI, one.localName) == (uri, name))


def dropped(places: Sequence[Element], space: str, name: str) -> None:
    """Take a property away, however it is written."""
    for place in places:
        for uri in _spellings(SPACES[space]):
            if place.hasAttributeNS(uri, name):
                place.removeAttributeNS(uri, name)
            for one in elements(place):
                if (one.namespaceURI, one.localName) == (uri, name):
                    remove(one)


def remove(node: Any) -> None:
    """Take a node away, with the white space before it."""
    before = node.previousSibling
    if before is not None and before.nodeType == before.TEXT_NODE and not before.data.strip():
        node.parentNode.removeChild(before)
    node.parentNode.removeChild(node)


def listed(places: Sequence[Element], space: str, name: str) -> list[str]:
    """The values of a property, each once: the items of its lists, else its own text."""
    found: list[str] = []
    for node in properties(places, space, name):
        items = node.getElementsByTagNameNS(RDF, "li") if hasattr(node, "tagName") else []
        found += [said(item) for item in items] if items else [said(node)]
    return list(dict.fromkeys(text for text in found if text))


def said(node: Any) -> str:
    """The text of an attribute or an element."""
    if node.nodeType == node.ATTRIBUTE_NODE:
        return str(node.value).strip()
    return "".join(child.data for child in node.childNodes if child.nodeType in (3, 4)).strip()


def added(parent: Any, uri: str, name: str, text: str = "") -> Element:
    """A new element at the end of another one, on a line of its own."""
    document = parent.ownerDocument
    made: Element = document.createElementNS(uri, f"{declared(parent, uri)}:{name}")
    depth = _depth(parent)
    last = parent.lastChild
    if last is not None and last.nodeType == last.TEXT_NODE and not last.data.strip():
        parent.removeChild(last)
    parent.appendChild(document.createTextNode("\n" + " " * (depth + 1)))
    parent.appendChild(made)
    parent.appendChild(document.createTextNode("\n" + " " * depth))
    if text:
        made.appendChild(document.createTextNode(text))
    return made


def declared(place: Any, uri: str) -> str:
    """The prefix of a name space at a place; it is declared there when it is not yet."""
    hidden: set[str] = set()
    node = place
    while node is not None and node.nodeType == node.ELEMENT_NODE:
        for at in range(node.attributes.length):
            attribute = node.attributes.item(at)
            if attribute.namespaceURI != XMLNS or attribute.prefix is None:
                continue
            prefix = attribute.localName
            if attribute.value == uri and prefix not in hidden:
                return str(prefix)
            hidden.add(prefix)
        node = node.parentNode
    prefix = _PREFIXES[uri]
    while prefix in hidden:
        prefix += "1"
    place.setAttributeNS(XMLNS, f"xmlns:{prefix}", uri)
    return prefix


def spelt(document: Document) -> str:
    """The document as text, without an XML declaration."""
    parts: list[str] = []
    for node in document.childNodes:
        _spell(node, parts)
        parts.append("\n")
    return "".join(parts)


def _spell(node: Any, parts: list[str]) -> None:
    if node.nodeType == node.TEXT_NODE:
        parts.append(_escaped(node.data, _IN_TEXT))
    elif node.nodeType == node.CDATA_SECTION_NODE:
        parts.append(f"<![CDATA[{node.data}]]>")
    elif node.nodeType == node.COMMENT_NODE:
        parts.append(f"<!--{node.data}-->")
    elif node.nodeType == node.PROCESSING_INSTRUCTION_NODE:
        parts.append(f"<?{node.target} {node.data}?>")
    elif node.nodeType == node.ELEMENT_NODE:
        parts.append(f"<{node.tagName}")
        for at in range(node.attributes.length):
            one = node.attributes.item(at)
            parts.append(f' {one.name}="{_escaped(one.value, _IN_VALUE)}"')
        parts.append(">" if node.childNodes else "/>")
        for child in node.childNodes:
            _spell(child, parts)
        if node.childNodes:
            parts.append(f"</{node.tagName}>")


def _escaped(text: str, signs: tuple[tuple[str, str], ...]) -> str:
    text = _ILLEGAL.sub("", text)
    for sign, entity in signs:
        text = text.replace(sign, entity)
    return text


def _depth(node: Any) -> int:
    depth = 0
    while (node := node.parentNode) is not None and node.nodeType == node.ELEMENT_NODE:
        depth += 1
    return depth


def _spellings(uri: str) -> tuple[str, ...]:
    return (uri, *(other for other, usual in _ALSO.items() if usual == uri))
