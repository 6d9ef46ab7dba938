"""The golden check: what each task's model answers to an input that is made by rule, and whether it still does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.model import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Sound = NDArray[np.float32]

RATE = 16_000
SENTENCES = ("A red boat lies at the shore.", "Zwei Kinder spielen im Garten.")
KEPT = 48  # numbers of a vector that are recorded
BEST = 5  # labels and things that are recorded
LEAST = 0.02  # score from which things count: what is drawn looks like little that models know
ALIKE = 0.995  # cosine between the recorded vector and today's
NEAR = 0.03  # difference of scores and of places (as fractions) that rounding may make

Answer = dict[str, Any]


def picture(side: int = 256, seed: int = 0) -> Pixels:
    """A drawn picture: a gradient, a sun, a house and something like a face; `seed` makes others."""
    import numpy as np

    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    image = np.stack([x, y, 1 - (x + y) / 2], axis=2) * 160 + 40
    image[(x - 0.8) ** 2 + (y - 0.15) ** 2 < 0.01] = (250, 230, 90)
    image[(x > 0.08) & (x < 0.38) & (y > 0.55) & (y < 0.95)] = (150, 60, 50)
    image[(x - 0.66) ** 2 / 0.03 + (y - 0.6) ** 2 / 0.05 < 1] = (225, 185, 160)
    for centre in (0.6, 0.72):
        image[(x - centre) ** 2 + (y - 0.54) ** 2 < 0.0006] = (40, 30, 30)
    image[(abs(x - 0.66) < 0.05) & (abs(y - 0.71) < 0.012)] = (170, 60, 60)
    if seed:
        image = np.rot90(image, seed % 4)[:, ::-1] * (1.0 - 0.1 * (seed % 3))
    return np.ascontiguousarray(image.clip(0, 255).astype(np.uint8))


def sound(seconds: float = 3.0, seed: int = 0) -> Sound:
    """A generated sound at 16 kHz: a gliding tone with harmonics, and noise."""
    import numpy as np

    time = np.arange(int(seconds * RATE), dtype=np.float64) / RATE
    base = 160 + 60 * seed + 40 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(base) / RATE
    tone = sum(np.sin(phase * k) / k for k in range(1, 6))
    noise = np.random.default_rng(7 + seed).standard_normal(len(time))
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time)
    return np.asarray(0.12 * tone * swell + 0.01 * noise, np.float32)


def ask(task: str, model: Any) -> Answer:
    """Let a model answer the generated input of its task; the answer is small and can be written as JSON.

    Raises:
        PackInvalid: the answer cannot be right whatever the input: wrong in shape, not finite, or always the same.
    """
    return ASK[task](model)


def differs(recorded: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say how an answer differs from the recorded one beyond rounding; empty when it does not."""
    for key, old in recorded.items():
        new = found.get(key)
        if isinstance(old, list) and old and all(isinstance(one, (int, float)) for one in old) and key == "vector":
            if not isinstance(new, list) or len(new) != len(old) or _cosine(old, new) < ALIKE:
                return "its numbers are others than those that were recorded"
        elif key == "found":
            if not _same_things(old, new):
                return "it finds other things than those that were recorded"
        elif isinstance(old, float):
            if not isinstance(new, (int, float)) or abs(old - new) > NEAR:
                return f"{key} was {old}, now it is {new}"
        elif old != new:
            return f"{key} was {old!r}, now it is {new!r}"
    return ""


# --- one function for each kind of model ------------------------------------------------------------------------------


def _pictures(model: Any) -> Answer:
    return _vectors(model, model.embed([picture(), picture(seed=1)]))


def _both(model: Any) -> Answer:
    words = _vectors(model, model.embed_texts(list(SENTENCES)))
    return {**_pictures(model), "words": {"dim": words["dim"]}}


def _texts(model: Any) -> Answer:
    return _vectors(model, model.embed_texts(list(SENTENCES)))


def _aligned(model: Any) -> Answer:
    import numpy as np

    return _vectors(model, model.embed(np.stack([picture(112), picture(112, seed=1)])))


def _voices(model: Any) -> Answer:
    return _vectors(model, model.embed_sounds([sound(), sound(2.0, seed=1)]))


def _vectors(model: Any, found: Any) -> Answer:
    import numpy as np

    rows = np.asarray(found, np.float32)
    if rows.shape != (2, model.dim):
        raise PackInvalid(f"It gives vectors of {rows.shape[-1]} numbers, but its description says {model.dim}.")
    _finite(rows)
    if abs(float(np.linalg.norm(rows[0])) - 1) > 0.01:
        raise PackInvalid("Its vectors are not of length 1.")
    if float(rows[0] @ rows[1]) > 0.99999:
        raise PackInvalid("It answers the same whatever it is given.")
    step = max(1, rows.shape[1] // KEPT)
    return {"dim": int(rows.shape[1]), "vector": [round(float(one), 5) for one in rows[0][::step][:KEPT]]}


def _things(model: Any) -> Answer:
    things = sorted(model.detect(picture(), LEAST), key=lambda one: -one.score)
    for one in things:
        numbers = (one.score, one.box.x, one.box.y, one.box.w, one.box.h, *(v for point in one.points for v in point))
        if not all(math.isfinite(number) for number in numbers) or not 0 <= one.score <= 1.001:
            raise PackInvalid("It gives boxes or scores that are no sensible numbers.")
    labels = getattr(model, "labels", ())
    answer: Answer = {"labels": len(labels)} if labels else {}
    return {**answer, "found": [_thing(one) for one in things[:BEST]]}


def _thing(one: Any) -> list[Any]:
    return [one.label, *(round(float(number), 4) for number in (one.score, one.box.x, one.box.y, one.box.w, one.box.h))]


def _body(model: Any) -> Answer:
    import numpy as np

    points = np.asarray(model.estimate(picture(), Box(0.3, 0.2, 0.6, 0.75)), np.float32)
    if points.shape != (len(model.names), 3):
        raise PackInvalid(f"It gives {points.shape} numbers for {len(model.names)} points.")
    _finite(points)
    # Where nobody is, the places of points mean nothing and jump: their scores are what is compared.
    return {"points": len(points), "score": round(float(points[:, 2].mean()), 4)}


def _tags(model: Any) -> Answer:
    return _rows(model, model.tag([picture(), picture(seed=1)]))


def _sounds(model: Any) -> Answer:
    import numpy as np

    found = np.asarray(model.tag(sound(4.0)), np.float32)
    return _rows(model, found.mean(axis=0, keepdims=True))


def _rows(model: Any, found: Any) -> Answer:
    import numpy as np

    rows = np.asarray(found, np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(model.labels):
        raise PackInvalid(f"It gives {rows.shape[-1]} scores, but its description has {len(model.labels)} labels.")
    _finite(rows)
    if float(rows.min()) < -0.001 or float(rows.max()) > 1.001:
        raise PackInvalid("Its scores are no probabilities (0 to 1).")
    if float(rows[0].max() - rows[0].min()) < 1e-7:
        raise PackInvalid("It answers the same for every label.")
    best = sorted(range(rows.shape[1]), key=lambda at: -float(rows[0][at]))[:BEST]
    return {
        "labels": len(model.labels),
        "found": [[str(model.labels[at]), round(float(rows[0][at]), 4)] for at in best],
    }


def _judged(model: Any) -> Answer:
    judged = model.judge([picture(), picture(seed=1)])
    if len(judged) != 2 or any(level not in ("safe", "suggestive", "explicit") for level, _ in judged):
        raise PackInvalid("It does not judge each picture as safe, suggestive or explicit.")
    level, score = judged[0]
    if not 0 <= float(score) <= 1.001:
        raise PackInvalid("Its score is no probability (0 to 1).")
    return {"level": str(level), "score": round(float(score), 4)}


def _spoken(model: Any) -> Answer:
    """What a transcriber makes of a sound without speech says nothing of it: that it answers is what counts."""
    language = "en" if "en" in model.languages else str(next(iter(model.languages), "en"))
    written = model.write([sound(4.0)], language, beam=1)
    if len(written) != 1 or any(not math.isfinite(one.start + one.end) for one in written[0]):
        raise PackInvalid("It does not give sensible times.")
    return {"languages": len(model.languages)}


def _talk(model: Any) -> Answer:
    """A language model answers otherwise each time: that it was loaded is what counts."""
    return {"loaded": model is not None}


def _finite(rows: Any) -> None:
    import numpy as np

    if not np.isfinite(rows).all():
        raise PackInvalid("It gives numbers that are none (NaN or infinite).")


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    length = math.sqrt(sum(a * a for a in one)) * math.sqrt(sum(b * b for b in other))
    return product / length if length else 1.0


def _same_things(old: Any, new: Any) -> bool:
    """Whether what is clearly above the others in one list is in the other, too, with nearly the same numbers."""
    if not isinstance(new, list):
        return False

    def found_in(one: Sequence[Any], others: Sequence[Sequence[Any]]) -> bool:
        return any(
            one[0] == other[0]
            and len(one) == len(other)
            and all(abs(a - b) <= NEAR for a, b in zip(one[1:], other[1:], strict=True))
            for other in others
        )

    return all(
        found_in(one, there) or one[1] < 2 * NEAR + LEAST for here, there in ((old, new), (new, old)) for one in here
    )


ASK: Mapping[str, Callable[[Any], Answer]] = {
    "face-detection": _things,
    "face-embedding": _aligned,
    "pose": _body,
    "objects": _things,
    "tags": _tags,
    "image-text": _both,
    "picture-embedding": _pictures,
    "text-embedding": _texts,
    "safety": _judged,
    "speech": _spoken,
    "speaker-embedding": _voices,
    "sounds": _sounds,
    "language-model": _talk,
}
