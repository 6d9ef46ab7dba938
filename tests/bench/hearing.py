"""Speech and sounds through a worker's loop against the bare models on the same recordings, in one process.

The worker's side opens every file, decodes its sound, finds the voices, writes down or names, and writes the answers as
messages; the bare side is faster-whisper's own batched pipeline with its own voice filter, and the sound model window
by window, on sound that lies decoded in memory.
"""

import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.rows import row
from tests.bench.senses import _shelf

FILES = ("audio/en_jfk.flac", "audio/en_LJ001-0001.wav", "audio/en_test.wav", "audio/guitar.ogg",
         "audio/voices-around-a-fire.mp3", "audio_synth/en_longform_4min.mp3")  # fmt: skip
Recordings = list[tuple[Path, Any, Any]]  # path, what it is, sound


def run(quick: bool) -> list[dict[str, Any]]:
    """P6: a row for speech and one for sounds; none where the real media and models are not beside the project."""
    from tests.conftest import _shared
    from tests.packs import real_packs

    media, models = _shared("media"), _shared("models")
    if media is None or models is None:
        return []
    with tempfile.TemporaryDirectory() as name, _shelf(real_packs(models, Path(name), ["micro-whisper", "yamnet"])):
        recordings = _recordings(media, FILES[:-1] if quick else FILES)
        return [_measured("speech", recordings, _bare_speech()), _measured("sounds", recordings, _bare_sounds())]


def _recordings(media: Path, names: tuple[str, ...]) -> Recordings:
    from engine.media.sniff import sniff
    from engine.media.source import Source

    found: Recordings = []
    for name in names:
        path = media / name
        told = sniff(bytes(path))
        with Source(bytes(path), told.kind, told.mime) as source:
            found.append((path, told, source.sound()))
    return found


def _measured(name: str, recordings: Recordings, bare: Callable[[Any], Any]) -> dict[str, Any]:
    """Best of three rounds of each side, in turn."""
    ours = _ours(name)
    for one in recordings[:1]:
        ours(one)
        bare(one[2])
    times: list[list[float]] = [[], [], []]
    for _ in range(3):
        times[0].append(_seconds(lambda: [ours(one) for one in recordings]))
        times[1].append(_seconds(lambda: [bare(one[2]) for one in recordings]))
        times[2].append(_seconds(lambda: [_decoded(one) for one in recordings]))
    mine, other, decode = (min(part) for part in times)
    seconds = sum(len(sound) for _, _, sound in recordings) / 16_000
    what = f"{name}, {seconds:.0f} s of sound in {len(recordings)} files, as a worker runs it"
    against = f"bare model {seconds / other:.0f} times real time, with decoding {seconds / (other + decode):.0f}"
    return row(
        f"P6 {name}",
        what,
        f"{seconds / mine:.0f} times real time",
        against,
        round((other + decode) / mine, 2),
        ">= 0.9",
    )


def _ours(name: str) -> Callable[[tuple[Path, Any, Any]], Any]:
    from engine.jobs import wire
    from engine.jobs.worker import Worker
    from engine.packs.shelf import chosen
    from engine.settings import defaults

    sink = io.BytesIO()
    worker = Worker(io.BytesIO(), sink)
    options = {**defaults(), "packs": chosen({})}

    def one(recording: tuple[Path, Any, Any]) -> None:
        path, told, _ = recording
        sink.seek(0)
        sink.truncate()
        size = path.stat()
        task = wire.Task(1, 1, name, options)
        worker.run(wire.Start(1, bytes(path), told.kind, told.mime, "", size.st_size, size.st_mtime_ns, (task,)))
        if b'"t":"failed"' in sink.getvalue():
            raise RuntimeError(sink.getvalue()[-400:].decode())

    return one


def _bare_speech() -> Callable[[Any], Any]:
    from faster_whisper import BatchedInferencePipeline

    from engine.packs.models import load

    model = load("speech", "micro-whisper@1")
    pipeline = BatchedInferencePipeline(model._model)

    def one(sound: Any) -> None:
        segments, _ = pipeline.transcribe(
            sound, beam_size=5, word_timestamps=True, without_timestamps=False, batch_size=model.batch
        )
        for _ in segments:
            pass

    return one


def _bare_sounds() -> Callable[[Any], Any]:
    from engine.packs.models import load

    return load("sounds", "yamnet@1").tag  # type: ignore[no-any-return]


def _decoded(one: tuple[Path, Any, Any]) -> Any:
    from engine.media.source import Source

    with Source(bytes(one[0]), one[1].kind, one[1].mime) as source:
        return source.sound()


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
