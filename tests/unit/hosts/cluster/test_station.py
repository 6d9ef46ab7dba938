"""What a worker of a cluster does with an order, without a cluster: bytes in, bytes out, and an end that is one."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.hosts.cluster import about
from engine.hosts.cluster.station import Station
from engine.jobs import wire
from engine.jobs.orders import Answer, Order
from tests import nodes
from tests.nodes import listed


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    nodes.use_reads(monkeypatch)
    made = Station(tmp_path / "station", 1, nodes.settings()(), name="tls://here", write_manifest=listed)
    yield made
    made.close()


def ask(
    station: Station,
    order: Order,
    blobs: dict[str, bytes],
    *,
    unwanted: Callable[[], bool] = lambda: False,
    **more: Any,
) -> dict[str, Any]:
    told = {"order": order.to_json(), "keys": [task.key for task in order.tasks], "pieces": list(blobs),
            "versions": about.versions(), **more}  # fmt: skip
    reply = station.work(json.dumps(told).encode(), list(blobs.values()), unwanted)
    assert type(reply) is bytes
    return dict(json.loads(reply))


def answer(reply: dict[str, Any]) -> Answer:
    (row,) = reply["answers"]
    return Answer.from_json(row)


def test_an_order_with_its_parts_is_done_and_the_parts_are_kept(station: Station) -> None:
    order, blobs = nodes.order_of(b"a boat", b"a house")
    reply = ask(station, order, blobs)
    assert reply["worker"] == "tls://here"
    assert nodes.labels(answer(reply)) == ["a boat", "a house"]
    assert nodes.labels(answer(ask(station, order, {}))) == ["a boat", "a house"]  # nothing is sent a second time
    assert list((station.folder / "orders").iterdir()) == []


def test_parts_that_are_missing_or_something_else_are_named(station: Station) -> None:
    order, blobs = nodes.order_of(b"a boat", b"a house")
    assert set(ask(station, order, {})["missing"]) == set(blobs)
    name = sha256(b"a boat").hexdigest()
    assert ask(station, order, {**blobs, name: b"something else"}) == {"missing": [name]}
    assert "answers" in ask(station, order, {**blobs, "../../etc/passwd": b"x"})
    assert not (station.folder.parent.parent / "etc").exists()


def test_a_crash_is_told_of_its_task_and_the_next_order_is_done(station: Station) -> None:
    order, blobs = nodes.order_of(b"exit")
    failed = answer(ask(station, order, blobs)).message
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry) == ("crash", "smaller")
    order, blobs = nodes.order_of(b"a boat")
    assert nodes.labels(answer(ask(station, order, blobs))) == ["a boat"]


def test_the_deadline_ends_the_process(station: Station) -> None:
    order, blobs = nodes.order_of(b"hang")
    failed = answer(ask(station, replace(order, deadline=1.0), blobs)).message
    assert isinstance(failed, wire.Failed)
    assert failed.code == "deadline"
    assert _workers() == []


def test_an_order_that_nobody_wants_any_more_ends_with_its_process(station: Station) -> None:
    gone = threading.Event()
    order, blobs = nodes.order_of(b"hang")
    replies: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: replies.append(ask(station, order, blobs, unwanted=gone.is_set)))
    thread.start()
    _wait(lambda: any(child.began for child in station._crew._children))
    (process,) = _workers()
    gone.set()
    thread.join(10)
    assert replies
    _wait(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def test_a_request_of_another_build_is_answered_with_a_skew(station: Station) -> None:
    order, blobs = nodes.order_of(b"a boat")
    failed = answer(ask(station, order, blobs, versions={**about.versions(), "build": "f" * 16})).message
    assert isinstance(failed, wire.Failed)
    assert failed.code == "host-skew"
    assert "f" * 16 in failed.text
    assert _workers() == []  # nothing was begun


def test_parts_leave_when_the_cap_is_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.use_reads(monkeypatch)
    station = Station(tmp_path, 1, {**nodes.settings()(), "node.blobs": 0}, write_manifest=listed)
    try:
        order, blobs = nodes.order_of(b"a boat")
        assert nodes.labels(answer(ask(station, order, blobs))) == ["a boat"]
        assert list((tmp_path / "blobs").iterdir()) == []
    finally:
        station.close()


def _workers() -> list[psutil.Process]:
    return [one for one in psutil.Process(os.getpid()).children() if one.status() != psutil.STATUS_ZOMBIE]


def _wait(true: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
