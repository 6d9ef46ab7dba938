"""Adapters of models that see: against other decoders on real pictures, and on made models with known answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.errors import NeedsPack, PackInvalid
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Box
from engine.packs import models
from engine.packs.labels import COCO, SHARED
from engine.packs.pack import pack_of
from engine.packs.postures import NAMES

GREY = np.full((120, 160, 3), 128, np.uint8)


def _picture(path: Path) -> Any:
    raw = bytes(path)
    told = sniff(raw)
    with Source(raw, told.kind, told.mime) as source:
        return source.picture(1600)


def _made(
    folder: Path, task: str, description: Mapping[str, Any], outputs: Mapping[str, Any], shape: tuple[Any, ...],
    more: Mapping[str, int] | None = None, name: str = "made.onnx",
) -> Any:  # fmt: skip
    """The adapter of a model that gives the same answer to every picture."""
    answers = {key: np.asarray(value) for key, value in outputs.items()}
    given = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)]
    given += [helper.make_tensor_value_info(key, TensorProto.INT64, [1, wide]) for key, wide in (more or {}).items()]
    told = [helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
            for key, value in answers.items()]  # fmt: skip
    nodes = [helper.make_node("Identity", [f"{key}_"], [key]) for key in answers]
    constants = [numpy_helper.from_array(value, f"{key}_") for key, value in answers.items()]
    graph = helper.make_graph(nodes, "made", given, told, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), folder / name)
    raw = {"id": "made", "version": 3, "models": {task: {"file": name, **description}}}
    return models.make(models.Model(pack_of(raw), folder, task, raw["models"][task]))  # type: ignore[index]


def test_yunet_finds_what_opencv_finds(media: Path, real_shelf: Path, with_packs: dict[str, str]) -> None:
    import cv2

    image = _picture(media / "people/groups/faces_six.jpg")  # 600 x 462: both see it in the same size
    square = np.zeros((640, 640, 3), np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    reference = cv2.FaceDetectorYN.create(str(real_shelf / "yunet/yunet_n_640.onnx"), "", (640, 640), 0.7, 0.3)
    rows = reference.detect(np.ascontiguousarray(square[..., ::-1]))[1]
    found = _load("face-detection", with_packs).detect(square, 0.7)
    assert len(found) == len(rows) == 6
    for row in rows:
        mine = min(found, key=lambda one: abs(one.box.x * 640 - row[0]) + abs(one.box.y * 640 - row[1]))
        assert np.allclose(np.asarray(mine.box) * 640, row[:4], atol=1.0)
        assert np.allclose(np.asarray(mine.points).reshape(-1) * 640, row[4:14], atol=1.0)
        assert mine.score == pytest.approx(row[14], abs=0.01)


def _load(task: str, packs: Mapping[str, str]) -> Any:
    return models.load(task, packs[task])


def test_loaded_models_keep_their_protocols(with_packs: dict[str, str]) -> None:
    for task, protocol in {"face-detection": models.FaceDetector, "face-embedding": models.FaceEmbedder,
                           "objects": models.ObjectDetector, "pose": models.PoseEstimator,
                           "tags": models.Tagger}.items():  # fmt: skip
        assert isinstance(_load(task, with_packs), protocol)
    embedder = _load("face-embedding", with_packs)
    assert (embedder.dim, embedder.space) == (256, "mobileface@1")
    assert embedder.embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 256)


def test_many_faces_at_once_are_as_good_as_one_by_one(with_packs: dict[str, str]) -> None:
    faces = np.random.default_rng(1).integers(0, 255, (19, 112, 112, 3), np.uint8)
    embedder = _load("face-embedding", with_packs)
    together = embedder.embed(faces)
    assert np.allclose(together, np.concatenate([embedder.embed(face[None]) for face in faces]), atol=1e-3)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)


def _scrfd(size: int = 64) -> dict[str, Any]:
    """One face around (24, 32), 20 x 24 pixels, on the second anchor of its cell at stride 8."""
    outputs: dict[str, Any] = {}
    for what, wide in (("score", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            outputs[f"{what}_{stride}"] = np.zeros(((size // stride) ** 2 * 2, wide), np.float32)
    row = (4 * (size // 8) + 3) * 2 + 1
    outputs["score_8"][row] = 0.9
    outputs["bbox_8"][row] = np.asarray([10, 12, 10, 12]) / 8
    outputs["kps_8"][row] = np.asarray([-4, -4, 4, -4, 0, 1, -3, 6, 3, 6]) / 8
    return outputs


SIZE: Mapping[str, Any] = {"size": [64, 64], "resize": "letterbox", "mean": [127.5], "std": [128]}


def test_scrfd_boxes_are_distances_and_points_offsets(tmp_path: Path) -> None:
    made = _made(tmp_path, "face-detection", {"adapter": "scrfd", "input": SIZE}, _scrfd(), (1, 3, 64, 64))
    (face,) = made.detect(GREY, 0.5)  # 160 x 120 lies in 64 x 48
    assert face.score == pytest.approx(0.9)
    assert np.allclose(np.asarray(face.box) * (64, 48, 64, 48), (14, 20, 20, 24), atol=1e-3)
    assert np.allclose(np.asarray(face.points[0]) * (64, 48), (20, 28), atol=1e-3)
    assert made.detect(GREY, 0.95) == []


@pytest.mark.parametrize("ready", [True, False])
def test_detr_says_labels_or_numbers(ready: bool, tmp_path: Path) -> None:
    boxes = np.asarray([[[10, 6, 30, 42], [0, 0, 5, 5]]], np.float32)
    if ready:
        outputs = {"labels": np.asarray([[16, 0]]), "boxes": boxes, "scores": np.asarray([[0.8, 0.1]], np.float32)}
        made = _made(tmp_path, "objects", {"adapter": "detr", "labels": "coco", "input": SIZE}, outputs,
                     (1, 3, 64, 64), {"orig_target_sizes": 2})  # fmt: skip
    else:
        numbers = np.full((1, 2, 91), -9.0, np.float32)
        numbers[0, 0, 18] = 1.3863  # sigmoid 0.8; 18 is the dog of COCO's first list
        numbers[0, 1, 26] = 9.0  # a number that COCO left empty
        centres = np.asarray([[[20, 24, 20, 36], [2, 2, 4, 4]]], np.float32) / 64
        made = _made(tmp_path, "objects", {"adapter": "detr", "labels": "coco-91", "input": SIZE},
                     {"dets": centres, "labels": numbers}, (1, 3, 64, 64))  # fmt: skip
    (dog,) = made.detect(GREY, 0.5)
    assert (dog.label, dog.score) == ("dog", pytest.approx(0.8, abs=0.001))
    assert np.allclose(np.asarray(dog.box) * (64, 48, 64, 48), (10, 6, 20, 36), atol=1e-3)


def test_simcc_joints_lie_where_their_rows_peak(tmp_path: Path) -> None:
    across, down = np.zeros((1, 17, 96), np.float32), np.zeros((1, 17, 128), np.float32)
    across[0, :, 48], down[0, :, 64] = 0.9, 0.7  # the middle of 48 x 64 at two places for each pixel
    across[0, 0, 0], down[0, 0, 0] = 2.0, 2.0  # the corner, surer than sure
    made = _made(tmp_path, "pose", {"adapter": "simcc", "input": {"size": [48, 64]}},
                 {"simcc_x": across, "simcc_y": down}, (1, 3, 64, 48))  # fmt: skip
    points = made.estimate(GREY, Box(0.25, 0.25, 0.5, 0.5))
    assert points.shape == (len(NAMES), 3)
    assert points[1] == pytest.approx([0.5, 0.5, 0.7], abs=1e-5)
    # The box is 80 x 60 pixels; with its margin it fills 100 x 133.3 pixels around the middle.
    assert points[0] == pytest.approx([0.5 - 50 / 160, 0.5 - 66.667 / 120, 1.0], abs=1e-3)


def test_a_look_at_the_mirror_image_swaps_sides(tmp_path: Path) -> None:
    across, down = np.zeros((1, 17, 96), np.float32), np.zeros((1, 17, 128), np.float32)
    down[0, :, 64] = 0.8
    for n, name in enumerate(NAMES):  # the model says left at a quarter and right at a half, whatever it is shown
        across[0, n, 24 if "left" in name else 48] = 0.8
    made = _made(tmp_path, "pose", {"adapter": "simcc", "flip": True, "margin": 1, "input": {"size": [48, 64]}},
                 {"simcc_x": across, "simcc_y": down}, (1, 3, 64, 48))  # fmt: skip
    points = made.estimate(GREY, Box(0.35, 0.0, 0.3, 0.5333))  # 48 x 64 pixels from 56 on: one for each of the input
    left, right = points[NAMES.index("left wrist")], points[NAMES.index("right wrist")]
    assert left[0] * 160 - 56 == pytest.approx((12 + (48 - 24)) / 2, abs=0.1)
    assert right[0] * 160 - 56 == pytest.approx((24 + (48 - 12)) / 2, abs=0.1)
    assert left[2] == pytest.approx(0.8)


def test_a_mistaken_description_is_told(tmp_path: Path) -> None:
    for task, adapter, more in (("objects", "yolox", {"labels": "coco"}), ("objects", "fastestdet", {"labels": "coco"}),
                                ("face-detection", "yunet", {}), ("face-detection", "scrfd", {}),
                                ("objects", "detr", {"labels": "coco"})):  # fmt: skip
        made = _made(tmp_path, task, {"adapter": adapter, "input": SIZE, **more},
                     {"odd": np.zeros((1, 3, 7), np.float32)}, (1, 3, 64, 64))  # fmt: skip
        with pytest.raises(PackInvalid):
            made.detect(GREY, 0.5)
    with pytest.raises(PackInvalid, match="64 x 64"):
        _made(tmp_path, "tags", {"adapter": "classifier", "labels": ["a"], "input": SIZE},
              {"out": np.zeros((1, 1), np.float32)}, (1, 3, 32, 32))  # fmt: skip
    with pytest.raises(PackInvalid, match="labels"):
        _made(tmp_path, "tags", {"adapter": "classifier", "input": SIZE}, {"out": np.zeros((1, 1), np.float32)},
              (1, 3, 64, 64))  # fmt: skip
    narrow = _made(tmp_path, "tags", {"adapter": "classifier", "labels": ["a", "b"], "input": SIZE},
                   {"out": np.zeros((1, 3), np.float32)}, (1, 3, 64, 64))  # fmt: skip
    with pytest.raises(PackInvalid, match="3 numbers"):
        narrow.tag([GREY])


def test_a_classifier_turns_numbers_into_probabilities(tmp_path: Path) -> None:
    numbers = np.log(np.asarray([[6.0, 3.0, 1.0]], np.float32))
    for activation, wanted in (("softmax", [0.6, 0.3, 0.0]), ("sigmoid", [6 / 7, 3 / 4, 0.0])):
        made = _made(tmp_path, "tags", {"adapter": "classifier", "labels": ["a", "b", "none"], "background": ["none"],
                                        "input": SIZE, "output": {"activation": activation}},
                     {"out": numbers}, (1, 3, 64, 64))  # fmt: skip
        assert made.tag([GREY])[0] == pytest.approx(wanted, abs=1e-5)


def test_the_shared_lists_of_labels() -> None:
    assert len(COCO) == len(set(COCO)) == 80
    assert len(SHARED["coco-91"]) == 91
    assert (SHARED["coco-91"][1], SHARED["coco-91"][18], SHARED["coco-91"][90]) == ("person", "dog", "toothbrush")


def test_insightface_says_what_it_needs_or_runs(tmp_path: Path) -> None:
    description = {"adapter": "insightface", "size": [64, 64], "dim": 8}
    detector = {"face-detection": {**description, "file": "det.onnx"}}
    _made(tmp_path, "face-detection", {"adapter": "scrfd", "input": SIZE}, _scrfd(), (1, 3, 64, 64), name="det.onnx")
    vectors = np.arange(1, 9, dtype=np.float32)[None]
    _made(tmp_path, "face-embedding", {"adapter": "arcface", "input": {"size": [112, 112]}}, {"vector": vectors},
          ("n", 3, 112, 112), name="rec.onnx")  # fmt: skip
    pack = pack_of({"id": "lions", "models": {**detector, "face-embedding": {**description, "file": "rec.onnx"}}})
    try:
        import insightface  # noqa: F401
    except ImportError:
        with pytest.raises(NeedsPack, match="insightface"):
            models.make(models.Model(pack, tmp_path, "face-detection", pack.models["face-detection"]))
        return
    (face,) = models.make(models.Model(pack, tmp_path, "face-detection", pack.models["face-detection"])).detect(
        GREY, 0.5
    )
    assert np.allclose(np.asarray(face.box) * (64, 48, 64, 48), (14, 20, 20, 24), atol=1)
    embedder = models.make(models.Model(pack, tmp_path, "face-embedding", pack.models["face-embedding"]))
    (row,) = embedder.embed(np.zeros((1, 112, 112, 3), np.uint8))
    assert row == pytest.approx(vectors[0] / np.linalg.norm(vectors), abs=1e-5)
