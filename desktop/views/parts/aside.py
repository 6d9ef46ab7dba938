"""Pictures of several assets beside each other: drawn from coarse to fine, looked at as one while they are linked."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, Signal

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.picture import Picture, load
from desktop.views.parts.stage import render
from engine.errors import KinoraError
from engine.model import Cell, Kind

SIDE = 1600  # pixels of the picture that is drawn
PAUSE = 0.08  # seconds on a set of pictures before the large ones are drawn
KEPT = 12  # large pictures of assets that were shown before


class Aside(QObject):
    """Canvases of which some show an asset.

    Signals:
        drawn: the canvas at this place has a finer picture.
    """

    drawn = Signal(int)

    def __init__(self, ops: Operations, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._ops, self._look = ops, look
        self._canvases: list[Canvas] = []
        self._cells: list[Cell | None] = []
        self._pictures: dict[int, Picture] = {}
        self._drawing = ops.latest()
        self.linked = True
        look.veil.changed.connect(self._cover)

    def add(self, canvas: Canvas) -> None:
        """Show assets on this canvas too."""
        place = len(self._canvases)
        self._canvases.append(canvas)
        self._cells.append(None)
        canvas.viewed.connect(lambda times, centre: self._sync(place, times, centre))

    def show(self, cells: Sequence[Cell]) -> None:
        """Show these from the first canvas on; a canvas whose asset stays keeps its picture and its zoom."""
        for place, canvas in enumerate(self._canvases):
            cell = cells[place] if place < len(cells) else None
            was, self._cells[place] = self._cells[place], cell
            if cell is None:
                canvas.clear()
            elif was is None or was.id != cell.id or canvas.empty:
                canvas.clear()
                canvas.begin(cell.width or 400, cell.height or 300)
                if (picture := self._pictures.get(cell.id)) is not None:
                    canvas.put(picture)
        self._cover()
        self._drawing.start(self._draw(list(cells)))

    def forget(self) -> None:
        """Show nothing, and give back the memory."""
        self._drawing.cancel()
        self._pictures.clear()
        self._cells = [None] * len(self._canvases)
        for canvas in self._canvases:
            canvas.clear()

    def stop(self) -> None:
        """Draw nothing more."""
        self._drawing.cancel()

    def picture(self, place: int) -> Picture | None:
        """The finest picture at hand of what a canvas shows."""
        cell = self._cells[place]
        return self._pictures.get(cell.id) or self._canvases[place].picture if cell is not None else None

    def veiled(self, place: int) -> bool:
        """Whether what a canvas shows is blurred."""
        cell = self._cells[place]
        return cell is not None and self._look.veil.hides(cell.id, cell.safety)

    def zoom(self, factor: float, place: int = 0) -> None:
        """Look closer, at all of them while they are linked, else at one."""
        self._canvases[place].zoom(factor)

    def fit(self, place: int = 0) -> None:
        """Show the whole, of all of them while they are linked, else of one."""
        for canvas in self._meant(place):
            canvas.fit()

    def full(self, place: int = 0) -> None:
        """Show 100 % of one; the others follow while they are linked."""
        self._canvases[place].full()

    def toggle(self, place: int = 0) -> None:
        """Between the whole and 100 %."""
        if self._canvases[place].fits:
            self.full(place)
        else:
            self.fit(place)

    def link(self, on: bool, place: int = 0) -> None:
        """Move them as one, as the one at this place is looked at; or each on its own."""
        self.linked = on
        if on:
            self._canvases[place].tell()

    def _meant(self, place: int) -> list[Canvas]:
        shown = [canvas for canvas, cell in zip(self._canvases, self._cells, strict=True) if cell is not None]
        return shown if self.linked else [self._canvases[place]]

    def _sync(self, place: int, times: float, centre: QPointF) -> None:
        for other, canvas in enumerate(self._canvases):
            if self.linked and other != place and self._cells[other] is not None:
                canvas.view_as(times, centre)

    def _cover(self) -> None:
        for place, canvas in enumerate(self._canvases):
            canvas.hide_behind(self.veiled(place))

    async def _draw(self, cells: list[Cell]) -> None:
        """The stored previews at once, then larger pictures; equal files are drawn once."""
        for place, cell in enumerate(cells):
            if self._canvases[place].empty:
                first = await self._ops.ask(_preview, self._ops.library.preview, cell.id)
                self._put(place, cell, first)
        await asyncio.sleep(PAUSE)
        for place, cell in enumerate(cells):
            if cell.id not in self._pictures and (picture := await self._large(cell)) is not None:
                self._keep(cell.id, picture)
            self._put(place, cell, self._pictures.get(cell.id))

    def _put(self, place: int, cell: Cell, picture: Picture | None) -> None:
        now = self._cells[place]
        if picture is not None and now is not None and now.id == cell.id:
            canvas = self._canvases[place]
            fresh = canvas.empty
            canvas.put(picture)
            if fresh and self.linked:
                self._follow(place)
            self.drawn.emit(place)

    def _follow(self, place: int) -> None:
        """Look at what came as the others are looked at."""
        for other, canvas in enumerate(self._canvases):
            if other != place and self._cells[other] is not None and not canvas.empty:
                self._canvases[place].view_as(canvas.lens.times, canvas.lens.centre)
                return

    def _keep(self, asset: int, picture: Picture) -> None:
        shown = {cell.id for cell in self._cells if cell is not None}
        for old in list(self._pictures):
            if len(self._pictures) >= KEPT and old not in shown:
                del self._pictures[old]
        self._pictures[asset] = picture

    async def _large(self, cell: Cell) -> Picture | None:
        if cell.kind not in (Kind.PHOTO, Kind.VIDEO):
            return None
        try:
            return await self._ops.demand(render, self._ops.library, cell.id, side=SIDE)
        except KinoraError:
            return None  # the stored preview stays; the viewer says what is wrong


def _preview(find: Callable[[int], Path | None], asset: int) -> Picture | None:
    try:
        path = find(asset)
        return load(path) if path is not None else None
    except KinoraError:
        return None
