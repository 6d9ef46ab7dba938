"""Bring the sound of a file to what speech models hear: 16 kHz, one channel, float32."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from engine.language import tr
from engine.media.container import container, frames, sound_stream
from engine.media.formats import Format
from engine.media.limits import Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000


def read_sound(
    path: bytes,
    format: Format,
    limits: Limits,
    notices: list[str],
    *,
    seconds: float | None = None,
    start: float = 0.0,
) -> NDArray[np.float32] | None:
    """Return the sound in -1..1, at most `limits.sound_hours` of it; None when there is no sound track.

    From the second `start` on, about: of a file in which one cannot jump, what comes before is decoded and dropped.

    Raises:
        DamagedFile: nothing of it can be decoded.
    """
    most = int(min(limits.sound_hours * 3600, seconds or float("inf")) * RATE)
    with container(path, format) as found:
        stream = sound_stream(found)
        if stream is None:
            return None
        tape = _Tape(most)
        mixer = _Mixer()
        if start > 0:
            _jump(found, stream, start)
        for frame in frames(found, stream, notices):
            if start > 0 and frame.time is not None and frame.time + frame.samples / frame.sample_rate <= start:
                continue
            for made in mixer.take(frame):
                tape.add(made)
            if tape.full:
                if seconds is None:
                    notices.append(
                        tr("Only the first {sound_hours:g} hours of sound were read.", sound_hours=limits.sound_hours)
                    )
                return tape.done()
        for made in mixer.take(None):
            tape.add(made)
        return tape.done()


def sound_pieces(path: bytes, format: Format, limits: Limits, notices: list[str]) -> Iterator[NDArray[np.float32]]:
    """Yield the same piece by piece, for who need not have all of it at once; nothing when there is no sound track.

    Raises:
        DamagedFile: nothing of it can be decoded.
    """
    import numpy as np

    left = int(limits.sound_hours * 3600 * RATE)
    with container(path, format) as found:
        stream = sound_stream(found)
        mixer = _Mixer()
        for frame in chain(frames(found, stream, notices) if stream is not None else (), (None,)):
            for made in mixer.take(frame):
                piece = np.nan_to_num(made[:left], posinf=1.0, neginf=-1.0)
                left -= len(piece)
                if len(piece):
                    yield piece
            if left <= 0:
                notices.append(
                    tr("Only the first {sound_hours:g} hours of sound were read.", sound_hours=limits.sound_hours)
                )
                return


def _jump(found: Any, stream: Any, start: float) -> None:
    """Go to the last place before a second from which the stream can be decoded, where the file has such places."""
    import av

    with contextlib.suppress(av.FFmpegError):
        found.seek(int(start / stream.time_base), stream=stream)


class _Mixer:
    """FFmpeg's resampler, made anew when rate or channels change within a file."""

    def __init__(self) -> None:
        self._shape: tuple[Any, ...] | None = None
        self._resampler: Any = None

    def take(self, frame: Any) -> list[NDArray[np.float32]]:
        import av

        out: list[Any] = []
        shape = None if frame is None else (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is not None and shape != self._shape:
            out += self._resampler.resample(None)
            self._resampler = None
        if frame is not None:
            if self._resampler is None:
                self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
                self._shape = shape
            frame.pts = None
            out += self._resampler.resample(frame)
        return [made.to_ndarray().reshape(-1) for made in out]


class _Tape:
    """Samples in one array that grows by half, so that long recordings are not held twice."""

    def __init__(self, most: int) -> None:
        import numpy as np

        self._most = most
        self._data = np.empty(min(most, 60 * RATE), np.float32)
        self._used = 0

    @property
    def full(self) -> bool:
        return self._used >= self._most

    def add(self, samples: NDArray[np.float32]) -> None:
        count = min(len(samples), self._most - self._used)
        if self._used + count > len(self._data):
            self._data.resize(min(self._most, max(self._used + count, len(self._data) * 3 // 2)), refcheck=False)
        self._data[self._used : self._used + count] = samples[:count]
        self._used += count

    def done(self) -> NDArray[np.float32]:
        import numpy as np

        self._data.resize(self._used, refcheck=False)
        np.nan_to_num(self._data, copy=False, posinf=1.0, neginf=-1.0)
        np.clip(self._data, -1.0, 1.0, out=self._data)
        return self._data
