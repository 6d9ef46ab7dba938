"""Faces that a photo's own metadata names, on the upright picture."""

from pathlib import Path

import pytest

from engine.media.regions import on_upright, regions_of, turned
from engine.media.source import Source
from engine.media.xmp import parse_xmp
from engine.model import Box, Kind

SPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" '
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
)


def packet(inside: str) -> str:
    return f'<rdf:RDF {SPACES}><rdf:Description rdf:about="">{inside}</rdf:Description></rdf:RDF>'


def mwg(entries: str, dims: str = 'stDim:w="400" stDim:h="300"') -> str:
    return packet(
        f'<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions {dims} stDim:unit="pixel"/>'
        f"<mwg-rs:RegionList><rdf:Bag>{entries}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


def entry(name: str, kind: str = "Face", unit: str = "normalized", x: float = 0.5) -> str:
    return (
        f'<rdf:li><rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="{kind}"><mwg-rs:Area stArea:x="{x}" '
        'stArea:y="0.4" '
        f'stArea:w="0.2" stArea:h="0.1" stArea:unit="{unit}"/></rdf:Description></rdf:li>'
    )


def read(text: str) -> list[tuple[str, tuple[float, ...]]]:
    root = parse_xmp(text)
    assert root is not None
    return [(region.name, tuple(round(v, 4) for v in region.box)) for region in regions_of(root)]


def test_faces_are_read_by_their_centre_and_other_regions_left_out() -> None:
    entries = entry("Zoë") + entry("", x=0.1) + entry("F", "Focus") + entry("Bo", unit="pixel") + entry("Edge", x=0.95)
    assert read(mwg(entries)) == [("Zoë", (0.4, 0.35, 0.2, 0.1)), ("Edge", (0.85, 0.35, 0.15, 0.1))]


def test_pets_are_told_from_people() -> None:
    root = parse_xmp(mwg(entry("Zoë") + entry("Rex", "Pet", x=0.2)))
    assert root is not None
    found = regions_of(root)
    assert [(one.name, one.pet) for one in found] == [("Zoë", False), ("Rex", True)]
    assert [one.get("pet") for one in on_upright(found, (400, 300), 1)] == [None, True]


def test_structures_written_as_elements_are_read() -> None:
    item = (
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Ann</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>'
        '<mwg-rs:Area rdf:parseType="Resource"><stArea:x>0.5</stArea:x><stArea:y>0.4</stArea:y><stArea:w>0.2</stArea:w>'
        "<stArea:h>0.1</stArea:h></mwg-rs:Area></rdf:li>"
    )
    assert read(mwg(item)) == [("Ann", (0.4, 0.35, 0.2, 0.1))]


def test_microsoft_people_tags_serve_where_there_are_no_regions() -> None:
    tags = (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
        '<rdf:li MPReg:PersonDisplayName="Ann" MPReg:Rectangle="0.1, 0.2, 0.3, 0.4"/>'
        '<rdf:li MPReg:PersonDisplayName="Nowhere"/>'
        '<rdf:li MPReg:PersonDisplayName="Bad" MPReg:Rectangle="a, 2, 3, 4"/>'
        "</rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )
    assert read(packet(tags)) == [("Ann", (0.1, 0.2, 0.3, 0.4))]


def test_regions_of_another_shape_are_left_out() -> None:
    root = parse_xmp(mwg(entry("Ann")))
    assert root is not None
    assert on_upright(regions_of(root), (800, 600), 1) == [{"name": "Ann", "box": [0.4, 0.35, 0.2, 0.1]}]
    assert on_upright(regions_of(root), (800, 800), 1) == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_with_the_picture(orientation: int) -> None:
    from PIL import Image, ImageDraw

    from engine.media.pixels import upright

    picture = Image.new("L", (200, 100))
    ImageDraw.Draw(picture).rectangle((20, 10, 59, 29), fill=255)
    shown = upright(picture, orientation)
    x0, y0, x1, y1 = shown.getbbox() or (0, 0, 0, 0)
    width, height = shown.size
    wanted = Box(x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height)
    assert turned(Box(0.1, 0.1, 0.2, 0.2), orientation) == pytest.approx(wanted)


def test_a_picture_stored_lying_has_its_faces_where_they_are_seen(media: Path) -> None:
    found = []
    for name in ("photos/curie_couple_bw.jpg", "metadata/faces/portrait_orient6_regions.jpg"):
        with Source(bytes(media / name), Kind.PHOTO, "image/jpeg") as source:
            found.append({entry["name"]: entry["box"] for entry in source.probe().extra["regions"]})
    assert found[0].keys() == {"Marie Curie", "Pierre Curie"}
    for name, box in found[0].items():
        assert found[1][name] == pytest.approx(box, abs=2e-3)
