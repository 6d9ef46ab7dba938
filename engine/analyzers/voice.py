"""Where somebody speaks: spans of voice in the sound of audio and video (Silero VAD)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.voices import RATE, VOICES, WINDOW, VoiceDetector, spans

ENOUGH = 5.0  # seconds of voice from which the whole is labelled as speech
ENOUGH_SHARE = 0.02  # or this share of the sound


class Voice(Analyzer):
    """Runs the voice detector minute by minute, with its memory carried on, so that the cuts between leave no trace."""

    name = "voice"
    version = 1
    title = mark("Where somebody speaks")
    kinds = frozenset({Kind.AUDIO, Kind.VIDEO})
    needs = ("faster_whisper", "onnxruntime")
    options = ("voice.threshold",)
    travels = ("voice",)
    seconds = 1.0

    def __init__(self) -> None:
        self._detector = VoiceDetector()

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        sound = source.sound()
        if sound is None or not len(sound):
            return
        seconds = len(sound) / RATE
        chances: list[float] = []
        for part in source.once(VOICES, lambda: self._detector.chances(sound)):
            if isinstance(part, Step):
                continue
            chances.extend(part)
            yield Step(min(len(chances) * WINDOW / RATE, seconds), seconds, tr("listening for voices"))
        found = spans(chances, float(options.get("voice.threshold", 0.5)), seconds)
        for start, end, score in found:
            yield Finding(FindingKind.VOICE, Moment(start=start, end=end), score=score)
        spoken = sum(end - start for start, end, _ in found)
        if spoken >= min(ENOUGH, ENOUGH_SHARE * seconds):
            yield Finding(FindingKind.LABEL, label="speech", score=round(min(spoken / seconds, 1.0), 4))
