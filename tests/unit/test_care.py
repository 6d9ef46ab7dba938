"""Backups that are verified, restores that are whole, checks that find damage, indexes that come back."""

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import pictures
from engine.cli.samples import LETTER, pdf
from engine.errors import BackupInvalid, DamagedFile, LibraryBusy, StorageFull, StoreError
from engine.jobs import wire
from engine.library import Library
from engine.model import Facts, FileRow, Kind, Preview, Step
from engine.store import backup
from engine.store.check import Problem


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed library that has read a letter and a note."""
    room = tmp_path_factory.mktemp("care")
    (room / "in").mkdir()
    (room / "in" / "letter.pdf").write_bytes(pdf(LETTER))
    (room / "in" / "note.txt").write_text("The brass key is gone.", encoding="utf-8")
    with Library.open(room / "library") as library:
        for _ in library.add([room / "in"], watch=False):
            pass
        assert library.wait_idle(60)
        library.rate([1], 5)
    return room / "library"


@pytest.fixture
def library(filled: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(filled, tmp_path / "library")
    with Library.open(tmp_path / "library", work=False) as opened:
        yield opened


def last(steps: Iterator[Step]) -> str:
    text = ""
    for step in steps:
        text = step.text
    return text


def problems(library: Library) -> list[str]:
    return [found.code for found in library.check() if isinstance(found, Problem)]


def test_a_backup_is_read_back_and_restored(library: Library, tmp_path: Path) -> None:
    folder = Path(last(library.backup(tmp_path / "backups")))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"]["asset"] == 2
    assert manifest["rows"]["decision"] == 1
    for _ in backup.restore(folder, tmp_path / "second"):
        pass
    with Library.open(tmp_path / "second", work=False) as restored:
        assert restored.asset(1).cell.rating == 5
        assert restored.search('"brass key"').total == 2
        assert problems(restored) in ([], ["previews"])  # previews are drawn again


def test_a_backup_beside_a_writer_is_whole(library: Library, tmp_path: Path) -> None:
    writes = [
        library.database.submit(lambda connection: connection.execute("UPDATE asset SET title = title || 'x'"))
        for _ in range(200)
    ]
    folder = Path(last(library.backup(tmp_path / "backups")))
    assert backup.verify(folder)["rows"] == backup.inspect(folder / "kinora.db")["rows"]
    assert all(write.result() for write in writes)


@pytest.mark.parametrize("where", [100, 5000, -100])
def test_a_flipped_byte_in_a_backup_is_found_and_nothing_is_restored(
    library: Library, tmp_path: Path, where: int
) -> None:
    folder = Path(last(library.backup(tmp_path / "backups")))
    data = bytearray((folder / "kinora.db").read_bytes())
    data[where] ^= 1
    (folder / "kinora.db").write_bytes(data)
    with pytest.raises(BackupInvalid, match="checksum"):
        list(backup.restore(folder, tmp_path / "second"))
    assert not (tmp_path / "second" / "kinora.db").exists()


def test_a_backup_into_a_place_that_is_no_folder_is_a_sentence(library: Library, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a file")
    with pytest.raises(StoreError, match="could not write the backup"):
        last(library.backup(tmp_path / "note.txt"))


def test_a_disk_that_fills_up_while_a_backup_is_written_is_said_so(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(backup, "flush", full)
    with pytest.raises(StorageFull, match="The disk is full"):
        last(library.backup(tmp_path / "backups"))


def test_restoring_from_a_folder_into_a_file_is_a_sentence(library: Library, tmp_path: Path) -> None:
    folder = Path(last(library.backup(tmp_path / "backups")))
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreError, match="could not put the backup in place"):
        list(backup.restore(folder, tmp_path / "taken"))


class Host:
    """A host that never answers, or answers at once; it notes what was given up."""

    jpeg: bytes | None = None

    def __init__(self, **_: Any) -> None:
        self.cancelled: list[int] = []

    def start(self, listener: Any) -> None:
        self.listener = listener

    def send(self, start: wire.Start, *, deadline: float) -> None:
        if self.jpeg is not None:
            preview = Preview(64, self.jpeg)
            self.listener(wire.Done(start.bundle, start.tasks[0].job, 0, previews=(preview,)))

    def cancel(self, bundle: int) -> None:
        self.cancelled.append(bundle)

    def stop(self) -> None:
        """Nothing runs."""


def draw(drawn: pictures.Pictures) -> Path:
    place = FileRow(1, "/x.png", b"/x.png", "x.png", "present", 1, 1)
    return drawn.large("ab" * 32, Kind.PHOTO, "image/png", Facts(), place, {"side": 64})


def test_a_large_picture_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LocalHost", Host)
    monkeypatch.setattr(pictures, "WAIT", 0.05)
    drawn = pictures.Pictures(tmp_path)
    with pytest.raises(DamagedFile, match="too long"):
        draw(drawn)
    host: Any = drawn._host
    assert host.cancelled == [1]
    with pytest.raises(DamagedFile, match="too long"):
        draw(drawn)
    assert host.cancelled == [1, 2]
    drawn.close()


def test_a_large_picture_on_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pictures, "LocalHost", Host)
    monkeypatch.setattr(Host, "jpeg", b"jpeg")
    monkeypatch.setattr(pictures, "write_whole", full)
    drawn = pictures.Pictures(tmp_path)
    with pytest.raises(StorageFull, match="could not keep the picture"):
        draw(drawn)
    drawn.close()


def test_restoring_into_an_open_library_is_refused(library: Library, tmp_path: Path) -> None:
    folder = Path(last(library.backup(tmp_path / "backups")))
    with pytest.raises(LibraryBusy):
        list(backup.restore(folder, library.path))


def test_restoring_keeps_what_was_there(library: Library, tmp_path: Path) -> None:
    folder = Path(last(library.backup(tmp_path / "backups")))
    path = library.path
    library.rate([2], 1)
    library.close()
    list(backup.restore(folder, path))
    assert list(path.glob("kinora.db.before-*"))
    with Library.open(path, work=False) as restored:
        assert restored.asset(2).cell.rating is None


def test_a_sound_library_has_no_problems(library: Library) -> None:
    assert problems(library) == []


def test_damage_is_found(library: Library) -> None:
    library.database.write(
        lambda connection: connection.execute(
            "INSERT INTO finding(moment_id, asset_id, analyzer, version, kind) VALUES(99, 99, 'x', 1, 'label')"
        )
    )
    library.database.write(lambda connection: connection.execute("UPDATE tally SET n = n + 5"))
    library.database.write(lambda connection: connection.execute("INSERT INTO words(words) VALUES('delete-all')"))
    for preview in (library.path / "previews").rglob("*.jpg"):
        preview.unlink()
    assert set(problems(library)) == {"tables", "tally", "words", "previews"}
    assert not library.search("brass").hits
    for _ in library.check(repair=True):
        pass
    assert library.search("brass").hits
    assert set(problems(library)) == {"tables", "previews"}


def test_a_lost_search_index_and_lost_previews_come_back(library: Library) -> None:
    path = library.path
    library.database.write(lambda connection: connection.execute("INSERT INTO words(words) VALUES('delete-all')"))
    library.close()
    shutil.rmtree(path / "previews")
    with Library.open(path, work=False) as opened:
        assert opened.search('"brass key"').total == 2
        letter = next(hit.asset for hit in opened.search("boathouse").hits)
        assert opened.preview(letter.id) is not None


def test_a_damaged_file_is_named_as_such(library: Library) -> None:
    path = library.path / "kinora.db"
    library.close()
    data = bytearray(path.read_bytes())
    data[8192 * 3 : 8192 * 6] = b"\x55" * (8192 * 3)
    path.write_bytes(data)
    with Library.open(library.path, own=False) as opened:
        assert "database" in problems(opened)


def test_a_backup_counts_people_and_an_older_one_is_still_good(library: Library, tmp_path: Path) -> None:
    library.database.write(lambda connection: connection.execute("INSERT INTO person(made) VALUES(0)"))
    folder = Path(last(library.backup(tmp_path / "backups")))
    note = folder / "manifest.json"
    manifest = json.loads(note.read_text(encoding="utf-8"))
    assert manifest["rows"]["person"] == 1
    assert set(manifest["rows"]) == set(backup.COUNTED)
    fewer = {name: manifest["rows"][name] for name in ("asset", "finding", "job")}
    note.write_text(json.dumps({**manifest, "rows": fewer}), encoding="utf-8")
    backup.verify(folder)
    for wrong in ({**fewer, "asset": 99}, {**fewer, "strange": 1}, None):
        note.write_text(json.dumps({**manifest, "rows": wrong}), encoding="utf-8")
        with pytest.raises(BackupInvalid):
            backup.verify(folder)
