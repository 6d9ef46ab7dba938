"""What stands on the map: clusters with their newest picture and their number, and the names of towns."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPen, QPixmap

from desktop.look import tokens
from desktop.look.atlas.projection import Sight, x_of, y_of
from desktop.look.look import Look
from engine.language import digits
from engine.model import City, Cluster

SMALL, LARGE = 44, 62  # sides of a cluster of one asset, and of thousands
POINTER = 5  # pixels of the tip below it
BADGE = 18
AIR = 6  # pixels between two names
ROOM, EDGE = 8, 2  # pixels of a drawn frame and of a drawn number beyond their border
KEPT = 400  # drawn frames and numbers


@dataclass(frozen=True, slots=True)
class Mark:
    """A cluster where it is drawn."""

    cluster: Cluster
    place: QRect
    tip: QPointF


def marks(clusters: Sequence[Cluster], sight: Sight, width: int, height: int) -> list[Mark]:
    """The clusters that show, the largest last, so that they are on top."""
    found = []
    world, middle, centre = sight.side, width / 2, height / 2
    for cluster in clusters:  # `sight.at` written out: with every frame, for hundreds
        y = centre + (y_of(cluster.latitude) - sight.y) * world
        if not -LARGE < y < height + 2 * LARGE:
            continue
        x = middle + (((cluster.longitude + 180.0) / 360.0 - sight.x + 0.5) % 1.0 - 0.5) * world
        side = side_of(cluster.count)
        if -side < x < width + side and -side < y < height + 2 * side:
            place = QRect(round(x - side / 2), round(y - side - POINTER), side, side)
            found.append(Mark(cluster, place, QPointF(x, y)))
    return found[::-1]


def side_of(count: int) -> int:
    """How large a cluster of so many is drawn."""
    return min(LARGE, SMALL + 4 * (len(str(count)) - 1))


class MarkPaint:
    """Draws with the fonts and colours of the theme; made anew when the theme changes."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._badge = look.font(tokens.CAPTION, bold=True)
        self._badge_size = QFontMetrics(self._badge)
        self._small = look.font(tokens.CAPTION)
        self._large = look.font(tokens.SMALL, bold=True)
        self._drawn: dict[tuple[int, bool, bool] | str, QPixmap] = {}  # frames, and numbers

    def mark(self, painter: QPainter, mark: Mark, image: QImage | None, *, hover: bool, chosen: bool) -> None:
        """A cluster: its picture in a frame with a tip, and its number."""
        place, ratio = mark.place, painter.device().devicePixelRatioF()
        key = (place.width(), hover, chosen)
        frame = self._drawn.get(key)
        if frame is None or frame.devicePixelRatioF() != ratio:
            frame = self._drawn[key] = self._frame(place.width(), ratio, hover=hover, chosen=chosen)
        painter.drawPixmap(place.left() - ROOM, place.top() - ROOM, frame)
        if image is not None:
            painter.drawImage(place.adjusted(3, 3, -3, -3), image)
        if mark.cluster.count > 1:
            text = digits(mark.cluster.count)
            number = self._drawn.get(text)
            if number is None or number.devicePixelRatioF() != ratio:
                if len(self._drawn) > KEPT:
                    self._drawn.clear()
                number = self._drawn[text] = self._number(text, ratio)
            width = number.width() / ratio - 2 * EDGE
            painter.drawPixmap(QPointF(place.right() - width + 7 - EDGE, place.top() - 7 - EDGE), number)

    def _frame(self, side: int, ratio: float, *, hover: bool, chosen: bool) -> QPixmap:
        """The frame of a cluster with its tip and a blank for the picture, `ROOM` pixels around it."""
        look, place = self._look, QRectF(ROOM, ROOM, side, side)
        shape = QPainterPath()
        shape.addRoundedRect(place, tokens.RADIUS, tokens.RADIUS)
        tip = QPainterPath()
        middle = place.center().x()
        tip.moveTo(middle - POINTER - 1, place.bottom() - 1)
        tip.lineTo(middle, place.bottom() + POINTER)
        tip.lineTo(middle + POINTER + 1, place.bottom() - 1)
        shape = shape.united(tip)
        drawn = _empty(side + 2 * ROOM, side + 2 * ROOM, ratio)
        with QPainter(drawn) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("accent" if hover or chosen else "line_strong"), 3 if chosen else 1))
            painter.setBrush(look.colour("accent" if chosen else "raised"))
            painter.drawPath(shape)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("sunken"))
            painter.drawRoundedRect(place.adjusted(3, 3, -3, -3), tokens.RADIUS_SMALL + 1, tokens.RADIUS_SMALL + 1)
        return drawn

    def cities(
        self, painter: QPainter, cities: Sequence[City], sight: Sight, taken: Sequence[QRect], size: QRect
    ) -> None:
        """The names of towns that have room, the largest towns first."""
        used = [QRectF(one) for one in taken]
        for number, city in enumerate(cities):
            x, y = sight.at(x_of(city.longitude), y_of(city.latitude), size.width(), size.height())
            font = self._large if city.people >= 2_000_000 and number < 12 else self._small
            metrics = QFontMetrics(font)
            words = QRectF(x + 5, y - metrics.height() / 2, metrics.horizontalAdvance(city.name), metrics.height())
            room = words.adjusted(-AIR - 6, -AIR / 2, AIR, AIR / 2)
            if not QRectF(size).contains(room) or any(room.intersects(other) for other in used):
                continue
            used.append(room)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("muted"))
            painter.drawEllipse(QPointF(x, y), 2, 2)
            painter.setFont(font)
            painter.setPen(self._look.colour("muted"))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, city.name)

    def _number(self, text: str, ratio: float) -> QPixmap:
        """A number on its ground, `EDGE` pixels around it."""
        width = max(BADGE, self._badge_size.horizontalAdvance(text) + 10)
        badge = QRectF(EDGE, EDGE, width, BADGE)
        drawn = _empty(width + 2 * EDGE, BADGE + 2 * EDGE, ratio)
        with QPainter(drawn) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._look.colour("raised"), 1.5))
            painter.setBrush(self._look.colour("accent"))
            painter.drawRoundedRect(badge, BADGE / 2, BADGE / 2)
            painter.setPen(self._look.colour("on_accent"))
            painter.setFont(self._badge)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        return drawn


def _empty(width: int, height: int, ratio: float) -> QPixmap:
    drawn = QPixmap(round(width * ratio), round(height * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    return drawn
