"""Read photos: header, metadata, and the pixels in one decode."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import TooLarge
from engine.language import digits, tr
from engine.media.files import opened
from engine.media.metadata import Embedded, photo_facts
from engine.media.pixels import as_array, fit, shrunk, to_rgb, to_srgb, upright
from engine.media.reader import Reader
from engine.media.reading import reading
from engine.media.regions import Region, on_upright
from engine.model import Facts

if TYPE_CHECKING:
    from PIL.Image import Image

    from engine.media.parts import Pixels

_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_COVERS = ["JPEG", "PNG", "WEBP", "GIF", "BMP"]


class PhotoReader(Reader):
    """Reads what Pillow and pillow-heif decode, each with its one format allowed.

    The picture is decoded once at the largest side that was asked for or announced by `want`; smaller ones are made
    from it. Asking for a larger one later decodes again.
    """

    _orientation = 1
    _base: Image | None = None
    _size = (0, 0)  # upright, of the original
    _wanted = 0
    _facts: Facts | None = None

    def want(self, side: int) -> None:
        """Hear the largest side that will be asked for."""
        self._wanted = max(self._wanted, side)

    def facts(self) -> Facts:
        """Return size and metadata, from the header alone."""
        if self._facts is None:
            with self._image() as image:
                self._facts = self._describe(image)
        return self._facts

    def named(self, regions: tuple[Region, ...]) -> list[dict[str, object]]:
        """Return faces that a file beside this one names, on the upright picture."""
        with self._image() as image:
            return on_upright(regions, image.size, Embedded.of_image(image, self.path).orientation)

    def picture(self, side: int) -> Pixels:
        """Return the upright RGB picture, longest side at most `side`."""
        return as_array(shrunk(self._decoded(side), side))

    def image(self, side: int) -> Image:
        """Return the same as a Pillow image."""
        return shrunk(self._decoded(side), side)

    def close(self) -> None:
        """Let go of the pixels."""
        self._base = None

    def _decoded(self, side: int) -> Image:
        if self._base is not None and max(self._base.size) >= min(side, max(self._size)):
            return self._base
        side = max(side, self._wanted)
        with self._image() as image:
            if self._facts is None:
                self._facts = self._describe(image)
            self._base = self._decode(image, side)
        self.decodes += 1
        return self._base

    def _decode(self, image: Image, side: int) -> Image:
        """Decode, shrink, convert and turn, in the order that costs least."""
        target = fit(image.width, image.height, side)
        if self.format.code == "JPEG":
            image.draft(image.mode, target)
        image = self._loaded(image)
        if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
            image = shrunk(image, side)
        profile = image.info.get("icc_profile")
        made = to_rgb(to_srgb(image, profile if isinstance(profile, bytes) else None))
        return upright(shrunk(made, side), self._orientation)

    def _loaded(self, image: Image) -> Image:
        """Decode the pixels; a JPEG with a few wrong bytes in its data is shown with the damage, and a notice."""
        try:
            image.load()
        except OSError as error:
            if self.format.code != "JPEG" or "broken data stream" not in str(error):
                raise
            rescued = rescue_jpeg(self.path)
            if rescued is None:
                raise
            self.notices.append(tr("This picture is damaged: parts of it look wrong."))
            return rescued
        return image

    @contextmanager
    def _image(self) -> Iterator[Image]:
        """Open the picture and check its size before anything is decoded."""
        from PIL import Image as Pictures

        what = f"{self.format.name} picture"
        with (
            warnings.catch_warnings(),
            opened(self.path) as stream,
            reading(what, Pictures.DecompressionBombError, Pictures.DecompressionBombWarning),
        ):
            self._allow(Pictures)
            with Pictures.open(stream, formats=[self.format.code]) as image:
                check_size(image.width, image.height, self.limits.megapixels)
                yield image

    def _allow(self, pictures: Any) -> None:
        """Guard Pillow, and teach it HEIF when that is asked for."""
        guard_pillow(self.limits.megapixels)
        if self.format.code == "HEIF" and "HEIF" not in pictures.OPEN:
            import pillow_heif

            pillow_heif.register_heif_opener(thumbnails=False)

    def _describe(self, image: Image) -> Facts:
        embedded = Embedded.of_image(image, self.path)
        facts = photo_facts(embedded, image.size)
        self._orientation = 1 if image.format == "TIFF" else embedded.orientation  # Pillow turns TIFF by itself
        width, height = image.size
        if self._orientation >= 5:
            width, height = height, width
        self._size = (width, height)
        count = int(getattr(image, "n_frames", 1) or 1) if image.format in _ANIMATED or image.format == "TIFF" else 1
        return replace(
            facts,
            mime=self.format.mime,
            format=self.format.name,
            width=width,
            height=height,
            frames=count if count > 1 and image.format in _ANIMATED else None,
            pages=count if count > 1 and image.format == "TIFF" else None,
        )


def check_size(width: int, height: int, megapixels: int) -> None:
    """Refuse pictures beyond the limit, by what the header says.

    Raises:
        TooLarge: there are more pixels than allowed.
    """
    if width * height > megapixels * 1_000_000:
        raise TooLarge(
            tr(
                "This picture says it is {width} x {height} pixels ({width2:,.0f} megapixels); at "
                "most {megapixels} are decoded.",
                width=digits(width),
                height=digits(height),
                width2=width * height / 1000000.0,
                megapixels=megapixels,
            )
        )


def cover_pixels(data: bytes, side: int, megapixels: int) -> Pixels:
    """Decode the cover that a recording or book carries, longest side at most `side`.

    Raises:
        DamagedFile, TooLarge: it cannot be decoded.
    """
    import io

    from PIL import Image as Pictures

    bombs = (Pictures.DecompressionBombError, Pictures.DecompressionBombWarning)
    with (
        warnings.catch_warnings(),
        reading(tr("cover picture"), *bombs),
    ):
        guard_pillow(megapixels)
        with Pictures.open(io.BytesIO(data), formats=_COVERS) as image:
            check_size(image.width, image.height, megapixels)
            return as_array(shrunk(to_rgb(image), side))


def guard_pillow(megapixels: int) -> None:
    """Set Pillow's own guard to the limit and make it raise: it also checks frames and tiles inside of files."""
    from PIL import Image as Pictures

    Pictures.MAX_IMAGE_PIXELS = megapixels * 1_000_000
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Pictures.DecompressionBombWarning)


def rescue_jpeg(path: bytes) -> Image | None:
    """Decode a JPEG over its errors; None when nothing comes out. The size must have been checked before."""
    import cv2
    import numpy as np
    from PIL import Image as Pictures

    with opened(path) as stream:
        data = np.frombuffer(stream.read(), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if pixels is None else Pictures.fromarray(pixels)
