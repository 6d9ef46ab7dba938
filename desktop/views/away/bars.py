"""What was spent, a bar for each day, against the cap of a day."""

from collections.abc import Sequence

from PySide6.QtCore import QDate, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from engine.language import tr, trn

HEIGHT = 168
HEAD, FOOT = 18, 18  # pixels for the words above and below the bars
EDGE = 6  # and beside them
GAP = 0.28  # of a bar's room that stays empty

Day = tuple[str, float]


class Bars(QWidget):
    """Days as bars; the arrows go from one to the next and say it, as the pointer does."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.days: tuple[Day, ...] = ()
        self.cap: float | None = None
        self.at = -1  # the day that is said
        self.setMinimumSize(240, HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        look.changed.connect(self.update)
        self._say()

    def sizeHint(self) -> QSize:
        return QSize(640, HEIGHT)

    def show_days(self, days: Sequence[Day], cap: float | None) -> None:
        """Show these days (ISO date and dollars, oldest first)."""
        if (tuple(days), cap) == (self.days, self.cap):
            return
        self.days, self.cap = tuple(days), cap
        self.at = min(self.at, len(self.days) - 1)
        self._say()
        self.update()

    def day_words(self, place: int) -> str:
        """`3 March 2026: $1.20`."""
        day, dollars = self.days[place]
        return tr("{day}: {money}", day=words.when(day), money=words.money(dollars))

    # --- looking at one day

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.days:
            super().keyPressEvent(event)
            return
        step = -step if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else step
        start = self.at if self.at >= 0 else (len(self.days) if step < 0 else -1)
        self.at = min(len(self.days) - 1, max(0, start + step))
        self._say()
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place(event.pos().x())
            if place is not None:
                QToolTip.showText(event.globalPos(), self.day_words(place), self)
                return True
        return super().event(event)

    def _place(self, x: float) -> int | None:
        if not self.days:
            return None
        place = int((x - EDGE) / max(1, self.width() - 2 * EDGE) * len(self.days))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            place = len(self.days) - 1 - place
        return min(len(self.days) - 1, max(0, place))

    def _say(self) -> None:
        total = words.money(sum(dollars for _, dollars in self.days))
        text = trn("Spent in {n} day: {money}", "Spent in {n} days: {money}", len(self.days), money=total)
        self.setAccessibleName(text)
        self.setAccessibleDescription(self.day_words(self.at) if 0 <= self.at < len(self.days) else "")

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = QRectF(self.rect()).adjusted(EDGE, HEAD, -EDGE, -FOOT)
            top = max([dollars for _, dollars in self.days] + [self.cap or 0.0]) * 1.08 or 1.0
            self._paint_bars(painter, area, top)
            painter.setPen(QPen(self._look.colour("line"), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            if self.cap is not None:
                self._paint_cap(painter, area, top)
            self._paint_words(painter)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self._look.colour("accent"), 1))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_bars(self, painter: QPainter, area: QRectF, top: float) -> None:
        room = area.width() / max(1, len(self.days))
        painter.setPen(Qt.PenStyle.NoPen)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for place, (_, dollars) in enumerate(self.days):
            x = area.right() - (place + 1) * room if mirrored else area.left() + place * room
            height = dollars / top * area.height()
            over = self.cap is not None and dollars > self.cap
            painter.setBrush(self._look.colour("danger" if over else "accent"))
            if dollars:
                bar = QRectF(x + room * GAP / 2, area.bottom() - max(2.0, height), room * (1 - GAP), max(2.0, height))
                painter.drawRoundedRect(bar, 2, 2)
            if place == self.at:
                painter.setBrush(self._look.colour("text"))
                painter.drawRect(QRectF(x + room * GAP / 2, area.bottom() + 2, room * (1 - GAP), 2))

    def _paint_cap(self, painter: QPainter, area: QRectF, top: float) -> None:
        y = area.bottom() - (self.cap or 0.0) / top * area.height()
        painter.setPen(QPen(self._look.colour("danger"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setFont(self._look.font(tokens.CAPTION))
        painter.setPen(self._look.colour("danger"))
        text = tr("Cap of a day: {money}", money=words.money(self.cap or 0.0))
        painter.drawText(
            QRectF(EDGE, y - HEAD, self.width() - 2 * EDGE, HEAD - 2), Qt.AlignmentFlag.AlignTrailing, text
        )

    def _paint_words(self, painter: QPainter) -> None:
        painter.setFont(self._look.font(tokens.CAPTION))
        painter.setPen(self._look.colour("muted"))
        foot = QRectF(EDGE, self.height() - FOOT + 2, self.width() - 2 * EDGE, FOOT - 4)
        if not self.days:
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, tr("Nothing was spent yet."))
            return
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeading, _short(self.days[0][0]))
        painter.drawText(foot, Qt.AlignmentFlag.AlignTrailing, _short(self.days[-1][0]))
        if 0 <= self.at < len(self.days):
            painter.setPen(self._look.colour("text"))
            painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, self.day_words(self.at))


def _short(iso: str) -> str:
    """A day as the language writes it."""
    day = QDate.fromString(iso, Qt.DateFormat.ISODate)
    return words.date(day) if day.isValid() else iso
