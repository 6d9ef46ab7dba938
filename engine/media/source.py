"""What an analyzer receives: one file, opened read-only, decoded once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from engine.errors import DamagedFile, FileChanged
from engine.language import tr
from engine.media.files import opened, told
from engine.media.formats import BY_MIME, Format
from engine.media.limits import Limits
from engine.media.parcel import FORMAT
from engine.media.parts import Block, Frame, Page, Shot
from engine.media.previews import preview_of
from engine.media.reader import Reader
from engine.media.sniff import sniff
from engine.model import Facts, Kind, Preview, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels
    from engine.media.regions import Region
    from engine.media.subtitles import Track

__all__ = ["Block", "Frame", "Limits", "Page", "Shot", "Source"]

T = TypeVar("T")
KEPT_SOUND = 30 * 60 * 16_000  # half an hour: 110 MB


class Source:
    """One asset's file and what can be read from it; use it as a context manager.

    Pixels are RGB, H x W x 3, uint8, upright and read-only. Call `want(side)` with the largest side that anybody will
    ask for before the first `picture` or `preview`: then one decode serves all.

    Every method raises a `MediaError` when the file cannot be read.
    """

    def __init__(
        self,
        path: bytes,
        kind: Kind,
        mime: str,
        *,
        limits: Limits | None = None,
        facts: Facts | None = None,
        size: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        self.path = path
        self.kind = kind
        self.mime = mime
        self.limits = limits or Limits()
        self.facts = facts or Facts()
        self._size = size
        self._mtime_ns = mtime_ns
        self._opened: Reader | None = None
        self._every = 0.0  # seconds between the frames that somebody will ask for
        self._kept: dict[Hashable, list[Any]] = {}
        self._sound: NDArray[np.float32] | None = None

    @property
    def decodes(self) -> int:
        """How often the original's pixels were decoded."""
        return self._opened.decodes if self._opened else 0

    @property
    def format(self) -> Format:
        """What sort of file it is."""
        return self._reader().format

    @property
    def notices(self) -> list[str]:
        """Sentences about what was left out of this file, for a `NOTICE` finding."""
        return self._opened.notices if self._opened else []

    def probe(self) -> Facts:
        """Return sizes and metadata, and keep them in `facts`."""
        self.facts = self._reader().facts()
        return self.facts

    def named(self, regions: tuple[Region, ...]) -> list[dict[str, object]]:
        """Return the faces that an XMP file beside this one names, as facts keep them."""
        return self._reader().named(regions) if regions else []

    def want(self, side: int) -> None:
        """Announce the largest side that will be asked for."""
        self._reader().want(side)

    def want_frames(self, every: float) -> None:
        """Announce that a frame of a video will be asked for every so many seconds, so that one pass keeps them."""
        self._every = min(every, self._every) if self._every else every
        if self._opened is not None:
            self._opened.want_frames(self._every)

    def picture(self, side: int = 1600) -> Pixels:
        """Return the picture that stands for this asset, longest side at most `side`, no side below one pixel.

        That is the photo (the first frame of an animation), the poster of a video, the first page of a document, the
        cover of a recording.

        Raises:
            UnsupportedFormat: there is none.
        """
        return self._reader().picture(max(1, side))

    def picture_at(self, time: float, side: int = 1600) -> Pixels:
        """Return the frame of a video at `time` seconds."""
        return self._reader().picture_at(max(0.0, time), max(1, side))

    def has_picture(self) -> bool:
        """Say whether `picture` has something to show, without decoding it."""
        return self._reader().has_picture()

    def preview(self, side: int) -> Preview | None:
        """Return a JPEG of quality 85, longest side at most `side`; None where there is nothing to draw."""
        return preview_of(self._reader(), max(1, side))

    def scan_shots(self) -> Iterator[Step]:
        """Make the one pass over a video, with progress in seconds; ends at once when it has been made."""
        yield from self._reader().scan_shots()

    def shots(self) -> tuple[Shot, ...]:
        """Return the shots of a video (makes the pass if need be); cuts are the starts of all but the first."""
        for _ in self.scan_shots():
            pass
        return self._reader().shots()

    def keyframes(self) -> Iterator[Frame]:
        """Yield the frames that stand for the shots of a video (makes the pass if need be)."""
        for _ in self.scan_shots():
            pass
        yield from self._reader().keyframes()

    def frames(self, every: float) -> Iterator[Frame]:
        """Yield the frames of a video at steps of about `every` seconds, longest side at most 960.

        Makes the pass if need be, and a second one when the first was made before anybody announced this. The frames of
        a very long video lie further apart: there are never more than 1800.
        """
        self.want_frames(every)
        for _ in self.scan_shots():
            pass
        yield from self._reader().frames()

    def pages(self) -> Iterator[Page]:
        """Yield the pages of a document, in order."""
        yield from self._reader().pages()

    def page(self, number: int) -> Page:
        """Return one page of a document, counted from 1.

        Raises:
            DamagedFile: there is no such page.
        """
        for page in self._reader().pages():
            if page.number == number:
                return page
        raise DamagedFile(tr("This document has no page {number}.", number=number))

    def sound(self) -> NDArray[np.float32] | None:
        """Return the sound as 16 kHz mono in -1..1, not to be written to; None when there is no sound track.

        Sound of up to `KEPT_SOUND` samples is kept, so that all who listen share one decoding.
        """
        if self._sound is not None:
            return self._sound
        found = self._reader().sound()
        if found is not None and len(found) <= KEPT_SOUND:
            found.flags.writeable = False
            self._sound = found
        return found

    def subtitles(self) -> list[Track]:
        """Return the subtitles that come with a recording: files beside it with its name, then tracks inside it."""
        return self._reader().subtitles()

    def once(self, key: Hashable, make: Callable[[], Iterator[Step | T]]) -> Iterator[Step | T]:
        """Yield what `make` yields; who asks again with the same key gets it from memory, without the steps.

        So that several analyzers share what is costly to find. What was stopped on the way is made again.
        """
        if key not in self._kept:
            found: list[T] = []
            for one in make():
                if not isinstance(one, Step):
                    found.append(one)
                yield one
            self._kept[key] = found
        else:
            yield from self._kept[key]

    def keep(self, key: Hashable, found: Iterable[Any]) -> None:
        """Let `once` give these to who asks with that key."""
        self._kept[key] = list(found)

    def check(self) -> None:
        """Compare the file with what it was when it was hashed.

        Raises:
            FileChanged: size or time of change differ.
        """
        if self._size is None and self._mtime_ns is None:
            return
        import os

        with opened(self.path) as stream, told(self.path):
            now = os.fstat(stream.fileno())
        if self._size not in (None, now.st_size) or self._mtime_ns not in (None, now.st_mtime_ns):
            raise FileChanged(tr("This file has changed since it was added."))

    def close(self) -> None:
        """Let go of the file and of all that was decoded."""
        self._sound = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        self._kept.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reader(self) -> Reader:
        if self._opened is None:
            self.check()
            found = FORMAT if self.mime == FORMAT.mime else BY_MIME.get(self.mime) or BY_MIME[sniff(self.path).mime]
            self._opened = _READERS[found.reader](self.path, found, self.limits)
            if self._every:
                self._opened.want_frames(self._every)
        return self._opened


def _photo(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.photo import PhotoReader

    return PhotoReader(path, format, limits)


def _raw(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.raw import RawReader

    return RawReader(path, format, limits)


def _video(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.video import VideoReader

    return VideoReader(path, format, limits)


def _audio(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.audio import AudioReader

    return AudioReader(path, format, limits)


def _document(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.documents import document_reader

    return document_reader(path, format, limits)


def _parcel(path: bytes, format: Format, limits: Limits) -> Reader:
    from engine.media.parcelreader import ParcelReader

    return ParcelReader(path, format, limits)


_READERS: dict[str, Callable[[bytes, Format, Limits], Reader]] = {
    "photo": _photo,
    "raw": _raw,
    "video": _video,
    "audio": _audio,
    "document": _document,
    "parcel": _parcel,
}
