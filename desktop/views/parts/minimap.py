"""The small map in the corner of a picture that is looked at closely: where in the whole one is."""

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from desktop.look import tokens
from desktop.views.parts.lens import Lens
from desktop.views.parts.overlays import INK

SIDE = QSizeF(168, 126)  # logical pixels that the map has at most
SHARE = 0.34  # of the window's sides that it takes at most


def place(lens: Lens) -> QRectF:
    """Where the map is in the window; empty when none helps."""
    if not lens.deep:
        return QRectF()
    room = QSizeF(min(SIDE.width(), lens.room.width() * SHARE), min(SIDE.height(), lens.room.height() * SHARE))
    size = lens.size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    corner = QPointF(lens.room.width() - size.width() - tokens.M, lens.room.height() - size.height() - tokens.M)
    return QRectF(corner, size)


def point(lens: Lens, at: QPointF) -> QPointF | None:
    """The picture's point (fractions) under a point of the window that is on the map."""
    rect = place(lens)
    if rect.isEmpty() or not rect.contains(at):
        return None
    return QPointF((at.x() - rect.x()) / rect.width(), (at.y() - rect.y()) / rect.height())


def paint(painter: QPainter, lens: Lens, image: QImage) -> None:
    """Draw the map with the part that is seen."""
    rect = place(lens)
    if rect.isEmpty():
        return
    seen = lens.seen()
    part = QRectF(
        rect.x() + seen.x() * rect.width(),
        rect.y() + seen.y() * rect.height(),
        max(4.0, seen.width() * rect.width()),
        max(4.0, seen.height() * rect.height()),
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setOpacity(0.92)
    painter.drawImage(rect, image)
    painter.setOpacity(1.0)
    veil = QColor(tokens.VEIL)
    for dark in _around(rect, part):
        painter.fillRect(dark, veil)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(INK.words, 1))
    painter.drawRect(rect)
    painter.setPen(QPen(INK.chosen, 3))
    painter.drawRect(part)
    painter.setPen(QPen(INK.words, 1))
    painter.drawRect(part)
    painter.restore()


def _around(whole: QRectF, part: QRectF) -> list[QRectF]:
    """The four strips of a rectangle around a part of it."""
    part = part.intersected(whole)
    return [
        QRectF(whole.left(), whole.top(), whole.width(), part.top() - whole.top()),
        QRectF(whole.left(), part.bottom(), whole.width(), whole.bottom() - part.bottom()),
        QRectF(whole.left(), part.top(), part.left() - whole.left(), part.height()),
        QRectF(part.right(), part.top(), whole.right() - part.right(), part.height()),
    ]
