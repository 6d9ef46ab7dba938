"""Weigh what EXIF, IPTC and XMP of a photo say into one set of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.media import exif, iptc, xmp
from engine.media.dates import iso
from engine.media.exif import Exif
from engine.media.files import opened
from engine.media.places import Place, place_at
from engine.media.regions import Region, on_upright, regions_of
from engine.model import Facts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from PIL.Image import Image

_MOST_WORDS = 200  # keywords of one file
_MOST_TEXT = 20_000  # characters of a description
_JUNK = re.compile(
    r"^(OLYMPUS DIGITAL CAMERA|SONY DSC|DCF 1\.0|SAMSUNG|DCIM.*|Exif_JPEG_PICTURE|Digital StillCamera|default)$", re.I
)
_FIRM = re.compile(
    r"\s*\b(corporation|corp\.?|company|computer|optical|imaging|electric|techwin|co\.,?\s*ltd\.?|co\.|inc\.?|ltd\.?|gmbh)(?=\W|$)[.,]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The metadata that a photo carries, as read."""

    exif: Exif = field(default_factory=Exif)
    xmp: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    iptc: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)  # of a PNG
    faces: tuple[Region, ...] = ()  # named, on the stored picture

    @property
    def orientation(self) -> int:
        """How the stored pixels lie (EXIF, 1..8); 1 where it makes no sense."""
        found = exif.number(self.exif.main, 274)
        return int(found) if found is not None and 1 <= found <= 8 else 1

    @classmethod
    def of_image(cls, image: Image, path: bytes) -> Embedded:
        """Read what Pillow found in the header of an open picture."""
        info = image.info
        if image.format == "TIFF":
            with opened(path) as stream:
                return cls.of_exif(exif.read_tiff(stream))
        raw = info.get("exif")
        tags = exif.read_exif(raw) if isinstance(raw, bytes) else Exif()
        packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
        resources = info.get("photoshop")
        news = resources.get(0x0404, b"") if isinstance(resources, dict) else b""
        words = {key: value for key, value in info.items() if isinstance(key, str) and isinstance(value, str)}
        said = iptc.read_iptc(news if isinstance(news, bytes) else b"")
        return cls(tags, xmp.read_xmp(packet), said, words, faces=_faces(packet))

    @classmethod
    def of_exif(cls, tags: Exif) -> Embedded:
        """Read what the directories of a TIFF or RAW file hold."""
        packet = tags.main.get(700, b"")
        news = tags.main.get(33723, b"")
        if not isinstance(news, bytes) or not news:
            block = tags.main.get(34377, b"")
            news = iptc.photoshop_iptc(block) if isinstance(block, bytes) else b""
        packet = packet if isinstance(packet, bytes) else b""
        return cls(tags, xmp.read_xmp(packet), iptc.read_iptc(news), faces=_faces(packet))


def _faces(packet: bytes | str) -> tuple[Region, ...]:
    if (b"Regions" if isinstance(packet, bytes) else "Regions") not in packet:  # type: ignore[operator]
        return ()
    root = xmp.parse_xmp(packet)
    return () if root is None else regions_of(root)


def photo_facts(found: Embedded, size: tuple[int, int] = (0, 0)) -> Facts:
    """Return one set of facts; size and format are added by the reader. `size` is that of the stored picture."""
    main, photo, gps = found.exif.main, found.exif.photo, found.exif.gps
    taken, taken_from = _taken(found)
    spot = exif.position(gps) or xmp.position(found.xmp)
    place = place_at(*spot) if spot else Place()
    return Facts(
        taken=taken,
        taken_from=taken_from,
        latitude=spot[0] if spot else None,
        longitude=spot[1] if spot else None,
        altitude=exif.altitude(gps) if spot else None,
        place=place.name,
        place_words=place.words,
        country=place.country,
        camera=camera_name(
            exif.text(main, 271) or xmp.first(found.xmp, "tiff:Make"),
            exif.text(main, 272) or xmp.first(found.xmp, "tiff:Model"),
        ),
        lens=_single(exif.text(photo, 42036) or xmp.first(found.xmp, "exifEX:LensModel", "aux:Lens")),
        rating=_rating(found),
        title=_single(
            xmp.first(found.xmp, "dc:title") or _iptc(found, 5) or exif.wide_text(main, 40091) or _png(found, "Title")
        ),
        description=_description(found),
        creator=_single(
            ", ".join(found.xmp.get("dc:creator", ()))
            or exif.text(main, 315)
            or _iptc(found, 80)
            or _png(found, "Author")
        ),
        keywords=_keywords(found),
        extra=_shown(found) | _regions(found, size),
    )


def _taken(found: Embedded) -> tuple[str | None, str]:
    """Return when the photo was taken, and which tag says so; the first that is a real date wins."""
    main, photo = found.exif.main, found.exif.photo
    zone = exif.text(photo, 36880)
    stamp = xmp.first
    candidates: tuple[tuple[str, str, str], ...] = (
        ("EXIF DateTimeOriginal", exif.text(photo, 36867), exif.text(photo, 36881) or zone),
        ("EXIF CreateDate", exif.text(photo, 36868), exif.text(photo, 36882) or zone),
        ("IPTC DateCreated", _iptc_date(found), ""),
        ("XMP DateTimeOriginal", stamp(found.xmp, "exif:DateTimeOriginal"), ""),
        ("XMP DateCreated", stamp(found.xmp, "photoshop:DateCreated"), ""),
        ("XMP CreateDate", stamp(found.xmp, "xmp:CreateDate"), ""),
        ("PNG Creation Time", _png(found, "Creation Time"), ""),
        ("GPS date", _gps_date(found), "Z"),
        ("EXIF DateTime", exif.text(main, 306), zone),
    )
    for name, text, offset in candidates:
        made = iso(text, offset) if text else None
        if made:
            return made, name
    return None, ""


def _iptc_date(found: Embedded) -> str:
    date, time = _iptc(found, 55), _iptc(found, 60)
    return f"{date}T{time}" if date and time else date


def _gps_date(found: Embedded) -> str:
    date = exif.text(found.exif.gps, 29)
    clock = [exif.number(found.exif.gps, 7, at) for at in range(3)]
    if not date or any(part is None for part in clock):
        return ""
    return f"{date} " + ":".join(f"{int(part or 0):02d}" for part in clock)


def _iptc(found: Embedded, name: int) -> str:
    return next(iter(found.iptc.get(name, ())), "")


def _png(found: Embedded, name: str) -> str:
    return exif.clean(found.text.get(name, ""))[:_MOST_TEXT]


def _rating(found: Embedded) -> int | None:
    """Return 1..5; 0 (not rated) and -1 (rejected) count as unknown."""
    text = xmp.first(found.xmp, "xmp:Rating", "acdsee:rating")
    try:
        value = float(text) if text else exif.number(found.exif.main, 18246)
    except ValueError:
        value = None
    return min(5, int(value)) if value is not None and 1 <= value <= 100 else None


def _description(found: Embedded) -> str:
    for text in (
        xmp.first(found.xmp, "dc:description"),
        _iptc(found, 120),
        exif.text(found.exif.main, 270),
        exif.wide_text(found.exif.main, 40092),
        _user_comment(found),
        _png(found, "Description") or _png(found, "Comment"),
    ):
        if text and not _JUNK.match(text):
            return text[:_MOST_TEXT]
    return ""


def _user_comment(found: Embedded) -> str:
    raw = found.exif.photo.get(37510)
    if not isinstance(raw, bytes):
        return raw if isinstance(raw, str) else ""
    code, body = raw[:8], raw[8:]
    if code == b"UNICODE\x00":
        return exif.clean(body.decode("utf-16", "replace").replace("\x00", ""))
    return exif.text_of(body) if code == b"ASCII\x00\x00\x00" else ""


def _keywords(found: Embedded) -> tuple[str, ...]:
    paths = [*found.xmp.get("lr:hierarchicalSubject", ()), *found.xmp.get("digiKam:TagsList", ())]
    return unique(
        [
            *found.xmp.get("dc:subject", ()),
            *found.iptc.get(25, ()),
            *found.xmp.get("MicrosoftPhoto:LastKeywordXMP", ()),
            *exif.wide_text(found.exif.main, 40094).split(";"),
            *(path.replace("|", "/") for path in paths),
        ]
    )


def beside_facts(root: Element) -> Facts:
    """What an XMP file beside another one says of it: rating and keywords. Each keyword once.

    Programs write a keyword of a tree with all that is above it (lr:hierarchicalSubject, digiKam:TagsList), and its
    parts again as flat ones (dc:subject): those are left out.
    """
    values = xmp.values_of(root)
    names = ("digiKam:TagsList", "lr:hierarchicalSubject", "MicrosoftPhoto:LastKeywordXMP")
    paths = [path.replace("|", "/").strip("/ ") for name in names for path in values.get(name, ())]
    parts = {part.casefold() for path in paths for part in path.split("/")}
    flat = [word for word in values.get("dc:subject", ()) if word.casefold() not in parts]
    return Facts(rating=_rating(Embedded(xmp=values)), keywords=unique([*paths, *flat]))


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words without repetition, in order, in reasonable number and length."""
    kept = {word.strip()[:200]: None for word in words if word.strip()}
    return tuple(kept)[:_MOST_WORDS]


def camera_name(make: str, model: str) -> str:
    """Return "Make Model" without the firm's legal form and without saying the make twice."""
    make = _single(_FIRM.sub("", make).strip(" ,."))
    model = _single(model)
    if not make or not model:
        return make or model
    first = make.split()[0].lower()
    return model if model.lower().startswith(first) else f"{make} {model}"


def _single(text: str) -> str:
    return " ".join(text.split())[:500]


def _regions(found: Embedded, size: tuple[int, int]) -> dict[str, Any]:
    faces = on_upright(found.faces, size, found.orientation)
    return {"regions": faces} if faces else {}


def _shown(found: Embedded) -> dict[str, Any]:
    """Return what the viewer shows beside a photo: exposure, aperture, focal length, ISO."""
    photo = found.exif.photo
    out: dict[str, Any] = {}
    exposure, aperture = exif.number(photo, 33434), exif.number(photo, 33437)
    if exposure and exposure > 0:
        out["exposure"] = f"1/{round(1 / exposure)} s" if exposure < 0.5 else f"{exposure:g} s"
    if aperture and aperture > 0:
        out["aperture"] = f"f/{aperture:.2g}"
    focal, speed = exif.number(photo, 37386), exif.number(photo, 34855)
    if focal and focal > 0:
        out["focal_length"] = f"{focal:.3g} mm"
    if speed and speed > 0:
        out["iso"] = int(speed)
    if found.orientation != 1:
        out["orientation"] = found.orientation
    rights = exif.text(found.exif.main, 33432) or xmp.first(found.xmp, "dc:rights") or _iptc(found, 116)
    if rights:
        out["copyright"] = _single(rights)
    return out
