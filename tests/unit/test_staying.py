"""Which analyzers may leave: none that is marked, none that asks a server from here."""

from pathlib import Path

import pytest

from engine.library import Library
from engine.model import StayScope
from engine.packs import chat, shelf


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
