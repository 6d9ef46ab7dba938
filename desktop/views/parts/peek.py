"""What a film shows at the place of the time line under the mouse: a small frame with its time."""

import asyncio
from collections import OrderedDict

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.stage import render
from engine.errors import Cancelled, KinoraError

SIDE = 224  # pixels, the longest side of a frame
REST = 0.05  # seconds that the mouse must rest on a place
STEPS = 160  # frames along a whole film: nearer places show the same one
FINEST = 0.2  # seconds between two of them
KEPT = 240  # frames in memory
MARGIN = 6
LINE = 20  # height of the words
WIDEST = 280  # pixels that the words take at most where the frame is narrower


class Peek(QWidget):
    """A small window above the time line; it never takes the mouse or the keys."""

    def __init__(self, ops: Operations, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._ops = ops
        self._over = parent
        self._look = look
        self._asking = ops.latest()
        self._kept: OrderedDict[tuple[int, float], QImage] = OrderedDict()
        self._asset: int | None = None
        self._length = 0.0
        self._shape = QSize(16, 9)
        self._image: QImage | None = None
        self._at: tuple[int, float] | None = None
        self._text = ""
        self.blurred = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def begin(self, asset: int | None, length: float, shape: QSize) -> None:
        """Take another film (None: one without pictures) with its length in seconds and the shape of its frames."""
        self.leave()
        self._asset, self._length, self._shape = asset, length, shape

    def leave(self) -> None:
        """Show nothing and ask for nothing."""
        self._asking.cancel()
        self._image = self._at = None
        self.hide()

    def show_at(self, second: float, point: QPoint, text: str) -> None:
        """Show the frame of a second above a point of the parent, with words under it."""
        self._text = text
        wanted = None if self._asset is None or self.blurred else (self._asset, self.rounded(second))
        if wanted != self._at:
            self._at = wanted
            self._image = self._kept.get(wanted, self._image) if wanted is not None else None
            if wanted is not None and wanted not in self._kept:
                self._asking.start(self._ask(wanted))
        self._place(point)
        self.show()
        self.raise_()
        self.update()

    def rounded(self, second: float) -> float:
        """The second of the frame that stands for a place."""
        step = max(FINEST, self._length / STEPS)
        return round(min(int(second / step + 0.5) * step, max(0.0, self._length - 0.05)), 2)

    @property
    def text(self) -> str:
        """The words that are shown."""
        return self._text

    @property
    def image(self) -> QImage | None:
        """The frame that is shown."""
        return self._image

    async def _ask(self, wanted: tuple[int, float]) -> None:
        await asyncio.sleep(REST)
        try:
            found = await self._ops.demand(render, self._ops.library, wanted[0], side=SIDE, time=wanted[1])
        except (KinoraError, Cancelled):
            return  # no frame there: the time alone is shown
        self._kept[wanted] = found.levels[0]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if self._at == wanted and self.isVisible():
            self._image = found.levels[0]
            self.update()

    def _place(self, point: QPoint) -> None:
        frame = self._frame()
        metrics = self.fontMetrics()
        most = max(frame.width(), WIDEST)  # longer words are cut
        wide = min(most, max(frame.width(), metrics.horizontalAdvance(self._text) + MARGIN))
        wide = min(wide + 2 * MARGIN, self._over.width())
        high = frame.height() + LINE + 2 * MARGIN
        left = min(max(0, point.x() - wide // 2), max(0, self._over.width() - wide))
        self.setGeometry(QRect(left, max(0, point.y() - high - 4), wide, high))

    def _frame(self) -> QSize:
        if self._asset is None or self.blurred:
            return QSize(0, 0)
        return self._shape.scaled(QSize(SIDE, SIDE * 3 // 4), Qt.AspectRatioMode.KeepAspectRatio)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setPen(self._look.colour("line"))
            painter.setBrush(self._look.colour("raised"))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
            frame = self._frame()
            if frame.height():
                place = QRectF(QPointF((self.width() - frame.width()) / 2, MARGIN), frame)
                path = QPainterPath()
                path.addRoundedRect(place, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
                painter.fillPath(path, self._look.colour("sunken"))
                if self._image is not None:
                    painter.setClipPath(path)
                    painter.drawImage(place, self._image)
                    painter.setClipping(False)
            painter.setPen(self._look.colour("text"))
            painter.setFont(self._look.font(tokens.CAPTION))
            line = QRect(MARGIN, self.height() - LINE - 2, self.width() - 2 * MARGIN, LINE)
            text = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)


def said(second: float, code: str, text: str) -> str:
    """The words under a frame: its time, and what is there."""
    return "  ".join(part for part in (code or words.clock(second), text) if part)
