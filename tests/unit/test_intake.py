"""Keeping in step with the disk: unchanged, moved, copied, edited, gone, away."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import FileMissing
from engine.library import Library
from engine.model import Hold, JobState


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in" / "holiday"
    place.mkdir(parents=True)
    for number, name in enumerate(("beach.png", "dunes.png", "pier.png")):
        Image.new("RGB", (50 + number, 40), (number * 80, 9, 9)).save(place / name)
    return place.parent


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library that does not work: only what adding does is looked at."""
    with Library.open(tmp_path / "library", work=False) as opened:
        yield opened


def add(library: Library, *paths: Path) -> None:
    for _ in library.add(paths, watch=False):
        pass


def rescan(library: Library) -> None:
    for _ in library.rescan():
        pass


def by_name(library: Library) -> dict[str, int]:
    return {cell.name: cell.id for cell in library.cells(list(library.listing().ids))}


def test_new_files_become_assets_with_jobs_in_one_go(library: Library, folder: Path) -> None:
    add(library, folder)
    assert library.last_report.added == 3
    assert set(by_name(library)) == {"beach.png", "dunes.png", "pier.png"}
    assert library.queue().waiting + library.queue().held == 12  # probe, look, ocr, safety for each


def test_adding_again_changes_nothing(library: Library, folder: Path) -> None:
    add(library, folder)
    before = library.queue()
    add(library, folder)
    assert (library.last_report.unchanged, library.last_report.added) == (3, 0)
    assert library.queue().waiting == before.waiting


def test_a_moved_and_renamed_file_keeps_all_that_is_known(library: Library, folder: Path) -> None:
    add(library, folder)
    asset = by_name(library)["beach.png"]
    library.rate([asset], 5)
    library.tag([asset], "summer")
    (folder / "2021").mkdir()
    (folder / "holiday" / "beach.png").rename(folder / "2021" / "strand.png")
    rescan(library)
    assert by_name(library)["strand.png"] == asset
    assert library.last_report.moved == 1
    row = library.asset(asset)
    assert row.cell.rating == 5
    assert ("summer", "you") in row.tags
    assert [place.state for place in row.files] == ["present", "missing"]


def test_the_same_content_in_two_places_is_one_asset(library: Library, folder: Path) -> None:
    shutil.copy(folder / "holiday" / "beach.png", folder / "copy of beach.png")
    add(library, folder)
    assert len(library.listing().ids) == 3
    (group,) = library.duplicates(exact=True)
    assert group.exact
    assert len(group.members) == 2
    assert [member.keep for member in group.members] == [True, False]


def test_an_edited_file_is_new_content_and_inherits_what_the_user_said(library: Library, folder: Path) -> None:
    add(library, folder)
    old = by_name(library)["beach.png"]
    library.rate([old], 4)
    library.tag([old], "print")
    Image.new("RGB", (99, 99), "green").save(folder / "holiday" / "beach.png")
    rescan(library)
    new = by_name(library)["beach.png"]
    assert new != old
    assert library.asset(new).cell.rating == 4
    assert ("print", "you") in library.asset(new).tags
    assert library.asset(old).cell.rating == 4  # the former content is still known


def test_a_deleted_file_is_missing_and_not_forgotten(library: Library, folder: Path) -> None:
    add(library, folder)
    asset = by_name(library)["pier.png"]
    (folder / "holiday" / "pier.png").unlink()
    rescan(library)
    assert "pier.png" not in by_name(library)
    assert library.asset(asset).files[0].state == "missing"
    assert library.status()["assets"]["missing"] == 1


def test_a_folder_that_vanished_takes_its_files_to_missing(library: Library, folder: Path) -> None:
    add(library, folder)
    shutil.rmtree(folder / "holiday")
    (folder / "note.txt").write_text("still here")
    rescan(library)
    assert set(by_name(library)) == {"note.txt"}
    assert library.last_report.missing == 3


def test_a_drive_that_is_away_makes_its_assets_offline_and_comes_back(library: Library, folder: Path) -> None:
    add(library, folder)
    away = folder.with_name("unplugged")
    folder.rename(away)
    rescan(library)
    assert library.status()["assets"]["offline"] == 3
    assert len(library.listing().ids) == 3  # still listed
    assert {job.hold & Hold.OFFLINE for job in library.jobs(JobState.WAITING)} == {Hold.OFFLINE}
    assert not library.roots()[0].online
    with pytest.raises(FileMissing):
        library.original(by_name(library)["beach.png"])
    away.rename(folder)
    rescan(library)
    assert library.status()["assets"]["offline"] == 0
    assert {job.hold & Hold.OFFLINE for job in library.jobs(JobState.WAITING)} == {0}


def test_a_single_file_and_its_folder_are_one_root_in_the_end(library: Library, folder: Path) -> None:
    add(library, folder / "holiday" / "beach.png")
    assert set(by_name(library)) == {"beach.png"}
    add(library, folder)
    assert [root.path for root in library.roots()] == [str(folder)]
    assert len(by_name(library)) == 3
    add(library, folder / "holiday")
    assert len(library.roots()) == 1


def test_a_removed_folder_keeps_its_decisions(library: Library, folder: Path) -> None:
    add(library, folder)
    asset = by_name(library)["beach.png"]
    library.rate([asset], 3)
    library.remove_root(library.roots()[0].id)
    assert library.listing().ids.tolist() == []
    add(library, folder)
    assert library.asset(asset).cell.rating == 3


def test_what_is_nothing_kinora_reads_is_listed_with_its_reason(library: Library, folder: Path) -> None:
    (folder / "setup.jpg").write_bytes(b"MZ" + bytes(200))
    (folder / "empty.png").write_bytes(b"")
    add(library, folder)
    reasons = {job.name: (job.error, job.hint) for job in library.jobs(JobState.FAILED)}
    assert "Windows program" in reasons["setup.jpg"][0]
    assert "empty" in reasons["empty.png"][0]
    assert all(hint for _, hint in reasons.values())


def test_a_path_that_is_not_there_is_said_so(library: Library, folder: Path) -> None:
    with pytest.raises(FileMissing, match="does not exist"):
        add(library, folder / "nowhere")


def test_stopping_in_the_middle_keeps_what_was_stored(library: Library, folder: Path) -> None:
    steps = library.add([folder], watch=False)
    next(steps)
    steps.close()
    add(library, folder)
    assert len(by_name(library)) == 3


def test_originals_are_not_touched(library: Library, folder: Path) -> None:
    def state() -> dict[str, tuple[int, int, bytes]]:
        found = {}
        for place in sorted(folder.rglob("*.png")):
            stat = os.stat(place)
            found[str(place)] = (stat.st_mtime_ns, stat.st_mode, place.read_bytes())
        return found

    before = state()
    for place in folder.rglob("*.png"):
        place.chmod(0o444)
    locked = state()
    add(library, folder)
    rescan(library)
    assert state() == locked
    assert [entry[2] for entry in before.values()] == [entry[2] for entry in locked.values()]
