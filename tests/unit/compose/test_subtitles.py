"""Subtitles and transcripts: cut by the rules, and read back by the reader of subtitles as they were written."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compose import subtitles, transcript
from engine.compose.subtitles import COLUMNS, GAP, LONGEST, ROWS, SHORTEST, Cue, cues, srt, vtt
from engine.media.documents import subtitles as reader
from engine.model import Moment
from engine.model.lines import Line, spread

SPEECH = (
    "Ask not what your country can do for you, ask what you can do for your country. My fellow citizens of the world, "
    "ask not what America will do for you, but what together we can do for the freedom of man."
)


def line(start: float, end: float, text: str, speaker: str = "") -> Line:
    return Line(Moment(start, end), text, spread(text, start, end), speaker=speaker)


def read(text: str) -> list[tuple[float, float, str]]:
    blocks, broken = reader.cues(text)
    assert not broken
    return [(block.start or 0.0, block.end or 0.0, block.text) for block in blocks]


def test_a_long_line_is_cut_by_the_rules_and_loses_no_word() -> None:
    made = cues([line(0, 14, SPEECH)], "en")
    assert " ".join(cue.text for cue in made) == SPEECH
    assert len(made) >= 3
    for cue in made:
        assert len(cue.rows) <= ROWS
        assert all(len(row) <= COLUMNS for row in cue.rows)
        assert SHORTEST <= cue.end - cue.start <= LONGEST
        assert len(cue.text) / (cue.end - cue.start) <= 20
    assert made[0].rows == ("Ask not what your country can do for you,", "ask what you can do for your country.")


def test_they_are_held_as_long_as_there_is_room_and_never_two_at_a_time() -> None:
    made = cues([line(1.0, 1.2, "No."), line(1.3, 1.5, "Well, perhaps it is so after all"), line(30, 30.1, "Yes.")])
    assert made[0].end == pytest.approx(1.3 - GAP, abs=2e-3)
    assert made[1].end - made[1].start == pytest.approx(32 / 17, abs=2e-3)
    assert made[2].end - made[2].start == pytest.approx(SHORTEST, abs=2e-3)
    assert all(first.end <= second.start for first, second in itertools.pairwise(made))


def test_scripts_without_spaces_have_shorter_rows() -> None:
    text = "我是中国人我住在北京这里的天气很好我们每天都去公园散步然后回家吃饭"
    made = cues([line(0, 12, text)], "zh")
    assert "".join(row for cue in made for row in cue.rows) == text
    assert all(len(row) <= 16 for cue in made for row in cue.rows)


def test_srt_and_vtt_are_read_back_as_they_were_written() -> None:
    made = cues([line(0, 3, "Salt & pepper: 3 < 4 > 2"), line(3661.5, 3664, "Wörter, 言葉", "Ann <3>")], "en")
    for text in (srt(made), vtt(made)):
        assert read(text) == [(cue.start, cue.end, "\n".join(cue.rows)) for cue in made]
    assert "01:01:01,500 --> " in srt(made)
    assert "<v Ann &lt;3&gt;>Wörter" in vtt(made)
    assert srt(made, speakers=True).count("Ann <3>: Wörter") == 1


def test_an_arrow_in_the_words_is_no_time() -> None:
    made = [Cue(0, 2, ("from A --> B",)), Cue(2.5, 4, ("00:00:01,000 --> 00:00:02,000",))]
    for text in (srt(made), vtt(made)):
        assert len(read(text)) == 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 5000),
            st.floats(0.01, 30),
            st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=300),
        ),
        max_size=8,
    )
)
def test_no_words_are_lost_whatever_they_are(said: list[tuple[float, float, str]]) -> None:
    lines = [line(start, start + length, text) for start, length, text in said if text.strip()]
    made = cues(lines)
    wanted = "".join(
        "".join(one.text.split()) for one in sorted(lines, key=lambda one: one.moment.start or 0.0)
    )  # fmt: skip
    assert "".join("".join(row.split()) for cue in made for row in cue.rows) == wanted
    pairs = [(a, b) for a, b in itertools.pairwise(made) if b.start - a.start >= subtitles.TOGETHER]
    assert all(first.end <= second.start + 0.002 for first, second in pairs)
    assert all(row.strip() for cue in made for row in cue.rows)


def test_a_transcript_says_who_and_when() -> None:
    lines = [line(0, 2, "Hello there.", "Ann"), line(2, 4, "How are you?", "Ann"), line(5, 6, "Well.", "Speaker 2")]
    assert transcript.plain(lines) == ("[00:00:00]  Ann\nHello there. How are you?\n\n[00:00:05]  Speaker 2\nWell.\n")
    body = json.loads(transcript.structured(lines, "talk.wav", 6.0, "en"))
    assert body["speakers"] == ["Ann", "Speaker 2"]
    assert body["lines"][0]["words"][1] == {"start": 0.923, "end": 2.0, "word": "there."}
    assert [one["text"] for one in body["lines"]] == ["Hello there.", "How are you?", "Well."]


def test_nothing_said_makes_empty_files() -> None:
    assert cues([]) == []
    assert read(srt([])) == []
    assert vtt([]).startswith("WEBVTT")
    assert transcript.plain([]) == ""
    assert subtitles.clock(0, ",") == "00:00:00,000"
