"""Asking in threads: answers, errors as one toast, progress, cancelling, the newest request."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import qasync

from desktop.operations import BUG, Operations
from engine.errors import FileMissing, QueryError
from engine.model import Step
from tests.desktop.conftest import until
from tests.desktop.standin import Standin


def _live(loop: qasync.QEventLoop, folder: Path, story: object) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []

    async def whole() -> None:
        ops = Operations(Standin(folder))  # type: ignore[arg-type]
        ops.failed.connect(lambda text, hint: told.append((text, hint)))
        try:
            await story(ops)  # type: ignore[operator]
        finally:
            await ops.close()

    loop.run_until_complete(whole())
    return told


def test_an_answer_comes_from_another_thread(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    async def story(ops: Operations) -> None:
        assert await ops.ask(threading.get_ident) not in (None, threading.get_ident())
        assert await ops.ask(lambda a, b: a + b, 2, b=3) == 5

    assert _live(loop, tmp_path, story) == []


def test_an_expected_error_is_one_toast(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    async def story(ops: Operations) -> None:
        def fail() -> None:
            raise FileMissing("It is away.")

        assert await ops.ask(fail) is None

    assert _live(loop, tmp_path, story) == [("It is away.", FileMissing.default_hint)]


def test_a_demand_raises_in_place(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    async def story(ops: Operations) -> None:
        with pytest.raises(QueryError):
            await ops.demand(ops.library.listing, "(")

    assert _live(loop, tmp_path, story) == []


def test_a_bug_is_logged_with_its_traceback(
    loop: qasync.QEventLoop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(ops: Operations) -> None:
        assert await ops.ask(lambda: 1 // 0) is None

        async def broken() -> None:
            raise RuntimeError("oops")

        ops.start(broken())
        await asyncio.sleep(0.05)

    with caplog.at_level(logging.ERROR):
        told = _live(loop, tmp_path, story)
    assert [text for text, _ in told] == [BUG, BUG]
    assert "ZeroDivisionError" in caplog.text
    assert "oops" in caplog.text


def test_steps_are_throttled_and_the_last_one_comes(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    async def story(ops: Operations) -> None:
        seen = [step.done async for step in ops.follow(Step(number, 10_000) for number in range(10_001))]
        assert len(seen) < 100
        assert seen[-1] == 10_000

    _live(loop, tmp_path, story)


def test_cancelling_closes_the_generator(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    closed = threading.Event()

    def endless() -> Iterator[Step]:
        try:
            number = 0
            while True:
                time.sleep(0.002)
                yield Step(number := number + 1)
        finally:
            closed.set()

    async def story(ops: Operations) -> None:
        running = ops.start(ops.run("Endless", endless()))
        await until(lambda: ops.tasks.all() and ops.tasks.all()[0].step.done > 3)
        assert ops.tasks.all()[0].title == "Endless"
        ops.tasks.cancel(ops.tasks.all()[0].id)
        assert await running is False
        assert ops.tasks.all() == ()

    assert _live(loop, tmp_path, story) == []
    assert closed.is_set()


def test_a_failing_generator_is_one_toast(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    def bad() -> Iterator[Step]:
        yield Step(1, 2)
        raise FileMissing("Gone.")

    async def story(ops: Operations) -> None:
        assert await ops.run("Bad", bad()) is False

    assert [text for text, _ in _live(loop, tmp_path, story)] == ["Gone."]


def test_only_the_newest_request_counts(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    answers: list[str] = []

    async def story(ops: Operations) -> None:
        latest = ops.latest()

        async def ask(word: str, wait: float) -> None:
            answers.append(str(await ops.ask(lambda: (time.sleep(wait), word)[1])))

        latest.start(ask("old", 0.1))
        await asyncio.sleep(0.01)
        await latest.start(ask("new", 0.0))
        await asyncio.sleep(0.15)

    _live(loop, tmp_path, story)
    assert answers == ["new"]


def test_closing_ends_what_runs(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    def slow() -> Iterator[Step]:
        for number in range(1000):
            time.sleep(0.005)
            yield Step(number, 1000)

    async def story(ops: Operations) -> None:
        ops.start(ops.run("Slow", slow()))
        await asyncio.sleep(0.05)

    began = time.monotonic()
    assert _live(loop, tmp_path, story) == []
    assert time.monotonic() - began < 2
