"""Finds where somebody speaks in sound (the Silero model that faster-whisper brings)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

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
APART = 2.0  # seconds of silence from which what follows is another piece: who writes silence down invents words
CUT = 0.6  # of a piece that must be cut: it is cut where the voice is faintest, after this share of it

VOICES = "voices"  # the key under which a source keeps the probabilities for all who ask
Span = tuple[float, float, float]  # start and end in seconds, mean probability


class VoiceDetector:
    """Runs the model minute by minute, with its memory carried on, so that the cuts between leave no trace."""

    @cached_property
    def _model(self) -> InferenceSession:
        return session(bundled("faster_whisper", "assets", "silero_vad_v6.onnx"))

    def chances(self, sound: NDArray[np.float32]) -> Iterator[list[float]]:
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


def spans(chances: Sequence[float], threshold: float, seconds: float) -> list[Span]:
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


def pieces(found: Sequence[Span], chances: Sequence[float], longest: float) -> list[tuple[float, float]]:
    """Cut and merge spans of voice into pieces for a transcriber: (start, end) in seconds, none above `longest`.

    Neighbours are merged while they fit and no silence of `APART` is between them; a span that is too long is cut where
    the voice is faintest (the rule of WhisperX, arXiv 2303.00747, section 2.2).
    """
    out: list[tuple[float, float]] = []
    for start, end, _ in found:
        for begin, until in _cut(start, end, chances, longest):
            if out and until - out[-1][0] <= longest and begin - out[-1][1] < APART:
                out[-1] = out[-1][0], until
            else:
                out.append((begin, until))
    return out


def _cut(start: float, end: float, chances: Sequence[float], longest: float) -> Iterator[tuple[float, float]]:
    step = WINDOW / RATE
    while end - start > longest:
        first, last = int((start + CUT * longest) / step), int((start + longest) / step)
        faint = min(range(first, min(last, len(chances))), key=lambda at: chances[at], default=last)
        until = min(round((faint + 0.5) * step, 3), start + longest)
        yield start, until
        start = until
    yield start, end
