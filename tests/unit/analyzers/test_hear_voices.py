"""Where voices are found in recordings with and without speech."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.model import FindingKind
from engine.packs.voices import APART, CHUNK, PAUSE, RATE, WINDOW, VoiceDetector, pieces, spans

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]

SPEECH = ["audio/en_jfk.flac", "audio/de_test_de.wav", "audio/zh_aishell.wav", "audio_synth/en_quilter_noisy.wav"]
SILENT = ["audio/noise_no_speech.wav", "audio_synth/silence_20s.opus", "audio/guitar.ogg", "video/flower.mp4"]


def _seconds(found: list[Any]) -> float:
    return sum(one.moment.end - one.moment.start for one in found)


@pytest.mark.parametrize("name", SPEECH)
def test_speech_is_found(media: Path, analyze: Analyze, only: Only, name: str) -> None:
    found = analyze("voice", media / name)
    (label,) = only(found, FindingKind.LABEL)
    assert label.label == "speech"
    assert label.score > 0.6
    assert only(found, FindingKind.VOICE)


@pytest.mark.parametrize("name", SILENT)
def test_noise_and_music_are_not_speech(media: Path, analyze: Analyze, only: Only, name: str) -> None:
    found = analyze("voice", media / name)
    assert not only(found, FindingKind.LABEL)
    assert _seconds(only(found, FindingKind.VOICE)) < 0.5


def test_pauses_of_two_seconds_part_the_spans(media: Path, analyze: Analyze, only: Only) -> None:
    found = only(analyze("voice", media / "audio_synth" / "en_longform_4min.mp3"), FindingKind.VOICE)
    clips = json.loads((media / "audio_synth" / "en_longform_4min.json").read_text())
    for clip in clips:
        inside = sum(max(0.0, min(one.moment.end, clip["end"]) - max(one.moment.start, clip["start"])) for one in found)
        assert inside > 0.5 * (clip["end"] - clip["start"]), clip
    pauses = [(one["end"] + 0.4, two["start"] - 0.4) for one, two in pairwise(clips)]
    covered = [one for one in found for start, end in pauses if one.moment.start < start and one.moment.end > end]
    assert not covered


def test_cuts_between_chunks_leave_no_trace(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from engine.media.sniff import sniff
    from engine.media.source import Source

    path = os.fsencode(media / "audio" / "en_jfk.flac")
    with Source(path, sniff(path).kind, sniff(path).mime) as source:
        sound = source.sound()
    assert sound is not None
    voice = VoiceDetector()
    whole = [chance for part in voice.chances(sound) for chance in part]
    monkeypatch.setattr("engine.packs.voices.CHUNK", 7)
    assert len(sound) / WINDOW < CHUNK
    pieces = [chance for part in voice.chances(sound) for chance in part]
    assert np.allclose(whole, pieces, atol=1e-4)


def test_spans_follow_the_thresholds() -> None:
    step = WINDOW / RATE
    gap = int(PAUSE / step)
    chances = [0.0] * 20 + [0.9] * 30 + [0.2] * (gap - 2) + [0.9] * 30 + [0.0] * (gap + 5) + [0.9] * 3 + [0.0] * 50
    (only,) = spans(chances, 0.5, len(chances) * step)
    start, end, score = only
    assert start == pytest.approx(20 * step - 0.15, abs=0.01)
    assert end == pytest.approx((80 + gap - 2) * step + 0.15, abs=0.01)
    assert 0.5 < score < 0.9
    assert spans([], 0.5, 0.0) == []
    assert spans([0.4] * 100, 0.5, 3.2) == []
    (until,) = spans([0.9] * 100, 0.5, 3.2)
    assert until[:2] == (0.0, 3.2)


def test_pieces_are_merged_while_they_fit_and_cut_where_the_voice_is_faint() -> None:
    step = WINDOW / RATE
    chances = [0.9] * int(70 / step)
    faint = int(22 / step)
    chances[faint] = 0.5
    near = [(0.0, 5.0, 0.9), (6.0, 12.0, 0.9), (12.0 + APART, 16.0, 0.9), (17.0, 50.0, 0.9)]
    assert pieces(near[:3], chances, 29.0) == [(0.0, 12.0), (14.0, 16.0)]
    cut = pieces([(0.0, 70.0, 0.9)], chances, 29.0)
    assert cut[0] == (0.0, pytest.approx(22.0, abs=0.05))
    assert all(one[1] == two[0] for one, two in pairwise(cut))
    assert cut[-1][1] == 70.0
    assert all(0 < end - start <= 29.0 for start, end in cut)
    assert pieces(near, chances, 29.0)[-1][1] == 50.0
    assert pieces([], [], 29.0) == []
