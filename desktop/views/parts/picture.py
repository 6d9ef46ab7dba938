"""Decoded pictures for drawing: read off the UI thread, with halved copies so that shrinking stays smooth and cheap."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from engine.errors import DamagedFile
from engine.language import tr
from engine.model import Box

SMALLEST = 512  # longest side in pixels of the last halved copy
VEIL = 14  # longest side in pixels that is left of a blurred picture


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in falling sizes; the first is the finest."""

    levels: tuple[QImage, ...]

    @property
    def side(self) -> int:
        """The longest side of the finest level, in pixels."""
        return max(self.levels[0].width(), self.levels[0].height())

    @property
    def size(self) -> QSize:
        return self.levels[0].size()

    def part(self, box: Box) -> QImage:
        """A copy of a part of the finest level."""
        image = self.levels[0]
        left, top = round(box.x * image.width()), round(box.y * image.height())
        return image.copy(left, top, max(1, round(box.w * image.width())), max(1, round(box.h * image.height())))

    def level(self, width: float) -> QImage:
        """The smallest level that is at least `width` pixels wide."""
        return next((image for image in reversed(self.levels) if image.width() >= width), self.levels[0])


def load(path: Path) -> Picture:
    """Read a JPEG that a worker made (blocking: for a thread).

    Only reading lets go of Python's lock: scaling or converting a picture that is read would hold up the window from
    any thread. So the smaller copies are read from the file too, which the decoder does in passing.

    Raises:
        DamagedFile: it cannot be read.
    """
    levels = [_read(path, None)]
    while max(levels[-1].width(), levels[-1].height()) >= 2 * SMALLEST:
        levels.append(_read(path, levels[-1].size() / 2))
    return Picture(tuple(levels))


def _read(path: Path, size: QSize | None) -> QImage:
    reader = QImageReader(str(path))
    if size is not None:
        reader.setScaledSize(size)
    image = reader.read()
    if image.isNull():
        raise DamagedFile(
            tr("The picture that was made of this file cannot be read."), hint=tr("Rebuild it with Try again.")
        )
    return image


def veiled(image: QImage) -> QImage:
    """A copy that shows colours but nothing else."""
    small = image.scaled(VEIL, VEIL, Qt.AspectRatioMode.KeepAspectRatio, _SMOOTH)
    return small.scaled(small.size() * 4, Qt.AspectRatioMode.IgnoreAspectRatio, _SMOOTH)


_SMOOTH = Qt.TransformationMode.SmoothTransformation
