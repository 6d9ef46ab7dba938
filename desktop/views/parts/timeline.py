"""The time line of a film or a recording, with marks of what was found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy

from desktop.look import words
from desktop.look.look import Look
from engine.language import mark, tr

EDGE = 10  # pixels left free at both ends
TRACK = 6  # height of the line
NEAR = 6  # pixels around the mouse in which a mark is meant
LONGEST = 120  # characters of a mark's words in the tip


class Sort(StrEnum):
    """What a mark on the line stands for."""

    HIT = "hit"
    CUT = "cut"
    VOICE = "voice"
    TEXT = "text"
    CLIP = "clip"
    FLAG = "flag"


NAMES = {
    Sort.HIT: mark("Found"), Sort.CUT: mark("Cut"), Sort.VOICE: mark("Somebody speaks"), Sort.TEXT: mark("Text"),
    Sort.CLIP: mark("Clip"), Sort.FLAG: mark("Mark"),
}  # fmt: skip
RANK = {Sort.HIT: 0, Sort.FLAG: 1, Sort.TEXT: 2, Sort.CUT: 3, Sort.CLIP: 4, Sort.VOICE: 5}  # which of several is meant
TOKENS = {
    Sort.HIT: "star", Sort.CUT: "line_strong", Sort.VOICE: "success", Sort.TEXT: "muted", Sort.CLIP: "accent",
    Sort.FLAG: "danger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeMark:
    """One place on the line, in seconds; `end` of a span."""

    sort: Sort
    start: float
    end: float | None = None
    text: str = ""


class TimeLine(QAbstractSlider):
    """Shows where the player is and what is where; a click goes there.

    Signals:
        sought: a person chose this second.
        pointed: the mouse is at this second (None: it is gone), at this place of the widget.
    """

    sought = Signal(float)
    pointed = Signal(object, float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._duration = 0.0
        self._marks: tuple[TimeMark, ...] = ()
        self._clips: tuple[TimeMark, ...] = ()
        self._range: tuple[float | None, float | None] = (None, None)
        self._hover: float | None = None
        self._dragging = False
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Time line"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look.changed.connect(self.update)

    @property
    def marks(self) -> tuple[TimeMark, ...]:
        return self._marks

    def show_clips(self, clips: Sequence[TimeMark]) -> None:
        """Take other clips and marks of the user."""
        self._clips = tuple(clips)
        self.update()

    def show_range(self, start: float | None, end: float | None) -> None:
        """Draw the in point and the out point."""
        self._range = (start, end)
        self.update()

    def put(self, duration: float, marks: Sequence[TimeMark] | None = None) -> None:
        """Take another length in seconds, and other marks."""
        self._duration = max(0.0, duration)
        self.setRange(0, round(self._duration * 1000))
        self.setSingleStep(1000)
        self.setPageStep(max(1000, round(self._duration * 50)))
        if marks is not None:
            self._marks = tuple(sorted(marks, key=lambda one: one.start))
        self.update()

    def show_position(self, seconds: float) -> None:
        """Move the head; says nothing."""
        if self._dragging:
            return
        self.blockSignals(True)
        self.setValue(round(seconds * 1000))
        self.blockSignals(False)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 40)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 40)

    def x_of(self, seconds: float) -> float:
        """Where a second is on the widget."""
        room = max(1, self.width() - 2 * EDGE)
        return EDGE + (room * seconds / self._duration if self._duration else 0.0)

    def second_at(self, x: float) -> float:
        """The second at a place on the widget."""
        room = max(1, self.width() - 2 * EDGE)
        return min(max((x - EDGE) / room, 0.0), 1.0) * self._duration

    def near(self, x: float) -> TimeMark | None:
        """The mark that a place on the widget means: hits before words before cuts before spans."""
        found = []
        for one in (*self._marks, *self._clips):
            left, right = self.x_of(one.start), self.x_of(one.end if one.end is not None else one.start)
            away = max(left - x, x - right, 0.0)
            if away <= NEAR:
                found.append((RANK[one.sort], away, one.start, one))
        return min(found, key=lambda entry: entry[:3])[3] if found else None

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            middle = self.height() / 2
            track = QRectF(EDGE, middle - TRACK / 2, self.width() - 2 * EDGE, TRACK)
            painter.setBrush(self._look.colour("pressed"))
            painter.drawRoundedRect(track, TRACK / 2, TRACK / 2)
            played = QRectF(track)
            played.setRight(self.x_of(self.value() / 1000))
            painter.setBrush(self._look.colour("accent"))
            painter.drawRoundedRect(played, TRACK / 2, TRACK / 2)
            self._paint_range(painter, middle)
            for sort in (Sort.CLIP, Sort.VOICE, Sort.CUT, Sort.TEXT, Sort.HIT, Sort.FLAG):
                self._paint_sort(painter, sort, middle)
            self._paint_head(painter, middle)

    def _paint_sort(self, painter: QPainter, sort: Sort, middle: float) -> None:
        painter.setBrush(self.colour(sort))
        last = -10.0
        for one in (*self._marks, *self._clips):
            if one.sort is not sort:
                continue
            x = self.x_of(one.start)
            right = self.x_of(one.end) if one.end is not None else x
            if sort not in (Sort.VOICE, Sort.CLIP) and x - last < 1.0:
                continue  # thousands of marks on the same pixel are one
            last = x
            self._paint_mark(painter, sort, x, right, middle)

    def _paint_mark(self, painter: QPainter, sort: Sort, x: float, right: float, middle: float) -> None:
        if sort is Sort.VOICE:
            painter.drawRoundedRect(QRectF(x, middle + 7, max(2.0, right - x), 4), 2, 2)
        elif sort is Sort.CLIP:
            painter.drawRoundedRect(QRectF(x, middle - 18, max(3.0, right - x), 4), 2, 2)
        elif sort is Sort.FLAG:
            painter.drawRect(QRectF(x - 0.75, middle - 18, 1.5, 16))
            painter.drawPolygon([QPointF(x, middle - 18), QPointF(x + 7, middle - 15), QPointF(x, middle - 12)])
        elif sort is Sort.CUT:
            painter.drawRect(QRectF(x - 0.75, middle - 7, 1.5, 14))
        elif sort is Sort.TEXT:
            painter.drawEllipse(QPointF(x, middle + 15), 2.0, 2.0)
        else:
            if right - x > 3:
                span = QColor(self.colour(sort))
                span.setAlphaF(0.45)
                painter.fillRect(QRectF(x, middle - 5, right - x, 10), span)
            head = QPointF(x, middle - 5)
            painter.drawPolygon([head, head + QPointF(-5, -8), head + QPointF(5, -8)])
            painter.drawRect(QRectF(x - 1, middle - 6, 2, 12))

    def _paint_range(self, painter: QPainter, middle: float) -> None:
        """The piece between the in and the out point, with a bracket at each."""
        start, end = self._range
        if start is None and end is None:
            return
        left = self.x_of(start if start is not None else 0.0)
        right = self.x_of(end if end is not None else self._duration)
        shade = QColor(self._look.colour("accent"))
        shade.setAlphaF(0.22)
        painter.fillRect(QRectF(left, middle - 11, max(1.0, right - left), 22), shade)
        for x, inward, there in ((left, 1, start is not None), (right, -1, end is not None)):
            if there:
                solid = self._look.colour("accent")
                painter.fillRect(QRectF(x - 1, middle - 12, 2, 24), solid)
                for y in (middle - 12, middle + 10):
                    painter.fillRect(QRectF(min(x, x + 6 * inward), y, 6, 2), solid)

    def _paint_head(self, painter: QPainter, middle: float) -> None:
        x = self.x_of(self.value() / 1000)
        if self._hover is not None:
            line = self._look.colour("muted")
            line.setAlphaF(0.6)
            painter.fillRect(QRectF(self.x_of(self._hover) - 0.5, middle - 12, 1, 24), line)
        painter.setPen(self._look.colour("surface"))
        painter.setBrush(self._look.colour("accent"))
        painter.drawEllipse(QPointF(x, middle), 7, 7)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._look.colour("text"))
            painter.drawEllipse(QPointF(x, middle), 9, 9)

    def colour(self, sort: Sort) -> QColor:
        """The colour of one sort of mark (the legend uses it too)."""
        return self._look.colour(TOKENS[sort])

    # --- hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._duration:
            self._dragging = True
            mark = self.near(event.position().x())
            exact = mark is not None and mark.sort is Sort.HIT
            self._seek(mark.start if exact and mark else self.second_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        second = self.second_at(event.position().x())
        self._hover = second
        if self._dragging:
            self._seek(second)
        if self._duration:
            self.pointed.emit(second, event.position().x())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.pointed.emit(None, 0.0)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self._seek(self.value() / 1000 + (5 if event.angleDelta().y() < 0 else -5))
        event.accept()

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        super().sliderChange(change)
        if change is QAbstractSlider.SliderChange.SliderValueChange and not self.signalsBlocked():
            self.sought.emit(self.value() / 1000)

    def tip(self, x: float) -> str:
        """The words shown over a place: its time, and what is there."""
        mark = self.near(x)
        time = words.clock(mark.start if mark else self.second_at(x))
        text = self.words_at(x)
        return f"{time}  {text}" if text else time

    def words_at(self, x: float) -> str:
        """What is at a place; empty where nothing is."""
        mark = self.near(x)
        if mark is None:
            return ""
        return (mark.text if len(mark.text) <= LONGEST else mark.text[: LONGEST - 1] + "…") or tr(NAMES[mark.sort])

    def _seek(self, second: float) -> None:
        self.setValue(round(min(max(0.0, second), self._duration) * 1000))
