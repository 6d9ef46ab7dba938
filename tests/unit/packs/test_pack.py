"""Descriptions of packs that are made to hurt: each is refused in a sentence, or harmless."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import PackInvalid
from engine.packs import shelf
from engine.packs.pack import LARGEST, LONGEST, pack_of, read_pack

GOOD: dict[str, Any] = {"id": "one", "version": 1, "title": "One", "models": {"tags": {"adapter": "classifier"}}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": float("inf")}, {"version": 10**12}, {"version": 0}, {"version": None}, {"version": float("nan")},
        {"licence": []}, {"licence": 5}, {"licence": [["name", "MIT"]]}, {"files": 5}, {"files": [5]}, {"files": [[]]},
        {"files": [{"name": "a.onnx", "size": float("inf")}]}, {"files": [{"name": "a.onnx", "size": -1}]},
        {"files": [{"name": "a.onnx", "urls": 5}]}, {"files": ["a.onnx", "A.ONNX"]}, {"files": ["pack.json"]},
        {"files": ["Installed.json"]}, {"files": ["a//b.onnx"]}, {"files": ["./a.onnx"]}, {"files": ["a\0.onnx"]},
        {"files": ["a/../b.onnx"]}, {"files": ["/a.onnx"]}, {"files": ["c:a.onnx"]}, {"files": ["a\\b.onnx"]},
        {"files": ["x" * 300]}, {"files": [""]}, {"models": []}, {"models": 5}, {"models": {"tags": 5}},
        {"models": {"tags": {}}}, {"models": {"unknown": {"adapter": "x"}}}, {"golden": 5}, {"golden": "abc"},
        {"languages": 5}, {"memory": "much"}, {"memory": float("inf")}, {"id": "One"}, {"id": "one."}, {"id": ""},
        {"id": "a/b"}, {"id": "x" * 65}, {"id": None}, {"id": ".one"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid) as told:
        pack_of({**GOOD, **wrong})
    assert len(told.value.text) < 400


def test_texts_for_people_are_of_reasonable_length_and_one_line() -> None:
    pack = pack_of({**GOOD, "title": "x" * 10_000_000, "summary": "a\nb\x1b[31m\u202ec", "languages": ["e" * 9999]})
    assert len(pack.title) == LONGEST
    assert pack.summary == "a b [31m c"
    assert len(pack.languages[0]) == LONGEST


@pytest.mark.parametrize(
    "body", ["[" * 200_000, "{", "\x00", '"a"', "[]", '{"id": ' + "9" * 10_000 + "}", " " * (LARGEST + 1), ""]
)
def test_a_broken_description_costs_that_pack_alone(body: str, tmp_path: Path) -> None:
    for name, text in (("bad", body), ("one", json.dumps(GOOD))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.json").write_text(text, encoding="utf-8")
    with pytest.raises(PackInvalid):
        read_pack(tmp_path / "bad")
    assert list(shelf.installed(tmp_path)) == ["one"]
    assert shelf.unreadable(shelf.installed(tmp_path), tmp_path) == ["bad"]
