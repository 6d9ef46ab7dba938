"""The time line beside the grid: years to jump to, months while moving, and where one is."""

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.look import tokens
from desktop.look.grid.grid import Grid
from engine.language import tr

WIDTH = 62
APART = 22  # least distance of two labels


class Scrubber(QWidget):
    """A strip that stands for the whole height of a grid's content."""

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self._grid = grid
        self._pointed: int | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Time line"))
        grid.verticalScrollBar().valueChanged.connect(self.update)
        grid.laid_out.connect(self._laid_out)
        grid.look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 100)

    def labels(self) -> list[tuple[int, str]]:
        """The years (or headings) that have room, with their heights in the strip."""
        layout = self._grid.plan
        made: list[tuple[int, str]] = []
        before = ""
        for index, heading in enumerate(layout.headings):
            year = _year(heading)
            if year == before:
                continue
            before = year
            y = self._strip(layout.top(index))
            if not made or y - made[-1][0] >= APART:
                made.append((y, year))
        return made

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._grid.look
        painter.setFont(look.font(tokens.CAPTION, bold=True))
        painter.setPen(look.colour("muted"))
        for y, text in self.labels():
            box = QRect(0, y + 2, self.width() - 14, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        bar = self._grid.verticalScrollBar()
        here = round(bar.value() / max(1, bar.maximum()) * (self.height() - 24))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent"))
        painter.drawRoundedRect(QRect(self.width() - 6, min(here, self.height() - 24), 4, 24), 2, 2)
        if self._pointed is not None:
            self._bubble(painter, self._pointed)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = min(max(0, event.position().toPoint().y()), self.height() - 1)
        self.setToolTip(self._heading_at(self._pointed))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position().toPoint())
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        self._pointed = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._grid.wheelEvent(event)

    def _bubble(self, painter: QPainter, y: int) -> None:
        look = self._grid.look
        painter.setBrush(look.colour("text"))
        painter.drawRect(QRect(0, y, self.width() - 8, 1))
        text = _short(self._heading_at(y))
        painter.setBrush(look.colour("raised"))
        painter.setPen(look.colour("line_strong"))
        box = QRect(1, max(0, min(y - 11, self.height() - 24)), self.width() - 4, 22)
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(look.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _heading_at(self, y: int) -> str:
        layout = self._grid.plan
        if not layout.headings:
            return ""
        return layout.headings[layout.section_at(round(y / max(1, self.height()) * layout.height))]

    def _strip(self, y: int) -> int:
        return round(y / max(1, self._grid.plan.height) * self.height())

    def _go(self, point: QPoint) -> None:
        share = min(1.0, max(0.0, point.y() / max(1, self.height())))
        self._grid.verticalScrollBar().setValue(round(share * self._grid.plan.height))

    def _laid_out(self) -> None:
        self.setVisible(self._grid.has_time_line)
        self.update()


def _year(heading: str) -> str:
    last = heading.rsplit(" ", 1)[-1]
    return last if last.isdigit() else heading


def _short(heading: str) -> str:
    month, _, year = heading.rpartition(" ")
    return f"{month[:3]} {year}" if month and year.isdigit() else heading[:9]
