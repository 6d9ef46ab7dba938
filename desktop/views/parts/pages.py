"""Pages of a document under each other, drawn as they come into sight, with boxes over them."""

from collections import OrderedDict
from collections.abc import Mapping

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from desktop.look.look import Look
from desktop.views.parts.flow import TextFlow, in_turn
from desktop.views.parts.overlays import Layer, Mark, Marks
from desktop.views.parts.picture import Picture, veiled
from desktop.views.parts.rubber import Rubber, Sheet, under
from desktop.views.parts.sheets import GAP, Sheets
from desktop.views.parts.tips import tip
from engine.language import tr
from engine.model import Moment

SIDE_ROOM = 24.0  # pixels beside a page that fills the width
WIDEST = 980.0  # pixels of a page at 100 %
LEAST, MOST = 0.25, 6.0  # zoom
KEPT = 64 << 20  # bytes of drawn pages; those that show are kept in any case
STEP = 48  # pixels of an arrow key


class Pages(QAbstractScrollArea):
    """A scrolling list of pages, numbered from 1.

    Signals:
        wanted: page numbers whose pictures are missing or too coarse, most wanted first.
        turned: the page that is looked at.
        zoomed: times the usual width.
        chosen: the selection changed.
        menu_asked: a menu was asked for, on a box of text (a `Mark`) or None, at a global point.
    """

    wanted = Signal(list)
    turned = Signal(int)
    zoomed = Signal(float)
    chosen = Signal()
    menu_asked = Signal(object, QPoint)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.sheets = Sheets()
        self.shown: set[Layer] = set()
        self._marks: dict[int, Marks] = {}
        self._pictures: OrderedDict[int, Picture] = OrderedDict()
        self._drawn: dict[int, int] = {}  # the side that was asked for
        self._failed: dict[int, str] = {}
        self._seen: set[int] = set()
        self._zoom = 1.0
        self._veil = False
        self._page = -1
        self._rubber = Rubber()
        self._flow = TextFlow()
        self._grip: QPointF | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(tr("Pages"))
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().setSingleStep(STEP)
        look.changed.connect(self.viewport().update)

    # --- what is shown

    def begin(self, count: int, marks: Mapping[int, tuple[Mark, ...]]) -> None:
        """Show another document."""
        self._pictures.clear()
        self._failed.clear()
        self._seen.clear()
        self._marks.clear()
        self._page = -1
        self.sheets.begin(count)
        self.put_marks(marks)
        self.verticalScrollBar().setValue(0)
        self._arrange()

    def put_marks(self, marks: Mapping[int, tuple[Mark, ...]]) -> None:
        """Take the boxes of the pages."""
        for page in marks.keys() | self._marks.keys():
            self.marks(page).put(marks.get(page, ()))
        self.viewport().update()

    def marks(self, page: int) -> Marks:
        """The boxes of a page."""
        found = self._marks.get(page)
        if found is None:
            found = self._marks[page] = Marks()
            found.shown = self.shown
        return found

    def put(self, page: int, picture: Picture, side: int) -> None:
        """A page was drawn, as `side` pixels were asked for."""
        self._pictures[page] = picture
        self._drawn[page] = side
        self._pictures.move_to_end(page)
        self._forget()
        ratio = picture.size.height() / max(1, picture.size.width())
        anchor = self._anchor()
        changed = self.sheets.set_ratio(page - 1, ratio)
        if not self._seen:
            self.sheets.guess(ratio, {page - 1})
            changed = True
        self._seen.add(page - 1)
        if changed:
            self._arrange(anchor)
        self.viewport().update()

    def fail(self, page: int, text: str) -> None:
        """A page cannot be drawn."""
        self._failed[page] = text
        self.viewport().update()

    def veil(self, on: bool) -> None:
        """Blur the pages."""
        self._veil = on
        self.viewport().update()

    def release(self) -> None:
        """Give back the memory."""
        self.begin(0, {})

    # --- moving about

    @property
    def page(self) -> int:
        """The page that is looked at."""
        return self._page + 1

    def turn(self, page: int) -> None:
        """Go to a page."""
        if len(self.sheets):
            index = min(max(1, page), len(self.sheets)) - 1
            self.verticalScrollBar().setValue(round(self.sheets.rect(index).top() - 8))

    def go(self, moment: Moment) -> None:
        """Go to a place on a page."""
        if moment.page is None or not len(self.sheets):
            return
        index = min(max(1, moment.page), len(self.sheets)) - 1
        for marks in self._marks.values():
            marks.current = None
        self.marks(moment.page).current = self.marks(moment.page).find(moment.box)
        if moment.box is None:
            self.turn(moment.page)
            return
        rect = self.sheets.rect(index)
        middle = rect.top() + (moment.box.y + moment.box.h / 2) * rect.height()
        self.verticalScrollBar().setValue(round(middle - self.viewport().height() * 0.4))
        across = (moment.box.x + moment.box.w / 2) * rect.width()
        self.horizontalScrollBar().setValue(round(across - self.viewport().width() / 2))
        self.viewport().update()

    def set_zoom(self, zoom: float) -> None:
        """Draw pages so many times the usual width."""
        anchor = self._anchor()
        self._zoom = min(max(zoom, LEAST), MOST)
        self._arrange(anchor)
        self.zoomed.emit(self._zoom)

    def fit_page(self) -> None:
        """Show a whole page."""
        rect = self.sheets.rect(max(0, self._page)) if len(self.sheets) else QRectF()
        if rect.height() > 0:
            page = self.page
            self.set_zoom(self._zoom * (self.viewport().height() - 2 * GAP) / rect.height())
            self.turn(page)

    @property
    def zoom(self) -> float:
        return self._zoom

    def copied(self) -> str:
        """The chosen words, page by page."""
        parts = [self._marks[page].copied() for page in sorted(self._marks)]
        return "\n".join(part for part in parts if part)

    def choose_page(self) -> None:
        """Choose all words of the page that is looked at."""
        self.marks(self.page).chosen = set(in_turn(self.marks(self.page)))
        self.viewport().update()
        self.chosen.emit()

    def place(self, page: int) -> QRectF:
        """Where a page is on the screen."""
        rect = self.sheets.rect(page - 1)
        left = (self.viewport().width() - rect.width()) / 2
        x = left if left > 0 else SIDE_ROOM / 2 - self.horizontalScrollBar().value()
        return rect.translated(x, -self.verticalScrollBar().value())

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), self._look.colour("sunken"))
            seen = QRectF(self.viewport().rect())
            for page in self._visible():
                self._paint_page(painter, page, seen)
            self._rubber.paint(painter)

    def _paint_page(self, painter: QPainter, page: int, seen: QRectF) -> None:
        rect = self.place(page)
        picture = self._pictures.get(page)
        if picture is None:
            painter.fillRect(rect, self._look.colour("raised"))
            painter.setPen(self._look.colour("muted"))
            words = self._failed.get(page, tr("Page {page}", page=page))
            painter.drawText(rect.adjusted(24, 24, -24, -24), _TOP_WRAPPED, words)
        else:
            image = picture.level(rect.width() * self.devicePixelRatioF())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(rect, veiled(image) if self._veil else image)
        painter.setPen(QPen(self._look.colour("line"), 1))
        painter.drawRect(rect)
        if not self._veil and page in self._marks:
            self._marks[page].paint(painter, rect, seen)

    # --- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(self._anchor())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * 1.15 ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        room = self.viewport().height() - STEP
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        moves = {
            Qt.Key.Key_Up: -STEP,
            Qt.Key.Key_Down: STEP,
            Qt.Key.Key_Space: -room if back else room,
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            event.ignore()
        else:
            bar.setValue(bar.value() + move)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point, modifiers = event.position(), event.modifiers()
        spot = None if self._veil else self._text_at(point)
        if event.button() == Qt.MouseButton.RightButton:
            mark = self._marks[spot[0]].all[spot[1]] if spot is not None else None
            self.menu_asked.emit(mark, event.globalPosition().toPoint())
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._grip = point
        elif event.button() == Qt.MouseButton.LeftButton:
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                keep = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
                self._rubber.press(point, self._all_sheets(), keep=keep)
            elif spot is not None:
                self._flow.press(spot, self._marks)
                self.chosen.emit()
                self.viewport().update()
            else:
                self._grip = point
                self._clear_choice()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._flow.active:
            spot = self._text_at(point)
            if spot is not None and self._flow.move(spot, self._marks):
                self.chosen.emit()
            self._edge(point)
            self.viewport().update()
        elif self._rubber.active:
            if self._rubber.move(point, self._on_screen()):
                self.chosen.emit()
            self.viewport().update()
        elif self._grip is not None:
            moved = point - self._grip
            self._grip = point
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - round(moved.y()))
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - round(moved.x()))
        else:
            self._hover(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._flow.active:
            self._flow.release()
        elif self._rubber.active:
            self._rubber.release(event.position(), self._all_sheets())
            self.chosen.emit()
        self._grip = None
        self.viewport().update()

    def _edge(self, point: QPointF) -> None:
        """Scroll on when the choice goes beyond what is seen."""
        beyond = point.y() - min(max(0.0, point.y()), float(self.viewport().height()))
        if beyond:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(beyond))

    def _text_at(self, point: QPointF) -> tuple[int, int] | None:
        for page in self._visible():
            if page in self._marks:
                index = self._marks[page].text_at(point, self.place(page))
                if index is not None:
                    return page, index
        return None

    def _hover(self, event: QMouseEvent) -> None:
        found = None if self._veil else under(event.position(), self._on_screen())
        for marks, _ in self._on_screen():
            marks.hovered = found[1] if found is not None and found[0] is marks else None
        over = not self._veil and self._text_at(event.position()) is not None
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor if over else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), tip(found[0].all[found[1]]) if found else "", self)
        self.viewport().update()

    def _clear_choice(self) -> None:
        for marks in self._marks.values():
            marks.chosen.clear()
        self.chosen.emit()
        self.viewport().update()

    def _on_screen(self) -> list[Sheet]:
        return [Sheet(self._marks[page], self.place(page)) for page in self._visible() if page in self._marks]

    def _all_sheets(self) -> list[Sheet]:
        return [Sheet(marks, self.place(page)) for page, marks in self._marks.items() if 0 < page <= len(self.sheets)]

    # --- the rest

    def _visible(self) -> range:
        top = self.verticalScrollBar().value()
        found = self.sheets.between(top, top + self.viewport().height())
        return range(found.start + 1, found.stop + 1)

    def _anchor(self) -> tuple[int, float]:
        """The page at the upper edge and how far it is scrolled, 0..1."""
        if not len(self.sheets):
            return (0, 0.0)
        top = self.verticalScrollBar().value()
        index = self.sheets.at(top)
        rect = self.sheets.rect(index)
        return (index, (top - rect.top()) / max(1.0, rect.height()))

    def _arrange(self, anchor: tuple[int, float] | None = None) -> None:
        room = self.viewport().width() - 2 * SIDE_ROOM
        self.sheets.set_width(max(60.0, min(room, WIDEST)) * self._zoom)
        bar, across = self.verticalScrollBar(), self.horizontalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, round(self.sheets.height) - self.viewport().height()))
        across.setPageStep(self.viewport().width())
        across.setRange(0, max(0, round(self.sheets.width + SIDE_ROOM) - self.viewport().width()))
        if anchor is not None and anchor[0] < len(self.sheets):
            rect = self.sheets.rect(anchor[0])
            bar.setValue(round(rect.top() + anchor[1] * rect.height()))
        self._scrolled()

    def _scrolled(self) -> None:
        if not len(self.sheets):
            self.viewport().update()
            return
        index = self.sheets.at(self.verticalScrollBar().value() + self.viewport().height() * 0.35)
        if index != self._page:
            self._page = index
            self.turned.emit(index + 1)
        self._ask()
        self.viewport().update()

    def _ask(self) -> None:
        visible = self._visible()
        ahead = [page for page in (visible.stop, visible.start - 1) if 1 <= page <= len(self.sheets)]
        missing = [page for page in (*visible, *ahead) if page not in self._failed and self._coarse(page)]
        self.wanted.emit(missing)

    def _coarse(self, page: int) -> bool:
        return page not in self._pictures or self._drawn[page] < self.side_for(page)

    def side_for(self, page: int) -> int:
        """The side in pixels in which a page is wanted: steps, so that a little zoom draws nothing anew."""
        rect = self.sheets.rect(page - 1)
        side = max(rect.width(), rect.height()) * self.devicePixelRatioF()
        return next((step for step in (1024, 1536, 2048, 3072) if step >= side), 4096)

    def _forget(self) -> None:
        keep = set(self._visible())
        for page in list(self._pictures):
            used = sum(picture.levels[0].sizeInBytes() for picture in self._pictures.values())
            if used <= KEPT:
                return
            if page not in keep:
                del self._pictures[page]


_TOP_WRAPPED = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
