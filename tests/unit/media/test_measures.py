"""Frame times and waves against what FFmpeg decodes of real films and recordings."""

import os
from array import array
from fractions import Fraction
from pathlib import Path

import pytest

from engine.jobs.measure import FRAMES, PEAKS, Measure
from engine.media import peaks, times
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Kind, Preview, Step
from engine.model.film import FrameTimes, Peaks

FILMS = (
    "video/asl_yes.mkv", "video/flower.mp4", "video/flower.webm", "video/tears_of_steel_cuts.webm",
    "video_made/rotated_meta.mp4", "video_made/flower_hevc.mp4", "video_made/cuts_and_jfk.mp4",
)  # fmt: skip


def measured(path: Path, of: str) -> bytes:
    raw = os.fsencode(path)
    with Source(raw, Kind.VIDEO, sniff(raw).mime) as source:
        found = list(Measure().analyze(source, {"of": of}))
    assert all(isinstance(one, (Step, Preview)) for one in found)
    assert isinstance(found[-1], Preview)
    return found[-1].jpeg


def frames(path: Path) -> FrameTimes:
    head, found = times.unpacked(measured(path, FRAMES))
    return FrameTimes(found, Fraction(*head["base"]), Fraction(*head["rate"]), head["timecode"])


@pytest.mark.parametrize("name", FILMS)
def test_every_frame_is_told_when_the_decoder_shows_it(media: Path, name: str) -> None:
    import av

    with av.open(str(media / name)) as found:
        shown = [frame.pts for frame in found.decode(found.streams.video[0])]
    known = frames(media / name)
    assert list(known.times) == shown
    for number in range(len(known)):
        assert known.at(known.second(number)) == number
        assert known.at(known.middle(number)) == number
        assert known.at(round(known.middle(number) * 1000) / 1000) == number


def test_frames_of_varying_length(tmp_path: Path) -> None:
    known = FrameTimes(array("q", [0, 40, 50, 200, 240]), Fraction(1, 1000), Fraction(25))
    assert [known.at(second) for second in (-1, 0, 0.039, 0.04, 0.055, 0.199, 0.2, 9)] == [0, 0, 0, 1, 2, 2, 3, 4]
    assert known.middle(2) == pytest.approx(0.125)
    assert (known.bounded(-5), known.bounded(99)) == (0, 4)


def test_a_film_without_times_says_so(media: Path) -> None:
    from engine.errors import DamagedFile

    with pytest.raises(DamagedFile, match="no times"):
        measured(media / "video" / "talking_head.264", FRAMES)


@pytest.mark.parametrize(
    ("name", "channels"), [("en_stereo_two_talkers.wav", 2), ("en_jfk.flac", 2), ("guitar.ogg", 1)]
)
def test_the_wave_is_that_of_the_samples(media: Path, name: str, channels: int) -> None:
    import av
    import numpy as np

    rate, extremes = peaks.unpacked(measured(media / "audio" / name, PEAKS))
    assert extremes.shape[1] == channels
    with av.open(str(media / "audio" / name)) as found:
        mixer = av.AudioResampler("s16", "stereo" if channels == 2 else "mono", peaks.RATE)
        decoded = [m.to_ndarray().reshape(-1, channels) for f in found.decode(audio=0) for m in mixer.resample(f)]
    sound = np.concatenate(decoded)
    assert len(extremes) / rate == pytest.approx(len(sound) / peaks.RATE, abs=2 / rate)
    assert extremes.max() == sound.max() >> 8
    assert extremes.min() == sound.min() >> 8
    second = sound[: peaks.RATE]
    assert extremes[: round(rate), :, 1].max() == second.max() >> 8


def test_columns_of_a_drawing_keep_the_extremes(media: Path) -> None:
    import numpy as np

    rate, extremes = peaks.unpacked(measured(media / "audio" / "en_jfk.flac", PEAKS))
    wave = Peaks(rate, extremes)
    length = len(extremes) / rate
    for columns in (1, 7, 300, 5000):
        drawn = wave.drawn(0, length, columns)
        assert drawn.shape == (columns, 2, 2)
        assert drawn[:, :, 1].max() == extremes[:, :, 1].max()
        assert drawn[:, :, 0].min() == extremes[:, :, 0].min()
    part = wave.drawn(2, 3, 10)
    assert part[:, 0, 1].max() <= extremes[int(2 * rate) : int(3 * rate) + 2, 0, 1].max()
    assert not np.any(wave.drawn(length + 1, length + 2, 5))


def test_long_recordings_have_longer_pieces() -> None:
    import numpy as np

    wave = peaks._Wave(1, 40)
    rng = np.random.default_rng(1)
    samples = rng.integers(-30000, 30000, (40 * 1000 + 7, 1)).astype(np.int16)
    for at in range(0, len(samples), 999):
        wave.add(samples[at : at + 999])
    done = wave.done()
    assert done.shape == (1001, 1, 2)
    assert np.array_equal(done[:1000, 0, 1], samples[:40000].reshape(1000, 40).max(axis=1) >> 8)


def test_a_stream_without_an_index_shows_the_right_frame(tmp_path: Path) -> None:
    """Seeking in MPEG-TS lands behind the place that was sought: it is tried from further ahead."""
    import av
    import numpy as np

    path = tmp_path / "stream.ts"
    with av.open(str(path), "w", format="mpegts") as made:
        stream = made.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(60):
            grey = np.full((48, 64, 3), 20 + number * 3, np.uint8)
            made.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        made.mux(stream.encode(None))
    known = frames(path)
    raw = os.fsencode(path)
    with Source(raw, Kind.VIDEO, sniff(raw).mime) as source:
        for number in (0, 1, 7, 11, 12, 13, 30, 59):
            seen = source.picture_at(round(known.middle(number), 4), 64).mean()
            assert seen == pytest.approx(20 + number * 3, abs=1.6)
