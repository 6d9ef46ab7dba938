"""Bring pixels of any mode to 8-bit RGB, upright and at the wanted size."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

    from engine.media.parts import Pixels

log = logging.getLogger(__name__)

_LIGHT, _DARK = 255, 24  # backgrounds behind transparent pictures


def fit(width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size with its longest side at most `side` and no side below one pixel; never larger than given."""
    scale = min(1.0, side / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_rgb(image: Image) -> Image:
    """Return the picture as 8-bit RGB: 16 bits scaled, transparency laid on a background, CMYK converted."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _on_background(image)
    if image.mode.startswith("I;16"):
        return _scaled(image, 65535.0)
    if image.mode in ("I", "F"):
        return _stretched(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_background(image: Image) -> Image:
    """Lay a transparent picture on white, or on near-black when what is drawn on it is light."""
    from PIL import Image as Pictures
    from PIL import ImageStat

    layered = image.convert("RGBA")
    alpha = layered.getchannel("A")
    lowest, highest = _extrema(alpha)
    if lowest == 255:
        return layered.convert("RGB")
    mask = alpha.point([0] * 128 + [255] * 128) if highest >= 128 else None
    light = ImageStat.Stat(layered.convert("L"), mask).mean[0] if mask else 0.0
    ground = Pictures.new("RGB", layered.size, (_DARK,) * 3 if light >= 160 else (_LIGHT,) * 3)
    ground.paste(layered, mask=alpha)
    return ground


def _extrema(band: Image) -> tuple[float, float]:
    low, high = band.getextrema()
    return float(low), float(high)  # type: ignore[arg-type]


def _scaled(image: Image, top: float) -> Image:
    import numpy as np
    from PIL import Image as Pictures

    grey = np.asarray(image).astype(np.float32) * (255.0 / top)
    return Pictures.fromarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8)).convert("RGB")


def _stretched(image: Image) -> Image:
    """Scale a picture of wide numbers: 0..65535 if it fits there, otherwise from its least to its greatest value."""
    import numpy as np
    from PIL import Image as Pictures

    if image.mode == "I":
        low, high = _extrema(image)
        if low >= 0 and high <= 65535:
            return _scaled(image, 65535.0)
    grey = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    grey = (grey - low) * (255.0 / max(high - low, 1e-12))
    return Pictures.fromarray(grey.astype(np.uint8)).convert("RGB")


def upright(image: Image, orientation: int) -> Image:
    """Turn and mirror a picture as its EXIF orientation (1..8) says."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
    }  # fmt: skip
    return image.transpose(turns[orientation]) if orientation in turns else image


def to_srgb(image: Image, profile: bytes | None) -> Image:
    """Convert a picture with a colour profile of its own to sRGB RGB; a profile that makes no sense is left out."""
    if not profile or len(profile) > 4 << 20 or b"s\x00R\x00G\x00B\x00" in profile[:4096] or b"sRGB" in profile[:4096]:
        return image
    if image.mode not in ("RGB", "CMYK", "L"):
        return image
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made: Any = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("a colour profile was left out: %s", error)
        return image
    return made or image


def shrunk(image: Image, side: int) -> Image:
    """Return the picture with its longest side at most `side`."""
    from PIL.Image import Resampling

    size = fit(image.width, image.height, side)
    return image if size == image.size else image.resize(size, Resampling.HAMMING, reducing_gap=2.0)


def as_array(image: Image) -> Pixels:
    """Return the pixels, H x W x 3, read-only so that one analyzer cannot change what the next one sees."""
    import numpy as np

    pixels = np.asarray(image)
    pixels.setflags(write=False)
    return pixels


def jpeg(image: Image, quality: int) -> bytes:
    """Return the picture as JPEG bytes."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
