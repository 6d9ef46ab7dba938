"""A list of moments or lines of text: where, and the words with the matches marked."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.look import tokens
from desktop.look.grid.snippet import draw_marked, place_words
from desktop.look.look import Look
from desktop.models.lines import HIT, Entry, LinesModel
from engine.model import Moment

PAD = 8


class LinesView(QListView):
    """The list; a click or Enter goes to the moment.

    Signals:
        picked: the moment of an entry.
    """

    picked = Signal(object)

    def __init__(self, look: Look, model: LinesModel, name: str) -> None:
        super().__init__()
        self.lines = model
        self.setModel(model)
        self.setItemDelegate(LineDelegate(look, self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.clicked.connect(self._pick)
        self.activated.connect(self._pick)
        look.changed.connect(self.viewport().update)

    def show_current(self, moment: Moment) -> None:
        """Mark the entry of this moment."""
        for number in range(self.lines.rowCount()):
            entry = self.lines.entry(number)
            if entry is not None and entry.hit.moment == moment:
                index = self.lines.index(number)
                self.setCurrentIndex(index)
                self.scrollTo(index)
                return

    def _pick(self, index: QModelIndex) -> None:
        entry = self.lines.entry(index.row())
        if entry is not None:
            self.picked.emit(entry.hit.moment)


class LineDelegate(QStyledItemDelegate):
    """Draws one entry: its place small above, its words below."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        small, body = (QFontMetricsF(self._look.font(size)) for size in (tokens.CAPTION, tokens.BODY))
        return QSize(100, round(small.height() + body.height() + 2 * PAD))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(HIT)
        if not isinstance(entry, Entry):
            return
        colours = self._look.colours
        rect = QRectF(option.rect).adjusted(4, 1, -4, -1)
        state = option.state
        fill = "accent_soft" if state & QStyle.StateFlag.State_Selected else ""
        fill = fill or ("hover" if state & QStyle.StateFlag.State_MouseOver else "")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if fill:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour(fill))
            painter.drawRoundedRect(rect, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        if entry.found:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("star"))
            painter.drawRoundedRect(QRectF(rect.left(), rect.top() + 6, 3, rect.height() - 12), 1.5, 1.5)
        inner = rect.adjusted(PAD + 2, PAD - 2, -PAD, -PAD + 2)
        small = self._look.font(tokens.CAPTION, bold=True)
        height = QFontMetricsF(small).height()
        painter.setFont(small)
        painter.setPen(self._look.colour("muted"))
        place, why = place_words(entry.hit.moment), entry.hit.why
        head = " · ".join(part for part in (place.capitalize(), why) if part)
        shown = QFontMetricsF(small).elidedText(head, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), height), Qt.AlignmentFlag.AlignVCenter, shown)
        line = QRectF(inner.left(), inner.top() + height, inner.width(), inner.height() - height)
        draw_marked(painter, line, entry.hit, self._look.font(tokens.BODY), colours)
        painter.restore()
