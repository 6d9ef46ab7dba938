"""What every stage of the viewer can do: show one kind of asset and be looked at closer."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QCursor, QImage
from PySide6.QtWidgets import QWidget

from desktop.look.look import Look
from desktop.views.parts.overlays import Layer, Mark, placed
from desktop.views.parts.picture import Picture, load
from desktop.views.parts.subject import Subject
from engine.model import WHOLE, Moment

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.views.parts.canvas import Canvas
    from engine.library import Library

SIDE = 2048  # pixels of the first large picture
STEPS = (2048, 4096, 8192)  # sides that are asked for when a person looks closer


class Stage(QWidget):
    """The middle of the viewer for one kind of asset.

    Signals:
        troubled: a sentence and a hint, shown above the stage.
        zoomed: screen pixels for one picture pixel.
        chosen: words were chosen, or no longer are.
        touched: a box (a `Mark`) was clicked, at a global point.
        menu_asked: a menu was asked for, on a box or None, at a global point.
        outlined: a part of the picture was drawn around: its moment, and the point on the screen for a menu.
        sharpened: the first large picture of an asset (its id) is drawn, or was at hand.
    """

    troubled = Signal(str, str)
    zoomed = Signal(float)
    chosen = Signal()
    touched = Signal(object, QPoint)
    menu_asked = Signal(object, QPoint)
    outlined = Signal(object, QPoint)
    sharpened = Signal(int, object)

    def __init__(self, ops: "Operations", look: Look) -> None:
        super().__init__()
        self.ops = ops
        self.look = look
        self.zooms = True  # there is something to look at closer
        self.layers: tuple[Layer, ...] = tuple(Layer)  # the sorts of boxes that it can show
        self.draws = True  # a part of what is shown can be drawn around
        self._watched: Canvas | None = None

    def begin(self, subject: Subject, first: Picture | None, at: Moment | None) -> None:
        """Show an asset; `first` is its stored preview, `at` the moment to go to."""

    def renew(self, subject: Subject) -> None:
        """The same asset, with newer findings."""

    def leave(self) -> None:
        """Stop what runs and give back files, sound and memory."""

    def go(self, moment: Moment) -> None:
        """Show a moment."""

    def veil(self, on: bool) -> None:
        """Blur the pictures, or show them."""

    def show_layer(self, layer: Layer, on: bool) -> None:
        """Draw a sort of boxes, or do not."""

    def zoom(self, factor: float) -> None:
        """Look closer or from farther away."""

    def fit(self) -> None:
        """Show the whole."""

    def full(self) -> None:
        """Show 100 %."""

    def toggle_zoom(self) -> None:
        """Between the whole and 100 %, at the mouse where it is over the picture."""
        canvas = self._watched
        if canvas is not None:
            at = canvas.mapFromGlobal(QCursor.pos())
            canvas.toggle(QPointF(at) if canvas.underMouse() else None)

    def copied(self) -> str:
        """The words that are chosen."""
        return ""

    def choose_all(self) -> None:
        """Choose every word in sight."""

    def outline(self) -> None:
        """Let a part of the picture be drawn around."""

    def held(self) -> tuple[Mark, QPoint] | None:
        """The box with the focus of the keyboard, and the global point below it."""
        canvas = self._watched
        if canvas is None or canvas.marks.focus is None:
            return None
        return canvas.marks.all[canvas.marks.focus], canvas.below(canvas.marks.focus)

    def marks_now(self) -> tuple[Mark, ...]:
        """The boxes over what is shown now, those of every layer."""
        return self._watched.marks.all if self._watched is not None else ()

    def part(self, moment: Moment) -> QImage | None:
        """A part of what is shown as a picture, from the finest copy at hand; None when it is blurred."""
        canvas = self._watched
        if canvas is None or canvas.veil or canvas.picture is None or moment.box is None:
            return None
        return canvas.picture.part(moment.box)

    @property
    def moment(self) -> Moment:
        """What is shown now: the second of a film, else the whole."""
        return WHOLE

    def watch(self, canvas: "Canvas") -> None:
        """Pass on what happens to the boxes of a canvas."""
        self._watched = canvas
        marks = canvas.marks
        canvas.zoomed.connect(self.zoomed)
        canvas.chosen.connect(self.chosen)
        canvas.touched.connect(lambda index: self.touched.emit(marks.all[index], QCursor.pos()))
        canvas.menu_asked.connect(
            lambda index, point: self.menu_asked.emit(marks.all[index] if index >= 0 else None, point)
        )
        canvas.outlined.connect(
            lambda box: self.outlined.emit(replace(self.moment, box=box), beside(canvas, placed(box, canvas.area())))
        )


def beside(canvas: QWidget, rect: QRectF) -> QPoint:
    """Where a menu about a part opens, on the screen: at the pointer when that is over the picture, else below it."""
    if canvas.underMouse():
        return QCursor.pos()
    return canvas.mapToGlobal(rect.intersected(QRectF(canvas.rect())).bottomLeft().toPoint())


def render(library: "Library", asset: int, *, side: int, page: int | None = None, time: float | None = None) -> Picture:
    """Have a worker draw a large picture, and read it (blocking: for a thread). Raises KinoraError."""
    return load(library.render(asset, side=side, page=page, time=time))


def step_for(want: int, most: int) -> int:
    """The side to ask for when `want` pixels would be shown; never more than the original has."""
    return min(next((side for side in STEPS if side >= want), STEPS[-1]), max(most, SIDE))
