"""A list of things to choose from, kept in a model: for a box in which one types to find.

Not a QListWidget: its items, made anew with every key, took the program with them when the collector of Python ran on
another thread; and what does not show needs no icon.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.look import tokens
from desktop.look.look import Look

Index = QModelIndex | QPersistentModelIndex

ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them: what stands there, what it means to the owner, its icon, and words at the far end."""

    text: str
    what: object
    icon: Callable[[], QIcon] | None = None
    aside: str = ""


class Choices(QAbstractListModel):
    """What there is to choose from."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Choice, ...] = ()

    def put(self, rows: Sequence[Choice]) -> None:
        """Take others."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        one = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return one.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{one.text}, {one.aside}" if one.aside else one.text
        if role == Qt.ItemDataRole.DecorationRole and one.icon is not None:
            return one.icon()
        return None


class ChoiceList(QListView):
    """Shows choices, one line each.

    Signals:
        picked: one of them was clicked, or Return was pressed on it.
    """

    picked = Signal()

    def __init__(self, look: Look | None, name: str, parent: QWidget | None = None, *, icon: int = 18) -> None:
        super().__init__(parent)
        self.choices = Choices(self)
        self.setModel(self.choices)
        if look is not None:  # without one no words stand at the far end
            self.setItemDelegate(_Line(look, self.choices, self))
        self.setAccessibleName(name)
        self.setIconSize(QSize(icon, icon))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.clicked.connect(lambda _index: self.picked.emit())

    @property
    def row(self) -> int:
        """The marked row, -1 for none."""
        return self.currentIndex().row()

    def show_choices(self, rows: Sequence[Choice]) -> None:
        """Show these, the first one marked."""
        self.choices.put(rows)
        self.setCurrentIndex(self.choices.index(0, 0))

    def step(self, by: int) -> None:
        """Mark another row, so many further."""
        if count := self.choices.rowCount():
            self.setCurrentIndex(self.choices.index(min(count - 1, max(0, self.row + by)), 0))

    def current(self) -> Choice | None:
        """The marked one."""
        return self.choices.rows[self.row] if 0 <= self.row < self.choices.rowCount() else None

    def texts(self) -> list[str]:
        """What stands in the rows."""
        return [one.text for one in self.choices.rows]


class _Line(QStyledItemDelegate):
    """Leaves room for the words at the far end, and writes them."""

    def __init__(self, look: Look, choices: Choices, parent: QObject) -> None:
        super().__init__(parent)
        self._look, self._choices = look, choices

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return super().sizeHint(option, index).expandedTo(QSize(0, 36))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        aside = self._choices.rows[index.row()].aside
        if not aside:
            super().paint(painter, option, index)
            return
        small = self._look.font(tokens.SMALL)
        width = QFontMetrics(small).horizontalAdvance(aside) + tokens.M
        left = option.direction == Qt.LayoutDirection.LeftToRight
        whole = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("accent_soft"))
            painter.drawRoundedRect(whole, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        option.rect = whole.adjusted(0, 0, -width, 0) if left else whole.adjusted(width, 0, 0, 0)
        super().paint(painter, option, index)
        painter.setFont(small)
        painter.setPen(self._look.colour("muted"))
        end = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter  # the painter mirrors it
        painter.drawText(whole.adjusted(tokens.S, 0, -tokens.S, 0), end, aside)
