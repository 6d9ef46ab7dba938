"""The stage for films and recordings: the player, its time line, and the boxes of the second that is shown."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.lanes import Lanes
from desktop.views.parts.overlays import Layer, Marks
from desktop.views.parts.picture import Picture
from desktop.views.parts.player import Player
from desktop.views.parts.stage import SIDE, Stage, render
from desktop.views.parts.subject import Subject, at_time
from desktop.views.parts.timeline import TimeLine
from desktop.views.parts.transport import Transport
from engine.errors import KinoraError
from engine.language import tr
from engine.model import Kind, Moment

HOP = 5.0  # seconds of an arrow key
AFTER, BEFORE = 0.1, 0.5  # seconds around where it stands that are not the next or the previous moment
LEAD = 0.02  # seconds; a moment is entered just behind its first frame, so that its boxes are on


class FilmStage(Stage):
    """A film or a recording.

    Signals:
        hopped: a button asks for the next (1) or previous (-1) hit.
        at_second: the second that is shown.
    """

    hopped = Signal(int)
    at_second = Signal(float)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.marks = Marks()
        self.canvas = Canvas(self.marks, enlarge=True, look=look)
        self.canvas.setAccessibleName(tr("Film"))
        self.player = Player(self)
        self.line = TimeLine(look)
        self.lanes = Lanes(look)
        self.transport = Transport(look)
        self.transport.show_volume(self.player.volume, self.player.muted)
        self._subject: Subject | None = None
        self._broken = False
        self._opening = ops.latest()
        self._still = ops.latest()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.canvas)

    # --- the stage

    def begin(self, subject: Subject, first: Picture | None, at: Moment | None) -> None:
        self.leave()
        self._subject = subject
        cell = subject.row.cell
        start = (at.start if at else None) or 0.0
        size = first.size if first else None
        self.canvas.begin(cell.width or (size.width() if size else 16), cell.height or (size.height() if size else 9))
        if first is not None:
            self.canvas.put(first)
        self._fill(subject)
        self._at(start)
        moving = cell.kind is Kind.VIDEO
        self.zooms, self.layers = moving, tuple(Layer) if moving else ()
        self.transport.show_frames(moving)
        self.transport.enable(True)
        self.transport.show_speed(1.0)
        self._opening.start(self._open(subject, start))

    def renew(self, subject: Subject) -> None:
        self._subject = subject
        self._fill(subject)
        self._at(self.player.position)

    def leave(self) -> None:
        self._opening.cancel()
        self._still.cancel()
        self.player.close()
        self._subject = None
        self._broken = False
        self.canvas.clear()
        self.marks.put(())
        self.transport.show_playing(False)

    def go(self, moment: Moment) -> None:
        if moment.start is not None:
            self.seek(moment.start + LEAD)

    def veil(self, on: bool) -> None:
        self.canvas.hide_behind(on)

    def show_layer(self, layer: Layer, on: bool) -> None:
        (self.marks.shown.add if on else self.marks.shown.discard)(layer)
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
        if self._subject is not None and self._subject.row.cell.kind is Kind.VIDEO:
            self.canvas.outline()

    @property
    def moment(self) -> Moment:
        return Moment(start=round(self.line.value() / 1000, 3))

    # --- playing

    def toggle(self) -> None:
        """Play or pause."""
        self.player.toggle()

    def seek(self, second: float) -> None:
        """Go to a second; where the player cannot, its picture is drawn by a worker."""
        if self._broken:
            self._at(second)
            self._draw_still(second)
        else:
            self.player.seek(second)

    def hop(self, seconds: float) -> None:
        """Go on or back."""
        self.seek(max(0.0, self.line.value() / 1000 + seconds))

    def step(self, frames: int) -> None:
        """Frame by frame."""
        if not self._broken:
            self.player.step(frames)

    def hit_from_here(self, subject: Subject, direction: int) -> int:
        """The index of the next (1) or the previous (-1) hit from the second that is shown; around the ends."""
        now = self.line.value() / 1000
        starts = [hit.moment.start or 0.0 for hit in subject.hits]
        if direction > 0:
            return next((i for i, start in enumerate(starts) if start > now + AFTER), 0)
        return next((i for i in reversed(range(len(starts))) if starts[i] < now - BEFORE), len(starts) - 1)

    def louder(self, by: float) -> None:
        """A little louder or quieter."""
        self._loudness(min(max(self.player.volume + by, 0.0), 1.0), False)

    def set_volume(self, volume: float) -> None:
        """Loudness 0..1."""
        self._loudness(volume, False)

    def mute(self) -> None:
        """Silent, or not."""
        self._loudness(self.player.volume, not self.player.muted)

    def _loudness(self, volume: float, muted: bool) -> None:
        self.player.set_volume(volume, muted=muted)
        self.transport.show_volume(volume, muted)

    async def _open(self, subject: Subject, start: float) -> None:
        try:
            path = await self.ops.demand(self.ops.library.original, subject.row.cell.id)
        except KinoraError as error:
            self._fail(error.text, error.hint)
            return
        self.player.open(path, at=start + (LEAD if start else 0.0), fps=subject.row.facts.fps)

    def _fail(self, text: str, hint: str) -> None:
        self._broken = True
        self.transport.enable(False)
        self.transport.show_playing(False)
        self.troubled.emit(text, hint)
        self._draw_still(self.line.value() / 1000)

    def _draw_still(self, second: float) -> None:
        subject = self._subject
        if subject is not None and subject.row.cell.kind is Kind.VIDEO and not subject.row.cell.offline:
            self._still.start(self._put_still(subject, second))

    async def _put_still(self, subject: Subject, second: float) -> None:
        cell = subject.row.cell
        try:
            picture = await self.ops.demand(render, self.ops.library, cell.id, side=SIDE, time=round(second, 2))
        except KinoraError:
            return  # what is wrong with the file is on the screen already
        if self._subject is not None and self._subject.row.cell.id == cell.id and not self.player.running:
            self.canvas.put(picture)

    # --- what is shown

    def _fill(self, subject: Subject) -> None:
        duration = subject.row.cell.duration or subject.row.facts.duration or self.player.duration
        self.line.put(duration, subject.times)
        self.lanes.put(duration, subject.senses.lanes)
        self.transport.show_time(self.line.value() / 1000, duration)
        hits = any(mark.sort == "hit" for mark in subject.times)
        self.transport.before.setVisible(hits)
        self.transport.after.setVisible(hits)

    def _at(self, second: float) -> None:
        self.line.show_position(second)
        self.lanes.show_position(second)
        self.transport.show_time(second)
        self.at_second.emit(second)
        if self._subject is not None:
            shown = at_time(self._subject.spans, second)
            self.marks.put(shown or self._subject.marks.get(0, ()))
            self.canvas.update()

    def _measured(self, duration: float) -> None:
        self.line.put(duration)
        self.lanes.put(duration)
        self.transport.show_time(self.line.value() / 1000, duration)

    def _framed(self, image: QImage) -> None:
        self.canvas.frame(image)

    def _sharper(self, _side: int) -> None:
        if not self.player.running:
            self._draw_still(self.line.value() / 1000)

    def _connect(self) -> None:
        self.player.frame.connect(self._framed)
        self.player.moved.connect(self._at)
        self.player.length.connect(self._measured)
        self.player.playing.connect(self.transport.show_playing)
        self.player.failed.connect(self._fail)
        self.player.noticed.connect(self.transport.time.setToolTip)
        self.line.sought.connect(self.seek)
        self.lanes.sought.connect(self.seek)
        self.transport.toggled.connect(self.toggle)
        self.transport.stepped.connect(self.step)
        self.transport.hopped.connect(self.hopped)
        self.transport.volume.connect(self._loudness)
        self.transport.speed.connect(self.player.set_speed)
        self.watch(self.canvas)
        self.canvas.finer.connect(self._sharper)

    def _lay_out(self) -> None:
        bar = QWidget()
        bar.setObjectName("strip")
        lines = QVBoxLayout(bar)
        lines.setContentsMargins(tokens.M, tokens.XS, tokens.M, tokens.XS)
        lines.setSpacing(0)
        lines.addWidget(self.lanes)
        lines.addWidget(self.line)
        lines.addWidget(self.transport)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(bar)
