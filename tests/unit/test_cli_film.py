"""The commands `subtitles` and `clips`, run as they are typed."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.film import seconds
from engine.cli.program import run
from engine.errors import KinoraError
from engine.library import Library
from engine.media.documents.subtitles import cues
from tests.unit.test_corrections import hears, said


@pytest.fixture
def place(tmp_path: Path, media: Path) -> Path:
    with Library.open(tmp_path / "library", work=False) as library:
        for _ in library.add([media / "video_made" / "cuts_and_jfk.mp4"], watch=False):
            pass
        hears(library, said(0, 2, "Hello world again"), said(2, 4, "and goodbye"))
    return tmp_path / "library"


def test_subtitles_and_clips(place: Path, tmp_path: Path, capfdbinary: Any) -> None:
    def kinora(*words: str) -> tuple[int, bytes, bytes]:
        code = run(["--library", str(place), *words])
        out, err = capfdbinary.readouterr()
        return code, out, err

    code, out, _ = kinora("subtitles", "1")
    assert code == 0
    assert [block.text for block in cues(out.decode())[0]] == ["Hello world again", "and goodbye"]
    target = tmp_path / "talk.vtt"
    assert kinora("subtitles", "1", "--output", str(target))[0] == 0
    assert target.read_text(encoding="utf-8").startswith("WEBVTT")

    assert kinora("clips")[0] == 1
    assert json.loads(kinora("clips", "add", "1", "0:01", "2.5", "--name", "one", "--json")[1]) == {"add": 1}
    assert kinora("clips", "add", "1", "3")[0] == 0
    assert kinora("clips", "note", "1", "good light")[0] == 0
    assert kinora("clips", "order", "2", "1")[0] == 0
    listed = json.loads(kinora("clips", "--json")[1])
    assert [(row["id"], row["in"], row["out"], row["note"]) for row in listed] == [
        (2, 3.0, None, ""), (1, 1.0, 2.5, "good light"),
    ]  # fmt: skip
    code, out, _ = kinora("clips", "export")
    assert code == 0
    assert b"CUTSANDJ" in out
    rows = list(csv.DictReader(io.StringIO(kinora("clips", "export", "--format", "csv")[1].decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["", "one"]
    assert kinora("clips", "remove", "2")[0] == 0
    code, _, err = kinora("clips", "name", "99", "x")
    assert code == 2
    assert b"not in the list" in err
    code, _, err = kinora("clips", "add", "1", "later")
    assert code == 2
    assert b"is no time" in err


def test_times() -> None:
    assert [seconds(text) for text in ("75.5", "1:15.5", "1:02:03")] == [75.5, 75.5, 3723.0]
    with pytest.raises(KinoraError):
        seconds("1:x")
