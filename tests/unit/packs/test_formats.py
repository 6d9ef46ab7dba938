"""Files of packs are known by their content; what could carry code, or leads out of the pack, is refused."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.errors import PackInvalid
from engine.packs import onnxfile
from engine.packs.formats import allowed_name, inspect


def model(*, domain: str = "", op: str = "Add", half: bool = False, inside: bool = False) -> Any:
    """A tiny ONNX model: x + w, by default of standard operators; `inside` puts the operator into a branch."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    weight = numpy_helper.from_array(np.ones((4, 4), np.float16 if half else np.float32), "w")
    x = helper.make_tensor_value_info("x", kind, [4, 4])
    y = helper.make_tensor_value_info("y", kind, [4, 4])
    node = helper.make_node(op, ["x", "w"], ["y"], domain=domain)
    if inside:
        branch = helper.make_graph([node], "branch", [], [y])
        wrapped = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
        c = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
        return helper.make_model(helper.make_graph([wrapped], "g", [x, c], [y], [weight]))
    return helper.make_model(helper.make_graph([node], "g", [x], [y], [weight]))


def outside(location: str) -> Any:
    made = model()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return made


def written(path: Path, made: Any) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


def test_real_models_of_every_format_are_known(models: Path) -> None:
    found = {path.name: inspect(path).format for path in models.rglob("*") if path.suffix in (".onnx", ".gguf", ".bin")}
    assert found["yunet_n_640.onnx"] == found["yamnet.onnx"] == "onnx"
    assert found["stories260K.gguf"] == "gguf"
    assert found["model.bin"] == "ctranslate2"


def test_precision_is_told(tmp_path: Path) -> None:
    assert inspect(written(tmp_path / "half.onnx", model(half=True))).half
    assert not inspect(written(tmp_path / "whole.onnx", model())).half


@pytest.mark.parametrize("suffix", [".onnx", ".bin", ".safetensors", ".gguf", ".json", ".txt", ".model"])
def test_a_pickle_under_any_name_is_refused(tmp_path: Path, suffix: str) -> None:
    for protocol in (0, 2, 4, 5):
        path = tmp_path / f"weights{suffix}"
        path.write_bytes(pickle.dumps({"w": [1.0] * 9, "code": print}, protocol))
        with pytest.raises(PackInvalid):
            inspect(path)
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
    path.write_bytes(bundle.getvalue())
    with pytest.raises(PackInvalid, match="archive"):
        inspect(path)


@pytest.mark.parametrize("name", ["run.py", "lib.so", "a.dll", "b.dylib", "w.pt", "w.pth", "w.pkl", "w.npy", "x.sh"])
def test_names_that_packs_may_not_have(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"words")
    assert not allowed_name(name)
    with pytest.raises(PackInvalid, match="may not have"):
        inspect(tmp_path / name)


def test_a_program_under_the_name_of_a_text_is_refused(tmp_path: Path) -> None:
    for head in (b"\x7fELF\x02\x01", b"MZ\x90\x00", b"#!/bin/sh\n", b"\x93NUMPY\x01\x00"):
        (tmp_path / "labels.txt").write_bytes(head + b"x" * 50)
        with pytest.raises(PackInvalid, match="not what its name says"):
            inspect(tmp_path / "labels.txt")


def test_a_link_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "real.onnx", model())
    (tmp_path / "link.onnx").symlink_to(tmp_path / "real.onnx")
    with pytest.raises(PackInvalid, match="link"):
        inspect(tmp_path / "link.onnx")


def test_operators_that_need_a_library_are_refused(tmp_path: Path) -> None:
    for made in (model(domain="ai.onnx.contrib", op="StringSplit"), model(domain="my.ops", op="Evil", inside=True)):
        with pytest.raises(PackInvalid, match="further program"):
            inspect(written(tmp_path / "m.onnx", made))
    with pytest.raises(PackInvalid, match="EPContext"):
        inspect(written(tmp_path / "m.onnx", model(domain="com.microsoft", op="EPContext")))
    inspect(written(tmp_path / "m.onnx", model(domain="com.microsoft", op="FusedMatMul")))


def test_operators_that_a_model_defines_itself_are_taken_and_their_insides_looked_at(tmp_path: Path) -> None:
    made = model(domain="own", op="Twice")
    inner = helper.make_node("Add", ["a", "b"], ["c"])
    opset = [helper.make_opsetid("", 18)]
    made.functions.append(helper.make_function("own", "Twice", ["a", "b"], ["c"], [inner], opset))
    inspect(written(tmp_path / "m.onnx", made))
    made.functions[0].node[0].domain = "foreign"
    with pytest.raises(PackInvalid, match="foreign"):
        inspect(written(tmp_path / "m.onnx", made))


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "a/b.data", "C:\\x", "*/_ORT_MEM_ADDR_/*", "", ".."])
def test_numbers_outside_the_pack_are_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(PackInvalid, match="outside the pack"):
        inspect(written(tmp_path / "m.onnx", outside(place)))


def test_numbers_beside_the_model_are_named(tmp_path: Path) -> None:
    assert inspect(written(tmp_path / "m.onnx", outside("m.onnx_data"))).beside == ("m.onnx_data",)


def test_a_constant_in_a_node_may_not_lead_out_either(tmp_path: Path) -> None:
    made = model()
    tensor = outside("../x").graph.initializer[0]
    made.graph.node.append(helper.make_node("Constant", [], ["k"], value=tensor))
    with pytest.raises(PackInvalid, match="outside the pack"):
        inspect(written(tmp_path / "m.onnx", made))


def test_damaged_and_hostile_onnx_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model().SerializeToString()
    path = tmp_path / "m.onnx"
    for raw in (b"", b"not a model at all", whole[: len(whole) // 2], b"\x3a" + b"\xff" * 9 + b"\x01", b"\x08\x09" * 4):
        path.write_bytes(raw)
        with pytest.raises(PackInvalid):
            inspect(path)
    deep = b""
    for _ in range(200):  # a graph in an attribute in a node in a graph ...
        for field in (6, 5, 1):
            deep = bytes([field << 3 | 2]) + _varint(len(deep)) + deep
    path.write_bytes(b"\x3a" + _varint(len(deep)) + deep)
    with pytest.raises(PackInvalid, match="deeply"):
        inspect(path)
    monkeypatch.setattr(onnxfile, "MOST_FIELDS", 5)
    path.write_bytes(whole)
    with pytest.raises(PackInvalid, match="too many"):
        inspect(path)


def test_onnx_itself_agrees_that_the_tiny_model_is_one() -> None:
    onnx.checker.check_model(model())


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def tensors(header: Any, data: bytes = b"\0" * 16) -> bytes:
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


def test_safetensors_within_bounds_only(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    good = {"__metadata__": {"a": "b"}, "w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    path.write_bytes(tensors(good))
    assert inspect(path).format == "safetensors"
    for places in ([0, 17], [8, 4], [-1, 4], ["0", 4], [0]):
        path.write_bytes(tensors({"w": {"dtype": "F32", "shape": [4], "data_offsets": places}}))
        with pytest.raises(PackInvalid):
            inspect(path)
    for raw in (b"", b"\xff" * 20, struct.pack("<Q", 5) + b"hello", tensors([1]), tensors(good)[:30]):
        path.write_bytes(raw)
        with pytest.raises(PackInvalid):
            inspect(path)


def test_damaged_gguf_and_ctranslate2_are_refused(tmp_path: Path, models: Path) -> None:
    whole = (models / "llm" / "stories260K.gguf").read_bytes()
    path = tmp_path / "m.gguf"
    huge = struct.pack("<Q", 2**62)
    many, long_key = whole[:8] + huge + whole[16:], whole[:24] + huge + whole[32:]
    for raw in (b"GGUF", b"GGML" + whole[4:], many, whole[:100], long_key):
        path.write_bytes(raw)
        with pytest.raises(PackInvalid):
            inspect(path)
    whole = (models / "micro_whisper" / "model.bin").read_bytes()
    path = tmp_path / "model.bin"
    for raw in (whole[:-9], whole + b"more", whole[:40], b"\x06\0\0\0\x0c\0WhisperSpec" + whole[18:400], b"words " * 9):
        path.write_bytes(raw)
        with pytest.raises(PackInvalid):
            inspect(path)
