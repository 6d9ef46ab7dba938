"""Clip lists: time codes, EDL, FCPXML and CSV, each read back."""

import csv
import io
import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compose.cliplist import COLUMNS, Entry, cliplist, entry_of
from engine.compose.edl import edl
from engine.compose.fcpxml import address, fcpxml
from engine.compose.pieces import Piece, Source, rate_of
from engine.compose.timecode import STANDARD, edited, frame_at, frame_of, rational, timecode
from engine.errors import KinoraError

NTSC, PAL = Fraction(30000, 1001), Fraction(25)
FILM = Source(1, "Flower & bee.mp4", "/films/Flower & bee.mp4", 5.06, NTSC, 960, 540, 2)
OTHER = Source(2, "flower é.mp4", "C:\\films\\flower é.mp4", 30.0, PAL, 768, 432, 0)
TALK = Source(3, "talk.wav", "/sound/talk.wav", 61.0, None, channels=1, sample_rate=16000)
SLOW = Source(4, "cars.mp4", "/films/cars.mp4", 30.16, Fraction(25, 2), 768, 432, 2)
EVENT = re.compile(
    r"(\d{3})  (\S+) +(\S+) +C +(\d\d:\d\d:\d\d[:;]\d\d) (\d\d:\d\d:\d\d[:;]\d\d) (\d\d:\d\d:\d\d[:;]\d\d) "
    r"(\d\d:\d\d:\d\d[:;]\d\d)"
)


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (29.97, NTSC), (30.0, Fraction(30)), (23.976, Fraction(24000, 1001)), (24.0, Fraction(24)), (25.0, PAL),
        (59.94, Fraction(60000, 1001)), (59.9401, Fraction(60000, 1001)), (12.5, Fraction(25, 2)), (None, PAL),
        (0.0, PAL), (119.88, Fraction(120000, 1001)), (10.0, Fraction(10)), (30.006, Fraction(15003, 500)),
    ],
)  # fmt: skip
def test_rates_are_fractions(fps: float | None, rate: Fraction) -> None:
    assert abs(rational(fps) - rate) < Fraction(1, 1000)
    if rate in STANDARD:
        assert rational(fps) == rate


def test_rates_that_editors_do_not_know_get_one_that_they_do() -> None:
    assert edited(Fraction(25, 2)) == 25
    assert edited(Fraction(10)) == 30
    assert edited(Fraction(54400, 1813)) == 30
    assert edited(Fraction(35)) == 48
    assert edited(NTSC) == NTSC


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (0, "00:00:00;00"), (1799, "00:00:59;29"), (1800, "00:01:00;02"), (17981, "00:09:59;29"),
        (17982, "00:10:00;00"), (107892, "01:00:00;00"), (107893, "01:00:00;01"),
    ],
)  # fmt: skip
def test_drop_frame_stays_with_the_clock(frame: int, code: str) -> None:
    assert timecode(frame, NTSC) == code
    assert frame_of(code, NTSC) == frame


@given(st.integers(0, 24 * 3600 * 24), st.sampled_from(STANDARD))
def test_every_frame_has_its_own_code(frame: int, rate: Fraction) -> None:
    assert frame_of(timecode(frame, rate), rate) == frame
    assert timecode(frame + 1, rate) != timecode(frame, rate)
    assert frame_at(float(frame / rate), rate) == frame


@pytest.mark.parametrize("text", ["00:01:00;00", "00:00:00;30", "1:2", "00:60:00;00"])
def test_what_is_no_time_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"code|dropped"):
        frame_of(text, NTSC)


def events(text: str) -> list[tuple[str, ...]]:
    return [found.groups() for found in map(EVENT.fullmatch, text.splitlines()) if found]


def test_an_edl_is_read_back() -> None:
    pieces = [
        Piece(FILM, 1.001, 3.003, "bee", "nice\nlight", ((2.002, "lands"),)),
        Piece(OTHER, 0.4, 2.4),
        Piece(TALK, 10, 61, "answer"),
    ]
    text = edl(pieces, "My list")
    assert text.startswith("TITLE: My list\r\nFCM: DROP FRAME\r\n")
    found = events(text)
    assert [(one[0], one[1], one[2]) for one in found] == [
        ("001", "FLOWERBE", "AA/V"), ("002", "FLOWER", "V"), ("003", "TALK", "A"),
    ]  # fmt: skip
    record = frame_of("01:00:00;00", NTSC)
    for piece, event in zip(pieces, found, strict=True):
        first, last, begins, ends = (frame_of(code, NTSC) for code in event[3:])
        assert (first, last) == piece.frames(NTSC)
        assert (begins, ends) == (record, record + last - first)
        record = ends
    assert found[0][3:5] == ("00:00:01;00", "00:00:03;00")
    assert "* FROM CLIP NAME: Flower & bee.mp4" in text
    assert "* COMMENT: nice\r\n* COMMENT: light" in text
    assert "* LOC: 01:00:01;00 RED     lands" in text
    assert "* SOURCE FRAME RATE: 25.000" in text


def test_reels_are_different_and_short() -> None:
    sources = [Source(n, f"holiday film {n}.mp4", f"/f/{n}.mp4", 9, PAL) for n in range(12)]
    reels = [event[1] for event in events(edl([Piece(one, 0, 1) for one in sources]))]
    assert len(set(reels)) == 12
    assert all(len(reel) <= 8 and reel.isalnum() for reel in reels)


def test_a_list_that_is_too_long_for_an_edl_is_refused() -> None:
    with pytest.raises(KinoraError, match="at most"):
        edl([Piece(FILM, 0, 1)] * 1000)


def seconds(text: str) -> Fraction:
    assert re.fullmatch(r"\d+(/\d+)?s", text), text
    return Fraction(text[:-1])


# The content models of the DTD of FCPXML 1.10, as far as they are used.
CHILDREN = {
    "fcpxml": ["resources", "library"], "library": ["event"], "event": ["project"], "project": ["sequence"],
    "sequence": ["spine"], "spine": ["asset-clip"], "asset-clip": ["note", "marker"], "asset": ["media-rep"],
    "resources": ["format", "asset"],
}  # fmt: skip
NEEDED = {
    "format": {"id"}, "asset": {"id"}, "media-rep": {"src"}, "sequence": {"format"}, "asset-clip": {"ref"},
    "marker": {"start", "value"},
}  # fmt: skip


def checked(body: bytes) -> ElementTree.Element:
    """Read an FCPXML and hold it against the rules: structure, ids, times on frame boundaries."""
    assert b"<!DOCTYPE fcpxml>" in body
    root = ElementTree.fromstring(body)
    for parent in root.iter():
        assert NEEDED.get(parent.tag, set()) <= set(parent.attrib), parent.tag
        allowed = CHILDREN.get(parent.tag, [])
        assert [child.tag for child in parent if child.tag not in allowed] == []
        if parent.tag != "resources":  # there the order is free
            order = [allowed.index(child.tag) for child in parent]
            assert order == sorted(order)
    formats = {one.get("id"): seconds(one.get("frameDuration", "")) for one in root.iter("format")}
    assets = {one.get("id"): one for one in root.iter("asset")}
    assert len({*formats, *assets}) == len(formats) + len(assets)
    (sequence,) = root.iter("sequence")
    frame = formats[sequence.get("format")]
    at = Fraction(0)
    for clip in root.iter("asset-clip"):
        asset = assets[clip.get("ref")]
        own = formats[asset.get("format")] if asset.get("format") else frame
        offset, length = seconds(clip.get("offset", "")), seconds(clip.get("duration", ""))
        start = seconds(clip.get("start", ""))
        assert offset == at
        assert (offset / frame).denominator == (length / frame).denominator == (start / own).denominator == 1
        assert start + length <= seconds(asset.get("duration", "")) + max(frame, own)
        at += length
    assert seconds(sequence.get("duration", "")) == at
    return root


def test_an_fcpxml_holds_to_the_rules() -> None:
    pieces = [
        Piece(FILM, 1.001, 3.003, "<bee>", "nice\x00 light", ((2.002, "lands"),)),
        Piece(OTHER, 0.4, 2.4),
        Piece(FILM, 4, 5.06),
        Piece(TALK, 10, 61, "answer"),
        Piece(SLOW, 0.08, 4.0),
    ]
    root = checked(fcpxml(pieces, "My list"))
    assert root.get("version") == "1.10"
    clips = list(root.iter("asset-clip"))
    assert [clip.get("name") for clip in clips] == ["<bee>", "flower é.mp4", "Flower & bee.mp4", "answer", "cars.mp4"]
    assert clips[0].get("start") == "1001/1000s"
    assert clips[0].findtext("note") == "nice light"
    assert [marker.get("value") for marker in clips[0].iter("marker")] == ["lands"]
    assert len(list(root.iter("asset"))) == 4
    assert [rep.get("src") for rep in root.iter("media-rep")][:2] == [
        "file:///films/Flower%20%26%20bee.mp4", "file:///C:/films/flower%20%C3%A9.mp4",
    ]  # fmt: skip
    (sequence,) = root.iter("sequence")
    assert sequence.get("tcFormat") == "DF"
    talk = next(one for one in root.iter("asset") if one.get("name") == "talk.wav")
    assert (talk.get("hasVideo"), talk.get("audioChannels"), talk.get("audioRate")) == (None, "1", "16000")


@given(
    st.lists(
        st.tuples(st.sampled_from([FILM, OTHER, SLOW, TALK]), st.floats(0, 4), st.floats(0.01, 1)), min_size=1,
        max_size=6,
    )
)  # fmt: skip
def test_whatever_the_times_they_lie_on_frames(found: list[tuple[Source, float, float]]) -> None:
    pieces = [Piece(source, start, start + length) for source, start, length in found]
    checked(fcpxml(pieces))
    assert len(events(edl(pieces))) == len(pieces)


def test_a_list_of_recordings_has_a_usual_rate() -> None:
    pieces = [Piece(TALK, 1, 2)]
    assert rate_of(pieces) == 25
    checked(fcpxml(pieces))
    assert events(edl(pieces))[0][3:] == ("00:00:01:00", "00:00:02:00", "01:00:00:00", "01:00:01:00")


def test_csv_is_read_back_and_holds_no_formula() -> None:
    body = cliplist([entry_of(Piece(FILM, 1.001, 3.003, '=HYPERLINK("x")', "a, b\nc")), Entry(TALK, 5, None, "mark")])
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["in"], rows[0]["out"], rows[0]["in_timecode"]) == ("1.001", "3.003", "00:00:01;00")
    assert rows[0]["name"].startswith("'=")
    assert rows[0]["note"] == "a, b\nc"
    assert (rows[1]["out"], rows[1]["in_timecode"], rows[1]["frame_rate"]) == ("", "", "")


def test_addresses_of_both_sorts_of_systems() -> None:
    assert address("/a b/ü.mp4") == "file:///a%20b/%C3%BC.mp4"
    assert address("C:\\a b\\c.mp4") == "file:///C:/a%20b/c.mp4"
    assert address("\\\\host\\share\\c.mp4") == "file://host/share/c.mp4"
