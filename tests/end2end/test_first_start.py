"""The first start as a user has it: choose a folder, go on without packs, and search while it is read."""

from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.views.library import LibraryView
from desktop.views.welcome import FOLDERS, LIVE, SENSES, WelcomeView
from desktop.window import Window
from engine.cli.samples import draw
from tests.desktop.conftest import until
from tests.end2end.test_window import READING, loop, run  # noqa: F401  the loop is a fixture

pytestmark = pytest.mark.end2end


def test_from_nothing_to_a_search_in_three_steps(
    qapp: QApplication,
    loop: qasync.QEventLoop,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = draw(tmp_path / "Pictures")
    monkeypatch.setattr(QStandardPaths, "writableLocation", staticmethod(lambda _where: str(pictures)))

    async def story(window: Window) -> None:
        assert window.ops is not None
        library, view = window.ops.library, window.current
        assert isinstance(view, WelcomeView)
        assert view.step == FOLDERS
        line = view.folders.lines[pictures]
        await until(lambda: "photo" in line.holds.text())
        assert library.status()["assets"]["total"] == 0, "counting names is not reading"
        QTest.keyClick(view.folders.start, Qt.Key.Key_Return)
        assert view.step == SENSES
        await until(lambda: view.senses.lines)
        assert all(not row.pack.consent and row.pack.commercial for row in view.senses.lines)
        QTest.mouseClick(view.senses.later, Qt.MouseButton.LeftButton)
        assert view.step == LIVE
        await until(lambda: view.live.pictures, READING)  # the first pictures, while the rest is read
        await until(lambda: view.live.examples, READING)
        example = view.live.examples[0]
        query = example.toolTip()
        assert library.listing(query).ids
        QTest.mouseClick(example, Qt.MouseButton.LeftButton)
        shown = window.view("library")
        assert isinstance(shown, LibraryView)
        await until(lambda: window.current is shown and shown.seeker.text == query and shown.grid.plan.count, 20)
        await until(lambda: library.wait_idle(0), READING)
        assert window.ops.watchdog is not None
        assert window.ops.watchdog.answers().pulses > 0

    run(loop, qapp, tmp_path / "library", story)
