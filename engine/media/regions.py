"""Faces that a photo's own metadata names: MWG regions, and Microsoft's people tags where there are none.

Sources: Metadata Working Group, Guidelines for Handling Image Metadata 2.0, section 5.9 (areas are given by their
centre, as shares of the stored picture: turning by the EXIF orientation turns the areas too; they mean nothing when the
picture's shape is not the one that they were applied to); Microsoft, People Tagging Overview (rectangles are left, top,
width, height as shares).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.media.exif import clean
from engine.model import Box

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
_DIM = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
_MP = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MOST = 200  # regions of one file
_LONGEST = 200  # characters of a name
_SHAPE = 0.02  # by which the shapes of two pictures may differ and still be the same


@dataclass(frozen=True, slots=True)
class Region:
    """A named face; the box lies on the stored picture, before it is turned. `shape` is width by height, 0 = unsaid."""

    name: str
    box: Box
    shape: float = 0.0
    pet: bool = False


def regions_of(root: Element) -> tuple[Region, ...]:
    """The named faces of a parsed XMP packet."""
    found = tuple(_mwg(root)) or tuple(_microsoft(root))
    return found[:_MOST]


def on_upright(regions: tuple[Region, ...], size: tuple[int, int], orientation: int) -> list[dict[str, object]]:
    """The regions on the upright picture, as facts keep them; `size` is that of the stored picture.

    Those that were drawn on a picture of another shape (it was cropped since) are left out.
    """
    shape = size[0] / size[1] if size[1] else 0.0
    return [
        {
            "name": region.name,
            "box": [round(value, 5) for value in turned(region.box, orientation)],
            **({"pet": True} if region.pet else {}),
        }
        for region in regions
        if not region.shape or not shape or abs(region.shape / shape - 1) <= _SHAPE
    ]


def lying(box: Box, orientation: int) -> Box:
    """A box of the upright picture on the stored one: the way back from `turned`."""
    return turned(box, {6: 8, 8: 6}.get(orientation, orientation))


def turned(box: Box, orientation: int) -> Box:
    """A box of the stored picture on the upright one (EXIF orientation 1..8)."""
    left, top, right, bottom = box.x, box.y, 1 - box.x - box.w, 1 - box.y - box.h
    corner = {
        2: (right, top), 3: (right, bottom), 4: (left, bottom), 5: (top, left), 6: (bottom, left), 7: (bottom, right),
        8: (top, right),
    }.get(orientation, (left, top))  # fmt: skip
    size = (box.h, box.w) if orientation >= 5 else (box.w, box.h)
    return Box(*corner, *size)


def _mwg(root: Element) -> Iterator[Region]:
    for regions in root.iter(f"{_MWG}Regions"):
        whole = _fields(regions.find(f".//{_MWG}AppliedToDimensions"), _DIM)
        width, height = _number(whole.get("w")), _number(whole.get("h"))
        shape = width / height if width and height else 0.0
        for item in regions.iter(f"{_RDF}li"):
            # A structure may be the item itself, or a description inside of it; a field an attribute or an element.
            entry = item if item.find(f"{_RDF}Description") is None else item.find(f"{_RDF}Description")
            fields = _fields(entry, _MWG)
            area = _fields(item.find(f".//{_MWG}Area"), _AREA)
            name = _name(fields.get("Name"))
            kind = fields.get("Type", "Face")
            if not name or kind not in ("Face", "Pet") or area.get("unit", "normalized") != "normalized":
                continue
            parts = [part for part in (_number(area.get(key)) for key in "xywh") if part is not None]
            if len(parts) != 4:
                continue
            x, y, w, h = parts
            box = _box(x - w / 2, y - h / 2, w, h)
            if box is not None:
                yield Region(name, box, shape, kind == "Pet")


def _microsoft(root: Element) -> Iterator[Region]:
    for item in root.iter(f"{_RDF}li"):
        entry = item if item.find(f"{_RDF}Description") is None else item.find(f"{_RDF}Description")
        fields = _fields(entry, _MP)
        parts = [_number(part) for part in fields.get("Rectangle", "").split(",")]
        name = _name(fields.get("PersonDisplayName"))
        if not name or len(parts) != 4 or None in parts:
            continue
        box = _box(*parts)  # type: ignore[arg-type]
        if box is not None:
            yield Region(name, box)


def _fields(element: Element | None, space: str) -> Mapping[str, str]:
    if element is None:
        return {}
    found = {name[len(space) :]: value for name, value in element.attrib.items() if name.startswith(space)}
    for inner in (element, *element.findall(f"{_RDF}Description")):
        found |= {str(child.tag)[len(space) :]: child.text or "" for child in inner if str(child.tag).startswith(space)}
    return {name: value.strip() for name, value in found.items()}


def _name(text: str | None) -> str:
    return " ".join(clean(text or "").split())[:_LONGEST]


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None


def _box(x: float, y: float, w: float, h: float) -> Box | None:
    """The part of a box that lies on the picture; None when nothing (or all of nothing) does."""
    left, top, right, bottom = max(0.0, x), max(0.0, y), min(1.0, x + w), min(1.0, y + h)
    return Box(left, top, right - left, bottom - top) if right - left > 1e-4 and bottom - top > 1e-4 else None
