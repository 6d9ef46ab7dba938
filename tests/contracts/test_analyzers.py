"""What every analyzer promises: one suite over all of them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import engine.analyzers
from engine.analyzers import ANALYZERS, BY_NAME, Analyzer
from engine.errors import MediaError
from engine.media.sniff import sniff
from engine.media.source import Limits, Source
from engine.model import Box, Facts, Finding, Kind, Preview, Step
from engine.packs.pack import TASK_BY_NAME
from engine.packs.shelf import chosen
from engine.settings import BY_KEY, defaults

FOLDER = Path(engine.analyzers.__file__).parent
HEAVY = ("numpy", "cv2", "onnxruntime", "av", "PIL", "rapidocr", "nudenet", "faster_whisper", "py3langid", "pypdfium2")

SAMPLES = {
    Kind.PHOTO: ["metadata/orientation/landscape_6.jpg", "text/plate_ak.jpg"],
    Kind.VIDEO: ["video_made/rotated_meta.mp4"],
    Kind.AUDIO: ["audio/en_test.wav"],
    Kind.DOCUMENT: ["documents/RECEIPT-2024-TXN-98765_retail_purchase.pdf"],
}
# Where an analyzer that is silent on those has something to say.
MORE = {
    "faces": ["people/groups/family1_beach.jpg", "video/asl_yes.mkv"],
    "objects": ["people/pose/squat.bmp", "video/asl_yes.mkv"],
    "pose": ["people/pose/squat.bmp", "video/asl_yes.mkv"],
    "tags": ["photos/coffee.png"],
    "speech": ["video_made/cuts_and_jfk.mp4"],
    "sounds": ["audio/guitar.ogg"],
}
QUIET = {"ocr", "titles", "scenes", "voice"}  # may find nothing in the samples
HOSTILE = [
    "broken/made/lying_dims.png",
    "broken/made/one_pixel.png",
    "broken/made/wide_20000x1.png",
    "broken/made/trunc_half.png",
    "broken/made/tiny_2x2.mp4",
    "broken/made/extreme_aspect.mp4",
    "broken/made/one_frame.mp4",
    "broken/made/ftyp_only.mp4",
    "broken/made/audio_only.mp4",
    "broken/made/header_only.wav",
    "broken/made/zero_channels.wav",
    "broken/made/zero_byte.jpg",
    "broken/made/trunc.pdf",
    "broken/made/not_utf8.txt",
    "broken/made/sub_bad.srt",
    "broken/made/really_exe.jpg",
    "broken/real/broken_data_stream.png",
    "broken/real/truncated.heic",
    "broken/smallest/jpeg.jpg",
    "broken/smallest/webm.webm",
    "broken/smallest/pdf.pdf",
    "broken/smallest/gif.gif",
]

every = pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda one: one.name)


pytestmark = pytest.mark.usefixtures("packs")


def _options(more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a job carries: the settings (or those given), and the pack for each task."""
    return {**(defaults() if more is None else more), "packs": chosen({})}


@cache
def _instance(analyzer: type[Analyzer]) -> Analyzer:
    lacking = analyzer.lacking(chosen({}))
    if lacking:
        pytest.skip(lacking)
    return analyzer()


def _open(path: Path, limits: Limits | None = None) -> Source:
    raw = os.fsencode(path)
    sniffed = sniff(raw)
    return Source(raw, sniffed.kind, sniffed.mime, limits=limits)


def _samples(analyzer: type[Analyzer], media: Path) -> Iterator[Path]:
    for kind in sorted(analyzer.kinds & SAMPLES.keys()):
        yield from (media / name for name in SAMPLES[kind])
    yield from (media / name for name in MORE.get(analyzer.name, ()))


def _run(analyzer: type[Analyzer], path: Path) -> tuple[list[Any], Facts]:
    with _open(path) as source:
        source.probe()
        return list(_instance(analyzer).analyze(source, _options())), source.facts


_once = cache(_run)  # what it says of a sample; compared with a further look where that is the question


def test_folder_and_registry_agree() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "base"}
    assert {analyzer.__module__.rpartition(".")[2] for analyzer in ANALYZERS} == modules
    assert len(ANALYZERS) == len(modules)
    assert {name: one.name for name, one in BY_NAME.items()} == {one.name: one.name for one in ANALYZERS}


def test_listing_them_loads_nothing_heavy() -> None:
    code = f"import sys, engine.analyzers; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


@every
def test_it_declares_what_it_is(analyzer: type[Analyzer]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", analyzer.name)
    assert analyzer.__module__ == f"engine.analyzers.{analyzer.name}"
    assert analyzer.version >= 1
    assert analyzer.title
    assert analyzer.kinds
    assert analyzer.kinds <= set(Kind) - {Kind.OTHER}
    assert all(key in BY_KEY for key in analyzer.options)
    assert {*analyzer.tasks, *analyzer.helped_by} <= TASK_BY_NAME.keys()
    assert set(analyzer.any_of) <= set(analyzer.helped_by)
    assert 0 < analyzer.seconds < 60
    assert 0 <= analyzer.priority < 50
    assert analyzer.__doc__


@every
def test_it_says_what_is_missing(analyzer: type[Analyzer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    missing = analyzer.missing()
    assert bool(missing) == bool(analyzer.needs)
    assert all(name in missing for name in analyzer.needs)


@every
def test_it_finds_only_what_the_model_allows(analyzer: type[Analyzer], media: Path) -> None:
    for path in _samples(analyzer, media):
        found, facts = _once(analyzer, path)
        said = any(not isinstance(one, Step) for one in found)
        assert said or analyzer.name in QUIET or (analyzer.name in MORE and path not in _more(analyzer, media))
        for one in found:
            assert isinstance(one, (Step, Finding, Facts, Preview))
            if isinstance(one, Finding):
                _check(one, facts)


def _more(analyzer: type[Analyzer], media: Path) -> list[Path]:
    return [media / name for name in MORE.get(analyzer.name, ())]


def _check(finding: Finding, facts: Facts) -> None:
    assert Finding.from_json(finding.to_json()).kind is finding.kind
    assert finding.score is None or (type(finding.score) is float and 0 <= finding.score <= 1)
    moment = finding.moment
    if moment.box is not None:
        assert isinstance(moment.box, Box)
        x, y, w, h = moment.box
        assert min(x, y, w, h) >= 0
        assert x + w <= 1 + 1e-9
        assert y + h <= 1 + 1e-9
    for time in (moment.start, moment.end):
        if time is not None:
            assert facts.duration is not None
            assert 0 <= time <= facts.duration + 0.1
    if moment.start is not None and moment.end is not None:
        assert moment.start <= moment.end
    if moment.page is not None:
        assert 1 <= moment.page <= (facts.pages or moment.page)


@every
def test_it_finds_the_same_twice(analyzer: type[Analyzer], media: Path) -> None:
    for path in _samples(analyzer, media):
        assert _run(analyzer, path)[0] == _once(analyzer, path)[0]


@every
def test_it_can_be_stopped_at_every_step(analyzer: type[Analyzer], media: Path) -> None:
    path = next(_samples(analyzer, media))
    with _open(path) as source:
        source.probe()
        running = _instance(analyzer).analyze(source, _options())
        next(running)
        running.close()
        again = list(_instance(analyzer).analyze(source, _options()))
    assert again == _once(analyzer, path)[0]


@every
def test_it_works_without_options(analyzer: type[Analyzer], media: Path) -> None:
    path = next(_samples(analyzer, media))
    with _open(path) as source:
        source.probe()
        assert list(_instance(analyzer).analyze(source, _options({}))) == _once(analyzer, path)[0]


@every
def test_a_hostile_file_costs_only_that_file(analyzer: type[Analyzer], media: Path) -> None:
    for name in HOSTILE:
        with suppress(MediaError), _open(media / name, Limits(keyframes=8)) as source:
            if source.kind not in analyzer.kinds:
                continue
            for one in _instance(analyzer).analyze(source, _options()):
                assert isinstance(one, (Step, Finding, Facts, Preview))


def test_one_decode_serves_all(media: Path) -> None:
    with _open(media / "text" / "plate_ak.jpg") as source:
        source.want(1600)
        for analyzer in ANALYZERS:
            if Kind.PHOTO in analyzer.kinds and not analyzer.lacking(chosen({})):
                for _ in _instance(analyzer).analyze(source, _options()):
                    pass
        assert source.decodes == 1
