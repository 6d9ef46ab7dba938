"""A content is known by the BLAKE3 of its bytes."""

import os
from pathlib import Path

import pytest

from engine.errors import FileChanged, FileMissing, FileUnreadable
from engine.media.hashing import content_hash


def test_known_hashes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    assert content_hash(str(path).encode()) == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    path.write_bytes(b"x" * 3_000_001)
    first = content_hash(str(path).encode())
    (tmp_path / "b").write_bytes(b"x" * 3_000_001)
    assert content_hash(str(tmp_path / "b").encode()) == first


def test_a_file_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    fstat, calls = os.fstat, []

    def growing(number: int) -> os.stat_result:
        calls.append(number)
        if len(calls) == 3:  # opening looks once, hashing before and after
            path.write_bytes(b"x" * 200)
        return fstat(number)

    monkeypatch.setattr("os.fstat", growing)
    with pytest.raises(FileChanged):
        content_hash(str(path).encode())


def test_what_cannot_be_hashed(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        content_hash(str(tmp_path / "gone").encode())
    with pytest.raises(FileUnreadable):
        content_hash(str(tmp_path).encode())
