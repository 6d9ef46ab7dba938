"""Read XMP: the RDF that cameras, phones and photo programs put into pictures."""

import codecs
import logging
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.exif import clean
from engine.media.files import opened, whole

log = logging.getLogger(__name__)

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SPACES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
}
_MOST_BYTES, _MOST_VALUES = 4 << 20, 1000

Xmp = Mapping[str, tuple[str, ...]]


def parse_xmp(data: bytes | str) -> Element | None:
    """Return the root of a packet; None when there is none or the XML is broken."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    start = next((at for at in map(raw.find, (b"<x:xmpmeta", b"<rdf:RDF")) if at >= 0), 0)
    raw = raw[start:].rstrip(b"\x00 \r\n\t")
    if not raw or len(raw) > _MOST_BYTES:
        return None
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        log.info("XMP was left out: %s", error)
        return None
    return root


def of_file(path: bytes) -> Element:
    """Return the root of an XMP file that lies beside another one.

    Raises:
        DamagedFile: it is too large, or no XMP that can be read.
        MediaError: it cannot be reached.
    """
    with opened(path) as stream:
        data = whole(stream, _MOST_BYTES, tr("XMP file"))
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            data = data.decode("utf-16", "replace").encode()
    root = parse_xmp(data)
    if root is None:
        raise DamagedFile(tr("This XMP file is damaged."), hint=tr("Let the program that wrote it write it again."))
    return root


def read_xmp(data: bytes | str) -> Xmp:
    """Return the values of known properties by their usual names ("dc:subject"); nothing when the XML is broken."""
    root = parse_xmp(data)
    return {} if root is None else values_of(root)


def values_of(root: Element) -> Xmp:
    """Return the values of known properties of a parsed packet."""
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            _keep(found, name, [value])
        for child in description:
            _keep(found, str(child.tag), _values(child))
    return {name: tuple(values[:_MOST_VALUES]) for name, values in found.items()}


def _values(element: Element) -> list[str]:
    items = [item for item in element.iter(f"{_RDF}li") if item.text and item.text.strip()]
    if items:
        first = [item for item in items if item.get("{http://www.w3.org/XML/1998/namespace}lang") == "x-default"]
        return [str(item.text) for item in (first or items)]
    return [element.text] if element.text and element.text.strip() else []


def _keep(found: dict[str, list[str]], name: str, values: list[str]) -> None:
    space, _, local = name[1:].partition("}")
    prefix = _SPACES.get(space)
    if prefix is None:
        return
    kept = found.setdefault(f"{prefix}:{local}", [])
    kept.extend(text for text in (clean(value) for value in values) if text and text not in kept)


def first(xmp: Xmp, *names: str) -> str:
    """Return the first value of the first of these properties that there is."""
    return next((xmp[name][0] for name in names if xmp.get(name)), "")


def position(xmp: Xmp) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees from properties such as "39,6.9N"."""
    latitude, longitude = _degrees(first(xmp, "exif:GPSLatitude")), _degrees(first(xmp, "exif:GPSLongitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


def _degrees(text: str) -> float | None:
    if not text:
        return None
    side, parts = text[-1].upper(), text.rstrip("NSEWnsew ").split(",")
    try:
        value = float(sum(float(part) / 60.0**at for at, part in enumerate(parts[:3])))
    except ValueError:
        return None
    return round(-value if side in "SW" else value, 7)
