"""The command `hosts`, run as it is typed: alone, and beside a Kinora that has the library open."""

import contextlib
import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest

from engine.asking import hosts_told
from engine.cli.hosts import _load
from engine.cli.program import run
from engine.errors import HostLost, KinoraError
from engine.hosts import reach
from engine.library import Library
from tests.unit.test_hosting import World, until
from tests.unit.test_keys import Ring

Kinora = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", work=False):
        pass
    return tmp_path / "library"


@pytest.fixture
def kinora(place: Path, world: World, capfdbinary: Any) -> Kinora:
    def call(*words: str) -> tuple[int, str, str]:
        code = run(["--library", str(place), "hosts", *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def test_a_host_is_added_with_its_fingerprint_tested_switched_and_removed(kinora: Kinora) -> None:
    code, out, _ = kinora("add", "ssh me@box", "--fingerprint", "SHA256:abc", "--name", "attic")
    assert code == 0, out
    assert "fingerprint SHA256:abc" in out
    assert "attic is added." in out
    assert "NVIDIA H200" in out, "it was tested"
    listed = json.loads(kinora("--json")[1])
    assert [one["row"]["name"] for one in listed["hosts"][1:]] == ["attic"]
    assert listed["hosts"][1]["row"]["pinned"] == "ssh-ed25519 AAAA"
    assert not listed["connected"]
    assert "none of them is connected now" in kinora()[1]
    assert kinora("disable", "attic")[0] == 0
    assert "off" in kinora()[1]
    assert kinora("rename", "attic", "cellar")[0] == 0
    assert kinora("enable", "cellar")[0] == 0
    assert kinora("trust", "cellar")[0] == 0
    assert json.loads(kinora("test", "cellar", "--json")[1])["host"]["name"] == "cellar"
    assert kinora("remove", "cellar", "--json")[0] == 0
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 1
    code, _, err = kinora("test", "cellar")
    assert code == 2
    assert "There is no host “cellar”." in err


def test_no_key_is_pinned_that_nobody_confirmed(kinora: Kinora) -> None:
    code, _, err = kinora("add", "me@box", "--json")
    assert code == 2
    assert json.loads(err)["code"] == "host-key-unknown"
    assert "SHA256:abc" in err
    code, _, err = kinora("add", "me@box", "--fingerprint", "SHA256:other")
    assert code == 2
    assert "not the one that was given" in err
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 1


@pytest.mark.parametrize(("answer", "added"), [("yes", True), ("y", False), ("", False)])
def test_on_a_terminal_it_asks(kinora: Kinora, monkeypatch: pytest.MonkeyPatch, answer: str, added: bool) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _prompt: answer)
    code, _out, _ = kinora("add", "me@box", "--no-test")
    assert (code == 0) is added
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 1 + added


def test_a_known_key_is_not_asked_about(kinora: Kinora, world: World) -> None:
    world.known = True
    assert kinora("add", "me@box", "--no-test")[0] == 0


def test_a_token_comes_from_a_file_and_is_in_no_answer(kinora: Kinora, world: World, tmp_path: Path) -> None:
    code, _, err = kinora("add", "https://box:8443", "--fingerprint", "SHA256:abc")
    assert code == 2
    assert "--token-file" in err
    (tmp_path / "token").write_text(" kn_secret\nIt is shown this once.\n", encoding="utf-8")  # as `token new` says it
    words = ("add", "https://box:8443", "--fingerprint", "SHA256:abc", "--token-file", str(tmp_path / "token"))
    code, out, err = kinora(*words, "--json")
    assert code == 0, err
    assert world.tokens[-1] == "kn_secret"
    assert "kn_secret" not in out + err
    assert kinora("add", "https://b", "--token-file", str(tmp_path / "none"), "--fingerprint", "SHA256:abc")[0] == 2


def test_only_options_that_mean_something_are_taken(kinora: Kinora) -> None:
    words = ("add", "me@box", "--fingerprint", "SHA256:abc", "--json")
    code, _, err = kinora(*words, "--option", "identify=/key")
    assert code == 2
    assert "no option 'identify'" in err
    assert "identity" in err
    assert kinora(*words, "--option", "python")[0] == 2
    code, _, err = kinora("add", "https://box:8443", "--option", "folder=/x")
    assert (code, "It takes none" in err) == (2, True)
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 1
    code, out, err = kinora(*words, "--option", "python=/opt/python", "--option", "idle_exit=60")
    assert code == 0, err
    assert json.loads(out)["added"]["options"] == {"python": "/opt/python", "idle_exit": "60"}


def test_files_of_this_machine_are_found_again_from_every_folder(
    kinora: Kinora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = ("add", "me@box", "--fingerprint", "SHA256:abc", "--json", "--no-test")
    more = ("identity=~/.ssh/id_box", "wheels=wheels", "folder=~/node")
    code, out, err = kinora(*words, *(word for one in more for word in ("--option", one)))
    assert code == 0, err
    assert json.loads(out)["added"]["options"] == {
        "identity": str(tmp_path / ".ssh/id_box"), "wheels": str(tmp_path / "wheels"), "folder": "~/node",
    }  # fmt: skip


def test_a_cluster_is_not_added_without_its_certificates(kinora: Kinora) -> None:
    for some in ((), ("--option", "ca=ca.pem", "--option", "cert=member.pem")):
        code, _, err = kinora("add", "tls://scheduler:8786", "--json", *some)
        assert code == 2
        assert "--option key=member.key" in err
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 1


def test_a_machine_that_is_not_met_is_not_promised_another_try(kinora: Kinora, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(address: str) -> None:
        raise HostLost(f"{address} cannot be reached.")

    monkeypatch.setattr(reach, "introduce", nobody)
    code, _, err = kinora("add", "https://box")
    assert code == 2
    assert "is its port right?" in err
    assert "by itself" not in err


@pytest.mark.parametrize(
    "words",
    [
        ("add", "--name", "attic", "--fingerprint", "SHA256:abc", "ssh me@box"),
        ("--name", "attic", "add", "--fingerprint", "SHA256:abc", "ssh me@box"),
        ("--fingerprint", "SHA256:abc", "--name", "attic", "add", "ssh me@box"),
    ],
)
def test_options_may_stand_before_the_words(kinora: Kinora, words: tuple[str, ...]) -> None:
    code, out, err = kinora(*words)
    assert code == 0, err
    assert "attic is added." in out
    assert kinora("stay", "--off", "analyzer", "faces")[0] == 0


def test_what_a_host_has_beyond_its_slots_is_told_apart() -> None:
    assert _load({"running": 3, "slots": 8}) == "3/8"
    assert _load({"running": 19, "slots": 8}) == "8/8, 11 next"
    assert _load({"running": 0, "slots": 0}) == ""


def test_a_test_that_fails_says_why(kinora: Kinora, world: World) -> None:
    world.failure = HostLost("It does not answer.")
    code, out, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc")
    assert code == 2
    assert "me@box is added." in out
    assert "me@box is added, but it cannot be used yet: It does not answer." in err
    assert "`kinora hosts remove me@box` removes it" in err
    assert len(json.loads(kinora("--json")[1])["hosts"]) == 2, "it may be switched off just now"
    code, out, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc", "--json", "--name", "second")
    assert (code, json.loads(out)["added"]["name"], json.loads(err)["code"]) == (2, "second", "host-lost")


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("", 2), ("yes", 2)])
def test_whoever_sits_there_is_asked_whether_to_keep_a_host_that_does_not_work(
    kinora: Kinora, world: World, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    world.failure = HostLost("It does not answer.")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _prompt: answer)
    code, out, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc")
    assert "cannot be used yet: It does not answer." in out
    assert (code, "me@box is removed." in out, "me@box is kept." in err) == ((1, True, False) if left == 1
                                                                            else (2, False, True))  # fmt: skip
    assert len(json.loads(kinora("--json")[1])["hosts"]) == left


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    made = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    return made


@pytest.mark.parametrize("beside", [False, True])
def test_a_password_is_asked_for_where_one_is_wanted_and_never_an_argument(
    kinora: Kinora, world: World, place: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    """Also when the Kinora that has the library open does the test."""
    typed = iter(["wrong", "right"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
    monkeypatch.setattr("builtins.input", lambda _prompt: "")
    world.opens = "password:right"
    with Library.open(place) if beside else contextlib.nullcontext():
        code, out, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc")
    assert code == 0, err
    assert "NVIDIA H200" in out
    assert list(ring.kept.values()) == ["password:right"]
    assert "right" not in out.replace("right now", "") + err


def test_a_script_is_told_that_a_password_is_wanted(kinora: Kinora, world: World, ring: Ring) -> None:
    world.opens = "password:right"
    code, _, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc", "--json")
    assert (code, json.loads(err)["code"]) == (2, "host-password")
    assert not ring.kept


def test_marks_are_set_listed_and_taken_away(kinora: Kinora, tmp_path: Path) -> None:
    assert "no such folder" in kinora("stay", "folder", str(tmp_path / "diary"))[1], "a mistyped one protects nothing"
    (tmp_path / "diary").mkdir()
    code, out, _ = kinora("stay", "folder", f"{tmp_path}/./diary/")
    assert (code, out.strip()) == (0, f"{tmp_path / 'diary'} never leaves this computer.")
    assert kinora("stay", "analyzer", "speech")[0] == 0
    marks = {(one["scope"], one["target"]) for one in json.loads(kinora("stay", "--json")[1])}
    assert marks == {("analyzer", "faces"), ("analyzer", "speech"), ("folder", str(tmp_path / "diary"))}
    assert kinora("stay", "analyzer", "speech", "--off")[0] == 0
    assert "speech" not in kinora("stay", "--json")[1]
    for words in (
        ("stay", "thing", "x"),
        ("stay", "folder"),
        ("stay", "analyzer", "nonsense"),
        ("stay", "album", "no"),
    ):
        code, _, err = kinora(*words)
        assert code == 2, words
        assert err


def test_beside_a_kinora_that_has_the_library_open_it_is_asked(kinora: Kinora, place: Path, world: World) -> None:
    with Library.open(place) as owner:
        code, out, err = kinora("add", "me@box", "--fingerprint", "SHA256:abc")
        assert code == 0, err
        assert "NVIDIA H200" in out
        assert [row.name for row in owner.hosts.rows()] == ["me@box"]
        until(lambda: "ready" in kinora()[1])
        assert json.loads(kinora("--json")[1])["connected"]
        assert kinora("stay", "analyzer", "speech")[0] == 0
        assert "speech" in {stay.target for stay in owner.hosts.stays()}
        assert kinora("disable", "me@box")[0] == 0
        assert not owner.hosts.rows()[0].enabled
        code, _, err = kinora("add", "me@box", "--name", "me@box", "--fingerprint", "SHA256:abc")
        assert code == 2
        assert err, "the owner's own words"
        with pytest.raises(KinoraError):
            hosts_told(owner.hosts, "close")
