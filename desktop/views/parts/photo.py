"""The stage for photos: the stored preview at once, then finer copies as they arrive."""

import asyncio

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QVBoxLayout

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.overlays import Layer, Marks
from desktop.views.parts.picture import Picture
from desktop.views.parts.stage import SIDE, Stage, render, step_for
from desktop.views.parts.subject import Subject
from engine.errors import KinoraError
from engine.model import Moment

SMALL = 1024  # pixels: a copy whose longest side is no longer is a preview
PAUSE = 0.06  # seconds on one photo before its large copy is drawn: leafing through many draws none


class PhotoStage(Stage):
    """One picture on a canvas."""

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.marks = Marks()
        self.canvas = Canvas(self.marks, look=look)
        self._subject: Subject | None = None
        self._finer = ops.latest()
        look.changed.connect(self._dress)
        self._dress()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self.watch(self.canvas)
        self.canvas.finer.connect(self._wish)

    def begin(self, subject: Subject, first: Picture | None, at: Moment | None) -> None:
        self._subject = subject
        width, height = _size(subject, first)
        self.canvas.begin(width, height)
        self.marks.put(subject.marks.get(0, ()))
        if first is not None:
            self.canvas.put(first)
        else:
            self.canvas.clear()
            self.canvas.begin(width, height)
        self._finer.cancel()
        if first is not None and first.side > SMALL:
            self.sharpened.emit(subject.row.cell.id, first)
        elif _reachable(subject):
            self._finer.start(self._sharpen(subject, step_for(SIDE, _side(subject)), PAUSE, told=first is None))
        if at is not None:
            self.go(at)

    def renew(self, subject: Subject) -> None:
        self._subject = subject
        self.marks.put(subject.marks.get(0, ()))
        self.canvas.update()

    def leave(self) -> None:
        self._finer.cancel()
        self._subject = None
        self.canvas.clear()
        self.marks.put(())

    def go(self, moment: Moment) -> None:
        self.marks.current = self.marks.find(moment.box)
        if moment.box is not None:
            self.canvas.look_at(QPointF(moment.box.x + moment.box.w / 2, moment.box.y + moment.box.h / 2))

    def veil(self, on: bool) -> None:
        self.canvas.hide_behind(on)

    def show_layer(self, layer: Layer, on: bool) -> None:
        (self.marks.shown.add if on else self.marks.shown.discard)(layer)
        if not on and layer is Layer.TEXT:
            self.marks.chosen.clear()
        self.canvas.update()

    def zoom(self, factor: float) -> None:
        self.canvas.zoom(factor)

    def fit(self) -> None:
        self.canvas.fit()

    def full(self) -> None:
        self.canvas.full()

    def copied(self) -> str:
        return self.marks.copied()

    def choose_all(self) -> None:
        self.marks.choose_all()
        self.canvas.update()
        self.chosen.emit()

    def outline(self) -> None:
        self.canvas.outline()

    def _dress(self) -> None:
        self.canvas.backdrop = self.look.colour("window" if self.look.colours.dark else "sunken")
        self.canvas.update()

    def _wish(self, side: int) -> None:
        subject = self._subject
        if subject is None or not _reachable(subject):
            return
        step = step_for(max(side, SIDE), _side(subject))
        if step > self.canvas.side:
            self._finer.start(self._sharpen(subject, step, PAUSE, told=False))

    async def _sharpen(self, subject: Subject, side: int, pause: float, *, told: bool) -> None:
        """Put a finer copy on the canvas; a failure is told only when there is nothing else to see."""
        await asyncio.sleep(pause)
        try:
            picture = await self.ops.demand(render, self.ops.library, subject.row.cell.id, side=side)
        except KinoraError as error:
            if told and subject is self._subject:
                self.troubled.emit(error.text, error.hint)
            return
        if self._subject is not None and self._subject.row.cell.id == subject.row.cell.id:
            self.canvas.put(picture)
            self.sharpened.emit(subject.row.cell.id, picture)


def _size(subject: Subject, first: Picture | None) -> tuple[float, float]:
    cell = subject.row.cell
    if cell.width and cell.height:
        return float(cell.width), float(cell.height)
    return (float(first.size.width()), float(first.size.height())) if first else (1600.0, 1200.0)


def _side(subject: Subject) -> int:
    return round(max(_size(subject, None)))


def _reachable(subject: Subject) -> bool:
    return any(place.state == "present" for place in subject.row.files)
