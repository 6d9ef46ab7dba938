"""Read a parcel as if it were the original: what analyzers ask of a source comes from the parts that travelled.

A parcel comes from elsewhere: nothing in it is believed. Sizes are compared with bounds before anything is decoded,
only JPEG and Opus are decoded at all, and everything else that is wrong with it is a `MediaError`.
"""

from __future__ import annotations

import io
import json
import warnings
import zlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import TooLarge, UnsupportedFormat
from engine.language import tr
from engine.media import parcel
from engine.media.formats import BY_MIME, Format
from engine.media.limits import Limits
from engine.media.parcel import Record, count_of, damaged, seconds_of
from engine.media.parts import Block, Frame, Page, Shot
from engine.media.pixels import as_array, shrunk
from engine.media.reader import Reader
from engine.media.reading import reading
from engine.media.sound import read_sound
from engine.model import Facts, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from engine.media.parts import Pixels
    from engine.media.subtitles import Track

LARGEST = 2 * parcel.SIDE  # pixels, longest side of any picture that we cut
MOST_PICTURE = 16 << 20  # bytes of one picture
MOST_WORDS = 64 << 20  # bytes of one record of words, unpacked
MOST_SHOTS = 200_000
OPUS = BY_MIME["audio/opus"]


class ParcelReader(Reader):
    """Reads a manifest (see `engine.media.parcel`) and the parts that it lists."""

    def __init__(self, path: bytes, format: Format, limits: Limits) -> None:
        super().__init__(path, format, limits)
        self._parts = parcel.read_manifest(path)
        self._records: dict[str, list[Record]] = {}
        self._shots: tuple[Shot, ...] | None = None
        self._picture: Image | None = None

    def facts(self) -> Facts:
        """Return nothing: sizes and lengths travel with the order."""
        return Facts()

    def has_picture(self) -> bool:
        """Say whether a picture travelled."""
        return parcel.PICTURE in self._parts or parcel.GLANCE in self._parts

    def picture(self, side: int) -> Pixels:
        """Return the photo as it travelled, longest side at most `side`.

        Raises:
            UnsupportedFormat: none did.
        """
        if self._picture is None:
            name = parcel.PICTURE if parcel.PICTURE in self._parts else parcel.GLANCE
            self._picture = _decoded(_whole(self._part(name)))
            self.decodes += 1
        return as_array(shrunk(self._picture, side))

    def scan_shots(self) -> Iterator[Step]:
        """Nothing is to be scanned: shots and keyframes travelled."""
        yield from ()

    def shots(self) -> tuple[Shot, ...]:
        """Return the shots as they were found in the original."""
        if self._shots is None:
            found = self._of(parcel.KEYFRAMES)
            if len(found) < 2 or "shots" not in found[1].head:
                raise damaged()
            rows = _words(self._part(parcel.KEYFRAMES), found[1])
            if not isinstance(rows, list) or len(rows) > MOST_SHOTS:
                raise damaged()
            self._shots = tuple(_shot(row) for row in rows)
        return self._shots

    def keyframes(self) -> Iterator[Frame]:
        """Yield the frames that stand for the shots."""
        self.shots()
        yield from self._frames(parcel.KEYFRAMES, self._of(parcel.KEYFRAMES)[2:])

    def frames(self) -> Iterator[Frame]:
        """Yield the frames at even steps."""
        yield from self._frames(parcel.FRAMES, self._of(parcel.FRAMES)[1:])

    def pages(self) -> Iterator[Page]:
        """Yield the pages that travelled: words, pictures, or both of them."""
        held: dict[int, dict[str, Record]] = {}
        for name in (parcel.TEXT, parcel.PAGES, parcel.SCANS):
            if name in self._parts:
                for record in self._of(name)[1:]:
                    held.setdefault(count_of(record.head.get("page")), {})[name] = record
        if not {parcel.TEXT, parcel.PAGES, parcel.SCANS} & self._parts.keys():
            raise _absent()
        left = 2 * self.limits.text_bytes
        for number in sorted(held)[: self.limits.pages]:
            page = self._page(number, held[number])
            left -= sum(len(block.text) for block in page.blocks)
            if left < 0:
                raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
            yield page

    def sound(self) -> NDArray[np.float32] | None:
        """Return the sound, or None when there was none in the original."""
        name = parcel.SOUND if parcel.SOUND in self._parts else parcel.VOICE
        place = self._part(name)
        if _begins(place) == b"{":
            if not parcel.records(place, name)[0].head.get("none"):
                raise damaged()
            return None
        found = read_sound(place, OPUS, self.limits, self.notices)
        if found is None:
            raise damaged()
        return found

    def subtitles(self) -> list[Track]:
        """Return the subtitles that travelled; none where nobody asked for them."""
        from engine.media.subtitles import MOST_CUES, MOST_FILES, MOST_TRACKS, Track

        if parcel.SUBTITLES not in self._parts:
            return []
        found = self._of(parcel.SUBTITLES)[1:]
        if len(found) > MOST_FILES + MOST_TRACKS:
            raise damaged()
        tracks = []
        for record in found:
            cues = _blocks(_words(self._part(parcel.SUBTITLES), record), "subtitle")
            if len(cues) > MOST_CUES or any(cue.start is None or cue.end is None for cue in cues):
                raise damaged()
            name, language = _line(record.head.get("track")), _line(record.head.get("language"))
            tracks.append(Track(name, language, cues, record.head.get("forced") is True))
        return tracks

    def close(self) -> None:
        """Let go of the picture."""
        self._picture = None

    def _part(self, name: str) -> bytes:
        if name not in self._parts:
            raise _absent()
        return self._parts[name]

    def _of(self, name: str) -> list[Record]:
        place = self._part(name)
        if name not in self._records:
            self._records[name] = parcel.records(place, name)
        return self._records[name]

    def _frames(self, name: str, found: list[Record]) -> Iterator[Frame]:
        last = -1.0
        for record in found:
            time = seconds_of(record.head.get("time"))
            if time <= last:
                raise damaged()
            last = time
            yield Frame(time, as_array(self._drawn(name, record)))

    def _page(self, number: int, held: dict[str, Record]) -> Page:
        text, scan = held.get(parcel.TEXT), held.get(parcel.SCANS)
        blocks = _blocks(_words(self._part(parcel.TEXT), text), "document") if text is not None else ()
        drawn = {name: record for name, record in held.items() if name != parcel.TEXT}
        told = next(iter(held.values())).head
        draw = partial(self._draw, drawn) if drawn else None
        return Page(number, blocks, told.get("picture") is True, scan is not None, draw)

    def _draw(self, drawn: dict[str, Record], side: int) -> Pixels:
        """A page from the smallest of its pictures that is large enough, or else from the largest."""
        fine = parcel.SCANS in drawn and (side > parcel.SMALL or parcel.PAGES not in drawn)
        name = parcel.SCANS if fine else parcel.PAGES
        return as_array(shrunk(self._drawn(name, drawn[name]), side))

    def _drawn(self, name: str, record: Record) -> Image:
        return _decoded(parcel.data_of(self._part(name), record, MOST_PICTURE))


def _decoded(data: bytes) -> Image:
    """Decode a JPEG that came from elsewhere, its size looked at first."""
    from PIL import Image as Pictures

    bombs = (Pictures.DecompressionBombError, Pictures.DecompressionBombWarning)
    with warnings.catch_warnings(), reading(tr("picture of a parcel"), *bombs):
        warnings.simplefilter("ignore")
        with Pictures.open(io.BytesIO(data), formats=["JPEG"]) as image:
            if max(image.size) > LARGEST:
                raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
            if image.mode != "RGB":
                raise damaged()
            image.load()
            return image.copy()


def _whole(path: bytes) -> bytes:
    from engine.media.files import opened

    with opened(path) as stream:
        data = stream.read(MOST_PICTURE + 1)
    if len(data) > MOST_PICTURE:
        raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
    return data


def _begins(path: bytes) -> bytes:
    from engine.media.files import opened

    with opened(path) as stream:
        return stream.read(1)


def _words(path: bytes, record: Record) -> Any:
    """What `packed` made, unpacked up to a bound."""
    data = parcel.data_of(path, record, MOST_WORDS)
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(data, MOST_WORDS)
        if unpacking.unconsumed_tail:
            raise TooLarge(tr("This parcel says that it holds far more than an asset has."))
        if not unpacking.eof:
            raise damaged()
        return json.loads(raw)
    except (zlib.error, ValueError, RecursionError) as error:
        raise damaged() from error


def _shot(row: Any) -> Shot:
    if not isinstance(row, list) or len(row) != 3 or not isinstance(row[2], list):
        raise damaged()
    return Shot(seconds_of(row[0]), seconds_of(row[1]), tuple(seconds_of(time) for time in row[2]))


def _blocks(rows: Any, label: str) -> tuple[Block, ...]:
    if not isinstance(rows, list):
        raise damaged()
    found = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or not isinstance(row[0], str):
            raise damaged()
        start, end = (None if time is None else seconds_of(time) for time in row[1:])
        found.append(Block(row[0], label=label, start=start, end=end))
    return tuple(found)


def _line(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 64:
        raise damaged()
    return value


def _absent() -> UnsupportedFormat:
    return UnsupportedFormat(tr("What this job needs did not travel."), hint="")
