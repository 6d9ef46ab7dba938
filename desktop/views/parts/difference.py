"""Where two pictures differ: every pixel as bright as its colours are apart."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from desktop.views.parts.picture import Picture

SIDE = 1200  # pixels of the longest side that is compared
GAIN = 4  # so many times brighter than the difference: small ones have to be seen


def difference(one: Picture, other: Picture) -> Picture:
    """The difference of two pictures, in the shape of the first (blocking: for a thread)."""
    import numpy as np

    first = one.level(SIDE)
    size = first.size()
    if max(size.width(), size.height()) > SIDE:
        size = size.scaled(SIDE, SIDE, _KEEP)
    mine, theirs = _pixels(first, size), _pixels(other.level(size.width()), size)
    apart = np.abs(mine - theirs).max(axis=2)
    bright = np.clip(apart * GAIN, 0, 255).astype(np.uint8)
    height, width = bright.shape
    return Picture((QImage(bright.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).copy(),))


def share(picture: Picture) -> float:
    """How much of a difference is not black, 0..1 (blocking: for a thread)."""
    import numpy as np

    image = picture.levels[0]
    seen = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return float((seen[:, : image.width()] > GAIN * 8).mean())


def _pixels(image: QImage, size: QSize):  # type: ignore[no-untyped-def]  # an array of height, width, 3
    import numpy as np

    plain = image.scaled(size, _IGNORE, _SMOOTH).convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return raw[:, : plain.width() * 3].reshape(plain.height(), plain.width(), 3).astype(np.int16)


_KEEP, _IGNORE = Qt.AspectRatioMode.KeepAspectRatio, Qt.AspectRatioMode.IgnoreAspectRatio
_SMOOTH = Qt.TransformationMode.SmoothTransformation
