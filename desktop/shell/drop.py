"""The whole window as a place to drop files and folders on, and pictures to search with."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QMimeDatabase, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMainWindow, QWidget

from desktop.look import icons, tokens
from desktop.look.look import Look
from engine.language import tr

ADD, FIND = "add", "find"
SLIM = 700  # pixels of width below which the two targets lie one above the other


class DropTarget(QWidget):
    """An overlay that shows while something is dragged over the window: what can be done with it, side by side.

    Signals:
        dropped: the paths that should be added.
        looked: the data (QMimeData) of the picture to search with.
    """

    dropped = Signal(list)
    looked = Signal(object)

    def __init__(self, look: Look, window: QMainWindow) -> None:
        super().__init__(window)
        self._look = look
        self._window = window
        self.targets: tuple[str, ...] = (ADD,)
        self._pointed = ADD
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        elif kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove) and isinstance(event, QDropEvent):
            return self._enter(event)
        elif kind == QEvent.Type.DragLeave:
            self.hide()
        elif kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            return self._drop(event)
        return super().eventFilter(watched, event)

    def places(self) -> dict[str, QRectF]:
        """Where each target is."""
        frame = QRectF(self.rect()).adjusted(tokens.L, tokens.L, -tokens.L, -tokens.L)
        if len(self.targets) == 1:
            return {self.targets[0]: frame}
        gap = tokens.L
        if self.width() < SLIM:
            high = (frame.height() - gap) / 2
            second = QRectF(frame.left(), frame.top() + high + gap, frame.width(), high)
            return {self.targets[0]: QRectF(frame.left(), frame.top(), frame.width(), high), self.targets[1]: second}
        wide = (frame.width() - gap) / 2
        one, other = (QRectF(frame.left() + at * (wide + gap), frame.top(), wide, frame.height()) for at in (0, 1))
        return dict(zip(self.targets, (other, one) if self.isRightToLeft() else (one, other), strict=True))

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            veil = self._look.colour("window")
            veil.setAlpha(225)
            painter.fillRect(self.rect(), veil)
            for target, place in self.places().items():
                self._draw(painter, target, place)

    def _draw(self, painter: QPainter, target: str, place: QRectF) -> None:
        on = target == self._pointed
        painter.setPen(QPen(self._look.colour("accent" if on else "line_strong"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(self._look.colour("accent_soft") if on and len(self.targets) > 1 else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, tokens.RADIUS_LARGE, tokens.RADIUS_LARGE)
        middle = place.center()
        colour = self._look.colours.accent if on else self._look.colours.muted
        drawing = icons.pixmap("drop" if target == ADD else "similar", colour, 56, self.devicePixelRatioF())
        painter.drawPixmap(round(middle.x()) - 28, round(middle.y()) - 78, drawing)
        title = tr("Add to the library") if target == ADD else tr("Find what looks like it")
        words = (
            tr("The files stay where they are. Kinora only reads them.")
            if target == ADD
            else tr("The picture is compared with your library, and not added to it.")
        )
        room = place.adjusted(tokens.L, 0, -tokens.L, 0)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.setPen(self._look.colour("text"))
        painter.setFont(self._look.font(tokens.TITLE, bold=True))
        head = QRectF(room.left(), middle.y() - 4, room.width(), 60)
        used = painter.boundingRect(head, flags, title)
        painter.drawText(head, flags, title)
        painter.setFont(self._look.font(tokens.BODY))
        painter.setPen(self._look.colour("muted"))
        painter.drawText(QRectF(room.left(), used.bottom() + tokens.S, room.width(), 60), flags, words)

    def _enter(self, event: QDropEvent) -> bool:
        # What this window itself drags out is in the library already.
        own = event.source() is not None
        targets = () if own else targets_of(event.mimeData())
        if not targets:
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.targets = targets
        if self.isHidden():
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()
        self._pointed = self._target_at(event.position())
        self.update()
        return True

    def _target_at(self, point: QPointF) -> str:
        found = (target for target, place in self.places().items() if place.contains(point))
        return next(found, self.targets[0])

    def _drop(self, event: QDropEvent) -> bool:
        targets = targets_of(event.mimeData())
        if not targets or event.source() is not None:
            self.hide()
            event.ignore()
            return True
        self.targets = targets
        self.setGeometry(self._window.rect())
        target = self._target_at(event.position())
        self.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if target == FIND:
            self.looked.emit(event.mimeData())
        else:
            self.dropped.emit(local_paths(event.mimeData()))
        return True


def targets_of(data: QMimeData) -> tuple[str, ...]:
    """What can be done with what is dragged: files are added; one picture may be searched with, also one of pixels."""
    paths = local_paths(data)
    pictures = [path for path in paths if is_picture(path)]
    looks = (FIND,) if (len(paths) == 1 and pictures) or (not paths and data.hasImage()) else ()
    return (*((ADD,) if paths else ()), *looks)


def is_picture(path: Path) -> bool:
    """Whether a file is a picture or a film, by its name."""
    found = QMimeDatabase().mimeTypeForFile(path.name, QMimeDatabase.MatchMode.MatchExtension).name()
    return found.startswith(("image/", "video/"))


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this computer among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()]
