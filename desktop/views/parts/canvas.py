"""A picture that can be zoomed and moved, with boxes over it."""

from PySide6.QtCore import QEasingCurve, QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.views.parts.outline import Outline
from desktop.views.parts.overlays import Layer, Marks
from desktop.views.parts.picture import Picture, veiled
from desktop.views.parts.rubber import Rubber, Sheet
from engine.language import tr

NOTCH = 1.25  # one notch of the wheel, one press of + or -
MOST = 32.0  # screen pixels for one picture pixel
CRISP = 4.0  # from this zoom on pixels are drawn as squares
GLIDE = 110  # milliseconds of a zoom


class Canvas(QWidget):
    """Draws a picture of a known size from whatever finer copy has arrived, without flicker.

    Signals:
        zoomed: screen pixels for one picture pixel changed.
        finer: a copy whose longest side has this many pixels would be sharper.
        chosen: the selection of boxes changed.
        touched: the index of a box that was clicked and holds no words.
        menu_asked: the index of the box under the mouse (-1: none) and the global point.
        outlined: a part of the picture was drawn around, as fractions.
        viewed: a person zoomed or moved: times the fitting size, and the point in the middle as fractions.
    """

    zoomed = Signal(float)
    finer = Signal(int)
    chosen = Signal()
    touched = Signal(int)
    menu_asked = Signal(int, QPoint)
    outlined = Signal(object)
    viewed = Signal(float, QPointF)

    def __init__(self, marks: Marks, *, enlarge: bool = False) -> None:
        super().__init__()
        self.marks = marks
        self.veil = False
        self.backdrop = QColor(Qt.GlobalColor.black)
        self._enlarge = enlarge
        self._size = QSizeF()
        self._next: QSizeF | None = None
        self._picture: Picture | None = None
        self._veiled: QImage | None = None
        self._fit = True
        self._scale = 1.0  # logical pixels for one picture pixel
        self._centre = QPointF(0.5, 0.5)  # the picture's point in the middle, as fractions
        self._grip: QPoint | None = None
        self._moved = False
        self._rubber = Rubber()
        self._outline: Outline | None = None
        self._asked = 0
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(GLIDE)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._glided)
        self._anchor = (QPointF(), QPointF())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 90)
        self.setAccessibleName(tr("Picture"))

    # --- what is shown

    def begin(self, width: float, height: float) -> None:
        """Await another picture of this size in pixels; the old one stays until the first copy arrives."""
        self._next = QSizeF(max(1.0, width), max(1.0, height))
        self._asked = 0

    def put(self, picture: Picture) -> None:
        """Draw this copy if it belongs to the awaited picture or is finer than the one drawn."""
        if self._next is not None:
            self._size, self._next = self._next, None
            self._picture = None
            self._glide.stop()
            self._fit = True
        if self._picture is None or picture.side >= self._picture.side:
            self._picture, self._veiled = picture, None
        self._arrange()

    def clear(self) -> None:
        """Draw nothing."""
        self._picture, self._veiled, self._next = None, None, None
        self._size = QSizeF()
        self.update()

    def frame(self, image: QImage) -> None:
        """Draw a frame of a film: replaces what is drawn, keeps the zoom."""
        if self._next is not None or self._size.isEmpty():
            self._size, self._next = self._next or QSizeF(image.size()), None
            self._fit = True
            self._arrange()
        self._picture, self._veiled = Picture((image,)), None
        self.update()

    def hide_behind(self, veil: bool) -> None:
        """Blur the picture, or stop blurring it."""
        self.veil = veil
        self.update()

    @property
    def empty(self) -> bool:
        return self._picture is None

    @property
    def side(self) -> int:
        """The longest side of the copy that is drawn, in pixels."""
        return self._picture.side if self._picture else 0

    @property
    def scale(self) -> float:
        """Screen pixels for one picture pixel."""
        return self._scale * self.devicePixelRatioF()

    @property
    def fits(self) -> bool:
        return self._fit

    def area(self) -> QRectF:
        """Where the whole picture is on the widget (may reach beyond it)."""
        size = self._size * self._scale
        middle = QRectF(self.rect()).center()
        corner = middle - QPointF(self._centre.x() * size.width(), self._centre.y() * size.height())
        return QRectF(corner, size)

    def outline(self) -> None:
        """Let the next drag draw around a part of the picture."""
        self._outline = Outline()
        self.setCursor(Qt.CursorShape.CrossCursor)

    # --- zoom

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor around a point of the widget (default: its middle)."""
        aim = self._glide.endValue() if self._glide.state() == self._glide.State.Running else self._scale
        self._fly(aim * factor, at)

    def fit(self) -> None:
        """Show the whole picture."""
        self._centre = QPointF(0.5, 0.5) if self._fit else self._centre
        self._fly(self._fitting(), None)

    def full(self, at: QPointF | None = None) -> None:
        """One picture pixel on one screen pixel."""
        self._fly(1 / self.devicePixelRatioF(), at)

    def toggle(self, at: QPointF | None = None) -> None:
        """Between the whole picture and 100 %."""
        if self._fit:
            self.full(at)
        else:
            self.fit()

    def view_as(self, times: float, centre: QPointF) -> None:
        """Show the same part as another canvas does, without saying so."""
        if self._size.isEmpty():
            return
        self._glide.stop()
        self._fit = abs(times - 1) < 1e-6
        self._scale, self._centre = self._fitting() * times, QPointF(centre)
        self._bound()
        self._say()

    def look_at(self, point: QPointF) -> None:
        """Move a point of the picture (fractions) to the middle."""
        self._centre = QPointF(point)
        self._bound()
        self.update()

    def _fly(self, scale: float, at: QPointF | None) -> None:
        if self._size.isEmpty():
            return
        least = min(self._fitting(), 1 / self.devicePixelRatioF())
        scale = min(max(scale, least), max(MOST / self.devicePixelRatioF(), self._fitting()))
        point = QRectF(self.rect()).center() if at is None else at
        self._anchor = (point, self._fraction(point))
        self._fit = abs(scale - self._fitting()) < 1e-6
        self._glide.stop()
        self._glide.setStartValue(self._scale)
        self._glide.setEndValue(scale)
        self._glide.start()

    def _glided(self, value: float) -> None:
        self._scale = float(value)
        point, kept = self._anchor
        size = self._size * self._scale
        offset = QRectF(self.rect()).center() - point
        self._centre = kept + QPointF(offset.x() / size.width(), offset.y() / size.height())
        self._bound()
        self._say()
        self._tell()

    def _tell(self) -> None:
        self.viewed.emit(self._scale / self._fitting(), self._centre)

    def _fraction(self, point: QPointF) -> QPointF:
        area = self.area()
        return QPointF((point.x() - area.x()) / area.width(), (point.y() - area.y()) / area.height())

    def _fitting(self) -> float:
        if self._size.isEmpty():
            return 1.0
        whole = min(self.width() / self._size.width(), self.height() / self._size.height())
        return whole if self._enlarge else min(whole, 1 / self.devicePixelRatioF())

    def _bound(self) -> None:
        """Keep the picture on the widget: centred where it is smaller, without gaps where it is larger."""
        size = self._size * self._scale
        x = _bounded(self._centre.x(), self.width(), size.width())
        y = _bounded(self._centre.y(), self.height(), size.height())
        self._centre = QPointF(x, y)

    def _arrange(self) -> None:
        if self._fit:
            self._scale, self._centre = self._fitting(), QPointF(0.5, 0.5)
        else:
            self._bound()
        self._say()

    def _say(self) -> None:
        self.zoomed.emit(self.scale)
        want = round(max(self._size.width(), self._size.height()) * min(1.0, self.scale))
        if self._picture is not None and want > self._picture.side * 1.05 and want > self._asked:
            self._asked = want
            self.finer.emit(want)
        self.update()

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.backdrop)
        if self._picture is None:
            return
        area = self.area()
        seen = area.intersected(QRectF(self.rect()))
        if not seen.isEmpty():
            self._draw(painter, area, seen)
        if not self.veil:
            self.marks.paint(painter, area, QRectF(self.rect()))
            self._rubber.paint(painter)
            if self._outline is not None:
                self._outline.paint(painter)

    def _draw(self, painter: QPainter, area: QRectF, seen: QRectF) -> None:
        assert self._picture is not None
        image = self._picture.level(area.width() * self.devicePixelRatioF())
        if self.veil:
            self._veiled = self._veiled or veiled(self._picture.levels[-1])
            image = self._veiled
        x, y = image.width() / area.width(), image.height() / area.height()
        part = QRectF((seen.x() - area.x()) * x, (seen.y() - area.y()) * y, seen.width() * x, seen.height() * y)
        smooth = self.veil or self.scale < CRISP or x * self.devicePixelRatioF() < 1 / CRISP / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(seen, image, part)

    # --- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        if not self._size.isEmpty():
            self._glide.stop()
            self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom(NOTCH**notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton and not self._size.isEmpty():
            over = None if self.veil else self.marks.at(event.position(), self.area())
            self.menu_asked.emit(-1 if over is None else over, event.globalPosition().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return super().mousePressEvent(event)
        if self._outline is not None:
            self._outline.press(event.position())
            return None
        on_box = not self.veil and self.marks.at(event.position(), self.area()) is not None
        if on_box or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            keep = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._rubber.press(event.position(), self._sheets(), keep=keep)
        else:
            self._grip, self._moved = event.position().toPoint(), False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._outline is not None:
            self._outline.move(event.position())
            self.update()
        elif self._rubber.active:
            if self._rubber.move(event.position(), self._sheets()):
                self.chosen.emit()
            self.update()
        elif self._grip is not None:
            self._pan(event.position().toPoint())
        else:
            self._hover(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._outline is not None and event.button() == Qt.MouseButton.LeftButton:
            self._end_outline()
        elif self._rubber.active:
            found = self._rubber.release(event.position(), self._sheets())
            if found is not None and self.marks.all[found[1]].layer is not Layer.TEXT:
                self.marks.chosen.discard(found[1])
                self.touched.emit(found[1])
            self.chosen.emit()
        elif self._grip is not None:
            self._drop()
        self._hover(event)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.marks.hovered = None
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def _end_outline(self) -> None:
        assert self._outline is not None
        box, self._outline = self._outline.box(self.area()), None
        self.unsetCursor()
        if box is not None:
            self.outlined.emit(box)

    def _sheets(self) -> list[Sheet]:
        return [Sheet(self.marks, self.area())]

    def _pan(self, to: QPoint) -> None:
        assert self._grip is not None
        size = self._size * self._scale
        moved = QPointF(to - self._grip)
        if not size.isEmpty():
            self._centre -= QPointF(moved.x() / size.width(), moved.y() / size.height())
            self._bound()
            self._tell()
        self._moved = self._moved or moved.manhattanLength() > 1
        self._grip = to
        self.update()

    def _drop(self) -> None:
        self._grip = None
        self.unsetCursor()
        if self.marks.chosen and not self._moved:
            self.marks.chosen.clear()
            self.chosen.emit()

    def _hover(self, event: QMouseEvent) -> None:
        over = None if self.veil else self.marks.at(event.position(), self.area())
        if over == self.marks.hovered:
            return
        self.marks.hovered = over
        text = self.marks.all[over].text if over is not None else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
        words = over is not None and self.marks.all[over].layer is Layer.TEXT
        hand = Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.PointingHandCursor
        self.setCursor(Qt.CursorShape.IBeamCursor if words else hand)
        self.update()


def _bounded(centre: float, room: float, size: float) -> float:
    if size <= room:
        return 0.5
    half = room / size / 2
    return min(max(centre, half), 1 - half)
