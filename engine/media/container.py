"""Open video and sound with FFmpeg: one demuxer, by the sniffed format, and no way to other files or a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from engine.errors import DamagedFile
from engine.language import tr
from engine.media.dates import iso
from engine.media.exif import clean
from engine.media.files import opened
from engine.media.formats import Format
from engine.media.metadata import camera_name, unique
from engine.media.places import Place, place_at
from engine.media.reading import reading
from engine.model import Facts, Kind

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

# The file itself comes in as an open descriptor, so no protocol is needed at all: references inside it lead nowhere.
_OPTIONS = {"protocol_whitelist": "none"}
_BUFFER = 256 << 10
_ATTACHED = 0x400  # AV_DISPOSITION_ATTACHED_PIC
_FORCED = 0x40  # AV_DISPOSITION_FORCED
_SLOWEST = 40  # bits per second: a longer duration than this allows is a lie
_PLACE = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")
_CODECS = {
    "h264": "H.264", "hevc": "H.265", "av1": "AV1", "libdav1d": "AV1", "vp8": "VP8", "vp9": "VP9", "libvpx": "VP8",
    "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mpeg1video": "MPEG-1", "mjpeg": "Motion JPEG", "prores": "ProRes",
    "theora": "Theora", "wmv3": "WMV", "mp3": "MP3", "mp3float": "MP3", "aac": "AAC", "opus": "Opus",
    "vorbis": "Vorbis", "flac": "FLAC", "alac": "ALAC", "ac3": "AC-3", "eac3": "E-AC-3",
}  # fmt: skip


def what(format: Format) -> str:
    """Return the words for a file of this format in a sentence."""
    return f"{format.name} {'video' if format.kind is Kind.VIDEO else 'recording'}"


@contextmanager
def container(path: bytes, format: Format) -> Iterator[InputContainer]:
    """Open a file with the demuxer of its format.

    Raises:
        DamagedFile: FFmpeg makes nothing of it.
        FileMissing, FileUnreadable: it cannot be read.
    """
    import av

    with opened(path) as stream, reading(what(format), av.FFmpegError):
        found = av.open(
            stream,
            format=format.code.split(",")[0],
            options=dict(_OPTIONS),
            metadata_errors="replace",
            buffer_size=_BUFFER,
        )
        with found:
            yield cast("InputContainer", found)


def picture_stream(found: InputContainer) -> Any:
    """Return the stream of moving pictures, or None; a cover is none."""
    return next((one for one in found.streams.video if not is_cover(one)), None)


def cover_stream(found: InputContainer) -> Any:
    """Return the stream that holds the cover of a recording, or None."""
    return next((one for one in found.streams.video if is_cover(one)), None)


def is_cover(stream: Stream) -> bool:
    """Say whether a stream is a still attached to the file."""
    return bool(int(stream.disposition) & _ATTACHED)


def is_forced(stream: Stream) -> bool:
    """Say whether subtitles are only for the parts in a foreign language."""
    return bool(int(stream.disposition) & _FORCED)


def sound_stream(found: InputContainer) -> Any:
    """Return the first stream of sound that has a decoder, a rate and channels, or None."""
    for one in found.streams.audio:
        context = one.codec_context
        if context is not None and context.sample_rate > 0 and context.layout.nb_channels > 0:
            return one
    return None


def length(found: InputContainer, *streams: Any) -> float | None:
    """Return the duration in seconds by what the streams say, else by the container; None when both are lies."""
    of_streams = [
        float(one.duration * one.time_base) for one in streams if one is not None and one.duration and one.time_base
    ]
    whole = found.duration / 1_000_000 if found.duration and found.duration > 0 else None
    bits = 8 * found.size if found.size > 0 else 0
    candidates = [max(of_streams)] if of_streams else []
    if whole is not None:
        candidates.append(whole)
    for seconds in candidates:
        if 0 < seconds <= max(60.0, bits / _SLOWEST):
            return round(seconds, 3)
    return None


def codec_name(stream: Any) -> str:
    """Return the codec's name for people."""
    context = stream.codec_context if stream is not None else None
    return _CODECS.get(context.name, context.name) if context is not None else ""


def tags_of(found: InputContainer, *streams: Any) -> dict[str, str]:
    """Return the tags of the container, then of its streams, with keys in small letters."""
    merged: dict[str, str] = {}
    for holder in (found, *(one for one in streams if one is not None)):
        for key, value in dict(holder.metadata).items():
            text = clean(str(value))
            if text:
                merged.setdefault(str(key).lower(), text[:20_000])
    return merged


def tag_facts(tags: Mapping[str, str]) -> Facts:
    """Return what the tags of a container say, without sizes."""
    taken, taken_from = _taken(tags)
    spot = _position(tags)
    place = place_at(spot[0], spot[1]) if spot else Place()
    make = _first(tags, "com.apple.quicktime.make", "make", "com.android.manufacturer")
    model = _first(tags, "com.apple.quicktime.model", "model", "com.android.model")
    return Facts(
        taken=taken,
        taken_from=taken_from,
        latitude=spot[0] if spot else None,
        longitude=spot[1] if spot else None,
        altitude=spot[2] if spot else None,
        place=place.name,
        place_words=place.words,
        country=place.country,
        camera=camera_name(make, model),
        title=_first(tags, "title", "com.apple.quicktime.title"),
        description=_first(tags, "description", "comment", "synopsis", "com.apple.quicktime.description"),
        creator=_first(tags, "artist", "album_artist", "author", "composer", "com.apple.quicktime.artist"),
        album=_first(tags, "album"),
        keywords=unique(re.split(r"[;,]", _first(tags, "keywords", "com.apple.quicktime.keywords"))),
        extra={key: tags[key] for key in ("genre", "track", "date", "copyright", "encoder") if key in tags},
    )


def _first(tags: Mapping[str, str], *names: str) -> str:
    return next((tags[name] for name in names if tags.get(name)), "")


def _taken(tags: Mapping[str, str]) -> tuple[str | None, str]:
    for name in ("com.apple.quicktime.creationdate", "date_recorded", "creation_time", "date", "icrd"):
        made = iso(tags.get(name, ""))
        if made:
            return made, f"container {name}"
    return None, ""


def _position(tags: Mapping[str, str]) -> tuple[float, float, float | None] | None:
    """Return latitude, longitude and altitude from an ISO 6709 text such as "+48.8577+002.295+035/"."""
    text = _first(tags, "com.apple.quicktime.location.iso6709", "location", "location-eng")
    found = _PLACE.match(text)
    if not found:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude, float(found[3]) if found[3] else None


def packets(found: InputContainer, stream: Any, notices: list[str]) -> Iterator[Any]:
    """Yield the packets of a stream and a last empty one; a file that breaks off ends there, with a notice."""
    import av

    feed = found.demux(stream)
    while True:
        try:
            packet = next(feed)
        except (StopIteration, av.EOFError):
            return
        except (av.FFmpegError, ValueError):
            notices.append(tr("The file is damaged: what comes after the damage was not read."))
            return
        yield packet


def frames(found: InputContainer, stream: Any, notices: list[str], *, most_errors: int = 2000) -> Iterator[Any]:
    """Yield the decoded frames of a stream; damaged packets are passed over, and counted.

    Raises:
        DamagedFile: nothing but damage.
    """
    import av

    errors, good = 0, 0
    for packet in packets(found, stream, notices):
        try:
            made = packet.decode()
        except (av.FFmpegError, ValueError):
            errors += 1
            if errors > most_errors + good:
                break
            continue
        good += len(made)
        yield from made
    if errors and good:
        notices.append(tr("Some of this file is damaged; the damaged parts were passed over."))
    elif errors:
        raise DamagedFile(tr("This file is damaged: nothing in it can be decoded."))
