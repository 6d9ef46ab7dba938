"""A full disk, a folder that may not be written, a library that is open or newer: a clear sentence, nothing is lost."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import LibraryBusy, LibraryNewer, LibraryReadOnly, StorageFull
from engine.library import Library
from engine.model import JobState
from tests.faults.conftest import finish, program, said


def limit(library: Library, *, room: int | None) -> None:
    """Let the library's disk be full after `room` more pages (None: as large as it likes)."""

    def work(connection: sqlite3.Connection) -> None:
        now = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {4294967294 if room is None else now + room}")

    for _ in range(200):
        try:
            library.database.write(work)
        except StorageFull:  # it shared its commit with a result that found the disk full
            time.sleep(0.05)
        else:
            return
    pytest.fail("the library's disk stayed full")


def drain(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def test_a_full_disk_while_adding_says_so_and_loses_nothing(samples: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "undisturbed", work=False) as library:
        drain(library.add([samples], watch=False))
    with Library.open(tmp_path / "library", work=False) as library:
        limit(library, room=2)
        with pytest.raises(StorageFull, match="disk is full") as caught:
            drain(library.add([samples], watch=False))
        assert "lost nothing" in caught.value.hint
        limit(library, room=None)
        drain(library.add([samples], watch=False))
    assert said(tmp_path / "library") == said(tmp_path / "undisturbed")


@pytest.mark.slow
def test_a_full_disk_while_reading_pauses_the_work_and_goes_on(
    samples: Path, undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    with Library.open(tmp_path / "library") as library:
        library.pause()
        drain(library.add([samples], watch=False))
        limit(library, room=3)
        library.resume()
        for _ in range(600):
            if library.queue().trouble or library.wait_idle(0.1):
                break
        assert "disk is full" in library.queue().trouble
        assert not library.jobs(JobState.FAILED) or all(
            "disk" not in job.error for job in library.jobs(JobState.FAILED)
        )
        limit(library, room=None)
        assert library.wait_idle(200)
        assert library.queue().trouble == ""
    assert said(tmp_path / "library") == undisturbed


def test_a_folder_that_may_not_be_written_is_refused_in_words(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("not a folder")
    with pytest.raises(LibraryReadOnly, match="may not write"):
        Library.open(place / "library")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom the file system refuses something")
def test_a_read_only_folder_is_refused_for_writing_and_searched_for_reading(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    with Library.open(path, work=False) as library:
        drain(library.add([samples], watch=False))
    path.chmod(0o500)
    try:
        with pytest.raises(LibraryReadOnly):
            Library.open(path)
        with Library.open(path, own=False) as library:
            assert library.search("poster").hits
    finally:
        path.chmod(0o700)


READ_ONLY = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import filelock, rapidfuzz.process
from engine.errors import LibraryReadOnly
from engine.library import Library
path = Path(sys.argv[1])
os.setuid(65534)  # after the imports: the other user may not be allowed to read this Python
try:
    Library.open(path)
except LibraryReadOnly as error:
    print(error.text)
with Library.open(path, own=False) as library:
    print(len(library.search("poster").hits))
"""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="as root another user has to try")
def test_another_users_library_is_refused_for_writing_and_searched_for_reading(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    with Library.open(path, work=False) as library:
        drain(library.add([samples], watch=False))
    for place in (path, *path.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    for above in tmp_path.parents:
        if str(above).startswith("/tmp/"):
            above.chmod(0o755)
    tmp_path.chmod(0o755)
    project = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(path), str(project)], capture_output=True, text=True, timeout=60
    )
    assert "may not write" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "1", done.stderr


def test_a_library_that_is_open_is_refused_and_takes_orders(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    with Library.open(path) as library:
        with pytest.raises(LibraryBusy, match="open in another Kinora"):
            Library.open(path)
        code, out, err = finish(program("--library", path, "add", samples, "--wait", "--no-watch"))
        assert code == 0, err
        assert "Handed to the Kinora that is open" in out
        assert library.status()["assets"]["total"] > 30
        code, out, _ = finish(program("--library", path, "search", "poster"))
        assert code == 0
        assert "poster.jpg" in out


def test_a_dead_owner_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "library"
    code, _, _ = finish(
        program("--library", path, "add", str(tmp_path), "--no-watch", env={"KINORA_CRASH_AT": "committed"})
    )
    assert code == 137
    with Library.open(path, work=False) as library:
        assert library.status()["jobs"]["running"] == 0


def test_a_newer_library_is_refused_by_every_command(tmp_path: Path) -> None:
    path = tmp_path / "library"
    Library.open(path, work=False).close()
    connection = sqlite3.connect(path / "kinora.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(LibraryNewer):
        Library.open(path)
    code, _, err = finish(program("--library", path, "status"))
    assert code == 2
    assert "newer Kinora" in err
    assert "Traceback" not in err
