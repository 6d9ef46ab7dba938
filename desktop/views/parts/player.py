"""Plays one film or recording; made when first needed and given back when the viewer turns away."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaMetaData, QMediaPlayer, QVideoFrame, QVideoSink

from desktop.views.parts.frames import image_of
from engine.language import mark, tr

USUAL_RATE = 25.0  # frames per second, when the file does not say

_Error = QMediaPlayer.Error
_Status = QMediaPlayer.MediaStatus

ELSEWHERE = mark("Open it in another program; what Kinora found in it stays listed here.")
SENTENCES = {
    _Error.ResourceError: (mark("This file cannot be opened for playing."), ELSEWHERE),
    _Error.FormatError: (mark("This computer's player does not know the format of this file."), ELSEWHERE),
    _Error.NetworkError: (
        mark("This file lies on a network place that does not answer."),
        mark("Check the connection."),
    ),
    _Error.AccessDeniedError: (mark("Kinora may not read this file."), mark("Give yourself the right to read it.")),
}
TIMELESS = (mark("This file carries no times, so the player cannot run it."), ELSEWHERE)
SILENT = mark("No sound output was found; it plays without sound.")


class Player(QObject):
    """A thin layer over Qt's player: seconds instead of milliseconds, words instead of codes.

    Signals:
        frame: a picture of the film.
        moved: the second that is played.
        length: seconds of the whole.
        playing: it runs, or it stands.
        failed: a sentence and a hint.
        noticed: a sentence that is worth knowing and no failure.
        ended: it came to the end.
    """

    frame = Signal(QImage)
    moved = Signal(float)
    length = Signal(float)
    playing = Signal(bool)
    failed = Signal(str, str)
    noticed = Signal(str)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: QMediaPlayer | None = None
        self._sink: QVideoSink | None = None
        self._sound: QAudioOutput | None = None
        self._volume = 0.8
        self._muted = False
        self._rate = USUAL_RATE
        self._seek: float | None = None  # asked for before the file was loaded
        self._start = False
        self._failed = False
        self.shown: float | None = None  # the second at which the frame begins that was shown last

    @property
    def active(self) -> bool:
        """A file is open."""
        return self._player is not None

    @property
    def running(self) -> bool:
        return self._player is not None and self._player.isPlaying()

    @property
    def position(self) -> float:
        """Seconds from the beginning."""
        if self._seek is not None:
            return self._seek
        return self._player.position() / 1000 if self._player else 0.0

    @property
    def duration(self) -> float:
        """Seconds; 0 while it is not known."""
        return self._player.duration() / 1000 if self._player else 0.0

    @property
    def rate(self) -> float:
        """Frames per second."""
        return self._rate

    def open(self, path: Path, *, at: float = 0.0, play: bool = False, fps: float | None = None) -> None:
        """Load a file, show the frame at a second, and play if asked."""
        self.close()
        self._rate = fps or USUAL_RATE
        self._seek, self._start = max(0.0, at), play
        self._player = self._made()
        self._player.setSource(QUrl.fromLocalFile(str(path)))

    def close(self) -> None:
        """Stop and give back the file, the sound and the decoder."""
        player, sink, sound = self._player, self._sink, self._sound
        self._player = self._sink = self._sound = None
        self._seek, self._start, self._failed, self.shown = None, False, False, None
        if player is None:
            return
        player.disconnect(self)
        if sink is not None:
            sink.disconnect(self)
        player.stop()
        player.setSource(QUrl())
        for part in (sink, sound, player):
            if part is not None:
                part.deleteLater()

    def play(self) -> None:
        """Run from where it stands; from the beginning at the end."""
        if self._player is None:
            return
        if self._loading():
            self._start = True
            return
        if self._at_end():
            self._player.setPosition(0)
        self._player.play()

    def pause(self) -> None:
        """Stand still."""
        self._start = False
        if self._player is not None:
            self._player.pause()

    def toggle(self) -> None:
        """Run or stand."""
        if self.running:
            self.pause()
        else:
            self.play()

    def seek(self, seconds: float) -> None:
        """Go to a second."""
        if self._player is None:
            return
        seconds = max(0.0, min(seconds, self.duration or seconds))
        if self._loading():
            self._seek = seconds
            return
        if self._player.playbackState() is QMediaPlayer.PlaybackState.StoppedState:
            self._player.pause()
        self.shown = None
        self._player.setPosition(round(seconds * 1000))
        self.moved.emit(seconds)

    def step(self, frames: int) -> None:
        """Stand, and go on or back by frames."""
        self.pause()
        self.seek(self.position + frames / self._rate)

    def set_volume(self, volume: float, *, muted: bool | None = None) -> None:
        """Loudness 0..1 as the ear hears it."""
        self._volume = min(max(volume, 0.0), 1.0)
        self._muted = self._muted if muted is None else muted
        self._tune()

    @property
    def volume(self) -> float:
        return self._volume

    @property
    def muted(self) -> bool:
        return self._muted

    def set_speed(self, speed: float) -> None:
        """Play faster or slower; 1 is as recorded."""
        if self._player is not None:
            self._player.setPlaybackRate(speed)

    def _made(self) -> QMediaPlayer:
        player = QMediaPlayer(self)
        self._sink = QVideoSink(self)
        self._sink.videoFrameChanged.connect(self._framed)
        player.setVideoSink(self._sink)
        if QMediaDevices.defaultAudioOutput().isNull():
            self.noticed.emit(tr(SILENT))
        else:
            self._sound = QAudioOutput(self)
            player.setAudioOutput(self._sound)
            self._tune()
        player.positionChanged.connect(self._moved)
        player.durationChanged.connect(self._measured)
        player.playingChanged.connect(self.playing)
        player.mediaStatusChanged.connect(self._status)
        player.errorOccurred.connect(self._erred)
        player.metaDataChanged.connect(self._described)
        return player

    def _tune(self) -> None:
        if self._sound is not None:
            self._sound.setVolume(self._volume**2)  # the ear hears powers, not sums
            self._sound.setMuted(self._muted)

    def _loading(self) -> bool:
        return self._player is None or self._player.mediaStatus() in (_Status.NoMedia, _Status.LoadingMedia)

    def _framed(self, frame: QVideoFrame) -> None:
        if self._player is None or not frame.isValid():
            return
        self.shown = frame.startTime() / 1e6 if frame.startTime() >= 0 else None
        image = image_of(frame)
        if not image.isNull():
            self.frame.emit(image)

    def _moved(self, milliseconds: int) -> None:
        if self._seek is not None:
            return
        self.moved.emit(milliseconds / 1000)
        if self._sound is None and self.running and self._at_end():
            self.pause()  # without a sound output Qt never says that a recording has ended
            self.ended.emit()

    def _at_end(self) -> bool:
        assert self._player is not None
        return 0 < self._player.duration() <= self._player.position()

    def _measured(self, milliseconds: int) -> None:
        if milliseconds > 0:
            self.length.emit(milliseconds / 1000)

    def _described(self) -> None:
        if self._player is None:
            return
        rate = self._player.metaData().value(QMediaMetaData.Key.VideoFrameRate)
        if isinstance(rate, float) and 1 <= rate <= 1000:
            self._rate = rate

    def _status(self, status: QMediaPlayer.MediaStatus) -> None:
        if status in (_Status.LoadedMedia, _Status.BufferedMedia) and self._seek is not None:
            self._begin()
        elif status is _Status.EndOfMedia:
            self._finished()
        elif status is _Status.InvalidMedia:
            self._erred(_Error.FormatError)

    def _finished(self) -> None:
        if self.duration <= 0:
            self._fail(*map(tr, TIMELESS))
        else:
            self.ended.emit()

    def _begin(self) -> None:
        assert self._player is not None
        at, self._seek = self._seek or 0.0, None
        self._player.pause()
        if at:
            self._player.setPosition(round(at * 1000))
            self.moved.emit(at)
        if self._start:
            self._start = False
            self._player.play()

    def _erred(self, error: QMediaPlayer.Error, _detail: str = "") -> None:
        if error is _Error.NoError or self._player is None:
            return
        self._fail(*map(tr, SENTENCES.get(error, SENTENCES[_Error.FormatError])))

    def _fail(self, text: str, hint: str) -> None:
        self._start = False
        if not self._failed:
            self._failed = True
            self.failed.emit(text, hint)
