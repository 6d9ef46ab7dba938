"""Pictures that are pasted to search with: kept for a while among what is disposable, and nothing else is."""

from pathlib import Path

import pytest

from engine.errors import SettingInvalid
from engine.search.pasted import MOST, Pasted

JPEG = b"\xff\xd8\xff\xe0"


def test_a_picture_is_kept_once_and_the_oldest_go(tmp_path: Path) -> None:
    pasted = Pasted(tmp_path / "previews" / "examples")
    one = pasted.put(JPEG + b"one")
    assert one.read_bytes() == JPEG + b"one"
    assert one.suffix == ".jpg"
    assert pasted.put(JPEG + b"one") == one
    for number in range(MOST + 5):
        pasted.put(JPEG + str(number).encode())
    assert len(list(one.parent.iterdir())) == MOST
    assert pasted.put(b"\x89PNG\r\n\x1a\n").suffix == ".png"


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"#!/bin/sh", b"GIF89a"):
        with pytest.raises(SettingInvalid):
            Pasted(tmp_path).put(data)
    assert list(tmp_path.iterdir()) == []
