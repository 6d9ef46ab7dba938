"""The first start: three steps with real keys and clicks, skipped, remembered, opened again."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from desktop.views.start.folders import estimate_words, suggestions
from desktop.views.welcome import FOLDERS, LIVE, SENSES, WelcomeView
from engine.model import Kind
from engine.model.start import Estimate
from tests.desktop.conftest import Desk, until


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with pictures and videos, without music."""
    place = tmp_path / "home"
    for name in ("Pictures", "Videos", "Documents"):
        (place / name).mkdir(parents=True)
    names = {
        QStandardPaths.StandardLocation.PicturesLocation: "Pictures",
        QStandardPaths.StandardLocation.MoviesLocation: "Videos",
        QStandardPaths.StandardLocation.MusicLocation: "Music",
        QStandardPaths.StandardLocation.DocumentsLocation: "Documents",
    }
    monkeypatch.setattr(QStandardPaths, "writableLocation", staticmethod(lambda where: str(place / names[where])))
    return place


@pytest.fixture
def new(desk: Desk) -> Desk:
    """A library without folders."""
    desk.library.count = 0
    desk.library.known_roots = []
    return desk


async def opened(desk: Desk) -> WelcomeView:
    await until(lambda: desk.window.current is not None)
    view = desk.window.current
    assert isinstance(view, WelcomeView)
    return view


def said(view: WelcomeView) -> str:
    return "\n".join(part.text() for part in view.steps[view.step].findChildren(QLabel) if not part.isHidden())


def test_three_steps_lead_to_a_library_that_is_searched(new: Desk, home: Path, picture: Path) -> None:
    new.library.pictures = {1: picture, 2: picture}

    async def story() -> None:
        view = await opened(new)
        assert view.step == FOLDERS
        await until(lambda: "1,204 photos, 1 video" in said(view))
        await until(lambda: "over 1,204 photos" in said(view))
        assert not [call for call in new.library.calls if call[0] == "add"], "nothing is read before it is said"
        boxes = {path.name: line.box for path, line in view.folders.lines.items()}
        assert {name: box.isChecked() for name, box in boxes.items()} == {
            "Pictures": True, "Videos": True, "Documents": False,
        }  # fmt: skip
        QTest.mouseClick(boxes["Videos"], Qt.MouseButton.LeftButton, pos=QPoint(8, 12))
        QTest.mouseClick(view.folders.start, Qt.MouseButton.LeftButton)
        await until(lambda: ("add", [home / "Pictures"]) in new.library.calls)
        assert view.step == SENSES
        await until(lambda: view.senses.lines)
        assert [line.pack.id for line in view.senses.lines] == ["small-faces", "whisper-base"]
        assert not [call for call in new.library.calls if call[0] == "install"], "nothing is fetched before a click"
        assert "Free to use, also for money." in said(view)
        QTest.mouseClick(view.senses.lines[1].box, Qt.MouseButton.LeftButton, pos=QPoint(8, 12))
        assert "1 pack, 145 MB to download." in said(view)
        QTest.mouseClick(view.senses.go, Qt.MouseButton.LeftButton)
        assert view.step == LIVE
        await until(lambda: ("install", "whisper-base", False) in new.library.calls)
        await until(lambda: len(view.live.pictures) == 2)
        await until(lambda: view.live.examples)
        assert view.live.examples[0].text() == "Place: Rome · 12 files"
        assert "5 files can be searched now." in said(view)
        QTest.mouseClick(view.live.examples[1], Qt.MouseButton.LeftButton)
        await until(lambda: new.view.bar.box.text() == "harbour")
        assert new.window.current is new.view

    new.run(story, view="")


def test_the_keyboard_alone_is_enough(new: Desk, home: Path) -> None:
    async def story() -> None:
        view = await opened(new)
        new.window.activateWindow()
        box = view.folders.lines[home / "Documents"].box
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert box.isChecked()
        QTest.keyClick(box, Qt.Key.Key_Return)
        await until(lambda: view.step == SENSES and view.senses.lines)
        QTest.keyClick(view.senses.lines[0].box, Qt.Key.Key_Return)
        assert view.step == LIVE
        QTest.keyClick(view, Qt.Key.Key_Return)
        await until(lambda: new.window.current is new.view)

    new.run(story, view="")


def test_nothing_chosen_cannot_start_and_can_be_skipped(new: Desk, home: Path) -> None:
    async def story() -> None:
        view = await opened(new)
        for line in view.folders.lines.values():
            line.box.setChecked(False)
        assert not view.folders.start.isEnabled()
        QTest.mouseClick(view.folders.more, Qt.MouseButton.LeftButton)
        dialog = view.folders.findChild(QFileDialog)
        assert dialog is not None
        dialog.reject()
        view.folders.take([home])
        assert view.folders.start.isEnabled()
        QTest.keyClick(view, Qt.Key.Key_Escape)
        await until(lambda: new.window.current is new.view)
        assert not [call for call in new.library.calls if call[0] == "add"]

    new.run(story, view="")


def test_what_is_dropped_is_read_and_leads_on(new: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        view = await opened(new)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / "home"))])
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(new.window, QDragEnterEvent(QPoint(400, 300), copy, data, left, none))
        QApplication.sendEvent(new.window, QDropEvent(QPointF(400, 300), copy, data, left, none))
        await until(lambda: ("add", [tmp_path / "home"]) in new.library.calls)
        assert view.step == SENSES

    new.run(story, view="")


def test_offline_it_fetches_nothing_but_imports(new: Desk) -> None:
    new.library.given["net.offline"] = True

    async def story() -> None:
        view = await opened(new)
        QTest.mouseClick(view.folders.start, Qt.MouseButton.LeftButton)
        await until(lambda: view.senses.lines)
        assert not view.senses.offline.isHidden()
        assert view.senses.chosen() == []
        assert not any(line.box.isEnabled() for line in view.senses.lines)
        assert view.senses.go.text() == "Go on"
        view.senses.deeds.take_in(Path("/packs/mine"))
        await until(lambda: ("import", Path("/packs/mine"), False) in new.library.calls)
        await until(lambda: "The pack is installed." in new.window.toasts.texts())

    new.run(story, view="")


def test_it_goes_on_where_it_was_left_and_is_opened_again_from_the_help(new: Desk) -> None:
    async def first() -> None:
        view = await opened(new)
        QTest.mouseClick(view.folders.start, Qt.MouseButton.LeftButton)
        await until(lambda: new.library.known_roots)
        assert view.step == SENSES

    async def second() -> None:
        view = await opened(new)
        assert view.step == SENSES, "the step is remembered"
        new.window.show_view("jobs")

    async def third() -> None:
        await until(lambda: new.window.current is not None)
        assert new.window.current is not None
        assert new.window.current.id == "jobs", "who went elsewhere is not asked again"
        assert new.window.menus is not None
        new.window.menus.by_id["help.start"].trigger()
        view = await opened(new)
        assert view.step == FOLDERS

    new.run(first, view="")
    new.run(second, view="")
    new.run(third, view="")


def test_pictures_that_are_to_be_blurred_do_not_show(new: Desk, tmp_path: Path) -> None:
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    path = tmp_path / "one.png"
    image.save(str(path))
    new.library.pictures = {1: path, 2: path}
    new.library.changes[2] = {"safety": "explicit"}

    async def story() -> None:
        view = await opened(new)
        QTest.mouseClick(view.folders.start, Qt.MouseButton.LeftButton)
        view.go(LIVE)
        await until(lambda: view.live.pictures)
        await until(lambda: view.live.examples)
        assert list(view.live.pictures) == [1]

    new.run(story, view="")


def test_fits_a_small_dark_window(new: Desk, home: Path) -> None:
    new.look.choose("dark")
    long = home / ("a very long name of a folder " * 5)
    long.mkdir()

    async def story() -> None:
        view = await opened(new)
        view.folders.take([long])
        for step in (FOLDERS, SENSES, LIVE):
            view.go(step)
            assert not view.grab().isNull()
            primary = view.steps[step].primary
            assert primary is not None
            assert primary.mapTo(view, primary.rect().bottomRight()).x() <= view.width()
            assert primary.mapTo(view, primary.rect().bottomRight()).y() <= view.height()

    new.run(story, view="", size=(800, 560))


def test_estimates_in_words() -> None:
    assert estimate_words(Estimate({Kind.PHOTO: 2, Kind.AUDIO: 1})) == "2 photos, 1 recording"
    assert estimate_words(Estimate({Kind.VIDEO: 3}, more=True)) == "over 3 videos"
    assert estimate_words(Estimate()) == "nothing to read"


def test_only_folders_that_are_there_are_suggested(home: Path) -> None:
    assert [path.name for path, *_ in suggestions()] == ["Pictures", "Videos", "Documents"]
