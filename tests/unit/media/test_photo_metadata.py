"""What a photo says of itself: dates, positions, ratings, keywords, cameras."""

import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from engine.media.dates import iso
from engine.media.exif import Exif, altitude, position, read_exif
from engine.media.iptc import photoshop_iptc, read_iptc
from engine.media.metadata import camera_name
from engine.media.source import Source
from engine.media.xmp import read_xmp
from engine.model import Facts

Open = Callable[..., Source]
XMP = """<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''
 xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'
 xmlns:lr='http://ns.adobe.com/lightroom/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/' xmp:Rating='4'
 xmp:CreateDate='2011-05-06T07:08:09+02:00' exif:GPSLatitude='39,6.9N' exif:GPSLongitude='108,24.0581W'>
<dc:title><rdf:Alt><rdf:li xml:lang='de'>Markt</rdf:li><rdf:li xml:lang='x-default'>Market</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>fish</rdf:li><rdf:li>fruit</rdf:li></rdf:Bag></dc:subject>
<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>A busy market.</rdf:li></rdf:Alt></dc:description>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Italy|Rome</rdf:li></rdf:Bag></lr:hierarchicalSubject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"""


def shot(folder: Path, source: Open, exif: Image.Exif | None = None, **options: object) -> Facts:
    Image.new("RGB", (16, 16)).save(folder / "a.jpg", exif=exif or Image.Exif(), **options)  # type: ignore[arg-type]
    return source(folder / "a.jpg").probe()


def test_exif(tmp_path: Path, source: Open) -> None:
    exif = Image.Exif()
    exif[271], exif[272], exif[270], exif[315] = "Canon", "Canon EOS 90D", "Lighthouse", "Ann"
    photo = exif.get_ifd(0x8769)
    photo[36867], photo[36881], photo[36868] = "2021:03:04 05:06:07", "+02:00", "2022:01:01 00:00:00"
    photo[33434], photo[33437], photo[34855], photo[42036] = 0.004, 2.8, 200, "EF 50mm"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (33.0, 51.0, 24.5), "E", (151.0, 12.0, 55.8)
    gps[5], gps[6] = b"\1", 7.5
    facts = shot(tmp_path, source, exif)
    assert (facts.taken, facts.taken_from) == ("2021-03-04T05:06:07+02:00", "EXIF DateTimeOriginal")
    assert (facts.camera, facts.lens, facts.creator, facts.description) == (
        "Canon EOS 90D",
        "EF 50mm",
        "Ann",
        "Lighthouse",
    )
    assert facts.latitude == pytest.approx(-33.856806, abs=1e-5)
    assert facts.longitude == pytest.approx(151.215500, abs=1e-5)
    assert facts.altitude == -7.5
    assert facts.country == "AU"
    assert "Sydney" in facts.place
    assert facts.extra["exposure"] == "1/250 s"


def test_xmp(tmp_path: Path, source: Open) -> None:
    facts = shot(tmp_path, source, xmp=XMP.encode())
    assert (facts.title, facts.description, facts.creator) == ("Market", "A busy market.", "Ann, Bo")
    assert facts.keywords == ("fish", "fruit", "Places/Italy/Rome")
    assert facts.rating == 4
    assert facts.taken == "2011-05-06T07:08:09+02:00"
    assert facts.latitude == pytest.approx(39.115)
    assert facts.longitude == pytest.approx(-108.400968, abs=1e-6)


def test_xmp_in_png_webp_and_heic(tmp_path: Path, source: Open) -> None:
    import pillow_heif

    image = Image.new("RGB", (16, 16))
    words = PngImagePlugin.PngInfo()
    words.add_itxt("XML:com.adobe.xmp", XMP)
    image.save(tmp_path / "a.png", pnginfo=words)
    image.save(tmp_path / "a.webp", xmp=XMP.encode())
    pillow_heif.from_pillow(image).save(tmp_path / "a.heic", xmp=XMP.encode())
    for name in ("a.png", "a.webp", "a.heic"):
        assert source(tmp_path / name).probe().keywords[:2] == ("fish", "fruit"), name


def test_iptc(tmp_path: Path, source: Open) -> None:
    def entry(name: int, text: str) -> bytes:
        return b"\x1c\x02" + struct.pack(">BH", name, len(text.encode())) + text.encode()

    data = entry(5, "Goal!") + entry(25, "sport") + entry(25, "Köln") + entry(55, "20050607") + entry(60, "101112+0200")
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(data)) + data
    assert photoshop_iptc(block) == data
    assert read_iptc(data)[25] == ("sport", "Köln")
    out = tmp_path / "plain.jpg"
    Image.new("RGB", (16, 16)).save(out)
    segment = b"Photoshop 3.0\0" + block + b"\0" * (len(data) % 2)
    raw = out.read_bytes()
    (tmp_path / "a.jpg").write_bytes(raw[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + raw[2:])
    facts = source(tmp_path / "a.jpg").probe()
    assert facts.title == "Goal!"
    assert facts.keywords == ("sport", "Köln")
    assert facts.taken == "2005-06-07T10:11:12+02:00"


def test_the_order_of_dates(tmp_path: Path, source: Open) -> None:
    exif = Image.Exif()
    exif[306] = "2001:01:01 01:01:01"
    exif.get_ifd(0x8769)[36868] = "0000:00:00 00:00:00"
    assert shot(tmp_path, source, exif).taken_from == "EXIF DateTime"
    assert shot(tmp_path, source, exif, xmp=XMP.encode()).taken_from == "XMP CreateDate"
    assert shot(tmp_path, source).taken is None


@pytest.mark.parametrize(
    ("text", "offset", "made"),
    [
        ("2020:06:15 12:00:00", "+00:00", "2020-06-15T12:00:00+00:00"), ("1969:07:20 20:17:40", "",
        "1969-07-20T20:17:40"),
        ("2038-01-19T03:14:08Z", "", "2038-01-19T03:14:08+00:00"), ("0000:00:00 00:00:00", "", None), ("", "", None),
        ("2020:13:45 99:99:99", "", None), ("    :  :     :  :  ", "", None), ("2011-05-06", "", "2011-05-06T00:00:00"),
        ("D:20240229101500+02'00'", "", "2024-02-29T10:15:00+02:00"), ("20240229", "", "2024-02-29T00:00:00"),
        ("1904-01-01T00:00:00.000000Z", "", None), ("2016:12:31 23:59:60", "", "2016-12-31T23:59:59"), ("yesterday",
        "", None),
        ("2020:06:15 12:00:00", "nonsense", "2020-06-15T12:00:00"),
    ],
)  # fmt: skip
def test_dates(text: str, offset: str, made: str | None) -> None:
    assert iso(text, offset) == made


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"), ("NIKON", "COOLPIX P6000", "NIKON COOLPIX P6000"),
        ("CASIO COMPUTER CO.,LTD.", "EX-Z750", "CASIO EX-Z750"), ("Apple", "iPhone 6", "Apple iPhone 6"),
        ("OLYMPUS OPTICAL CO.,LTD", "C2000Z", "OLYMPUS C2000Z"), ("", "X100", "X100"), ("Canon", "", "Canon"),
        ("SONY", "DSLR-A550", "SONY DSLR-A550"), ("Canon", "Canon EOS  500D\n", "Canon EOS 500D"),
    ],
)  # fmt: skip
def test_cameras(make: str, model: str, name: str) -> None:
    assert camera_name(make, model) == name


@pytest.mark.parametrize(
    "data",
    [
        b"", b"Exif\0\0", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\x08\0\0\0\x01\0" + b"\xff" * 12,
        b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 34665, 4, 1, 8), b"II*\0\xff\xff\xff\xff",
    ],
)  # fmt: skip
def test_broken_exif_says_nothing(data: bytes) -> None:
    assert isinstance(read_exif(data), Exif)


def test_bad_positions_are_no_positions() -> None:
    for gps in (
        {},
        {2: (None, 1), 4: (1,)},
        {1: "N", 2: (95.0,), 3: "E", 4: (1.0,)},
        {2: "x", 4: b"\0"},
        {2: (), 4: ()},
    ):
        assert position(gps) is None  # type: ignore[arg-type]
    assert position({1: "N", 2: (0.0,), 3: "E", 4: (0.0,)}) == (0.0, 0.0)
    assert altitude({6: (None,)}) is None


@pytest.mark.parametrize(
    "packet",
    [b"<x:xmpmeta", b"<!DOCTYPE a [<!ENTITY b 'c'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&b;</x:xmpmeta>", b"\0" * 99],
)
def test_broken_xmp_says_nothing(packet: bytes) -> None:
    assert read_xmp(packet) == {}


def test_hostile_exif_is_plain_text(tmp_path: Path, source: Open) -> None:
    exif = Image.Exif()
    exif[0x112], exif[0x010E] = 99, '<script>alert(1)</script>"; DROP TABLE items; -- \x07'
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + b"\xd8\x00" * 5
    facts = shot(tmp_path, source, exif)
    assert facts.description.startswith("<script>")
    assert "\x07" not in facts.description
    facts.to_json()


def test_real_positions_and_dates(media: Path, truths: dict[str, str], source: Open) -> None:
    seen = 0
    for name, truth in truths.items():
        place = re.search(r"GPS(?:\+DATE:)? (-?[\d.]+), ?(-?[\d.]+)", truth)
        if not name.startswith("metadata/gps") or not place:
            continue
        seen += 1
        facts = source(media / name).probe()
        assert facts.latitude == pytest.approx(float(place[1]), abs=2e-5), name
        assert facts.longitude == pytest.approx(float(place[2]), abs=2e-5), name
        date = re.search(r"(?:DATE:? |\d )(\d{4}[:-]\d\d[:-]\d\d \d\d:\d\d:\d\d)([+-]\d\d:\d\d)?", truth)
        wanted = iso(date[1], date[2] or "") if date else None
        if wanted and not date[2]:  # type: ignore[index]
            assert (facts.taken or "")[:19] == wanted, name
        else:
            assert facts.taken == wanted, name
        height = re.search(r"alt (-?[\d.]+)", truth)
        if height:
            assert facts.altitude == float(height[1]), name
            assert facts.rating == 4, name
            assert set(re.search(r"keywords ([^;]+)", truth)[1].split(",")) == set(facts.keywords), name  # type: ignore[index]
    assert seen >= 12


@pytest.mark.parametrize(
    ("name", "taken", "camera"),
    [
        ("metadata/dates/date_priority.jpg", "2023-02-02T02:00:00", ""),
        ("metadata/dates/time_created.jpg", None, "Canon EOS R5"),
        ("metadata/tags/picasa_people_tags.jpg", "2010-02-13T14:55:31", "Canon PowerShot SD1100 IS"),
        ("people/single/dubai_sandboard.jpg", "2010-04-20T08:10:38", None),
        ("people/single/girl_kitchen.jpg", "1999-11-23T18:32:58", None),
        ("photos/Colmar.jpg", "2009-11-15T06:20:24", "CASIO EX-Z750"),
        ("photos/desert_dunes.jpg", "2009-08-29T13:18:08", "Canon EOS 500D"),
    ],
)
def test_real_dates_and_cameras(media: Path, source: Open, name: str, taken: str | None, camera: str | None) -> None:
    facts = source(media / name).probe()
    assert (facts.taken or None) == taken or (facts.taken or "")[:19] == taken
    assert camera is None or facts.camera == camera


def test_real_bad_metadata(media: Path, source: Open) -> None:
    assert source(media / "broken/real/exif_gps_typeerror.jpg").probe().latitude is None
    assert source(media / "broken/real/hopper_bad_exif.jpg").picture(200).shape == (200, 200, 3)
    assert source(media / "photos/desert_dunes.jpg").probe().rating is not None
