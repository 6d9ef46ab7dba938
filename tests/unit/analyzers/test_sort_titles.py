"""Roles of texts in real photos and in a film with titles, names and credits; parts that may be logos."""

import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.analyzers import BY_NAME
from engine.analyzers.ocr import Ocr
from engine.analyzers.titles import Titles
from engine.media import lettering
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Finding, FindingKind, Step
from tests.packs import real_packs

Analyze = Callable[..., list[Any]]


def _roles(found: list[Any]) -> dict[str, str]:
    return {one.data["text"]: one.label for one in found if one.kind is FindingKind.ROLE}


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("logo_microsoft_shirt.jpg", {"logo"}),
        ("plate_ak.jpg", {"sign"}),
        ("en_movieshots.jpg", {"title", "screen"}),
    ],
)
def test_real_photos(media: Path, analyze: Analyze, name: str, roles: set[str]) -> None:
    found = analyze("titles", media / "text" / name)
    assert set(_roles(found).values()) == roles
    assert all(text == "3 MovieShots Dataset" for text, role in _roles(found).items() if role == "title")
    assert all(one.text == "" and one.moment.box is not None for one in found)


@pytest.mark.slow
def test_names_of_shops_and_a_sign(media: Path, analyze: Analyze) -> None:
    roles = _roles(analyze("titles", media / "photos" / "ultra-hdr.jpg"))
    assert roles["USCITA"] == "sign"
    assert roles["GIOIA"] == "logo"


def test_text_is_read_once_for_ocr_and_titles(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[tuple[int, ...]] = []
    original = lettering._read
    monkeypatch.setattr(
        lettering, "_read", lambda image, *rest, **more: (reads.append(image.shape), original(image, *rest, **more))[1]
    )
    raw = os.fsencode(media / "text" / "plate_ak.jpg")
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        first = [one for one in Ocr().analyze(source, {}) if isinstance(one, Finding)]
        second = [one for one in Titles().analyze(source, {}) if isinstance(one, Finding)]
    assert len(reads) == 1
    assert {one.text for one in first} == {one.data["text"] for one in second}


def test_it_has_every_option_that_changes_what_is_read() -> None:
    assert {key for key in Ocr.options if key.startswith("ocr.")} <= set(Titles.options)
    assert BY_NAME["titles"] is Titles


def test_parts_that_may_be_logos_have_vectors(
    media: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_packs(models, tmp_path, ["mobilenet-embed"])))
    raw = os.fsencode(media / "text" / "logo_microsoft_shirt.jpg")
    options = {"packs": {"picture-embedding": "mobilenet-embed@1"}}
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        found = [one for one in Titles().analyze(source, options) if isinstance(one, Finding)]
    regions = [one for one in found if one.kind is FindingKind.REGION]
    assert 1 <= len(regions) <= 8
    assert {one.space for one in regions} == {"mobilenet-embed@1/regions"}
    first = regions[0].moment.box  # around the word
    assert first is not None
    assert first.x == pytest.approx(0.34, abs=0.03)
    assert first.x + first.w == pytest.approx(0.92, abs=0.03)


@pytest.fixture(scope="module")
def film(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 30 seconds over real stills: title, a name, a subtitle, a corner logo, credits that roll."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    stills = [media / "photos" / name for name in ("desert_dunes.jpg", "tanners_ridge.jpg", "silver_fir.jpg")]
    import av

    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=4, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.time_base = Fraction(1, 4)
        for number, image in enumerate(_frames(stills)):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _frames(stills: list[Path]) -> Iterator[Image.Image]:
    pictures = [Image.open(path).convert("RGB").resize((640, 360)) for path in stills]
    black = Image.new("RGB", (640, 360))
    for number in range(120):
        time = number / 4
        image = (black if time < 4 or time >= 20 else pictures[int(time // 5) % 3]).copy()
        draw = ImageDraw.Draw(image)
        _write(draw, "NOVA", 570, 18, 22)
        if time < 4:
            _write(draw, "THE LONG NIGHT", 150, 150, 44)
        if 5 <= time < 9:
            _write(draw, "Jane Doe, biologist", 40, 290, 22, box=True)
        if 11 <= time < 14:
            _write(draw, "I never saw the sea before.", 160, 320, 22, box=True)
        if time >= 20:
            for line in range(14):
                _write(draw, f"Gaffer number {line + 1} Peter Smith", 160, int(370 + 42 * line - (time - 20) * 52), 22)
        yield image


def _write(draw: ImageDraw.ImageDraw, text: str, x: int, y: int, size: int, box: bool = False) -> None:
    font = ImageFont.load_default(size)
    if box:
        draw.rectangle(draw.textbbox((x, y), text, font=font), fill=(0, 0, 0))
    draw.text((x, y), text, font=font, fill=(255, 255, 255))


@pytest.mark.slow
def test_a_film(film: Path, analyze: Analyze) -> None:
    found = analyze("titles", film)
    roles = _roles(found)
    assert roles["THE LONG NIGHT"] == "title"
    assert roles["NOVA"] == "logo"
    assert roles["Jane Doe, biologist"] == "caption"
    assert roles["I never saw the sea before."] == "caption"
    credits = {text: role for text, role in roles.items() if "Smith" in text}
    assert len(credits) > 6
    assert set(credits.values()) == {"credit"}
    (logo,) = [one for one in found if one.kind is FindingKind.ROLE and one.data["text"] == "NOVA"]
    assert logo.moment.end - logo.moment.start > 20
    assert not any(isinstance(one, Step) for one in found)
