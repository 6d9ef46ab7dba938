"""Write XMP: what Kinora knows of a file, put into a new packet or into one that another program wrote.

Everything that is not Kinora's to say stays as it is, with its prefixes, comments and order. Of keywords and regions
that were there before, those go that Kinora wrote itself (it leaves a note of them) and no longer says.
Sources: Adobe, XMP Specification Part 1 (ISO 16684-1), which names the shapes of RDF that may occur.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile
from engine.language import tr
from engine.media import packetregions
from engine.media.dom import (
    MOST_DEEP,
    RDF,
    SPACES,
    added,
    declared,
    dropped,
    elements,
    listed,
    properties,
    remove,
    said,
    spelt,
)

if TYPE_CHECKING:
    from xml.dom.minidom import Document, Element

MOST_BYTES = 4 << 20
_MOST_MARKS = 100_000  # of "<": what a packet costs in memory is a matter of its elements, not of its bytes
_MOST_VALUES = 300_000  # of "=": its attributes
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_EMPTY = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Kinora">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n  <rdf:Description rdf:about=""/>\n </rdf:RDF>\n</x:xmpmeta>\n'
)
_PERCENT = {0: 0, 1: 1, 2: 25, 3: 50, 4: 75, 5: 99}  # stars as Windows and MicrosoftPhoto:Rating count them


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody in a picture; the box (left, top, width, height as shares) lies on it as stored, before turning."""

    name: str
    box: tuple[float, float, float, float]
    pet: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What Kinora says of a file. None is nothing, which leaves what is there; 0 stars are stars taken away."""

    rating: int | None = None
    words: tuple[str, ...] = ()  # keywords; a "/" parts levels
    description: str | None = None
    faces: tuple[Face, ...] = ()
    size: tuple[int, int] = (0, 0)  # of the stored picture, in pixels

    def to_json(self) -> dict[str, Any]:
        """As a message to a worker carries it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Said:
        """Take it from a message."""
        faces = tuple(Face(one["name"], tuple(one["box"]), one["pet"]) for one in data["faces"])
        words, size = tuple(data["words"]), (data["size"][0], data["size"][1])
        return cls(data["rating"], words, data["description"], faces, size)


def packet(what: Said, now: str) -> str:
    """A new packet; `now` is the time in ISO 8601."""
    return DECLARATION + (_written(_parsed(_EMPTY.encode()), what, now) or _EMPTY)


def merged(data: bytes, what: Said, now: str) -> str | None:
    """What another program wrote, with what Kinora says; None where it says all that already.

    Raises:
        DamagedFile: it is too large, or no XMP that can be read.
    """
    text = _written(_parsed(data), what, now)
    if text is None:
        return None
    begins = data.lstrip(codecs.BOM_UTF8 + codecs.BOM_UTF16_LE + codecs.BOM_UTF16_BE + b"\x00 \r\n\t")
    return (DECLARATION if begins.startswith((b"<?xml ", b"<\x00?\x00x\x00m\x00l\x00")) else "") + text


def _parsed(data: bytes) -> Document:
    from xml.parsers.expat import ExpatError

    from defusedxml.common import DefusedXmlException
    from defusedxml.minidom import parseString

    damaged = DamagedFile(
        tr("This XMP file is damaged."), hint=tr("Let the program that wrote it write it again, or move it away.")
    )
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            data = re.sub(r"^\s*<\?xml[^>]*\?>", "", data.decode("utf-16", "replace")).encode()
    data = data.rstrip(b"\x00 \r\n\t")
    if len(data) > MOST_BYTES or data.count(b"<") > _MOST_MARKS or data.count(b"=") > _MOST_VALUES:
        raise DamagedFile(tr("This XMP file is larger than any XMP file should be."), hint=damaged.hint)
    try:
        document: Document = parseString(data, forbid_dtd=True)  # type: ignore[arg-type]  # bytes say their encoding
    except (ExpatError, DefusedXmlException, ValueError, LookupError) as error:
        raise damaged from error
    if _too_deep(document.documentElement) or not document.getElementsByTagNameNS(RDF, "RDF"):
        raise damaged
    return document


def _too_deep(root: Any) -> bool:
    level: list[Any] = [root]
    for _ in range(MOST_DEEP):
        level = [child for node in level for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]
        if not level:
            return False
    return True


def _written(document: Document, what: Said, now: str) -> str | None:
    rdf = document.getElementsByTagNameNS(RDF, "RDF")[0]
    places = [one for one in elements(rdf) if (one.namespaceURI, one.localName) == (RDF, "Description")]
    if not places:
        places = [added(rdf, RDF, "Description")]
        places[0].setAttributeNS(RDF, f"{declared(places[0], RDF)}:about", "")
    changes = [_rating(places, what.rating), _keywords(places, what.words), _description(places, what.description)]
    changes.append(packetregions.put(places, what.faces, what.size))
    if not any(changes):
        return None
    _simple(places, "xmp", "MetadataDate", now)
    return spelt(document)


# --- properties ------------------------------------------------------------------------------------------------------


def _simple(places: Sequence[Element], space: str, name: str, value: str) -> bool:
    """Let a property have one plain value; return whether it had another."""
    if [said(node) for node in properties(places, space, name)] == [value]:
        return False
    home = next((node.ownerElement if hasattr(node, "ownerElement") else node.parentNode
                 for node in properties(places, space, name)), places[0])  # fmt: skip
    dropped(places, space, name)
    home.setAttributeNS(SPACES[space], f"{declared(home, SPACES[space])}:{name}", value)
    return True


def _rating(places: Sequence[Element], rating: int | None) -> bool:
    known = list(properties(places, "xmp", "Rating"))
    if rating is None or (rating == 0 and not known):
        return False
    changed = False
    if not known or _stars(said(known[0])) != rating or len(known) > 1:
        changed = _simple(places, "xmp", "Rating", str(rating))
    for space, name, value in (("MicrosoftPhoto", "Rating", _PERCENT[rating]), ("acdsee", "rating", rating)):
        if any(properties(places, space, name)):  # who wrote it would contradict itself
            changed |= _simple(places, space, name, str(value))
    return changed


def _stars(text: str) -> int | None:
    try:
        return int(float(text))
    except ValueError:
        return None


def _keywords(places: Sequence[Element], words: tuple[str, ...]) -> bool:
    """Flat words and paths; a path stands among the flat ones with its last part, as the others write it."""
    mine = set(listed(places, "kinora", "keywords"))
    if not words and not mine:
        return False
    paths = {space_name: listed(places, *space_name) for space_name in (("lr", "hierarchicalSubject"),
             ("digiKam", "TagsList"), ("MicrosoftPhoto", "LastKeywordXMP"))}  # fmt: skip
    gone = mine - set(words)
    gone_flat = {_leaf(word) for word in gone} - {_leaf(word) for word in words}
    flat = [word for word in listed(places, "dc", "subject") if word not in gone_flat]
    known = [word.replace("|", "/") for found in paths.values() for word in found]
    every = [*dict.fromkeys([*(word for word in known if word not in gone), *words])]
    within = {part for path in every for part in path.split("/")}
    every += [word for word in flat if word not in within]
    changed = _list(places, "dc", "subject", "Bag", list(dict.fromkeys([*flat, *map(_leaf, every)])))
    changed |= _list(places, "lr", "hierarchicalSubject", "Bag", [word.replace("/", "|") for word in every])
    changed |= _list(places, "digiKam", "TagsList", "Seq", every)
    if paths["MicrosoftPhoto", "LastKeywordXMP"]:
        changed |= _list(places, "MicrosoftPhoto", "LastKeywordXMP", "Bag", every)
    return _list(places, "kinora", "keywords", "Bag", list(words)) | changed


def _leaf(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path


def _list(places: Sequence[Element], space: str, name: str, sort: str, values: list[str]) -> bool:
    """Let a property be this list; return whether it was another one."""
    if listed(places, space, name) == values:
        return False
    found = next((node for node in properties(places, space, name) if hasattr(node, "tagName")), None)
    home = found.parentNode if found is not None else places[0]
    dropped(places, space, name)
    if values:
        inner = added(added(home, SPACES[space], name), RDF, sort)
        for value in values:
            added(inner, RDF, "li", value)
    return True


def _description(places: Sequence[Element], text: str | None) -> bool:
    """The words for everybody (x-default); those in other languages stay. Kinora's own go when it has none any more."""
    if text is None:
        ours = listed(places, "kinora", "described")
        for node in list(properties(places, "dc", "description")) if ours else ():
            items = list(_items(node))
            mine = [
                one for one in items if one.getAttribute("xml:lang") == "x-default" and [_digest(said(one))] == ours
            ]
            for one in mine:
                remove(node if len(items) == 1 else one)
        dropped(places, "kinora", "described")
        return bool(ours)
    return _simple(places, "kinora", "described", _digest(text)) | _describe(places, text)


def _digest(text: str) -> str:
    return hashlib.blake2s(text.strip().encode("utf-8", "replace"), digest_size=8).hexdigest()


def _describe(places: Sequence[Element], text: str) -> bool:
    text = text.strip()
    for node in properties(places, "dc", "description"):
        for item in _items(node):
            if item.getAttribute("xml:lang") in ("x-default", ""):
                if said(item) == text:
                    return False
                for child in list(item.childNodes):
                    item.removeChild(child)
                item.appendChild(item.ownerDocument.createTextNode(text))
                return True
        for other in node.getElementsByTagNameNS(RDF, "Alt")[:1] if hasattr(node, "tagName") else ():
            item = added(other, RDF, "li", text)
            item.setAttribute("xml:lang", "x-default")
            other.insertBefore(item, other.firstChild)  # which has to come first
            return True
    dropped(places, "dc", "description")
    item = added(added(added(places[0], SPACES["dc"], "description"), RDF, "Alt"), RDF, "li", text)
    item.setAttribute("xml:lang", "x-default")
    return True


def _items(node: Any) -> Iterator[Any]:
    if hasattr(node, "getElementsByTagNameNS"):
        yield from node.getElementsByTagNameNS(RDF, "li")
