"""Sidecar files: where they go, what becomes of those that are there, and that originals are never touched."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.compose import xmp as module
from engine.errors import KinoraError, StorageFull, StoreError
from engine.library import Library
from engine.media.packet import Said, packet
from engine.media.xmp import read_xmp
from engine.model import Facts
from tests.unit.media.test_xmp_packets import DARKTABLE, facts, foreign, names
from tests.unit.people.faces import commit, photo


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    for name in ("a/one.jpg", "a/two.png", "a/b/three.jpg", "c/a/one.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (80 + len(name), 60)).save(path)
    Image.new("RGB", (91, 60)).save(tmp_path / "in/a/one.tif")
    Image.new("RGB", (10, 60)).save(tmp_path / "single.jpg")
    with Library.open(tmp_path / "library", work=False) as opened:
        assert list(opened.add([tmp_path / "in/a", tmp_path / "in/c/a", tmp_path / "single.jpg"], watch=False))
        yield opened


def number(library: Library, name: str) -> int:
    return next(i for i in library.listing("").ids if library.asset(i).files[0].path.endswith(name))


def written(library: Library, what: str | list[int], folder: Path | None, style: str = "long", **more: bool) -> str:
    return [step.text for step in library.sidecars.export(what, folder, style, **more)][-1]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_sidecars_mirrors_the_folders_of_the_library(library: Library, tmp_path: Path) -> None:
    before = tree(tmp_path / "in")
    library.rate(list(library.listing("").ids), 3)
    assert written(library, "", tmp_path / "out") == "6 sidecars written."
    assert sorted(tree(tmp_path / "out")) == [
        "a-2/one.jpg.xmp", "a/b/three.jpg.xmp", "a/one.jpg.xmp", "a/one.tif.xmp", "a/two.png.xmp",
        f"{tmp_path.name}/single.jpg.xmp",
    ]  # fmt: skip
    assert tree(tmp_path / "in") == before, "nothing is written beside originals unless that was asked for"
    assert written(library, "", tmp_path / "out") == "0 sidecars written. 6 said it all already."


def test_beside_the_originals_in_both_namings(library: Library, tmp_path: Path) -> None:
    before = tree(tmp_path / "in")
    one = number(library, "in/a/b/three.jpg")
    library.tag([one], "Rome")
    assert written(library, "", None) == ("1 sidecar written. Of 5 files nothing is known that a sidecar could say.")
    written(library, [one], None, "short")
    after = tree(tmp_path / "in")
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == ["a/b/three.jpg.xmp", "a/b/three.xmp"]
    assert facts(after["a/b/three.xmp"].decode()) == (None, {"Rome"})


def test_two_files_never_share_a_short_sidecar(library: Library, tmp_path: Path) -> None:
    library.rate(list(library.listing("").ids), 3)
    said = written(library, "", tmp_path / "out", "short")
    assert said == "5 sidecars written. 1 was left alone; the log says why."
    ((path, why),) = library.sidecars.report.reasons
    assert path.endswith("one.tif")
    assert "one.xmp" in why


def test_what_another_program_wrote_is_joined_and_kept_once(library: Library, tmp_path: Path) -> None:
    one = number(library, "in/a/one.jpg")
    theirs = tmp_path / "in/a/one.jpg.xmp"
    theirs.write_text(DARKTABLE, encoding="utf-8")
    theirs.chmod(0o640)
    library.rate([one], 5)
    said = written(library, [one], None)
    assert said == "1 sidecar written. 1 of them was there and was brought up to date."
    assert foreign(theirs.read_text("utf-8"), "darktable") == foreign(DARKTABLE, "darktable")
    assert facts(theirs.read_text("utf-8"))[0] == 5
    assert (tmp_path / "in/a/one.jpg.xmp~").read_text("utf-8") == DARKTABLE
    if os.name == "posix":
        assert theirs.stat().st_mode & 0o777 == 0o640
    library.rate([one], 2)
    written(library, [one], None)
    assert (tmp_path / "in/a/one.jpg.xmp~").read_text("utf-8") == DARKTABLE, "the copy is of what was there first"
    assert library.sidecars.report.backups == 0
    assert not [name for name in tree(tmp_path / "in") if name.endswith(".part")]


def test_what_kinora_wrote_itself_is_not_kept_twice(library: Library, tmp_path: Path) -> None:
    one = number(library, "in/a/one.jpg")
    library.tag([one], "Rome")
    written(library, [one], tmp_path / "out")
    library.tag([one], "Pisa")
    written(library, [one], tmp_path / "out")
    assert sorted(tree(tmp_path / "out")) == ["a/one.jpg.xmp"]
    library.undo()
    library.undo()
    assert written(library, [one], tmp_path / "out").startswith("1 sidecar written.")
    assert facts(tree(tmp_path / "out")["a/one.jpg.xmp"].decode()) == (None, set()), "what was taken away goes"


def test_what_cannot_be_read_is_left_alone_and_told(library: Library, tmp_path: Path) -> None:
    library.rate(list(library.listing("").ids), 3)
    hostile = {
        "one.jpg": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "two.png": packet(Said(3), "now").encode() + b" " * (100 << 20) + b"<",
        "b/three.jpg": b"\xff\xfe\x00\xd8" + b"x" * 99,
    }
    for name, data in hostile.items():
        (tmp_path / "in/a" / f"{name}.xmp").write_bytes(data)
    (tmp_path / "in/a/one.tif.xmp").mkdir()
    (tmp_path / "in/c/a/one.jpg.xmp").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text(DARKTABLE, encoding="utf-8")
    assert written(library, "in:in", None).endswith("5 were left alone; the log says why.")
    for name, data in hostile.items():
        assert (tmp_path / "in/a" / f"{name}.xmp").read_bytes() == data
    assert (tmp_path / "elsewhere").read_text("utf-8") == DARKTABLE
    assert len({why for _, why in library.sidecars.report.reasons}) >= 2


def test_an_original_that_is_called_like_a_sidecar_is_never_written(library: Library, tmp_path: Path) -> None:
    one = number(library, "in/a/one.jpg")
    library.rate([one], 3)
    library.set("scan.leave_out", [])
    odd = tmp_path / "in/a/one.jpg.xmp"
    Image.new("RGB", (33, 60)).save(odd, "PNG")
    assert list(library.rescan())
    before = odd.read_bytes()
    written(library, [one], None)
    assert odd.read_bytes() == before
    assert "original" in library.sidecars.report.reasons[0][1]


def test_a_full_or_read_only_disk_ends_it_with_a_sentence(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.rate(list(library.listing("").ids), 3)
    (tmp_path / "file").write_text("here", encoding="utf-8")
    with pytest.raises(StoreError, match="is a file"):
        written(library, "", tmp_path / "file" / "out")
    real = os.fsync

    def fails(number: int) -> None:
        real(number)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", fails)
    with pytest.raises(StorageFull, match="disk is full"):
        written(library, "", tmp_path / "out")
    assert tree(tmp_path / "out") == {}

    def refused(number: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(module.os, "fsync", refused)
    assert "6 were left alone" in written(library, "", tmp_path / "out")


def test_only_what_was_chosen_and_confirmed(library: Library, tmp_path: Path) -> None:
    one, two = number(library, "in/a/one.jpg"), number(library, "in/a/two.png")
    for asset in library.listing("").ids:
        commit(library, asset, "probe", [], Facts(width=80, height=60))
    photo(library, one, "anna")
    photo(library, two, "anna")
    library.people.settle()
    anna = library.people.listing()[0].id
    library.people.name(anna, "Anna")
    three = number(library, "in/a/b/three.jpg")
    photo(library, three, "anna")
    library.people.settle()
    assert library.people.of_asset(three)[0].how == "auto"
    written(library, "", tmp_path / "sure", sure=True)
    assert sorted(tree(tmp_path / "sure")) == ["a/one.jpg.xmp", "a/two.png.xmp"]
    written(library, "person:anna", tmp_path / "all")
    assert set(names(tree(tmp_path / "all")["a/b/three.jpg.xmp"].decode())) == {"Anna"}
    library.people.hide([anna])
    written(library, "", tmp_path / "hidden")
    assert tree(tmp_path / "hidden") == {}, "people who are hidden are not told to others"


def test_a_note_is_the_description(library: Library, tmp_path: Path) -> None:
    one = number(library, "in/a/one.jpg")
    library.keep.note(one, "At the sea\nwith Ann")
    written(library, [one], tmp_path / "out")
    text = tree(tmp_path / "out")["a/one.jpg.xmp"].decode()
    assert read_xmp(text)["dc:description"] == ("At the sea\nwith Ann",)
    library.undo()
    written(library, [one], tmp_path / "out")
    assert "dc:description" not in read_xmp(tree(tmp_path / "out")["a/one.jpg.xmp"].decode())


def test_an_unknown_naming_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(KinoraError, match="naming"):
        written(library, "", tmp_path / "out", "other")
