"""Answers of rented machines that are computed here, too: small differences pass, a lie is given back and ends it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostLied
from engine.hosts import conversation, rechecking, remote
from engine.hosts.base import Returned
from engine.hosts.likeness import unlike
from engine.hosts.loop import Loop
from engine.hosts.packer import Packer, order_of
from engine.hosts.rechecking import Rechecker, WatchedHost
from engine.jobs import wire
from engine.model import Box, Finding, FindingKind, HostKind, HostRow, HostStatus, Moment
from engine.settings import defaults
from tests.end2end.test_parcels import start_of
from tests.unit.hosts import afar
from tests.unit.hosts.test_remote import bundle
from tests.waiting import until

KIND = FindingKind
LONG = "page 3 of the harbour log, written in the spring of the year"


def thing(label: str = "dog", score: float = 0.9, x: float = 0.1, **more: Any) -> Finding:
    return Finding(KIND.OBJECT, replace(Moment(), box=Box(x, 0.1, 0.3, 0.3)), label=label, score=score, **more)


def vector(*numbers: float) -> bytes:
    import numpy as np

    return np.array(numbers, "<f2").tobytes()


def point(*numbers: float, at: float | None = None) -> Finding:
    return Finding(KIND.VECTOR, replace(Moment(), start=at), label="picture", vector=vector(*numbers), space="a@1")


def words(text: str) -> Finding:
    return Finding(KIND.TEXT, text=text, label="ocr")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([], []),
        ([thing(), thing("cat", x=0.6)], [thing("cat", 0.8, 0.61), thing(score=0.55, x=0.12)]),
        ([thing(), thing("cup", 0.3)], [thing(), thing("bowl", 0.4)]),  # what is not sure may be missing
        ([thing("cup", 0.55)], []),
        ([point(1, 0, 0.2)], [point(0.98, 0.05, 0.21)]),
        ([point(1, 0, at=3.0)], [point(1, 0, at=3.4)]),
        ([words(LONG)], [words(LONG.replace("harbour", "harb0ur"))]),
        ([words("abc")], [words("xyz")]),
        ([Finding(KIND.VOICE, Moment(1.0, 9.0))], [Finding(KIND.VOICE, Moment(1.2, 8.0))]),
        ([Finding(KIND.SPEAKER, label="1", vector=vector(1, 0))],
         [Finding(KIND.SPEAKER, label="2", vector=vector(1, 0))]),
        ([Finding(KIND.NOTICE, text="dark")], []),
    ],
)  # fmt: skip
def test_machines_that_reckon_a_little_differently_agree(ours: Sequence[Finding], theirs: Sequence[Finding]) -> None:
    assert unlike(ours, theirs) is None
    assert unlike(theirs, ours) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([thing()], []),
        ([thing()], [thing("cat")]),
        ([thing()], [thing(x=0.6)]),
        ([thing()], [thing(), *(thing(x=0.5 + n / 100) for n in range(9))]),
        ([point(1, 0)], [point(0, 1)]),
        ([point(1, 0)], [replace(point(1, 0), space="b@1")]),
        ([point(1, 0, at=3.0)], [point(1, 0, at=30.0)]),
        ([words(LONG)], []),
        ([words(LONG)], [words("something else altogether, as long as the other")]),
        ([Finding(KIND.LEVEL, label="explicit", score=0.9)], [Finding(KIND.LEVEL, label="safe", score=0.9)]),
    ],
)
def test_a_clear_contradiction_is_seen_from_both_sides(ours: Sequence[Finding], theirs: Sequence[Finding]) -> None:
    assert unlike(ours, theirs) is ours[0].kind
    assert unlike(theirs, ours) is ours[0].kind


class Worker:
    """A worker of this machine that finds what it is told to."""

    def __init__(self, answer: Callable[[wire.Start], wire.Message]) -> None:
        self.answer = answer
        self.asked: list[wire.Start] = []
        self.ends = 0

    def __call__(self, **given: Any) -> "Worker":
        return self

    def start(self, listener: Callable[[Any], None]) -> None:
        self.listener = listener

    def send(self, start: wire.Start, *, deadline: float) -> None:
        self.asked.append(start)
        self.listener(self.answer(start))

    def stop(self) -> None:
        self.ends += 1


class Watched(afar.Reached):
    """A rented machine over a node in memory; `share` of its answers are looked into."""

    def __init__(self, folder: Path, worker: Worker, share: float = 1.0) -> None:
        super().__init__()
        settings = {**defaults(), "hosts.recheck": share}
        self.rechecker = Rechecker(folder, lambda: settings, worker=worker)  # type: ignore[arg-type]
        self.host = WatchedHost(
            HostRow(-1, HostKind.RENTAL, "rented", "vast://1"), self._open, self.cutter, Loop("kinora-rented"),
            order_of=afar.order_of, travellers=lambda: self.able, pack_folder=Path, rechecker=self.rechecker,
            blobs=folder,
        )  # fmt: skip
        self.loop.close()
        self.loop = self.host._loop


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Watched, afar.Heard]]]:
    monkeypatch.setattr(conversation, "PULSE", 0.05)
    monkeypatch.setattr(conversation, "LULL", 0.01)
    monkeypatch.setattr(conversation, "WAIT", 0.2)
    monkeypatch.setattr(remote, "PAUSES", (0.02,))
    monkeypatch.setattr(rechecking, "refusal", lambda task, settings: None)
    made: list[Watched] = []

    def make(*given: Any, **named: Any) -> tuple[Watched, afar.Heard]:
        one, heard = Watched(tmp_path, *given, **named), afar.Heard()
        made.append(one)
        one.host.start(heard)
        until(lambda: one.host.free())
        return one, heard

    yield make
    for one in made:
        one.close()


def found(text: str) -> Callable[[wire.Start], wire.Message]:
    return lambda start: wire.Done(start.bundle, 0, 0, (words(text),))


def through(messages: Sequence[Any]) -> bool:
    return any(isinstance(one, wire.Ended) for one in messages)


@pytest.mark.parametrize(
    ("worker", "asked"),
    [
        (Worker(found("of ocr")), 1),
        (Worker(lambda start: wire.Failed(start.bundle, 0, 0, "pack", "no pack")), 1),
        (Worker(found(LONG)), 0),
    ],
)
def test_an_answer_is_believed_that_is_found_here_or_cannot_be_looked_into(
    watched: Callable[..., Any], worker: Worker, asked: int, tmp_path: Path
) -> None:
    one, heard = watched(worker, share=1.0 if asked else 0.0)
    one.host.send(bundle(1), deadline=5)
    messages = heard.wait(through)
    assert [message.findings[0].text for message in messages if isinstance(message, wire.Done)] == ["of ocr"]
    assert (len(worker.asked), worker.ends) == (asked, asked)
    assert list(tmp_path.iterdir()) == [], "what was written for it is gone"
    assert one.host.state().status is HostStatus.READY


def test_a_lie_is_given_back_and_the_host_gets_nothing_more(watched: Callable[..., Any]) -> None:
    one, heard = watched(Worker(found(LONG)))
    one.host.send(bundle(1), deadline=5)
    messages = heard.wait(lambda said: any(isinstance(message, Returned) for message in said))
    back = next(message for message in messages if isinstance(message, Returned))
    assert back.bundles == (1,)
    assert isinstance(back.error, HostLied)
    assert not any(isinstance(message, (wire.Done, wire.Failed)) for message in messages), "nothing of it is believed"
    until(lambda: one.host.state().status is HostStatus.REFUSED)
    assert "something else than this computer finds" in one.host.state().text
    assert one.host.free() == 0
    assert one.node.acknowledged == []


def test_only_one_is_looked_into_at_a_time() -> None:
    rechecker = Rechecker(Path(), lambda: {"hosts.recheck": 1.0})
    task = afar.order_of(bundle(1), ()).tasks[0]
    assert [rechecker.chosen(task, wire.Done(0, 0, 0)) for _ in range(3)] == [True, False, False]
    fresh = Rechecker(Path(), lambda: {"hosts.recheck": 1.0})
    assert not fresh.chosen(task, wire.Failed(0, 0, 0, "", ""))
    assert not fresh.chosen(replace(task, analyzer="caption"), wire.Done(0, 0, 0))
    rare = Rechecker(Path(), lambda: {"hosts.recheck": 0.02}, chance=iter([0.5, 0.02, 0.019]).__next__)
    assert [rare.chosen(task, wire.Done(0, 0, 0)) for _ in range(3)] == [False, False, True]


@pytest.mark.slow
def test_a_worker_here_finds_in_a_parcel_what_a_host_must_have_found(
    real_shelf: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_shelf))
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
    rechecker = Rechecker(tmp_path / "rechecked", defaults)
    start = start_of(media / "people/groups/family1_beach.jpg", 1, "objects")

    async def look() -> tuple[bool, bool, bool]:
        order = order_of(start, await packer.pack(start))
        task, here = order.tasks[0], tmp_path / "parcels"
        ours = await asyncio.to_thread(rechecker._computed, order, task, here)
        assert ours
        right = wire.Done(0, 0, 0, ours)
        wrong = replace(right, findings=tuple(replace(one, label="giraffe") for one in ours))
        unknown = replace(task, options={**task.options, "packs": {"objects": "nobody-has-it@1"}})
        return (await rechecker.differs(order, task, here, right), await rechecker.differs(order, task, here, wrong),
                await rechecker.differs(order, unknown, here, wrong))  # fmt: skip

    try:
        assert asyncio.run(look()) == (False, True, False)
    finally:
        packer.stop()
