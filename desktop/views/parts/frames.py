"""Frames of a film as pictures, sampled so that a large frame never holds up the window."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat

WIDEST = 1920  # pixels; wider frames are sampled before their colours are converted (4K whole takes over 16 ms)

_Format = QVideoFrameFormat.PixelFormat
# Bytes of one sample in the first and in the other planes, all with colour at half the width and height.
_PLANES = {
    _Format.Format_YUV420P: (1, 1),
    _Format.Format_YV12: (1, 1),
    _Format.Format_NV12: (1, 2),
    _Format.Format_NV21: (1, 2),
    _Format.Format_P010: (2, 4),
    _Format.Format_P016: (2, 4),
    _Format.Format_YUV420P10: (2, 2),
}


def image_of(frame: QVideoFrame, widest: int = WIDEST) -> QImage:
    """The frame as a picture at most about `widest` pixels wide; null when it cannot be read."""
    step = -(-frame.width() // widest)
    if step < 2 or frame.pixelFormat() not in _PLANES:
        return frame.toImage()
    small = _sampled(frame, step)
    return frame.toImage() if small is None else small.toImage()


def _sampled(frame: QVideoFrame, step: int) -> QVideoFrame | None:
    """A frame of every `step`-th sample, in the same colours; None when the memory cannot be mapped."""
    size = QSize((frame.width() // step) & ~1, (frame.height() // step) & ~1)
    small = QVideoFrame(_format(frame.surfaceFormat(), size))
    small.setRotation(frame.rotation())
    small.setMirrored(frame.mirrored())
    if not frame.map(QVideoFrame.MapMode.ReadOnly):
        return None
    try:
        if not small.map(QVideoFrame.MapMode.WriteOnly):
            return None
        for plane in range(frame.planeCount()):
            _copy(frame, small, plane, step)
        small.unmap()
    finally:
        frame.unmap()
    return small


def _format(source: QVideoFrameFormat, size: QSize) -> QVideoFrameFormat:
    made = QVideoFrameFormat(size, source.pixelFormat())
    made.setColorSpace(source.colorSpace())
    made.setColorRange(source.colorRange())
    made.setColorTransfer(source.colorTransfer())
    made.setRotation(source.rotation())
    made.setMirrored(source.isMirrored())
    return made


def _copy(frame: QVideoFrame, small: QVideoFrame, plane: int, step: int) -> None:
    import numpy as np

    width = _PLANES[frame.pixelFormat()][min(plane, 1)]
    sample = {1: np.uint8, 2: np.uint16, 4: np.uint32}[width]
    share = 1 if plane == 0 else 2
    rows, columns = small.height() // share, small.width() // share
    source = _grid(frame, plane, sample)[::step, ::step][:rows, :columns]
    _grid(small, plane, sample)[: source.shape[0], : source.shape[1]] = source


def _grid(frame: QVideoFrame, plane: int, sample):  # type: ignore[no-untyped-def]
    import numpy as np

    line = frame.bytesPerLine(plane)
    raw = np.frombuffer(frame.bits(plane), np.uint8)
    lines = raw[: raw.size // line * line].reshape(-1, line)
    width = np.dtype(sample).itemsize
    return lines[:, : line // width * width].view(sample)
