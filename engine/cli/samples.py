"""A small set of files that the program draws and synthesises itself, for the demo and for tests without real media."""

import math
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

QUERIES = ("lighthouse", '"brass key"', "harvest", "type:video has:text", "kase OR 買い物")

POSTER = ("OLD LIGHTHOUSE", "Open daily 10 to 18", "Tickets at the pier")
CHAPTERS = (("THE HARVEST", (196, 148, 52)), ("THE MILL", (72, 104, 150)), ("THE BREAD", (150, 82, 60)))
SECONDS = 3  # of each chapter of the film
LETTER = (
    "Dear Marta,",
    "the brass key to the boathouse hangs behind the blue door,",
    "next to the photograph of the regatta of 1961.",
    "Please bring the letters when you come in October.",
)
NOTES = "# Shopping\n\nKäse, Brot und Äpfel vom Markt.\n\n買い物リスト: 牛乳とパン\n"
SUBTITLES = (
    "1\n00:00:01,000 --> 00:00:03,500\nWho left the lantern burning?\n\n"
    "2\n00:00:04,000 --> 00:00:06,000\nNobody has been here since the storm.\n"
)


def draw(folder: Path) -> Path:
    """Make the set in a folder; return the folder. Deterministic but for the encoders' versions."""
    folder.mkdir(parents=True, exist_ok=True)
    _poster(folder / "poster.jpg")
    _landscape(folder / "dunes.png")
    _landscape(folder / "dunes small copy.jpg", (480, 320))
    _film(folder / "village film.mp4")
    _tone(folder / "tone.wav")
    (folder / "letter.pdf").write_bytes(pdf(LETTER))
    (folder / "notes.md").write_text(NOTES, encoding="utf-8")
    (folder / "lantern.srt").write_text(SUBTITLES, encoding="utf-8")
    (folder / "broken.jpg").write_bytes((folder / "poster.jpg").read_bytes()[:300])
    return folder


def _poster(path: Path) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (1200, 800), (246, 240, 226))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(930, 760), (970, 300), (1050, 300), (1090, 760)], fill=(190, 60, 50))
    pen.rectangle((960, 240, 1060, 300), fill=(250, 214, 90))
    for number, line in enumerate(POSTER):
        pen.text((80, 180 + 140 * number), line, fill=(30, 40, 60), font=font(84 if number == 0 else 56))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Kinora", "Sample Camera", "2021:07:14 10:30:00"
    exif.get_ifd(0x8769)[0x9003] = "2021:07:14 10:30:00"
    picture.save(path, quality=90, exif=exif)


def _landscape(path: Path, size: tuple[int, int] = (1200, 800)) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (1200, 800))
    pen = ImageDraw.Draw(picture)
    for y in range(800):
        pen.line((0, y, 1200, y), fill=(90 + y // 8, 150 + y // 12, 230 - y // 10))
    for number in range(4):
        crest = [
            (x, 430 + 80 * number + int(50 * math.sin(x / (90.0 + 37 * number) + number))) for x in range(0, 1201, 4)
        ]
        pen.polygon([*crest, (1200, 800), (0, 800)], fill=(232 - 30 * number, 196 - 32 * number, 120 - 16 * number))
    picture.resize(size).save(path)


def _film(path: Path) -> None:
    import av
    from PIL import Image, ImageDraw

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for title, colour in CHAPTERS:
            picture = Image.new("RGB", (640, 360), colour)
            ImageDraw.Draw(picture).text((60, 140), title, fill=(255, 255, 255), font=font(64))
            for _ in range(12 * SECONDS):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]
        container.mux(stream.encode())


def _tone(path: Path) -> None:
    """Three seconds of a chord: sound without a voice."""
    rate = 16000
    samples = bytearray()
    for n in range(3 * rate):
        value = sum(math.sin(2 * math.pi * f * n / rate) for f in (261.6, 329.6, 392.0)) / 3
        samples += int(value * 12000).to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples))


def font(size: int) -> "Image.ImageFont.FreeTypeFont":  # type: ignore[name-defined]
    """The font that Pillow brings."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def pdf(*pages: Sequence[str]) -> bytes:
    """A4 pages of text as a PDF with a text layer (PDF 1.4, Helvetica); each page is its lines."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = " ".join(f"({line.replace('(', '').replace(')', '')}) Tj T*" for line in lines)
        stream = f"BT /F1 14 Tf 72 760 Td 22 TL {shown} ET".encode("latin-1")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    """The objects of a PDF with their table of places."""
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for at in places:
        out += b"%010d 00000 n \n" % at
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
