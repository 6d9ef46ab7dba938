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

PEOPLE = (
    ("Enter, F2", "Open a person, name a person"),
    ("Y, N, S", "Yes, no, skip (the question above)"),
    ("M", "Merge people, or move faces to another person"),
    ("Del", "These are not this person"),
    ("H", "Hide, or show again"),
    ("Ctrl + Space, Shift + arrows", "Select several"),
)
VIEWER = (
    ("F, B, T, L, O, S", "Boxes: faces, bodies, things, titles, text, safety"),
    ("R", "Draw around a part to find what is like it"),
    ("F3, Shift + F3", "Next and previous hit"),
    ("Space, arrows, comma, period", "Play, move, one frame back and on"),
    ("0, 1, +, -", "Whole picture, 100 %, closer, farther"),
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
        for title, pairs in (("In the grid", GRID), ("In the people view", PEOPLE), ("In the viewer", VIEWER)):
            self._group(table, title, list(pairs))
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
