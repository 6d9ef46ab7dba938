"""The wave of a recording as the lowest and highest sample of each small piece: what a drawing of it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.container import container, frames, sound_stream
from engine.model import Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.formats import Format

RATE = 8000  # samples a second that the pieces are taken from
FINE = 200  # pieces a second of recordings up to an hour
MOST = 720_000  # pieces of a channel; those of longer recordings are longer
CHANNELS = 2
EVERY = 400  # frames of sound between two steps


def peaks(path: bytes, format: Format, duration: float, hours: float) -> Iterator[Step | bytes]:
    """Yield steps, then the peaks as `packed` writes them, of at most `hours` of sound.

    Raises:
        DamagedFile: there is no sound that can be decoded.
    """
    import av

    each = RATE // FINE
    while duration * RATE / each > MOST:
        each *= 2
    with container(path, format) as found:
        stream = sound_stream(found)
        if stream is None:
            raise DamagedFile(tr("There is no sound in this file."), hint="")
        channels = min(CHANNELS, stream.codec_context.layout.nb_channels)
        mixer, shape = None, None
        wave = _Wave(channels, each)
        for count, frame in enumerate(frames(found, stream, [])):
            if shape != (shape := (frame.format.name, frame.layout.name, frame.sample_rate)) or mixer is None:
                mixer = av.AudioResampler(format="s16", layout="stereo" if channels == 2 else "mono", rate=RATE)
            frame.pts = None
            for made in mixer.resample(frame):
                wave.add(made.to_ndarray().astype("int16", copy=False).reshape(-1, channels))
            if count % EVERY == EVERY - 1:
                yield Step(min(wave.seconds, duration), duration)
            if wave.seconds >= hours * 3600:
                break
    yield packed(wave.done(), RATE / each)


class _Wave:
    """Gathers samples and keeps the extremes of each piece."""

    def __init__(self, channels: int, each: int) -> None:
        self._channels = channels
        self._each = each
        self._rest: list[NDArray[np.int16]] = []
        self._waiting = 0
        self._done: list[NDArray[np.int8]] = []
        self._count = 0

    @property
    def seconds(self) -> float:
        """How much was added."""
        return self._count / RATE

    def add(self, samples: NDArray[np.int16]) -> None:
        """Take samples, one row for each time."""
        self._rest.append(samples)
        self._waiting += len(samples)
        self._count += len(samples)
        if self._waiting >= self._each * 256:
            self._fold()

    def done(self) -> NDArray[np.int8]:
        """All pieces: low and high of each channel."""
        import numpy as np

        self._fold(last=True)
        return np.concatenate(self._done) if self._done else np.zeros((0, self._channels, 2), np.int8)

    def _fold(self, *, last: bool = False) -> None:
        import numpy as np

        if not self._waiting:
            return
        whole = np.concatenate(self._rest)
        if last and len(whole) % self._each:
            whole = np.pad(whole, ((0, self._each - len(whole) % self._each), (0, 0)), mode="edge")
        used = len(whole) // self._each * self._each
        pieces = whole[:used].reshape(-1, self._each, self._channels)
        extremes = np.stack([pieces.min(axis=1), pieces.max(axis=1)], axis=2)
        self._done.append((extremes >> 8).astype(np.int8))
        self._rest = [whole[used:]]
        self._waiting = len(whole) - used


def packed(extremes: NDArray[np.int8], rate: float) -> bytes:
    """A line of JSON (channels, pieces a second), then low and high of each channel, piece by piece, as int8."""
    head: dict[str, Any] = {"channels": int(extremes.shape[1]), "rate": rate}
    return json.dumps(head).encode() + b"\n" + extremes.tobytes()


def unpacked(data: bytes) -> tuple[float, NDArray[np.int8]]:
    """Pieces a second, and the extremes: pieces x channels x (low, high)."""
    import numpy as np

    head, _, body = data.partition(b"\n")
    told = json.loads(head)
    return float(told["rate"]), np.frombuffer(body, np.int8).reshape(-1, int(told["channels"]), 2)
