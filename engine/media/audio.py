"""Read recordings: facts, tags, cover and sound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile, UnsupportedFormat
from engine.language import tr
from engine.media.container import (
    codec_name,
    container,
    cover_stream,
    length,
    packets,
    sound_stream,
    tag_facts,
    tags_of,
)
from engine.media.photo import cover_pixels
from engine.media.reader import Reader
from engine.media.sound import read_sound
from engine.model import Facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels

_MOST_COVER = 32 << 20  # bytes
_PIECE, _BEFORE = 8.0, 1.0  # seconds of the wave that stands for a moment, and how many of them come before it


class AudioReader(Reader):
    """Reads a recording with the demuxer of its format."""

    _facts: Facts | None = None
    _cover: bytes | None = None

    def facts(self) -> Facts:
        """Return duration, codec and tags; keeps the cover, undecoded."""
        if self._facts is None:
            with container(self.path, self.format) as found:
                stream = sound_stream(found)
                if stream is None:
                    raise DamagedFile(tr("This recording has no sound that can be decoded."))
                self._facts = self._describe(found, stream)
                self._cover = _cover_bytes(found)
        return self._facts

    def has_picture(self) -> bool:
        """Say whether there is a cover."""
        self.facts()
        return self._cover is not None

    def picture(self, side: int) -> Pixels:
        """Return the cover, longest side at most `side`.

        Raises:
            UnsupportedFormat: there is none.
        """
        self.facts()
        if self._cover is None:
            raise UnsupportedFormat(tr("This recording has no cover picture."))
        return cover_pixels(self._cover, side, self.limits.megapixels)

    def picture_at(self, time: float, side: int) -> Pixels:
        """Return the drawn wave of the seconds around `time`, `side` wide.

        Raises:
            DamagedFile: there is no sound there.
        """
        from engine.media.previews import wave

        start = max(0.0, time - _BEFORE)
        sound = read_sound(self.path, self.format, self.limits, [], seconds=_PIECE, start=start)
        if sound is None or not len(sound):
            raise DamagedFile(tr("There is no sound at this place."))
        return wave(sound, side)

    def sound(self) -> NDArray[np.float32] | None:
        """Return the sound."""
        return read_sound(self.path, self.format, self.limits, self.notices)

    def sound_start(self, seconds: float) -> NDArray[np.float32] | None:
        """Return the beginning of the sound."""
        return read_sound(self.path, self.format, self.limits, [], seconds=seconds)

    def close(self) -> None:
        """Let go of the cover."""
        self._cover = None

    def _describe(self, found: Any, stream: Any) -> Facts:
        context = stream.codec_context
        duration = length(found, stream)
        told = tag_facts(tags_of(found, stream))
        name = codec_name(stream)
        return replace(
            told,
            mime=self.format.mime,
            format=self.format.name
            if name in (self.format.name, "") or name.startswith("pcm")
            else f"{name} in {self.format.name}",
            duration=duration if duration is not None else self._counted(),
            has_audio=True,
            extra={**told.extra, "sample_rate": context.sample_rate, "channels": context.layout.nb_channels},
        )

    def _counted(self) -> float | None:
        """Return the duration by adding up the packets; 0.0 for a header without sound."""
        with container(self.path, self.format) as found:
            stream = sound_stream(found)
            total = sum(
                float(packet.duration * packet.time_base)
                for packet in packets(found, stream, [])
                if packet.size and packet.duration and packet.time_base
            )
        return round(total, 3)


def _cover_bytes(found: Any) -> bytes | None:
    stream = cover_stream(found)
    if stream is None:
        return None
    for count, packet in enumerate(packets(found, stream, [])):
        if packet.size and packet.size <= _MOST_COVER:
            return bytes(packet)
        if count > 8:
            break
    return None
