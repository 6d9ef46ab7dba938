"""Backups that are verified, restores that are whole, checks that find damage, indexes that come back."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.samples import LETTER, pdf
from engine.errors import BackupInvalid, LibraryBusy
from engine.library import Library
from engine.model import Step
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
