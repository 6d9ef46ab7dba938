"""A grid of faces: people, or the places where one person appears."""

import secrets
from collections.abc import Callable, Sequence

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.look.look import Look
from desktop.models.selection import Selection
from desktop.operations import Operations
from desktop.views.faces.board import Board

DRAGGED = "application/x-kinora-people"
TOKEN = secrets.token_hex(8)  # of this process


class DropButton(QPushButton):
    """A button on which faces may be dragged.

    Signals:
        dropped: the keys of the faces.
    """

    dropped = Signal(list)

    def __init__(self, text: str, callback: Callable[[], object]) -> None:
        super().__init__(text)
        self.setAutoDefault(False)
        self.setAcceptDrops(True)
        self.clicked.connect(lambda _checked=False: callback())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged(event.mimeData()):
            event.acceptProposedAction()
            self.setDown(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.setDown(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.setDown(False)
        event.acceptProposedAction()
        self.dropped.emit(dragged(event.mimeData()))


def parcel(keys: Sequence[int]) -> QMimeData:
    """Faces to be dragged; they mean something in this window alone."""
    data = QMimeData()
    data.setData(DRAGGED, QByteArray(f"{TOKEN}:{','.join(map(str, keys))}".encode()))
    return data


def dragged(data: QMimeData) -> list[int]:
    """The keys of the faces that are dragged; none of those of another program or library."""
    token, _, text = bytes(data.data(DRAGGED).data()).decode("ascii", "ignore").partition(":")
    return [int(part) for part in text.split(",") if part.isdigit()] if token == TOKEN else []


class Tiles(Board):
    """The board with the mouse: choosing, the rubber band, dragging one face on another."""

    def __init__(self, ops: Operations, look: Look, name: str, *, round_: bool, drags: bool = False) -> None:
        super().__init__(ops, look, name, round_=round_)
        self._drags = drags
        self._pressed: QPoint | None = None  # in content coordinates
        self._row: int | None = None
        self._before: Selection | None = None
        self.setAcceptDrops(drags)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._row = self.row_at(point)
        self._pressed = self._content(point)
        if event.button() == Qt.MouseButton.RightButton:
            self._pressed = None
            if self._row is not None and self._row not in self.selection:
                self.select_row(self._row)
            self.menu_asked.emit(event.globalPosition().toPoint())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press(event.modifiers())

    def _press(self, modifiers: Qt.KeyboardModifier) -> None:
        extend = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        toggle = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if self._row is None:
            if not (extend or toggle):
                self.selection.clear()
                self.changed_selection()
            self._before = self.selection.copy()
        elif self._row not in self.selection or extend or toggle:
            self.select_row(self._row, extend=extend, toggle=toggle)
        else:
            self.go(self._row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if not event.buttons() & Qt.MouseButton.LeftButton or self._pressed is None:
            self._hover_over(self.row_at(point))
            return
        far = (self._content(point) - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._before is not None and (far or self._band is not None):
            self._stretch(point)
        elif self._row is not None and far and self._drags:
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        still = self._pressed is not None and self._content(point) == self._pressed
        if event.button() == Qt.MouseButton.LeftButton and self._row is not None and still:
            plain = not event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
            if plain and len(self.selection) > 1:
                self.select_row(self._row)
            elif plain and self.name_place(self._row).contains(point):
                self.rename_asked.emit(self._row)
        self._forget()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        self._forget()
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit(row)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover_over(None)
        return super().viewportEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        row = self.row_at(event.position().toPoint())
        self._target = -1 if row is None or row in self.selection else row
        self.viewport().update()
        event.setAccepted(self._target >= 0)

    def dropEvent(self, event: QDropEvent) -> None:
        row, self._target = self.row_at(event.position().toPoint()), -1
        if row is not None and row not in self.selection:
            event.acceptProposedAction()
            self.dropped.emit(self.selected_keys(), self.tiles[row].key)
        self.viewport().update()

    # --- inside

    def _stretch(self, point: QPoint) -> None:
        assert self._pressed is not None
        assert self._before is not None
        band = self._band = QRect(self._pressed, self._content(point)).normalized()
        chosen = self._before.copy()
        for start, end in self.plan.inside(band.left(), band.top(), band.right(), band.bottom()):
            chosen.add(start, end)
        self.selection = chosen
        self.changed_selection()

    def _drag(self) -> None:
        drag = QDrag(self)
        drag.setMimeData(parcel(self.selected_keys()))
        row = self._row if self._row is not None else 0
        drag.setPixmap(
            self.viewport().grab(self.place_of(row)).scaledToWidth(72, Qt.TransformationMode.SmoothTransformation)
        )
        self._forget()
        drag.exec(Qt.DropAction.MoveAction)
        self._target = -1
        self.viewport().update()

    def _hover_over(self, row: int | None) -> None:
        now = -1 if row is None else row
        if now != self._hover:
            before, self._hover = self._hover, now
            tile = self.tiles[now] if now >= 0 else None
            self.viewport().setToolTip(f"{tile.title}\n{tile.note}".strip() if tile is not None else "")
            self.repaint_row(before)
            self.repaint_row(now)

    def _forget(self) -> None:
        self._pressed = self._band = self._before = None
        self.viewport().update()
