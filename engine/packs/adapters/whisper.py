"""Writes down speech with any Whisper model in CTranslate2's form (faster-whisper)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import NeedsPack
from engine.language import tr
from engine.packs.models import Model
from engine.packs.talk import Heard, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

log = logging.getLogger(__name__)

RATE = 16_000
LONGEST = 29.0  # seconds; the model sees thirty, and the last word needs room
NEEDED = ("config.json", "tokenizer.json")  # beside the model; without the second the library would look for it online
# What to compute in on each device, the first that it supports: small integers take a quarter of the memory of float32
# and half the time on a processor, at the same word error (https://github.com/SYSTRAN/faster-whisper, Benchmark).
COMPUTE = {"cuda": ("int8_float16", "float16", "float32"), "cpu": ("int8", "float32")}
# Pieces in one call by the size of the model in MB: a call must stay well below the time that a worker may be silent.
BATCHES = {"cuda": ((4000, 16), (1e9, 8)), "cpu": ((200, 4), (600, 2), (1e9, 1))}
UNREADABLE = "\ufffd"  # half a letter: the model stopped within it
CLEAR = 0.8  # probability from which the language of a piece needs no second one
NO_REPEAT = 3  # tokens of a phrase that may not come twice, in a careful reading


class Whisper:
    """The transcriber of a pack folder; always from the disk, and always from sound, never from a path."""

    longest = LONGEST

    def __init__(self, model: Model) -> None:
        path = model.file()
        for name in NEEDED:
            if not (path.parent / name).is_file():
                raise NeedsPack(
                    tr("The pack {id} lacks {name}.", id=model.pack.id, name=name), hint=tr("Install the pack again.")
                )
        megabytes = path.stat().st_size / 1e6
        self._model, device = _loaded(str(path.parent), str(model.description.get("compute", "")), model.pack.id)
        self.batch = next(count for most, count in BATCHES[device] if megabytes <= most)
        # Without marks of time a piece is written down whole; some models need them to get to its end.
        self._marks = bool(model.description.get("timestamps", False))
        self.languages: Sequence[str] = tuple(self._model.supported_languages)

    def language(self, sounds: Sequence[Sound]) -> tuple[str, float]:
        """The language that the pieces seem to be in, and its mean probability; a clear first one is not doubted."""
        if len(self.languages) == 1:
            return self.languages[0], 1.0
        total: Counter[str] = Counter()
        best, sure = "en", 0.0
        for count, sound in enumerate(sounds, 1):
            for code, chance in self._model.detect_language(sound)[2]:
                total[code] += chance
            best, chance = total.most_common(1)[0]
            sure = min(max(chance / count, 0.0), 1.0)
            if sure >= CLEAR:
                break
        return best, sure

    def write(self, sounds: Sequence[Sound], language: str, *, beam: int, careful: bool = False) -> list[list[Heard]]:
        """Write down each piece, with times from its beginning; a `careful` reading does not repeat itself."""
        import numpy as np
        from faster_whisper import BatchedInferencePipeline

        if not sounds:
            return []
        ends = np.cumsum([len(sound) for sound in sounds]).tolist()
        starts = [0, *ends[:-1]]
        segments, _ = BatchedInferencePipeline(self._model).transcribe(
            np.concatenate(sounds),
            language=language,
            beam_size=beam,
            word_timestamps=True,
            clip_timestamps=[
                {"start": start / RATE, "end": end / RATE} for start, end in zip(starts, ends, strict=True)
            ],
            batch_size=len(sounds),
            without_timestamps=not self._marks,
            no_repeat_ngram_size=NO_REPEAT if careful else 0,
        )
        out: list[list[Heard]] = [[] for _ in sounds]
        for segment in segments:
            at = _piece(segment, starts)
            out[at].append(_heard(segment, starts[at] / RATE, len(sounds[at]) / RATE))
        return out


def _piece(segment: Any, starts: Sequence[int]) -> int:
    """Which piece a segment is of: the one that its stretch of features was cut from."""
    frame = RATE // 100
    return max(at for at, start in enumerate(starts) if start // frame <= segment.seek + 1)


def _heard(segment: Any, offset: float, seconds: float) -> Heard:
    def time(value: float) -> float:
        return round(min(max(float(value) - offset, 0.0), seconds), 3)

    words = tuple(
        Word(
            time(word.start),
            time(word.end),
            word.word.replace(UNREADABLE, ""),
            round(min(max(float(word.probability), 0.0), 1.0), 4),
        )
        for word in segment.words or ()
    )
    text = segment.text.replace(UNREADABLE, "").strip()
    return Heard(
        time(segment.start), time(segment.end), text, words, float(segment.avg_logprob),
        float(segment.no_speech_prob), float(segment.compression_ratio),
    )  # fmt: skip


def _loaded(folder: str, compute: str, pack: str) -> tuple[Any, str]:
    """Load the model on the best device that can run it.

    Raises:
        NeedsPack: it cannot be loaded anywhere.
    """
    import ctranslate2

    devices = ["cuda", "cpu"] if ctranslate2.get_cuda_device_count() else ["cpu"]
    for device in devices:
        try:
            return _tried(folder, device, compute), device
        except (RuntimeError, ValueError, OSError) as error:
            log.warning("%s does not run on %s: %s", pack, device, error)
            reason = error
    raise NeedsPack(
        tr("The speech model of {pack} cannot be loaded.", pack=pack), hint=tr("Install the pack again.")
    ) from reason


def _tried(folder: str, device: str, compute: str) -> Any:
    """Load the model and let it hear a moment of silence: a graphics card without its libraries fails only then."""
    import ctranslate2
    import numpy as np
    from faster_whisper import WhisperModel

    able = ctranslate2.get_supported_compute_types(device)
    wanted = next((one for one in (compute, *COMPUTE[device]) if one in able), "default")
    log.info("%s runs on %s in %s", folder, device, wanted)
    model = WhisperModel(folder, device=device, compute_type=wanted, cpu_threads=1, local_files_only=True)
    if device != "cpu":
        model.encode(model.feature_extractor(np.zeros(RATE, np.float32)))
    return model
