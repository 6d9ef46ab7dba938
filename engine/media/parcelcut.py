"""Cut the parts of an asset that may travel out of its original, each into a file that is named by its SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from engine.errors import not_written
from engine.jobs.orders import Part
from engine.language import tr
from engine.media import parcel
from engine.media.parcelsound import write_sound
from engine.model import Kind, Step

if TYPE_CHECKING:
    from engine.media.parts import Page, Pixels
    from engine.media.source import Source

TEMPORARY = ".cut"  # what a file is called until it is whole
LARGE = 1200  # pixels: models shrink such a picture by so much that its colours may be halved
FINE, COARSE = (85, 0), (85, 2)  # quality and subsampling of JPEG: small pictures keep their colours whole
FRAME = (82, 2)  # of films, whose colours are halved already


class Cutter:
    """Cuts parts into a folder. What is left unfinished by a crash has a temporary name and is swept away."""

    def __init__(self, source: Source, folder: Path, *, pages: int = 40, mark: str = "") -> None:
        self.source = source
        self.folder = folder
        self.pages = pages  # of a document that are looked at
        self.mark = mark  # with which the name of what is not whole begins
        self.made: list[Part] = []

    def cut(self, names: Sequence[str]) -> Iterator[Step]:
        """Make these parts; they are in `made` at the end.

        Raises:
            MediaError: the original cannot be read.
            StoreError: the folder cannot be written to.
        """
        wanted = [name for name in parcel.enough(names) if self.source.kind in parcel.PARTS[name]]
        made = {
            Kind.PHOTO: self._photo, Kind.VIDEO: self._film, Kind.AUDIO: self._recording, Kind.DOCUMENT: self._document,
        }.get(self.source.kind)  # fmt: skip
        if made is not None and wanted:
            with _written(self.folder):
                yield from made(wanted)

    def _photo(self, wanted: Sequence[str]) -> Iterator[Step]:
        for name in wanted:
            side = parcel.SIDE if name == parcel.PICTURE else parcel.SMALL
            with self._part(name) as stream:
                stream.write(jpeg(self.source.picture(side)))
            yield Step(1, 1, tr("cutting pictures"))

    def _film(self, wanted: Sequence[str]) -> Iterator[Step]:
        if parcel.FRAMES in wanted:
            self.source.want_frames(parcel.EVERY)
        if parcel.KEYFRAMES in wanted or parcel.FRAMES in wanted:
            yield from self.source.scan_shots()
        if parcel.KEYFRAMES in wanted:
            yield from self._keyframes()
        if parcel.FRAMES in wanted:
            with self._records(parcel.FRAMES) as stream:
                for frame in self.source.frames(parcel.EVERY):
                    parcel.write_record(stream, {"time": frame.time}, jpeg(frame.image, FRAME))
                    yield Step(0, 0, tr("cutting pictures"))
        yield from self._recording(wanted)

    def _keyframes(self) -> Iterator[Step]:
        with self._records(parcel.KEYFRAMES) as stream:
            shots = [[shot.start, shot.end, list(shot.keyframes)] for shot in self.source.shots()]
            parcel.write_record(stream, {"shots": len(shots)}, packed(shots))
            for frame in self.source.keyframes():
                parcel.write_record(stream, {"time": frame.time}, jpeg(frame.image, FRAME))
                yield Step(0, 0, tr("cutting pictures"))

    def _recording(self, wanted: Sequence[str]) -> Iterator[Step]:
        for name in (parcel.SOUND, parcel.VOICE):
            if name in wanted:
                with self._part(name) as stream:
                    yield from write_sound(self.source, stream, name)
        if parcel.SUBTITLES in wanted:
            with self._records(parcel.SUBTITLES) as stream:
                for track in self.source.subtitles():
                    cues = [[cue.text, cue.start, cue.end] for cue in track.cues]
                    told = {"track": nameless(track.name, self.source.path), "language": track.language}
                    parcel.write_record(stream, {**told, "forced": track.forced}, packed(cues))
            yield Step(0, 0, tr("reading subtitles"))

    def _document(self, wanted: Sequence[str]) -> Iterator[Step]:
        left = self.pages
        with contextlib.ExitStack() as held:
            streams = {name: held.enter_context(self._records(name)) for name in wanted}
            for page in self.source.pages():
                looked = page.draw is not None and (page.number == 1 or page.has_picture or page.needs_ocr)
                for name, stream in streams.items():
                    if name == parcel.TEXT:
                        parcel.write_record(stream, _told(page), packed(_words(page)))
                    elif name == parcel.SCANS and page.needs_ocr:
                        parcel.write_record(stream, _told(page), jpeg(page.image(parcel.SIDE)))
                    elif name == parcel.PAGES and looked and left > 0:
                        parcel.write_record(stream, _told(page), jpeg(page.image(parcel.SMALL)))
                left -= looked
                yield Step(page.number, self.source.facts.pages or 0, tr("page {number}", number=page.number))

    @contextlib.contextmanager
    def _records(self, name: str) -> Iterator[IO[bytes]]:
        with self._part(name) as stream:
            parcel.write_head(stream, name)
            yield stream

    @contextlib.contextmanager
    def _part(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write; once it is whole and on the disk it gets its name, before that never."""
        place = self.folder / f"{self.mark}{secrets.token_hex(8)}{TEMPORARY}"
        try:
            with place.open("xb") as raw:
                hashing = _Hashing(raw)
                yield hashing  # type: ignore[misc]
                raw.flush()
                os.fsync(raw.fileno())
            part = Part(name, hashing.digest.hexdigest(), hashing.size)
            place.replace(self.folder / part.sha256)
            self.made.append(part)
        finally:
            place.unlink(missing_ok=True)


class _Hashing:
    """A stream to write to that knows the SHA-256 of what went through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)


def cut(
    source: Source, names: Sequence[str], folder: Path, *, pages: int = 40, mark: str = ""
) -> Iterator[Step | Part]:
    """Cut these parts of an asset into a folder: steps on the way, then each part.

    Raises:
        MediaError: the original cannot be read.
        StoreError: the folder cannot be written to.
    """
    cutter = Cutter(source, folder, pages=pages, mark=mark)
    yield from cutter.cut(names)
    yield from cutter.made


def jpeg(pixels: Pixels, how: tuple[int, int] | None = None) -> bytes:
    """A picture as JPEG without a word of metadata."""
    from PIL import Image

    quality, subsampling = how or (COARSE if max(pixels.shape[:2]) >= LARGE else FINE)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=subsampling, optimize=True, progressive=True)
    return out.getvalue()


def packed(value: Any) -> bytes:
    """Words and numbers as compressed JSON."""
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), 9)


def nameless(name: str, path: bytes) -> str:
    """What may be told of a subtitle's file or track: the marks behind the recording's name ("en.srt"), no more."""
    own = os.path.splitext(os.path.basename(path))[0].decode("utf-8", "replace")  # noqa: PTH119, PTH122 - bytes
    marks = name[len(own) :].lstrip("._- ") if own and name.lower().startswith(own.lower()) else ""
    return marks if len(marks) <= 24 else ""


def _told(page: Page) -> Mapping[str, Any]:
    return {"page": page.number, "picture": page.has_picture, "scan": page.needs_ocr}


def _words(page: Page) -> list[list[Any]]:
    return [[block.text, block.start, block.end] for block in page.blocks]


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Say what is wrong with the folder for parcels, and leave what is said of the original as it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise not_written(error, tr("prepare what travels to another machine")) from error
