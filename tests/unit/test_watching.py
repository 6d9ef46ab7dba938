"""Watched folders follow the disk by themselves; a drive that comes and goes is noticed."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import watching
from engine.library import Library
from engine.model import FileRow, Step
from tests.waiting import until


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(watching, "DRIVES", 0.5)
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (20, 20), "red").save(folder / "a.png")
    with Library.open(tmp_path / "library") as opened:
        opened.pause()  # what is read is not looked at here
        for _ in opened.add([folder], watch=True):
            pass
        yield opened


def names(library: Library) -> set[str]:
    return {cell.name for cell in library.cells(list(library.listing().ids))}


def places(library: Library, name: str) -> list[FileRow]:
    found = [cell.id for cell in library.cells(list(library.listing().ids)) if cell.name == name]
    return [place for asset in found for place in library.asset(asset).files]


def test_new_changed_and_deleted_files_are_noticed(library: Library, tmp_path: Path) -> None:
    time.sleep(1.5)  # until the watch stands
    (tmp_path / "in" / "deep" / "er").mkdir(parents=True)
    Image.new("RGB", (30, 30), "blue").save(tmp_path / "in" / "deep" / "er" / "b.png")
    until(lambda: names(library) == {"a.png", "b.png"})
    (tmp_path / "in" / "a.png").unlink()
    until(lambda: names(library) == {"b.png"})


def test_a_folder_that_is_renamed_or_moved_in_is_noticed(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in" / "old" / "deep").mkdir(parents=True)
    Image.new("RGB", (30, 30), "blue").save(tmp_path / "in" / "old" / "deep" / "b.png")
    until(lambda: names(library) == {"a.png", "b.png"})
    (tmp_path / "in" / "old").rename(tmp_path / "in" / "new")
    until(lambda: any("new" in place.path and place.state == "present" for place in places(library, "b.png")))
    (tmp_path / "in" / "new").rename(tmp_path / "outside")
    until(lambda: names(library) == {"a.png"})


def test_what_changed_while_kinora_was_closed_is_read_at_start(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with Library.open(tmp_path / "library", work=False) as library:
        for _ in library.add([tmp_path / "in"], watch=True):
            pass
    Image.new("RGB", (30, 30), "blue").save(tmp_path / "in" / "b.png")
    with Library.open(tmp_path / "library") as library:
        library.pause()
        until(lambda: names(library) == {"b.png"})


def test_an_empty_mount_point_is_looked_at_and_not_read_each_time(library: Library, tmp_path: Path) -> None:
    # First the device, for the watch may look at any instant: an empty folder on its own device was emptied.
    library.database.write(lambda connection: connection.execute("UPDATE root SET device = device + 1") and None)
    (tmp_path / "in").rename(tmp_path / "unplugged")
    (tmp_path / "in").mkdir()
    until(lambda: library.status()["assets"]["offline"] == 1)
    time.sleep(1.5)  # what the system tells of the renaming comes late on a busy machine
    asked: list[object] = []
    refresh = library.refresh

    def counted(folders: Collection[bytes], *, deep: bool = False) -> Iterator[Step]:
        asked.append(folders)
        return refresh(folders, deep=deep)

    library.refresh = counted  # type: ignore[method-assign]
    time.sleep(1.5)  # three looks at the drives
    assert asked == []


def test_a_drive_that_goes_and_comes_is_noticed(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").rename(tmp_path / "unplugged")
    until(lambda: library.status()["assets"]["offline"] == 1)
    (tmp_path / "unplugged").rename(tmp_path / "in")
    until(lambda: library.status()["assets"]["offline"] == 0)
    assert names(library) == {"a.png"}
