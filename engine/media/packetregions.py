"""The faces of an XMP document that is changed: MWG regions and Microsoft's people tags, those of others kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.media.dom import RDF, SPACES, added, declared, dropped, listed, properties

if TYPE_CHECKING:
    from xml.dom.minidom import Element

    from engine.media.packet import Face

_SAME = 0.3  # intersection over union from which two boxes are one face: some programs draw heads, some faces
_SHAPE = 0.02  # by which the shapes of two pictures may differ and still be the same
Corner = tuple[float, float, float, float]  # left, top, width, height as shares


class _Known(NamedTuple):
    """A region that stands there; `box` is None where it cannot be told."""

    node: Any
    name: str
    kind: str
    box: Corner | None


def put(places: Sequence[Element], faces: Sequence[Face], size: tuple[int, int]) -> bool:
    """Let the document name these faces; return whether it named others."""
    mine = set(listed(places, "kinora", "faces"))
    if not faces and not mine:
        return False
    changed = _put_mwg(places, faces, size, mine)
    changed |= _put_microsoft(places, [face for face in faces if not face.pet], mine)
    names = list(dict.fromkeys(face.name for face in faces))
    if names == listed(places, "kinora", "faces"):
        return changed
    dropped(places, "kinora", "faces")
    if names:
        bag = added(added(places[0], SPACES["kinora"], "faces"), RDF, "Bag")
        for name in names:
            added(bag, RDF, "li", name)
    return True


def _put_mwg(places: Sequence[Element], faces: Sequence[Face], size: tuple[int, int], mine: set[str]) -> bool:
    top = _first(places, "mwg-rs", "Regions")
    known = [] if top is None else [_mwg(item) for item in top.getElementsByTagNameNS(RDF, "li")]
    if _same_shape(top, size) and _equal(known, faces):
        return False
    kept = _kept(known, faces, mine) if _same_shape(top, size) else []
    home = places[0] if top is None else top.parentNode
    for one in kept:
        one.node.parentNode.removeChild(one.node)
    dropped(places, "mwg-rs", "Regions")
    if not faces and not kept:
        return bool(known)
    top = _resource(added(home, SPACES["mwg-rs"], "Regions"))
    if all(size):
        _fields(added(top, SPACES["mwg-rs"], "AppliedToDimensions"), "stDim",
                {"w": str(size[0]), "h": str(size[1]), "unit": "pixel"})  # fmt: skip
    bag = added(added(top, SPACES["mwg-rs"], "RegionList"), RDF, "Bag")
    for one in kept:
        bag.appendChild(one.node)
    for face in faces:
        entry = added(added(bag, RDF, "li"), RDF, "Description")
        _fields(entry, "mwg-rs", {"Name": face.name, "Type": "Pet" if face.pet else "Face"})
        x, y, w, h = face.box
        area = {"x": x + w / 2, "y": y + h / 2, "w": w, "h": h}
        _fields(added(entry, SPACES["mwg-rs"], "Area"), "stArea",
                {**{key: _share(value) for key, value in area.items()}, "unit": "normalized"})  # fmt: skip
    return True


def _put_microsoft(places: Sequence[Element], faces: Sequence[Face], mine: set[str]) -> bool:
    top = _first(places, "MP", "RegionInfo")
    known = [] if top is None else [_microsoft(item) for item in top.getElementsByTagNameNS(RDF, "li")]
    if _equal(known, faces):
        return False
    kept = _kept(known, faces, mine)
    home = places[0] if top is None else top.parentNode
    for one in kept:
        one.node.parentNode.removeChild(one.node)
    dropped(places, "MP", "RegionInfo")
    if not faces and not kept:
        return bool(known)
    top = _resource(added(home, SPACES["MP"], "RegionInfo"))
    bag = added(added(top, SPACES["MPRI"], "Regions"), RDF, "Bag")
    for one in kept:
        bag.appendChild(one.node)
    for face in faces:
        entry = added(bag, RDF, "li")
        _fields(entry, "MPReg", {"PersonDisplayName": face.name, "Rectangle": ", ".join(map(_share, face.box))})
    return True


def _first(places: Sequence[Element], space: str, name: str) -> Any:
    return next((one for one in properties(places, space, name) if hasattr(one, "tagName")), None)


def _resource(node: Element) -> Element:
    node.setAttributeNS(RDF, f"{declared(node, RDF)}:parseType", "Resource")
    return node


def _fields(node: Element, space: str, values: dict[str, str]) -> None:
    for name, value in values.items():
        node.setAttributeNS(SPACES[space], f"{declared(node, SPACES[space])}:{name}", value)


def _share(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _kept(known: Sequence[_Known], faces: Sequence[Face], mine: set[str]) -> list[_Known]:
    """What others wrote: no face that is said anew, and none that Kinora wrote and says no more."""
    return [
        one for one in known
        if (one.kind not in ("Face", "Pet") and one.name not in mine)
        or (one.name not in mine and (one.box is None or all(_shared(one.box, face.box) < _SAME for face in faces)))
    ]  # fmt: skip


def _equal(known: Sequence[_Known], faces: Sequence[Face]) -> bool:
    """Whether those that are there are these, and nothing else that Kinora would write."""
    wanted = [(face.name, "Pet" if face.pet else "Face", face.box) for face in faces]
    left = [one for one in known if one.box is not None]
    for name, kind, box in wanted:
        same = next((one for one in left if one.box is not None and one.name == name and one.kind in (kind, "")
                     and max(abs(a - b) for a, b in zip(one.box, box, strict=True)) < 1e-4), None)  # fmt: skip
        if same is None:
            return False
        left.remove(same)
    return not any(_shared(one.box, box) >= _SAME for one in left if one.box for _, _, box in wanted) and bool(wanted)


def _shared(a: Corner, b: Corner) -> float:
    """Intersection over union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def _same_shape(top: Any, size: tuple[int, int]) -> bool:
    """Whether the regions that stand there were drawn on a picture of this shape, lying or standing."""
    if top is None or not all(size):
        return True
    found = top.getElementsByTagNameNS(SPACES["mwg-rs"], "AppliedToDimensions")
    values = _flat(found[0]) if found else {}
    width, height = (_number(values.get((SPACES["stDim"], key))) for key in "wh")
    if not width or not height:
        return True
    shape = width / height * size[1] / size[0]
    turned = height / width * size[1] / size[0]
    return abs(shape - 1) <= _SHAPE or abs(turned - 1) <= _SHAPE


def _mwg(item: Element) -> _Known:
    values, space, area = _flat(item), SPACES["mwg-rs"], SPACES["stArea"]
    parts = [_number(values.get((area, key))) for key in "xywh"]
    box = None
    if values.get((area, "unit"), "normalized") == "normalized" and None not in parts:
        x, y, w, h = (float(part or 0) for part in parts)
        box = (x - w / 2, y - h / 2, w, h)
    return _Known(item, values.get((space, "Name"), ""), values.get((space, "Type"), "Face"), box)


def _microsoft(item: Element) -> _Known:
    values, space = _flat(item), SPACES["MPReg"]
    parts = [_number(part) for part in values.get((space, "Rectangle"), "").split(",")]
    box = None
    if len(parts) == 4 and None not in parts:
        x, y, w, h = (float(part or 0) for part in parts)
        box = (x, y, w, h)
    return _Known(item, values.get((space, "PersonDisplayName"), ""), "", box)


def _flat(item: Any) -> dict[tuple[str | None, str | None], str]:
    """Every field of a structure, however it is written: attributes and elements with text, at any depth."""
    found: dict[tuple[str | None, str | None], str] = {}
    for node in (item, *item.getElementsByTagName("*")):
        for at in range(node.attributes.length):
            one = node.attributes.item(at)
            found[one.namespaceURI, one.localName] = str(one.value).strip()
        text = "".join(child.data for child in node.childNodes if child.nodeType in (3, 4)).strip()
        if text:
            found.setdefault((node.namespaceURI, node.localName), text)
    return found


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
