"""The face of the grid of faces: what it shows, what is selected, what the keys do."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from desktop.look import tokens
from desktop.look.look import Look
from desktop.models.layout import Layout, Measures
from desktop.models.selection import Selection
from desktop.operations import Operations
from desktop.views.faces.draw import BELOW, Shown, TilePaint
from desktop.workers.portraits import Portraits
from desktop.workers.previews import Want
from engine.language import digits, tr

SIDE = 124
BUDGET = 0.006  # seconds that one painting may take; what is left is painted in the next turns
HEADING = 40
ACROSS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
DOWN = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 3, Qt.Key.Key_PageUp: -3}


@dataclass(frozen=True, slots=True)
class Tile:
    """One face of the grid."""

    key: int  # of the person or the appearance
    title: str
    note: str = ""
    picture: int | None = None  # the appearance whose face is shown
    icon: str = "face"  # where there is no picture
    faint: bool = False  # the title is only a hint


class Board(QAbstractScrollArea):
    """Round faces (people) or square ones (appearances), in sections; the mouse comes with `Tiles`.

    Signals:
        activated: a row was opened (double click, Enter).
        selection_changed: other rows are selected.
        menu_asked: a menu was asked for, at a global point.
        rename_asked: the name of a row was clicked, or F2 was pressed.
        dropped: keys were dragged on the key of another row.
    """

    activated = Signal(int)
    selection_changed = Signal()
    menu_asked = Signal(QPoint)
    rename_asked = Signal(int)
    dropped = Signal(list, int)

    def __init__(self, ops: Operations, look: Look, name: str, *, round_: bool) -> None:
        super().__init__()
        self.look = look
        self.tiles: tuple[Tile, ...] = ()
        self.sections: tuple[tuple[str, int], ...] = ()
        self.selection = Selection()
        self.current = -1
        self.plan = Layout(0, (), Measures(1, 1))
        library = ops.library
        self.previews = Portraits(
            lambda number: library.people.picture(number), library.judging.origin, look.veil.hides, self
        )
        self._round = round_
        self._anchor = -1
        self._hover = -1
        self._target = -1  # the row that something is dragged over
        self._band: QRect | None = None
        self._paint: TilePaint | None = None
        self._owed: set[int] = set()  # rows for which the last painting had no time
        self._lacking: set[int] = set()  # rows that were painted without their picture
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(40)
        self.setAccessibleName(name)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._draw_owed)
        self.previews.ready.connect(self._draw_ready)
        look.changed.connect(self._restyle)
        look.veil.changed.connect(self._unveil)

    # --- what it shows

    def show_tiles(self, tiles: Sequence[Tile], sections: Sequence[tuple[str, int]] = ()) -> None:
        """Show these; what was selected stays selected as far as it is still there."""
        kept = set(self.selected_keys())
        here = self.key_at(self.current)
        fresh = tuple(tiles)
        if [tile.key for tile in fresh] != [tile.key for tile in self.tiles]:
            self.selection.clear()
            for row, tile in enumerate(fresh):
                if tile.key in kept:
                    self.selection.add(row, row + 1)
            self.current = next((row for row, tile in enumerate(fresh) if tile.key == here), min(self.current, 0))
            self.current = min(self.current, len(fresh) - 1)
        self.tiles, self.sections = fresh, tuple(sections)
        self.previews.forget()
        self.relayout()
        self.changed_selection()

    def relayout(self) -> None:
        """Compute the places anew."""
        room = max(1, self.viewport().width())
        measures = Measures(
            room, SIDE, below=BELOW, gap=tokens.L, margin=tokens.L, heading=HEADING, mirrored=self.isRightToLeft()
        )
        self.plan = Layout(len(self.tiles), self.sections, measures)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.plan.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        self.viewport().update()

    def place_of(self, row: int) -> QRect:
        """Where a row is on the viewport."""
        place = self.plan.place(row)
        return QRect(place.x, place.y - self.verticalScrollBar().value(), place.w, place.h)

    def name_place(self, row: int) -> QRect:
        """Where the name of a row is on the viewport."""
        rect = self.place_of(row)
        return QRect(rect.left() - 6, rect.top() + rect.width() + 1, rect.width() + 12, 26)

    def key_at(self, row: int) -> int | None:
        """The key of a row."""
        return self.tiles[row].key if 0 <= row < len(self.tiles) else None

    def row_of(self, key: int) -> int:
        """The row of a key, -1 when it is not there."""
        return next((row for row, tile in enumerate(self.tiles) if tile.key == key), -1)

    # --- selection

    def selected_keys(self) -> list[int]:
        """The selected keys in order."""
        return [self.tiles[row].key for row in self.selection if row < len(self.tiles)]

    def chosen_keys(self) -> list[int]:
        """What a command is about: the selection, else the row with the focus."""
        here = self.key_at(self.current)
        return self.selected_keys() or ([here] if here is not None else [])

    def select_row(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Move to a row and select it; `extend` from the anchor, or `toggle` it alone."""
        if not 0 <= row < len(self.tiles):
            return
        if extend and self._anchor >= 0:
            self.selection.set(min(self._anchor, row), max(self._anchor, row) + 1)
        elif toggle:
            self.selection.toggle(row)
            self._anchor = row
        else:
            self.selection.set(row, row + 1)
            self._anchor = row
        self.go(row)
        self.changed_selection()

    def select_all(self) -> None:
        """Select every row."""
        self.selection.set(0, len(self.tiles))
        self.changed_selection()

    def go(self, row: int) -> None:
        """Give a row the focus and bring it into view."""
        self.current = row
        place, bar = self.plan.place(row), self.verticalScrollBar()
        if place.y - 44 < bar.value():
            bar.setValue(place.y - 44)
        elif place.y + place.h + 8 > bar.value() + self.viewport().height():
            bar.setValue(place.y + place.h + 8 - self.viewport().height())
        self.viewport().update()

    def changed_selection(self) -> None:
        """Repaint and tell about a new selection."""
        here = self.tiles[self.current] if 0 <= self.current < len(self.tiles) else None
        words = f"{here.title}, {here.note}" if here is not None else ""
        self.setAccessibleDescription(
            tr("{words}; {n} selected of {n2}", words=words, n=digits(len(self.selection)), n2=digits(len(self.tiles)))
        )
        self.viewport().update()
        self.selection_changed.emit()

    def close_tiles(self) -> None:
        """End the threads."""
        self._later.stop()
        self.previews.close()

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(400, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(event.rect(), self.look.colour("window"))
            if self._paint is None:
                self._paint = TilePaint(self.look, self.devicePixelRatioF(), round_=self._round)
            top, port = self.verticalScrollBar().value(), self.viewport().height()
            for index, (heading, _) in enumerate(self.sections):
                y = self.plan.top(index) - top
                if y < event.rect().bottom() and y + HEADING > event.rect().top():
                    self._paint.heading(painter, y, self.viewport().width(), heading)
            self._draw_rows(painter, self._paint, event.region())
            first, last = self.plan.visible(top, top + port)
            ahead = range(first, min(len(self.tiles), last + (last - first)))
            self.previews.want([want for row in ahead if (want := self._want(row)) is not None])
            if self._band is not None:
                self._paint.band(painter, self._band.translated(0, -top))

    def _draw_rows(self, painter: QPainter, paint: TilePaint, region: QRegion) -> None:
        """The tiles of a part of the viewport; those for which there is no time now are drawn in the next turns."""
        deadline, some, exposed = time.perf_counter() + BUDGET, False, region.boundingRect()
        top, focus, ratio = self.verticalScrollBar().value(), self.hasFocus(), self.devicePixelRatioF()
        first, last = self.plan.visible(exposed.top() + top - 8, exposed.bottom() + top + 8)
        for row in range(first, last):
            place = self.plan.place(row)
            rect = QRect(place.x, place.y - top, place.w, place.h)
            if not region.intersects(rect.adjusted(-8, -8, 8, 8)):
                continue
            if some and time.perf_counter() > deadline:
                self._owed.add(row)
                self._later.start()
                continue
            some = True  # at least one, or a slow machine would never come to an end
            tile, want = self.tiles[row], self._want(row, ratio)
            image = self.previews.get(want) if want is not None else None
            if want is not None and image is None:
                self._lacking.add(row)
            shown = Shown(row in self.selection, row == self.current and focus, row == self._hover, row == self._target)
            paint.tile(painter, rect, (tile.title, tile.note, tile.icon, tile.faint), image, shown)

    def _draw_owed(self) -> None:
        """Ask for the tiles that the last painting left out."""
        for row in self._owed:
            self.repaint_row(row)
        self._owed.clear()

    def _unveil(self) -> None:
        self.previews.renew()
        self.viewport().update()

    def _draw_ready(self) -> None:
        """Ask for the tiles whose pictures came."""
        rows, self._lacking = self._lacking, set()
        for row in rows:
            want = self._want(row) if row < len(self.tiles) else None
            if want is not None and self.previews.get(want) is not None:
                self.repaint_row(row)
            elif want is not None:
                self._lacking.add(row)

    def repaint_row(self, row: int) -> None:
        """Paint one tile again, if it shows."""
        if 0 <= row < len(self.tiles):
            self.viewport().update(self.place_of(row).adjusted(-8, -8, 8, 8))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._lacking = {row for row in self._lacking if self._shows(row)}
        self._owed = {row for row in self._owed if self._shows(row)}
        self.viewport().scroll(dx, dy)

    def _shows(self, row: int) -> bool:
        return row < len(self.tiles) and self.place_of(row).intersects(self.viewport().rect())

    def _want(self, row: int, ratio: float = 0.0) -> Want | None:
        tile = self.tiles[row]
        if tile.picture is None:
            return None
        ratio = ratio or self.devicePixelRatioF()
        side = round(self.plan.side * ratio)
        return Want(tile.picture, side, side, side // 2 if self._round else round(tokens.RADIUS * ratio))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.relayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if not self.tiles or not self._pressed_key(key, control, bool(modifiers & Qt.KeyboardModifier.ShiftModifier)):
            event.ignore()

    def _pressed_key(self, key: Qt.Key, control: bool, shift: bool) -> bool:
        here = max(0, self.current)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or (key == Qt.Key.Key_Space and not control):
            self.activated.emit(here)
        elif key == Qt.Key.Key_Space:
            self.select_row(here, toggle=True)
        elif key == Qt.Key.Key_F2:
            self.rename_asked.emit(here)
        elif key == Qt.Key.Key_A and control:
            self.select_all()
        elif key == Qt.Key.Key_Escape and len(self.selection):
            self.selection.clear()
            self.changed_selection()
        elif (row := self._led_to(key)) is not None:
            if control and not shift:
                self.go(row)
            else:
                self.select_row(row, extend=shift)
        else:
            return False
        return True

    def _led_to(self, key: Qt.Key) -> int | None:
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return 0 if key == Qt.Key.Key_Home else len(self.tiles) - 1
        if key not in ACROSS and key not in DOWN:
            return None
        if self.current < 0:
            return 0
        if key in ACROSS:
            return min(len(self.tiles) - 1, max(0, self.current + ACROSS[key]))
        return self.plan.below(self.current, DOWN[key])

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.current < 0 and self.tiles and event.reason() == Qt.FocusReason.TabFocusReason:
            self.go(0)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # --- inside

    def row_at(self, point: QPoint) -> int | None:
        """The row under a point of the viewport."""
        content = self._content(point)
        return self.plan.at(content.x(), content.y())

    def _content(self, point: QPoint) -> QPoint:
        return QPoint(point.x(), point.y() + self.verticalScrollBar().value())

    def _restyle(self) -> None:
        self._paint = None
        self.viewport().update()
