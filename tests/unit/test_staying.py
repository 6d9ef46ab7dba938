"""Which analyzers may leave: none that is marked, none that asks a server from here."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.jobs import wire
from engine.library import Library
from engine.model import Kind, StayScope
from engine.packs import chat, shelf
from engine.store import decisions, stays


def test_captions_stay_where_a_server_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "chosen", lambda settings: {chat.TASK: "words@1"})
    with Library.open(tmp_path / "library") as library:
        staying = library.hosts._staying
        assert {"caption", "objects"} <= staying.leaving({}).keys()
        assert "faces" not in staying.leaving({})
        assert "caption" not in staying.leaving({"model.url": "http://127.0.0.1:8080/v1"})  # noticed at once
        assert "caption" in staying.leaving({})
        library.hosts.stay(StayScope.ANALYZER, "objects")
        assert "objects" not in staying.leaving({})


def test_captions_stay_where_a_pack_names_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.analyzers import caption

    monkeypatch.setattr(shelf, "chosen", lambda settings: {chat.TASK: "words@1"})
    monkeypatch.setattr(caption, "described", lambda ref: {"adapter": "llm-http"})
    with Library.open(tmp_path / "library") as library:
        assert "caption" not in library.hosts._staying.leaving({})


def of(library: Library, *analyzers: str) -> wire.Start:
    (content,) = {cell.content for cell in library.cells(library.listing("").ids.tolist())}
    tasks = tuple(wire.Task(number, 1, name) for number, name in enumerate(analyzers))
    return wire.Start(1, b"/anywhere", Kind.PHOTO, "image/png", content, 1, 1, tasks)


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Library]:
    """A library that reads `pictures` through a link of that name, with one picture in `pictures/sea`."""
    from PIL import Image

    (tmp_path / "disk" / "sea").mkdir(parents=True)
    (tmp_path / "pictures").symlink_to(tmp_path / "disk")
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "disk" / "sea" / "wave.png")
    with Library.open(tmp_path / "library", work=False) as library:
        for _ in library.add([tmp_path / "pictures"], watch=False):
            pass
        yield library


def test_a_mark_is_looked_at_once_more_when_a_bundle_is_about_to_leave(linked: Library) -> None:
    start, staying = of(linked, "ocr", "objects"), linked.hosts._staying
    assert not staying.now(start)
    linked.hosts.stay(StayScope.ANALYZER, "objects")
    assert staying.now(start)
    linked.undo()
    assert not staying.now(start)
    album = linked.albums.make("Ours", linked.listing("").ids.tolist())
    linked.hosts.stay(StayScope.ALBUM, str(album))
    assert staying.now(start)


@pytest.mark.parametrize(
    "spelled", ["pictures/sea", "disk/sea", "disk", "pictures", "disk/sea/../sea/", "disk/sea/.", "."]
)
def test_a_folder_is_marked_however_it_is_spelled(linked: Library, tmp_path: Path, spelled: str) -> None:
    target = f"{tmp_path}/{spelled}"
    linked.hosts.stay(StayScope.FOLDER, target)
    assert linked.hosts._staying.now(of(linked, "ocr"))
    linked.hosts.stay(StayScope.FOLDER, target, on=False)
    assert not linked.hosts._staying.now(of(linked, "ocr"))
    assert not [one for one in linked.hosts.stays() if one.scope is StayScope.FOLDER]


def test_a_mark_on_another_folder_keeps_nothing(linked: Library, tmp_path: Path) -> None:
    (tmp_path / "disk" / "seaside").mkdir()
    for spelled in ("disk/seaside", "pictures/se", "elsewhere"):
        linked.hosts.stay(StayScope.FOLDER, f"{tmp_path}/{spelled}")
    assert not linked.hosts._staying.now(of(linked, "ocr"))


def test_a_folder_under_two_spellings_is_marked_and_let_go_as_one_decision(linked: Library) -> None:
    def marked() -> set[str]:
        return {one.target for one in linked.hosts.stays() if one.scope is StayScope.FOLDER}

    act = partial(stays.marking, scope=StayScope.FOLDER, targets=[b"/a/sea", b"/b/sea"], title="sea", on=True)
    linked.database.write(lambda connection: decisions.carry_out(connection, act(connection)))
    assert marked() == {"/a/sea", "/b/sea"}
    linked.undo()
    assert marked() == set()
    linked.redo()
    assert marked() == {"/a/sea", "/b/sea"}
