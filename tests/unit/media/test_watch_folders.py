"""The watch names folders that changed, and stops."""

import threading
from pathlib import Path

from engine.media.watch import Watcher, touched


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


def test_folders_that_came_or_went_are_named_themselves(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"x")
    top = str(tmp_path)
    assert touched([("added", f"{top}/new")]) == {top.encode(), f"{top}/new".encode()}
    assert touched([("deleted", f"{top}/old")]) == {top.encode(), f"{top}/old".encode()}
    assert touched([("added", f"{top}/a.jpg"), ("modified", f"{top}/new")]) == {top.encode()}


def test_a_watch_says_when_it_stands(tmp_path: Path) -> None:
    watcher = Watcher([str(tmp_path).encode()], lambda folders: None)
    watcher.start()
    try:
        assert watcher.stands(20)
    finally:
        watcher.stop()
