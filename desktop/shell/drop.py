"""The whole window as a place to drop files and folders on."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMainWindow, QWidget

from desktop.look import icons, tokens
from desktop.look.look import Look
from engine.language import tr


class DropTarget(QWidget):
    """An overlay that shows while files are dragged over the window.

    Signals:
        dropped: the paths that were dropped.
    """

    dropped = Signal(list)

    def __init__(self, look: Look, window: QMainWindow) -> None:
        super().__init__(window)
        self._look = look
        self._window = window
        self._count = 0
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

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = self._look.colour("window")
        veil.setAlpha(225)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(tokens.L, tokens.L, -tokens.L, -tokens.L)
        painter.setPen(QPen(self._look.colour("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, tokens.RADIUS_LARGE, tokens.RADIUS_LARGE)
        middle = frame.center()
        drawing = icons.pixmap("drop", self._look.colours.accent, 56, self.devicePixelRatioF())
        painter.drawPixmap(round(middle.x()) - 28, round(middle.y()) - 70, drawing)
        painter.setPen(self._look.colour("text"))
        painter.setFont(self._look.font(tokens.TITLE, bold=True))
        painter.drawText(frame.adjusted(0, 36, 0, 36), Qt.AlignmentFlag.AlignCenter, tr("Drop to add to the library"))
        painter.setFont(self._look.font(tokens.BODY))
        painter.setPen(self._look.colour("muted"))
        words = tr("The files stay where they are. Kinora only reads them.")
        painter.drawText(frame.adjusted(0, 84, 0, 84), Qt.AlignmentFlag.AlignCenter, words)

    def _enter(self, event: QDropEvent) -> bool:
        # What this window itself drags out is in the library already.
        own = isinstance(event, QDragEnterEvent) and event.source() is not None
        if own or not local_paths(event.mimeData()):
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if self.isHidden():
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()
        return True

    def _drop(self, event: QDropEvent) -> bool:
        self.hide()
        paths = local_paths(event.mimeData())
        if not paths or event.source() is not None:
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(paths)
        return True


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this computer among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()]
