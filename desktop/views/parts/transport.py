"""The buttons under a film or a recording: play, frame by frame, loudness, speed, time."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from engine.language import digits, tr

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
NARROW = 430  # pixels; below this width the speed makes room
WIDE = 620  # pixels; below this width the loudness slider and the time code do


class Transport(QWidget):
    """Buttons that say what they want; they know no player.

    Signals:
        toggled: play or pause.
        stepped: by so many frames.
        hopped: to the next (1) or the previous (-1) moment.
        volume: 0..1 and whether it is silent.
        speed: so many times as fast.
        marked: a clip begins (-1) or ends (1) here.
        clipped: add the clip that is marked.
    """

    toggled = Signal()
    stepped = Signal(int)
    hopped = Signal(int)
    volume = Signal(float, bool)
    speed = Signal(float)
    marked = Signal(int)
    clipped = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._duration = 0.0
        self._muted = False
        self._films = False
        self.play = Tool(look, "play", tr("Play (Space)"))
        self.back = Tool(look, "left", tr("One frame back (,)"))
        self.on = Tool(look, "right", tr("One frame on (.)"))
        self.before = Tool(look, "up", tr("Previous moment (Shift+F3)"))
        self.after = Tool(look, "down", tr("Next moment (F3)"))
        self.mute = Tool(look, "sound", tr("Silent (M)"))
        self.loudness = QSlider(Qt.Orientation.Horizontal)
        self.loudness.setRange(0, 100)
        self.loudness.setFixedWidth(84)
        self.loudness.setAccessibleName(tr("Loudness"))
        self.loudness.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rate = self._made_rate()
        self.time = label("0:00 / 0:00", "small")
        self.time.setMinimumWidth(92)
        self.code = label("", "small", select=True)
        self.code.setAccessibleName(tr("Time code and frame"))
        self.code.hide()
        self.start = Tool(look, "mark-in", tr("Clip begins here (I)"))
        self.end = Tool(look, "mark-out", tr("Clip ends here (O)"))
        self.clip = Tool(look, "clip", tr("Add this clip (C)"))
        self.clip.setEnabled(False)
        self._lay_out()
        self._connect()

    def show_time(self, second: float, duration: float | None = None) -> None:
        """Show where the player is, in seconds."""
        if duration is not None:
            self._duration = duration
        self.time.setText(f"{words.clock(second)} / {words.clock(self._duration)}")

    def show_code(self, code: str, frame: int | None) -> None:
        """Show the time code and the number of the frame, where there are any."""
        number = tr("frame {n}", n=digits(frame)) if frame is not None else ""
        self.code.setText("  ".join(part for part in (code, number) if part))

    def show_playing(self, playing: bool) -> None:
        """Show the button that does the other thing."""
        self.play.show_icon("pause" if playing else "play")
        self.play.setToolTip(tr("Pause (Space)") if playing else tr("Play (Space)"))
        self.play.setAccessibleName(tr("Pause") if playing else tr("Play"))

    def show_volume(self, volume: float, muted: bool) -> None:
        """Show the loudness without saying it again."""
        self._muted = muted
        self.loudness.blockSignals(True)
        self.loudness.setValue(round(volume * 100))
        self.loudness.blockSignals(False)
        self.mute.show_icon("mute" if muted or not volume else "sound")

    def show_frames(self, shown: bool) -> None:
        """Recordings have no frames to step through."""
        self._films = shown
        self.back.setVisible(shown)
        self.on.setVisible(shown)
        self._make_room()

    def enable(self, on: bool) -> None:
        """Without a working player only the moments can be visited."""
        for part in (self.play, self.back, self.on, self.mute, self.loudness, self.rate):
            part.setEnabled(on)

    def enable_frames(self, on: bool) -> None:
        """Frames can be stepped through without a working player, too."""
        for part in (self.back, self.on):
            part.setEnabled(on)

    def show_range(self, there: bool) -> None:
        """Whether a clip is marked that can be added."""
        self.clip.setEnabled(there)

    def resizeEvent(self, event: object) -> None:
        self._make_room()

    def _make_room(self) -> None:
        wide = self.width() >= NARROW
        self.rate.setVisible(wide)
        self.loudness.setVisible(self.width() >= WIDE)
        self.code.setVisible(self._films and self.width() >= WIDE)

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.XS)
        for part in (self.play, self.back, self.on, self.time, self.code):
            line.addWidget(part)
        line.addStretch(1)
        for tool in (self.before, self.after, self.start, self.end, self.clip, self.rate, self.mute, self.loudness):
            line.addWidget(tool)

    def _connect(self) -> None:
        self.play.clicked.connect(self.toggled)
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.on.clicked.connect(lambda: self.stepped.emit(1))
        self.start.clicked.connect(lambda: self.marked.emit(-1))
        self.end.clicked.connect(lambda: self.marked.emit(1))
        self.clip.clicked.connect(self.clipped)
        self.before.clicked.connect(lambda: self.hopped.emit(-1))
        self.after.clicked.connect(lambda: self.hopped.emit(1))
        self.mute.clicked.connect(lambda: self.volume.emit(self.loudness.value() / 100, not self._muted))
        self.loudness.valueChanged.connect(lambda value: self.volume.emit(value / 100, False))

    def _made_rate(self) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tr("Speed"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFixedWidth(58)
        menu = QMenu(button)
        for speed in SPEEDS:
            menu.addAction(_times(speed)).triggered.connect(partial(self._choose_speed, speed))
        button.setMenu(menu)
        button.setText(_times(1.0))
        button.setAccessibleName(tr("Speed"))
        return button

    def show_speed(self, speed: float) -> None:
        """Show how fast it plays."""
        self.rate.setText(_times(speed))

    def _choose_speed(self, speed: float) -> None:
        self.show_speed(speed)
        self.speed.emit(speed)


def _times(speed: float) -> str:
    return f"{speed:g} \N{MULTIPLICATION SIGN}"


def volume_of(value: object, usual: float) -> float:
    """A loudness 0..1 that was stored, or the usual one."""
    try:
        return min(max(float(value), 0.0), 1.0) if isinstance(value, (int, float, str)) else usual
    except ValueError:
        return usual
