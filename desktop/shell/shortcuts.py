"""The page of keyboard shortcuts, made from the list of commands."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.actions import MENUS, Action, keys
from desktop.look import tokens
from desktop.look.parts import button, label

GRID = (
    ("Arrows, Home, End, Page Up, Page Down", "Move in the grid"),
    ("Shift + arrows", "Extend the selection"),
    ("Ctrl + Space", "Select or unselect one"),
    ("Enter or Space", "Open"),
    ("Esc", "Unselect, close what is open"),
    ("Ctrl + wheel", "Size of the pictures"),
)


class Shortcuts(QDialog):
    """Every key, by menu."""

    def __init__(self, actions: Sequence[Action], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        content.setObjectName("content")
        table = QGridLayout(content)
        table.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.L)
        table.setHorizontalSpacing(tokens.XL)
        table.setVerticalSpacing(6)
        table.setColumnStretch(0, 1)
        for group in MENUS:
            self._group(
                table, group, [(keys(one), one.title) for one in actions if one.group == group and one.shortcut]
            )
        self._group(table, "In the grid", list(GRID))
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, tokens.L, tokens.L)
        column.addWidget(area)
        column.addWidget(button("Close", self.close), 0, Qt.AlignmentFlag.AlignRight)
        self.resize(560, 560)

    def _group(self, table: QGridLayout, title: str, pairs: list[tuple[str, str]]) -> None:
        if not pairs:
            return
        row = table.rowCount()
        heading = label(title, "subtitle")
        heading.setContentsMargins(0, tokens.M, 0, 2)
        table.addWidget(heading, row, 0, 1, 2)
        for offset, (shortcut, words) in enumerate(pairs, 1):
            table.addWidget(label(words), row + offset, 0)
            table.addWidget(label(shortcut, "muted"), row + offset, 1)
