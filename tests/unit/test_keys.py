"""Secrets: in the keyring, else sealed; never in plain text, never in a log."""

import json
import logging
import stat
import sys
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from engine import keys
from engine.errors import SecretsLocked
from engine.keys import NAME, PASSPHRASE, Keys

SECRET = "vast-0123456789abcdef-very-secret"


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class PlaintextKeyring(Ring):
    """One as `keyrings.alt` has it: whoever reads the disk reads the secret."""


class Locked(Ring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"locked while {password} was to be kept")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MEMORY", 1 << 10)  # of argon2id: what it costs is no matter here


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    found = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: found)
    return found


def test_the_keyring_of_whoever_runs_the_tests_is_out_of_reach(tmp_path: Path) -> None:
    assert Keys(tmp_path).place == "file"


def test_the_keyring_keeps_a_secret_and_the_disk_nothing(tmp_path: Path, ring: Ring) -> None:
    kept = Keys(tmp_path)
    kept.put("vast", SECRET)
    assert kept.place == "keyring"
    assert ring.kept == {("kinora", "vast"): SECRET}
    assert Keys(tmp_path).get("vast") == SECRET
    kept.delete("vast")
    kept.delete("vast")
    assert kept.get("vast") is None
    assert list(tmp_path.iterdir()) == []


def test_without_a_keyring_a_sealed_file_keeps_it(tmp_path: Path) -> None:
    kept = Keys(tmp_path)
    kept.put("vast", SECRET)
    kept.put("host/1", "zwei ☃")
    again = Keys(tmp_path)
    assert (again.get("vast"), again.get("host/1"), again.get("none")) == (SECRET, "zwei ☃", None)
    again.delete("vast")
    assert (kept.get("vast"), kept.get("host/1")) == (None, "zwei ☃")
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_the_costs_are_those_that_are_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert (keys.ROUNDS, keys.MEMORY, keys.LANES) == (3, 65_536, 4)  # RFC 9106, section 4


def test_nothing_is_kept_without_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys(tmp_path / "a").put("vast", SECRET)
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(SecretsLocked, match="no passphrase") as told:
        Keys(tmp_path / "b").put("vast", SECRET)
    assert PASSPHRASE in told.value.hint
    assert not (tmp_path / "b").exists()
    assert Keys(tmp_path / "b").get("vast") is None
    assert Keys(tmp_path / "b").place == ""
    with pytest.raises(SecretsLocked):
        Keys(tmp_path / "a").get("vast")


def test_another_passphrase_does_not_open_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys(tmp_path).put("vast", SECRET)
    monkeypatch.setenv(PASSPHRASE, "another one")
    with pytest.raises(SecretsLocked, match="does not open"):
        Keys(tmp_path).get("vast")
    with pytest.raises(SecretsLocked, match="does not open"):
        Keys(tmp_path).put("runpod", "x")  # what is in the file is not thrown away


@pytest.mark.parametrize("part", ["salt", "nonce", "sealed"])
def test_a_changed_file_is_noticed(tmp_path: Path, part: str) -> None:
    Keys(tmp_path).put("vast", SECRET)
    body = json.loads((tmp_path / NAME).read_text())
    body[part] = ("0" if body[part][0] != "0" else "1") + body[part][1:]
    (tmp_path / NAME).write_text(json.dumps(body))
    with pytest.raises(SecretsLocked):
        Keys(tmp_path).get("vast")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"format": 9}', b"\xff\x00"])
def test_a_broken_file_is_a_sentence(tmp_path: Path, body: bytes) -> None:
    (tmp_path / NAME).write_bytes(body)
    with pytest.raises(SecretsLocked, match="cannot be read"):
        Keys(tmp_path).get("vast")


def test_a_keyring_that_keeps_plain_text_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = PlaintextKeyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: plain)
    Keys(tmp_path).put("vast", SECRET)
    assert plain.kept == {}
    assert Keys(tmp_path).get("vast") == SECRET


def test_a_locked_keyring_gives_way_to_the_file_and_nothing_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", Locked)
    with caplog.at_level(logging.DEBUG):
        Keys(tmp_path).put("vast", SECRET)
        assert Keys(tmp_path).get("vast") == SECRET
    assert SECRET not in caplog.text
    assert "does not answer" in caplog.text


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Keys(tmp_path)
    kept.put("vast", SECRET)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.os, "fsync", fail)
    with pytest.raises(Exception, match="disk is full"):
        kept.put("vast", "other")
    monkeypatch.undo()
    monkeypatch.setattr(keys, "MEMORY", 1 << 10)
    assert Keys(tmp_path).get("vast") == SECRET
    assert sorted(path.name for path in tmp_path.iterdir()) in ([NAME], [NAME, NAME + ".lock"])
