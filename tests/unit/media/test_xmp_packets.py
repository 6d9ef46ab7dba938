"""Writing XMP: what is Kinora's is said, what is others' stays, what is no XMP is refused."""

import re
from xml.etree import ElementTree

import pytest

from engine.errors import DamagedFile
from engine.media import metadata, regions, xmp
from engine.media.packet import Face, Said, merged, packet

NOW = "2026-01-02T03:04:05+00:00"
ALL = Said(
    4, ("Rome", "Places/Italy/Rome", "Ann & <Bo>"), "Morning\nat the sea",
    (Face("Zoë", (0.4, 0.35, 0.2, 0.1)), Face("Rex", (0.1, 0.1, 0.1, 0.1), True)), (400, 300),
)  # fmt: skip
DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:darktable="http://darktable.sf.net/"
   exif:DateTimeOriginal="2020:05:01 10:00:00"
   xmp:Rating="1"
   darktable:xmp_version="4"
   darktable:auto_presets_applied="1">
   <!-- its own -->
   <darktable:history>
    <rdf:Seq>
     <rdf:li darktable:num="0" darktable:operation="exposure" darktable:params="gz02eJxjYGBg&#10;AA=="/>
     <rdf:li darktable:num="1" darktable:operation="crop" darktable:params="00112233"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
LIGHTROOM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000">
 <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <r:Description r:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Version="15.4"
   crs:Exposure2012="+0.35"><crs:ToneCurvePV2012><r:Seq><r:li>0, 0</r:li><r:li>255, 255</r:li></r:Seq>
   </crs:ToneCurvePV2012></r:Description>
  <r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/">
   <dc:subject><r:Bag><r:li>Italy</r:li><r:li>old</r:li></r:Bag></dc:subject>
   <lr:hierarchicalSubject><r:Bag><r:li>Places|Italy</r:li><r:li>old</r:li></r:Bag></lr:hierarchicalSubject>
   <dc:description><r:Alt><r:li xml:lang="de">Am Meer</r:li></r:Alt></dc:description>
  </r:Description>
 </r:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def meaning(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every property of a document: whose, with its attributes and words in order."""
    root = ElementTree.fromstring(text.encode())
    rdf = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
    found = []
    for place in root.iter(f"{rdf}Description"):
        found += [("", name, (value,)) for name, value in place.attrib.items()]
        for child in place:
            inner = [part for node in child.iter() for part in (node.tag, str(node.attrib), (node.text or "").strip())]
            found.append(("", child.tag, tuple(inner)))
    return found


def foreign(text: str, *spaces: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [one for one in meaning(text) if any(space in one[1] for space in spaces)]


def facts(text: str) -> tuple[int | None, set[str]]:
    root = xmp.parse_xmp(text)
    assert root is not None
    found = metadata.beside_facts(root)
    return found.rating, set(found.keywords)


def names(text: str) -> dict[str, tuple[tuple[float, ...], bool]]:
    root = xmp.parse_xmp(text)
    assert root is not None
    return {one.name: (tuple(round(v, 5) for v in one.box), one.pet) for one in regions.regions_of(root)}


def test_a_new_packet_says_it_all_in_every_dialect() -> None:
    text = packet(ALL, NOW)
    assert facts(text) == (4, {"Rome", "Places/Italy/Rome", "Ann & <Bo>"})
    assert names(text) == {"Zoë": ((0.4, 0.35, 0.2, 0.1), False), "Rex": ((0.1, 0.1, 0.1, 0.1), True)}
    values = xmp.read_xmp(text)
    assert values["dc:subject"] == ("Rome", "Ann & <Bo>")
    assert values["lr:hierarchicalSubject"] == ("Rome", "Places|Italy|Rome", "Ann & <Bo>")
    assert values["digiKam:TagsList"] == ("Rome", "Places/Italy/Rome", "Ann & <Bo>")
    assert values["dc:description"] == ("Morning\nat the sea",)
    assert 'MPReg:PersonDisplayName="Zoë"' in text
    assert "Rex" not in text[text.index("MP:RegionInfo") : text.index("</MP:RegionInfo")], "MP knows people alone"
    assert 'stDim:w="400" stDim:h="300" stDim:unit="pixel"' in text


def test_the_same_again_changes_nothing() -> None:
    assert merged(packet(ALL, NOW).encode(), ALL, "later") is None
    once = merged(DARKTABLE.encode(), ALL, NOW)
    assert once is not None
    assert merged(once.encode(), ALL, "later") is None


def test_what_is_of_other_programs_stays_with_prefixes_order_and_comments() -> None:
    text = merged(DARKTABLE.encode(), ALL, NOW)
    assert text is not None
    for space in ("darktable", "exif"):
        assert foreign(text, space) == foreign(DARKTABLE, space) != []
    assert facts(text)[0] == 4
    assert text.count("xmp:Rating=") == 1
    assert "<!-- its own -->" in text
    assert "&#10;AA==" in text, "a line break in a value is not white space"
    assert re.findall(r"<darktable:\w+", text) == re.findall(r"<darktable:\w+", DARKTABLE)


def test_settings_of_a_raw_converter_stay_and_its_words_are_joined() -> None:
    text = merged(LIGHTROOM.encode(), Said(words=("Rome",), description="At sea"), NOW)
    assert text is not None
    assert foreign(text, "camera-raw-settings") == foreign(LIGHTROOM, "camera-raw-settings") != []
    assert text.startswith("<?xpacket begin"), "no declaration where there was none"
    assert text.index("xpacket begin") < text.index("xmpmeta") < text.index("xpacket end")
    assert facts(text)[1] == {"Places/Italy", "old", "Rome"}
    assert "<r:li>Rome</r:li>" in text, "the prefix that the file uses is used on"
    assert xmp.read_xmp(text)["dc:description"] == ("At sea",)
    assert "Am Meer" in text


def test_kinora_takes_back_only_what_it_wrote() -> None:
    first = merged(LIGHTROOM.encode(), ALL, NOW)
    assert first is not None
    second = merged(first.encode(), Said(words=("Rome",), size=(400, 300)), NOW)
    assert second is not None
    assert facts(second) == (4, {"Places/Italy", "old", "Rome"}), "nothing said of stars leaves them"
    assert names(second) == {}
    assert "Zoë" not in second
    assert xmp.read_xmp(second).get("dc:description", ()) == ("Am Meer",)
    assert facts(merged(second.encode(), Said(0), NOW) or "")[0] is None


def test_faces_of_others_stay_but_for_those_that_are_said_anew() -> None:
    theirs = (Face("Theirs", (0.41, 0.34, 0.2, 0.1)), Face("Elsewhere", (0.7, 0.7, 0.2, 0.2)))
    there = re.sub(
        r"\s*<kinora:faces>.*</kinora:faces>", "", packet(Said(faces=theirs, size=(400, 300)), NOW), flags=re.S
    )
    there = there.replace('mwg-rs:Type="Face"', 'mwg-rs:Type="Face" mwg-rs:Description="kept"')
    text = merged(there.encode(), ALL, NOW)
    assert text is not None
    assert set(names(text)) == {"Zoë", "Rex", "Elsewhere"}
    assert text.count('mwg-rs:Description="kept"') == 1
    renamed = merged(text.encode(), Said(faces=(Face("Zoe", (0.4, 0.35, 0.2, 0.1)),), size=(400, 300)), NOW)
    assert set(names(renamed or "")) == {"Zoe", "Elsewhere"}


def test_regions_of_another_shape_give_way() -> None:
    there = packet(Said(faces=(Face("Old", (0.7, 0.7, 0.2, 0.2)),), size=(400, 400)), NOW).replace("kinora:", "other:")
    there = there.replace("xmlns:kinora", "xmlns:other").replace("urn:kinora:xmp:1.0/", "urn:other/")
    text = merged(there.encode(), ALL, NOW)
    assert set(names(text or "")) == {"Zoë", "Rex"}


def test_stars_in_other_dialects_follow() -> None:
    there = DARKTABLE.replace("exif:DateTimeOriginal", 'xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" '
                              'MicrosoftPhoto:Rating="1" exif:DateTimeOriginal')  # fmt: skip
    text = merged(there.encode(), Said(5), NOW)
    assert text is not None
    assert 'MicrosoftPhoto:Rating="99"' in text


def test_words_that_no_xml_can_hold_are_left_out_of_it() -> None:
    text = packet(Said(words=("a\x0bb\ud800",), description="x\x00y"), NOW)
    assert facts(text)[1] == {"ab"}
    assert xmp.read_xmp(text)["dc:description"] == ("xy",)


def test_wide_characters_are_read_and_written_as_utf_8() -> None:
    text = merged(DARKTABLE.replace("UTF-8", "UTF-16").encode("utf-16"), ALL, NOW)
    assert text is not None
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert foreign(text, "darktable") == foreign(DARKTABLE, "darktable")
    latin = DARKTABLE.replace("UTF-8", "ISO-8859-1").replace("its own", "eigenes: ä").encode("latin-1")
    assert "eigenes: ä" in (merged(latin, ALL, NOW) or "")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no XML", DARKTABLE[:-30].encode(), DARKTABLE.replace("its own", "\xe4").encode("latin-1"),
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + LIGHTROOM.encode(),
        b"<a>" * 50_000, b"<a/>" * 200_000, b"<x>" + b"<a/>" * 200_000 + b"</x>",
        DARKTABLE.encode() + b"x" * (5 << 20),
        b"<a " + b'b=""' * 10 + b"/>", b"<a " + b" ".join(b'b%d=""' % n for n in range(400_000)) + b"/>", b"<html/>",
        b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" + b"<a>" * 200 + b"</a>" * 200 + b"</r:RDF>",
    ],
    ids=("empty", "text", "cut off", "wrong encoding", "entities", "open", "flat", "many", "huge", "twice", "values",
         "html", "deep"),
)  # fmt: skip
def test_what_is_no_xmp_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedFile):
        merged(data, ALL, NOW)
