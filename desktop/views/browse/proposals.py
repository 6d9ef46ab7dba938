"""The list under the search box: what may go on, and searches of the past."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from desktop.look import icons, tokens
from desktop.look.look import Look
from desktop.look.parts import button
from desktop.views.browse.past import Earlier
from engine.language import tr
from engine.model import Completion

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
ROW = 34
SIGN = 14
CROSS = 34  # pixels at the end of a search of the past that take it away


class Proposals(QFrame):
    """The list under the box.

    Signals:
        chosen: the proposal that was taken.
        removed: the search of the past that should be forgotten.
        cleared: all of them should be.
    """

    chosen = Signal(object)
    removed = Signal(object)
    cleared = Signal()

    def __init__(self, look: Look, box: QLineEdit) -> None:
        super().__init__(box)
        self._look = look
        self._box = box
        self.setObjectName("popup")
        self._rows = Rows(self)
        self.list = Lines()
        self.list.setModel(self._rows)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("Proposals"))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setItemDelegate(Line(look, self))
        self._forget = button(tr("Forget all searches"), self._clear, "quiet")
        self._forget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XS, tokens.XS, tokens.XS, tokens.XS)
        column.setSpacing(0)
        column.addWidget(self.list)
        column.addWidget(self._forget, 0, Qt.AlignmentFlag.AlignRight)
        self.list.clicked.connect(self._clicked)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def shown(self) -> tuple[Completion, ...]:
        """What is proposed."""
        return self._rows.rows

    def show_proposals(self, found: list[Completion]) -> None:
        """Show these, or hide when there are none."""
        self._rows.put(found)
        if not found:
            self.hide()
            return
        self.list.setCurrentRow(-1)
        past = all(isinstance(one, Earlier) for one in found)
        self._forget.setVisible(past and not self._box.text())
        # A child of the window, not a window of its own: the keyboard stays in the box on every platform.
        self.setParent(self._box.window())
        place = self._box.mapTo(self._box.window(), QPoint(0, self._box.height() + 4))
        more = 0 if self._forget.isHidden() else self._forget.sizeHint().height()
        self.setGeometry(QRect(place, QSize(self._box.width(), len(found) * ROW + 2 * tokens.XS + 4 + more)))
        self.show()
        self.raise_()

    def key(self, key: int) -> bool:
        """Do what a key means here; False when it means nothing."""
        row, count = self.list.currentRow(), self.list.count()
        if key == Qt.Key.Key_Down:
            self.list.setCurrentRow((row + 1) % count)
        elif key == Qt.Key.Key_Up:
            self.list.setCurrentRow(row - 1 if row > 0 else count - 1)
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.take()
        elif key == Qt.Key.Key_Delete and row >= 0 and isinstance(self.shown[row], Earlier):
            self._remove(row)
        else:
            return False
        return True

    def take(self) -> None:
        """Take the marked proposal, or the first."""
        row = max(0, self.list.currentRow())
        self.hide()
        if row < len(self.shown):
            self.chosen.emit(self.shown[row])

    def _clicked(self, index: QModelIndex) -> None:
        row = index.row()
        place = self.list.visualRect(index)
        pointed = self.list.viewport().mapFromGlobal(self.cursor().pos())
        cross = place.left() + CROSS if self._box.isRightToLeft() else place.right() - CROSS
        on_cross = pointed.x() < cross if self._box.isRightToLeft() else pointed.x() > cross
        if isinstance(self.shown[row], Earlier) and on_cross and place.contains(pointed):
            self._remove(row)
        else:
            self.take()

    def _remove(self, row: int) -> None:
        gone = self.shown[row]
        left = [one for number, one in enumerate(self.shown) if number != row]
        self.show_proposals(left)
        if left:
            self.list.setCurrentRow(min(row, len(left) - 1))
        self.removed.emit(gone)

    def _clear(self) -> None:
        self.hide()
        self.cleared.emit()


class Rows(QAbstractListModel):
    """The proposals as a model. Not a QListWidget: its items, made anew with every key, took the program with them
    when the collector of Python ran on another thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Completion, ...] = ()

    def put(self, rows: Sequence[Completion]) -> None:
        """Take other proposals."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        one = self.rows[index.row()]
        earlier = isinstance(one, Earlier)
        if role == Qt.ItemDataRole.DisplayRole:
            return one.shown
        if role == Qt.ItemDataRole.ToolTipRole and earlier:
            return tr("Delete, or the cross, forgets this search")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if earlier:
                return tr("{words}, {about}; Delete forgets it", words=one.shown, about=one.help)
            return f"{one.shown}, {one.help}"
        return None


class Lines(QListView):
    """The list, by numbers of rows."""

    def count(self) -> int:
        """How many rows there are."""
        return self.model().rowCount()

    def currentRow(self) -> int:
        """The marked row, -1 for none."""
        return self.currentIndex().row()

    def setCurrentRow(self, row: int) -> None:
        """Mark a row, -1 for none."""
        self.setCurrentIndex(self.model().index(row, 0) if row >= 0 else QModelIndex())


class Line(QStyledItemDelegate):
    """Draws a proposal: its words, what it is, and the signs of a search of the past. No widgets: they come with
    every key."""

    def __init__(self, look: Look, owner: Proposals) -> None:
        super().__init__(owner)
        self._look, self._owner = look, owner

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        known = self._owner.shown
        if index.row() >= len(known):
            return
        one = known[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            on = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("accent_soft" if on else "hover"))
            painter.drawRoundedRect(rect, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        inner = rect.adjusted(tokens.S, 0, -tokens.S, 0)
        if isinstance(one, Earlier):
            inner = self._signs(painter, inner)
        self._words(painter, inner, one)

    def _signs(self, painter: QPainter, inner: QRect) -> QRect:
        ratio = self._owner.devicePixelRatioF()
        colour = self._look.colours.faint
        y = inner.center().y() - SIGN // 2
        near, far = inner.left(), inner.right() - SIGN
        if self._owner.isRightToLeft():
            near, far = far, near
        painter.drawPixmap(near, y, icons.pixmap("clock", colour, SIGN, ratio))
        painter.drawPixmap(far, y, icons.pixmap("close", colour, SIGN, ratio))
        return inner.adjusted(SIGN + tokens.S, 0, -SIGN - tokens.S, 0)

    def _words(self, painter: QPainter, inner: QRect, one: Completion) -> None:
        small = self._look.font(tokens.SMALL)
        width = min(QFontMetrics(small).horizontalAdvance(one.help) + 4, inner.width() // 2)
        begins, ends = Qt.AlignmentFlag.AlignLeading, Qt.AlignmentFlag.AlignTrailing  # the painter mirrors them
        middle = Qt.AlignmentFlag.AlignVCenter
        room = inner.adjusted(0, 0, -width - tokens.M, 0)
        if self._owner.isRightToLeft():
            room = inner.adjusted(width + tokens.M, 0, 0, 0)
        font = self._look.font(tokens.BODY)
        shown = QFontMetrics(font).elidedText(one.shown, Qt.TextElideMode.ElideMiddle, max(20, room.width()))
        painter.setFont(font)
        painter.setPen(self._look.colour("text"))
        painter.drawText(room, middle | begins, shown)
        about = QFontMetrics(small).elidedText(one.help, Qt.TextElideMode.ElideRight, width)
        painter.setFont(small)
        painter.setPen(self._look.colour("muted"))
        painter.drawText(inner, middle | ends, about)
