"""The stage for films and recordings: the player, its time line, and the boxes of the second that is shown."""

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.cutting import Cutting
from desktop.views.parts.lanes import Lanes
from desktop.views.parts.measured import measured
from desktop.views.parts.overlays import Layer, Marks
from desktop.views.parts.peek import Peek
from desktop.views.parts.picture import Picture
from desktop.views.parts.player import Player
from desktop.views.parts.stage import SIDE, Stage, render
from desktop.views.parts.stepping import Stepper
from desktop.views.parts.subject import Subject, at_time
from desktop.views.parts.timeline import Sort, TimeLine, TimeMark
from desktop.views.parts.transport import Transport
from desktop.views.parts.wave import Wave
from engine.errors import KinoraError
from engine.language import tr
from engine.model import Kind, Moment

HOP = 5.0  # seconds of an arrow key
AFTER, BEFORE = 0.1, 0.5  # seconds around where it stands that are not the next or the previous moment
LEAP = 0.1  # seconds that a step goes through a recording, which has no frames
SETTLED = 0.3  # seconds in which the player has shown the frame that it was asked for
DRAWN = 1.5  # the preview of a recording is this much wider than high when it is a drawn wave and no cover
LEAD = 0.02  # seconds; a moment is entered just behind its first frame, so that its boxes are on


class FilmStage(Stage):
    """A film or a recording.

    Signals:
        hopped: a button asks for the next (1) or previous (-1) hit.
        at_second: the second that is shown.
        clip_asked: add the clip that is marked.
    """

    hopped = Signal(int)
    at_second = Signal(float)
    clip_asked = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.marks = Marks()
        self.canvas = Canvas(self.marks, enlarge=True, look=look)
        self.canvas.setAccessibleName(tr("Film"))
        self.player = Player(self)
        self.line = TimeLine(look)
        self.lanes = Lanes(look)
        self.wave = Wave(look)
        self.steps = Stepper(ops, self)
        self.cutting = Cutting(self)
        self.transport = Transport(look)
        self.transport.show_volume(self.player.volume, self.player.muted)
        self._subject: Subject | None = None
        self._broken = False
        self._opening = ops.latest()
        self._still = ops.latest()
        self._hearing = ops.latest()
        self._lay_out()
        self.peek = Peek(ops, look, self)
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
        self._suit(moving, first)
        self.steps.begin(subject)
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
        for work in (self._opening, self._still, self._hearing):
            work.cancel()
        self.player.close()
        self.steps.leave()
        self.peek.leave()
        self.cutting.clear()
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
        self.peek.blurred = on

    def show_layer(self, layer: Layer, on: bool) -> None:
        (self.marks.shown.add if on else self.marks.shown.discard)(layer)
        self.canvas.update()

    def zoom(self, factor: float) -> None:
        if self.wave.isVisible():
            self.wave.zoom(factor)
        else:
            self.canvas.zoom(factor)

    def fit(self) -> None:
        self.wave.whole()
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
        self.steps.loose()
        self.player.toggle()

    def seek(self, second: float) -> None:
        """Go to a second; where the player cannot, its picture is drawn by a worker."""
        self.steps.loose()
        self._seek(second)

    def _seek(self, second: float) -> None:
        if self._broken:
            self._at(second)
            self._draw_still(second)
        else:
            self.player.seek(second)

    def hop(self, seconds: float) -> None:
        """Go on or back."""
        self.seek(max(0.0, self.line.value() / 1000 + seconds))

    def step(self, frames: int) -> None:
        """Frame by frame: exactly so many frames further."""
        if self._subject is None or self._subject.row.cell.kind is not Kind.VIDEO:
            self.hop(frames * LEAP)
            return
        self.player.pause()
        self.steps.step(frames, self.second)

    def cut(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) cut."""
        cuts = [mark.start for mark in self.line.marks if mark.sort is Sort.CUT]
        found = self.steps.cut(cuts, self.second, direction)
        if found is not None:
            self.player.pause()
            self._to_frame(found)

    @property
    def second(self) -> float:
        """The second of the frame that is shown."""
        if self.player.shown is not None and self.steps.target is None and not self._broken:
            return self.player.shown
        return self.line.value() / 1000

    def mark(self, side: int) -> None:
        """The clip begins (-1) before, or ends (1) behind the frame that is shown."""
        moving = self._subject is not None and self._subject.row.cell.kind is Kind.VIDEO
        first, last = self.steps.bounds(self.second) if moving else (self.second, self.second)
        if side < 0:
            self.cutting.mark_in(first)
        else:
            self.cutting.mark_out(min(last, self.length) if self.length else last)

    @property
    def length(self) -> float:
        """Seconds of the whole."""
        return self.line.maximum() / 1000

    def show_clips(self, clips: Sequence[TimeMark]) -> None:
        """Show the clips and marks of this film on the time line."""
        self.line.show_clips(clips)

    def _to_frame(self, second: float) -> None:
        """Show the frame at a second inside it; where the player shows another one, a worker draws it."""
        self._seek(second)
        if not self._broken and self.steps.target is not None:
            self._still.start(self._check(self.steps.target, second))

    async def _check(self, target: int, second: float) -> None:
        await asyncio.sleep(SETTLED)
        subject, times, shown = self._subject, self.steps.times, self.player.shown
        if subject is None or times is None or self.player.running or self.steps.target != target:
            return
        if shown is None or times.at(shown) != target:
            await self._put_still(subject, second)

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
        self.transport.enable_frames(self._subject is not None and self._subject.row.cell.kind is Kind.VIDEO)

    def _draw_still(self, second: float) -> None:
        subject = self._subject
        if subject is not None and subject.row.cell.kind is Kind.VIDEO and not subject.row.cell.offline:
            self._still.start(self._put_still(subject, second))

    async def _put_still(self, subject: Subject, second: float) -> None:
        cell = subject.row.cell
        try:
            picture = await self.ops.demand(render, self.ops.library, cell.id, side=SIDE, time=round(second, 4))
        except KinoraError:
            return  # what is wrong with the file is on the screen already
        if self._subject is not None and self._subject.row.cell.id == cell.id and not self.player.running:
            self.canvas.put(picture)

    # --- what is shown

    def _fill(self, subject: Subject) -> None:
        duration = subject.row.cell.duration or subject.row.facts.duration or self.player.duration
        self.line.put(duration, subject.times)
        self.lanes.put(duration, subject.senses.lanes)
        self.wave.show_lanes(subject.senses.lanes)
        self.transport.show_time(self.line.value() / 1000, duration)
        hits = any(mark.sort == "hit" for mark in subject.times)
        self.transport.before.setVisible(hits)
        self.transport.after.setVisible(hits)

    def _at(self, second: float) -> None:
        self.line.show_position(second)
        self.lanes.show_position(second)
        self.wave.show_position(second)
        self.transport.show_time(second)
        self.transport.show_code(self.steps.code(second), self.steps.number(second))
        self.at_second.emit(second)
        if self._subject is not None:
            shown = at_time(self._subject.spans, second)
            self.marks.put(shown or self._subject.marks.get(0, ()))
            self.canvas.update()

    def _measured(self, duration: float) -> None:
        self.line.put(duration)
        self.lanes.put(duration)
        self.wave.show_length(duration)
        self.transport.show_time(self.line.value() / 1000, duration)

    def _framed(self, image: QImage) -> None:
        self.canvas.frame(image)

    def _sharper(self, _side: int) -> None:
        if not self.player.running:
            self._draw_still(self.line.value() / 1000)

    def _suit(self, moving: bool, first: Picture | None) -> None:
        """A film has pictures; a recording has its wave, under its cover where it has one."""
        cell = self._subject.row.cell if self._subject is not None else None
        if cell is None:
            return
        shape = QSize(cell.width or 16, cell.height or 9)
        self.peek.begin(cell.id if moving and not cell.offline else None, cell.duration or 0.0, shape)
        self.wave.setVisible(not moving)
        cover = first is not None and first.size.width() < first.size.height() * DRAWN
        self.canvas.setVisible(moving or cover)
        self.setFocusProxy(self.canvas if moving or cover else self.wave)
        self.wave.begin(cell.duration or 0.0)
        if not moving and not cell.offline:
            self._hearing.start(self._hear(cell.id))

    async def _hear(self, asset: int) -> None:
        self.wave.put(*await measured(self.ops, asset, "peaks"))

    def _pointed(self, second: float | None, x: float) -> None:
        """The mouse is over the time line or the wave."""
        source = self.wave if self.sender() is self.wave else self.line
        if second is None or self._subject is None:
            self.peek.leave()
            return
        there = self.line.words_at(x) if source is self.line else ""
        code = self.steps.code(second) if self._subject.row.cell.kind is Kind.VIDEO else words.clock(second)
        point = source.mapTo(self, QPoint(round(x), 0 if source is self.line else 40))
        self.peek.show_at(second, point, "  ".join(part for part in (code, there) if part))

    def _connect(self) -> None:
        self.steps.wanted.connect(self._to_frame)
        self.steps.unknown.connect(self.player.step)
        self.steps.late.connect(lambda frames: self.steps.step(frames, self.second))
        self.steps.known.connect(lambda: self._at(self.line.value() / 1000))
        self.cutting.changed.connect(self._show_range)
        self.line.pointed.connect(self._pointed)
        self.wave.pointed.connect(self._pointed)
        self.wave.sought.connect(self.seek)
        self.transport.marked.connect(self.mark)
        self.transport.clipped.connect(self.clip_asked)
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

    def _show_range(self) -> None:
        for part in (self.line, self.wave):
            part.show_range(self.cutting.start, self.cutting.end)
        self.transport.show_range(self.cutting.span(self.length) is not None)

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
        column.addWidget(self.canvas, 3)
        column.addWidget(self.wave, 2)
        column.addWidget(bar)
