"""What is heard beside words, in real recordings with the real YAMNet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers.sounds import group_of, running, spans, words
from engine.errors import PackInvalid
from engine.model import FindingKind
from engine.packs.models import load
from tests.packs import write_pack

Analyze = Callable[..., list[Any]]


def test_music_is_heard_and_found_by_its_words(with_packs: dict[str, str], media: Path, analyze: Analyze) -> None:
    found = analyze("sounds", media / "audio" / "guitar.ogg", packs=with_packs)
    labels = {one.label: one for one in found}
    music = labels["Music"]
    assert music.kind is FindingKind.SOUND
    assert music.score > 0.9
    assert (music.text, music.data) == ("music", {"group": "music"})
    assert music.moment.end - music.moment.start > 15
    assert "guitar" in labels["Guitar"].text
    assert "Speech" not in labels


def test_speech_is_kept_but_not_put_into_the_text_index(
    with_packs: dict[str, str], media: Path, analyze: Analyze
) -> None:
    (found,) = analyze("sounds", media / "audio" / "en_jfk.flac", packs=with_packs)
    assert (found.label, found.text, found.data["group"]) == ("Speech", "", "speech")
    assert (found.moment.start, found.moment.end) == (0.0, 11.0)


def test_a_film_has_its_sounds_with_their_times(with_packs: dict[str, str], media: Path, analyze: Analyze) -> None:
    found = analyze("sounds", media / "video" / "tears_of_steel_cuts.webm", packs=with_packs)
    assert {"Music", "Vehicle"} <= {one.label for one in found}
    starts = [one.moment.start for one in found]
    assert starts == sorted(starts)
    assert all(0 <= one.moment.start < one.moment.end <= 70.6 for one in found)


@pytest.mark.parametrize("name", ["audio_synth/silence_20s.opus", "video/bug_bw.mp4"])
def test_nothing_is_heard_in_silence(with_packs: dict[str, str], media: Path, analyze: Analyze, name: str) -> None:
    assert analyze("sounds", media / name, packs=with_packs) == []


def test_a_higher_threshold_names_fewer(with_packs: dict[str, str], media: Path, analyze: Analyze) -> None:
    few = analyze("sounds", media / "audio" / "guitar.ogg", packs=with_packs, sounds__min_score=0.8)
    assert {one.label for one in few} == {"Music"}


def test_portions_leave_no_trace(
    with_packs: dict[str, str], media: Path, analyze: Analyze, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analyze("sounds", media / "audio" / "guitar.ogg", packs=with_packs)
    monkeypatch.setattr("engine.analyzers.sounds.PORTION", 3.0)
    assert analyze("sounds", media / "audio" / "guitar.ogg", packs=with_packs) == whole


def test_the_model_counts_its_windows(with_packs: dict[str, str]) -> None:
    model = load("sounds", with_packs["sounds"])
    for seconds, count in ((0.1, 1), (0.975, 1), (1.2, 2), (10.0, 20)):
        rows = model.tag(np.zeros(int(seconds * 16_000), np.float32))
        assert rows.shape == (count, 521), seconds
    assert model.tag(np.zeros(0, np.float32)).shape == (0, 521)


def test_labels_must_fit_the_model(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    described = {"adapter": "sounds", "file": "yamnet.onnx", "labels": ["one", "two"], "input": {"samples": 15600}}
    write_pack(tmp_path, {"id": "wrong", "version": 1, "title": "W", "models": {"sounds": described}},
               {"yamnet.onnx": models / "audio" / "yamnet.onnx"})  # fmt: skip
    with pytest.raises(PackInvalid, match="521"):
        load("sounds", "wrong@1")


def test_spans_are_held_and_joined() -> None:
    row = np.asarray([0.0, 0.5, 0.25, 0.2, 0.0, 0.6, 0.0, 0.0, 0.0, 0.25, 0.0, 0.9], np.float32)
    assert spans(row, 0.4, 1) == [(1, 3), (5, 6), (11, 12)]
    assert spans(row, 0.4, 2) == [(1, 6), (11, 12)]
    assert spans(np.zeros(4, np.float32), 0.4, 1) == []
    flicker = np.asarray([[0.0], [0.9], [0.0], [0.0]], np.float32)
    assert np.allclose(running(flicker)[:, 0], [0.45, 0.3, 0.3, 0.0])


@pytest.mark.parametrize(
    ("label", "group", "text"),
    [
        ("Smoke detector, smoke alarm", "alarm", "smoke detector smoke alarm"),
        ("Civil defense siren", "alarm", "civil defense siren alarm"),
        ("Clapping", "applause", "clapping applause"),
        ("Roaring cats (lions, tigers)", "animal", "roaring cats lions tigers animal"),
        ("Electric guitar", "music", "electric guitar music"),
        ("Baby laughter", "laughter", "baby laughter"),
        ("Crying, sobbing", "crying", "crying sobbing"),
        ("Carnatic music", "music", "carnatic music"),
        ("Zipper (clothing)", "", "zipper clothing"),
    ],
)
def test_labels_have_groups_for_people(label: str, group: str, text: str) -> None:
    assert group_of(label) == group
    assert words(label) == text


def test_a_model_may_take_bare_samples_and_look_more_than_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from onnx import TensorProto, helper, numpy_helper

    shape = numpy_helper.from_array(np.asarray([2, 2], np.int64), "shape")
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])], "frames",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])], [shape],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    described = {"adapter": "sounds", "file": "m.onnx", "labels": ["a", "b"], "input": {"samples": 4}, "hop": 4 / 16000,
                 "output": {"probabilities": True}}  # fmt: skip
    write_pack(tmp_path, {"id": "bare", "version": 1, "title": "B", "models": {"sounds": described}}, {"m.onnx": made})
    rows = load("sounds", "bare@1").tag(np.asarray([0.1, 0.2, 0.3, 0.4, 0.5, 0.5], np.float32))
    assert np.allclose(rows, [[0.2, 0.3], [0.25, 0.25]])
