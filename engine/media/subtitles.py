"""Read the subtitles that come with a recording: text files beside it, text tracks inside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import MediaError
from engine.media.container import container, is_forced, packets
from engine.media.documents.subtitles import cues, plain
from engine.media.documents.text import decoded
from engine.media.files import joined, opened, system_path
from engine.media.formats import Format
from engine.packs.languages import code_of

if TYPE_CHECKING:
    from engine.media.parts import Block

ENDINGS = (b".srt", b".vtt", b".ass", b".ssa")
MOST_FILES = 12  # beside one recording
MOST_TRACKS = 64  # inside one recording
MOST_BYTES = 8 << 20  # of one file
MOST_CUES = 50_000
ASIDE = frozenset({"forced", "foreign", "signs", "songs"})  # marks of subtitles that are only for a part of a film
NEUTRAL = frozenset({"sdh", "cc", "hi", "default", "full"})
TEXTS = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})
_TIME = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})\s*")


@dataclass(frozen=True, slots=True)
class Track:
    """Subtitles: the name of their file (or of the track), their language where it is told, and the entries."""

    name: str
    language: str
    cues: tuple[Block, ...]
    forced: bool = False


def beside(path: bytes) -> list[Track]:
    """Read the subtitle files in the folder of a recording that have its name, with or without a language after it.

    Only such files are opened, and only to be read; links are not followed. What cannot be read is passed over.
    """
    out = []
    for name, marks in _names(path):
        try:
            track = _file(joined(os.path.dirname(path), name), name, marks)  # noqa: PTH120 - bytes
        except MediaError:
            continue
        if track.cues:
            out.append(track)
    return out


def signature(path: bytes) -> list[tuple[str, int, int]]:
    """Name, size and time of change of the subtitle files beside a recording: others give other subtitles."""
    out = []
    for name, _ in _names(path):
        try:
            told = os.stat(system_path(joined(os.path.dirname(path), name)))  # noqa: PTH116, PTH120 - bytes
        except OSError:
            continue
        out.append((name.hex(), told.st_size, told.st_mtime_ns))
    return out


def inside(path: bytes, format: Format) -> list[Track]:
    """Read the text tracks of a recording; pictures of text are left out. Reads the file once if it has any."""
    import av

    with container(path, format) as found:
        streams = [one for one in found.streams.subtitles if _is_text(one)][:MOST_TRACKS]
        if not streams:
            return []
        entries: dict[int, list[Block]] = {one.index: [] for one in streams}
        for packet in packets(found, streams, []):
            if packet.stream.index in entries and len(entries[packet.stream.index]) < MOST_CUES:
                try:
                    entries[packet.stream.index] += _cue(packet)
                except (av.FFmpegError, ValueError):
                    continue
        return [_track(one, entries[one.index]) for one in streams if entries[one.index]]


def _names(path: bytes) -> list[tuple[bytes, list[str]]]:
    """The subtitle files beside a recording, each with the marks between its name and its ending."""
    folder, own = os.path.split(path)
    stem = os.path.splitext(own)[0].lower()  # noqa: PTH122 - bytes
    out = []
    try:
        with os.scandir(system_path(folder or b".")) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                lower, (base, ending) = name.lower(), os.path.splitext(name.lower())  # noqa: PTH122 - bytes
                if ending not in ENDINGS or not lower.startswith(stem) or entry.is_symlink():
                    continue
                marks = base[len(stem) :].decode("utf-8", "replace")
                if marks and not re.fullmatch(r"([._ -][a-z]{2,12}(-[a-z0-9]{2,4})?){1,3}", marks):
                    continue
                out.append((name, [mark for mark in re.split(r"[._ ]|^-", marks) if mark]))
    except OSError:
        return []
    return sorted(out)[:MOST_FILES]


def _file(path: bytes, name: bytes, marks: Sequence[str]) -> Track:
    with opened(path) as stream:
        text = decoded(stream.read(MOST_BYTES))
    entries = dialogue(text) if name.lower().endswith((b".ass", b".ssa")) else cues(text)[0]
    language = next((code for mark in marks if (code := code_of(mark)) and mark not in NEUTRAL), "")
    return Track(
        name.decode("utf-8", "replace"), language, tuple(entries[:MOST_CUES]), forced=not ASIDE.isdisjoint(marks)
    )


def dialogue(text: str) -> list[Block]:
    """Read the dialogue of SubStation Alpha (http://www.tcax.org/docs/ass-specs.htm); drawings are left out."""
    from engine.media.parts import Block

    order = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    out = []
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        if kind.strip().lower() == "format" and "text" in rest.lower():
            order = [part.strip().lower() for part in rest.split(",")]
        elif kind.strip().lower() == "dialogue":
            parts = dict(zip(order, rest.split(",", len(order) - 1), strict=False))
            start, end = _seconds(parts.get("start", "")), _seconds(parts.get("end", ""))
            words = spoken(parts.get("text", ""))
            if start is not None and end is not None and end >= start and words:
                out.append(Block(words, label="subtitle", start=start, end=end))
    return sorted(out, key=lambda one: (one.start or 0.0, one.end or 0.0))


def spoken(text: str) -> str:
    """The words of a SubStation Alpha text: without its orders, nothing of a drawing."""
    if re.search(r"\{[^}]*\\p[1-9]", text):
        return ""
    text = re.sub(r"\{[^}]*\}", "", text)
    return plain(text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))


def _cue(packet: Any) -> Iterator[Block]:
    from engine.media.parts import Block

    if packet.pts is None or packet.time_base is None or not packet.size:
        return
    start = float(packet.pts * packet.time_base)
    length = float((packet.duration or 0) * packet.time_base)
    for one in packet.decode():
        raw = getattr(one, "ass", b"") or getattr(one, "text", b"")
        # FFmpeg hands over every text as an event: number, layer, style, name, three margins, effect, and the words.
        words = spoken(raw.decode("utf-8", "replace").split(",", 8)[-1])
        if words and start >= 0 and length > 0:
            yield Block(words, label="subtitle", start=round(start, 3), end=round(start + length, 3))


def _is_text(stream: Any) -> bool:
    context = stream.codec_context
    return context is not None and context.name in TEXTS


def _track(stream: Any, entries: list[Block]) -> Track:
    told = dict(stream.metadata)
    name = told.get("title") or f"track {stream.index}"
    aside = is_forced(stream) or not ASIDE.isdisjoint(re.split(r"\W+", name.lower()))
    entries.sort(key=lambda one: (one.start or 0.0, one.end or 0.0))
    return Track(name, code_of(told.get("language", "")), tuple(entries), aside)


def _seconds(text: str) -> float | None:
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return hours * 3600 + minutes * 60 + seconds + int(found[4].ljust(3, "0")) / 1000
