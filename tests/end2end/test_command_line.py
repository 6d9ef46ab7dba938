"""The program as its users run it, on the set that it draws itself: every command, for people and for programs."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli.samples import draw
from engine.library import Library
from engine.model import Step

MAIN = Path(__file__).resolve().parent.parent.parent / "main.py"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples, read into a library."""
    place = tmp_path_factory.mktemp("room")
    draw(place / "in")
    code, out, err = kinora(place, "add", str(place / "in"), "--wait", "--no-watch")
    assert code == 0, err
    assert "9 new" in out
    return place


def kinora(room: Path, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    surroundings = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, str(MAIN), "--library", str(room / "library"), *arguments],
        capture_output=True, timeout=180, env={**surroundings, **(env or {})}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def answer(room: Path, *arguments: str, code: int = 0) -> Any:
    found, out, err = kinora(room, *arguments, "--json")
    assert found == code, err
    return json.loads(out)


@pytest.mark.parametrize(
    ("query", "name", "moment"),
    [
        ("lighthouse", "poster.jpg", {"box"}),
        ("harvest", "village film.mp4", {"start", "box"}),
        ('"brass key"', "letter.pdf", {"page"}),
        ("kase", "notes.md", set()),
        ("買い物", "notes.md", set()),
        ("lantern burning", "lantern.srt", {"start"}),
    ],
)
def test_search_finds_the_moment(room: Path, query: str, name: str, moment: set[str]) -> None:
    hits = [hit for hit in answer(room, "search", query) if hit["file"].endswith(name)]
    assert hits
    assert set(hits[0]) == {"asset", "file", "kind", "moment", "score", "snippet", "why"}
    assert any(moment <= set(hit["moment"]) for hit in hits)
    assert all(hit["why"] and hit["snippet"] for hit in hits)


def test_the_second_in_the_film_is_the_right_one(room: Path) -> None:
    (mill,) = [
        hit for hit in answer(room, "search", "type:video mill") if hit["kind"] == "video" and "start" in hit["moment"]
    ]
    assert 3.0 <= mill["moment"]["start"] < 6.0


def test_nothing_found_and_a_bad_query_have_their_own_exit_codes(room: Path) -> None:
    assert answer(room, "search", "zebra", code=1) == []
    code, out, err = kinora(room, "search", "typ:photo")
    assert (code, out) == (2, "")
    assert "Did you mean type:?" in err
    assert "^^^" in err


def test_status_counts_what_is_there(room: Path) -> None:
    found = answer(room, "status")
    assert found["assets"]["total"] == 9
    assert found["jobs"]["waiting"] == found["jobs"]["running"] == 0
    assert found["jobs"]["failed"] == 1
    assert {row["name"] for row in found["analyzers"]} >= {
        "probe",
        "look",
        "ocr",
        "documents",
        "scenes",
        "safety",
        "voice",
    }


def test_show_by_path_number_and_hash(room: Path) -> None:
    by_path = answer(room, "show", str(room / "in" / "poster.jpg"))
    assert by_path["facts"]["taken"].startswith("2021-07-14T10:30")
    assert by_path["facts"]["camera"] == "Kinora Sample Camera"
    assert answer(room, "show", str(by_path["asset"])) == by_path
    assert answer(room, "show", by_path["content"][:12]) == by_path
    code, _, err = kinora(room, "show", "nothing like it")
    assert code == 2
    assert "names no asset" in err


def test_failures_are_told_in_words(room: Path) -> None:
    (job,) = answer(room, "jobs", "--state", "failed")
    assert job["name"] == "broken.jpg"
    assert job["error"].endswith(".")
    assert job["hint"]
    assert answer(room, "jobs", "retry", str(job["id"]))["jobs"] == 1
    assert kinora(room, "jobs", "run")[0] == 0
    assert [row["name"] for row in answer(room, "jobs", "--state", "failed")] == ["broken.jpg"]


def test_near_duplicates_are_grouped_with_the_one_to_keep(room: Path) -> None:
    groups = answer(room, "duplicates", "--near")
    names = [{Path(member["file"]).name: member["keep"] for member in group["members"]} for group in groups]
    assert {"dunes.png": True, "dunes small copy.jpg": False} in names


def test_export_as_json_and_csv(room: Path, tmp_path: Path) -> None:
    code, out, _ = kinora(room, "export", "type:photo", "--findings")
    assert code == 0
    rows = json.loads(out)
    assert {Path(row["path"]).name for row in rows} >= {"poster.jpg", "dunes.png"}
    assert any(finding["kind"] == "text" for row in rows for finding in row["findings"])
    target = tmp_path / "all.csv"
    assert kinora(room, "export", "--format", "csv", "--output", str(target))[0] == 0
    with target.open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 9


def test_an_export_that_cannot_be_written_says_so(room: Path, tmp_path: Path) -> None:
    code, _, err = kinora(room, "export", "--output", str(tmp_path / "no" / "such" / "folder.json"))
    assert code == 2
    assert "could not write the list" in err
    assert "Traceback" not in err


def test_backup_check_and_restore(room: Path, tmp_path: Path) -> None:
    folder = answer(room, "backup", str(tmp_path))["backup"]
    assert answer(room, "check") == []
    code, _, err = kinora(tmp_path, "restore", folder)
    assert code == 0, err
    assert answer(tmp_path, "search", "lighthouse")
    assert kinora(room, "restore", str(tmp_path / "nowhere"))[0] == 2


def test_a_backup_into_a_file_is_refused_in_words(room: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    code, _, err = kinora(room, "backup", str(tmp_path / "file"))
    assert code == 2
    assert "could not write the backup" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_adding_beside_an_open_kinora_waits_for_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.txt").write_text(f"the brass key number {number}")
    with Library.open(tmp_path / "library") as library:
        slow = library.add

        def add(paths: Any, *, watch: bool | None = None) -> Iterator[Step]:
            time.sleep(4)  # a walk through a slow drive, before the first file is known
            yield from slow(paths, watch=watch)

        library.add = add  # type: ignore[method-assign]
        code, out, err = kinora(tmp_path, "add", str(tmp_path / "in"), "--wait", "--no-watch")
        assert code == 0, err
        assert "Handed to the Kinora that is open" in out
        assert library.search('"brass key"').total == 3
        assert [root.watch for root in library.roots()] == [False]
        code, _, err = kinora(tmp_path, "add", str(tmp_path / "nowhere"))
        assert code == 2
        assert "does not exist" in err
        library.pause()
        (tmp_path / "more.txt").write_text("later")
        code, _, err = kinora(tmp_path, "add", str(tmp_path / "more.txt"), "--wait")
        assert code == 2
        assert "paused" in err
    code, out, err = kinora(tmp_path, "jobs", "run")
    assert (code, "The queue is paused; the rest waits." in err) == (2, True), out


def test_settings_are_listed_changed_and_refused(room: Path) -> None:
    assert answer(room, "settings", "look.cell") == {"look.cell": 180}
    assert answer(room, "settings", "look.cell", "200") == {"look.cell": 200}
    assert answer(room, "settings", "look.cell", "180") == {"look.cell": 180}
    code, _, err = kinora(room, "settings", "look.cell", "huge")
    assert code == 2
    assert "not a number" in err
    assert kinora(room, "settings", "no.such")[0] == 2


def test_doctor_names_every_part(room: Path) -> None:
    parts = {line["part"]: line["ok"] for line in answer(room, "doctor")}
    assert parts["SQLite"]
    assert parts["OpenCV"]
    assert "Text in pictures" in parts


def test_without_a_screen_the_window_says_so_and_points_to_the_demo(room: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("other systems always have a screen")
    code, _, err = kinora(room, "window")
    assert code == 2
    assert "no screen" in err
    assert "make demo" in err


def test_a_missing_library_is_said_so(tmp_path: Path) -> None:
    code, _, err = kinora(tmp_path, "search", "x")
    assert code == 2
    assert "There is no library" in err


def test_the_version_needs_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['kinora', '--version']; import main; main.main(); "
        "heavy = ('numpy', 'cv2', 'av', 'PySide6', 'sqlite3', 'rich'); print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=MAIN.parent, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_saved_searches_and_what_narrows(room: Path) -> None:
    assert kinora(room, "saved", "add", "My letters", "letter", "type:document", "--sort", "date")[0] == 0
    assert answer(room, "saved") == [{"id": 1, "name": "My letters", "query": "letter type:document", "sort": "date"}]
    with Library.open(room / "library", work=False):  # also while a window has it open
        assert kinora(room, "saved", "add", "Other", "cat")[0] == 0
    assert [one["name"] for one in answer(room, "saved")] == ["My letters", "Other"]
    for name in ("my letters", "other"):
        assert kinora(room, "saved", "delete", name)[0] == 0
    assert kinora(room, "saved", "delete", "other")[0] == 2
    facets = answer(room, "search", "lighthouse OR harvest", "--facets")
    types = next(facet for facet in facets if facet["name"] == "type")
    assert {value["value"] for value in types["values"]} == {"photo", "video"}
    code, out, _ = kinora(room, "search", "lighthouse", "--explain")
    assert code == 0
    assert "lighthouse: words (place 1" in out
