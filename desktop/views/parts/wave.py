"""The wave of a recording: to look at, to zoom into, to go to a place, with the turns of its speakers behind it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.views.parts.lanes import voice_colours
from desktop.views.parts.senses import Lane
from engine.language import tr
from engine.model.film import Peaks

CLOSEST = 2.0  # seconds that are shown at least
TURN = 1.25  # one notch of the wheel
EDGE = 10  # pixels left free at both ends, as the time line does
RULER = 18  # height of the times
APART = 84  # pixels between two times
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


class Wave(QWidget):
    """Draws the extremes of the samples; the wheel pans, with Ctrl it zooms.

    Signals:
        sought: a person chose this second.
        pointed: the mouse is at this second (None: gone), at this place.
    """

    sought = Signal(float)
    pointed = Signal(object, float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._peaks: Peaks | None = None
        self._turns: tuple[tuple[float, float, QColor], ...] = ()
        self._lanes: tuple[Lane, ...] = ()
        self._length = 0.0
        self._second = 0.0
        self._begin, self._end = 0.0, 0.0  # what is shown, in seconds
        self._range: tuple[float | None, float | None] = (None, None)
        self._drawn: tuple[tuple[object, ...], QPixmap] | None = None
        self.note = ""
        self.setMinimumHeight(96)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Wave of the sound"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self._tint)

    # --- what is shown

    def begin(self, length: float) -> None:
        """Take another recording of so many seconds; its wave comes later."""
        self._peaks, self._drawn, self.note = None, None, ""
        self._length = max(0.0, length)
        self._begin, self._end = 0.0, self._length
        self.update()

    def put(self, peaks: Peaks | None, note: str = "") -> None:
        """Take its wave, or say why there is none."""
        self._peaks, self.note, self._drawn = peaks, note, None
        if peaks is not None and not self._length:
            self._length = self._end = len(peaks.extremes) / peaks.rate
        self.update()

    def show_lanes(self, lanes: Sequence[Lane]) -> None:
        """Draw the turns of the speakers behind the wave."""
        self._lanes = tuple(lane for lane in lanes if lane.sort == "voice")
        self._tint()

    def show_length(self, length: float) -> None:
        """The player knows better how long it is."""
        if length > 0 and abs(length - self._length) > 0.05:
            whole = self._end - self._begin >= self._length - 1e-6
            self._length = length
            if whole:
                self._show(0.0, length)

    def show_position(self, second: float) -> None:
        """Move the head; a closer look follows it."""
        before, self._second = self._second, second
        if not self._begin <= second <= self._end and self._begin <= before <= self._end and self._end > self._begin:
            self._show(second, second + self._end - self._begin)
        self.update()

    def show_range(self, start: float | None, end: float | None) -> None:
        """Draw the in and the out point."""
        self._range = (start, end)
        self.update()

    @property
    def shown(self) -> tuple[float, float]:
        """The seconds that are shown."""
        return self._begin, self._end

    def sizeHint(self) -> QSize:
        return QSize(400, 220)

    def x_of(self, second: float) -> float:
        """Where a second is on the widget; it may lie outside."""
        room = max(1.0, self.width() - 2 * EDGE)
        span = self._end - self._begin
        return EDGE + (room * (second - self._begin) / span if span > 0 else 0.0)

    def second_at(self, x: float) -> float:
        """The second at a place."""
        share = (x - EDGE) / max(1.0, self.width() - 2 * EDGE)
        return min(max(self._begin + share * (self._end - self._begin), 0.0), self._length)

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Look closer (above 1) or from farther away, around a place or the head."""
        if not self._length:
            return
        middle = self.second_at(x) if x is not None else min(max(self._second, self._begin), self._end)
        span = min(max((self._end - self._begin) / factor, min(CLOSEST, self._length)), self._length)
        share = (middle - self._begin) / max(1e-9, self._end - self._begin)
        self._show(middle - share * span, middle + (1 - share) * span)

    def whole(self) -> None:
        """Show all of it."""
        self._show(0.0, self._length)

    def pan(self, seconds: float) -> None:
        """Move what is shown."""
        self._show(self._begin + seconds, self._end + seconds)

    def _show(self, begin: float, end: float) -> None:
        span = min(end - begin, self._length)
        begin = min(max(0.0, begin), max(0.0, self._length - span))
        if (begin, begin + span) != (self._begin, self._end):
            self._begin, self._end = begin, begin + span
            self.update()

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self._look.colour("window"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            body = QRectF(EDGE, 4, max(1, self.width() - 2 * EDGE), max(1, self.height() - RULER - 8))
            self._paint_turns(painter, body)
            if self._peaks is not None:
                painter.drawPixmap(body.topLeft(), self._picture(body))
            else:
                painter.setPen(self._look.colour("muted"))
                text = self.note or tr("The wave is being drawn…")
                painter.drawText(body, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            self._paint_ruler(painter, body)
            self._paint_range(painter, body)
            self._paint_head(painter, body)

    def _paint_turns(self, painter: QPainter, body: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for start, end, colour in self._turns:
            left, right = max(body.left(), self.x_of(start)), min(body.right(), self.x_of(end))
            if right > left:
                shade = QColor(colour)
                shade.setAlphaF(0.16)
                painter.fillRect(QRectF(left, body.top(), right - left, body.height()), shade)
                painter.fillRect(QRectF(left, body.bottom() - 3, right - left, 3), colour)

    def _picture(self, body: QRectF) -> QPixmap:
        """The wave as a picture, drawn anew when what is shown changes."""
        ratio = self.devicePixelRatioF()
        key = (self._begin, self._end, body.width(), body.height(), ratio, self._look.colours)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw(round(body.width() * ratio), round(body.height() * ratio), ratio))
        return self._drawn[1]

    def _draw(self, wide: int, high: int, ratio: float) -> QPixmap:
        assert self._peaks is not None
        drawn = QPixmap(max(1, wide), max(1, high))
        drawn.fill(Qt.GlobalColor.transparent)
        with QPainter(drawn) as painter:
            columns = self._peaks.drawn(self._begin, self._end, max(1, wide))
            loudest = max(16, int(abs(self._peaks.extremes.astype("int16")).max(initial=16)))
            painter.setPen(self._look.colour("accent"))
            each = high / self._peaks.channels
            for channel in range(self._peaks.channels):
                middle = each * (channel + 0.5)
                scale = each * 0.46 / loudest
                low, top = columns[:, channel, 0].tolist(), columns[:, channel, 1].tolist()
                lines = [
                    value
                    for x, (a, b) in enumerate(zip(low, top, strict=True))
                    for value in (QPointF(x, middle - b * scale), QPointF(x, middle - a * scale + 0.5))
                ]
                painter.drawLines(lines)
        drawn.setDevicePixelRatio(ratio)
        return drawn

    def _paint_ruler(self, painter: QPainter, body: QRectF) -> None:
        span = self._end - self._begin
        if span <= 0:
            return
        least = span * APART / body.width()
        step = next((one for one in STEPS if one >= least), STEPS[-1])
        painter.setFont(self._look.font(tokens.CAPTION))
        painter.setPen(self._look.colour("muted"))
        at = int(self._begin / step) * step
        while at <= self._end + 1e-9:
            x = self.x_of(at)
            if x >= body.left() - 1:
                painter.drawLine(QPointF(x, body.bottom() + 1), QPointF(x, body.bottom() + 5))
                text = f"{words.clock(at)}.{round(at * 10) % 10}" if step < 1 else words.clock(at)
                place = QRectF(min(max(4.0, x - 40), self.width() - 84.0), body.bottom() + 4, 80, RULER - 4)
                align = Qt.AlignmentFlag.AlignLeft if x < 40 else Qt.AlignmentFlag.AlignHCenter
                if x > self.width() - 40:
                    align = Qt.AlignmentFlag.AlignRight
                painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, text)
            at += step

    def _paint_range(self, painter: QPainter, body: QRectF) -> None:
        start, end = self._range
        if start is None and end is None:
            return
        left = max(body.left(), self.x_of(start if start is not None else 0.0))
        right = min(body.right(), self.x_of(end if end is not None else self._length))
        shade = QColor(self._look.colour("accent"))
        shade.setAlphaF(0.18)
        painter.fillRect(QRectF(left, body.top(), max(0.0, right - left), body.height()), shade)

    def _paint_head(self, painter: QPainter, body: QRectF) -> None:
        x = self.x_of(self._second)
        if body.left() - 1 <= x <= body.right() + 1:
            painter.fillRect(QRectF(x - 1, body.top(), 2, body.height()), self._look.colour("text"))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._look.colour("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 4, 4)

    def _tint(self) -> None:
        colours = voice_colours(self._look, self._lanes)
        usual = self._look.colour("success")
        self._turns = tuple(
            (start, end, colours.get(lane.name, usual)) for lane in self._lanes for start, end in lane.spans
        )
        self.update()

    # --- hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._length:
            self.sought.emit(self.second_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        second = self.second_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton and self._length:
            self.sought.emit(second)
        self.pointed.emit(second, event.position().x())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None, 0.0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(TURN ** (turn / 120), event.position().x())
        else:
            self.pan(-turn / 120 * (self._end - self._begin) / 10)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        span = self._end - self._begin
        match Qt.Key(event.key()):
            case Qt.Key.Key_Home:
                self.sought.emit(0.0)
            case Qt.Key.Key_End:
                self.sought.emit(max(0.0, self._length - 0.05))
            case Qt.Key.Key_Left if event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.pan(-span / 10)
            case Qt.Key.Key_Right if event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.pan(span / 10)
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
