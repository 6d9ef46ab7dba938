"""Subtitles that come with a recording: files beside it, tracks inside it."""

import os
from fractions import Fraction
from pathlib import Path

import av
import pytest

from engine.media.sniff import sniff
from engine.media.source import Source
from engine.media.subtitles import beside, dialogue, spoken

ASS = """[Script Info]
Title: x
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:03.00,0:00:04.50,Default,,0,0,0,,{\\i1}Second{\\i0}\\Nline, with comma
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,First
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}
Dialogue: 0,bad,0:00:06.00,Default,,0,0,0,,no time
"""
CUES = "1\n00:00:01,000 --> 00:00:02,000\nHello <b>there</b>\n"


def test_files_of_the_same_name_are_read(tmp_path: Path) -> None:
    film = tmp_path / "my film.mkv"
    names = {
        "my film.srt": ("", False), "my film.en.srt": ("en", False), "my film.pt-BR.vtt": ("pt", False),
        "MY FILM.Ger.Forced.srt": ("de", True), "my film.en.sdh.srt": ("en", False),
        "my film_french.ass": ("fr", False),
    }  # fmt: skip
    for name in names:
        text = ASS if name.endswith("ass") else ("WEBVTT\n\n" if name.endswith("vtt") else "") + CUES.replace(",", ".")
        (tmp_path / name).write_text(text)
    for other in ("my film 2.srt", "my filmed.srt", "my film.txt", "other.srt", "my film.director's cut.srt"):
        (tmp_path / other).write_text(CUES)
    (tmp_path / "my film.es.srt").symlink_to(tmp_path / "other.srt")
    (tmp_path / "my film.it.srt").mkdir()
    found = {track.name: (track.language, track.forced) for track in beside(os.fsencode(film))}
    assert found == names
    (plain,) = [track for track in beside(os.fsencode(film)) if track.name == "my film.srt"]
    assert [(one.text, one.start, one.end) for one in plain.cues] == [("Hello there", 1.0, 2.0)]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x00" * 5000, b"99:99:99,999 --> x\nhm"])
def test_broken_files_are_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.srt").write_bytes(content)
    (tmp_path / "a.ass").write_bytes(content)
    assert beside(os.fsencode(tmp_path / "a.mp4")) == []
    assert beside(os.fsencode(tmp_path / "nowhere" / "a.mp4")) == []


def test_dialogue_is_read_in_order_without_orders_and_drawings() -> None:
    assert [(one.text, one.start, one.end) for one in dialogue(ASS)] == [
        ("First", 1.0, 2.0), ("Second\nline, with comma", 3.0, 4.5),
    ]  # fmt: skip
    assert spoken("{\\pos(1,2)}a\\hb") == "a b"


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "subrip"), ("mkv", "ass"), ("mp4", "mov_text")])
def test_text_tracks_are_read(media: Path, tmp_path: Path, ending: str, codec: str) -> None:
    path = tmp_path / f"film.{ending}"
    _with_track(media / "video_made" / "cuts_and_jfk.mp4", path, codec)
    raw = os.fsencode(path)
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        (track,) = source.subtitles()
    assert track.language == "de"
    assert [(one.text, round(one.start or 0, 1), round(one.end or 0, 1)) for one in track.cues] == [
        ("Guten Morgen", 1.0, 2.5), ("Zwei, mit Komma", 4.0, 5.0),
    ]  # fmt: skip


def _with_track(film: Path, path: Path, codec: str) -> None:
    """Copy a film and add a track of subtitles to it."""
    with av.open(str(film)) as source, av.open(str(path), "w") as out:
        streams = {one.index: out.add_stream_from_template(one) for one in (source.streams.video[0],)}
        written = out.add_stream(codec)
        written.metadata["language"] = "deu"
        context = written.codec_context
        context.time_base = Fraction(1, 1000)
        context.subtitle_header = ASS.split("Dialogue")[0].encode()
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        for start, end, text in ((1000, 2500, "Guten Morgen"), (4000, 5000, "Zwei, mit Komma")):
            line = f"0,0,Default,,0,0,0,,{text}".encode()
            packet = context.encode_subtitle(
                av.subtitles.subtitle.SubtitleSet.create(line, 0, end - start, start * 1000)
            )
            packet.stream, packet.time_base = written, context.time_base
            packet.pts = packet.dts = start
            packet.duration = end - start
            out.mux(packet)
