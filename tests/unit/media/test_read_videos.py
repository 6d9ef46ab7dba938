"""Videos give facts, a poster, shots and keyframes, whatever their headers say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DamagedFile, MediaError
from engine.media.container import tag_facts
from engine.media.source import Limits, Source
from engine.model import Kind

Open = Callable[..., Source]
Film = Callable[..., Path]


def test_facts(film: Film, source: Open) -> None:
    tags = {
        "title": "Summer",
        "artist": "Ann",
        "creation_time": "2020-01-02T03:04:05Z",
        "location": "+43.4674+011.8851+260/",
    }
    facts = source(film(tags=tags)).probe()
    assert (facts.width, facts.height) == (128, 96)
    assert facts.duration == pytest.approx(4.5, abs=0.2)
    assert facts.fps == 12
    assert facts.has_audio is True
    assert facts.format == "MPEG-4 in MP4"
    assert (facts.title, facts.creator, facts.taken) == ("Summer", "Ann", "2020-01-02T03:04:05+00:00")
    assert facts.place == "Arezzo, Italy"
    assert facts.altitude == 260


def test_shots_and_keyframes(film: Film, source: Open) -> None:
    made = source(film())
    steps = list(made.scan_shots())
    assert steps
    assert [round(shot.start, 1) for shot in made.shots()] == [0.0, 1.5, 3.0]
    assert made.shots()[-1].end == pytest.approx(4.5, abs=0.1)
    frames = list(made.keyframes())
    assert [shot.keyframes for shot in made.shots()] == [(frame.time,) for frame in frames]
    reds = [int(frame.image[80, 100].argmax()) for frame in frames]
    assert reds == [0, 1, 2]
    assert list(made.scan_shots()) == []
    assert made.decodes == 1


def test_the_threshold_is_the_setting(film: Film, source: Open) -> None:
    path = film(shots=((100, 100, 100), (130, 130, 130)))
    assert len(source(path).shots()) == 1
    assert len(source(path, limits=Limits(scenes_threshold=6.0)).shots()) == 2


def test_keyframes_are_bounded(film: Film, source: Open) -> None:
    colours = tuple((40 + 150 * (n % 2), 60 + 20 * (n % 5), 200 - 150 * (n % 2)) for n in range(12))
    made = source(film(shots=colours, seconds=0.75, tone=False), limits=Limits(keyframes=5))
    assert len(made.shots()) == 12
    assert len(list(made.keyframes())) == 5


def test_a_long_shot_is_looked_at_again_when_something_appears(tmp_path: Path, source: Open) -> None:
    import av

    path = tmp_path / "subtitle.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(100):
            image = np.full((240, 320, 3), 90, np.uint8)
            if number > 50:
                image[210:225, 60:260] = 250
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    made = source(path)
    assert len(made.shots()) == 1
    times = made.shots()[0].keyframes
    assert len(times) == 2
    assert times[0] < 5 < times[1]


@pytest.mark.parametrize(
    ("turned", "size", "corner"),
    [(90, (96, 128), "lower left"), (-90, (96, 128), "upper right"), (180, (128, 96), "lower right")],
)
def test_turned_videos_are_upright(film: Film, source: Open, turned: int, size: tuple[int, int], corner: str) -> None:
    made = source(film(turned=turned, shots=((20, 20, 90),), tone=False))
    facts = made.probe()
    assert (facts.width, facts.height) == size
    picture = made.picture(128).astype(int)
    height, width = picture.shape[:2]
    assert (width, height) == size
    bright = {"upper": 4, "lower": height - 5}[corner.split()[0]], {"left": 4, "right": width - 5}[corner.split()[1]]
    assert picture[bright].min() > 180
    assert next(iter(made.keyframes())).image.shape == picture.shape


def test_the_poster_is_not_black(film: Film, source: Open) -> None:
    made = source(film(shots=((0, 0, 0), (220, 180, 40)), tone=False, seconds=4.0, mark=False))
    assert made.picture(128)[80, 100, 0] > 150


def test_a_frame_at_a_time(film: Film, source: Open) -> None:
    made = source(film())
    assert made.picture_at(0.1, 64)[40, 50].argmax() == 0
    assert made.picture_at(2.0, 64)[40, 50].argmax() == 1
    assert made.picture_at(99.0, 64)[40, 50].argmax() == 2
    assert max(made.picture_at(2.0, 64).shape) == 64


@pytest.mark.parametrize("name", ["film.mkv", "film.avi", "film.mov", "film.ts", "film.m4v"])
def test_containers(film: Film, source: Open, name: str) -> None:
    made = source(film(name))
    assert made.kind is Kind.VIDEO
    assert made.probe().duration == pytest.approx(4.5, abs=0.5)
    assert len(made.shots()) == 3


def test_a_video_cut_off_gives_its_part(film: Film, source: Open) -> None:
    path = film("film.mkv", tone=False)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    made = source(path)
    made.probe()
    assert 0 < made.shots()[-1].end < 4.5


def test_a_video_without_its_index_is_damaged(film: Film, source: Open) -> None:
    path = film()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DamagedFile):
        source(path).probe()


def test_scripts_and_lists_are_never_run(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    for text in ("ffconcat version 1.0\nfile 'secret.txt'\n", "#EXTM3U\n#EXTINF:1,\nsecret.txt\n"):
        path = tmp_path / "a.mp4"
        path.write_text(text)
        for mime in ("video/mp4", "video/x-matroska", "video/mp2t", "video/h264"):
            with Source(str(path).encode(), Kind.VIDEO, mime) as made, pytest.raises(MediaError):
                made.probe()


def test_names_that_are_no_text(film: Film, tmp_path: Path) -> None:
    raw = str(tmp_path).encode() + b"/caf\xe9.mp4"
    try:
        film().rename(raw.decode("utf-8", "surrogateescape"))
    except OSError:
        pytest.skip("this file system takes no such names")
    with Source(raw, Kind.VIDEO, "video/mp4") as made:
        assert made.probe().width == 128


def test_tags() -> None:
    facts = tag_facts({"com.apple.quicktime.location.iso6709": "-54.8019-068.3030/",
    "com.apple.quicktime.make": "Apple",
                       "com.apple.quicktime.model": "iPhone 12",
                       "com.apple.quicktime.creationdate": "2021-01-02T03:04:05+0100",
                       "creation_time": "2021-01-02T02:04:05Z", "album": "Trips"})  # fmt: skip
    assert (facts.latitude, facts.longitude) == (-54.8019, -68.303)
    assert facts.camera == "Apple iPhone 12"
    assert facts.taken == "2021-01-02T03:04:05+01:00"
    assert facts.album == "Trips"
    assert tag_facts({"creation_time": "1970-01-01T00:00:00Z"}).taken is None
    assert tag_facts({"location": "+95.0+200.0/"}).latitude is None


def test_real_cuts(media: Path, source: Open) -> None:
    made = source(media / "video_made/cuts_and_jfk.mp4")
    assert [shot.start for shot in made.shots()[1:]] == [2, 4, 6, 8, 10, 12]
    assert len(list(made.keyframes())) == 7
    assert made.decodes == 1


# Every cut of this clip, read off its frames one by one; the manifest's own list is not hand-checked and misses some.
STEEL = (2.17, 5.08, 6.58, 9.21, 12.88, 29.79, 32.83, 36.33, 37.54, 41.13, 46.96, 48.21, 50.13, 51.42, 51.92, 53.50,
         56.04, 57.42, 59.58, 61.33, 63.54, 65.46, 67.42, 68.75, 70.38)  # fmt: skip


def test_real_cuts_among_explosions(media: Path, source: Open) -> None:
    made = source(media / "video/tears_of_steel_cuts.webm")
    cuts = [shot.start for shot in made.shots()[1:]]
    right = [cut for cut in cuts if any(abs(cut - true) <= 0.1 for true in STEEL)]
    assert len(right) / len(cuts) >= 0.95
    assert len(right) / len(STEEL) >= 0.9


@pytest.mark.parametrize(
    ("name", "size", "duration"),
    [
        ("video_made/rotated_meta.mp4", (480, 640), 1.7), ("broken/made/lying_duration.mp4", (640, 480), 6.2),
        ("broken/made/fps_1000.mp4", (64, 64), 2.0), ("broken/made/one_frame.mp4", (64, 64), 0.04),
        ("broken/made/tiny_2x2.mp4", (2, 2), 1.0), ("broken/made/extreme_aspect.mp4", (4096, 64), 1.0),
        ("video/talking_head.264", (640, 320), 0.36), ("video_made/flower_hevc.mp4", (480, 270), 5.0),
        ("video_made/asl_yes_vp9.webm", (320, 240), 2.2),
    ],
)  # fmt: skip
def test_real_videos(media: Path, source: Open, name: str, size: tuple[int, int], duration: float) -> None:
    made = source(media / name)
    facts = made.probe()
    assert (facts.width, facts.height) == size
    assert facts.duration == pytest.approx(duration, abs=0.1)
    preview = made.preview(384)
    assert preview is not None
    assert preview.side <= 384
    assert made.shots()[-1].end == pytest.approx(duration, abs=0.2)
    assert 1 <= len(list(made.keyframes())) <= 4
