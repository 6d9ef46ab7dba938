"""What is cut out of an original, what a node reads of it, and what it makes of parts that were never ours."""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import MediaError, StorageFull, TooLarge, UnsupportedFormat
from engine.jobs.orders import Part
from engine.media import parcel
from engine.media.parcelcut import cut, nameless, packed
from engine.media.sniff import sniff
from engine.media.source import Limits, Source
from engine.model import Facts, Kind

GPS = "metadata/gps/DSCN0010.jpg"
FILM = "video_made/cuts_and_jfk.mp4"
PARTS_OF = {kind: [name for name, kinds in parcel.PARTS.items() if kind in kinds] for kind in Kind}


def cut_all(path: Path, folder: Path, names: list[str] | None = None) -> tuple[Part, ...]:
    told = sniff(os.fsencode(path))
    with Source(os.fsencode(path), told.kind, told.mime) as source:
        source.probe()
        found = cut(source, PARTS_OF[told.kind] if names is None else names, folder)
        return tuple(one for one in found if isinstance(one, Part))


def opened(parts: tuple[Part, ...], folder: Path, kind: Kind, limits: Limits | None = None) -> Source:
    manifest = parcel.write_manifest(parts, folder, folder / "manifest.json")
    return Source(os.fsencode(manifest), kind, parcel.MIME, limits=limits, facts=Facts())


def put(folder: Path, name: str, data: bytes) -> Part:
    folder.mkdir(exist_ok=True)
    sha = hashlib.sha256(data).hexdigest()
    (folder / sha).write_bytes(data)
    return Part(name, sha, len(data))


def row(name: str, *rows: tuple[Mapping[str, Any], bytes]) -> bytes:
    out = io.BytesIO()
    parcel.write_head(out, name)
    for head, data in rows:
        parcel.write_record(out, head, data)
    return out.getvalue()


def jpeg(width: int = 64, height: int = 48, mode: str = "RGB") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "JPEG")
    return out.getvalue()


# --- cutting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [GPS, FILM, "audio/guitar.ogg", "documents/scanned_invoice.pdf", "documents/test.docx"]
)
def test_the_same_original_gives_the_same_bytes(name: str, media: Path, tmp_path: Path) -> None:
    first, again = cut_all(media / name, tmp_path / "one"), cut_all(media / name, tmp_path / "two")
    assert first == again
    for part in first:
        data = (tmp_path / "one" / part.sha256).read_bytes()
        assert hashlib.sha256(data).hexdigest() == part.sha256
        assert len(data) == part.size
    assert sorted(os.listdir(tmp_path / "one")) == sorted({part.sha256 for part in first})


@pytest.mark.parametrize("name", [GPS, "metadata/gps/iphone11_flowers.heic", "video_made/rotated_meta.mp4", FILM,
                                  "video_made/audio_with_cover.mp3", "documents/test.pdf"])  # fmt: skip
def test_nothing_tells_where_it_comes_from(name: str, media: Path, tmp_path: Path) -> None:
    path = media / name
    with Source(os.fsencode(path), sniff(os.fsencode(path)).kind, sniff(os.fsencode(path)).mime) as source:
        facts = source.probe()
    parts = cut_all(path, tmp_path)
    told = [path.stem, path.parent.name, facts.camera, facts.taken or "", (facts.taken or "").replace("-", ":")[:10],
            facts.creator, facts.album, facts.place, "Exif", "EXIF", "GPSL", "adobe", "ICC_PROFILE", "Lavf",
            "Lavc", "location", "creation_time", "NIKON", "Apple"]  # fmt: skip
    if sniff(os.fsencode(path)).kind is not Kind.DOCUMENT:
        told += [facts.title, facts.description]  # of a document they may be among its words
    for part in parts:
        data = (tmp_path / part.sha256).read_bytes()
        for word in filter(lambda one: len(one) > 3, told):
            assert word.encode() not in data, f"{part.name} holds {word}"


def test_a_picture_has_the_bare_segments_of_a_jpeg(media: Path, tmp_path: Path) -> None:
    (part,) = cut_all(media / GPS, tmp_path, ["picture"])
    data = (tmp_path / part.sha256).read_bytes()
    at, markers = 2, []
    while data[at + 1] != 0xDA:
        markers.append(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    assert set(markers) <= {0xE0, 0xDB, 0xC2, 0xC4}  # JFIF, tables, frame: no application data, no comment
    assert data[6:11] == b"JFIF\0"


def test_a_picture_is_upright_and_no_larger_than_needed(media: Path, tmp_path: Path) -> None:
    parts = cut_all(media / "metadata/gps/nokia_helsinki.jpg", tmp_path, ["picture"])
    with opened(parts, tmp_path, Kind.PHOTO) as source:
        assert max(source.picture(5000).shape) == 1600
        assert max(source.picture(300).shape) == 300
    small = cut_all(media / "metadata/orientation/landscape_6.jpg", tmp_path, ["glance"])
    with opened(small, tmp_path, Kind.PHOTO) as source:
        high, wide = source.picture(768).shape[:2]
        assert wide > high  # turned as its EXIF said


def test_who_has_the_finer_part_gets_no_coarse_one(media: Path, tmp_path: Path) -> None:
    assert [part.name for part in cut_all(media / GPS, tmp_path, ["glance", "picture"])] == ["picture"]
    assert [part.name for part in cut_all(media / "audio/guitar.ogg", tmp_path, ["voice", "sound"])] == ["sound"]
    assert [part.name for part in cut_all(media / "audio/guitar.ogg", tmp_path, ["voice", "picture"])] == ["voice"]


def test_a_film_is_read_as_the_original(media: Path, tmp_path: Path) -> None:
    path = media / FILM
    parts = cut_all(path, tmp_path)
    told = sniff(os.fsencode(path))
    with opened(parts, tmp_path, Kind.VIDEO) as there, Source(os.fsencode(path), told.kind, told.mime) as here:
        here.want_frames(1.0)
        assert there.shots() == here.shots()
        for one, other in zip(there.keyframes(), here.keyframes(), strict=True):
            assert one.time == other.time
            assert float(np.abs(one.image.astype(int) - other.image).mean()) < 4
        assert [one.time for one in there.frames(1.0)] == [one.time for one in here.frames(1.0)]
        sound, original = there.sound(), here.sound()
        assert sound is not None
        assert original is not None
        assert abs(len(sound) - len(original)) < 200
        even = min(len(sound), len(original))
        assert float(np.corrcoef(sound[:even], original[:even])[0, 1]) > 0.97  # also: not a sample late


def test_a_film_without_sound_says_so(media: Path, tmp_path: Path) -> None:
    parts = cut_all(media / "video_made/rotated_meta.mp4", tmp_path, ["sound"])
    with opened(parts, tmp_path, Kind.VIDEO) as source:
        assert source.sound() is None


def test_a_document_is_read_as_the_original(media: Path, tmp_path: Path) -> None:
    for name in ("documents/MEDRPT-2024-PAT-3847_medical_report_scan.pdf", "documents/test.pdf", "documents/test.docx"):
        path = media / name
        parts = cut_all(path, tmp_path)
        told = sniff(os.fsencode(path))
        with opened(parts, tmp_path, Kind.DOCUMENT) as there, Source(os.fsencode(path), told.kind, told.mime) as here:
            for one, other in zip(there.pages(), here.pages(), strict=True):
                assert (one.number, one.text, one.needs_ocr) == (other.number, other.text, other.needs_ocr)
                looked = other.draw is not None and (other.number == 1 or other.has_picture)
                assert (one.draw is not None) == (looked or other.needs_ocr)
                if one.draw is not None:
                    assert one.image(768).shape == other.image(768).shape
                    assert not one.needs_ocr or one.image(1600).shape == other.image(1600).shape


def test_only_so_many_pages_are_looked_at(media: Path, tmp_path: Path) -> None:
    path = media / "documents/scanned_invoice.pdf"
    with Source(os.fsencode(path), Kind.DOCUMENT, "application/pdf") as source:
        parts = tuple(one for one in cut(source, ["pages"], tmp_path, pages=0) if isinstance(one, Part))
    with opened(parts, tmp_path, Kind.DOCUMENT) as there:
        assert list(there.pages()) == []


def test_subtitles_travel_without_their_name(media: Path, tmp_path: Path) -> None:
    film = tmp_path / "Annas wedding.mp4"
    film.write_bytes((media / FILM).read_bytes())
    (tmp_path / "Annas wedding.en.srt").write_text("1\n00:00:01,000 --> 00:00:02,500\nAnd so, my fellow\n")
    parts = cut_all(film, tmp_path / "blobs", ["subtitles"])
    with opened(parts, tmp_path / "blobs", Kind.VIDEO) as source:
        (track,) = source.subtitles()
    assert (track.name, track.language) == ("en.srt", "en")
    assert [(cue.text, cue.start, cue.end) for cue in track.cues] == [("And so, my fellow", 1.0, 2.5)]
    assert all(b"Anna" not in (tmp_path / "blobs" / part.sha256).read_bytes() for part in parts)


@pytest.mark.parametrize(
    ("name", "path", "told"),
    [("film.de.forced.srt", b"/a/film.mp4", "de.forced.srt"), ("film.srt", b"/a/film.mp4", "srt"),
     ("Commentary by Anna", b"/a/film.mp4", ""), ("track 3", b"/a/film.mp4", ""), ("x", b"/a/.mp4", "")],
)  # fmt: skip
def test_what_is_told_of_a_track(name: str, path: bytes, told: str) -> None:
    assert nameless(name, path) == told


def test_hours_of_sound_are_cut_piece_by_piece(tmp_path: Path) -> None:
    import wave

    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        for _ in range(2):
            out.writeframes((np.random.default_rng(1).standard_normal(8000 * 60) * 3000).astype(np.int16).tobytes())
    with Source(os.fsencode(path), Kind.AUDIO, "audio/wav") as source:
        source.probe()
        tracemalloc.start()
        try:
            made = list(cut(source, ["voice"], tmp_path / "blobs"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4 << 20  # two minutes as numbers would be 7.7 MB
    assert len(made) > 3  # steps on the way
    assert made[-1].size < 0.35 * path.stat().st_size


def test_a_full_disk_is_a_sentence(media: Path, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    from engine.media import parcelcut

    class Full(parcelcut._Hashing):
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    for name in (GPS, FILM, "audio/guitar.ogg", "documents/test.docx"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parcelcut, "_Hashing", Full)
            with pytest.raises(StorageFull) as told:
                cut_all(media / name, tmp_path)
        assert "disk is full" in told.value.text
        assert list(tmp_path.iterdir()) == []


def test_killed_while_cutting_it_leaves_no_half_file_under_a_hash(media: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from engine.media.parcelcut import cut\nfrom engine.media.source import Source\n"
        "from engine.model import Kind\n"
        "with Source(os.fsencode(sys.argv[1]), Kind.VIDEO, 'video/webm') as source:\n"
        "    source.probe()\n"
        "    for one in cut(source, ['keyframes', 'frames', 'sound'], pathlib.Path(sys.argv[2])):\n"
        "        pass\n"
    )
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", code, str(media / "video/tears_of_steel_cuts.webm"), tmp_path])
        until = time.monotonic() + 30
        while time.monotonic() < until and child.poll() is None and not list(tmp_path.glob("*.cut")):
            time.sleep(0.002)
        child.kill()
        child.wait()
        for file in tmp_path.iterdir():
            if file.suffix != ".cut":
                assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
        assert list(tmp_path.iterdir())


# --- reading what came from elsewhere ---------------------------------------------------------------------------------


def test_looking_at_a_file_never_makes_it_a_parcel(tmp_path: Path) -> None:
    part = put(tmp_path, "picture", jpeg())
    manifest = parcel.write_manifest([part], tmp_path, tmp_path / "manifest.json")
    assert sniff(os.fsencode(manifest)).mime == "text/plain"
    with Source(os.fsencode(manifest), Kind.PHOTO, "application/x-something-new") as source:
        assert source.format.mime == "text/plain"


def test_what_did_not_travel_is_said(tmp_path: Path) -> None:
    with opened((), tmp_path, Kind.VIDEO) as source:
        assert not source.has_picture()
        assert source.subtitles() == []
        for ask in (lambda: source.picture(64), source.shots, source.sound, lambda: list(source.frames(1.0)),
                    lambda: list(source.pages())):  # fmt: skip
            with pytest.raises(UnsupportedFormat):
                ask()


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told | {"version": 99},
        lambda told: told | {"kinora": "else"},
        lambda told: told | {"parts": None},
        lambda told: told | {"parts": told["parts"] * 2},
        lambda told: told | {"parts": [told["parts"][0] | {"name": "secret"}]},
        lambda told: told | {"parts": [told["parts"][0] | {"sha256": "../../../../etc/passwd"}]},
        lambda told: told | {"parts": [told["parts"][0] | {"sha256": "/etc/passwd"}]},
        lambda told: told | {"parts": [told["parts"][0] | {"sha256": "0" * 64}]},
        lambda told: told | {"parts": [told["parts"][0] | {"size": 1 << 60}]},
        lambda told: told | {"parts": [told["parts"][0] | {"size": True}]},
        lambda told: told | {"parts": [7]},
        lambda told: told | {"parts": [{}] * 100_000},
        lambda told: told | {"blobs": "zz"},
        lambda told: told | {"blobs": 3},
        lambda told: [],
        lambda told: "x" * (2 << 20),
    ],
)
def test_a_wrong_manifest_is_a_sentence(change: Callable[[Any], Any], tmp_path: Path) -> None:
    part = put(tmp_path, "picture", jpeg())
    manifest = parcel.write_manifest([part], tmp_path, tmp_path / "manifest.json")
    manifest.write_text(json.dumps(change(json.loads(manifest.read_text()))))
    with Source(os.fsencode(manifest), Kind.PHOTO, parcel.MIME) as source, pytest.raises(MediaError):
        source.picture(64)


def test_a_manifest_is_written_for_our_names_only(tmp_path: Path) -> None:
    for sha in ("../x", "a" * 63, "A" * 64, "a" * 64 + "/"):
        with pytest.raises(MediaError):
            parcel.write_manifest([Part("picture", sha, 1)], tmp_path, tmp_path / "m.json")
    assert not (tmp_path / "m.json").exists()


def shots(value: Any) -> tuple[Mapping[str, Any], bytes]:
    return {"shots": 1}, packed(value)


def bomb() -> bytes:
    return zlib.compress(b"[" + b" " * (80 << 20) + b"]", 9)


GOOD = shots([[0.0, 1.0, [0.5]]])
SIZE = b"\xff\xc0\x00\x11\x08\x00\x30\x00\x40"  # what a JPEG says of it
HOSTILE: tuple[tuple[str, Callable[[], bytes]], ...] = (  # made where they are asked for: some are large
    ("picture", lambda: b""),
    ("picture", lambda: b"\xff\xd8\xff\xe0 no more"),
    ("picture", lambda: jpeg()[:-40]),
    ("picture", lambda: jpeg(20_000, 20)),
    ("picture", lambda: jpeg(mode="CMYK")),
    ("picture", lambda: jpeg().replace(SIZE, SIZE[:5] + b"\xff" * 4)),
    ("picture", lambda: b"GIF89a" + b"\0" * 100),
    ("picture", lambda: b"\0" * (17 << 20)),
    ("keyframes", lambda: b""),
    ("keyframes", lambda: b"{}\n"),
    ("keyframes", lambda: b"x" * 100_000),
    ("keyframes", lambda: row("frames", GOOD)),
    ("keyframes", lambda: row("keyframes")),
    ("keyframes", lambda: row("keyframes", GOOD)[:-3]),
    ("keyframes", lambda: row("keyframes", GOOD) + b'{"time":0.5,"size":99999999999}\n'),
    ("keyframes", lambda: row("keyframes", GOOD) + b'{"time":0.5,"size":-5}\n'),
    ("keyframes", lambda: row("keyframes", GOOD) + b'{"time":0.5,"size":"5"}\n12345'),
    ("keyframes", lambda: row("keyframes", GOOD) + b"[" * 4000 + b"\n"),
    ("keyframes", lambda: row("keyframes", GOOD) + b'{"time":0.5,"size":1' + b" " * 9000 + b"}\nx"),
    ("keyframes", lambda: row("keyframes", shots([[0, 1]]))),
    ("keyframes", lambda: row("keyframes", shots([[0, 1e99, []]]))),
    ("keyframes", lambda: row("keyframes", shots([["a", 1, []]]))),
    ("keyframes", lambda: row("keyframes", shots({"a": 1}))),
    ("keyframes", lambda: row("keyframes", ({"shots": 1}, b"not deflated"))),
    ("keyframes", lambda: row("keyframes", ({"shots": 1}, packed([])[:-4]))),
    ("keyframes", lambda: row("keyframes", ({"shots": 1}, bomb()))),
    ("keyframes", lambda: row("keyframes", GOOD, ({"time": "now"}, jpeg()))),
    ("keyframes", lambda: row("keyframes", GOOD, ({"time": 1.0}, jpeg()), ({"time": 0.5}, jpeg()))),
    ("keyframes", lambda: row("keyframes", GOOD, ({"time": float("nan")}, jpeg()))),
    ("keyframes", lambda: row("keyframes", GOOD, ({"time": 1.0}, jpeg(9000, 9000)))),
    ("keyframes", lambda: row("keyframes", *[({}, b"")] * (parcel.MOST_RECORDS + 1))),
    ("frames", lambda: row("frames", ({"time": 1.0}, b"GIF89a"))),
    ("sound", lambda: b""),
    ("sound", lambda: b"{"),
    ("sound", lambda: b"RIFF1234WAVEfmt "),
    ("sound", lambda: b"OggS" + os.urandom(3000)),
    ("sound", lambda: row("sound")),
    ("voice", lambda: row("sound", ({"none": True}, b""))),
    ("subtitles", lambda: row("subtitles", ({"track": 5, "language": ""}, packed([])))),
    ("subtitles", lambda: row("subtitles", ({"track": "x" * 999, "language": ""}, packed([])))),
    ("subtitles", lambda: row("subtitles", ({"track": "", "language": ""}, packed([["a", None, None]])))),
    ("subtitles", lambda: row("subtitles", *[({"track": "", "language": ""}, packed([]))] * 100)),
    ("text", lambda: row("text", ({"page": 0}, packed([])))),
    ("text", lambda: row("text", ({"page": 10**9}, packed([])))),
    ("text", lambda: row("text", ({"page": 1}, packed([[1, None, None]])))),
    ("text", lambda: row("text", ({"page": 1}, packed("words")))),
    ("text", lambda: row("text", ({"page": 1}, packed([["a" * (50 << 20), None, None]])))),
    ("text", lambda: row("text", ({"page": 1}, zlib.compress(b"[" * 100_000)))),
    ("pages", lambda: row("pages", ({"page": 1}, b"%PDF-1.4"))),
    ("scans", lambda: row("scans", ({"page": 1}, jpeg(5000, 10)))),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_part_is_a_sentence(number: int, tmp_path: Path) -> None:
    name, make = HOSTILE[number]
    kind = next(iter(parcel.PARTS[name]))
    with opened((put(tmp_path, name, make()),), tmp_path, kind) as source:
        asks: Mapping[str, Callable[[], Any]] = {
            "picture": lambda: source.picture(1600), "keyframes": lambda: list(source.keyframes()),
            "frames": lambda: list(source.frames(1.0)), "sound": source.sound, "voice": source.sound,
            "subtitles": source.subtitles, "text": lambda: list(source.pages()),
            "pages": lambda: [page.image(768) for page in source.pages()],
            "scans": lambda: [page.image(1600) for page in source.pages()],
        }  # fmt: skip
        with pytest.raises(MediaError):
            asks[name]()


def test_a_part_that_lost_bytes_on_the_way_is_a_sentence(media: Path, tmp_path: Path) -> None:
    """Whatever byte is wrong: a sentence, or something that looks right; never another error."""
    rng = np.random.default_rng(7)
    for name, kind in ((FILM, Kind.VIDEO), ("documents/test.pdf", Kind.DOCUMENT)):
        for part in cut_all(media / name, tmp_path / "good"):
            data = (tmp_path / "good" / part.sha256).read_bytes()
            for _ in range(4):
                broken = bytearray(data)
                for at in rng.integers(0, min(len(data), 3000), 3):
                    broken[at] = int(rng.integers(0, 256))
                cutoff = int(rng.integers(1, len(data) + 1))
                for bad in (bytes(broken), data[:cutoff]):
                    with opened((put(tmp_path / "bad", part.name, bad),), tmp_path / "bad", kind) as source:
                        read_all(source)


def read_all(source: Source) -> None:
    for ask in (lambda: list(source.keyframes()), lambda: list(source.frames(1.0)), source.sound, source.subtitles,
                lambda: [page.draw and page.image(768) for page in source.pages()]):  # fmt: skip
        try:
            ask()
        except MediaError:
            continue


def test_a_bomb_is_told_apart(tmp_path: Path) -> None:
    part = put(tmp_path, "keyframes", row("keyframes", ({"shots": 1}, bomb())))
    with opened((part,), tmp_path, Kind.VIDEO) as source, pytest.raises(TooLarge):
        source.shots()


def test_pages_stay_within_the_limit_of_text(tmp_path: Path) -> None:
    rows = [({"page": number}, packed([["a" * 400_000, None, None]])) for number in range(1, 9)]
    part = put(tmp_path, "text", row("text", *rows))
    with opened((part,), tmp_path, Kind.DOCUMENT, Limits(text_bytes=1 << 20)) as source, pytest.raises(TooLarge):
        list(source.pages())
