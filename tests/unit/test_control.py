"""The door of an open library: it stays open whatever knocks, and closing it never waits for who stands in it."""

import json
import os
import stat
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest

from engine.cli.commands import add, window
from engine.cli.output import Output
from engine.control import COMMAND, NOTE, SERVE, WINDOW, Door, ask, hint, owner
from engine.errors import KinoraError, LibraryBusy, NotFound
from engine.library import Library
from tests.waiting import until

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


def test_who_has_a_library_open_is_told_with_what_to_do(opened: Opened, tmp_path: Path) -> None:
    assert owner(tmp_path) == ("", 0)
    assert hint(tmp_path) is None
    door = opened()
    assert owner(tmp_path) == (COMMAND, os.getpid())
    assert str(os.getpid()) in str(hint(tmp_path))
    secret = json.loads((tmp_path / NOTE).read_text())["secret"]
    door.handle("come_forward", lambda paths: None)
    assert owner(tmp_path)[0] == WINDOW
    assert "window" in str(hint(tmp_path))
    door.handle("other", lambda: None)
    assert owner(tmp_path)[0] == WINDOW
    door.handle("pair", lambda role: "")
    assert owner(tmp_path)[0] == SERVE
    assert "kinora serve" in str(hint(tmp_path))
    assert json.loads((tmp_path / NOTE).read_text())["secret"] == secret
    assert ask(tmp_path, "hello")  # it can still be asked
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / NOTE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NOTE]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"who": "serve"}', '{"who": "somebody", "pid": 3}'])
def test_a_note_that_says_nothing_gives_the_usual_hint(tmp_path: Path, body: str) -> None:
    (tmp_path / NOTE).write_text(body)
    assert hint(tmp_path) is None
    assert LibraryBusy("x", hint=hint(tmp_path)).hint


def test_a_library_that_is_served_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.cli.commands.has_screen", lambda: True)
    with Library.open(tmp_path / "library", work=False) as library:
        with pytest.raises(LibraryBusy) as told:
            Library.open(tmp_path / "library")
        assert "Another command" in told.value.hint
        library.answer("pair", lambda role: "")
        with pytest.raises(LibraryBusy) as told:
            Library.open(tmp_path / "library")
        assert "kinora serve" in told.value.hint
        with pytest.raises(LibraryBusy, match="open in another Kinora") as told:  # there is no window to bring forward
            window(Namespace(library=tmp_path / "library", paths=[], open_window=_open_window), Output(as_json=False))
        assert "kinora serve" in told.value.hint


def _open_window(path: Path, paths: list[Path]) -> int:
    with Library.open(path):
        return 0


def test_an_adding_that_was_handed_over_says_what_it_came_to(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a brass key")
    with Library.open(tmp_path / "library", work=False):

        def told(*paths: str) -> dict[str, Any]:
            ticket = ask(tmp_path / "library", "add", paths=list(paths), watch=False)["ticket"]
            until(lambda: not ask(tmp_path / "library", "adding", ticket=ticket)["running"])
            answer: dict[str, Any] = ask(tmp_path / "library", "adding", ticket=ticket)
            return answer

        first, second = told(str(tmp_path / "in")), told(str(tmp_path / "nowhere"))
        assert (first["error"], first["report"]["added"], first["works"]) == (None, 1, False)
        assert "does not exist" in second["error"][0]
        shown: list[str] = []
        out = Output(as_json=False)
        out.text = shown.append  # type: ignore[method-assign]
        given = Namespace(library=tmp_path / "library", paths=[str(tmp_path / "in")], wait=True, no_watch=True)
        with pytest.raises(KinoraError, match="for others alone"):  # nobody does what it left: that is said, at once
            add(given, out)
        assert shown == ["Handed to the Kinora that is open."]
