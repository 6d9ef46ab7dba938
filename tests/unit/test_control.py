"""The door of an open library: it stays open whatever knocks, and closing it never waits for who stands in it."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest

from engine.control import NOTE, Door, ask
from engine.errors import KinoraError, LibraryBusy, NotFound

Opened = Callable[..., Door]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    doors: list[Door] = []

    def make(**handlers: Any) -> Door:
        doors.append(Door(tmp_path, handlers))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


def where(library: Path) -> str:
    return str(json.loads((library / NOTE).read_text())["address"])


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """Run a call that must not hang; what it raises is its answer."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(work())
        except KinoraError as error:
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert answers, "it hangs"
    return answers[0]


def test_a_command_is_answered(opened: Opened, tmp_path: Path) -> None:
    door = opened(double=lambda n: 2 * n)
    assert ask(tmp_path, "double", n=4) == 8
    door.handle("name", lambda: "Kinora")
    assert ask(tmp_path, "name") == "Kinora"
    assert ask(tmp_path, "hello")
    with pytest.raises(KinoraError, match="does not know this command"):
        ask(tmp_path, "fly")


def test_the_errors_of_a_command_reach_who_asked_and_the_door_stays_open(opened: Opened, tmp_path: Path) -> None:
    def refuse() -> None:
        raise NotFound("There is no such thing.", hint="Look elsewhere.")

    opened(refuse=refuse, bug=lambda: 1 // 0, odd=lambda: {1, 2})
    with pytest.raises(KinoraError, match="no such thing") as caught:
        ask(tmp_path, "refuse")
    assert caught.value.hint == "Look elsewhere."
    for command in ("bug", "odd", "bug"):
        error = within(5, lambda command=command: ask(tmp_path, command))
        assert isinstance(error, KinoraError)
        assert "could not do this" in error.text
    assert ask(tmp_path, "hello")


def test_who_stands_still_in_the_door_holds_up_nobody(opened: Opened, tmp_path: Path) -> None:
    door = opened(name=lambda: "Kinora")
    with Client(where(tmp_path)), Client(where(tmp_path)):  # they never say a word
        assert within(5, lambda: ask(tmp_path, "name")) == "Kinora"
        within(8, door.close)
    assert not any(thread.name in ("kinora-door", "kinora-talk") for thread in threading.enumerate())


def test_closing_does_not_wait_for_the_answer_under_way(opened: Opened, tmp_path: Path) -> None:
    began, end = threading.Event(), threading.Event()

    def long() -> str:
        began.set()
        end.wait(20)
        return "done"

    door = opened(long=long)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(ask(tmp_path, "long")))
    asking.start()
    assert began.wait(5)
    try:
        within(8, door.close)
        assert not answers
    finally:
        end.set()
        asking.join(5)
    assert answers == ["done"]


def test_a_wrong_secret_is_refused(opened: Opened, tmp_path: Path) -> None:
    opened(name=lambda: "Kinora")
    note = json.loads((tmp_path / NOTE).read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / NOTE).write_text(json.dumps({**note, "secret": "00" * 32}))
    assert isinstance(within(5, lambda: ask(other, "name")), LibraryBusy)
    assert ask(tmp_path, "name") == "Kinora"


def test_nothing_is_left_of_a_closed_door(opened: Opened, tmp_path: Path) -> None:
    door = opened()
    place = Path(where(tmp_path))
    door.close()
    assert not (tmp_path / NOTE).exists()
    assert sys.platform == "win32" or not place.parent.exists()
    assert isinstance(within(5, lambda: ask(tmp_path, "hello")), LibraryBusy)


def test_an_owner_that_does_not_take_the_knock_is_said_to_be_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from multiprocessing.connection import Listener

    from engine import control

    monkeypatch.setattr(control, "ALIVE", 0.3)
    place = tmp_path / "door"
    with Listener(
        str(place) if sys.platform != "win32" else control.address()
    ) as stopped:  # as a process that was stopped: it listens and says nothing
        (tmp_path / NOTE).write_text(json.dumps({"address": stopped.address, "secret": "00" * 32}))
        assert isinstance(within(10, lambda: ask(tmp_path, "hello")), LibraryBusy)
