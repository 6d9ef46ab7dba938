"""Where somebody speaks: spans of voice in the sound of audio and video (Silero VAD)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.runtime import bundled, session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

RATE = 16_000  # samples in a second, mono
WINDOW = 512  # samples that one probability is for
CONTEXT = 64  # samples before the window that the model sees too
CHUNK = 1875  # windows in one call: a minute, so that hours of sound need no more memory than a minute
STATE = (1, 1, 128)  # shape of the model's memory
HYSTERESIS = 0.15  # a voice ends below `threshold` less this, as in Silero's own loop
LEAST = 0.25  # seconds; shorter sounds are not speech
PAUSE = 0.7  # seconds of silence within one span
PAD = 0.15  # seconds added on both sides
ENOUGH = 5.0  # seconds of voice from which the whole is labelled as speech
ENOUGH_SHARE = 0.02  # or this share of the sound


class Voice(Analyzer):
    """Runs the voice detector minute by minute, with its memory carried on, so that the cuts between leave no trace."""

    name = "voice"
    version = 1
    title = "Where somebody speaks"
    kinds = frozenset({Kind.AUDIO, Kind.VIDEO})
    needs = ("faster_whisper", "onnxruntime")
    options = ("voice.threshold",)
    seconds = 1.0

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        sound = source.sound()
        if sound is None or not len(sound):
            return
        seconds = len(sound) / RATE
        chances: list[float] = []
        for part in self._chances(sound):
            chances.extend(part)
            yield Step(min(len(chances) * WINDOW / RATE, seconds), seconds, "listening for voices")
        found = spans(chances, float(options.get("voice.threshold", 0.5)), seconds)
        for start, end, score in found:
            yield Finding(FindingKind.VOICE, Moment(start=start, end=end), score=score)
        spoken = sum(end - start for start, end, _ in found)
        if spoken >= min(ENOUGH, ENOUGH_SHARE * seconds):
            yield Finding(FindingKind.LABEL, label="speech", score=round(min(spoken / seconds, 1.0), 4))

    @cached_property
    def _model(self) -> InferenceSession:
        return session(bundled("faster_whisper", "assets", "silero_vad_v6.onnx"))

    def _chances(self, sound: NDArray[np.float32]) -> Iterator[list[float]]:
        """Yield the probabilities of speech, one for each window, a chunk at a time."""
        import numpy as np

        memory = np.zeros(STATE, np.float32)
        cell = np.zeros(STATE, np.float32)
        before = np.zeros((1, CONTEXT), np.float32)
        for at in range(0, len(sound), CHUNK * WINDOW):
            part = sound[at : at + CHUNK * WINDOW]
            windows = np.pad(part, (0, -len(part) % WINDOW)).reshape(-1, WINDOW).astype(np.float32, copy=False)
            context = np.concatenate([before, windows[:-1, -CONTEXT:]])
            before = windows[-1:, -CONTEXT:]
            given = {"input": np.concatenate([context, windows], axis=1), "h": memory, "c": cell}
            out, memory, cell = self._model.run(None, given)
            yield out.ravel().tolist()


def spans(chances: Sequence[float], threshold: float, seconds: float) -> list[tuple[float, float, float]]:
    """Turn probabilities of speech, one for each window, into (start, end, mean probability), times in seconds.

    A voice begins at `threshold` and ends when the probability stays below `threshold` less `HYSTERESIS` for `PAUSE`
    (the rule of Silero VAD, https://github.com/snakers4/silero-vad). `seconds` is the length of the sound.
    """
    low = max(threshold - HYSTERESIS, 0.01)
    pause = int(PAUSE * RATE / WINDOW)
    rough: list[tuple[int, int]] = []
    first = last = -1
    for index, chance in enumerate(chances):
        if chance >= (threshold if first < 0 else low):
            first = index if first < 0 else first
            last = index
        elif first >= 0 and index - last > pause:
            rough.append((first, last + 1))
            first = -1
    if first >= 0:
        rough.append((first, last + 1))
    step = WINDOW / RATE
    return [
        (
            round(max(begin * step - PAD, 0.0), 3),
            round(min(end * step + PAD, seconds), 3),
            round(sum(chances[begin:end]) / (end - begin), 4),
        )
        for begin, end in rough
        if (end - begin) * step >= LEAST
    ]
