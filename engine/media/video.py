"""Read videos: facts, a poster, single frames, shots, and their sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.container import (
    codec_name,
    container,
    frames,
    length,
    packets,
    picture_stream,
    sound_stream,
    tag_facts,
    tags_of,
)
from engine.media.formats import Format
from engine.media.frames import aspect_of, to_pixels, upright_size
from engine.media.limits import Limits
from engine.media.parts import Frame, Shot
from engine.media.photo import check_size
from engine.media.reader import Reader
from engine.media.shots import ShotScan
from engine.media.sound import read_sound
from engine.model import Facts, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels

_POSTER_AT = (0.1, 0.35, 0.6)  # of the duration; the next when the picture is almost black
_AHEAD = (0.0, 1.0, 5.0, 30.0, None)  # seconds before a place from which it is decoded on to it; None: all
_MOST_SEARCH = 400  # packets or frames until a picture must have come
_POSTER_SIDE = 1280
_DARK, _FLAT = 14.0, 8.0  # mean and deviation of an almost black picture


class VideoReader(Reader):
    """Reads a video with the demuxer of its format.

    Facts and the poster come from one opening: the poster is one keyframe, decoded alone and flushed.
    """

    def __init__(self, path: bytes, format: Format, limits: Limits) -> None:
        super().__init__(path, format, limits)
        self._facts: Facts | None = None
        self._poster: Pixels | None = None
        self._poster_side = _POSTER_SIDE
        self._scan: ShotScan | None = None
        self._every = 0.0

    def want(self, side: int) -> None:
        """Hear the largest side that the poster will be asked for."""
        self._poster_side = max(self._poster_side, side)

    def want_frames(self, every: float) -> None:
        """Hear how close the frames of the pass must lie; a pass that kept none, or fewer, is made again."""
        self._every = every
        if self._scan is not None and (not self._scan.every or self._scan.every > every):
            self._scan = None

    def facts(self) -> Facts:
        """Return sizes, codecs and tags; decodes one keyframe, which becomes the poster."""
        if self._facts is None:
            with container(self.path, self.format) as found:
                stream = self._pictures(found)
                sound = sound_stream(found)
                duration = length(found, stream, sound)
                frame = self._poster_frame(found, stream, duration)
                self._facts = self._describe(found, stream, sound, duration, frame)
                self._poster = to_pixels(frame, self._poster_side, aspect_of(stream))
            if self._facts.duration is None:
                self._facts = replace(self._facts, duration=self._counted(self._facts.fps))
        return self._facts

    def picture(self, side: int) -> Pixels:
        """Return the poster."""
        from PIL import Image

        from engine.media.pixels import as_array, shrunk

        if side > self._poster_side:
            self._poster_side, self._facts = side, None
        self.facts()
        return as_array(shrunk(Image.fromarray(self._poster), side))  # type: ignore[arg-type]

    def picture_at(self, time: float, side: int) -> Pixels:
        """Return the frame shown at `time`: from the keyframe before it, decoded forward.

        Streams without an index (MPEG-TS) land behind the place that was sought: then from further ahead.
        """
        for ahead in _AHEAD:
            with container(self.path, self.format) as found:
                stream = self._pictures(found)
                if ahead is not None:
                    _seek(found, stream, max(0.0, time - ahead))
                best, early = self._shown_at(found, stream, time)
                if best is not None and (early or ahead is None):
                    return to_pixels(best, side, aspect_of(stream))
        return self.picture(side)

    def _shown_at(self, found: Any, stream: Any, time: float) -> tuple[Any, bool]:
        """Decode on to a time; the frame that is shown then, and whether decoding began before it."""
        best: Any = None
        early = False
        for count, frame in enumerate(frames(found, stream, [])):
            early = early or frame.time is None or frame.time <= time + 1e-3
            if best is not None and (frame.time is None or frame.time > time + 1e-3 or count > _MOST_SEARCH):
                break
            best = frame
        return best, early

    def scan_shots(self) -> Iterator[Step]:
        """Decode the video once, finding cuts and keeping keyframes; yields seconds done of the duration."""
        if self._scan is not None and self._scan.finished:
            return
        scan = ShotScan(self.limits, self._every)
        duration = self.facts().duration or 0.0
        with container(self.path, self.format) as found:
            stream = self._pictures(found)
            stream.thread_type = "AUTO"
            for time in scan.run(frames(found, stream, self.notices), aspect_of(stream), _rate(stream)):
                yield Step(time, max(duration, time), tr("finding shots"))
        self.decodes += 1
        self._scan = scan

    def shots(self) -> tuple[Shot, ...]:
        """Return the shots of the pass."""
        return self._scan.shots if self._scan else ()

    def keyframes(self) -> Iterator[Frame]:
        """Yield the kept frames."""
        if self._scan:
            yield from self._scan.frames()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames kept at even steps."""
        if self._scan:
            yield from self._scan.samples()

    def sound(self) -> NDArray[np.float32] | None:
        """Return the sound, or None when there is none."""
        return read_sound(self.path, self.format, self.limits, self.notices)

    def close(self) -> None:
        """Let go of pixels and keyframes."""
        self._poster = None
        self._scan = None

    def _pictures(self, found: Any) -> Any:
        stream = picture_stream(found)
        if stream is None or stream.codec_context is None:
            raise DamagedFile(tr("This video has no pictures that can be decoded."))
        context = stream.codec_context
        check_size(context.width or 0, context.height or 0, self.limits.megapixels)
        context.options = {"max_pixels": str(self.limits.megapixels * 1_000_000)}
        return stream

    def _describe(self, found: Any, stream: Any, sound: Any, duration: float | None, frame: Any) -> Facts:
        width, height = upright_size(frame, aspect_of(stream))
        tags = tags_of(found, stream)
        told = tag_facts(tags)
        codecs = {"video_codec": codec_name(stream)}
        if sound is not None:
            codecs["audio_codec"] = codec_name(sound)
        return replace(
            told,
            mime=self.format.mime,
            format=self.format.name if "stream" in self.format.name else f"{codec_name(stream)} in {self.format.name}",
            width=width,
            height=height,
            duration=duration,
            fps=_rate(stream),
            has_audio=sound is not None,
            extra={**told.extra, **codecs},
        )

    def _poster_frame(self, found: Any, stream: Any, duration: float | None) -> Any:
        """Return one telling frame: near the tenth part of the video, later if that is almost black."""
        best: Any = None
        for share in _POSTER_AT if duration else ():
            _seek(found, stream, (duration or 0.0) * share)
            frame = self._lone_keyframe(found, stream)
            if frame is not None and not _is_black(frame):
                return frame
            best = best or frame
        if best is not None:
            return best
        _seek(found, stream, 0.0)
        best = self._lone_keyframe(found, stream)
        return best if best is not None else self._first_frame()

    def _lone_keyframe(self, found: Any, stream: Any) -> Any:
        """Decode one keyframe packet and flush: waiting for the decoder's reorder delay costs three times as much."""
        import av

        context = stream.codec_context
        for count, packet in enumerate(packets(found, stream, [])):
            if count > _MOST_SEARCH:
                return None
            if not packet.size or not packet.is_keyframe:
                continue
            try:
                made = [*context.decode(packet), *context.decode(None)]
            except (av.FFmpegError, ValueError):
                made = []
            context.flush_buffers()
            return made[0] if made else None
        return None

    def _first_frame(self) -> Any:
        """Return the first frame that plain decoding gives."""
        with container(self.path, self.format) as found:
            stream = self._pictures(found)
            for frame in frames(found, stream, self.notices, most_errors=_MOST_SEARCH):
                return frame
        raise DamagedFile(tr("This video is damaged: no picture of it can be decoded."))

    def _counted(self, fps: float | None) -> float | None:
        """Return the duration of a bare stream by counting its packets."""
        if not fps:
            return None
        with container(self.path, self.format) as found:
            stream = self._pictures(found)
            count = sum(1 for packet in packets(found, stream, []) if packet.size)
        return round(count / fps, 3) if count else None


def _seek(found: Any, stream: Any, time: float) -> None:
    import av

    start = stream.start_time or 0
    try:
        found.seek(int(time / stream.time_base) + start, stream=stream, backward=True)
    except (av.FFmpegError, ValueError, OverflowError, ZeroDivisionError, TypeError):
        return  # bare streams cannot seek: reading goes on from where it is


def _rate(stream: Any) -> float | None:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.01 < float(rate) < 100_000:
            return round(float(rate), 3)
    return None


def _is_black(frame: Any) -> bool:
    grey = to_pixels(frame, 64).mean(axis=2)
    return bool(grey.mean() < _DARK and grey.std() < _FLAT)
