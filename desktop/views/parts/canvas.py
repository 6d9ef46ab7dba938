"""A picture that can be zoomed and moved, with boxes over it."""

from PySide6.QtCore import QEasingCurve, QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.views.parts import minimap
from desktop.views.parts.fingers import Fingers
from desktop.views.parts.lens import Lens
from desktop.views.parts.outline import Outline
from desktop.views.parts.overlays import Marks
from desktop.views.parts.picture import Picture, veiled
from desktop.views.parts.rubber import Rubber, Sheet
from engine.language import tr

NOTCH = 1.25  # one notch of the wheel, one press of + or -
CRISP = 4.0  # from this zoom on pixels are drawn as squares
GLIDE = 110  # milliseconds of a zoom


class Canvas(QWidget):
    """Draws a picture of a known size from whatever finer copy has arrived, without flicker.

    Signals:
        zoomed: screen pixels for one picture pixel changed.
        finer: a copy whose longest side has this many pixels would be sharper.
        chosen: the selection of boxes changed.
        touched: the index of a box that was clicked and holds no words.
        menu_asked: the index of the box under the mouse or with the focus (-1: none) and the global point.
        outlined: a part of the picture was drawn around, as fractions.
        viewed: a person zoomed or moved: times the fitting size, and the point in the middle as fractions.
        focused: the box with the focus of the keyboard changed (its index, -1: none).
    """

    zoomed = Signal(float)
    finer = Signal(int)
    chosen = Signal()
    touched = Signal(int)
    menu_asked = Signal(int, QPoint)
    outlined = Signal(object)
    viewed = Signal(float, QPointF)
    focused = Signal(int)

    def __init__(self, marks: Marks, *, enlarge: bool = False, look: Look | None = None) -> None:
        super().__init__()
        self.marks = marks
        self.veil = False
        self.backdrop = QColor(tokens.BACKDROP)
        self.lens = Lens(enlarge=enlarge)
        self.rubber = Rubber()
        self.drawing: Outline | None = None  # the part that is drawn around
        self._look = look
        self._next: QSizeF | None = None
        self._picture: Picture | None = None
        self._veiled: QImage | None = None
        self._ringed = False
        self._asked = 0
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(GLIDE)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._glided)
        self._anchor = (QPointF(), QPointF())
        self._fingers = Fingers(self)
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
            self._take_room()
            self.lens.begin(self._next)
            self._next, self._picture = None, None
            self._glide.stop()
        if self._picture is None or picture.side >= self._picture.side:
            self._picture, self._veiled = picture, None
        self._arrange()

    def clear(self) -> None:
        """Draw nothing."""
        self._picture, self._veiled, self._next = None, None, None
        self.lens.size = QSizeF()
        self.drawing = None
        self.update()

    def frame(self, image: QImage) -> None:
        """Draw a frame of a film: replaces what is drawn, keeps the zoom."""
        if self._next is not None or self.lens.empty:
            self._take_room()
            self.lens.begin(self._next or QSizeF(image.size()))
            self._next = None
            self._arrange()
        self._picture, self._veiled = Picture((image,)), None
        self.update()

    def swap(self, picture: Picture) -> None:
        """Draw another picture in the same place, as it is looked at now."""
        self._picture, self._veiled = picture, None
        self.update()

    def hide_behind(self, veil: bool) -> None:
        """Blur the picture, or stop blurring it."""
        self.veil = veil
        if veil:
            self._fingers.unfocus()
        self.update()

    @property
    def empty(self) -> bool:
        return self._picture is None

    @property
    def picture(self) -> Picture | None:
        """The copy that is drawn."""
        return self._picture

    @property
    def side(self) -> int:
        """The longest side of the copy that is drawn, in pixels."""
        return self._picture.side if self._picture else 0

    @property
    def scale(self) -> float:
        """Screen pixels for one picture pixel."""
        return self.lens.scale * self.devicePixelRatioF()

    @property
    def fits(self) -> bool:
        return self.lens.fits

    def area(self) -> QRectF:
        """Where the whole picture is on the widget (may reach beyond it)."""
        return self.lens.area()

    def sheets(self) -> list[Sheet]:
        """The boxes with their place."""
        return [Sheet(self.marks, self.area())]

    def outline(self) -> None:
        """Let the next drag, or the arrow keys and Enter, draw around a part of the picture."""
        if not self.lens.empty and not self.veil:
            self.drawing = Outline()
            self.drawing.propose(self.area().intersected(QRectF(self.rect())))
            self.setCursor(Qt.CursorShape.CrossCursor)
            self.setFocus()
            self.update()

    def focus_mark(self, index: int | None) -> None:
        """Give a box the focus of the keyboard, and bring it into view."""
        self._fingers.focus(index)

    def below(self, index: int) -> QPoint:
        """The global point below a box, on the canvas: where its menu opens."""
        return self.mapToGlobal(self._fingers.corner(index))

    # --- zoom

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor around a point of the widget (default: its middle)."""
        aim = self._glide.endValue() if self._glide.state() == self._glide.State.Running else self.lens.scale
        self._fly(aim * factor, at)

    def fit(self) -> None:
        """Show the whole picture."""
        if self.lens.fits:
            self.lens.centre = QPointF(0.5, 0.5)
        self._fly(self.lens.fitting, None)

    def full(self, at: QPointF | None = None) -> None:
        """One picture pixel on one screen pixel."""
        self._fly(1 / self.devicePixelRatioF(), at)

    def toggle(self, at: QPointF | None = None) -> None:
        """Between the whole picture and 100 %."""
        if self.lens.fits:
            self.full(at)
        else:
            self.fit()

    def view_as(self, times: float, centre: QPointF) -> None:
        """Show the same part as another canvas does, without saying so."""
        if self.lens.empty:
            return
        self._glide.stop()
        self.lens.view(times, centre)
        self._say()

    def look_at(self, point: QPointF) -> None:
        """Move a point of the picture (fractions) to the middle."""
        self.lens.look_at(point)
        self.update()

    def move_to(self, point: QPointF) -> None:
        """The same as a person's wish: other canvases follow."""
        self.look_at(point)
        self.tell()

    def pan(self, moved: QPointF) -> None:
        """Move the picture by logical pixels."""
        self._glide.stop()
        self.lens.pan(moved)
        self.tell()
        self.update()

    def tell(self) -> None:
        """Say what is looked at."""
        self.viewed.emit(self.lens.times, self.lens.centre)

    def _fly(self, scale: float, at: QPointF | None) -> None:
        lens = self.lens
        if lens.empty:
            return
        scale = lens.allowed(scale)
        point = lens.middle if at is None else at
        self._anchor = (point, lens.fraction(point))
        lens.fits = abs(scale - lens.fitting) < 1e-6
        self._glide.stop()
        if self._look is not None and not self._look.motion:
            self._glided(scale)
            return
        self._glide.setStartValue(lens.scale)
        self._glide.setEndValue(scale)
        self._glide.start()

    def _glided(self, value: float) -> None:
        self.lens.put(float(value), *self._anchor)
        self._say()
        self.tell()

    def _take_room(self) -> None:
        self.lens.room = QSizeF(self.size())
        self.lens.density = self.devicePixelRatioF()

    def _arrange(self) -> None:
        self._take_room()
        self.lens.arrange()
        self._say()

    def _say(self) -> None:
        self.zoomed.emit(self.scale)
        want = round(max(self.lens.size.width(), self.lens.size.height()) * min(1.0, self.scale))
        if self._picture is not None and want > self._picture.side * 1.05 and want > self._asked:
            self._asked = want
            self.finer.emit(want)
        self.update()

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), self.backdrop)
            if self._picture is not None:
                self._paint(painter, self._picture)

    def _paint(self, painter: QPainter, picture: Picture) -> None:
        area = self.area()
        seen = area.intersected(QRectF(self.rect()))
        if not seen.isEmpty():
            self._draw(painter, picture, area, seen)
        if not self.veil:
            self.marks.paint(painter, area, QRectF(self.rect()))
            self.rubber.paint(painter)
            minimap.paint(painter, self.lens, picture.levels[-1])
            if self.drawing is not None:
                self.drawing.paint(painter)
        if self._ringed:
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _draw(self, painter: QPainter, picture: Picture, area: QRectF, seen: QRectF) -> None:
        image = picture.level(area.width() * self.devicePixelRatioF())
        if self.veil:
            self._veiled = self._veiled or veiled(picture.levels[-1])
            image = self._veiled
        x, y = image.width() / area.width(), image.height() / area.height()
        part = QRectF((seen.x() - area.x()) * x, (seen.y() - area.y()) * y, seen.width() * x, seen.height() * y)
        smooth = self.veil or self.scale < CRISP or x * self.devicePixelRatioF() < 1 / CRISP / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(seen, image, part)

    # --- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        if not self.lens.empty:
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
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._fingers.means(event):
            event.accept()  # this key is for a box or a part that is drawn around, and no shortcut of the window
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._fingers.key(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._fingers.key_up(event):
            event.ignore()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes through the boxes first, then on to what is beside the picture."""
        return self._fingers.tab(1 if forward else -1) or super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._fingers.unfocus()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._ringed = False
        self._fingers.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._fingers.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._fingers.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._fingers.busy:
            self.toggle(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.marks.hovered = None
        self.update()

    def enterEvent(self, event: object) -> None:
        self.update()
