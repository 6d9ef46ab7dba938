"""Loaded models: what each task's model can do, and the one way to get it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engine.errors import PackInvalid
from engine.language import tr
from engine.model import Box
from engine.packs import shelf
from engine.packs.budget import Loaded
from engine.packs.pack import Pack
from engine.packs.runtime import fitting
from engine.packs.talk import Heard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # H x W x 3, RGB, upright
    Vectors = NDArray[np.float32]  # N x dim, each of length 1


@dataclass(frozen=True, slots=True)
class Model:
    """What an adapter gets: the pack, its folder, the task, and the description of the task's model."""

    pack: Pack
    folder: Path
    task: str
    description: Mapping[str, Any]

    def file(self, key: str = "file") -> Path:
        """The path of a file that the description names.

        Raises:
            PackInvalid: it names none, or one outside the pack.
        """
        name = self.description.get(key)
        path = (self.folder / str(name)).resolve() if name else self.folder
        if not name or not path.is_relative_to(self.folder.resolve()):
            raise PackInvalid(
                tr("The pack {id} does not name its {key} for {task}.", id=self.pack.id, key=key, task=self.task)
            )
        half = self.description.get(f"{key}_fp16")
        return fitting(path, self.folder / Path(str(half)).name) if half else path


@dataclass(frozen=True, slots=True)
class Seen:
    """Something found in a picture: its label, score 0..1 and box; of faces also points (fractions of the picture)."""

    label: str
    score: float
    box: Box
    points: tuple[tuple[float, float], ...] = ()


class Embedder(Protocol):
    """Anything that makes vectors: their number of dimensions and the name of their space (id@version)."""

    dim: int
    space: str


@runtime_checkable
class FaceDetector(Protocol):
    """Task face-detection. Points: right eye, left eye, nose, right and left corner of the mouth, as seen."""

    def detect(self, image: Pixels, least: float) -> list[Seen]: ...


@runtime_checkable
class FaceEmbedder(Embedder, Protocol):
    """Task face-embedding: faces aligned to 112 x 112 (N x 112 x 112 x 3, RGB, uint8)."""

    def embed(self, faces: NDArray[np.uint8]) -> Vectors: ...


@runtime_checkable
class ObjectDetector(Protocol):
    """Task objects."""

    labels: Sequence[str]

    def detect(self, image: Pixels, least: float) -> list[Seen]: ...


@runtime_checkable
class PoseEstimator(Protocol):
    """Task pose: K x 3 (x, y as fractions of the picture, score 0..1) of the body in a box; `names` of the K points."""

    names: Sequence[str]

    def estimate(self, image: Pixels, box: Box) -> NDArray[np.float32]: ...


@runtime_checkable
class Tagger(Protocol):
    """Task tags: N x L probabilities."""

    labels: Sequence[str]

    def tag(self, images: Sequence[Pixels]) -> NDArray[np.float32]: ...


@runtime_checkable
class PictureEmbedder(Embedder, Protocol):
    """Task picture-embedding, and the picture side of image-text."""

    def embed(self, images: Sequence[Pixels]) -> Vectors: ...


@runtime_checkable
class TextEmbedder(Embedder, Protocol):
    """Task text-embedding, and the text side of image-text. `longest`: tokens that one text may have."""

    longest: int

    def embed_texts(self, texts: Sequence[str]) -> Vectors: ...


@runtime_checkable
class SafetyJudge(Protocol):
    """Task safety: for each picture the level (safe, suggestive, explicit) and its score 0..1."""

    def judge(self, images: Sequence[Pixels]) -> list[tuple[str, float]]: ...


@runtime_checkable
class Transcriber(Protocol):
    """Task speech: pieces of sound (16 kHz mono, none above `longest` seconds) are written down `batch` at a time.

    `languages` are the codes (ISO 639-1 where there is one) that it knows.
    """

    batch: int
    longest: float
    languages: Sequence[str]

    def language(self, sounds: Sequence[NDArray[np.float32]]) -> tuple[str, float]: ...

    def write(
        self, sounds: Sequence[NDArray[np.float32]], language: str, *, beam: int, careful: bool = False
    ) -> list[list[Heard]]: ...


@runtime_checkable
class SoundTagger(Protocol):
    """Task sounds: T x L probabilities for windows of `window` seconds, one every `hop`; sound is 16 kHz mono."""

    labels: Sequence[str]
    window: float
    hop: float

    def tag(self, sound: NDArray[np.float32]) -> NDArray[np.float32]: ...


@runtime_checkable
class SpeakerEmbedder(Embedder, Protocol):
    """Task speaker-embedding: one vector for each piece of sound (16 kHz mono, each at least half a second)."""

    def embed_sounds(self, sounds: Sequence[NDArray[np.float32]]) -> Vectors: ...


# adapter: module and class. A literal table, never discovery: a frozen build must find them, and a pack brings no code.
ADAPTERS: Mapping[str, str] = {
    "yunet": "engine.packs.adapters.faces:YuNet",
    "ultraface": "engine.packs.adapters.faces:UltraFace",
    "scrfd": "engine.packs.adapters.faces:Scrfd",
    "arcface": "engine.packs.adapters.faces:AlignedFaces",
    "insightface": "engine.packs.adapters.insight:Insight",
    "yolox": "engine.packs.adapters.objects:Yolox",
    "fastestdet": "engine.packs.adapters.objects:FastestDet",
    "detr": "engine.packs.adapters.objects:Detr",
    "movenet": "engine.packs.adapters.pose:MoveNet",
    "simcc": "engine.packs.adapters.pose:SimCC",
    "classifier": "engine.packs.adapters.tags:Classifier",
    "image-text": "engine.packs.adapters.imagetext:ImageText",
    "picture-embedder": "engine.packs.adapters.embedders:PictureEmbedder",
    "text-embedder": "engine.packs.adapters.embedders:TextEmbedder",
    "safety-classifier": "engine.packs.adapters.safety:SafetyClassifier",
    "clip-safety": "engine.packs.adapters.safety:ClipSafety",
    "whisper": "engine.packs.adapters.whisper:Whisper",
    "speaker": "engine.packs.adapters.speaker:Speaker",
    "sounds": "engine.packs.adapters.sounds:Sounds",
    "llm-http": "engine.packs.adapters.language:HttpModel",
    "llm-gguf": "engine.packs.adapters.language:GgufModel",
}


def load(task: str, ref: str) -> Any:
    """Load (or return the loaded) model of a task from the pack that `ref` (id@version) names.

    Raises:
        NeedsPack: the pack is not on this machine, or its model cannot be loaded.
        PackInvalid: its description is wrong.
    """
    pack, folder = shelf.find(ref)
    model = Model(pack, folder, task, pack.models.get(task, {}))
    return loaded.get((task, ref), lambda: make(model))


def make(model: Model) -> Any:
    """Make the adapter of a model.

    Raises:
        PackInvalid: there is no such adapter, or the description is not one for it.
    """
    name = str(model.description.get("adapter", ""))
    place = ADAPTERS.get(name)
    if place is None:
        raise PackInvalid(
            tr(
                "The pack {id} wants the adapter “{name}”, which this Kinora does not have.",
                id=model.pack.id,
                name=name,
            )
        )
    module, _, cls = place.partition(":")
    adapter = getattr(importlib.import_module(module), cls)
    try:
        return adapter(model)
    except (KeyError, TypeError, ValueError) as error:
        raise PackInvalid(
            tr(
                "The pack {id} describes its model for {task} wrongly: {error}.",
                id=model.pack.id,
                task=model.task,
                error=error,
            )
        ) from error


loaded = Loaded()
