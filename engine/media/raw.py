"""Read camera RAW: the picture that the camera embedded, otherwise the sensor's data at half size."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from engine.errors import UnsupportedFormat
from engine.language import tr
from engine.media import exif
from engine.media.files import opened, read_at
from engine.media.metadata import Embedded, photo_facts
from engine.media.photo import check_size
from engine.media.pixels import as_array, shrunk, to_rgb, upright
from engine.media.reader import Reader
from engine.media.reading import reading
from engine.media.regions import Region, on_upright
from engine.model import Facts

if TYPE_CHECKING:
    from PIL.Image import Image

    from engine.media.parts import Pixels

_MOST_HEAD = 1 << 20  # bytes that are searched for the metadata of CR3
_ENOUGH = 1000  # pixels: an embedded picture with a longer side than this stands for the photo
_TURNS = {3: 3, 5: 8, 6: 6}  # LibRaw's flip to EXIF's orientation


class RawReader(Reader):
    """Reads what LibRaw decodes, if the extra `raw` is installed; the metadata is read without it."""

    _base: Image | None = None
    _facts: Facts | None = None
    _wanted = 0

    def want(self, side: int) -> None:
        """Hear the largest side that will be asked for."""
        self._wanted = max(self._wanted, side)

    def facts(self) -> Facts:
        """Return size and metadata; decodes no pixels."""
        if self._facts is None:
            found = photo_facts(Embedded.of_exif(self._tags()))
            with self._raw() as raw:
                sizes = raw.sizes
                width, height = int(sizes.iwidth or sizes.width), int(sizes.iheight or sizes.height)
                if int(sizes.flip) in (5, 6):
                    width, height = height, width
            self._facts = replace(found, mime=self.format.mime, format=self.format.name, width=width, height=height)
        return self._facts

    def named(self, regions: tuple[Region, ...]) -> list[dict[str, object]]:
        """Return faces that a file beside this one names, on the upright picture."""
        return on_upright(regions, (0, 0), Embedded.of_exif(self._tags()).orientation)

    def picture(self, side: int) -> Pixels:
        """Return the embedded picture if it is large enough for `side`, otherwise the sensor's data at half size."""
        wanted = max(side, self._wanted)
        if self._base is None:
            with self._raw() as raw:
                check_size(int(raw.sizes.raw_width), int(raw.sizes.raw_height), self.limits.megapixels)
                self._base = shrunk(self._embedded(raw, min(wanted, _ENOUGH)) or self._developed(raw), wanted)
            self.decodes += 1
        return as_array(shrunk(self._base, side))

    def close(self) -> None:
        """Let go of the pixels."""
        self._base = None

    @contextmanager
    def _raw(self) -> Iterator[Any]:
        if importlib.util.find_spec("rawpy") is None:
            raise UnsupportedFormat(
                tr(
                    "This is a {name} photo; the part of Kinora that reads those is not installed.",
                    name=self.format.name,
                ),
                hint=tr("Install it with: pip install 'kinora[raw]'"),
            )
        import rawpy

        what = f"{self.format.name} photo"
        with opened(self.path) as stream, reading(what, rawpy.LibRawError), rawpy.imread(stream) as raw:
            yield raw

    def _embedded(self, raw: Any, side: int) -> Image | None:
        """Return the camera's own JPEG, upright, if its longest side is at least `side`."""
        import rawpy
        from PIL import Image as Pictures

        try:
            thumb = raw.extract_thumb()
        except rawpy.LibRawError:
            return None
        if thumb.format == rawpy.ThumbFormat.BITMAP:
            image = Pictures.fromarray(thumb.data)
            turn = _TURNS.get(int(raw.sizes.flip), 1)
        else:
            image = Pictures.open(io.BytesIO(thumb.data), formats=["JPEG"])
            check_size(image.width, image.height, self.limits.megapixels)
            tags = exif.read_exif(image.info.get("exif", b""))
            turn = int(exif.number(tags.main, 274) or 0) or _TURNS.get(int(raw.sizes.flip), 1)
        if max(image.size) < side:
            return None
        return upright(to_rgb(image), turn)

    def _developed(self, raw: Any) -> Image:
        from PIL import Image as Pictures

        return Pictures.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8))

    def _tags(self) -> exif.Exif:
        """Return the EXIF of a RAW file: it is a TIFF itself, or holds one (Fujifilm, Canon CR3)."""
        with opened(self.path) as stream:
            if self.format.name.endswith("(RAF)"):
                start = int.from_bytes(read_at(stream, 84, 4), "big")
                head = read_at(stream, start, 65536)
                at = head.find(b"Exif\x00\x00")
                return exif.read_exif(head[at:]) if at >= 0 else exif.Exif()
            if self.format.name.endswith("(CR3)"):
                return _canon_boxes(read_at(stream, 0, _MOST_HEAD))
            return exif.read_tiff(cast("BinaryIO", _Plain(stream.read(8), stream)))


def _canon_boxes(head: bytes) -> exif.Exif:
    """Return the directories that CR3 keeps in boxes of their own: CMT1 main, CMT2 photo, CMT4 GPS."""
    made = {}
    for name in (b"CMT1", b"CMT2", b"CMT4"):
        at = head.find(name)
        made[name] = exif.read_exif(head[at + 4 : at + 4 + (64 << 10)]).main if at >= 0 else {}
    return exif.Exif(made[b"CMT1"], made[b"CMT2"], made[b"CMT4"])


class _Plain(io.RawIOBase):
    """A RAW file whose magic number (Olympus, Panasonic) is shown as TIFF's."""

    def __init__(self, head: bytes, stream: Any) -> None:
        super().__init__()
        self._head = head[:2] + (b"*\x00" if head[:2] == b"II" else b"\x00*") + head[4:]
        self._stream = stream

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._stream.seek(offset, whence))

    def read(self, size: int = -1) -> bytes:
        at = self._stream.tell()
        data: bytes = self._stream.read(size)
        return self._head[at : at + len(data)] + data[max(0, 8 - at) :] if at < 8 else data
