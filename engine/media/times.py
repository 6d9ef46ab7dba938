"""When each frame of a film is shown, told by its packets without decoding them."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.container import container, packets, picture_stream
from engine.model import Step

if TYPE_CHECKING:
    from engine.media.formats import Format

MOST = 4_000_000  # frames: eighteen hours of 60 a second
EVERY = 4096  # packets between two steps


def frame_times(path: bytes, format: Format, duration: float) -> Iterator[Step | bytes]:
    """Yield steps, then the times as `packed` writes them: each frame that is shown, in order, once.

    Raises:
        DamagedFile: there are no pictures, or they carry no times.
    """
    shown: set[int] = set()
    with container(path, format) as found:
        stream = picture_stream(found)
        if stream is None:
            raise DamagedFile(tr("This video has no pictures that can be decoded."))
        for count, packet in enumerate(packets(found, stream, [])):
            if packet.size and packet.pts is not None and not packet.is_discard:
                shown.add(packet.pts)
            if count % EVERY == EVERY - 1:
                at = float((packet.pts or 0) * stream.time_base)
                yield Step(min(at, duration), duration)
            if len(shown) >= MOST:
                break
        if not shown:
            raise DamagedFile(tr("The pictures of this video carry no times."), hint="")
        yield packed(stream, sorted(shown))


def packed(stream: Any, shown: list[int]) -> bytes:
    """A line of JSON (time base, rate, time code of the first frame), then the times as little-endian int64."""
    base, rate = stream.time_base, stream.average_rate or stream.guessed_rate
    told = {key.lower(): value for key, value in dict(stream.metadata).items()}
    head = {
        "base": [base.numerator, base.denominator],
        "rate": [rate.numerator, rate.denominator] if rate else None,
        "timecode": told.get("timecode", ""),
    }
    return json.dumps(head).encode() + b"\n" + _little(array("q", shown)).tobytes()


def unpacked(data: bytes) -> tuple[dict[str, Any], array[int]]:
    """The head and the times again."""
    head, _, body = data.partition(b"\n")
    return json.loads(head), _little(array("q", body))


def _little(times: array[int]) -> array[int]:
    import sys

    if sys.byteorder == "big":
        times.byteswap()
    return times
