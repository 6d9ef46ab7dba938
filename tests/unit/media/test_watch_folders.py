"""The watch names folders that changed, and stops."""

import threading
from pathlib import Path

from engine.media.watch import Watcher


def test_changes_are_told(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    told: list[frozenset[bytes]] = []
    came = threading.Event()

    def heard(folders: frozenset[bytes]) -> None:
        told.append(folders)
        came.set()

    watcher = Watcher([str(tmp_path).encode(), b"/no/such/folder"], heard)
    watcher.start()
    try:
        assert watcher.running
        for number in range(200):
            (tmp_path / "inner" / "a.jpg").write_bytes(b"x" * number)
            if came.wait(0.1):
                break
        assert came.is_set()
        assert str(tmp_path / "inner").encode() in told[0]
    finally:
        watcher.stop()
    assert not watcher.running


def test_nothing_to_watch(tmp_path: Path) -> None:
    watcher = Watcher([str(tmp_path / "gone").encode()], lambda folders: None)
    watcher.start()
    assert not watcher.running
    watcher.stop()
