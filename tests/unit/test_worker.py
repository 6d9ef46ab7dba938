"""The worker loop: one decode for all analyzers, one answer for every task, errors in words, cancels at a yield."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.cli.samples import draw
from engine.jobs import wire
from engine.jobs.worker import Worker, clean
from engine.media import source as media_source
from engine.model import Facts, Finding, FindingKind, Kind
from engine.settings import defaults


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set that the program draws."""
    return draw(tmp_path_factory.mktemp("samples") / "set")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every source that the worker opens."""
    found: list[Any] = []

    class Watched(media_source.Source):
        decodes_at_close = 0

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            found.append(self)

        def close(self) -> None:
            self.decodes_at_close = max(self.decodes_at_close, self.decodes)
            super().close()

    monkeypatch.setattr(media_source, "Source", Watched)
    return found


def start(path: Path, kind: Kind, mime: str, *names: str, **changes: Any) -> wire.Start:
    stat = path.stat()
    tasks = tuple(wire.Task(number, 7, name, defaults()) for number, name in enumerate(names, start=1))
    about = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, **changes}
    return wire.Start(1, os.fsencode(path), kind, mime, "c" * 64, about["size"], about["mtime_ns"], tasks)


def answers(order: wire.Start, *, cancelled: bool = False) -> list[wire.Message]:
    sink = io.BytesIO()
    worker = Worker(io.BytesIO(), sink)
    if cancelled:
        worker._cancelled.add(order.bundle)
    worker.run(order)
    return [wire.decode(line) for line in sink.getvalue().splitlines(keepends=True)]


def test_an_asset_is_decoded_once_for_all_that_want_it(samples: Path, opened: list[Any]) -> None:
    said = answers(start(samples / "poster.jpg", Kind.PHOTO, "image/jpeg", "probe", "look", "safety", "ocr"))
    done = [message for message in said if isinstance(message, wire.Done)]
    assert [message.job for message in done] == [1, 2, 3, 4]
    assert isinstance(said[-1], wire.Ended)
    assert [source.decodes_at_close for source in opened] == [1]
    assert done[0].facts is not None
    assert done[0].previews[0].side == 384
    assert any(finding.kind is FindingKind.TEXT for finding in done[3].findings)


def test_a_film_is_passed_through_once_for_all_that_want_it(samples: Path, opened: list[Any]) -> None:
    said = answers(
        start(samples / "village film.mp4", Kind.VIDEO, "video/mp4", "probe", "look", "scenes", "ocr", "voice")
    )
    assert sum(isinstance(message, wire.Done) for message in said) == 5
    assert [source.decodes_at_close for source in opened] == [1]


def test_a_damaged_file_is_told_once_for_every_task_in_the_same_words(samples: Path) -> None:
    said = answers(start(samples / "broken.jpg", Kind.PHOTO, "image/jpeg", "probe", "look", "ocr"))
    failed = [message for message in said if isinstance(message, wire.Failed)]
    assert [message.job for message in failed] == [1, 2, 3]
    assert len({message.text for message in failed}) == 1
    assert failed[0].retry == "never"


def test_a_file_that_changed_since_it_was_hashed_is_left_for_later(samples: Path) -> None:
    said = answers(start(samples / "dunes.png", Kind.PHOTO, "image/png", "probe", "look", size=1))
    assert {(message.code, message.retry) for message in said if isinstance(message, wire.Failed)} == {
        ("changed", "later")
    }


def test_a_file_that_is_gone_waits(tmp_path: Path) -> None:
    place = tmp_path / "a.png"
    Image.new("RGB", (9, 9)).save(place)
    order = start(place, Kind.PHOTO, "image/png", "probe")
    place.unlink()
    (failed,) = [message for message in answers(order) if isinstance(message, wire.Failed)]
    assert (failed.code, failed.retry) == ("missing", "wait")


def test_a_cancelled_bundle_does_nothing(samples: Path, opened: list[Any]) -> None:
    said = answers(start(samples / "dunes.png", Kind.PHOTO, "image/png", "probe", "look"), cancelled=True)
    assert {message.code for message in said if isinstance(message, wire.Failed)} == {"cancelled"}
    assert opened == []


def test_an_analyzer_that_this_build_lacks_waits_for_a_pack(samples: Path) -> None:
    (failed,) = [
        m
        for m in answers(start(samples / "dunes.png", Kind.PHOTO, "image/png", "clairvoyance"))
        if isinstance(m, wire.Failed)
    ]
    assert (failed.code, failed.retry) == ("needs-pack", "wait")


def test_large_pictures_are_drawn_on_request(samples: Path) -> None:
    def drawn(path: Path, kind: Kind, mime: str, **options: Any) -> bytes:
        stat = path.stat()
        task = wire.Task(1, 1, "render", options)
        order = wire.Start(1, os.fsencode(path), kind, mime, "c" * 64, stat.st_size, stat.st_mtime_ns, (task,))
        (done,) = [message for message in answers(order) if isinstance(message, wire.Done)]
        return done.previews[0].jpeg

    for jpeg, side in (
        (drawn(samples / "poster.jpg", Kind.PHOTO, "image/jpeg", side=1000), 1000),
        (drawn(samples / "letter.pdf", Kind.DOCUMENT, "application/pdf", side=900, page=1), 900),
        (drawn(samples / "village film.mp4", Kind.VIDEO, "video/mp4", side=320, time=4.0), 320),
    ):
        assert max(Image.open(io.BytesIO(jpeg)).size) == side


def test_lone_surrogates_do_not_leave_the_worker() -> None:
    finding = clean(Finding(FindingKind.TEXT, text="caf\udce9 é", data={"tags": ("a\ud800",), "n": 1}))
    assert (finding.text.startswith("caf"), finding.text.endswith(" é")) == (True, True)
    (finding.text + str(finding.data)).encode()
    facts = clean(Facts(title="\udcff", keywords=("ok", "b\udc80"), extra={"x": {"y": "\ud800"}}, width=7))
    (facts.title + str(facts.keywords) + str(facts.extra)).encode()
    assert facts.width == 7
    same = Finding(FindingKind.TEXT, text="plain é")
    assert clean(same) is same
