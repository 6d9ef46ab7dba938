"""Squares of the map, drawn in a thread of the outline of the world and kept: a frame only puts them side by side."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from desktop.look.atlas.world import FINE_FROM, Outline, cropped, world

if TYPE_CHECKING:
    from desktop.look.atlas.world import Points
    from desktop.look.look import Look

TILE = 512  # pixels
DEEPEST = 10  # level; closer, the tiles of this one are enlarged
KEPT = 96  # tiles, some 100 MB at twice the density
EDGE = 8.0  # pixels around a tile that are drawn too, for the width of lines


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of a level (2 to the power of it squares on each side), in these colours."""

    level: int
    x: int
    y: int
    ratio: float
    water: str
    land: str
    border: str


class Tiles(QObject):
    """Draws and keeps tiles.

    Signals:
        ready: a tile was drawn; repaint.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Tile, QImage] = OrderedDict()
        self._pending: list[Tile] = []
        self._closed = False
        self.held = False  # the window paints: the thread waits, for each would take the interpreter from the other
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="map", daemon=True)
        self._started = False

    def get(self, tile: Tile) -> QImage | None:
        """The tile when it is drawn; never waits."""
        with self._news:
            found = self._kept.get(tile)
            if found is not None:
                self._kept.move_to_end(tile)
            return found

    def want(self, tiles: Sequence[Tile]) -> None:
        """Draw these, the first of them first; what is not wanted any more is dropped."""
        with self._news:
            self._pending = [tile for tile in reversed(tiles) if tile not in self._kept]
            if self._pending and not self._closed:
                if not self._started:
                    self._started = True
                    self._thread.start()
                self._news.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._news:
            self._closed = True
            self._pending = []
            self._news.notify_all()
        if self._started:
            self._thread.join()
        self._kept.clear()

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._pending and not self._closed:
                    self._news.wait()
                if self._closed:
                    return
                tile = self._pending[-1]
            drawn = draw(world(), tile, self._breathe)
            with self._news:
                if tile in self._pending:
                    self._pending.remove(tile)
                self._kept[tile] = drawn
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
                closed = self._closed
            if not closed:
                self.ready.emit()

    def _breathe(self) -> None:
        """Between two lines of a tile: let the window paint first."""
        while self.held and not self._closed:
            time.sleep(0.001)


def tile_of(look: Look, level: int, x: int, y: int, ratio: float) -> Tile:
    """A tile in the colours of the theme."""
    colours = look.colours
    return Tile(level, x, y, ratio, colours.window, colours.pressed, colours.window)


def draw(outlines: Sequence[Outline], tile: Tile, breathe: Callable[[], None] = lambda: None) -> QImage:
    """Draw a tile; `breathe` is called every few milliseconds."""
    image = QImage(round(TILE * tile.ratio), round(TILE * tile.ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(tile.ratio)
    image.fill(QColor(tile.water))
    outline = outlines[0 if tile.level < FINE_FROM else -1]
    count = 2**tile.level
    side, edge = TILE * count, EDGE / (TILE * count)
    box = (tile.x / count - edge, tile.y / count - edge, (tile.x + 1) / count + edge, (tile.y + 1) / count + edge)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        land = QPainterPath()
        for ring in outline.land.within(*box):
            breathe()
            _add(land, ring * side - (tile.x * TILE, tile.y * TILE), closed=True)
        breathe()
        painter.fillPath(land, QColor(tile.land))
        borders = QPainterPath()
        for line in outline.borders.within(*box):
            breathe()
            _add(borders, line * side - (tile.x * TILE, tile.y * TILE), closed=False)
        painter.setPen(QPen(QColor(tile.border), 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        breathe()
        painter.drawPath(borders)
    return image


def _add(path: QPainterPath, line: Points, *, closed: bool) -> None:
    points = cropped(line, -EDGE, TILE + EDGE, closed=closed)
    if len(points) > (2 if closed else 1):
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
        if closed:
            path.closeSubpath()
