"""The sound of an asset as it travels: 16 kHz, one channel, Opus, made piece by piece."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from engine.language import tr
from engine.media import parcel
from engine.media.sound import RATE, sound_pieces
from engine.model import Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.source import Source

# Bits a second. At 24,000 words stay the same, but a guitar becomes a gong to models for sounds; at 64,000 it does not.
BITS = {parcel.SOUND: 64_000, parcel.VOICE: 24_000}
PORTION = RATE  # samples that are encoded at a time
# Without dates, names of programs and random numbers: the same sound gives the same bytes.
PLAIN = {"fflags": "+bitexact", "serial_offset": "1"}


def write_sound(source: Source, stream: IO[bytes], name: str) -> Iterator[Step]:
    """Write the sound of a recording or film as fine as the part `name` is; of one without sound, a word on that.

    Raises:
        MediaError: it cannot be decoded.
    """
    total, done = source.facts.duration or 0.0, 0
    with _Encoder(stream, BITS[name]) as encoder:
        for piece in sound_pieces(source.path, source.format, source.limits, source.notices):
            encoder.add(piece)
            before, done = done, done + len(piece)
            if done // (30 * RATE) != before // (30 * RATE):
                yield Step(done / RATE, max(total, done / RATE), tr("cutting sound"))
    if not done:
        parcel.write_head(stream, name, {"none": True})


class _Encoder:
    """Opus in Ogg, written as samples come; begun with the first of them."""

    def __init__(self, stream: IO[bytes], bits: int) -> None:
        self._stream = stream
        self._bits = bits
        self._out: Any = None
        self._track: Any = None

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take samples in -1..1."""
        import av
        import numpy as np

        if self._out is None:
            self._begin()
        for at in range(0, len(samples), PORTION):
            whole = (np.clip(samples[at : at + PORTION], -1.0, 1.0) * 32767.0).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
            frame.sample_rate = RATE
            self._out.mux(self._track.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is None:
            return
        if kind is None:
            self._out.mux(self._track.encode(None))
            self._out.close()
        else:
            with contextlib.suppress(Exception):  # what failed is told already
                self._out.close()

    def _begin(self) -> None:
        import av

        self._out = av.open(cast(Any, self._stream), "w", format="ogg", options=dict(PLAIN))
        self._track = self._out.add_stream("libopus", rate=RATE, layout="mono")
        self._track.bit_rate = self._bits
        self._track.options = {"application": "audio", "vbr": "on", "frame_duration": "60"}
