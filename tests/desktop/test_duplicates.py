"""The duplicates view: what is kept, what is asked, and that nothing else is ever moved."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.views.duplicates import DuplicatesView, told
from desktop.views.parts.contrast import contrasts, likeness
from desktop.views.parts.trash import Outcome, move
from engine.model import AssetRow, Facts, FileRow, Kind, Twin, TwinGroup
from tests.desktop.conftest import Desk, until
from tests.desktop.standin import cell


def file(number: int, path: Path, state: str = "present") -> FileRow:
    found = path.stat() if path.exists() else None
    size, time = (found.st_size, found.st_mtime_ns) if found else (0, 0)
    return FileRow(number, str(path), os.fsencode(path), state, size, time)


def twin(number: int, files: Sequence[FileRow], *, keep: bool = False, distance: int = 0, **more: Any) -> Twin:
    facts = Facts(taken="2024-03-02T10:00:00" if keep else None)
    row = AssetRow(
        cell(number, kind=Kind.PHOTO, **more), facts, "JPEG", 100 + number, "2026-01-02", tuple(files), (), ()
    )
    return Twin(row, distance, keep, "The largest" if keep else "Smaller")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "copies"
    place.mkdir()
    for name in ("a", "b", "c", "d"):
        (place / f"{name}.jpg").write_bytes(name.encode() * 10)
    return place


class Scene:
    """Groups given by the test, and a trash that is a folder."""

    def __init__(self, desk: Desk, groups: Sequence[TwinGroup], bin_: Path) -> None:
        self.desk = desk
        self.groups = list(groups)
        self.bin = bin_
        bin_.mkdir(exist_ok=True)
        library: Any = desk.library
        library.duplicates = lambda exact=None: [one for one in self.groups if exact in (None, one.exact)]

    def trash(self, path: Path) -> bool:
        path.rename(self.bin / path.name)
        return True

    async def view(self) -> DuplicatesView:
        view = self.desk.window.view("duplicates")
        assert isinstance(view, DuplicatesView)
        view.trash = self.trash
        await until(lambda: len(view.groups.groups) == len(self.groups))
        self.desk.window.activateWindow()
        await until(self.desk.window.isActiveWindow)
        return view


def near(folder: Path) -> TwinGroup:
    members = (
        twin(1, [file(11, folder / "a.jpg")], keep=True, width=4000, height=3000),
        twin(2, [file(12, folder / "b.jpg"), file(13, folder / "c.jpg")], distance=3),
        twin(3, [file(14, folder / "d.jpg")], distance=5),
    )
    return TwinGroup("near-1", False, members)


def test_the_others_go_to_the_trash_only_after_a_question_that_names_them(desk: Desk, folder: Path) -> None:
    scene = Scene(desk, [near(folder)], folder.parent / "bin")

    async def story() -> None:
        view = await scene.view()
        await until(lambda: view.discard.isEnabled())
        view.discard.click()
        assert view.question.isVisible()
        assert view.names.toPlainText().splitlines() == [str(folder / f"{name}.jpg") for name in "bcd"]
        assert not list(scene.bin.iterdir())  # only asked so far
        view._no.click()
        assert not view.question.isVisible()
        view.move_asked()  # the question was answered with no: nothing is left to move
        assert len(list(folder.iterdir())) == 4
        view.discard.click()
        scene.groups = []
        view.move_asked()
        await until(lambda: ("trashed", 14) in desk.library.calls)
        assert sorted(path.name for path in scene.bin.iterdir()) == ["b.jpg", "c.jpg", "d.jpg"]
        assert [path.name for path in folder.iterdir()] == ["a.jpg"]
        assert [call[1] for call in desk.library.calls if call[0] == "trashed"] == [12, 13, 14]
        await until(lambda: view.pile.currentIndex() == 1)
        assert view.blank.title.text() == "There are no duplicates."

    desk.run(story, view="duplicates")


def test_numbers_choose_what_is_kept_and_arrows_go_on(desk: Desk, folder: Path) -> None:
    same = TwinGroup(
        "exact-9",
        True,
        tuple(twin(9, [file(n, folder / f"{name}.jpg")], keep=n == 20) for n, name in ((20, "a"), (21, "b"))),
    )
    scene = Scene(desk, [near(folder), same], folder.parent / "bin")

    async def story() -> None:
        view = await scene.view()
        await until(lambda: view.compare.group is not None)
        assert view.compare.keeping == {0}
        QTest.keyClick(view.list, Qt.Key.Key_2)
        assert view.compare.keeping == {1}
        kept, others = view.parted()
        assert [member.asset.cell.id for member in kept] == [2]
        assert len(others) == 2
        view.compare.wish(0, True)
        view.compare.wish(1, False)
        view.compare.wish(0, False)  # one is always kept
        assert view.compare.keeping == {0}
        for index in range(3):
            view.compare.wish(index, True)
        assert not view.discard.isEnabled()
        QTest.keyClick(view.list, Qt.Key.Key_Right)
        await until(lambda: view.compare.group == same)
        assert not view.deny.isVisible()  # equal bytes cannot be denied
        assert view.selected() == [9]
        QTest.keyClick(view.list, Qt.Key.Key_Left)
        await until(lambda: view.compare.group is not None and view.compare.group.key == "near-1")
        assert view.deny.isVisible()
        view.deny.click()
        await until(lambda: ("not_twins", (1, 2, 3)) in desk.library.calls)

    desk.run(story, view="duplicates")


def test_what_looks_alike_is_stacked_with_what_is_kept_on_top(desk: Desk, folder: Path) -> None:
    equal = TwinGroup("exact-9", True, tuple(twin(9, [file(n, folder / "a.jpg")], keep=n == 20) for n in (20, 21)))
    scene = Scene(desk, [near(folder), equal], folder.parent / "bin")

    async def story() -> None:
        desk.window.show_view("duplicates")
        view = await scene.view()
        assert (view.gather.text(), view.gather.isVisible()) == ("Stack them", True)
        view.keep_only(2)
        QTest.mouseClick(view.gather, Qt.MouseButton.LeftButton)
        await until(lambda: ("stack", (2, 1, 3)) in desk.library.calls)
        await until(lambda: "3 items stacked" in desk.window.toasts.texts())
        QTest.mouseClick(view.gather_all, Qt.MouseButton.LeftButton)
        await until(lambda: ("stack_twins",) in desk.library.calls)
        await until(lambda: "3 stacks made" in desk.window.toasts.texts())
        members = tuple(twin(n, [file(n, folder / "a.jpg")], keep=n == 1, stack=4, stacked=2) for n in (1, 2))
        scene.groups = [TwinGroup("near-2", False, members), equal]
        view.refresh()
        await until(lambda: view.gather.text() == "Take the stack apart")
        assert not view.gather_all.isVisible()
        view.list.setFocus()
        QTest.keyClick(view.list, Qt.Key.Key_S)
        await until(lambda: ("unstack", (1, 2)) in desk.library.calls)
        view.step(1)
        await until(lambda: not view.gather.isVisible())  # equal files are one item already

    desk.run(story, view="duplicates")


def test_filters_ask_for_one_kind(desk: Desk, folder: Path) -> None:
    scene = Scene(desk, [near(folder)], folder.parent / "bin")

    async def story() -> None:
        view = await scene.view()
        view.filters.button(1).click()
        await until(lambda: view.pile.currentIndex() == 1)
        assert view.blank.title.text() == "No two files are equal."
        view.filters.button(2).click()
        await until(lambda: view.pile.currentIndex() == 0)
        assert view.save_state() == {"filter": 2}

    desk.run(story, view="duplicates", size=(800, 560))


def test_the_group_that_is_looked_at_stays_when_others_come(desk: Desk, folder: Path, picture: Path) -> None:
    first, second = near(folder), TwinGroup("near-2", False, near(folder).members[1:])
    scene = Scene(desk, [first, second], folder.parent / "bin")
    desk.library.pictures = dict.fromkeys((1, 2, 3), picture)

    async def story() -> None:
        view = await scene.view()
        view.step(1)
        view.compare.keep_only(1)
        scene.groups = [TwinGroup("near-0", False, first.members[:2]), second]
        desk.library.tell("findings")
        await until(lambda: view.groups.groups[0].key == "near-0")
        assert view.compare.group == second
        assert view.compare.keeping == {1}  # and the choice made in it
        await until(lambda: view.compare.members[0].canvas.side == 400)
        view.compare.members[0].canvas.zoom(3)
        await until(lambda: view.compare.members[1].canvas.area().width() > 500)

    desk.run(story, view="duplicates")


def test_many_members_are_leafed_through(desk: Desk, folder: Path) -> None:
    members = tuple(twin(n, [file(n, folder / "a.jpg")], keep=n == 1) for n in range(1, 10))
    scene = Scene(desk, [TwinGroup("near-9", False, members)], folder.parent / "bin")

    async def story() -> None:
        view = await scene.view()
        await until(lambda: view.compare.range.text().endswith("of 9"))
        seen = set()
        for _ in range(9):
            seen |= {pane.number.text() for pane in view.compare.members if pane.isVisible()}
            view.compare.leaf(1)
        assert seen == {str(n) for n in range(1, 10)}

    desk.run(story, view="duplicates")


# --- the trash itself


def keep_in_bin(folder: Path) -> Any:
    bin_ = folder.parent / "bin"
    bin_.mkdir()
    return lambda path: path.rename(bin_ / path.name) is not None


def test_nothing_moves_when_the_copy_to_keep_is_gone(folder: Path) -> None:
    kept, other = file(1, folder / "a.jpg"), file(2, folder / "b.jpg")
    (folder / "a.jpg").unlink()
    outcomes = move([other], [kept], keep_in_bin(folder))
    assert "cannot be reached" in outcomes[0].problem
    assert (folder / "b.jpg").exists()


def test_a_file_that_changed_since_it_was_read_stays(folder: Path) -> None:
    kept, other = file(1, folder / "a.jpg"), file(2, folder / "b.jpg")
    (folder / "b.jpg").write_bytes(b"something new")
    outcomes = move([other], [kept], keep_in_bin(folder))
    assert "changed" in outcomes[0].problem
    assert (folder / "b.jpg").exists()


def test_another_way_to_the_kept_file_is_no_copy(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    kept, other = file(1, folder / "a.jpg"), file(2, link / "a.jpg")
    outcomes = move([other], [kept], keep_in_bin(folder))
    assert "the same file" in outcomes[0].problem
    assert (folder / "a.jpg").exists()


def test_a_trash_that_refuses_is_told(folder: Path) -> None:
    kept, other, gone = file(1, folder / "a.jpg"), file(2, folder / "b.jpg"), file(3, folder / "c.jpg")
    (folder / "c.jpg").unlink()
    outcomes = move([other, gone], [kept], lambda path: False)
    assert "no trash" in outcomes[0].problem
    assert "not there any more" in outcomes[1].problem
    assert told(outcomes).startswith("Nothing was moved. The system has no trash")
    assert told([Outcome(other), *outcomes]).startswith("1 file moved to the trash. ")


def test_differences_are_found_and_the_best_is_marked(folder: Path) -> None:
    facts = {
        fact.name: fact
        for fact in contrasts([one.asset for one in near(folder).members], likeness(near(folder).members))
    }
    assert facts["Pixels"].best == {0}
    assert facts["Format"].differs is False
    assert facts["Taken"].values[0] == "2 March 2024, 10:00"
    assert facts["Likeness"].values == ("", "61 of 64", "59 of 64")
    assert "Camera" not in facts
