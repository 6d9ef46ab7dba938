"""The list of groups of duplicates, each with a small picture."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.look import icons, tokens, words
from desktop.look.look import Look
from desktop.models.groups import GROUP, GroupsModel, described, kept, name_of, spare
from desktop.operations import Operations
from desktop.workers.previews import Previews, Want
from engine.language import tr
from engine.model import TwinGroup

SIDE, PAD = 48, 8  # pixels


class GroupList(QListView):
    """Groups, one chosen at a time.

    Signals:
        turned: another group was chosen (its row, -1 for none).
    """

    turned = Signal(int)

    def __init__(self, ops: Operations, look: Look, model: GroupsModel) -> None:
        super().__init__()
        self.previews = Previews(ops.library.preview, threads=1, budget=16 << 20, parent=self)
        self.setModel(model)
        self.setItemDelegate(GroupDelegate(look, self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Groups of duplicates"))
        self.previews.ready.connect(self.viewport().update)
        look.changed.connect(self.viewport().update)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.turned.emit(current.row())

    def go(self, row: int) -> None:
        """Choose a group; the nearest when there are fewer."""
        count = self.model().rowCount()
        if count:
            index = self.model().index(min(max(0, row), count - 1), 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)


class GroupDelegate(QStyledItemDelegate):
    """Draws one group."""

    def __init__(self, look: Look, view: GroupList) -> None:
        super().__init__(view)
        self._look = look
        self._view = view
        self._wants: list[Want] = []

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(180, SIDE + 2 * PAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        group = index.data(GROUP)
        if not isinstance(group, TwinGroup):
            return
        rect = QRectF(option.rect).adjusted(4, 1, -4, -1)
        fill = "accent_soft" if option.state & QStyle.StateFlag.State_Selected else ""
        fill = fill or ("hover" if option.state & QStyle.StateFlag.State_MouseOver else "")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if fill:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour(fill))
            painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)
        picture = QRectF(rect.left() + 6, rect.center().y() - SIDE / 2, SIDE, SIDE)
        self._picture(painter, picture, group)
        self._words(painter, rect.adjusted(SIDE + 16, 6, -8, -6), group)
        painter.restore()

    def _picture(self, painter: QPainter, rect: QRectF, group: TwinGroup) -> None:
        cell = kept(group).asset.cell
        ratio = self._view.devicePixelRatioF()
        side = round(SIDE * ratio)
        want = Want(cell.id, side, side, round(6 * ratio), self._look.veil.hides(cell.id, cell.safety))
        image = self._view.previews.get(want)
        if image is not None:
            painter.drawImage(rect, image)
            return
        self._wants = [want, *(old for old in self._wants if old != want)][:24]
        self._view.previews.want(self._wants)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("sunken"))
        painter.drawRoundedRect(rect, 6, 6)
        drawing = icons.pixmap("photo", self._look.colours.faint, 20, ratio)
        painter.drawPixmap(round(rect.center().x()) - 10, round(rect.center().y()) - 10, drawing)

    def _words(self, painter: QPainter, rect: QRectF, group: TwinGroup) -> None:
        body, small = self._look.font(tokens.BODY, bold=True), self._look.font(tokens.SMALL)
        lines = (
            (body, "text", name_of(kept(group)), Qt.TextElideMode.ElideMiddle),
            (small, "muted", described(group), Qt.TextElideMode.ElideRight),
            (small, "muted", tr("{size} to free", size=words.size(spare(group))), Qt.TextElideMode.ElideRight),
        )
        top = rect.top()
        for font, token, text, elide in lines:
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            painter.setPen(self._look.colour(token))
            line = QRectF(rect.left(), top, rect.width(), metrics.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(text, elide, rect.width()))
            top += metrics.height() + 1
