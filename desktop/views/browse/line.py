"""A line of the panel beside the grid: a value with its number, a saved search, an album that takes what is dropped."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton

from desktop.look import icons, tokens
from desktop.look.look import Look
from desktop.models.carried import MIME, carried
from engine.model import FacetValue

WIDTH = 178  # wanted, pixels
ICON = 16


class Line(QPushButton):
    """The whole line is a button.

    Signals:
        changed: F2 (rename) or Delete was pressed on it, or its menu was asked for, at a global point.
        dropped: assets were dropped on it.
    """

    changed = Signal(str, QPoint)
    dropped = Signal(list)

    def __init__(
        self, look: Look, text: str, count: str = "", *, on: bool = False, icon: str = "", takes: bool = False
    ) -> None:
        super().__init__()
        self._look = look
        self._words, self._number, self._icon = text, count, icon
        self._over = False
        self.meant: tuple[str, FacetValue] | None = None  # the facet and the value of it
        self.setProperty("line", True)
        self.setCheckable(True)
        self.setChecked(on)
        self.setAcceptDrops(takes)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda point: self.changed.emit("menu", self.mapToGlobal(point)))
        if icon:
            self.setStyleSheet(f"padding-left: {16 + ICON}px;")  # Qt mirrors the words of a button with their padding
        self._name()

    @property
    def words(self) -> str:
        """What stands on it, in full."""
        return self._words

    def show_value(self, text: str, count: str, meant: tuple[str, FacetValue], *, on: bool) -> None:
        """Stand for another value."""
        self.meant = meant
        self.setChecked(on)
        if (text, count) != (self._words, self._number):
            self._words, self._number = text, count
            self._name()
            self.update()

    def show_count(self, count: str) -> None:
        """Show another number."""
        if count != self._number:
            self._number = count
            self._name()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 28)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._shorten()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        what = {Qt.Key.Key_F2: "rename", Qt.Key.Key_Delete: "delete"}.get(Qt.Key(event.key()))
        if what:
            self.changed.emit(what, QPoint())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._look.colour("muted"))
            left = self.layoutDirection() == Qt.LayoutDirection.LeftToRight
            end = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect().adjusted(9, 0, -9, 0), end, self._number)
            if self._icon:
                token = "accent" if self.isChecked() else "muted"
                drawing = icons.pixmap(self._icon, getattr(self._look.colours, token), ICON, self.devicePixelRatioF())
                x = 8 if left else self.width() - 8 - ICON
                painter.drawPixmap(QRect(x, (self.height() - ICON) // 2, ICON, ICON), drawing)
            if self._over:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self._look.colour("accent"), 2))
                painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)

    # --- dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._take(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._take(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_over(False)
        ids = carried(event.mimeData())
        if ids:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.dropped.emit(ids)

    def _take(self, event: QDropEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            self._show_over(True)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _show_over(self, over: bool) -> None:
        if over != self._over:
            self._over = over
            self.update()

    def _name(self) -> None:
        self.setAccessibleName(f"{self._words} {self._number}".strip())
        self.setToolTip(self._words)
        self._shorten()

    def _shorten(self) -> None:
        metrics = self.fontMetrics()
        indent = ICON + 8 if self._icon else 0
        room = self.width() - 28 - metrics.horizontalAdvance(self._number) - indent
        text = metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, max(20, room)).replace("&", "&&")
        self.setText(text)
