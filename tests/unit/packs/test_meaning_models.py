"""Adapters for pictures, words, texts and safety: with a tiny pair that knows colours and with small real models."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import NeedsPack, PackInvalid
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.packs import models as loading
from engine.packs.adapters.embedders import PictureEmbedder
from engine.packs.adapters.imagetext import ImageText
from engine.packs.adapters.safety import ClipSafety, SafetyClassifier
from engine.packs.heads import Head, read_tensors
from engine.packs.models import Model, TextEmbedder, load
from engine.packs.pack import read_pack
from tests import tiny
from tests.packs import real_packs


def _model(folder: Path, task: str, **changes: Any) -> Model:
    pack = read_pack(folder)
    return Model(pack, folder, task, {**pack.models[task], **changes})


def _plain(red: int, green: int, blue: int) -> Any:
    return np.full((48, 64, 3), (red, green, blue), np.uint8)


def _picture(path: Path) -> Any:
    raw = os.fsencode(path)
    told = sniff(raw)
    with Source(raw, told.kind, told.mime) as source:
        return source.picture(640).copy()


COLOURED = {
    "red": _plain(190, 30, 30), "green": _plain(50, 130, 40), "blue": _plain(50, 100, 190),
    "white": _plain(245, 245, 245), "night": _plain(10, 10, 14),
}  # fmt: skip


@pytest.mark.parametrize("style", ["clip", "siglip"])
def test_words_find_pictures(tmp_path: Path, style: str) -> None:
    pair = ImageText(_model(tiny.image_text(tmp_path, style=style), "image-text"))
    pictures = pair.embed(list(COLOURED.values()))
    texts = pair.embed_texts([*COLOURED, "a photo of the snow", "Ein BLAU"])
    np.testing.assert_allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)
    best = [list(COLOURED)[at] for at in (texts @ pictures.T).argmax(axis=1)]
    assert best == ["red", "green", "blue", "white", "night", "white", "blue"]
    assert (pair.logit_bias is None) == (style == "clip")


def test_words_find_real_pictures(tmp_path: Path, media: Path) -> None:
    pair = ImageText(_model(tiny.image_text(tmp_path), "image-text"))
    names = ["grapefruit-slice.jpg", "el_torcal_rocks.jpg", "painted-hand.jpg", "hubble_deep_field.jpg",
             "lion_drawing.png", "silver_fir.jpg"]  # fmt: skip
    pictures = pair.embed([_picture(media / "photos" / name) for name in names])
    best = (pair.embed_texts(["red", "blue sky", "yellow", "night", "snow"]) @ pictures.T).argmax(axis=1)
    assert [names[at] for at in best] == names[:5]


def test_each_tower_is_loaded_only_when_it_is_used(tmp_path: Path) -> None:
    folder = tiny.image_text(tmp_path)
    (folder / "text.onnx").write_bytes(b"no model")
    pair = ImageText(_model(folder, "image-text"))
    assert pair.embed([COLOURED["red"]]).shape == (1, tiny.DIM)
    with pytest.raises(NeedsPack):
        pair.embed_texts(["red"])


def test_no_picture_and_no_text_give_no_vectors(tmp_path: Path) -> None:
    pair = ImageText(_model(tiny.image_text(tmp_path), "image-text"))
    assert len(pair.embed([])) == 0
    assert len(pair.embed_texts([])) == 0


@pytest.mark.parametrize("change", [{"dim": 65}, {"dim": "many"}, {"dim": 0}, {"vision": None}, {"text": "x"}])
def test_a_wrong_description_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = tiny.image_text(tmp_path)
    with pytest.raises(PackInvalid):
        loading.make(_model(folder, "image-text", **change)).embed([COLOURED["red"]])


@pytest.mark.parametrize(
    "change", [{"tokenizer": "../x.json"}, {"tokenizer": "none.json"}, {"length": 0}, {"length": "x"}]
)
def test_a_text_that_cannot_be_read_so_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = tiny.image_text(tmp_path)
    text = {**read_pack(folder).models["image-text"]["text"], **change}
    with pytest.raises(PackInvalid):
        loading.make(_model(folder, "image-text", text=text)).embed_texts(["red"])


def test_a_graph_that_does_not_fit_its_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = tiny.text_embedder(tmp_path)
    raw = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    raw["model"]["vocab"]["dog"] = 1_000_000
    (folder / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(PackInvalid):
        load_from(folder, "text-embedding").embed_texts(["dog"])
    changed = {"output": {"name": "other"}}
    with pytest.raises(PackInvalid, match="other"):
        loading.make(_model(folder, "text-embedding", **changed)).embed_texts(["cat"])


@pytest.mark.parametrize("pooled", [False, True])
def test_texts_of_one_subject_are_alike(tmp_path: Path, pooled: bool) -> None:
    embedder = load_from(tiny.text_embedder(tmp_path, pooled=pooled), "text-embedding")
    rows = embedder.embed_texts(["The dog and the cat.", "bread, cheese!", "a wolf", "soup for DINNER"])
    alike = rows @ rows.T
    assert alike[0, 2] > 0.7
    assert alike[1, 3] > 0.7
    assert abs(alike[0, 1]) < 0.3


def test_padding_and_order_change_nothing(tmp_path: Path) -> None:
    embedder = load_from(tiny.text_embedder(tmp_path), "text-embedding")
    texts = ["dog", "bread cheese soup apple dinner lunch", "rain " * 40, "song"] * 20
    together = embedder.embed_texts(texts)
    alone = np.concatenate([embedder.embed_texts([text]) for text in texts[:4]])
    np.testing.assert_allclose(together[:4], alone, atol=1e-5)
    np.testing.assert_allclose(together[40:44], alone, atol=1e-5)


def test_what_is_too_long_is_cut(tmp_path: Path) -> None:
    embedder = load_from(tiny.text_embedder(tmp_path), "text-embedding")
    long = "dog " * 5000 + "bread " * 5000
    np.testing.assert_allclose(embedder.embed_texts([long]), embedder.embed_texts(["dog"]), atol=1e-5)


def test_real_word_vectors_know_what_is_near(tmp_path: Path, models: Path) -> None:
    embedder = load_from(tiny.wordvecs(models, tmp_path), "text-embedding")
    rows = embedder.embed_texts(["the mother and her little girl", "the company sold its business", "father and son"])
    assert rows.shape == (3, 300)
    assert rows[2] @ rows[0] > rows[2] @ rows[1] + 0.2


def test_quantised_pictures_of_one_class_are_nearest(tmp_path: Path, models: Path, media: Path) -> None:
    folder = real_packs(models, tmp_path, ["mobilenet-embed"]) / "mobilenet-embed"
    embedder = PictureEmbedder(_model(folder, "picture-embedding"))
    paths = sorted((media / "few_shot").glob("*/*.jpg"))
    rows = embedder.embed([_picture(path) for path in paths])
    alike = rows @ rows.T - 2 * np.eye(len(paths))
    right = [paths[at].parent == paths[best].parent for at, best in enumerate(alike.argmax(axis=1))]
    assert len(paths) >= 12
    assert all(right)


def test_near_duplicates_are_near(tmp_path: Path, models: Path, media: Path) -> None:
    folder = real_packs(models, tmp_path, ["mobilenet-embed"]) / "mobilenet-embed"
    embedder = PictureEmbedder(_model(folder, "picture-embedding"))
    group = sorted((media / "duplicates" / "family1").iterdir())
    rows = embedder.embed([_picture(path) for path in [*group, media / "photos" / "coffee.png"]])
    near = rows[:-1] @ rows[0]
    assert near.min() > 0.85
    assert rows[-1] @ rows[0] < 0.6


def test_classes_stand_for_levels(tmp_path: Path, models: Path, media: Path) -> None:
    folder = real_packs(models, tmp_path, ["nsfw-mobilenet"]) / "nsfw-mobilenet"
    judge = SafetyClassifier(_model(folder, "safety"))
    names = ["coffee.png", "puppy-header.jpg", "Colmar.jpg"]
    levels = judge.judge([_picture(media / "photos" / name) for name in names])
    assert [level for level, _ in levels] == ["safe", "explicit", "safe"]  # it takes the puppies for skin
    assert all(0.5 <= score <= 1 for _, score in levels)
    with pytest.raises(PackInvalid):
        SafetyClassifier(_model(folder, "safety", levels={"Porn": "explicit"}))


def test_a_head_judges_the_vectors_of_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    tiny.image_text(tmp_path, "judged-clip")
    judge = ClipSafety(_model(tiny.clip_safety(tmp_path, over="judged-clip@1"), "safety"))
    (red, sure), (green, _) = judge.judge([COLOURED["red"], COLOURED["green"]])
    assert red in ("suggestive", "explicit")
    assert sure >= 0.5
    assert green == "safe"
    vectors = load("image-text", "judged-clip@1").embed([COLOURED["red"]])
    assert judge.judge_vectors(vectors)[0] == (red, pytest.approx(sure, abs=1e-4))


def test_a_head_without_its_pair_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    judge = ClipSafety(_model(tiny.clip_safety(tmp_path, over="absent@3"), "safety"))
    with pytest.raises(NeedsPack, match="absent@3"):
        judge.judge([COLOURED["red"]])


def test_a_head_is_read_from_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    weight, bias = np.array([[1.0, 2], [0, -1], [1, 1]], "<f4"), np.array([0.5, 0], "<f4")
    header = {"w": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]},
              "b": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
              "__metadata__": {"made": "here"}}  # fmt: skip
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + weight.tobytes() + bias.tobytes())
    head = Head(path, {"layers": [{"weight": "w", "bias": "b", "activation": "relu"}]})
    np.testing.assert_allclose(head.run(np.array([[1, 1, 0]], np.float32)), [[1.5, 1]])
    with pytest.raises(PackInvalid):
        Head(path, {"layers": [{"weight": "other"}]}).run(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize(
    "raw", [b"", b"\x00" * 8, b"\xff" * 40, struct.pack("<Q", 4) + b"nope", struct.pack("<Q", 2) + b"[]"]
)
def test_a_broken_safetensors_file_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "head.safetensors"
    path.write_bytes(raw)
    with pytest.raises(PackInvalid):
        read_tensors(path)


def load_from(folder: Path, task: str) -> TextEmbedder:
    found: TextEmbedder = loading.make(_model(folder, task))
    return found
