"""A recording is written down, a line is corrected in the window, the new word is found, the subtitles are written."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.about import SAID
from desktop.views.viewer import ViewerView
from desktop.workers.bridge import Bridge
from engine.library import Library
from engine.media.documents.subtitles import cues
from tests.desktop.conftest import until

pytestmark = [
    pytest.mark.end2end,
    pytest.mark.qt_log_ignore(
        "qt.multimedia", "PulseAudio", "QRhi", "Could not open", "Failed to", "No HW", extend=True
    ),
]  # fmt: skip
READING = 120


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[qasync.QEventLoop]:
    qapp.setQuitOnLastWindowClosed(False)
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


def total(library: Library, query: str) -> int:
    return library.search(query).total


def test_from_sound_to_corrected_subtitles(
    tmp_path: Path, media: Path, with_packs: Any, loop: qasync.QEventLoop, qapp: QApplication
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(media / "audio" / "en_jfk.flac", folder)

    async def story() -> None:
        library = await asyncio.to_thread(Library.open, tmp_path / "library")
        ops, look = Operations(library), Look(qapp, "light")
        bridge = Bridge(library.subscribe)
        view = ViewerView(ops, bridge, look)
        try:
            await asyncio.to_thread(lambda: list(library.add([folder], watch=False)))
            assert await asyncio.to_thread(library.wait_idle, READING)
            bridge.changed.connect(view.changed)
            view.resize(1100, 700)
            view.show()
            view.open([1], 0)
            said = view.about.said
            await until(lambda: bool(said.transcript.said) and view.stage is not None, 30)
            old = said.transcript.said[0].text
            assert "country" in old.casefold()
            assert total(library, '"country"') == 1
            new = old.replace("country", "village").replace("Country", "village")
            view.about.tabs.setCurrentIndex(SAID)

            await until(lambda: said.transcript.rect_of(0).height() > 0, 10)
            rect = said.transcript.rect_of(0)
            viewport = said.transcript.viewport()
            QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=rect.center())
            await until(said.editor.isVisible, 10)
            words = said.editor.words
            assert words.toPlainText() == old
            words.selectAll()
            QTest.keyClicks(words, new)
            QTest.keyClick(words, Qt.Key.Key_Return)
            await until(lambda: said.transcript.said[0].text == new and not said.editor.isVisible(), 10)
            assert said.transcript.said[0].corrected
            assert await asyncio.to_thread(total, library, '"village"') == 1
            assert await asyncio.to_thread(total, library, '"country"') == (1 if "country" in new.casefold() else 0)
            said.search.setFocus()
            QTest.keyClicks(said.search, "village")
            await until(lambda: said.count.text() == str(new.count("village")), 5)

            target = tmp_path / "out" / "speech.srt"
            said.write(target)
            await until(target.exists, 10)
            blocks, broken = cues(target.read_text(encoding="utf-8"))
            assert not broken
            assert " ".join(" ".join(block.text.split()) for block in blocks).startswith(" ".join(new.split())[:40])
            assert "village" in " ".join(block.text for block in blocks)

            library.undo()
            await until(lambda: said.transcript.said[0].text == old, 10)
            assert await asyncio.to_thread(total, library, '"village"') == 0
        finally:
            view.hidden()
            view.close_view()
            view.deleteLater()
            bridge.close()
            await ops.close()
            await asyncio.to_thread(library.close)

    loop.run_until_complete(story())
