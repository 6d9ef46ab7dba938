"""Small files of every kind, made on the spot, so that these tests mean something without the folder of real media."""

import csv
import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.media.sniff import sniff
from engine.media.source import Limits, Source

Open = Callable[..., Source]


@pytest.fixture
def source() -> Iterator[Open]:
    """Open files as an analyzer gets them; all are closed at the end."""
    held: list[Source] = []

    def make(path: Path, *, limits: Limits | None = None) -> Source:
        raw = str(path).encode()
        what = sniff(raw)
        held.append(Source(raw, what.kind, what.mime, limits=limits))
        return held[-1]

    yield make
    for one in held:
        one.close()


@pytest.fixture
def truths(media: Path) -> dict[str, str]:
    """What each real file must yield: path within the folder to the ground truth of the manifest."""
    with (media / "MANIFEST.tsv").open(newline="", encoding="utf-8") as stream:
        return {row["file"]: row["ground_truth"] for row in csv.DictReader(stream, delimiter="\t")}


@pytest.fixture
def arrow() -> Image.Image:
    """A picture that looks different whichever way it is turned or mirrored."""
    pixels = np.full((60, 96, 3), 240, np.uint8)
    pixels[8:20, 8:80] = (200, 30, 30)
    pixels[20:52, 8:20] = (30, 30, 200)
    return Image.fromarray(pixels)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Build a PNG whose header says what it wants."""

    def build(width: int, height: int, *, extra: bytes = b"", data: bytes = b"\0" * 100) -> bytes:
        head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
        body = _chunk(b"IHDR", head) + extra + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + body

    return build


@pytest.fixture
def text_bomb(png: Callable[..., bytes]) -> bytes:
    """A PNG whose compressed comment unpacks to 50 MB."""
    packed = zlib.compress(b"A" * 50_000_000, 9)
    return png(8, 8, extra=_chunk(b"zTXt", b"Comment\0\0" + packed), data=(b"\0" + b"\x80" * 32) * 8)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Encode shots of plain pictures, with a tone if wanted."""

    def build(
        name: str = "film.mp4",
        *,
        shots: tuple[tuple[int, int, int], ...] = ((200, 40, 40), (40, 160, 60), (50, 60, 210)),
        seconds: float = 1.5,
        fps: int = 12,
        size: tuple[int, int] = (128, 96),
        tone: bool = True,
        turned: int = 0,
        tags: dict[str, str] | None = None,
        mark: bool = True,
    ) -> Path:
        import av

        path = tmp_path / name
        with av.open(str(path), "w", options={"movflags": "use_metadata_tags"} if tags else {}) as out:
            out.metadata.update(tags or {})
            pictures = out.add_stream("mpeg4", rate=fps)
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            sound = out.add_stream("aac", rate=16000, layout="mono") if tone else None
            if turned:
                pictures.set_display_rotation(turned)
            for number in range(round(len(shots) * seconds * fps)):
                colour = shots[min(len(shots) - 1, int(number / fps / seconds))]
                image = np.full((size[1], size[0], 3), colour, np.uint8)
                if mark:  # in the upper left corner
                    image[: size[1] // 4, : size[0] // 4] = 255
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = number
                out.mux(pictures.encode(frame))
            out.mux(pictures.encode(None))
            if sound is not None:
                _tone(out, sound, len(shots) * seconds)
        return path

    return build


def _tone(out: object, stream: object, seconds: float) -> None:
    import av

    samples = (0.4 * np.sin(np.arange(int(seconds * 16000)) * 2 * np.pi * 440 / 16000)).astype(np.float32)
    for start in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
        out.mux(stream.encode(frame))  # type: ignore[attr-defined]
    out.mux(stream.encode(None))  # type: ignore[attr-defined]


@pytest.fixture
def wav() -> Callable[..., bytes]:
    """A WAV with a tone."""

    def build(seconds: float = 1.0, rate: int = 8000, channels: int = 2) -> bytes:
        tone = (np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 440 / rate) * 12000).astype("<i2")
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.repeat(tone, channels).tobytes())
        return out.getvalue()

    return build


@pytest.fixture
def pdf() -> Callable[..., bytes]:
    """A PDF with one page for each text; lines of a page are set under each other."""

    def build(*pages: str, title: str = "", rotate: int = 0, extra: str = "") -> bytes:
        kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
        objects = [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
        for at, words in enumerate(pages):
            lines = "".join(f"({line}) Tj 0 -14 Td " for line in words.split("\n"))
            content = f"BT /F1 12 Tf 72 720 Td {lines}ET {extra}"
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Rotate {rotate}/Contents {5 + 2 * at} 0 R"
                "/Resources<</Font<</F1 3 0 R>>>>>>"
            )
            objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
        objects.append(f"<</Title({title})/CreationDate(D:20240229101500+02'00')>>")
        out, places = b"%PDF-1.4\n", []
        for number, body in enumerate(objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj{body}endobj\n".encode("latin-1")
        table = "".join(f"{place:010d} 00000 n \n" for place in places)
        start = len(out)
        info = len(objects)
        out += f"xref\n0 {info + 1}\n0000000000 65535 f \n{table}".encode()
        return out + f"trailer<</Root 1 0 R/Info {info} 0 R/Size {info + 1}>>\nstartxref\n{start}\n%%EOF".encode()

    return build


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Path]:
    """A ZIP archive of parts, as office documents are."""

    def build(name: str, parts: dict[str, str | bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for part, data in parts.items():
                file.writestr(part, data, zipfile.ZIP_STORED if part == "mimetype" else zipfile.ZIP_DEFLATED)
        return path

    return build
