"""The packs view: what is there, installing with and without terms, failures in place, a narrow window."""

import asyncio
import threading
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from desktop.tasks import Task, byte_words
from desktop.views.packs import OFFLINE, PacksView
from desktop.views.shelf.consent import ConsentDialog
from desktop.views.shelf.line import PackLine, facts
from engine.errors import KinoraError
from engine.model import Step
from tests.desktop.conftest import Desk, until
from tests.desktop.senses import pack


def packs_view(desk: Desk) -> PacksView:
    view = desk.window.view("packs")
    assert isinstance(view, PacksView)
    return view


def line_of(view: PacksView, pack_id: str) -> PackLine:
    return next(line for group in view.groups for line in group.lines if line.pack.id == pack_id)


def press(line: PackLine, text: str) -> None:
    found = next(one for one in line.findChildren(QPushButton) if one.text() == text)
    assert found.isEnabled()
    found.click()


def said(widget: PackLine | PacksView) -> str:
    return "\n".join(part.text() for part in widget.findChildren(QLabel) if not part.isHidden())


def test_lists_tasks_with_their_packs(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        assert [group.task.title for group in view.groups] == ["Finding faces", "Speech to text", "Search by meaning"]
        assert "1 pack installed, 13.0 MB. 1 of 3 abilities" in said(view)
        text = said(line_of(view, "big-faces"))
        assert "Commercial use: no" in text
        assert "Only for research that earns no money." in text  # the licence in plain words
        assert "180 MB" in text
        assert "In use" in said(line_of(view, "small-faces"))
        assert "42 pictures a second on this machine" in said(line_of(view, "small-faces"))
        assert "12 videos have no transcript" in said(view)
        view.box.setText("whisper")
        assert [group.isHidden() for group in view.groups] == [True, False, True]
        view.box.setText("nothing like this")
        assert "No pack is like that." in said(view)

    desk.run(story, view="packs")


def test_shows_only_what_is_installed_wanted_or_free(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)

        def shown() -> list[str]:
            return [line.pack.id for group in view.groups for line in group.lines if not line.isHidden()]

        def choose(key: str) -> None:
            view.which.setFocus()
            while view.which.currentData() != key:
                QTest.keyClick(view.which, Qt.Key.Key_Down)

        choose("installed")
        assert shown() == ["small-faces"]
        choose("available")
        assert shown() == ["big-faces", "whisper-base"]
        choose("wanted")
        assert shown() == ["whisper-base"]
        choose("free")
        assert shown() == ["small-faces", "whisper-base"]
        assert [group.isHidden() for group in view.groups] == [False, False, True]

    desk.run(story, view="packs")


def test_installs_with_progress_and_goes_on_with_what_waited(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        desk.library.packs.gate = gate = threading.Event()
        press(line_of(view, "whisper-base"), "Install")
        await until(lambda: not line_of(view, "whisper-base").moving.isHidden())
        await until(lambda: "MB of 145 MB" in line_of(view, "whisper-base").how_far.text())
        gate.set()
        await until(lambda: line_of(view, "whisper-base").pack.state == "installed")
        await until(lambda: "Whisper Base is installed." in desk.window.toasts.texts())
        assert line_of(view, "whisper-base").moving.isHidden()
        assert "12 videos" not in said(view)

    desk.run(story, view="packs")


def test_an_installation_can_be_cancelled(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        desk.library.packs.gate = gate = threading.Event()
        press(line_of(view, "whisper-base"), "Install")
        await until(lambda: desk.ops.tasks.all())
        line_of(view, "whisper-base").stop.click()
        gate.set()
        await until(lambda: not desk.ops.tasks.all())
        assert desk.library.packs.rows["whisper-base"].state == "available"
        assert "Whisper Base is installed." not in desk.window.toasts.texts()

    desk.run(story, view="packs")


def test_terms_are_asked_for_and_never_agreed_beforehand(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        press(line_of(view, "big-faces"), "Install")
        dialog = view.findChild(ConsentDialog)
        assert dialog is not None
        assert any("earns no money" in part.text() for part in dialog.findChildren(QLabel))
        assert not dialog.tick.isChecked()
        assert not dialog.go.isEnabled()
        dialog.go.click()
        assert not desk.library.calls or ("install", "big-faces", True) not in desk.library.calls
        dialog.tick.setChecked(True)
        dialog.go.click()
        await until(lambda: ("install", "big-faces", True) in desk.library.calls)
        await until(lambda: line_of(view, "big-faces").pack.state == "installed")

    desk.run(story, view="packs")


def test_a_failure_stays_with_its_pack(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        desk.library.packs.error = KinoraError("The file is not what it should be.", hint="Try again later.")
        press(line_of(view, "whisper-base"), "Install")
        await until(lambda: "not what it should be. Try again later." in said(line_of(view, "whisper-base")))
        await until(lambda: "The file is not what it should be." in desk.window.toasts.texts())
        desk.library.packs.error = None
        press(line_of(view, "whisper-base"), "Install")
        await until(lambda: line_of(view, "whisper-base").pack.state == "installed")
        assert "should be" not in said(line_of(view, "whisper-base"))

    desk.run(story, view="packs")


def test_checks_removes_and_chooses(desk: Desk) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        press(line_of(view, "small-faces"), "Check")
        await until(lambda: "Small Faces is as it should be." in desk.window.toasts.texts())
        await until(lambda: not desk.ops.tasks.all())
        choice = view.groups[0].choice
        choice.setCurrentIndex(1)
        choice.activated.emit(1)
        await until(lambda: ("choose", "face-detection", "small-faces") in desk.library.calls)
        press(line_of(view, "small-faces"), "Remove…")
        box = view.findChild(QMessageBox)
        assert box is not None
        next(one for one in box.buttons() if one.text() == "Remove").click()
        await until(lambda: line_of(view, "small-faces").pack.state == "available")

    desk.run(story, view="packs")


def test_damage_and_offline_are_said(desk: Desk) -> None:
    desk.library.given["net.offline"] = True
    rows = desk.library.packs.rows
    rows["small-faces"] = pack("small-faces", "face-detection", state="damaged", problem="A file of it is damaged.",
                               hint="Install it again.")  # fmt: skip

    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        text = said(line_of(view, "small-faces"))
        assert "A file of it is damaged." in text
        assert "Install it again." in text
        assert OFFLINE in said(view)
        assert not any(one.isEnabled() for one in view.findChildren(QPushButton) if one.text().startswith("Install"))

    desk.run(story, view="packs")


def test_a_dropped_pack_is_imported_and_asks_for_its_terms(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / "pack.json").write_text("{}")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(folder)), QUrl.fromLocalFile(str(tmp_path / "photo.jpg"))])
        place, action = QPointF(100, 100), Qt.DropAction.CopyAction
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(place.toPoint(), action, data, left, none)
        view.dragEnterEvent(enter)
        assert enter.isAccepted()
        view.dropEvent(QDropEvent(place, action, data, left, none))
        await until(lambda: ("import", folder, False) in desk.library.calls)
        await until(lambda: "mine" in desk.library.packs.rows)
        view.deeds.take_in(tmp_path / "strict.zip")
        await until(lambda: view.findChild(ConsentDialog))
        dialog = view.findChild(ConsentDialog)
        assert dialog is not None
        read = " ".join(part.text() for part in dialog.findChildren(QLabel))
        assert "only for research" in read
        assert "--accept-licence" not in read, "words for the command line"
        dialog.tick.setChecked(True)
        dialog.go.click()
        await until(lambda: "strict" in desk.library.packs.rows)

    desk.run(story, view="packs")


def test_fits_a_small_window_in_the_dark(desk: Desk) -> None:
    desk.look.choose("dark")
    desk.library.packs.rows["long"] = pack("long", "speech", title="A pack with an endless name " * 6)

    async def story() -> None:
        view = packs_view(desk)
        await until(lambda: view.groups)
        await asyncio.sleep(0.05)
        assert not view.grab().isNull()
        for group in view.groups:
            assert group.width() <= view.width()
            for line in group.lines:
                for one in line.findChildren(QPushButton):
                    right = one.mapTo(view, one.rect().topRight()).x()
                    assert right <= view.width(), "a button is out of sight"

    desk.run(story, view="packs", size=(800, 560))


def test_bytes_and_facts_in_words() -> None:
    task = Task(1, "Installing", None, Step(12_000_000, 40_000_000), "bytes")
    assert byte_words(task) == "12.0 MB of 40.0 MB"
    task.step = Step(1, 3, "Trying it")
    assert byte_words(task) == "Trying it"
    spoken = pack("a", "speech", languages=("en", "de"), speed=3.25, unit="seconds of sound")
    assert facts(spoken) == "13.0 MB · en, de · 3.3 seconds of sound in a second on this machine · example.org"
