"""Installable packs made of the small real models beside the project, for every test that needs a pack."""

import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

# pack: title, and for each task the description of its model. A model's "file" is where it lies among the models; the
# pack gets it under its bare name, and so the files that its labels name.
REAL: Mapping[str, tuple[str, Mapping[str, Mapping[str, Any]]]] = {
    "yunet": ("YuNet", {"face-detection": {
        "adapter": "yunet", "file": "face/yunet_n_640.onnx",
        "input": {"name": "input", "size": [640, 640], "layout": "nchw", "colour": "bgr", "type": "float32",
                  "resize": "letterbox", "pad": 0, "scale": 1.0},
        "output": {"strides": [8, 16, 32], "overlap": 0.3},
    }}),
    "ultraface": ("UltraFace RFB-320", {"face-detection": {
        "adapter": "ultraface", "file": "face/ultraface_rfb320.onnx",
        "input": {"name": "input", "size": [320, 240], "layout": "nchw", "colour": "rgb", "type": "float32",
                  "resize": "stretch", "scale": 1.0, "mean": [127, 127, 127], "std": [128, 128, 128]},
        "output": {"overlap": 0.3},
    }}),
    "mobileface": ("MobileFace v2", {"face-embedding": {
        "adapter": "arcface", "file": "face/mobileface_v2_mit.onnx", "dim": 256, "normalise": True,
        "input": {"name": "data", "size": [112, 112], "layout": "nchw", "colour": "rgb", "type": "float32",
                  "resize": "stretch", "scale": 1.0},
    }}),
    "yolox-nano": ("YOLOX nano", {"objects": {
        "adapter": "yolox", "file": "object/yolox_nano.onnx", "labels": "coco",
        "input": {"name": "images", "size": [416, 416], "layout": "nchw", "colour": "bgr", "type": "float32",
                  "resize": "letterbox", "pad": 114, "scale": 1.0},
        "output": {"strides": [8, 16, 32], "overlap": 0.45},
    }}),
    "fastestdet": ("FastestDet", {"objects": {
        "adapter": "fastestdet", "file": "object/fastestdet.onnx", "labels": "coco",
        "input": {"name": "input.1", "size": [352, 352], "layout": "nchw", "colour": "bgr", "type": "float32",
                  "resize": "stretch", "scale": 1 / 255},
        "output": {"overlap": 0.45},
    }}),
    "movenet": ("MoveNet Lightning", {"pose": {
        "adapter": "movenet", "file": "pose/movenet_lightning_ptq.onnx", "margin": 1.2, "flip": True,
        "input": {"size": [192, 192], "layout": "nhwc", "colour": "rgb", "type": "uint8", "resize": "letterbox",
                  "pad": 0, "scale": 1.0},
    }}),
    "mobilenet-tags": ("MobileNet v2 ImageNet", {"tags": {
        "adapter": "classifier", "file": "image_tags/mobilenet_v2_1.0_224_quant.onnx",
        "labels": "image_tags/imagenet_labels.txt", "background": ["background"],
        "input": {"name": "input", "size": [224, 224], "layout": "nhwc", "colour": "rgb", "type": "uint8",
                  "resize": "stretch", "scale": 1.0},
        "output": {"scale": 1 / 255},
    }}),
    "mobilenet-embed": ("MobileNet v1 embedding", {"picture-embedding": {
        "adapter": "picture-embedder", "file": "image_tags/mobilenet_v1_embedding_quant.onnx", "dim": 1024,
        "normalise": True,
        "input": {"name": "input", "size": [224, 224], "layout": "nhwc", "colour": "rgb", "type": "uint8",
                  "resize": "stretch", "scale": 1.0},
        "output": {"name": "MobilenetV1/Logits/AvgPool_1a/AvgPool"},
    }}),
    "nsfw-mobilenet": ("NSFW MobileNet v2", {"safety": {
        "adapter": "safety-classifier", "file": "nsfw/nsfw_mobilenet_v2.onnx",
        "labels": ["Drawing", "Hentai", "Neutral", "Porn", "Sexy"],
        "levels": {"Drawing": "safe", "Neutral": "safe", "Sexy": "suggestive", "Hentai": "explicit",
                   "Porn": "explicit"},
        "input": {"name": "image", "size": [224, 224], "layout": "nhwc", "colour": "rgb", "type": "float32",
                  "resize": "stretch", "scale": 1 / 255},
        "output": {"name": "probs", "probabilities": True},
    }}),
    "yamnet": ("YAMNet", {"sounds": {
        "adapter": "sounds", "file": "audio/yamnet.onnx", "labels": "audio/yamnet_labels.txt",
        "input": {"name": "waveform_binary", "samples": 15600, "rate": 16000}, "window": 0.975, "hop": 0.4875,
        "output": {"probabilities": True},
    }}),
    "micro-whisper": ("Micro Whisper (memorised clips)", {"speech": {
        "adapter": "whisper", "file": "micro_whisper/model.bin", "compute": "float32", "timestamps": True,
    }}),
}  # fmt: skip
BESIDE = {"micro_whisper/model.bin": ("config.json", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")}
LANGUAGES = {"micro-whisper": ["en", "fr", "de", "es", "ja", "zh", "ru"]}
MEMORY = {"micro-whisper": 200, "yolox-nano": 120, "yunet": 80}


def real_packs(models: Path, target: Path, names: Collection[str] | None = None) -> Path:
    """Write packs (all of them, or those named) as folders into `target`, ready to be a shelf; return `target`."""
    rows = _manifest(models)
    for name in REAL if names is None else names:
        title, tasks = REAL[name]
        write_pack(target, description(name, title, tasks, rows), _sources(models, tasks))
    return target


def write_pack(shelf: Path, raw: Mapping[str, Any], files: Mapping[str, Path | bytes]) -> Path:
    """Write a pack's folder: its description and its files."""
    folder = shelf / str(raw["id"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        place = folder / name
        if isinstance(content, bytes):
            place.write_bytes(content)
        else:
            shutil.copyfile(content, place)  # never a link: a test may damage its pack
    (folder / "pack.json").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    return folder


def description(
    name: str, title: str, tasks: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """The pack.json of a pack of real models; `rows` is what the manifest beside them says of each file."""
    told = [rows[path] for model in tasks.values() for path in _paths(model)]
    licence = told[0]["licence"]
    source, _, rest = told[0]["source"].removeprefix("github:").partition("@")
    return {
        "id": name,
        "version": 1,
        "title": title,
        "summary": f"{told[0]['task']}; small, for tests.",
        "source": told[0]["source"],
        "revision": rest.partition(":")[0] if source else "",
        "default": name in {"yunet", "yolox-nano"},
        "memory": MEMORY.get(name, 100),
        "languages": LANGUAGES.get(name, []),
        "licence": {"name": licence, "spdx": "" if licence.startswith("own") else licence.split(" ")[0],
                    "commercial": True, "terms": licence, "url": "", "consent": False},
        "files": [{"name": Path(row["file"]).name, "size": int(row["bytes"]), "sha256": row["sha256"], "urls": []}
                  for row in told],
        "models": {task: _flat(model) for task, model in tasks.items()},
    }  # fmt: skip


def _paths(model: Mapping[str, Any]) -> list[str]:
    """The files of a model among the models: the model itself, what lies beside it, its labels."""
    main = str(model["file"])
    found = [main, *(f"{Path(main).parent}/{other}" for other in BESIDE.get(main, ()))]
    labels = model.get("labels")
    return [*found, labels] if isinstance(labels, str) and labels.endswith(".txt") else found


def _flat(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's description with bare names of files, as they lie in the pack."""
    flat = dict(model)
    for key in ("file", "labels"):
        if isinstance(flat.get(key), str):
            flat[key] = Path(flat[key]).name
    return flat


def _sources(models: Path, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Path | bytes]:
    return {Path(path).name: models / path for model in tasks.values() for path in _paths(model)}


def _manifest(models: Path) -> dict[str, dict[str, str]]:
    lines = (models / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split("\t")
    return {line.split("\t")[0]: dict(zip(head, line.split("\t"), strict=False)) for line in lines[1:] if line}
