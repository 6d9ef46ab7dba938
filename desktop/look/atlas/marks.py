"""What stands on the map: clusters with their newest picture and their number, and the names of towns."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPen

from desktop.look import tokens
from desktop.look.atlas.projection import Sight, x_of, y_of
from desktop.look.look import Look
from engine.language import digits
from engine.model import City, Cluster

SMALL, LARGE = 44, 62  # sides of a cluster of one asset, and of thousands
POINTER = 5  # pixels of the tip below it
BADGE = 18
AIR = 6  # pixels between two names


@dataclass(frozen=True, slots=True)
class Mark:
    """A cluster where it is drawn."""

    cluster: Cluster
    place: QRect
    tip: QPointF


def marks(clusters: Sequence[Cluster], sight: Sight, width: int, height: int) -> list[Mark]:
    """The clusters that show, the largest last, so that they are on top."""
    found = []
    for cluster in clusters:
        x, y = sight.at(x_of(cluster.longitude), y_of(cluster.latitude), width, height)
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

    def mark(self, painter: QPainter, mark: Mark, image: QImage | None, *, hover: bool, chosen: bool) -> None:
        """A cluster: its picture in a frame with a tip, and its number."""
        look, place = self._look, QRectF(mark.place)
        shape = QPainterPath()
        shape.addRoundedRect(place, tokens.RADIUS, tokens.RADIUS)
        tip = QPainterPath()
        middle = place.center().x()
        tip.moveTo(middle - POINTER - 1, place.bottom() - 1)
        tip.lineTo(middle, place.bottom() + POINTER)
        tip.lineTo(middle + POINTER + 1, place.bottom() - 1)
        shape = shape.united(tip)
        painter.setPen(QPen(look.colour("accent" if hover or chosen else "line_strong"), 3 if chosen else 1))
        painter.setBrush(look.colour("accent" if chosen else "raised"))
        painter.drawPath(shape)
        inner = mark.place.adjusted(3, 3, -3, -3)
        if image is not None:
            painter.drawImage(inner, image)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("sunken"))
            painter.drawRoundedRect(inner, tokens.RADIUS_SMALL + 1, tokens.RADIUS_SMALL + 1)
        if mark.cluster.count > 1:
            self._number(painter, mark.place, digits(mark.cluster.count))

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

    def _number(self, painter: QPainter, place: QRect, text: str) -> None:
        width = max(BADGE, self._badge_size.horizontalAdvance(text) + 10)
        badge = QRectF(place.right() - width + 7, place.top() - 7, width, BADGE)
        painter.setPen(QPen(self._look.colour("raised"), 1.5))
        painter.setBrush(self._look.colour("accent"))
        painter.drawRoundedRect(badge, BADGE / 2, BADGE / 2)
        painter.setPen(self._look.colour("on_accent"))
        painter.setFont(self._badge)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
