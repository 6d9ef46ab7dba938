"""How fast a model is on this machine: units a second on the generated input of its task."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.model import Box
from engine.packs.golden import RATE, SENTENCES, picture, sound

ENOUGH = 0.4  # seconds of measuring after one run that warms up
CLIP = 4.0  # seconds of sound in one run


def speed(task: str, model: Any, seconds: float = ENOUGH) -> float | None:
    """Units a second (pictures, faces, seconds of sound, texts: see `Task.unit`); None where it is not measured."""
    run = RUNS.get(task)
    if run is None:
        return None
    run(model)
    units, began = 0.0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        units += run(model)
    return round(units / took, 3)


def _detect(model: Any) -> float:
    model.detect(picture(), 0.3)
    return 1.0


def _faces(model: Any) -> float:
    import numpy as np

    model.embed(np.stack([picture(112)] * 4))
    return 4.0


def _pose(model: Any) -> float:
    model.estimate(picture(), Box(0.3, 0.2, 0.6, 0.75))
    return 1.0


def _tag(model: Any) -> float:
    model.tag([picture()] * 2)
    return 2.0


def _embed(model: Any) -> float:
    model.embed([picture()] * 2)
    return 2.0


def _texts(model: Any) -> float:
    model.embed_texts(list(SENTENCES))
    return float(len(SENTENCES))


def _judge(model: Any) -> float:
    model.judge([picture()] * 2)
    return 2.0


def _write(model: Any) -> float:
    model.write([sound(CLIP)], "en" if "en" in model.languages else next(iter(model.languages), "en"), beam=1)
    return CLIP


def _voice(model: Any) -> float:
    model.embed_sounds([sound(CLIP)])
    return CLIP


def _sound(model: Any) -> float:
    clip = sound(CLIP)
    model.tag(clip)
    return len(clip) / RATE


RUNS: Mapping[str, Callable[[Any], float]] = {
    "face-detection": _detect,
    "face-embedding": _faces,
    "pose": _pose,
    "objects": _detect,
    "tags": _tag,
    "image-text": _embed,
    "picture-embedding": _embed,
    "text-embedding": _texts,
    "safety": _judge,
    "speech": _write,
    "speaker-embedding": _voice,
    "sounds": _sound,
}
