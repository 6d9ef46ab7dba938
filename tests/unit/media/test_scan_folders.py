"""A walk sees every file once, follows nothing, and survives what it may not see."""

import os
from pathlib import Path

import pytest

from engine.media.files import system_path
from engine.media.scan import FolderSeen, Rule, walk
from engine.settings import LEAVE_OUT


def seen(root: Path | bytes, leave_out: tuple[str, ...] = LEAVE_OUT) -> dict[bytes, FolderSeen]:
    raw = root if isinstance(root, bytes) else str(root).encode()
    return {folder.path: folder for folder in walk(raw, leave_out)}


def names(folder: FolderSeen) -> list[bytes]:
    return [one.name for one in folder.files]


def test_folder_by_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "b.jpg").write_bytes(b"12345")
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "inner" / "c.jpg").write_bytes(b"")
    found = seen(tmp_path)
    root = found[str(tmp_path).encode()]
    assert names(root) == [b"a.jpg", b"b.jpg"]
    assert root.files[1].size == 5
    assert root.files[1].inode == (tmp_path / "b.jpg").stat().st_ino
    assert root.files[1].mtime_ns == (tmp_path / "b.jpg").stat().st_mtime_ns
    assert names(found[str(tmp_path / "inner").encode()]) == [b"c.jpg"]
    assert next(walk(str(tmp_path).encode(), ())).path == str(tmp_path).encode()


def test_what_is_left_out(tmp_path: Path) -> None:
    for name in (".hidden.jpg", "~$doc.docx", "film.mp4.part", "THUMBS.DB", "photo.jpg", "Photo.CRDOWNLOAD"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.jpg").write_bytes(b"x")
    found = seen(tmp_path)
    assert list(found) == [str(tmp_path).encode()]
    root = found[str(tmp_path).encode()]
    assert names(root) == [b"photo.jpg"]
    assert root.left_out == 6
    assert not Rule(()).leaves_out(b"anything")


def test_links_in_circles_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(b"x")
    try:
        (tmp_path / "loop").symlink_to(".")
        (tmp_path / "link.jpg").symlink_to("real.jpg")
        os.mkfifo(tmp_path / "pipe.jpg")
    except (OSError, AttributeError):
        pytest.skip("no links or pipes here")
    found = seen(tmp_path)
    assert len(found) == 1
    assert names(found[str(tmp_path).encode()]) == [b"real.jpg"]
    assert found[str(tmp_path).encode()].left_out == 3


def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = str(tmp_path).encode() + b"/caf\xe9-\xff.jpg"
    try:
        with open(raw, "wb") as stream:
            stream.write(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    (root,) = walk(str(tmp_path).encode(), LEAVE_OUT)
    assert names(root) == [b"caf\xe9-\xff.jpg"]


def test_very_long_paths(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(12):
        path = path / ("d" * 100)
    try:
        path.mkdir(parents=True)
        (path / "deep.jpg").write_bytes(b"x")
    except OSError:
        pytest.skip("this system takes no such paths")
    assert any(names(folder) == [b"deep.jpg"] for folder in walk(str(tmp_path).encode(), ()))


def test_windows_gets_the_long_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert system_path(b"/a/b") == b"/a/b"
    monkeypatch.setattr("engine.media.files.sys.platform", "win32")
    assert system_path(b"C:\\short") == "C:\\short"
    assert str(system_path(b"C:\\" + b"x" * 300)).startswith("\\\\?\\")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may look everywhere")
def test_a_folder_that_may_not_be_looked_into(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "a.jpg").write_bytes(b"x")
    found = seen(tmp_path)
    assert names(found[str(tmp_path).encode()]) == [b"a.jpg"]
    assert "may not look" in found[str(tmp_path / "closed").encode()].problems[0]
    (tmp_path / "closed").chmod(0o700)


def test_trouble_with_a_folder_is_a_problem_and_no_exception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"x")
    scandir = os.scandir

    def refusing(path: bytes) -> object:
        if path.endswith(b"bad"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("engine.media.scan.os.scandir", refusing)
    found = seen(tmp_path)
    assert names(found[str(tmp_path).encode()]) == [b"a.jpg"]
    assert "may not look" in found[str(tmp_path / "bad").encode()].problems[0]


def test_a_root_that_is_gone_or_a_file(tmp_path: Path) -> None:
    (gone,) = walk(str(tmp_path / "gone").encode(), ())
    assert gone.files == ()
    assert "not there" in gone.problems[0]
    (tmp_path / "one.jpg").write_bytes(b"xy")
    (single,) = walk(str(tmp_path / "one.jpg").encode(), ())
    assert (single.path, names(single), single.files[0].size) == (str(tmp_path).encode(), [b"one.jpg"], 2)


def test_every_kind_of_pattern() -> None:
    rule = Rule(("*.TMP", "~$*", "Thumbs.db", "x?y", "[ab]c*", "a*z", "*mid*"))
    for name in (
        b".tmp",
        b"a.Tmp",
        b"~$x",
        b"thumbs.DB",
        b"xay",
        b"bcd",
        b"a--z",
        b"amidb",
        "É.tmp".encode(),
        b"\xff.tmp",
    ):
        assert rule.leaves_out(name), name
    for name in (b"tmp", b"x~$", b"thumbs.dbx", b"xy", b"cc", b"az.jpg", b""):
        assert not rule.leaves_out(name), name
    assert Rule(("*",)).leaves_out(b"anything")
    assert rule.bars(b"/top/a/b.tmp/c", b"/top")
    assert not rule.bars(b"/b.tmp/a", b"/b.tmp")


def test_folders_that_are_skipped_are_not_gone_into(tmp_path: Path) -> None:
    (tmp_path / "no" / "deeper").mkdir(parents=True)
    (tmp_path / "yes").mkdir()
    found = walk(str(tmp_path).encode(), (), lambda folder: folder.path.endswith(b"no"))
    assert [folder.path for folder in found] == [str(tmp_path).encode(), str(tmp_path / "yes").encode()]
