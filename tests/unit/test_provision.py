"""Packs of a library: the listing, what waits, and that jobs follow when a pack comes or goes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.cli import run
from engine.errors import NotFound, PackInvalid
from engine.library import Library
from engine.model import Change, JobState
from engine.packs import catalogue, trial
from engine.packs.pack import TASKS
from tests.packs import real_packs


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "shelf"))
    monkeypatch.setattr(trial, "run", lambda *_, **__: trial.Report())
    return tmp_path / "shelf"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (50 + number, 40), "red").save(folder / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        opened.packs_changed()
        for _ in opened.add([folder], watch=False):
            pass
        yield opened


@pytest.fixture
def brought(models: Path, tmp_path: Path) -> Path:
    return real_packs(models, tmp_path / "brought", ["yolox-nano", "mobilenet-tags", "fastestdet"])


def ready(library: Library, analyzer: str) -> int:
    waiting = library.jobs(JobState.WAITING)
    held = next(rate.held for rate in library.queue().rates if rate.analyzer == analyzer)
    return sum(job.analyzer == analyzer for job in waiting) - held


def bring(library: Library, path: Path) -> None:
    for _ in library.packs.import_(path):
        pass


def test_the_listing_has_the_catalogue_what_is_bundled_and_what_was_brought(library: Library, brought: Path) -> None:
    rows = {row.id: row for row in library.packs.listing()}
    assert set(catalogue.packs()) < set(rows)
    assert {row.state for row in rows.values()} == {"available", "bundled"}
    assert rows["rapidocr"].state == "bundled"
    assert rows["buffalo-l"].consent
    assert not rows["buffalo-l"].commercial
    bring(library, brought / "yolox-nano")
    row = next(row for row in library.packs.listing() if row.id == "yolox-nano")
    assert (row.state, row.chosen_for) == ("installed", ("objects",))


def test_what_waits_for_a_pack_is_said_in_sentences_and_goes_on_when_it_comes(library: Library, brought: Path) -> None:
    assert "3 photos were not searched for things: install an objects pack" in library.packs.missing()
    tasks = {task.task: task for task in library.packs.tasks()}
    assert set(tasks) == {task.name for task in TASKS}
    assert tasks["objects"].waiting == 6, "jobs: postures need things, too"
    assert tasks["objects"].note.startswith("3 photos")
    assert ready(library, "objects") == 0
    bring(library, brought / "yolox-nano")
    library.packs._held = (0.0, {})
    assert not [said for said in library.packs.missing() if "things" in said]
    assert ready(library, "objects") == 3
    told: list[Change] = []
    stop = library.subscribe(told.append)
    library.packs.remove("yolox-nano")
    stop()
    assert any("packs" in change.topics for change in told)
    assert ready(library, "objects") == 0


def test_no_sentence_about_people_where_nobody_wants_to_be_recognised(library: Library) -> None:
    assert [said for said in library.packs.missing() if "faces" in said]
    library.set("people.biometrics", False)
    assert not [said for said in library.packs.missing() if "faces" in said or "people" in said]


def test_choosing(library: Library, brought: Path) -> None:
    bring(library, brought / "yolox-nano")
    bring(library, brought / "fastestdet")
    library.packs.choose("objects", "fastestdet")
    assert library.settings()["packs.objects"] == "fastestdet"
    rows = {row.id: row for row in library.packs.listing()}
    assert rows["fastestdet"].chosen_for == ("objects",)
    assert rows["yolox-nano"].chosen_for == ()
    library.packs.choose("objects", "")
    assert {row.id: row for row in library.packs.listing()}["yolox-nano"].chosen_for == ("objects",)
    for task, name, error in (
        ("flying", "", NotFound),
        ("objects", "none", NotFound),
        ("tags", "yolox-nano", PackInvalid),
    ):
        with pytest.raises(error):
            library.packs.choose(task, name)


def test_damage_is_shown(library: Library, brought: Path, shelf: Path) -> None:
    bring(library, brought / "yolox-nano")
    next((shelf / "yolox-nano").glob("*.onnx")).unlink()
    row = next(row for row in library.packs.listing() if row.id == "yolox-nano")
    assert row.state == "damaged"
    assert "missing" in row.problem
    assert "kinora packs remove yolox-nano" in row.hint
    (shelf / "yolox-nano" / "pack.json").write_text("{")
    row = next(row for row in library.packs.listing() if row.id == "yolox-nano")
    assert (row.state, row.problem) == ("damaged", "Its description cannot be read.")
    library.packs.remove("yolox-nano")
    assert not [row for row in library.packs.listing() if row.id == "yolox-nano"]


def test_what_an_installation_left_is_cleared_up_when_a_library_is_opened(shelf: Path, tmp_path: Path) -> None:
    (shelf / ".staging-1-2").mkdir(parents=True)
    (shelf / ".old-kept").mkdir()
    with Library.open(tmp_path / "other"):
        pass
    assert sorted(entry.name for entry in shelf.iterdir() if entry.name != ".lock") == ["kept"]


# --- the command line -------------------------------------------------------------------------------------------------


def said(capsysbinary: pytest.CaptureFixture[bytes]) -> Any:
    return json.loads(capsysbinary.readouterr().out)


def test_the_commands(brought: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def packs(*words: object) -> int:
        return run(["--library", str(tmp_path / "cli"), "packs", *map(str, words), "--json"])

    assert packs() == 0
    assert {"packs", "tasks"} <= set(said(capsysbinary))
    assert packs("import", brought / "mobilenet-tags") == 0
    assert "installed" in said(capsysbinary)["text"]
    assert packs("show", "mobilenet-tags") == 0
    assert said(capsysbinary)["state"] == "installed"
    assert packs("check") == 0
    assert said(capsysbinary)[0]["ok"]
    assert packs("choose", "tags", "mobilenet-tags") == 0
    assert packs("choose", "tags", "auto") == 0
    capsysbinary.readouterr()
    assert packs("missing") == 1
    assert said(capsysbinary) == []
    assert packs("remove", "mobilenet-tags") == 0
    capsysbinary.readouterr()
    for words in (("show", "none"), ("install", "none"), ("install", "buffalo-l"), ("choose", "tags"), ("remove",)):
        assert packs(*words) == 2, words


def test_a_check_that_finds_damage_ends_with_one(brought: Path, tmp_path: Path, shelf: Path) -> None:
    arguments = ["--library", str(tmp_path / "cli"), "packs"]
    assert run([*arguments, "import", str(brought / "mobilenet-tags")]) == 0
    next((shelf / "mobilenet-tags").glob("*.txt")).write_text("other words")
    assert run([*arguments, "check", "mobilenet-tags"]) == 1


def test_beside_a_window_the_pack_is_installed_here_and_the_window_hears_of_it(library: Library, brought: Path) -> None:
    arguments = ["--library", str(library.path), "packs"]
    assert ready(library, "objects") == 0
    assert run([*arguments, "import", str(brought / "yolox-nano")]) == 0
    assert ready(library, "objects") == 3
    shutil.rmtree(brought / "yolox-nano")
    assert run([*arguments, "choose", "objects", "yolox-nano"]) == 0
    assert library.settings()["packs.objects"] == "yolox-nano"


def test_a_library_beside_follows_packs_that_another_one_brings_and_removes(
    library: Library, brought: Path, shelf: Path, tmp_path: Path
) -> None:
    with Library.open(tmp_path / "second", work=False) as second:
        bring(second, brought / "yolox-nano")
        assert ready(library, "objects") == 0
        library.packs.look()
        assert ready(library, "objects") == 3
        waiting = library.jobs(JobState.WAITING)
        library.packs.look()  # nothing changed since
        assert library.jobs(JobState.WAITING) == waiting
        (shelf / ".old-yolox-nano").mkdir()  # it is being replaced: gone for a moment, which is no news
        (shelf / "yolox-nano").rename(shelf / "aside")
        library.packs.look()
        assert library.jobs(JobState.WAITING) == waiting
        (shelf / "aside").rename(shelf / "yolox-nano")
        (shelf / ".old-yolox-nano").rmdir()
        second.packs.remove("yolox-nano")
        library.packs.look()
        assert ready(library, "objects") == 0
