"""Exports of a library: what they refuse, and that they write what was corrected."""

import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from desktop.export import write_list
from engine.cli import run
from engine.errors import KinoraError, NotFound, StoreError
from engine.library import Library
from engine.media.documents.subtitles import cues
from engine.model import Moment
from tests.unit.test_corrections import hears, said


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (60, 40), (9, 9, 9)).save(folder / "one.png")
    (folder / "notes.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        hears(opened, said(0, 2, "Hello wrold again"), said(2, 4, "and goodbye"))
        yield opened


def test_what_was_corrected_is_written(library: Library, tmp_path: Path) -> None:
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    target = library.exports.write_said(1, tmp_path / "out" / "talk.srt")
    blocks, broken = cues(target.read_text(encoding="utf-8"))
    assert [block.text for block in blocks] == ["Hello world again", "and goodbye"]
    assert not broken
    body = json.loads(library.exports.said(1, "json"))
    assert body["lines"][0] | {"words": []} == {
        "start": 0.0, "end": 2.0, "text": "Hello world again", "corrected": True, "read": "Hello wrold again",
        "words": [],
    }  # fmt: skip
    assert [path.name for path in target.parent.iterdir()] == ["talk.srt"]


@pytest.mark.parametrize("name", ["notes.srt", "../in/notes.srt"])
def test_nothing_is_written_over_an_original(library: Library, tmp_path: Path, name: str) -> None:
    target = tmp_path / "in" / name
    before = target.read_bytes()
    with pytest.raises(StoreError, match="never writes over an original"):
        library.exports.write_said(1, target)
    assert target.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_nor_through_a_link(library: Library, tmp_path: Path) -> None:
    for link, to in ((tmp_path / "link.srt", tmp_path / "in" / "notes.srt"), (tmp_path / "folder", tmp_path / "in")):
        link.symlink_to(to)
    for target in (tmp_path / "link.srt", tmp_path / "folder" / "notes.srt"):
        with pytest.raises(StoreError, match="original"):
            library.exports.write_said(1, target)


def test_nor_by_a_list_a_report_or_a_command(library: Library, tmp_path: Path) -> None:
    original = tmp_path / "in" / "notes.srt"
    before = original.read_bytes()
    with pytest.raises(StoreError, match="original"):
        deque(write_list(library, library.listing().ids, original))
    with pytest.raises(StoreError, match="original"):
        library.exports.write(original, b"report")
    where = ["--library", str(library.path)]
    assert run([*where, "export", "--format", "csv", "--output", str(original)]) != 0
    assert run([*where, "health", "--report", str(original)]) != 0
    assert original.read_bytes() == before
    assert sorted(path.name for path in original.parent.iterdir()) == ["notes.srt", "one.png"]


def test_a_list_is_a_table_that_spreadsheets_read(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    deque(write_list(library, library.listing().ids, target))
    assert target.read_bytes().startswith(b"\xef\xbb\xbfpath,")
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 1 + len(library.listing().ids)


def test_a_place_that_takes_nothing_is_explained(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="could not write"):
        library.exports.write_said(1, tmp_path / "file" / "talk.srt")


def test_what_cannot_be_written_is_said(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no transcript"):
        library.exports.said(2)
    with pytest.raises(KinoraError, match="no form"):
        library.exports.write_said(1, tmp_path / "talk.doc")
    with pytest.raises(NotFound, match="no clips"):
        library.exports.list("edl")
    library.clips.add(1, Moment(1), "only a mark")
    with pytest.raises(NotFound, match="only marks"):
        library.exports.list("fcpxml")
    assert b"only a mark" in library.exports.list("csv")


def test_a_list_of_clips_is_written_in_its_order(library: Library, tmp_path: Path) -> None:
    first = library.clips.add(1, Moment(1, 2), "one")
    second = library.clips.add(1, Moment(3, 4), "two")
    library.clips.order([second, first])
    text = library.exports.write_list(tmp_path / "list.edl").read_text(encoding="utf-8")
    assert text.index("CLIP: two") < text.index("CLIP: one")
    assert "TITLE: list" in text
    assert b"two" not in library.exports.list("csv", [first])


def test_an_export_is_in_the_log_without_its_name(library: Library, tmp_path: Path) -> None:
    from engine.access import Access

    library.exports.write_said(1, tmp_path / "Anna's talk.srt")
    library.database.write(lambda connection: None)
    (row,) = Access(library.database).audit()
    assert (row.who, row.action) == ("local", "export")
    assert row.object.startswith(".srt, ")
    assert "Anna" not in row.object
