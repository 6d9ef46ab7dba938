"""`kinora token` and `kinora serve` as commands, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.access import Access
from engine.cli import run
from engine.errors import KinoraError
from engine.library import Library
from engine.model import Moment
from engine.model.access import Role
from tests.unit.test_corrections import hears, said


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def told(capsys: pytest.CaptureFixture[str], library: Path, *words: str, code: int = 0) -> Any:
    assert run([*words, "--json", "--library", str(library)]) == code
    found = capsys.readouterr()
    return json.loads(found.out or found.err)


def test_a_token_is_made_shown_once_listed_and_revoked(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, library, "token", "new", "--role", "viewer", "--scope", "people:read", "--label", "x",
                "--days", "2", "--jobs-day", "5")  # fmt: skip
    (row,) = told(capsys, library, "token", "list")
    assert (row["id"], row["label"], row["scopes"]) == (made["id"], "x", ["library:read", "people:read"])
    assert made["token"] not in json.dumps(row)
    assert told(capsys, library, "token", "usage")[0]["quota"]["jobs_day"] == 5
    assert run(["token", "usage", "--library", str(library)]) == 0
    assert "0 of 5" in capsys.readouterr().out
    assert run(["token", "revoke", made["id"], "--library", str(library)]) == 0
    assert run(["token", "--library", str(library)]) == 0
    assert "revoked" in capsys.readouterr().out
    assert told(capsys, library, "token", "revoke", "ffffffff", code=2)["code"] == "not-found"
    assert told(capsys, library, "token", "revoke", code=2)["error"] == "Which token?"
    assert told(capsys, library, "token", "new", "--days", "-1", code=2)["code"] == "error"


def test_the_log_is_shown_and_a_change_is_found(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, library, "token", "new")
    assert run(["token", "audit", "--library", str(library)]) == 0
    out = capsys.readouterr().out
    assert "token.new" in out
    assert "All 1 lines are as they were written" in out
    with Library.open(library, work=False) as opened:

        def forge(connection: Any) -> None:
            connection.execute("DROP TRIGGER audit_stays")
            connection.execute("UPDATE audit SET who = 'somebody'")

        opened.database.write(forge)
    assert run(["token", "audit", "--library", str(library)]) == 1
    assert "line 1 is not as it was written" in capsys.readouterr().out


def test_another_start_asks_the_kinora_that_has_the_library(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Library.open(library, work=False) as opened:
        made = told(capsys, library, "token", "new", "--role", "admin")
        assert Access(opened.database).check(made["token"], "").role is Role.ADMIN
        assert told(capsys, library, "token", "pair", code=2)["error"]  # nothing serves
    assert "Nothing serves" in told(capsys, library, "token", "pair", code=2)["error"]


def test_why_it_does_not_serve(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, library, "serve", "--host", "0.0.0.0", "--port", "0", code=2)
    assert "no token" in found["error"]
    assert "kinora token new" in found["hint"]
    with Library.open(library, work=False):
        assert told(capsys, library, "serve", "--port", "0", code=2)["code"] == "busy"
    for port in ("99999", "-1", "http"):  # 99999 once listened on 34463
        with pytest.raises(SystemExit) as ended:
            run(["serve", "--port", port, "--library", str(library)])
        assert ended.value.code == 2
        assert "a port is a number" in capsys.readouterr().err


def exports(library: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    rows = told(capsys, library, "token", "audit")["rows"]
    return [row["object"] for row in reversed(rows) if (row["who"], row["action"]) == ("local", "export")]


def test_what_a_reader_exports_is_in_the_log_also_beside_the_owner(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a brass key")
    with Library.open(library, work=False) as opened:
        for _ in opened.add([tmp_path / "in"], watch=False):
            pass
        hears(opened, said(0, 2, "Hello again"))
        opened.tag([1], "sea")
        opened.clips.add(1, Moment(0.0, 1.0), "first")
        assert run(["export", "--format", "csv", "--library", str(library)]) == 0  # the owner is asked to write it down
    asked: tuple[tuple[str, ...], ...] = (
        ("export", "--output", str(tmp_path / "all.json")), ("subtitles", "1"),
        ("subtitles", "1", "--output", str(tmp_path / "a.vtt")), ("clips", "export"),
        ("sidecars", "export", "--to", str(tmp_path / "xmp")), ("people", "export", str(tmp_path)),
    )  # fmt: skip
    for words in asked:
        assert run([*words, "--library", str(library)]) in (0, 1), words
    capsys.readouterr()
    assert exports(library, capsys) == [
        "csv of 1", "json of 1", "srt of #1", "vtt of #1", "edl of 1 clips", "xmp of 1", "people",
    ]  # fmt: skip


def test_an_export_that_cannot_be_written_down_is_made_and_says_so(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(library, work=False):
        pass

    def refuse(*_: Any, **more: Any) -> Any:
        raise KinoraError("The disk is full.")

    monkeypatch.setattr("engine.cli.waiting.by_owner", refuse)
    run(["export", "--library", str(library)])
    found = capsys.readouterr()
    assert json.loads(found.out) == []
    assert "not in the log: The disk is full" in found.err
