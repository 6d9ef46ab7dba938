"""Keeping in step with the disk: unchanged, moved, copied, edited, gone, away."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import intake, reading
from engine.analyzers import ANALYZERS
from engine.errors import Cancelled, FileMissing, KinoraError
from engine.library import Library
from engine.media.hashing import content_hash
from engine.model import Hold, JobState, Kind
from engine.store import files


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


def refresh(library: Library, *folders: Path) -> None:
    for _ in library.refresh([os.fsencode(folder) for folder in folders]):
        pass


def sql(library: Library, statement: str, *values: object) -> None:
    library.database.write(lambda connection: connection.execute(statement, values) and None)


def states(library: Library) -> dict[str, int]:
    return {name: library.status()["assets"][name] for name in ("total", "offline", "missing")}


def by_name(library: Library) -> dict[str, int]:
    return {cell.name: cell.id for cell in library.cells(list(library.listing().ids))}


def test_new_files_become_assets_with_jobs_in_one_go(library: Library, folder: Path) -> None:
    add(library, folder)
    assert library.last_report.added == 3
    assert set(by_name(library)) == {"beach.png", "dunes.png", "pier.png"}
    senses = [one for one in ANALYZERS if Kind.PHOTO in one.kinds]
    assert library.queue().waiting + library.queue().held == 3 * len(senses)


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
    library.keep.favourite([old])
    library.keep.note(old, "for the wall")
    album = library.albums.make("Summer", [old])
    Image.new("RGB", (99, 99), "green").save(folder / "holiday" / "beach.png")
    rescan(library)
    new = by_name(library)["beach.png"]
    assert new != old
    assert library.asset(new).cell.rating == 4
    assert ("print", "you") in library.asset(new).tags
    assert list(library.listing("is:favourite").ids) == [new]
    assert list(library.listing("has:note").ids) == [new]
    assert list(library.listing("album:Summer").ids) == [new]
    assert library.albums.named("Summer").id == album
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


# --- what is never read -----------------------------------------------------------------------------------------------


def test_a_left_out_folder_is_not_read_when_the_watch_reports_it(library: Library, folder: Path) -> None:
    add(library, folder)
    (folder / ".git" / "deep").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(folder / ".git" / "deep" / "x.png")
    shutil.copy(folder / ".git" / "deep" / "x.png", folder / ".git" / "y.png")
    refresh(library, folder / ".git", folder / ".git" / "deep")
    assert len(by_name(library)) == 3


def test_a_library_is_never_read_nor_added(tmp_path: Path, folder: Path) -> None:
    with Library.open(folder / "other", work=False):
        pass
    (folder / "other" / "previews").mkdir(exist_ok=True)
    Image.new("RGB", (9, 9)).save(folder / "other" / "previews" / "p.png")
    with Library.open(folder / "mine", work=False) as library:
        (folder / "mine" / "previews").mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(folder / "mine" / "previews" / "q.png")
        add(library, folder)
        refresh(library, folder / "mine", folder / "mine" / "previews", folder / "other" / "previews", folder / "other")
        assert set(by_name(library)) == {"beach.png", "dunes.png", "pier.png"}
        for place in ("mine", "mine/previews", "other"):
            with pytest.raises(KinoraError, match="library of Kinora"):
                add(library, folder / place)


def test_a_hidden_folder_that_was_added_itself_stays(library: Library, folder: Path) -> None:
    (folder / ".secret").mkdir()
    Image.new("RGB", (9, 9)).save(folder / ".secret" / "x.png")
    add(library, folder)
    add(library, folder / ".secret")
    assert "x.png" in by_name(library)
    rescan(library)
    refresh(library, folder, folder / ".secret")
    assert "x.png" in by_name(library)
    assert len(library.roots()) == 2
    add(library, folder.parent)  # takes over the outer one, not the one that it would leave out
    rescan(library)
    assert "x.png" in by_name(library)
    shutil.rmtree(folder / ".secret")
    (folder / ".secret").mkdir()
    rescan(library)
    assert "x.png" not in by_name(library)


# --- drives -----------------------------------------------------------------------------------------------------------


def test_changes_told_of_a_drive_that_is_away_do_not_make_its_files_missing(library: Library, folder: Path) -> None:
    add(library, folder)
    away = folder.with_name("unplugged")
    folder.rename(away)
    refresh(library, folder / "holiday", folder)
    assert states(library) == {"total": 3, "offline": 3, "missing": 0}
    assert not library.roots()[0].online
    away.rename(folder)
    refresh(library, folder / "holiday")
    assert states(library) == {"total": 3, "offline": 0, "missing": 0}


def test_an_empty_mount_point_is_a_drive_that_is_away(library: Library, folder: Path) -> None:
    add(library, folder)
    away = folder.with_name("unplugged")
    folder.rename(away)
    folder.mkdir()
    sql(library, "UPDATE root SET device = device + 1")
    refresh(library, folder)
    rescan(library)
    refresh(library, folder, folder / "holiday")
    assert states(library) == {"total": 3, "offline": 3, "missing": 0}


def test_a_copy_of_a_file_on_a_drive_that_is_away_is_no_move(library: Library, folder: Path, tmp_path: Path) -> None:
    add(library, folder)
    (tmp_path / "second").mkdir()
    shutil.copy(folder / "holiday" / "beach.png", tmp_path / "second" / "beach.png")
    folder.rename(folder.with_name("unplugged"))
    add(library, tmp_path / "second")
    assert library.last_report.moved == 0
    assert library.status()["assets"]["missing"] == 0


def test_jobs_held_for_a_drive_go_on_when_their_file_is_seen_again(library: Library, folder: Path) -> None:
    add(library, folder)
    sql(library, "UPDATE job SET hold = hold | 2")
    rescan(library)
    assert {job.hold & Hold.OFFLINE for job in library.jobs(JobState.WAITING)} == {0}
    sql(library, "UPDATE job SET hold = hold | 2")
    add(library, folder / "holiday")
    assert {job.hold & Hold.OFFLINE for job in library.jobs(JobState.WAITING)} == {0}


def test_jobs_of_a_removed_folder_and_of_a_trashed_file_wait(library: Library, folder: Path) -> None:
    add(library, folder)
    beach = library.asset(by_name(library)["beach.png"])
    library.file_trashed(beach.files[0].id)
    held = {job.name for job in library.jobs(JobState.WAITING) if job.hold & Hold.OFFLINE}
    assert held == {"beach.png"}
    library.remove_root(library.roots()[0].id)
    assert all(job.hold & Hold.OFFLINE for job in library.jobs(JobState.WAITING))


# --- folders that move, files that are being written ------------------------------------------------------------------


def test_a_folder_that_was_moved_back_is_read_with_all_below_it(library: Library, folder: Path) -> None:
    deep = folder / "holiday" / "deep"
    deep.mkdir()
    Image.new("RGB", (9, 9)).save(deep / "x.png")
    add(library, folder)
    (folder / "holiday").rename(folder / "journey")
    refresh(library, folder, folder / "holiday", folder / "journey")
    assert library.asset(by_name(library)["x.png"]).files[0].path.endswith("journey/deep/x.png")
    (folder / "journey").rename(folder / "holiday")
    refresh(library, folder, folder / "holiday", folder / "journey")
    assert library.asset(by_name(library)["x.png"]).files[0].path.endswith("holiday/deep/x.png")


def test_a_deleted_folder_does_not_take_one_with_a_longer_name_along(library: Library, folder: Path) -> None:
    for name in ("a", "a.b", "a0", "ab"):
        (folder / name).mkdir()
        (folder / name / f"{name}.txt").write_text(name)
    add(library, folder)
    shutil.rmtree(folder / "a")
    refresh(library, folder / "a")
    assert {"a.b.txt", "a0.txt", "ab.txt"} <= set(by_name(library))
    assert "a.txt" not in by_name(library)


def test_what_the_user_said_outlives_a_look_at_a_half_written_file(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(library, folder)
    library.rate([by_name(library)["beach.png"]], 4)

    def unreadable(path: bytes, stop: threading.Event | None = None) -> str:
        raise KinoraError("This file changed while it was being read.")

    Image.new("RGB", (99, 99), "green").save(folder / "holiday" / "beach.png")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "content_hash", unreadable)
        rescan(library)
    assert library.last_report.failed == 1
    rescan(library)
    assert library.asset(by_name(library)["beach.png"]).cell.rating == 4


@pytest.mark.skipif(os.name == "nt", reason="such names exist on POSIX systems")
def test_a_copy_of_a_file_whose_name_is_no_text_is_read(library: Library, folder: Path) -> None:
    odd = os.fsencode(folder) + b"/caf\xe9.png"
    Image.new("RGB", (9, 9)).save(folder / "plain.png")
    try:
        os.rename(folder / "plain.png", odd)
    except OSError:
        pytest.skip("this file system takes no such names")
    add(library, folder)
    shutil.copy(odd, folder / "plain.png")
    rescan(library)
    assert (library.last_report.added, library.last_report.moved) == (1, 0)
    os.rename(odd, folder / "moved.png")
    rescan(library)
    assert library.last_report.failed == 0
    assert states(library)["total"] == 4


def test_jobs_that_met_a_changing_file_run_again_when_it_is_at_rest(library: Library, folder: Path) -> None:
    add(library, folder)
    sql(library, "UPDATE job SET state = 'failed', error_code = 'changed' WHERE analyzer = 'probe'")
    sql(library, "UPDATE job SET state = 'failed', error_code = 'damaged' WHERE analyzer = 'look'")
    os.utime(folder / "holiday" / "beach.png")
    rescan(library)
    again = [job for job in library.jobs(JobState.WAITING) if job.analyzer == "probe"]
    assert [job.name for job in again] == ["beach.png"]
    assert len(library.jobs(JobState.FAILED)) == 5


# --- progress, reports ------------------------------------------------------------------------------------------------


def test_a_rescan_tells_where_it_is_and_can_be_stopped(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PACE", 0.0)
    for number in range(30):
        (tmp_path / "in" / f"{number:02}").mkdir(parents=True)
    add(library, tmp_path / "in")
    assert len(list(library.rescan())) > 30


def test_large_files_are_stored_before_there_are_many(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ENOUGH", 1)
    steps = library.add([folder], watch=False)
    while not by_name(library):
        next(steps)
    assert len(by_name(library)) == 1
    steps.close()


def test_hashing_speaks_meanwhile_and_stops_when_nobody_listens(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def endless(path: bytes, stop: threading.Event | None = None) -> str:
        assert stop is not None
        assert stop.wait(30)
        ended.set()
        raise Cancelled("")

    monkeypatch.setattr(reading, "content_hash", endless)
    monkeypatch.setattr(reading, "TICK", 0.02)
    steps = library.add([folder], watch=False)
    for _ in range(3):
        next(steps)
    steps.close()
    assert ended.wait(5)


def test_a_hash_can_be_stopped(folder: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        content_hash(os.fsencode(folder / "holiday" / "beach.png"), stop)


def test_what_the_watch_does_is_not_reported_as_what_was_asked_for(library: Library, folder: Path) -> None:
    add(library, folder)
    (folder / "note.txt").write_text("new")
    refresh(library, folder)
    assert library.last_report.added == 3
    steps = library.rescan()
    next(steps)
    assert library.last_report.added == 3
    for _ in steps:
        pass
    assert (library.last_report.added, library.last_report.unchanged) == (0, 4)


def test_counts_of_many_assets_are_brought_up_to_date_together(library: Library, folder: Path) -> None:
    shutil.copy(folder / "holiday" / "beach.png", folder / "holiday" / "twin.png")
    add(library, folder)
    root = library.roots()[0].id
    beach = library.asset(by_name(library)["beach.png"])
    for online, present, offline in ((False, 0, 2), (True, 2, 0)):
        touched = library.database.write(lambda c, online=online: files.set_online(c, root, online=online))
        assert len(touched) == 3
        with library.database.read() as connection:
            row = connection.execute(
                "SELECT present, offline, twins & 1, name FROM asset WHERE id = ?", (beach.cell.id,)
            ).fetchone()
        assert row == (present, offline, 1, beach.cell.name)
