"""Lines over the time line: who is seen, who speaks, what is heard, and when."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.views.parts.senses import Lane
from desktop.views.parts.timeline import EDGE
from engine.language import mark, tr, trn

ROW = 20
BAR = 5
NEAR = 4  # pixels around a piece in which it is meant
TOKENS = {"face": "accent", "voice": "success", "sound": "star"}
VOICES = ("accent", "success", "star", "danger", "warning", "muted")  # one after the other for the speakers
SAID = {"face": mark("seen"), "voice": mark("heard"), "sound": mark("heard")}


class Lanes(QWidget):
    """One row for each person, voice and sound; a click goes there.

    Signals:
        sought: a person chose this second.
    """

    sought = Signal(float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._duration = 0.0
        self._second = 0.0
        self._lane = 0
        self.lanes: tuple[Lane, ...] = ()
        self._colours: dict[str, QColor] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Who and what is when"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self._tint)
        self.hide()

    def put(self, duration: float, lanes: Sequence[Lane] | None = None) -> None:
        """Take another length in seconds, and other lanes."""
        self._duration = max(0.0, duration)
        if lanes is not None:
            self.lanes = tuple(lanes)
            self._tint()
            self._lane = min(self._lane, max(0, len(self.lanes) - 1))
            self.setVisible(bool(self.lanes))
            self.updateGeometry()
            self._describe()
        self.update()

    def show_position(self, seconds: float) -> None:
        """Mark the second that is shown."""
        if self.lanes and round(self.x_of(seconds)) != round(self.x_of(self._second)):
            self.update()
        self._second = seconds

    def sizeHint(self) -> QSize:
        return QSize(240, len(self.lanes) * ROW + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, len(self.lanes) * ROW + 4)

    def x_of(self, seconds: float) -> float:
        """Where a second is on the widget."""
        room = max(1, self.width() - 2 * EDGE)
        return EDGE + (room * seconds / self._duration if self._duration else 0.0)

    def at(self, x: float, y: float) -> tuple[Lane, float] | None:
        """The lane at a height and the second that a place on it means: the beginning of a piece, or the place."""
        row = int(y // ROW)
        if not 0 <= row < len(self.lanes) or not self._duration:
            return None
        lane = self.lanes[row]
        for start, end in lane.spans:
            if self.x_of(start) - NEAR <= x <= self.x_of(start) + NEAR and x < self.x_of(end):
                return lane, start
        room = max(1, self.width() - 2 * EDGE)
        return lane, min(max((x - EDGE) / room, 0.0), 1.0) * self._duration

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            font = self._look.font(tokens.CAPTION, bold=True)
            painter.setFont(font)
            metrics = QFontMetrics(font)
            for row, lane in enumerate(self.lanes):
                self._paint_lane(painter, metrics, row, lane)
            line = QColor(self._look.colour("text"))
            line.setAlphaF(0.6)
            painter.fillRect(QRectF(self.x_of(self._second) - 0.5, 0, 1, self.height()), line)

    def _paint_lane(self, painter: QPainter, metrics: QFontMetrics, row: int, lane: Lane) -> None:
        top = row * ROW
        focused = self.hasFocus() and row == self._lane
        painter.setPen(self._look.colour("text" if focused else "muted"))
        text = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, max(40, self.width() // 3))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(QRectF(EDGE + tokens.XS, top, self.width(), ROW - BAR - 2), flags, text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("sunken"))
        rail = QRectF(EDGE, top + ROW - BAR - 1, max(1, self.width() - 2 * EDGE), BAR)
        painter.drawRoundedRect(rail, BAR / 2, BAR / 2)
        painter.setBrush(self._colours.get(lane.name) or self._look.colour(TOKENS[lane.sort]))
        last = -10.0
        for start, end in lane.spans:
            x, right = self.x_of(start), self.x_of(end)
            if right - last < 0.5:
                continue  # thousands of pieces on the same pixel are one
            last = right
            painter.drawRoundedRect(QRectF(x, rail.top(), max(2.5, right - x), BAR), BAR / 2, BAR / 2)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._look.colour("accent"))
            painter.drawRoundedRect(QRectF(2, top + 0.5, self.width() - 4, ROW - 1), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.sought.emit(found[1])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position().x(), event.position().y())
        if found is None:
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(found[1])
        lane, second = found
        there = any(start <= second <= end for start, end in lane.spans)
        tip = (
            tr("{clock}  {name} is {how}", clock=words.clock(second), name=lane.name, how=tr(SAID[lane.sort]))
            if there
            else f"{words.clock(second)}"
        )
        QToolTip.showText(event.globalPosition().toPoint(), tip, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.lanes:
            self._lane = min(max(0, self._lane + (1 if key == Qt.Key.Key_Down else -1)), len(self.lanes) - 1)
            self._describe()
            self.update()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.lanes:
            self._hop(1 if key == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()

    def _hop(self, way: int) -> None:
        starts = [start for start, _ in self.lanes[self._lane].spans]
        later = [start for start in starts if start > self._second + 0.05]
        earlier = [start for start in starts if start < self._second - 0.5]
        if way > 0 and later:
            self.sought.emit(later[0])
        elif way < 0 and earlier:
            self.sought.emit(earlier[-1])

    def _tint(self) -> None:
        self._colours = voice_colours(self._look, [lane for lane in self.lanes if lane.sort == "voice"])
        self.update()

    def _describe(self) -> None:
        if self.lanes:
            lane = self.lanes[self._lane]
            times = trn("{n} time", "{n} times", len(lane.spans))
            self.setAccessibleDescription(
                tr(
                    "{name}, {how} {times}; arrows go from one to the next",
                    name=lane.name,
                    how=tr(SAID[lane.sort]),
                    times=times,
                )
            )


def voice_colours(look: Look, lanes: Sequence[Lane]) -> dict[str, QColor]:
    """A colour for each speaker of a recording, by name; the same here and in the wave."""
    voices = [lane.name for lane in lanes if lane.sort == "voice"]
    if len(voices) < 2:
        return {}
    return {name: look.colour(VOICES[number % len(VOICES)]) for number, name in enumerate(dict.fromkeys(voices))}
