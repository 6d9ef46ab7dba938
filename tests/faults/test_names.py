"""Names, links, pipes and files that change: each is read, left out by the rule, or refused in words."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from engine.jobs import retry
from engine.library import Library
from engine.model import JobState

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these names and things exist on POSIX systems")


def picture(path: bytes, colour: int) -> None:
    """A small picture at a place that may not be text."""
    with open(path, "wb") as stream:
        Image.new("RGB", (40, 40), (colour, 10, 10)).save(stream, "PNG")


def read(tmp_path: Path, folder: Path) -> tuple[list[str], Library]:
    library = Library.open(tmp_path / "library")
    library.set("analyzers.off", ["ocr", "safety"])
    for _ in library.add([folder], watch=False):
        pass
    assert library.wait_idle(60)
    ids = library.listing().ids
    return sorted(cell.name for cell in library.cells(list(ids))), library


def test_awkward_names_are_read_found_and_shown(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)
    names = [
        b"caf\xe9.png",
        b"-rf.png",
        b"new\nline.png",
        "\u202egnp.txt.png".encode(),
        b"x" * 240 + b".png",
        "漢字 🎉.png".encode(),
        b" lead.png",
    ]
    for number, name in enumerate(names):
        picture(os.path.join(folder, name), number * 30)
    found, library = read(tmp_path, tmp_path / "in")
    with library:
        assert len(found) == len(names)
        assert not library.jobs(JobState.FAILED)
        assert library.search("漢字").hits
        hit = library.search("caf*").hits[0]
        assert os.path.exists(library.original(hit.asset.id))


def test_very_long_paths_are_read(tmp_path: Path) -> None:
    here = os.getcwd()
    top = tmp_path / "in"
    top.mkdir()
    deep = top
    try:
        os.chdir(top)
        for number in range(12):
            os.mkdir("d" * 200 + str(number))
            os.chdir("d" * 200 + str(number))
            deep = deep / ("d" * 200 + str(number))
        picture(b"deep.png", 9)
    finally:
        os.chdir(here)
    assert len(str(deep)) > 2000
    found, library = read(tmp_path, top)
    with library:
        assert found == ["deep.png"]
        assert not library.jobs(JobState.FAILED)


def test_links_in_circles_pipes_and_devices_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "back").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.png")
    picture(os.fsencode(folder / "real.png"), 1)
    found, library = read(tmp_path, folder)
    with library:
        assert found == ["real.png"]
        assert library.last_report.left_out == 5


def test_hidden_and_temporary_files_follow_the_rule_that_the_user_sees(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / ".git").mkdir(parents=True)
    for name in (".hidden.png", "Thumbs.db", "~$draft.docx", "part.crdownload", ".git/object.png", "kept.png"):
        picture(os.fsencode(folder / name), len(name))
    found, library = read(tmp_path, folder)
    with library:
        assert found == ["kept.png"]
        library.set("scan.leave_out", ["*.crdownload"])
        for _ in library.rescan():
            pass
        library.wait_idle(60)
        assert ".hidden.png" in {cell.name for cell in library.cells(list(library.listing().ids))}


def test_a_file_that_changes_while_it_is_read_ends_with_its_last_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.5)
    folder = tmp_path / "in"
    folder.mkdir()
    target = folder / "busy.png"
    picture(os.fsencode(target), 1)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            Image.effect_noise((300, 300), number % 90).save(target)
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Library.open(tmp_path / "library") as library:
            library.set("analyzers.off", ["ocr", "safety"])
            for _ in library.add([folder], watch=False):
                pass
            time.sleep(0.5)
            stop.set()
            writer.join()
            for _ in library.rescan():
                pass
            library.retry(None)
            assert library.wait_idle(90)
            (cell,) = library.cells(list(library.listing().ids))
            assert cell.state == "done"
            assert (cell.width, cell.height) == (300, 300)
    finally:
        stop.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_listed_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    picture(os.fsencode(folder / "secret.png"), 1)
    (folder / "secret.png").chmod(0)
    _, library = read(tmp_path, folder)
    with library:
        (row,) = library.jobs(JobState.FAILED)
        assert row.name == "secret.png"
        assert row.hint
