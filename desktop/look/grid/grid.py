"""A grid of pictures that costs the same for ten assets and for a million."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from desktop.look import tokens
from desktop.look.grid.canvas import Canvas
from desktop.look.grid.drop import Dropping
from desktop.look.grid.keys import moved
from desktop.look.grid.moments import WIDE, said
from desktop.look.grid.mouse import Pointer
from desktop.look.look import Look
from desktop.models.cells import Cells
from desktop.models.layout import Layout, Measures
from desktop.models.selection import Selection
from desktop.operations import Operations
from desktop.workers.previews import Previews
from desktop.workers.stills import Stills
from engine.language import digits, tr
from engine.model import Cell, Hit, Listing

SMALLEST, LARGEST = 96, 360
SAID_AFTER = 200  # milliseconds without movement until the visible assets are announced


class Grid(QAbstractScrollArea):
    """Shows a `Listing`.

    Signals:
        activated: a row was opened (double click, Enter).
        moment_activated: a row and the moment that was clicked in the list of matches.
        selection_changed: other rows are selected.
        current_changed: the row with the focus.
        stack_asked: the row whose stack should be opened or closed.
        moved: rows were dragged in front of a row (its number, or that behind the last).
        explain_asked: the row whose place in the list should be explained.
        menu_asked: a menu was asked for, at a global point.
        zoomed: the size of the cells was changed with the wheel.
        rested: asset ids that show since a moment.
        laid_out: places changed (for the time line).
    """

    activated = Signal(int)
    moment_activated = Signal(int, object)
    selection_changed = Signal()
    current_changed = Signal(int)
    stack_asked = Signal(int)
    moved = Signal(int)
    explain_asked = Signal(int)
    menu_asked = Signal(QPoint)
    zoomed = Signal(int)
    rested = Signal(object)
    laid_out = Signal()

    def __init__(self, ops: Operations, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ops, self.look = ops, look
        self.cells = Cells(ops, self)
        self.previews = Previews(ops.library.preview, parent=self)
        self.stills = Stills(ops.library.render, parent=self)
        self.selection = Selection()
        self.current = -1
        self.spot = -1  # the moment of the current row that the keyboard is on; -1: the row as a whole
        self.anchor = -1
        self.names = True
        self.wide = False
        self.cell_side = 180
        self.hits: Mapping[int, Hit] = {}
        self.sections: Sequence[tuple[str, int]] = ()
        self.opened: frozenset[int] = frozenset()  # stacks whose members stand side by side
        self.sortable = False  # rows may be dragged into another order
        self.front: Sequence[int] = ()  # the rows of those on top, once for each that lies below
        self.plan = Layout(0, (), Measures(1, 1))
        self.pointer = Pointer(self)
        self.dropping = Dropping(self)
        self._canvas = Canvas(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SAID_AFTER)
        self._rest.timeout.connect(self._say_visible)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAcceptDrops(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # lets Qt move pixels when it scrolls
        self.setAccessibleName(tr("Pictures and files"))
        self.verticalScrollBar().setSingleStep(40)
        self.cells.arrived.connect(self.viewport().update)
        self.previews.ready.connect(self.viewport().update)
        self.stills.ready.connect(self.viewport().update)
        look.changed.connect(self._restyle)
        look.veil.changed.connect(self.viewport().update)

    # --- what it shows

    def show_listing(self, listing: Listing, *, keep: Sequence[int] | None = None, current: int = -1) -> None:
        """Show a list; `keep` are the rows that stay selected (then the place stays too), else it starts at the top."""
        self.cells.show(listing.ids)
        self.sections, self.front = listing.sections, listing.front
        self.selection.clear()
        for row in keep or ():
            self.selection.add(row, row + 1)
        self.current = current if 0 <= current < len(listing.ids) else -1
        self.anchor, self.spot = self.current, -1
        self.relayout()
        if keep is None:
            self.verticalScrollBar().setValue(0)
        self.selection_changed.emit()

    def show_hits(self, hits: Mapping[int, Hit], *, wide: bool) -> None:
        """Words that matched, by asset id; `wide` lists one asset on each line with its moments."""
        self.hits = hits
        self.wide = wide
        self.cells.put(hit.asset for hit in hits.values())
        self.relayout()

    def set_cell(self, side: int) -> None:
        """Change the size of the pictures, keeping the row at the top in place."""
        side = min(LARGEST, max(SMALLEST, side))
        if side != self.cell_side:
            self.cell_side = side
            self.relayout()
            self.zoomed.emit(side)

    def set_names(self, shown: bool) -> None:
        """Show or leave out the names below the pictures."""
        if shown != self.names:
            self.names = shown
            self.relayout()

    def relayout(self) -> None:
        """Compute the places anew and keep what is at the top there."""
        top, offset = self._top()
        below = (20 if self.names else 0) + (20 if self.hits and not self.wide else 0)
        measures = Measures(
            max(1, self.viewport().width()),
            WIDE if self.wide else self.cell_side,
            below=below + (4 if below else 0),
            gap=2 if self.wide else tokens.S,
            margin=tokens.L,
            wide=self.wide,
            mirrored=self.isRightToLeft(),
        )
        self.plan = Layout(len(self.cells.ids), () if self.wide else self.sections, measures)
        self._choose_bar()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.plan.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        if 0 <= top < self.plan.count:
            bar.setValue(self.plan.place(top).y - offset)
        self.viewport().update()
        self.laid_out.emit()

    def cell_at(self, row: int) -> Cell | None:
        """The cell of a row when it is at hand."""
        return self.cells.get(row) if 0 <= row < len(self.cells.ids) else None

    def place_of(self, row: int) -> QRect:
        """Where a row is on the viewport."""
        place = self.plan.place(row)
        return QRect(place.x, place.y - self.verticalScrollBar().value(), place.w, place.h)

    def spot_of(self, row: int) -> int:
        """The moment of a row that the keyboard is on; -1 where it is on none."""
        return self.spot if row == self.current else -1

    def hit_of(self, row: int) -> Hit | None:
        """The moments of a row, where its words were found."""
        return self.hits.get(self.cells.ids[row]) if 0 <= row < len(self.cells.ids) else None

    def picture_of(self, row: int) -> QImage | None:
        """The preview of a row as it is drawn, when it is at hand."""
        return self._canvas.picture(row)

    def blurred(self, cell: Cell) -> bool:
        """Whether the picture is hidden until asked for."""
        return self.look.veil.hides(cell.id, cell.safety)

    # --- selection

    def selected_ids(self, most: int | None = None) -> list[int]:
        """The selected assets in order, at most `most` of them."""
        ids: list[int] = []
        for start, end in self.selection.ranges():
            ids.extend(self.cells.ids[start:end])
            if most is not None and len(ids) >= most:
                return ids[:most]
        return ids

    def select_all(self) -> None:
        """Select every row."""
        self.selection.set(0, len(self.cells.ids))
        self.changed_selection()

    def select_nothing(self) -> None:
        """Unselect every row."""
        self.selection.clear()
        self.changed_selection()

    def select_row(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Move to a row and select it; `extend` from the anchor, or `toggle` it alone."""
        if not 0 <= row < len(self.cells.ids):
            return
        if extend and self.anchor >= 0:
            self.selection.set(min(self.anchor, row), max(self.anchor, row) + 1)
        elif toggle:
            self.selection.toggle(row)
            self.anchor = row
        else:
            self.selection.set(row, row + 1)
            self.anchor = row
        self.go(row)
        self.changed_selection()

    def go(self, row: int) -> None:
        """Give a row the focus and bring it into view."""
        if row != self.current:
            self.current, self.spot = row, -1
            self.current_changed.emit(row)
        self.reveal(row)

    def reveal(self, row: int) -> None:
        """Scroll as little as shows a row, below the sticky heading."""
        if not 0 <= row < self.plan.count:
            return
        place, bar = self.plan.place(row), self.verticalScrollBar()
        head = self.plan.measures.heading if self.plan.headings else 0
        if place.y - head < bar.value():
            bar.setValue(place.y - head)
        elif place.y + place.h > bar.value() + self.viewport().height():
            bar.setValue(place.y + place.h + self.plan.measures.gap - self.viewport().height())

    def changed_selection(self) -> None:
        """Repaint and tell about a new selection."""
        chosen = len(self.selection)
        cell = self.cell_at(self.current)
        counts = tr("{chosen} selected of {n}", chosen=digits(chosen), n=digits(len(self.cells.ids)))
        self.setAccessibleDescription(f"{cell.name if cell else ''}; {counts}")
        self.viewport().update()
        self.selection_changed.emit()

    def changed_spot(self) -> None:
        """Repaint and say which moment of the row the keyboard is on."""
        hit = self.hit_of(self.current)
        if hit is not None and 0 <= self.spot < len(hit.moments):
            self.setAccessibleDescription(said(hit.moments[self.spot]))
        self.viewport().update()

    def close_grid(self) -> None:
        """End the threads and timers."""
        self._rest.stop()
        self.previews.close()
        self.stills.close()

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(event.rect(), self.look.colour("window"))
            if self.plan.count:
                for area in event.region():  # type: ignore[attr-defined]  # a sequence, which its stub does not say
                    self._canvas.draw(painter, area)
                self._canvas.fetch()
            self.pointer.paint(painter)
            self.dropping.paint(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.relayout()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rest.start()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        view, head = self.viewport(), self.plan.measures.heading if self.plan.headings else 0
        if abs(dy) < view.height() // 2 and not self.pointer.banding:
            # What stays is moved as pixels; only what comes into view is drawn, and the heading that does not move.
            view.scroll(0, dy)
            view.update(0, 0, view.width(), head + abs(dy))
        else:
            view.update()
        self._rest.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_cell(self.cell_side + (24 if event.angleDelta().y() > 0 else -24))
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not moved(self, event):
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dropping.over(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.dropping.over(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.dropping.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropping.drop(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.pointer.leave()
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.current < 0 and self.plan.count and event.reason() == Qt.FocusReason.TabFocusReason:
            self.go(self.plan.visible(self.verticalScrollBar().value() + 60, 0)[0])
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 160)

    # --- inside

    def heading_at(self, y: int) -> int | None:
        """The section whose heading is at a height of the viewport."""
        plan = self.plan
        if not plan.headings:
            return None
        top = self.verticalScrollBar().value()
        if y < plan.measures.heading:
            return plan.section_at(top)
        section = plan.section_at(top + y)
        return section if top + y - plan.top(section) < plan.measures.heading else None

    def _choose_bar(self) -> None:
        # The time line takes the place of the scroll bar where there is one.
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if self.has_time_line else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        if self.verticalScrollBarPolicy() != policy:
            self.setVerticalScrollBarPolicy(policy)

    @property
    def has_time_line(self) -> bool:
        """Whether a time line is of use: several sections that do not fit on the screen."""
        return len(self.plan.headings) > 1 and self.plan.height > self.viewport().height()

    def _top(self) -> tuple[int, int]:
        """The first row in view and how far it is from the upper edge."""
        if not self.plan.count:
            return -1, 0
        value = self.verticalScrollBar().value()
        if value <= 0:
            return -1, 0
        row = min(self.plan.visible(value, value)[0], self.plan.count - 1)
        return row, self.plan.place(row).y - value

    def _say_visible(self) -> None:
        top = self.verticalScrollBar().value()
        first, last = self.plan.visible(top, top + self.viewport().height())
        if last > first:
            self.rested.emit(list(self.cells.ids[first:last]))

    def _restyle(self) -> None:
        self._canvas.restyle()
        self.viewport().update()
