"""Going through a film frame by frame, by the times that its frames really have."""

import asyncio
from collections.abc import Sequence
from fractions import Fraction

from PySide6.QtCore import QObject, Signal

from desktop.operations import Operations
from desktop.views.parts.measured import measured
from desktop.views.parts.subject import Subject
from engine.compose.timecode import frame_at, rational, timecode
from engine.model import Kind
from engine.model.film import FrameTimes

SMALL = 512 << 20  # bytes; larger films are measured when somebody steps through them
CALM = 0.5  # seconds that a film is shown before it is measured
USUAL = Fraction(25)


class Stepper(QObject):
    """Which frame of a film is meant; every step counts, however fast they come.

    Signals:
        wanted: a second inside the frame to show.
        unknown: go on by so many frames as well as the player can: this film's frames carry no times.
        late: so many steps were asked for before the frames were known; now they can be done.
        known: the frames are known now.
    """

    wanted = Signal(float)
    unknown = Signal(int)
    late = Signal(int)
    known = Signal()

    def __init__(self, ops: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ops = ops
        self._measuring = ops.latest()
        self._subject: Subject | None = None
        self._target: int | None = None
        self._waiting = 0  # steps that were asked for before the frames were known
        self._busy = self._failed = False
        self.times: FrameTimes | None = None

    def begin(self, subject: Subject) -> None:
        """Take another film."""
        self.leave()
        self._subject = subject
        if subject.row.cell.kind is Kind.VIDEO and subject.row.size <= SMALL and not subject.row.cell.offline:
            self._start(CALM)

    def leave(self) -> None:
        """Forget it."""
        self._measuring.cancel()
        self._subject = self.times = self._target = None
        self._waiting, self._busy, self._failed = 0, False, False

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        if self.times is not None and self.times.rate:
            return self.times.rate
        return rational(self._subject.row.facts.fps) if self._subject is not None else USUAL

    def loose(self) -> None:
        """The player went somewhere by itself."""
        self._target = None

    def step(self, frames: int, second: float) -> None:
        """Go on or back by frames from the one that is meant, else from the one that is shown at a second."""
        if self._failed:
            self.unknown.emit(frames)
        elif self.times is None:
            self._waiting += frames
            if not self._busy:
                self._start(0.0)
        else:
            here = self._target if self._target is not None else self.times.at(second)
            self.show(here + frames)

    def show(self, number: int) -> None:
        """Show a frame by its number."""
        if self.times is not None:
            self._target = self.times.bounded(number)
            self.wanted.emit(self.times.middle(self._target))

    @property
    def target(self) -> int | None:
        """The frame that was asked for last, until the player goes on by itself."""
        return self._target

    def number(self, second: float) -> int | None:
        """The frame that is shown at a second, counted from 0; None while that is not known."""
        return None if self.times is None else self.times.at(second)

    def bounds(self, second: float) -> tuple[float, float]:
        """The first second of the frame that is shown, and that of the next one."""
        if self.times is None:
            frame = frame_at(second, self.rate)
            return float(frame / self.rate), float((frame + 1) / self.rate)
        number = self.times.at(second)
        first = self.times.second(number)
        last = self.times.second(number + 1) if number + 1 < len(self.times) else first + float(1 / self.rate)
        return first, last

    def code(self, second: float) -> str:
        """The time code of a second."""
        first = self.bounds(second)[0] if self.times is not None else second
        return timecode(frame_at(first, self.rate), self.rate)

    def cut(self, cuts: Sequence[float], second: float, direction: int) -> float | None:
        """The next (1) or previous (-1) of the cuts from a second, as seconds inside the frame behind it."""
        edge = 0.5 / float(self.rate)
        later = [one for one in cuts if one > second + edge]
        earlier = [one for one in cuts if one < second - edge]
        found = (later[0] if later else None) if direction > 0 else (earlier[-1] if earlier else None)
        if found is None or self.times is None:
            return found if found is None else found + edge
        self._target = self.times.at(found)
        if direction < 0 and self._target >= self.times.at(second) and len(earlier) > 1:
            self._target = self.times.at(earlier[-2])  # it stands on the frame of this cut
        return self.times.middle(self._target)

    def _start(self, calm: float) -> None:
        if self._subject is not None:
            self._busy = calm == 0
            self._measuring.start(self._measure(self._subject, calm))

    async def _measure(self, subject: Subject, calm: float) -> None:
        await asyncio.sleep(calm)
        asset = subject.row.cell.id
        found, _ = await measured(self._ops, asset, "frames")  # without times the player steps as well as it can
        if self._subject is None or self._subject.row.cell.id != asset:
            return
        self._busy, self._failed, self.times = False, found is None, found
        waiting, self._waiting = self._waiting, 0
        if found is not None:
            self.known.emit()
        if waiting:
            (self.unknown if found is None else self.late).emit(waiting)
