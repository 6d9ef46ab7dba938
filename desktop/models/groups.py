"""Groups of duplicates as a list."""

from collections.abc import Sequence
from pathlib import PurePath

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.look import words
from engine.language import trn
from engine.model import Twin, TwinGroup

GROUP = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


def name_of(member: Twin) -> str:
    """What a member is called: of equal files each has a name of its own."""
    files = member.asset.files
    return PurePath(files[0].path).name if len(files) == 1 else member.asset.cell.name


class GroupsModel(QAbstractListModel):
    """The groups, in the order in which the engine gives them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: tuple[TwinGroup, ...] = ()

    def put(self, groups: Sequence[TwinGroup]) -> None:
        """Take another list."""
        self.beginResetModel()
        self.groups = tuple(groups)
        self.endResetModel()

    def row_of(self, key: str) -> int:
        """The row of a group, -1 when it is gone."""
        return next((row for row, group in enumerate(self.groups) if group.key == key), -1)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.groups)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.groups):
            return None
        group = self.groups[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{name_of(kept(group))}, {described(group)}"
        return group if role == GROUP else None


def kept(group: TwinGroup) -> Twin:
    """The member that is proposed to be kept."""
    return next((member for member in group.members if member.keep), group.members[0])


def described(group: TwinGroup) -> str:
    """`3 equal files`, `2 that look alike`."""
    count = len(group.members)
    if group.exact:
        return trn("{n} equal file", "{n} equal files", count)
    return trn("{n} that looks alike", "{n} that look alike", count)


def spare(group: TwinGroup) -> int:
    """Bytes of the members that are not proposed to be kept."""
    return sum(member.asset.size for member in group.members if not member.keep)


def gain(groups: Sequence[TwinGroup]) -> str:
    """What trashing all but the best would free, in words."""
    return words.size(sum(spare(group) for group in groups))
