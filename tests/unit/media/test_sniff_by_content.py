"""What a file is follows from its bytes, whatever its name promises."""

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import EmptyFile, FileMissing, FileUnreadable, UnsupportedFormat
from engine.media.formats import BY_MIME
from engine.media.sniff import sniff
from engine.model import Kind


def write(folder: Path, name: str, data: bytes) -> bytes:
    path = folder / name
    path.write_bytes(data)
    return str(path).encode()


@pytest.mark.parametrize(
    ("format", "mime"),
    [
        ("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif"), ("TIFF",
        "image/tiff"),
        ("BMP", "image/bmp"), ("AVIF", "image/avif"), ("ICO", "image/vnd.microsoft.icon"), ("JPEG2000", "image/jp2"),
    ],
)  # fmt: skip
def test_pictures_are_known_under_any_name(tmp_path: Path, format: str, mime: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, format)
    found = sniff(write(tmp_path, "letter.txt", out.getvalue()))
    assert (found.kind, found.mime) == (Kind.PHOTO, mime)


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def movie(brand: bytes, *handlers: bytes) -> bytes:
    tracks = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 12))) for handler in handlers
    )
    return box(b"ftyp", brand + b"\0\0\2\0isom") + box(b"moov", box(b"mvhd", b"\0" * 100) + tracks)


def tiff(*entries: tuple[int, int, int, int]) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + b"\0" * 4


MADE: tuple[tuple[str, bytes, str], ...] = (
    ("video.mp4", movie(b"isom", b"vide", b"soun"), "video/mp4"),
    ("only sound.mp4", movie(b"isom", b"soun"), "audio/mp4"),
    ("book.m4b", movie(b"M4B ", b"soun", b"vide"), "audio/mp4"),
    ("phone.mov", movie(b"qt  ", b"vide"), "video/quicktime"),
    ("old.3gp", movie(b"3gp5", b"vide"), "video/3gpp"),
    ("canon.cr3", box(b"ftyp", b"crx \0\0\0\1crx isom"), "image/x-canon-cr3"),
    ("photo.heic", box(b"ftyp", b"mif1\0\0\0\0heicmif1"), "image/heic"),
    ("photo.avif", box(b"ftyp", b"mif1\0\0\0\0avifmif1"), "image/avif"),
    ("a.cr2", b"II*\0\x10\0\0\0CR\x02\0" + b"\0" * 64, "image/x-canon-cr2"),
    ("a.dng", tiff((50706, 1, 4, 1)), "image/x-adobe-dng"),
    ("a.nef", tiff((262, 3, 1, 32803), (271, 2, 6, 38)) + b"NIKON\0", "image/x-nikon-nef"),
    ("a.tif", tiff((262, 3, 1, 2), (271, 2, 6, 38)) + b"NIKON\0", "image/tiff"),
    ("a.orf", b"IIRO\x08\0\0\0" + b"\0" * 32, "image/x-olympus-orf"),
    ("a.rw2", b"IIU\0\x08\0\0\0" + b"\0" * 32, "image/x-panasonic-rw2"),
    ("a.raf", b"FUJIFILMCCD-RAW 0201" + b"\0" * 99, "image/x-fuji-raf"),
    ("a.webm", b"\x1aE\xdf\xa3\x87\x42\x82\x84webm\x18S\x80g\x8a\x16T\xaek\x85\xae\x83\x83\x81\x01", "video/webm"),
    (
        "b.mka",
        b"\x1aE\xdf\xa3\x8b\x42\x82\x88matroska\x18S\x80g\x8a\x16T\xaek\x85\xae\x83\x83\x81\x02",
        "audio/x-matroska",
    ),
    ("a.ts", (b"G" + b"\0" * 187) * 9, "video/mp2t"),
    ("a.mpg", b"\0\0\1\xba" + b"\0" * 30, "video/mpeg"),
    ("a.264", b"\0\0\0\1\x67\x42\xc0\x1f" + b"\0" * 20, "video/h264"),
    ("a.265", b"\0\0\0\1\x40\x01\x0c\x01" + b"\0" * 20, "video/h265"),
    ("a.flv", b"FLV\1\5\0\0\0\x09", "video/x-flv"),
    ("a.mp3", (b"\xff\xfb\x90\x00" + b"\0" * 413) * 4, "audio/mpeg"),
    ("tagged.mp3", b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + (b"\xff\xfb\x90\x00" + b"\0" * 413) * 4, "audio/mpeg"),
    ("tagged.flac", b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + b"fLaC\0\0\0\x22", "audio/flac"),
    ("a.ogg", b"OggS\0\2" + b"\0" * 22 + b"\1vorbis", "audio/ogg"),
    ("a.opus", b"OggS\0\2" + b"\0" * 22 + b"OpusHead", "audio/opus"),
    ("a.ogv", b"OggS\0\2" + b"\0" * 22 + b"\x80theora", "video/ogg"),
    ("a.aiff", b"FORM\0\0\0\x2eAIFFCOMM", "audio/aiff"),
    ("a.pdf", b"junk\n%PDF-1.7\n", "application/pdf"),
    ("a.rtf", b"{\\rtf1\\ansi hello}", "text/rtf"),
    ("note", b"Just words.\n", "text/plain"),
    ("note.md", b"# Title\n\nwords", "text/markdown"),
    ("a.html", b"<!DOCTYPE html><html><svg></svg><p>x</p></html>", "text/html"),
    ("a.htm", b"<p>fragment</p>", "text/html"),
    ("no name", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "application/x-subrip"),
    ("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "text/vtt"),
    ("mail", b"From: a@b.c\nTo: d@e.f\nSubject: x\n\nHello", "message/rfc822"),
    ("wide.txt", "\ufeffwide letters".encode("utf-16"), "text/plain"),
    ("old.txt", "Grüße aus Köln".encode("cp1252"), "text/plain"),
)


@pytest.mark.parametrize(("name", "data", "mime"), MADE, ids=[name for name, _, _ in MADE])
def test_formats_are_known(tmp_path: Path, name: str, data: bytes, mime: str) -> None:
    found = sniff(write(tmp_path, name, data))
    assert found.mime == mime
    assert found.kind is BY_MIME[mime].kind


STRANGERS: tuple[tuple[str, bytes, str], ...] = (
    ("photo.jpg", b"MZ\x90\0" + b"\0" * 60, "Windows program"),
    ("photo.png", b"\x7fELF\2\1\1" + b"\0" * 60, "Linux program"),
    ("film.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "script that joins"),
    ("list.mp3", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n", "playlist"),
    ("drawing.png", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ("titled.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><title>x</title></svg>", "SVG"),
    ("a.xmp", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>", "sidecar"),
    ("run.txt", b"#!/bin/sh\nrm -rf /\n", "script"),
    ("words.jpg", b"This is not a picture.\n" * 20, "text, though"),
    ("page.mp4", b"<!doctype html><html><body></body></html>", "web page, though"),
    ("a.rar", b"Rar!\x1a\x07\x00" + b"\0" * 30, "RAR"),
    ("a.tar", b"\0" * 257 + b"ustar\x0000", "tar"),
    ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60, "old Office"),
    ("a.jxl", b"\xff\x0a\x01\x02", "JPEG XL"),
    ("a.mid", b"MThd\0\0\0\6", "MIDI"),
    ("a.zip", b"PK\x03\x04\x14\0\0\0\0\0" + b"\0" * 16 + b"\5\0\0\0a.txthello", "ZIP"),
    ("noise.mp3", bytes((k * 73 + 11) % 256 for k in range(40000)), "does not know"),
    ("a.bin", bytes(range(256)) * 8, "does not know"),
)


@pytest.mark.parametrize(("name", "data", "words"), STRANGERS, ids=[name for name, _, _ in STRANGERS])
def test_strangers_are_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    with pytest.raises(UnsupportedFormat, match=words) as error:
        sniff(write(tmp_path, name, data))
    assert error.value.hint


def test_office_documents_are_told_from_archives(packed: Callable[..., Path]) -> None:
    parts = {"[Content_Types].xml": "<Types/>"}
    for name, part in (
        ("a.docx", "word/document.xml"),
        ("a.pptx", "ppt/presentation.xml"),
        ("a.xlsx", "xl/workbook.xml"),
    ):
        assert sniff(str(packed(name, parts | {part: "<x/>"})).encode()).kind is Kind.DOCUMENT
    for name, mime in (("a.odt", "application/vnd.oasis.opendocument.text"), ("a.epub", "application/epub+zip")):
        assert sniff(str(packed(name, {"mimetype": mime, "x": "y"})).encode()).mime == mime


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        sniff(write(tmp_path, "a.jpg", b""))


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        sniff(str(tmp_path / "gone.jpg").encode())
    with pytest.raises(FileUnreadable):
        sniff(str(tmp_path).encode())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(FileUnreadable, match="pipe"):
        sniff(str(tmp_path / "pipe.jpg").encode())


KINDS = {
    "audio": Kind.AUDIO, "audio_synth": Kind.AUDIO, "video": Kind.VIDEO, "photos": Kind.PHOTO, "people": Kind.PHOTO,
    "documents": Kind.DOCUMENT, "duplicates": Kind.PHOTO, "few_shot": Kind.PHOTO, "metadata": Kind.PHOTO,
}  # fmt: skip


def test_real_media_have_their_kind(media: Path, truths: dict[str, str]) -> None:
    wrong = []
    for name in truths:
        expected = KINDS.get(name.split("/")[0])
        if expected is None or name.endswith((".json", ".txt")):
            continue
        found = sniff(str(media / name).encode())
        if found.kind is not expected:
            wrong.append((name, found))
    assert wrong == []


def test_covers_do_not_make_a_recording_a_video(media: Path) -> None:
    assert sniff(str(media / "video_made/audio_with_cover.mp3").encode()).kind is Kind.AUDIO
    assert sniff(str(media / "broken/made/audio_only.mp4").encode()).kind is Kind.AUDIO
