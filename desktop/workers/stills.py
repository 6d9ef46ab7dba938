"""Pictures of moments: the frame of a second, the page or picture around a box, cut in threads."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPainterPath, QPen

from desktop.workers.previews import Previews, Want, blurred, drawn
from engine.model import Box

FRAME = 480  # pixels of the side of a whole frame or page
PART = 1600  # of a picture of which a part is cut out
BUDGET = 32 << 20  # bytes of decoded pictures
LEAST = 0.22  # share of the picture's width that a cut-out has at least, so that one sees where it is
ROOM = 1.5  # times the box that a cut-out is


class Stills(Previews):
    """Loads the pictures of moments for one list; `render` is the library's."""

    patience = 1.0  # a worker may be drawing for a minute: nobody waits for it at the end

    def __init__(self, render: Callable[..., Path], parent: QObject | None = None) -> None:
        super().__init__(lambda _asset: None, budget=BUDGET, parent=parent)
        self._render = render

    def _mark(self, want: Want) -> Hashable:
        return want

    def _found(self, want: Want) -> Path | None:
        place: dict[str, Any] = {}
        if want.page is not None:
            place["page"] = want.page
        if want.time is not None:
            place["time"] = want.time
        return self._render(want.asset, side=PART if want.box is not None else FRAME, **place)

    def _drawn(self, path: Path, want: Want) -> QImage | None:
        return drawn(path, want) if want.box is None else part_of(path, want)

    def forget(self, assets: Any = None) -> None:
        """Look again for what could not be drawn."""
        self._absent.clear()


def part_of(path: Path, want: Want) -> QImage | None:
    """The part of a picture around the box, with a line around it; None when it cannot be read."""
    reader = QImageReader(str(path))
    size = reader.size()
    if size.isEmpty() or want.box is None:
        return None
    cut = around(want.box, size, want.width / want.height)
    reader.setClipRect(cut)
    reader.setScaledSize(QSize(want.width, want.height))
    image = reader.read()
    if image.isNull():
        return None
    if want.blur:
        image = blurred(image)
    out = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    out.fill(Qt.GlobalColor.transparent)
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(out.rect()), want.radius, want.radius)
        painter.setClipPath(shape)
        painter.drawImage(0, 0, image)
        if want.line:
            scale = want.width / cut.width()
            box = QRectF(
                (want.box.x * size.width() - cut.x()) * scale,
                (want.box.y * size.height() - cut.y()) * scale,
                want.box.w * size.width() * scale,
                want.box.h * size.height() * scale,
            ).adjusted(-2, -2, 2, 2)
            painter.setPen(QPen(QColor(want.line), max(1.5, want.width / 64)))
            painter.drawRoundedRect(box, 3, 3)
    return out


def around(box: Box, size: QSize, ratio: float) -> QRect:
    """The rectangle of a picture, with this ratio of width to height, that shows the box with some of what is around.

    It is never larger than the picture: of a part that is nearly all of it, the middle is shown.
    """
    wide, high = box.w * size.width() * ROOM, box.h * size.height() * ROOM
    width = max(wide, high * ratio, LEAST * size.width())
    width = min(width, float(size.width()), size.height() * ratio)
    height = width / ratio
    x = (box.x + box.w / 2) * size.width() - width / 2
    y = (box.y + box.h / 2) * size.height() - height / 2
    x = min(max(0.0, x), size.width() - width)
    y = min(max(0.0, y), size.height() - height)
    return QRect(round(x), round(y), max(1, round(width)), max(1, round(height)))
