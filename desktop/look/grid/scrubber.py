"""The time line beside the grid: how much there is when, years to jump to, months while moving, and where one is."""

from bisect import bisect_right

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.look import tokens
from desktop.look.grid.bubble import Bubble
from desktop.look.grid.grid import Grid
from engine.language import tr, trn

WIDTH = 66
BARS = 40  # pixels of the longest bar
HERE = 22  # pixels of the mark that says where one is


class Scrubber(QWidget):
    """A strip that stands for the whole height of a grid's content.

    With the keyboard: up and down go from one month to the next, page up and down from one year to the next.
    """

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self._grid = grid
        self._pointed: int | None = None
        self._dragging = False
        self._bars: list[tuple[float, float, float]] | None = None  # top, height, length 0..1
        self.bubble = Bubble(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Time line"))
        grid.verticalScrollBar().valueChanged.connect(self.update)
        grid.laid_out.connect(self._laid_out)
        grid.previews.ready.connect(self._pictured)
        grid.look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 100)

    def labels(self) -> list[tuple[int, str]]:
        """The years (or headings) that have room, with their heights in the strip."""
        layout, apart = self._grid.plan, QFontMetrics(self._font()).height() + tokens.S
        made: list[tuple[int, str]] = []
        before = ""
        for index, heading in enumerate(layout.headings):
            year = _year(heading)
            if year == before:
                continue
            before = year
            y = self._strip(layout.top(index))
            if (not made or y - made[-1][0] >= apart) and y + apart <= self.height() + tokens.S:
                made.append((y, year))
        return made

    def bars(self) -> list[tuple[float, float, float]]:
        """For each section its place in the strip and how many it has, 1 for the fullest; narrow ones are one."""
        if self._bars is None:
            plan = self._grid.plan
            found: list[tuple[float, float, int]] = []
            for index in range(len(plan.headings)):
                top, bottom = self._strip(plan.top(index)), self._strip(plan.bottom(index))
                first, last = plan.rows_of(index)
                if found and top - found[-1][0] < 2:
                    y, _, count = found[-1]
                    found[-1] = (y, max(1.0, bottom - y), max(count, last - first))
                else:
                    found.append((top, max(1.0, bottom - top), last - first))
            most = max((count for *_, count in found), default=1) or 1
            self._bars = [(y, height, count / most) for y, height, count in found]
        return self._bars

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look = self._grid.look
            mirrored = self.isRightToLeft()
            outwards = Qt.AlignmentFlag.AlignLeft if mirrored else Qt.AlignmentFlag.AlignRight
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # sides are chosen here
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("hover"))
            for top, height, length in self.bars():
                wide = max(3.0, length * BARS)
                bar = QRectF(9 if mirrored else self.width() - 9 - wide, top, wide, max(1.0, height - 1))
                painter.drawRoundedRect(bar, 2, 2)
            painter.setFont(self._font())
            painter.setPen(look.colour("muted"))
            for y, text in self.labels():
                box = QRect(13 if mirrored else 0, y + 2, self.width() - 13, 18)
                painter.drawText(box, outwards | Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(QRect(2 if mirrored else self.width() - 6, self._here(), 4, HERE), 2, 2)
            if self._pointed is not None:
                painter.setBrush(look.colour("text"))
                painter.drawRect(QRect(8 if mirrored else 0, self._pointed, self.width() - 8, 1))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(look.colour("accent"), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._point(event)
            self._go(self._pointed or 0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(self._pointed or 0)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False
        self._point(event)

    def leaveEvent(self, _event: QEvent) -> None:
        self._pointed = None
        self.bubble.hide()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.bubble.hide()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._grid.wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bars = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Down: self._section(1), Qt.Key.Key_Up: self._section(-1), Qt.Key.Key_PageDown: self._years(1),
            Qt.Key.Key_PageUp: self._years(-1), Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: max(0, len(self._grid.plan.headings) - 1),
        }  # fmt: skip
        target = steps.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
            return
        self._grid.verticalScrollBar().setValue(self._grid.plan.top(target))
        self._show(self._strip(self._grid.plan.top(target)), picture=True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.bubble.hide()
        self.update()

    # --- inside

    def _font(self) -> QFont:
        return self._grid.look.font(tokens.CAPTION, bold=True)

    def _here(self) -> int:
        bar = self._grid.verticalScrollBar()
        return min(round(bar.value() / max(1, bar.maximum()) * (self.height() - HERE)), self.height() - HERE)

    def _point(self, event: QMouseEvent) -> None:
        self._pointed = min(max(0, event.position().toPoint().y()), self.height() - 1)
        self._show(self._pointed, picture=self._dragging)

    def _show(self, y: int, *, picture: bool) -> None:
        """Say in the bubble which section is at a height; while dragging also with the picture that is there."""
        plan = self._grid.plan
        if not plan.headings:
            self.bubble.hide()
            return
        section = plan.section_at(self._content(y))
        first, last = plan.rows_of(section)
        title, count = plan.headings[section], trn("{n} item", "{n} items", last - first)
        self.setAccessibleDescription(f"{title}, {count}")
        image = self._grid.picture_of(self._first_row()) if picture else None
        self.bubble.say(y, title, count, image, picture=picture)

    def _first_row(self) -> int:
        return self._grid.plan.visible(self._grid.verticalScrollBar().value() + self._grid.plan.measures.heading, 0)[0]

    def _pictured(self) -> None:
        if self.bubble.isVisible() and (self._dragging or self.hasFocus()):
            y = self._pointed if self._dragging and self._pointed is not None else self._here()
            self._show(y, picture=True)

    def _now(self) -> int:
        return self._grid.plan.section_at(self._grid.verticalScrollBar().value() + 1)

    def _section(self, step: int) -> int:
        return min(max(0, self._now() + step), max(0, len(self._grid.plan.headings) - 1))

    def _years(self, step: int) -> int:
        """The section where the next year begins, or where this one or the one before does."""
        headings = self._grid.plan.headings
        firsts = [at for at, one in enumerate(headings) if at == 0 or _year(one) != _year(headings[at - 1])]
        if not firsts:
            return 0
        here = bisect_right(firsts, self._now()) - 1
        back = step < 0 and firsts[here] < self._now()
        return firsts[min(max(0, here if back else here + step), len(firsts) - 1)]

    def _content(self, y: int) -> int:
        return round(y / max(1, self.height()) * self._grid.plan.height)

    def _strip(self, y: int) -> int:
        return round(y / max(1, self._grid.plan.height) * self.height())

    def _go(self, y: int) -> None:
        share = min(1.0, max(0.0, y / max(1, self.height())))
        self._grid.verticalScrollBar().setValue(round(share * self._grid.plan.height))

    def _laid_out(self) -> None:
        self._bars = None
        self.setVisible(self._grid.has_time_line)
        self.update()


def _year(heading: str) -> str:
    last = heading.rsplit(" ", 1)[-1]
    return last if last.isdigit() else heading
