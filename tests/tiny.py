"""Tiny models in the right format, made on the spot: an image-text pair, text embedders, heads that judge safety.

They are small enough to be written in a test and still mean what they say: the pair knows colours and where they are,
so that "red" ranks red pictures first; the text embedders know topics or a thousand English words.
Every function writes an installable folder (with `pack.json`) into a folder of packs and returns it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]

SIDE = 32  # pixels of the picture that the vision tower sees
DIM = 64
GAP = 0.9  # how far pictures and texts lie apart, in units of a whole colour
SHARPNESS = 30.0  # of the decision which colour a pixel has
COLOURS: Mapping[str, tuple[float, float, float]] = {
    "red": (0.75, 0.12, 0.12), "green": (0.2, 0.5, 0.15), "blue": (0.2, 0.4, 0.75), "yellow": (0.85, 0.8, 0.2),
    "white": (0.95, 0.95, 0.95), "black": (0.06, 0.06, 0.06), "grey": (0.5, 0.5, 0.5), "orange": (0.9, 0.5, 0.15),
    "brown": (0.4, 0.27, 0.17), "purple": (0.5, 0.2, 0.6), "pink": (0.95, 0.6, 0.7),
    "turquoise": (0.25, 0.75, 0.75),
}  # fmt: skip
PLACES = ("whole", "top", "bottom")
BUSY = len(COLOURS) * len(PLACES)  # the last feature: how much detail there is
FEATURES = BUSY + 1

# Words as sums of features; "top:blue" is blue in the upper half.
WORDS: Mapping[str, Mapping[str, float]] = {
    **{name: {name: 1.0} for name in COLOURS},
    "gray": {"grey": 1.0}, "dark": {"black": 1.0, "white": -0.5}, "bright": {"white": 1.0, "black": -0.5},
    "sky": {"top:blue": 1.0, "top:white": 0.3}, "sea": {"bottom:blue": 0.8, "bottom:turquoise": 0.5},
    "water": {"bottom:blue": 0.8, "bottom:turquoise": 0.4}, "forest": {"green": 1.0, "brown": 0.2},
    "tree": {"green": 0.8, "brown": 0.3}, "grass": {"bottom:green": 1.0}, "leaf": {"green": 1.0},
    "snow": {"bottom:white": 1.0, "white": 0.4}, "night": {"black": 0.8, "top:black": 0.8},
    "sunset": {"top:orange": 0.8, "top:red": 0.3, "bottom:black": 0.3}, "sand": {"bottom:yellow": 0.6,
    "bottom:brown": 0.4, "bottom:orange": 0.3}, "beach": {"bottom:yellow": 0.5, "top:blue": 0.5},
    "rose": {"red": 0.9, "green": 0.2}, "tomato": {"red": 1.0}, "banana": {"yellow": 1.0}, "fire": {"orange": 0.8,
    "red": 0.4, "black": 0.3}, "paper": {"white": 1.0}, "page": {"white": 1.0, "busy": 0.4},
    "busy": {"busy": 1.5}, "plain": {"busy": -1.5},
}  # fmt: skip
# The same words in two other languages: a query may be in any language that a pack knows.
OTHERS: Mapping[str, str] = {
    "rot": "red", "grün": "green", "blau": "blue", "gelb": "yellow", "weiss": "white", "schwarz": "black",
    "himmel": "sky", "meer": "sea", "wald": "forest", "schnee": "snow", "nacht": "night", "rouge": "red",
    "vert": "green", "bleu": "blue", "jaune": "yellow", "blanc": "white", "noir": "black", "ciel": "sky",
    "mer": "sea", "forêt": "forest", "neige": "snow", "nuit": "night",
}  # fmt: skip
FILLERS = ("a", "an", "the", "photo", "picture", "of", "in", "on", "with", "and", "at", "is")

TOPICS: Mapping[str, str] = {
    "animals": "cat dog horse bird fish animal puppy kitten wolf sheep cow pet",
    "food": "food bread cheese soup apple dinner lunch breakfast cook kitchen recipe eat meal",
    "weather": "weather rain snow storm wind cloud sun sunny cold hot temperature forecast",
    "money": "money bank price pay cost dollar euro invoice tax salary budget bill",
    "travel": "travel train plane car ship road station airport journey ticket hotel bus",
    "music": "music song guitar piano concert band sing drum orchestra melody",
    "medicine": "doctor hospital medicine patient nurse health sick disease pain",
    "law": "law court judge lawyer contract legal trial crime police",
}


def image_text(folder: Path, name: str = "tiny-clip", version: int = 1, *, style: str = "clip", **more: Any) -> Path:
    """Write a pack for the task image-text: pictures and words in one space of 64 dimensions.

    `style`: "clip" has an attention mask; "siglip" has none, a fixed length of text, and a bias of its logits.
    """
    place = _place(folder, name)
    basis = _basis(0)
    _vision(place / "vision.onnx", basis)
    vocabulary = _vocabulary()
    rows = np.stack([_features(WORDS.get(OTHERS.get(word, word), {})) for word in vocabulary])
    table = (rows @ basis[:FEATURES]).astype(np.float32)
    _texts(place / "text.onnx", table, offset=GAP * basis[FEATURES + 1], mask=style == "clip", pooled=True)
    _tokenizer(place / "tokenizer.json", vocabulary)
    text = {"file": "text.onnx", "tokenizer": "tokenizer.json", "length": 16, "pad": 0, "eos": 1, "lower": True,
            "mask": style == "clip", "output": {"name": "pooled"}}  # fmt: skip
    scale = 1 / 255
    size = {"size": [SIDE, SIDE], "layout": "nchw", "colour": "rgb", "type": "float32", "resize": "stretch",
            "scale": scale, "antialias": True}  # fmt: skip
    description = {
        "adapter": "image-text", "dim": DIM, "normalise": True,
        "vision": {"file": "vision.onnx", "input": size, "output": {"name": "embedding"}},
        "text": text, "logit_scale": 100.0, **({"logit_bias": -16.77} if style == "siglip" else {}),
    }  # fmt: skip
    languages = {"languages": ["en", "de", "fr"]}
    return _write(place, name, version, "Tiny colours", {"image-text": description}, {**languages, **more})


def clip_safety(folder: Path, name: str = "tiny-safety", over: str = "tiny-clip@1", version: int = 1) -> Path:
    """Write a head over the vectors of the tiny pair: a red picture is unsafe, for the sake of the test."""
    place = _place(folder, name)
    basis = _basis(0)
    line = _features({"red": 1.0}) @ basis[:FEATURES]
    nodes = [
        helper.make_node("MatMul", ["vectors", "weight"], ["raw"]),
        helper.make_node("Add", ["raw", "bias"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["unsafe"]),
    ]
    constants = {"weight": (line * 20).astype(np.float32)[:, None], "bias": np.array([-8.0], np.float32)}
    _save(place / "head.onnx", nodes, constants, [("vectors", TensorProto.FLOAT, ["n", DIM])],
          [("unsafe", ["n", 1])])  # fmt: skip
    description = {"adapter": "clip-safety", "file": "head.onnx", "over": over, "output": {"name": "unsafe"}}
    return _write(place, name, version, "Tiny safety", {"safety": description}, {})


def text_embedder(folder: Path, name: str = "tiny-texts", version: int = 1, *, pooled: bool = False) -> Path:
    """Write a pack for the task text-embedding that knows eight topics; without `pooled` it answers token by token."""
    place = _place(folder, name)
    vocabulary, rows = ["[PAD]", "[EOS]", "[UNK]"], [np.zeros(DIM, np.float32)] * 3
    generator = np.random.default_rng(3)
    basis = _basis(1)
    for at, words in enumerate(TOPICS.values()):
        for word in words.split():
            if word not in vocabulary:
                vocabulary.append(word)
                rows.append((basis[at] + 0.3 * generator.normal(size=DIM) / DIM**0.5).astype(np.float32))
    return _embedder(place, name, version, vocabulary, np.stack(rows), pooled=pooled)


def wordvecs(models: Path, folder: Path, name: str = "wordvecs", version: int = 1) -> Path:
    """Write a pack for the task text-embedding from the thousand real word vectors of `models`/text."""
    raw = (models / "text" / "wordvecs1000.js").read_text(encoding="utf-8")
    known = json.loads(re.sub(r",\s*}", "}", raw[raw.index("{") : raw.rindex("}") + 1]))
    # The commonest words say the least: they get what a rare one gets, times their rank (Arora et al. 2017, SIF).
    vectors = np.array(list(known.values()), np.float32)
    weight = np.minimum(1.0, (np.arange(len(vectors)) + 5) / 150)[:, None]
    words = ["[PAD]", "[EOS]", "[UNK]", *(word.lower() for word in known)]
    rows = np.concatenate([np.zeros((3, vectors.shape[1])), (vectors - vectors.mean(axis=0)) * weight])
    keep = [at for at, word in enumerate(words) if words.index(word) == at]
    return _embedder(_place(folder, name), name, version, [words[at] for at in keep],
                     rows[keep].astype(np.float32), pooled=False)  # fmt: skip


def _embedder(place: Path, name: str, version: int, vocabulary: Sequence[str], table: Floats, *, pooled: bool) -> Path:
    _texts(place / "model.onnx", table, offset=None, mask=True, pooled=pooled, types=True)
    _tokenizer(place / "tokenizer.json", vocabulary)
    output = {"name": "pooled"} if pooled else {"name": "last_hidden_state", "pool": "mean"}
    description = {"adapter": "text-embedder", "file": "model.onnx", "tokenizer": "tokenizer.json", "length": 128,
                   "pad": 0, "mask": True, "dim": table.shape[1], "output": output}  # fmt: skip
    return _write(place, name, version, "Tiny texts", {"text-embedding": description}, {"languages": ["en"]})


def _basis(seed: int) -> Floats:
    """Return 64 directions at right angles to each other."""
    made, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(DIM, DIM)))
    return np.ascontiguousarray(made.T, np.float32)


def _features(parts: Mapping[str, float]) -> Floats:
    names = list(COLOURS)
    out = np.zeros(FEATURES, np.float32)
    for name, share in parts.items():
        place, _, colour = name.rpartition(":")
        at = BUSY if name == "busy" else PLACES.index(place or "whole") * len(names) + names.index(colour)
        out[at] = share
    return out


def _vocabulary() -> list[str]:
    return list(dict.fromkeys(["[PAD]", "[EOS]", "[UNK]", *FILLERS, *WORDS, *OTHERS]))


def _vision(path: Path, basis: Floats) -> None:
    """Write the tower: the share of each colour in the whole, the upper and the lower half, and how busy it is."""
    anchors = np.array(list(COLOURS.values()), np.float32)
    half = SIDE // 2
    nodes = [
        # -|pixel - anchor|^2 without the part that is the same for all anchors
        helper.make_node("Conv", ["pixels", "anchors", "squares"], ["near"]),
        helper.make_node("Softmax", ["near"], ["colour"], axis=1),
        helper.make_node("ReduceMean", ["colour", "across"], ["whole"], keepdims=0),
        helper.make_node("Split", ["colour", "halves"], ["upper", "lower"], axis=2),
        helper.make_node("ReduceMean", ["upper", "across"], ["top"], keepdims=0),
        helper.make_node("ReduceMean", ["lower", "across"], ["bottom"], keepdims=0),
        helper.make_node("Conv", ["pixels", "edge"], ["edges"]),
        helper.make_node("Abs", ["edges"], ["strong"]),
        helper.make_node("ReduceMean", ["strong", "across"], ["busy"], keepdims=0),
        helper.make_node("Concat", ["whole", "top", "bottom", "busy"], ["features"], axis=1),
        helper.make_node("Sub", ["features", "usual"], ["centred"]),
        helper.make_node("MatMul", ["centred", "basis"], ["turned"]),
        helper.make_node("Add", ["turned", "gap"], ["embedding"]),
    ]
    edge = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32) / 3
    constants = {
        "anchors": (2 * SHARPNESS * anchors)[:, :, None, None],
        "squares": -SHARPNESS * (anchors**2).sum(axis=1),
        "across": np.array([2, 3], np.int64),
        "halves": np.array([half, SIDE - half], np.int64),
        "edge": np.stack([edge] * 3)[None],
        "usual": np.array([1 / len(COLOURS)] * BUSY + [0.15], np.float32),
        "basis": basis[:FEATURES],
        "gap": GAP * basis[FEATURES],
    }
    _save(path, nodes, constants, [("pixels", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])], [("embedding", ["n", DIM])])


def _texts(path: Path, table: Floats, *, offset: Floats | None, mask: bool, pooled: bool, types: bool = False) -> None:
    """Write a tower that looks words up; `pooled` adds them up (and `offset`), otherwise each token has its vector."""
    dim = table.shape[1]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    inputs = [("input_ids", TensorProto.INT64, ["n", "length"])]
    constants: dict[str, NDArray[Any]] = {"table": table}
    if mask:
        inputs.append(("attention_mask", TensorProto.INT64, ["n", "length"]))
    if types:
        inputs.append(("token_type_ids", TensorProto.INT64, ["n", "length"]))
    if not pooled:
        _save(path, nodes, constants, inputs, [("last_hidden_state", ["n", "length", dim])])
        return
    words = "last_hidden_state"
    if mask:
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["ones"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["ones", "last"], ["wide"]),
            helper.make_node("Mul", [words, "wide"], ["kept"]),
        ]
        constants["last"] = np.array([2], np.int64)
        words = "kept"
    constants["along"] = np.array([1], np.int64)
    constants["offset"] = np.zeros(dim, np.float32) if offset is None else offset
    nodes += [
        helper.make_node("ReduceSum", [words, "along"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "offset"], ["pooled"]),
    ]
    _save(path, nodes, constants, inputs, [("pooled", ["n", dim])])


def _save(
    path: Path,
    nodes: Sequence[Any],
    constants: Mapping[str, NDArray[Any]],
    inputs: Sequence[tuple[str, int, Sequence[Any]]],
    outputs: Sequence[tuple[str, Sequence[Any]]],
) -> None:
    graph = helper.make_graph(
        list(nodes), "tiny",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _tokenizer(path: Path, vocabulary: Sequence[str]) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    made = Tokenizer(WordLevel({word: at for at, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = Lowercase()
    made.pre_tokenizer = Whitespace()
    made.save(str(path))


def _place(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def _write(
    place: Path, name: str, version: int, title: str, models: Mapping[str, Any], more: Mapping[str, Any]
) -> Path:
    files = [
        {"name": path.name, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(place.iterdir())
        if path.name != "pack.json"
    ]
    licence = {"name": "made on the spot", "spdx": "CC0-1.0", "commercial": True, "terms": "Made for tests."}
    raw = {"id": name, "version": version, "title": title, "summary": title, "licence": licence, "files": files,
           "models": models, **more}  # fmt: skip
    (place / "pack.json").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    return place
