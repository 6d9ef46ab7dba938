"""What is said, by whom, and when subtitles are taken instead: real recordings with the small memorised Whisper."""

import os
import re
import shutil
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers import base
from engine.analyzers.speech import Speech, fits
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.media.subtitles import Track
from engine.model import Finding, FindingKind, Step
from engine.packs.talk import Heard, Word
from engine.packs.voices import RATE
from tests.voices import speaker_pack

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]

JFK = "And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country."
SAID = {
    "audio/en_jfk.flac": ("en", JFK),
    "audio/en_jfk.mp3": ("en", JFK),
    "video_made/cuts_and_jfk.mp4": ("en", JFK),
    "audio/en_one_two_three.wav": ("en", "one two three"),
    "audio/de_test_de.wav": ("de", "Der hinter diesem Portal liegenden Raum wurde als Leichenhalle genutzt."),
    "audio/zh_aishell.wav": ("zh", "广州市房地产中介协会分析"),
}


def text_of(found: list[Any], label: str = "speech") -> str:
    texts = [one.text for one in found if one.kind is FindingKind.TEXT and one.label == label]
    return " ".join(texts)


def stand_in(monkeypatch: pytest.MonkeyPatch, task: str, ref: str, model: Any) -> None:
    """Let jobs that name this pack get this model."""
    real = base.load
    monkeypatch.setattr(base, "load", lambda *asked: model if asked == (task, ref) else real(*asked))


@pytest.fixture
def with_speakers(real_shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The packs for speech and for speakers on a shelf of their own."""
    shelf = tmp_path / "shelf"
    shutil.copytree(real_shelf / "micro-whisper", shelf / "micro-whisper")
    monkeypatch.setenv("KINORA_PACKS", str(shelf))
    return {"speech": "micro-whisper@1", "speaker-embedding": speaker_pack(shelf)}


def sound_of(path: Path) -> Any:
    raw = os.fsencode(path)
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        return source.sound()


def write(path: Path, sound: Any) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("name", SAID)
def test_every_word_is_written_down(
    with_packs: dict[str, str], media: Path, analyze: Analyze, only: Only, name: str
) -> None:
    code, words = SAID[name]
    found = analyze("speech", media / name, packs=with_packs)
    assert text_of(found) == words
    (language,) = only(found, FindingKind.LANGUAGE)
    assert language.label == code
    times: list[float] = []
    for one in only(found, FindingKind.TEXT):
        assert one.data["language"] == code
        assert one.moment.start <= one.moment.end
        told = one.data["words"]
        glue = "" if code == "zh" else " "
        assert glue.join(word for _, _, word, _ in told) == one.text
        assert all(0 <= start <= end and 0 <= sure <= 1 for start, end, _, sure in told)
        times += [one.moment.start, one.moment.end]
    assert times == sorted(times)


@pytest.mark.parametrize("name", ["audio/noise_no_speech.wav", "audio_synth/silence_20s.opus", "audio/guitar.ogg"])
def test_nothing_is_made_up_where_nobody_speaks(
    with_packs: dict[str, str], media: Path, analyze: Analyze, name: str
) -> None:
    assert analyze("speech", media / name, packs=with_packs) == []


@pytest.mark.slow
def test_a_long_recording_is_written_down_in_its_places(
    with_packs: dict[str, str], media: Path, analyze: Analyze
) -> None:
    found = analyze("speech", media / "audio_synth" / "en_longform_4min.mp3", packs=with_packs, speech__language="en")
    told = [one for one in found if one.label == "speech" and "fellow Americans" in one.text]
    assert [round(one.moment.start / 10) * 10 for one in told] == [60, 140, 220]
    assert "one two three" in text_of(found)


def test_the_language_can_be_told(with_packs: dict[str, str], media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("speech", media / "audio" / "en_jfk.mp3", packs=with_packs, speech__language="de")
    assert [one.label for one in only(found, FindingKind.LANGUAGE)] == ["de"]


def test_text_is_embedded_where_a_pack_can(
    with_packs: dict[str, str], media: Path, analyze: Analyze, only: Only, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Embedder:
        dim, space, longest = 2, "words@1", 64

        def embed_texts(self, texts: list[str]) -> Any:
            return np.tile(np.asarray([0.6, 0.8], np.float32), (len(texts), 1))

    stand_in(monkeypatch, "text-embedding", "words@1", Embedder())
    packs = {**with_packs, "text-embedding": "words@1"}
    found = analyze("speech", media / "audio" / "en_jfk.mp3", packs=packs)
    (vector,) = only(found, FindingKind.VECTOR)
    assert (vector.space, vector.label) == ("words@1", "text")
    assert vector.moment.start is not None
    assert vector.moment.end > vector.moment.start + 5


# --- subtitles -------------------------------------------------------------------------------------------------------

SRT = """1
00:00:00,200 --> 00:00:04,600
And so, my fellow Americans,

2
00:00:05,200 --> 00:00:10,700
<i>ask not</i> what your country can do for you
"""


@pytest.mark.parametrize("name", ["talk.srt", "talk.en.srt", "Talk.EN.SRT"])
def test_subtitles_beside_a_recording_are_read_instead(
    with_packs: dict[str, str], media: Path, tmp_path: Path, analyze: Analyze, only: Only, name: str
) -> None:
    shutil.copy(media / "audio" / "en_jfk.mp3", tmp_path / "talk.mp3")
    (tmp_path / name).write_text(SRT)
    found = analyze("speech", tmp_path / "talk.mp3", packs=with_packs)
    texts = only(found, FindingKind.TEXT)
    assert {one.label for one in texts} == {"subtitle"}
    assert [one.text for one in texts] == ["And so, my fellow Americans,", "ask not what your country can do for you"]
    assert texts[0].data["file"] == name
    assert (texts[1].moment.start, texts[1].moment.end) == (5.2, 10.7)
    assert [one.label for one in only(found, FindingKind.LANGUAGE)] == ["en"]
    ignored = analyze("speech", tmp_path / "talk.mp3", packs=with_packs, speech__subtitles="ignore")
    assert text_of(ignored) == JFK


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("talk.srt", SRT.replace("00:00:", "00:09:")),  # of a longer cut
        ("talk.srt", SRT.replace("00:00:10,700", "00:00:05,300").replace("00:00:04,600", "00:00:00,900")),  # few words
        ("talk.forced.srt", SRT),
        ("talk.de.srt", SRT),  # a translation is not what is said
        ("talking.srt", SRT),  # of another file
        ("talk.srt", "no subtitles at all"),
        ("talk.srt", ""),
    ],
)
def test_subtitles_that_do_not_fit_are_left_alone(
    media: Path, tmp_path: Path, analyze: Analyze, scripted: Any, name: str, text: str
) -> None:
    shutil.copy(media / "audio" / "en_jfk.mp3", tmp_path / "talk.mp3")
    (tmp_path / name).write_text(text)
    options = scripted(Scripted([[heard("This was heard.")]]))
    assert text_of(analyze("speech", tmp_path / "talk.mp3", **options)) == "This was heard."


def test_subtitles_must_lie_where_somebody_speaks() -> None:
    from engine.media.parts import Block

    voice = [(10.0, 20.0, 0.9), (30.0, 40.0, 0.9)]

    def track(*times: tuple[float, float]) -> Track:
        return Track("x", "", tuple(Block("a", start=start, end=end) for start, end in times))

    assert fits(track((10, 14), (14, 20), (31, 39)), voice, 60.0)
    assert not fits(track((0, 8), (21, 29), (41, 55)), voice, 60.0)
    assert not fits(track((10, 12)), voice, 60.0)
    assert not fits(track((10, 20), (30, 40), (70, 80)), voice, 60.0)
    assert not fits(track(), voice, 60.0)


# --- speakers --------------------------------------------------------------------------------------------------------


def test_two_readers_are_told_apart(
    with_speakers: dict[str, str], media: Path, tmp_path: Path, analyze: Analyze, only: Only
) -> None:
    jfk, reader = sound_of(media / "audio/en_jfk.flac"), sound_of(media / "audio/en_LJ001-0003.wav")
    quiet = np.zeros(RATE // 2, np.float32)
    path = write(tmp_path / "two.wav", np.concatenate([jfk, quiet, reader, quiet, jfk]))
    found = analyze("speech", path, packs=with_speakers)
    one, two = only(found, FindingKind.SPEAKER)
    assert (one.label, two.label) == ("1", "2")
    border = (len(jfk) + len(quiet) / 2) / RATE
    back = (len(jfk) + len(reader) + len(quiet) * 1.5) / RATE
    assert min(abs(end - border) for _, end in one.data["spans"]) < 1.0
    assert min(abs(start - border) for start, _ in two.data["spans"]) < 1.0
    assert min(abs(start - back) for start, _ in one.data["spans"]) < 1.0
    assert all(border - 1 < start < end < back + 1 for start, end in two.data["spans"])
    assert one.data["seconds"] == pytest.approx(sum(end - start for start, end in one.data["spans"]), abs=0.05)
    assert [one.moment.start, one.moment.end] in one.data["spans"]
    vectors = [np.frombuffer(each.vector, "<f2").astype(np.float32) for each in (one, two)]
    assert [round(float(np.linalg.norm(vector)), 2) for vector in vectors] == [1.0, 1.0]
    assert float(vectors[0] @ vectors[1]) < 0.5
    assert {one.space, two.space} == {"timbre@1"}
    for text in only(found, FindingKind.TEXT):
        middle = (text.moment.start + text.moment.end) / 2
        if abs(middle - border) > 2 and abs(middle - back) > 2:
            assert text.data["speaker"] == (2 if border < middle < back else 1)


def test_one_reader_is_one_speaker_in_several_recordings(
    with_speakers: dict[str, str], media: Path, analyze: Analyze, only: Only
) -> None:
    vectors = []
    for name in ("en_LJ001-0001.wav", "en_LJ001-0003.wav", "en_jfk.flac"):
        (found,) = only(analyze("speech", media / "audio" / name, packs=with_speakers), FindingKind.SPEAKER)
        vectors.append(np.frombuffer(found.vector, "<f2").astype(np.float32))
    assert float(vectors[0] @ vectors[1]) > 0.8
    assert float(vectors[0] @ vectors[2]) < 0.5


def test_no_speakers_without_their_pack(with_packs: dict[str, str], media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("speech", media / "audio" / "en_jfk.mp3", packs=with_packs)
    assert only(found, FindingKind.SPEAKER) == []
    assert "speaker" not in only(found, FindingKind.TEXT)[0].data


# --- the flow, with a transcriber that says what the test wants ------------------------------------------------------


@dataclass
class Scripted:
    """A transcriber that answers from a list and keeps what it was given."""

    answers: list[list[Heard]]
    again: list[Heard] = field(default_factory=list)
    batch: int = 2
    longest: float = 29.0
    languages: tuple[str, ...] = ("en",)
    calls: list[tuple[int, bool]] = field(default_factory=list)

    def language(self, sounds: Any) -> tuple[str, float]:
        return "en", 0.9

    def write(self, sounds: Any, language: str, *, beam: int, careful: bool = False) -> list[list[Heard]]:
        self.calls.append((len(sounds), careful))
        assert all(len(sound) <= self.longest * RATE for sound in sounds)
        return [self.again] if careful else [self.answers.pop(0) for _ in sounds]


def heard(text: str, start: float = 0.3, end: float = 8.0, **more: float) -> Heard:
    parts = text.split()
    step = (end - start) / len(parts)
    words = tuple(Word(start + at * step, start + (at + 1) * step, f" {word}", 0.9) for at, word in enumerate(parts))
    return Heard(start, end, text, words, **{"confidence": -0.2, **more})


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scripted], dict[str, Any]]:
    """Put a scripted transcriber in the place of a pack's; return the options of a job."""

    def use(model: Scripted) -> dict[str, Any]:
        stand_in(monkeypatch, "speech", "s@1", model)
        return {"packs": {"speech": "s@1"}}

    return use


def test_a_loop_is_read_again_with_care(media: Path, analyze: Analyze, scripted: Any) -> None:
    model = Scripted([[heard("thank you very much " * 6)]], [heard("thank you very much for coming here today")])
    found = analyze("speech", media / "audio/en_LJ001-0001.wav", **scripted(model))
    assert text_of(found) == "thank you very much for coming here today"
    assert [careful for _, careful in model.calls] == [False, True]


def test_a_loop_that_stays_is_cut_to_two_rounds(media: Path, analyze: Analyze, scripted: Any) -> None:
    loop = heard("we go " + "round and " * 8)
    found = analyze("speech", media / "audio/en_LJ001-0001.wav", **scripted(Scripted([[loop]], [loop])))
    assert text_of(found) == "we go round and round and"


@pytest.mark.parametrize(
    "made_up",
    [
        heard("Subtitles by the Amara.org community", silence=0.4),
        heard("Thank you for watching!", confidence=-0.8),
        heard("hello there", silence=0.9, confidence=-1.4),
        heard("hello there", start=60.0, end=64.0),
        heard(" ".join(f"word{at}" for at in range(90)), end=2.0),
        heard("... ..."),
    ],
)
def test_what_nobody_said_is_left_out(media: Path, analyze: Analyze, scripted: Any, made_up: Heard) -> None:
    model = Scripted([[made_up, heard("This was said.")]])
    assert text_of(analyze("speech", media / "audio/en_LJ001-0001.wav", **scripted(model))) == "This was said."


def test_pieces_come_in_batches_and_a_cancel_stops_between_them(media: Path, tmp_path: Path, scripted: Any) -> None:
    one = sound_of(media / "audio" / "en_one_two_three.wav")
    path = write(tmp_path / "three.wav", np.concatenate([one, np.zeros(4 * RATE, np.float32)] * 3))
    model = Scripted([[heard("and so on", 0.2, 2.0)] for _ in range(3)])
    raw = os.fsencode(path)
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        running = Speech().analyze(source, scripted(model))
        for step in running:
            if isinstance(step, Step) and re.search("writing", step.text):
                assert step.total == pytest.approx(20.2, abs=0.2)
                assert 6.0 < step.done < 12.0
                break
        running.close()
    assert model.calls == [(2, False)]


def test_findings_fit_the_wire(media: Path, with_packs: dict[str, str], analyze: Analyze) -> None:
    for one in analyze("speech", media / "audio/en_one_two_three.wav", packs=with_packs):
        assert Finding.from_json(one.to_json()) == one
