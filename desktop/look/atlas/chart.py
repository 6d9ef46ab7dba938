"""The map as a widget: drawn offline, moved with the mouse and the keys, with clusters to choose."""

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from desktop.look.atlas.marks import Mark, MarkPaint, marks
from desktop.look.atlas.projection import CLOSEST, Sight, around
from desktop.look.atlas.tiles import DEEPEST, Tile, Tiles, tile_of
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.workers.previews import Previews, Want
from engine.language import digits, tr
from engine.model import Area, City, Cluster

RESTS = 120  # milliseconds without movement until the visible rectangle is announced
FRAME = 15  # milliseconds of a step while it glides
GLIDE = 220.0  # milliseconds from one sight to another
STEP = 0.18  # share of the map that an arrow key moves it
CLOSER = 0.5  # zoom of a step of the wheel
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class Chart(QWidget):
    """Shows a `Sight` of the world with clusters.

    Signals:
        moved: the visible rectangle rests at another place.
        picked: a cluster was clicked, or chosen with the keyboard.
        opened: a cluster was double-clicked.
    """

    moved = Signal()
    picked = Signal(object)
    opened = Signal(object)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.look = look
        self.sight = Sight()
        self.clusters: tuple[Cluster, ...] = ()
        self.cities: tuple[City, ...] = ()
        self.chosen: Cluster | None = None
        self.safety: Mapping[int, str] = {}  # of the assets whose pictures stand for clusters
        self.tiles = Tiles(self)
        self.previews = Previews(ops.library.preview, threads=1, budget=16 << 20, parent=self)
        self._paint: MarkPaint | None = None
        self._pressed: QPoint | None = None
        self._held = Sight()
        self._dragging = False
        self._hover: Cluster | None = None
        self._ringed = False  # the keyboard is in use: the frame of the focus shows
        self._from, self._to = Sight(), Sight()
        self._clock = QElapsedTimer()
        self._glide = QTimer(self)
        self._glide.setInterval(FRAME)
        self._glide.timeout.connect(self._step)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(RESTS)
        self._rest.timeout.connect(self.moved)
        self.tiles.ready.connect(self.update)
        self.previews.ready.connect(self.update)
        look.changed.connect(self._restyle)
        look.veil.changed.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Map"))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    @property
    def area(self) -> Area:
        """The rectangle that shows."""
        return self.sight.area(self.width(), self.height())

    def show_clusters(self, clusters: Sequence[Cluster], cities: Sequence[City] | None = None) -> None:
        """Show these; towns stay as they are where none are given."""
        self.clusters = tuple(clusters)
        if cities is not None:
            self.cities = tuple(cities)
        inside = sum(one.count for one in self.clusters)
        self.setAccessibleDescription(
            tr("{n} items in {groups} groups. Arrows move the map, plus and minus change the scale, Enter chooses the "
               "group in the middle.", n=digits(inside), groups=digits(len(self.clusters)))
        )  # fmt: skip
        self.update()

    def choose(self, cluster: Cluster | None) -> None:
        """Mark a cluster, or none."""
        self.chosen = cluster
        self.update()

    def look_at(self, sight: Sight, *, glide: bool = True) -> None:
        """Go to another sight."""
        goal = sight.held(self.width(), self.height())
        if not (glide and self.look.motion and self.isVisible()):
            self._glide.stop()
            self._set(goal)
            return
        self._from, self._to = self.sight, goal
        self._clock.start()
        self._glide.start()

    def fit(self, area: Area, *, glide: bool = True, closest: float = CLOSEST - 1) -> None:
        """Show an area with some of what is around it, not closer than a zoom."""
        self.look_at(around(area, self.width(), self.height(), 80, closest), glide=glide)

    def zoom_by(self, step: float, at: QPointF | None = None) -> None:
        """Come closer (or go back); what is at a point stays there."""
        width, height = self.width(), self.height()
        point = at if at is not None else QPointF(width / 2, height / 2)
        base = self._to if self._glide.isActive() else self.sight
        x, y = base.under(point.x(), point.y(), width, height)
        held = Sight(base.x, base.y, base.zoom + step).held(width, height)
        dx, dy = (point.x() - width / 2) / held.side, (point.y() - height / 2) / held.side
        self.look_at(Sight(x - dx, y - dy, held.zoom))

    def close_chart(self) -> None:
        """End threads and timers."""
        self._glide.stop()
        self._rest.stop()
        self.tiles.close()
        self.previews.close()

    def marks(self) -> list[Mark]:
        """The clusters where they are drawn."""
        return marks(self.clusters, self.sight, self.width(), self.height())

    def mark_at(self, point: QPoint) -> Mark | None:
        """The cluster under a point."""
        return next((mark for mark in reversed(self.marks()) if mark.place.contains(point)), None)

    # --- Qt

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.tiles.held = True
        try:
            self._draw()
        finally:
            self.tiles.held = False

    def _draw(self) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillRect(self.rect(), self.look.colour("window"))
            self._draw_tiles(painter)
            if self._paint is None:
                self._paint = MarkPaint(self.look)
            shown = self.marks()
            self._paint.cities(painter, self.cities, self.sight, [mark.place for mark in shown], self.rect())
            wants = {mark.cluster.asset: self._want(mark) for mark in shown}
            self.previews.want([wants[mark.cluster.asset] for mark in reversed(shown)])
            for mark in shown:
                image = self.previews.get(wants[mark.cluster.asset])
                same = self.chosen is not None and mark.cluster.asset == self.chosen.asset
                self._paint.mark(painter, mark, image, hover=mark.cluster == self._hover, chosen=same)
            if self.hasFocus() and self._ringed:
                self._draw_focus(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set(self.sight.held(self.width(), self.height()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() / 120
        if turned:
            self.zoom_by(CLOSER * max(-3.0, min(3.0, turned)), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._glide.stop()
            self._pressed, self._held, self._dragging = event.position().toPoint(), self.sight, False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed is not None:
            way = point - self._pressed
            self._dragging = self._dragging or way.manhattanLength() >= QApplication.startDragDistance()
            if self._dragging:
                side = self._held.side
                moved = Sight(self._held.x - way.x() / side, self._held.y - way.y() / side, self._held.zoom)
                self._set(moved.held(self.width(), self.height()))
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        mark = self.mark_at(point)
        over = mark.cluster if mark is not None else None
        if over != self._hover:
            self._hover = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            self.setToolTip("" if over is None else tr("{n} items. Double-click to come closer.", n=digits(over.count)))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        dragged, self._pressed, self._dragging = self._dragging, None, False
        self.setCursor(Qt.CursorShape.ArrowCursor)
        mark = self.mark_at(event.position().toPoint())
        if not dragged:
            self.picked.emit(mark.cluster if mark is not None else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        mark = self.mark_at(event.position().toPoint())
        if mark is not None:
            self.opened.emit(mark.cluster)
        else:
            self.zoom_by(1.0, event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._ringed = True
        self.update()
        key = Qt.Key(event.key())
        if key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            across, down = _ARROWS[key]
            base = self._to if self._glide.isActive() else self.sight
            dx, dy = across * STEP * self.width() / base.side, down * STEP * self.height() / base.side
            self.look_at(Sight(base.x + dx, base.y + dy, base.zoom))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom_by(-1.0 if key == Qt.Key.Key_Minus else 1.0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick_middle()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # --- inside

    def _restyle(self) -> None:
        self._paint = None
        self.update()

    def _set(self, sight: Sight) -> None:
        self.sight = sight
        self._rest.start()
        self.update()

    def _step(self) -> None:
        part = min(1.0, self._clock.elapsed() / GLIDE)
        if part >= 1.0:
            self._glide.stop()
            self._set(self._to)
            return
        eased = 1 - (1 - part) ** 3
        across = (self._to.x - self._from.x + 0.5) % 1.0 - 0.5
        zoom = self._from.zoom + (self._to.zoom - self._from.zoom) * eased
        # The middle moves as the scale does, so that what is under the pointer stays under it.
        whole = 2**self._to.zoom - 2**self._from.zoom
        share = eased if abs(whole) < 1e-9 else (2**zoom - 2**self._from.zoom) / whole * 2**self._to.zoom / 2**zoom
        self._set(
            Sight((self._from.x + across * share) % 1.0, self._from.y + (self._to.y - self._from.y) * share, zoom)
        )

    def _pick_middle(self) -> None:
        middle = QPointF(self.width() / 2, self.height() / 2)

        def far(mark: Mark) -> float:
            return math.hypot(mark.tip.x() - middle.x(), mark.tip.y() - middle.y())

        nearest = min(self.marks(), key=far, default=None)
        self.picked.emit(nearest.cluster if nearest is not None else None)

    def _want(self, mark: Mark) -> Want:
        ratio = self.devicePixelRatioF()
        side = round((mark.place.width() - 6) * ratio)
        blur = self.look.veil.hides(mark.cluster.asset, self.safety.get(mark.cluster.asset, "explicit"))
        return Want(mark.cluster.asset, side, side, round(5 * ratio), blur=blur)

    def _draw_tiles(self, painter: QPainter) -> None:
        level = max(0, min(DEEPEST, round(self.sight.zoom)))
        wanted: list[Tile] = []
        for x, y, place in self._squares(level):
            tile = tile_of(self.look, level, x, y, self.devicePixelRatioF())
            image = self.tiles.get(tile)
            if image is not None:
                painter.drawImage(place, image)
                continue
            wanted.append(tile)
            self._draw_coarse(painter, level, x, y, place)
        self.tiles.want(wanted)

    def _draw_coarse(self, painter: QPainter, level: int, x: int, y: int, place: QRectF) -> None:
        """While a tile is drawn, the part of a coarser one that is there already."""
        for up in range(1, level + 1):
            image = self.tiles.get(tile_of(self.look, level - up, x >> up, y >> up, self.devicePixelRatioF()))
            if image is not None:
                part = image.width() / 2**up
                left, top = (x & (2**up - 1)) * part, (y & (2**up - 1)) * part
                painter.drawImage(place, image, QRectF(left, top, part, part))
                return

    def _squares(self, level: int) -> list[tuple[int, int, QRectF]]:
        """The tiles of a level that show, with their places; the world goes on at its sides."""
        count, side = 2**level, self.sight.side / 2**level
        left, top = self.sight.under(0, 0, self.width(), self.height())
        found = []
        for column in range(math.floor(left * count), math.floor(left * count + self.width() / side) + 1):
            for row in range(
                max(0, math.floor(top * count)), min(count, math.floor(top * count + self.height() / side) + 1)
            ):
                x, y = (column / count - left) * self.sight.side, (row / count - top) * self.sight.side
                # On whole pixels, so that there are no seams.
                place = QRect(
                    QPoint(math.floor(x), math.floor(y)), QPoint(math.floor(x + side) - 1, math.floor(y + side) - 1)
                )
                found.append((column % count, row, QRectF(place)))
        return found

    def _draw_focus(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.look.colour("accent"), 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.setPen(QPen(self.look.colour("muted"), 1))
        for dx, dy in ((6, 0), (0, 6)):
            painter.drawLine(middle - QPointF(dx, dy), middle + QPointF(dx, dy))
