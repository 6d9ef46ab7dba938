"""Boxes over a picture or page: what they mean, which are selected, how they are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from desktop.look import tokens
from desktop.views.parts.order import in_order
from engine.model import WHOLE, Box, Moment

SAME = 0.004  # of a side: boxes nearer than this are one
LEAST = 6.0  # screen pixels: smaller boxes are drawn and hit this large


class Layer(StrEnum):
    """What a box stands for; each layer can be switched on and off."""

    TEXT = "text"
    SAFETY = "safety"
    FACE = "face"
    BODY = "body"
    THING = "thing"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Mark:
    """One box: where it is, its words, and whether the query found it. `order` is its place in the text, if known."""

    box: Box
    text: str
    layer: Layer = Layer.TEXT
    score: float | None = None
    hit: bool = False
    order: int | None = None
    key: int = 0  # the finding; of a face the appearance, 0 while it has none
    lines: tuple[tuple[float, float, float, float], ...] = ()  # limbs, as fractions of the picture
    moment: Moment = WHOLE  # what it is of, as it was found
    origin: str = ""  # the analyzer that found it, for people
    original: str | None = None  # what a machine read there, where a person corrected it
    spot: Moment | None = None  # the place of a line of text, by which it is corrected


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours that boxes are drawn in."""

    text: QColor
    hit: QColor
    chosen: QColor
    safety: QColor
    face: QColor
    body: QColor
    thing: QColor
    role: QColor
    words: QColor  # on a label


# Boxes lie on pictures, not on the window: their colours are the same in both themes.
INK = Ink(**{name: QColor(colour) for name, colour in tokens.INK.items()}, words=QColor(tokens.ON_INK))


class Marks:
    """The boxes over one picture, their layers and the selection; knows nothing of widgets."""

    def __init__(self, ink: Ink = INK) -> None:
        self.ink = ink
        self.shown: set[Layer] = set()
        self.chosen: set[int] = set()
        self.hovered: int | None = None
        self.current: int | None = None  # the hit that a person went to last
        self.focus: int | None = None  # the box with the focus of the keyboard
        self._all: tuple[Mark, ...] = ()

    @property
    def all(self) -> tuple[Mark, ...]:
        return self._all

    def put(self, marks: Iterable[Mark]) -> None:
        """Take other boxes; the selection is dropped unless they are the same."""
        fresh = tuple(marks)
        if fresh == self._all:
            return
        self._all = fresh
        self.chosen.clear()
        self.hovered = None
        self.current = None
        self.focus = None

    def find(self, box: Box | None) -> int | None:
        """The box at this place, if there is one."""
        if box is None:
            return None
        near = [(_away(mark.box, box), i) for i, mark in enumerate(self._all)]
        away, index = min(near, default=(1.0, -1))
        return index if away < SAME else None

    def visible(self) -> list[int]:
        """Indices of the boxes to draw: of the layers that are on, every hit, what is chosen, what was gone to."""
        return [
            i
            for i, mark in enumerate(self._all)
            if mark.layer in self.shown or mark.hit or i == self.current or i in self.chosen
        ]

    def at(self, point: QPointF, area: QRectF) -> int | None:
        """The smallest box under a screen point, `area` being the picture's place on the screen."""
        found = [
            (rect.width() * rect.height(), i) for i in self.visible() if (rect := self.place(i, area)).contains(point)
        ]
        return min(found)[1] if found else None

    def text_at(self, point: QPointF, area: QRectF) -> int | None:
        """The smallest box of text under a screen point, also when boxes of text are not shown."""
        found = [
            (rect.width() * rect.height(), i)
            for i, mark in enumerate(self._all)
            if mark.layer is Layer.TEXT and (rect := self.place(i, area)).contains(point)
        ]
        return min(found)[1] if found else None

    def within(self, rubber: QRectF, area: QRectF) -> set[int]:
        """The text boxes that a rubber band touches."""
        return {
            i for i in self.visible() if self._all[i].layer is Layer.TEXT and self.place(i, area).intersects(rubber)
        }

    def place(self, index: int, area: QRectF) -> QRectF:
        """Where a box is on the screen."""
        return placed(self._all[index].box, area)

    def choose_all(self) -> None:
        """Choose every visible line of text."""
        self.chosen = {i for i in self.visible() if self._all[i].layer is Layer.TEXT}

    def copied(self) -> str:
        """The chosen lines' words in reading order."""
        return in_order([self._all[i] for i in self.chosen if self._all[i].text])

    def paint(self, painter: QPainter, area: QRectF, seen: QRectF) -> None:
        """Draw the visible boxes that lie in the part `seen` of the screen."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in self.visible():
            rect = self.place(index, area)
            if rect.intersects(seen):
                self._paint_one(painter, index, rect)
                self._paint_limbs(painter, self._all[index], area)
        painter.restore()

    def _paint_limbs(self, painter: QPainter, mark: Mark, area: QRectF) -> None:
        for colour, width in ((self.ink.words, 4.0), (self.ink.body, 2.2)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for x1, y1, x2, y2 in mark.lines:
                painter.drawLine(_point(x1, y1, area), _point(x2, y2, area))
        for x1, y1, x2, y2 in mark.lines:
            painter.setPen(QPen(self.ink.body, 1))
            painter.setBrush(self.ink.words)
            for x, y in ((x1, y1), (x2, y2)):
                painter.drawEllipse(_point(x, y, area), 3, 3)

    def _paint_one(self, painter: QPainter, index: int, rect: QRectF) -> None:
        mark = self._all[index]
        chosen, hovered = index in self.chosen, index == self.hovered
        colour = self._colour(mark, chosen)
        fill = QColor(colour)
        flat = mark.layer in (Layer.TEXT, Layer.SAFETY)  # a face is looked at, not through a tint
        fill.setAlphaF(0.42 if chosen else 0.34 if mark.hit and flat else 0.24 if hovered else 0.08 if flat else 0.0)
        painter.setBrush(fill)
        painter.setPen(QPen(colour, 2.0 if chosen or hovered or mark.hit else 1.2))
        painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3)
        if index == self.current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 3))
            painter.drawRoundedRect(rect.adjusted(-4.5, -4.5, 4.5, 4.5), 5, 5)
        if index == self.focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for ink, width in ((self.ink.words, 5.0), (colour, 2.5)):
                painter.setPen(QPen(ink, width))
                painter.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), 5, 5)
        if mark.layer is not Layer.TEXT and mark.text:
            self._label(painter, rect, mark, colour)

    def _colour(self, mark: Mark, chosen: bool) -> QColor:
        if chosen:
            return self.ink.chosen
        if mark.hit:
            return self.ink.hit
        return {
            Layer.SAFETY: self.ink.safety, Layer.FACE: self.ink.face, Layer.BODY: self.ink.body,
            Layer.THING: self.ink.thing, Layer.ROLE: self.ink.role,
        }.get(mark.layer, self.ink.text)  # fmt: skip

    def _label(self, painter: QPainter, rect: QRectF, mark: Mark, colour: QColor) -> None:
        words = mark.text if mark.score is None else f"{mark.text} {mark.score * 100:.0f} %"
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        metrics = QFontMetricsF(font)
        height = metrics.height() + 4
        top = rect.top() - height - 2 if rect.top() > height + 4 else rect.top() + 2
        tag = QRectF(rect.left() - 1.5, top, metrics.horizontalAdvance(words) + 12, height)
        painter.save()
        painter.setFont(font)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(self.ink.words)
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()


def placed(box: Box, area: QRectF) -> QRectF:
    """Where a box of fractions is, `area` being the whole picture; never smaller than a finger of the mouse."""
    width, height = max(LEAST, box.w * area.width()), max(LEAST, box.h * area.height())
    return QRectF(area.x() + box.x * area.width(), area.y() + box.y * area.height(), width, height)


def _point(x: float, y: float, area: QRectF) -> QPointF:
    return QPointF(area.x() + x * area.width(), area.y() + y * area.height())


def _away(one: Box, two: Box) -> float:
    return max(abs(a - b) for a, b in zip(one, two, strict=True))
