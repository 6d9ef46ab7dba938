"""The small picture of an example (`like:...`) on its chip."""

import re
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap

from desktop.look import icons
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.workers.previews import Want, drawn

SIDE, CROSS = 22, 12  # pixels of the picture and of the sign beside it
_ASSET = re.compile(r"#(\d{1,15})")


async def sample_of(ops: Operations, look: Look, value: str, ratio: float) -> QImage | None:
    """The picture of an example, as small as it is shown; None where there is none."""
    side = round(SIDE * ratio)
    match = _ASSET.match(value)
    if match is None:
        return await ops.ask(drawn, Path(value), Want(0, side, side, round(4 * ratio)))
    asset = int(match[1])
    cells = await ops.ask(ops.library.cells, [asset]) or []
    path = await ops.ask(ops.library.preview, asset) if cells else None
    if path is None:
        return None
    want = Want(asset, side, side, round(4 * ratio), blur=look.veil.hides(asset, cells[0].safety))
    return await ops.ask(drawn, path, want)


def icon_with(image: QImage, look: Look, ratio: float) -> tuple[QIcon, QSize]:
    """The picture with the sign that takes the chip away, and their size."""
    size = QSize(SIDE + 6 + CROSS, SIDE)
    made = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    with QPainter(made) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, SIDE, SIDE), image)
        sign = icons.pixmap("close", look.colours.muted, CROSS, ratio)
        painter.drawPixmap(QPointF(SIDE + 6, (SIDE - CROSS) / 2), sign)
    return QIcon(made), size
