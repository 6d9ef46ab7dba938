"""Sound comes as 16 kHz mono float32, within bounds."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DamagedFile, UnsupportedFormat
from engine.media.sniff import sniff
from engine.media.source import Limits, Source

Open = Callable[..., Source]
Wav = Callable[..., bytes]


def test_sound_of_a_recording(tmp_path: Path, wav: Wav, source: Open) -> None:
    (tmp_path / "a.wav").write_bytes(wav(2.0))
    made = source(tmp_path / "a.wav")
    facts = made.probe()
    sound = made.sound()
    assert sound is not None
    assert (sound.dtype, sound.ndim) == (np.float32, 1)
    assert len(sound) == pytest.approx(32000, abs=200)
    assert 0.3 < np.abs(sound).max() <= 1.0
    assert facts.duration == pytest.approx(2.0)
    spectrum = np.abs(np.fft.rfft(sound))
    assert spectrum.argmax() * 16000 / len(sound) == pytest.approx(440, abs=3)


def test_sound_of_a_video(film: Callable[..., Path], source: Open) -> None:
    sound = source(film()).sound()
    assert sound is not None
    assert len(sound) / 16000 == pytest.approx(4.5, abs=0.2)
    assert source(film("quiet.mp4", tone=False)).sound() is None


def test_sound_is_bounded(tmp_path: Path, wav: Wav, source: Open) -> None:
    (tmp_path / "a.wav").write_bytes(wav(3.0))
    made = source(tmp_path / "a.wav", limits=Limits(sound_hours=1 / 3600))
    sound = made.sound()
    assert sound is not None
    assert len(sound) == 16000
    assert made.notices


def test_a_header_without_sound(tmp_path: Path, wav: Wav, source: Open) -> None:
    (tmp_path / "a.wav").write_bytes(wav(1.0)[:44])
    made = source(tmp_path / "a.wav")
    assert made.probe().duration == 0
    sound = made.sound()
    assert sound is not None
    assert len(sound) == 0
    assert made.preview(384) is None


@pytest.mark.parametrize(("at", "value"), [(22, b"\0\0"), (24, b"\0\0\0\0")], ids=["no channels", "no rate"])
def test_impossible_headers(tmp_path: Path, wav: Wav, source: Open, at: int, value: bytes) -> None:
    data = wav(1.0)
    (tmp_path / "a.wav").write_bytes(data[:at] + value + data[at + len(value) :])
    with pytest.raises(DamagedFile):
        source(tmp_path / "a.wav").probe()


def test_sizes_that_lie(tmp_path: Path, wav: Wav, source: Open) -> None:
    data = wav(1.0)
    (tmp_path / "a.wav").write_bytes(data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:])
    sound = source(tmp_path / "a.wav").sound()
    assert sound is not None
    assert len(sound) == pytest.approx(16000, abs=200)


def test_a_recording_without_a_cover_is_drawn(tmp_path: Path, wav: Wav, source: Open) -> None:
    (tmp_path / "a.wav").write_bytes(wav(1.0))
    made = source(tmp_path / "a.wav")
    preview = made.preview(384)
    assert preview is not None
    assert preview.side == 384
    with pytest.raises(UnsupportedFormat):
        made.picture(100)


def test_real_cover_and_tags(media: Path, source: Open) -> None:
    made = source(media / "video_made/audio_with_cover.mp3")
    facts = made.probe()
    assert (facts.title, facts.creator) == ("Inaugural (JFK)", "Kinora test")
    assert made.picture(1600).shape == (250, 200, 3)


def test_real_recordings(media: Path, truths: dict[str, str], source: Open) -> None:
    for name in truths:
        if name.startswith(("audio/", "audio_synth/")) and not name.endswith(".json"):
            made = source(media / name)
            sound = made.sound()
            assert sound is not None
            assert len(sound) / 16000 == pytest.approx(made.probe().duration, abs=0.15), name


def test_short_sound_is_decoded_once_for_all_who_listen(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = os.fsencode(media / "audio" / "en_test.wav")
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        first = source.sound()
        assert first is source.sound()
        assert first is not None
        assert not first.flags.writeable
    monkeypatch.setattr("engine.media.source.KEPT_SOUND", 1000)
    with Source(raw, sniff(raw).kind, sniff(raw).mime) as source:
        assert source.sound() is not source.sound()
