"""Another machine as a host: whatever the connection does, every bundle gets its answers once or comes home."""

import asyncio
import contextlib
import inspect
import re
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.analyzers import ANALYZERS
from engine.errors import DamagedFile, HostError, HostFull, HostKeyChanged, HostLied, HostLost, HostRefused
from engine.hosts import conversation, letters, remote
from engine.hosts.base import Returned
from engine.hosts.checking import SAYS, checked
from engine.jobs import wire
from engine.jobs.orders import Answer, Part
from engine.model import Finding, FindingKind, HostStatus, Kind, Moment
from tests.unit.hosts.afar import Heard, Reached, order_of
from tests.waiting import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PAUSES", (0.02, 0.05))
    monkeypatch.setattr(remote, "GRACE", 0.3)
    monkeypatch.setattr(conversation, "PULSE", 0.1)
    monkeypatch.setattr(conversation, "LULL", 0.01)
    monkeypatch.setattr(conversation, "WAIT", 0.2)


@pytest.fixture
def reached() -> Iterator[Reached]:
    made = Reached()
    yield made
    made.close()


def begin(reached: Reached) -> Heard:
    heard = Heard()
    reached.host.start(heard)
    until(lambda: reached.host.free())
    return heard


def bundle(number: int, *analyzers: str) -> wire.Start:
    tasks = tuple(wire.Task(number * 10 + at, 7, name) for at, name in enumerate(analyzers or ("ocr",)))
    return wire.Start(number, b"/home/me/secret.jpg", Kind.PHOTO, "image/jpeg", f"content {number}", 1, 1, tasks)


def ended(*numbers: int) -> Callable[[list[Any]], bool]:
    return lambda messages: {one.bundle for one in messages if isinstance(one, wire.Ended)} >= set(numbers)


def test_a_bundle_goes_there_and_its_answers_come_back_under_its_own_numbers(reached: Reached) -> None:
    heard = begin(reached)
    reached.host.send(bundle(3, "ocr", "tags"), deadline=5)
    heard.wait(ended(3))
    done = list(heard.of(wire.Done))
    assert {(one.bundle, one.job, one.epoch) for one in done} == {(3, 30, 7), (3, 31, 7)}
    assert {one.findings[0].text for one in done} == {"of ocr", "of tags"}
    assert reached.node.acknowledged == []  # nothing is on the disk here yet
    reached.host.landed(3, 30)
    until(lambda: len(reached.node.acknowledged) == 1)
    reached.host.landed(3, 31)
    until(lambda: len(reached.node.acknowledged) == 2)
    assert not reached.node.spool


def test_the_same_bytes_are_sent_once(reached: Reached) -> None:
    heard = begin(reached)
    reached.host.send(bundle(1, "ocr"), deadline=5)
    heard.wait(ended(1))
    again = replace(bundle(2, "tags"), content="content 1")
    reached.host.send(again, deadline=5)
    heard.wait(ended(2))
    assert len(reached.node.puts) == 1


def test_a_dropped_connection_loses_and_doubles_nothing(reached: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "GRACE", 60.0)
    heard = begin(reached)
    reached.node.held = True
    for number in (1, 2, 3):
        reached.host.send(bundle(number), deadline=5)
    until(lambda: len(reached.node.orders) == 3)
    reached.drop()
    until(lambda: reached.host.free() == 0)
    reached.node.held = False
    reached.mend()
    heard.wait(ended(1, 2, 3))
    assert sorted(one.job for one in heard.of(wire.Done)) == [10, 20, 30]
    assert len(reached.node.executed) == 3


def test_a_host_that_stays_away_gives_its_bundles_back_and_never_says_done(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)
    reached.drop()
    heard.wait(lambda messages: any(isinstance(one, Returned) for one in messages))
    (back,) = heard.of(Returned)
    assert back.bundles == (1,)
    assert not list(heard.of(wire.Done))
    assert reached.host.open() == ()
    assert reached.host.state().status is HostStatus.LOST
    reached.node.held = False
    reached.mend()
    until(lambda: reached.host.free())


def test_an_answer_of_the_last_run_is_used_and_not_computed_again(reached: Reached) -> None:
    heard = begin(reached)
    reached.host.send(bundle(1), deadline=5)
    heard.wait(ended(1))  # this program ends here: nothing was acknowledged
    reached.host.stop()
    later = Reached("later")
    try:
        later.node.spool = dict(reached.node.spool)
        heard = begin(later)
        time.sleep(0.1)
        assert later.node.acknowledged == []
        later.host.send(bundle(1), deadline=5)
        heard.wait(ended(1))
        assert [one.job for one in heard.of(wire.Done)] == [10]
        assert later.node.executed == []
    finally:
        later.close()


def test_what_must_be_decided_by_a_person_stops_every_further_try(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)
    reached.drop(HostKeyChanged("another key"))
    heard.wait(lambda messages: any(isinstance(one, Returned) for one in messages))
    until(lambda: reached.host.state().status is HostStatus.REFUSED)
    tries = reached.connections
    time.sleep(0.3)
    assert reached.connections == tries
    assert reached.host.state().hint
    reached.mend()
    until(lambda: reached.host.free())


@pytest.mark.parametrize("error", [HostRefused("wrong token"), HostFull("no room there")])
def test_a_refusal_in_the_middle_brings_the_bundles_home(reached: Reached, error: Any) -> None:
    heard = begin(reached)
    reached.node.failing["submit"] = reached.lost = error  # it says the same when it is asked again
    reached.host.send(bundle(1), deadline=5)
    heard.wait(lambda messages: any(isinstance(one, Returned) for one in messages))
    assert reached.host.state().text == error.text


def test_a_cancelled_bundle_is_cancelled_there_and_a_late_answer_is_not_heard(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)
    reached.host.cancel(1)
    heard.wait(ended(1))
    assert [one.code for one in heard.of(wire.Failed)] == ["cancelled"]
    until(lambda: reached.node.cancelled)
    (order,) = reached.node.orders.values()
    reached.node.spool[order.tasks[0].key] = Answer(order.tasks[0].key, reached.node.answer(order.tasks[0]))
    time.sleep(0.1)
    assert not list(heard.of(wire.Done))


def returned(messages: list[Any]) -> bool:
    return any(isinstance(one, Returned) for one in messages)


def test_what_cannot_be_cut_goes_home_and_no_host_is_to_blame(reached: Reached) -> None:
    heard = begin(reached)
    reached.cutter.failing = DamagedFile("half of it is missing")
    reached.host.send(bundle(1, "ocr", "tags"), deadline=5)
    heard.wait(returned)
    (back,) = heard.of(Returned)
    assert (back.bundles, back.error.code, back.unfit) == ((1,), "damaged", True)
    assert not list(heard.of(wire.Failed))
    assert not reached.node.orders


def test_what_comes_when_it_must_not_be_used_any_more_goes_home_at_once(reached: Reached) -> None:
    heard = begin(reached)
    reached.drop(HostKeyChanged("another key"))
    until(lambda: reached.host.state().status is HostStatus.REFUSED)
    reached.host.send(bundle(4), deadline=5)  # it was free a moment ago, when the scheduler asked
    heard.wait(returned)
    assert [one.bundles for one in heard.of(Returned)] == [(4,)]
    assert reached.host.open() == ()


def test_what_was_marked_on_the_way_does_not_leave(reached: Reached) -> None:
    heard = begin(reached)
    stays: list[bytes] = []
    reached.host._stays = lambda start: start.path in stays
    reached.node.failing["missing"] = HostError("not now")
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.connections > 1)  # it could not be handed over yet
    stays.append(b"/home/me/secret.jpg")
    reached.node.failing.clear()
    heard.wait(returned)
    assert [(one.bundles, one.unfit) for one in heard.of(Returned)] == [((1,), False)]
    assert not reached.node.puts
    assert not reached.node.orders


def test_a_node_that_keeps_orders_is_told_whether_they_may_still_go(reached: Reached) -> None:
    reached.node.may_go = lambda order: None  # type: ignore[attr-defined]
    heard = begin(reached)
    reached.node.held = True
    stays: list[bytes] = []
    reached.host._stays = lambda start: start.path in stays
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)
    (order,) = reached.node.orders
    ask = reached.node.may_go  # type: ignore[attr-defined]
    assert reached.loop.ask(ask(order), 5)
    assert not reached.loop.ask(ask("0" * 32), 5)
    stays.append(b"/home/me/secret.jpg")
    assert not reached.loop.ask(ask(order), 5)
    heard.wait(returned)
    until(lambda: reached.node.cancelled == [order])


def test_a_way_there_that_takes_for_ever_keeps_no_bundle(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)

    async def never() -> Any:
        await asyncio.sleep(3600)

    reached.host._opener = never
    reached.node.failing["answers"] = HostLost("gone")
    heard.wait(returned)
    assert reached.host.open() == ()


def test_a_host_that_says_nothing_becomes_slow(reached: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(reached)
    reached.node.held = True
    reached.host._turnaround = 0.0
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.host.turnaround() > 0.2)
    reached.node.held = False


def test_a_flood_of_answers_that_nobody_asked_for_is_not_kept() -> None:
    kept = letters.Letters()
    message = wire.Done(0, 0, 0)
    for number in range(100):
        answer = Answer(f"{number:064x}", message, letters.ROOM // 4)
        if kept.is_new(answer):
            assert list(kept.arrived(answer)) == []
    assert len(kept._kept) == 4
    asked = Answer("f" * 64, message, letters.ROOM)
    assert kept.expect(asked.key, 1, wire.Task(1, 1, "ocr")) is None
    assert kept.is_new(asked)  # what was asked for is always taken


def test_an_answer_on_its_way_to_the_disk_is_never_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk may be full for hours; a host that forgot an answer meanwhile could not give it again after a crash."""
    now = [0.0]
    monkeypatch.setattr(letters.time, "monotonic", lambda: now[0])
    kept = letters.Letters()
    keys = [f"{number:064x}" for number in range(2)]
    assert kept.expect(keys[0], 1, wire.Task(1, 1, "ocr")) is None
    for key in keys:
        list(kept.arrived(Answer(key, wire.Done(0, 0, 0), 9)))
    for now[0] in (letters.WAITS * 2, letters.WAITS * 9):
        kept.is_new(Answer("f" * 64, wire.Done(0, 0, 0), 9))
    assert set(kept.take_stored()) == {keys[1]}  # nobody had asked for that one
    kept.landed(1, 1)
    assert set(kept.take_stored()) == {keys[0]}


def test_two_tasks_of_one_analyzer_are_both_answered(reached: Reached) -> None:
    def two(start: wire.Start, parts: tuple[Part, ...]) -> Any:
        made = order_of(start, parts)
        return replace(made, tasks=tuple(replace(one, key=f"{at:064x}") for at, one in enumerate(made.tasks)))

    reached.host._order_of = two
    heard = begin(reached)
    reached.host.send(bundle(3, "ocr", "ocr"), deadline=5)
    heard.wait(ended(3))
    assert {one.job for one in heard.of(wire.Done)} == {30, 31}


def test_a_host_that_is_let_go_holds_no_parts_back(reached: Reached) -> None:
    begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)
    reached.host.stop()
    assert reached.cutter.released == [1]


def test_a_bundle_that_cannot_be_delivered_takes_no_others_with_it(reached: Reached) -> None:
    heard = begin(reached)
    bad = b"content 1".hex().ljust(64, "0")[:64]
    put = reached.node.put

    async def refuse(name: str, path: Path) -> None:
        if name == bad:
            raise HostError("What should travel is gone from this computer.")
        await put(name, path)

    reached.node.put = refuse  # type: ignore[method-assign]
    for number in (1, 2, 3):
        reached.host.send(bundle(number), deadline=5)
    heard.wait(ended(1, 2, 3))
    assert [one.job for one in heard.of(wire.Failed)] == [10]
    assert sorted(one.job for one in heard.of(wire.Done)) == [20, 30]


LIES = {
    "text that is none": ("ocr", Finding(FindingKind.TEXT, text={"a": 1})),  # type: ignore[arg-type]
    "a score that is none": ("tags", Finding(FindingKind.LABEL, label="dog", score=float("nan"))),
    "a vector of another model": ("meaning", Finding(FindingKind.VECTOR, vector=b"\0\0" * 8, space="other@1")),
    "a vector of half a number": ("meaning", Finding(FindingKind.VECTOR, vector=b"\0" * 3, space="model@1")),
    "a place before the start": ("ocr", Finding(FindingKind.TEXT, moment=Moment(start=-5.0))),
    "a face that nobody looked for": ("ocr", Finding(FindingKind.FACE, score=0.9)),
    "a verdict that nobody asked for": ("tags", Finding(FindingKind.LEVEL, label="explicit", score=1.0)),
    "half a letter": ("ocr", Finding(FindingKind.TEXT, text="\ud800")),
    "half a letter inside": ("ocr", Finding(FindingKind.TEXT, data={"\udfff": 1})),
    "data that never ends": (
        "tags",
        Finding(FindingKind.LABEL, data={"a": {"b": {"c": {"d": {"e": {"f": {"g": {}}}}}}}}),
    ),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_host_that_lies_is_not_believed_nor_asked_again(reached: Reached, lie: tuple[str, Finding]) -> None:
    heard = begin(reached)
    analyzer, finding = lie
    reached.node.answer = lambda task: wire.Done(0, 0, 0, (finding,))
    reached.host.send(bundle(1, analyzer), deadline=5)
    heard.wait(lambda messages: any(isinstance(one, Returned) for one in messages))
    assert not list(heard.of(wire.Done))
    until(lambda: reached.host.state().status is HostStatus.REFUSED)


def test_a_host_may_not_say_what_a_file_is_nor_draw_previews(reached: Reached) -> None:
    from engine.model import Facts, Preview

    heard = begin(reached)
    reached.node.answer = lambda task: wire.Done(0, 0, 0, (), Facts(title="mine"), (Preview(9, b"x"),))
    reached.host.send(bundle(1), deadline=5)
    heard.wait(ended(1))
    (done,) = heard.of(wire.Done)
    assert done.facts is None
    assert done.previews == ()


def test_answers_to_what_nobody_asked_are_never_handed_on(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.spool["f" * 64] = Answer("f" * 64, wire.Done(1, 10, 7))
    reached.host.send(bundle(1), deadline=5)
    heard.wait(ended(1))
    assert len(list(heard.of(wire.Done))) == 1


def test_a_node_of_another_protocol_is_refused_with_both_versions(reached: Reached) -> None:
    reached.node.able = replace(reached.node.able, protocol=99)
    reached.host.start(Heard())
    until(lambda: reached.host.state().status is HostStatus.REFUSED)
    assert "9.9" in reached.host.state().text


def test_analyzers_of_another_version_stay_here(reached: Reached) -> None:
    reached.able = {"ocr": 2, "tags": 1}
    begin(reached)
    assert reached.host.takes() == {"tags"}


def test_a_clock_that_is_a_year_off_is_told_and_hinders_nothing(reached: Reached) -> None:
    reached.node.able = replace(reached.node.able, clock=time.time() - 365 * 86_400)
    heard = begin(reached)
    reached.host.send(bundle(1), deadline=5)
    heard.wait(ended(1))
    assert "clock" in reached.host.state().text


def test_a_frozen_node_is_noticed(reached: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    heard = begin(reached)
    reached.node.held = True
    reached.host.send(bundle(1), deadline=5)
    until(lambda: reached.node.orders)

    async def never() -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr(reached.node, "capabilities", never)
    monkeypatch.setattr(reached.node, "answers", lambda wait: never())
    until(lambda: reached.host.free() == 0)
    reached.drop()
    heard.wait(lambda messages: any(isinstance(one, Returned) for one in messages))


def test_a_pack_that_the_node_does_not_take_is_a_failure_of_the_jobs_and_not_of_the_connection(
    reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = begin(reached)

    async def refuse(pack: Any) -> None:
        raise HostError("This pack holds a program.")

    monkeypatch.setattr(reached.node, "install", refuse)
    monkeypatch.setattr(reached.host, "_order_of", lambda start, parts: with_pack(order_of(start, parts)))
    reached.host.send(bundle(1), deadline=5)
    heard.wait(ended(1))
    assert [one.text for one in heard.of(wire.Failed)] == ["This pack holds a program."]
    assert reached.connections == 1


def with_pack(order: Any) -> Any:
    return replace(order, tasks=tuple(replace(task, options={"packs": {"tags": "odd@1"}}) for task in order.tasks))


def test_an_order_that_can_never_be_delivered_comes_home_at_last(reached: Reached) -> None:
    heard = begin(reached)
    reached.node.failing["submit"] = HostError("I do not like it.")
    reached.host.send(bundle(1), deadline=5)
    heard.wait(lambda messages: any(isinstance(one, (wire.Failed, Returned)) for one in messages))
    assert not list(heard.of(wire.Done))


def test_copies_that_differ_in_their_metadata_alone_share_an_answer_at_every_moment(reached: Reached) -> None:
    heard = begin(reached)
    for number in range(1, 40):
        reached.host.send(replace(bundle(number), content="the same"), deadline=5)
        if number % 3 == 0:
            heard.wait(ended(number))
        if number % 5 == 0:
            reached.host.landed(number - 1, (number - 1) * 10)
    heard.wait(ended(*range(1, 40)))
    assert sorted(one.job for one in heard.of(wire.Done)) == [number * 10 for number in range(1, 40)]


@pytest.mark.parametrize(("space", "numbers", "fine"), [
    ("model@1", [1.0, 2.0], True),
    ("model@1/regions", [1.0, 2.0], True),
    ("model@12", [1.0, 2.0], False),
    ("model@1", [1.0, float("nan")], False),
    ("model@1", [float("inf"), 0.0], False),
])  # fmt: skip
def test_a_vector_is_of_the_model_that_was_asked_and_has_numbers(space: str, numbers: list[float], fine: bool) -> None:
    finding = Finding(FindingKind.VECTOR, vector=struct.pack(f"<{len(numbers)}e", *numbers), space=space)
    task = wire.Task(1, 1, "meaning", {"packs": {"picture-embedding": "model@1"}})
    if fine:
        assert checked(wire.Done(0, 0, 0, (finding,)), 5, task).findings == (finding,)
    else:
        with pytest.raises(HostLied):
            checked(wire.Done(0, 0, 0, (finding,)), 5, task)


@pytest.mark.parametrize(("space", "count", "fine"), [
    ("small-pictures@1", 1024, True), ("small-pictures@1", 3, False), ("small-pictures@1/regions", 3, False),
    ("small-pictures@1/pose", 20, True), ("small-pictures@1/pose", 1024, False),
])  # fmt: skip
def test_a_vector_is_as_long_as_its_model_makes_it(
    space: str, count: int, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is the first to store a vector of a model decides for all that come after it."""
    pack = SimpleNamespace(models={"picture-embedding": {"dim": 1024}, "tags": {}})
    monkeypatch.setattr("engine.packs.shelf.find", lambda ref: (pack, Path()))
    finding = Finding(FindingKind.VECTOR, vector=bytes(2 * count), space=space)
    task = wire.Task(1, 1, "meaning", {"packs": {"picture-embedding": "small-pictures@1"}})
    with contextlib.nullcontext() if fine else pytest.raises(HostLied):
        checked(wire.Done(0, 0, 0, (finding,)), 5, task)


def test_every_analyzer_that_travels_may_say_what_it_says() -> None:
    for one in ANALYZERS:
        if one.travels:
            source = Path(inspect.getfile(one)).read_text(encoding="utf-8")
            said = {FindingKind[name] for name in re.findall(r"FindingKind\.([A-Z]+)", source)}
            assert said <= SAYS[one.name], one.name
    assert SAYS.keys() == {one.name for one in ANALYZERS if one.travels}


def test_words_of_a_host_cannot_disturb_ours() -> None:
    failed = wire.Failed(0, 0, 0, "bug", "line one\nline two \x1b[2J\u202e end" + "x" * 5000)
    told = checked(failed, 1, wire.Task(1, 1, "ocr"))
    assert isinstance(told, wire.Failed)
    assert told.text.startswith("line one line two [2J end")
    assert len(told.text) == 500


def test_a_host_whose_traffic_costs_money_stops_where_the_reservation_ends() -> None:
    reached = Reached(most=1000)
    try:
        heard = begin(reached)
        reached.host.send(bundle(1), deadline=5)
        heard.wait(ended(1))
        reached.node.sent, reached.node.received = 700, 300
        assert reached.host.free() == 0
        assert reached.host.takes() == frozenset()
        assert "traffic" in reached.host.state().text
    finally:
        reached.close()


def test_what_would_travel_beyond_the_reservation_goes_back_before_it_is_sent(tmp_path: Path) -> None:
    reached = Reached(most=3)  # each part has one byte
    try:
        heard = begin(reached)
        for number in range(1, 4):
            reached.host.send(bundle(number), deadline=5)
            heard.wait(ended(number))
            reached.node.sent = number
        reached.node.sent = 2
        reached.cutter.size = 2
        reached.host.send(bundle(4), deadline=5)
        messages = heard.wait(lambda said: any(isinstance(one, Returned) for one in said))
        assert [(one.bundles, one.error.code) for one in messages if isinstance(one, Returned)] == [((4,), "host-full")]
        assert len(reached.node.puts) == 3
        assert reached.host.free() == 0
        assert "traffic" in reached.host.state().text
    finally:
        reached.close()


@pytest.mark.parametrize("where", ["opener", "first question"])
def test_a_try_that_hangs_gives_way_when_somebody_knows_that_the_host_is_back(reached: Reached, where: str) -> None:
    """After a power cut a question may wait for minutes; a test of the host has just succeeded."""
    begin(reached)

    async def never() -> Any:
        await asyncio.Event().wait()

    own = reached.node.capabilities
    reached.stuck = where == "opener"
    if where != "opener":
        reached.node.capabilities = never  # type: ignore[method-assign]
    reached.node.failing["answers"] = HostLost("gone")
    before = reached.connections
    until(lambda: reached.connections > before and reached.host.state().status is HostStatus.LOST)
    reached.stuck, reached.node.capabilities = False, own  # type: ignore[method-assign]
    reached.node.failing.clear()
    reached.host.retry()
    until(lambda: reached.host.state().status is HostStatus.READY)


def test_a_host_that_is_asked_again_is_not_called_lost_meanwhile(
    reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PAUSES", (3600.0,))
    begin(reached)
    reached.drop()
    until(lambda: reached.host.state().status is HostStatus.LOST)
    reached.stuck = True
    reached.host.retry()
    until(lambda: reached.host.state().status is HostStatus.CONNECTING)
    assert reached.host.state().text == ""


def test_a_first_connection_is_not_begun_anew_by_impatience(reached: Reached) -> None:
    """It may be installing for minutes."""
    reached.stuck = True
    reached.host.start(Heard())
    until(lambda: reached.connections)
    reached.host.retry()
    assert reached.loop.ask(asyncio.sleep(0.05, "slept")) == "slept"
    assert reached.connections == 1


def test_what_is_on_its_way_is_counted_while_it_goes(reached: Reached) -> None:
    node, halfway = reached.node, asyncio.Event()

    async def put(name: str, path: Path) -> None:
        node.sent += 400
        await halfway.wait()

    def cut(start: wire.Start) -> Any:
        async def packed() -> Any:
            return (Part("picture", "ab" * 32, 1000),)

        return packed()

    node.put = put  # type: ignore[method-assign]
    reached.cutter.pack = cut  # type: ignore[method-assign]
    heard = begin(reached)
    assert reached.host.state().way == (0, 0)
    reached.host.send(bundle(1), deadline=60)
    until(lambda: reached.host.state().way == (400, 1000))
    reached.loop.call(halfway.set)
    heard.wait(ended(1))
    assert reached.host.state().way == (0, 0)
