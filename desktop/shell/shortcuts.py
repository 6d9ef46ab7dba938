"""The page of keyboard shortcuts, made from the list of commands."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.actions import MENUS, Action, keys
from desktop.look import tokens
from desktop.look.parts import button, label
from engine.language import mark, tr

GRID = (
    (mark("Arrows, Home, End, Page Up, Page Down"), mark("Move in the grid")),
    (mark("Shift + arrows"), mark("Extend the selection")),
    (mark("Ctrl + Space"), mark("Select or unselect one")),
    (mark("Enter or Space"), mark("Open")),
    (mark("Left, Right"), mark("Go through the moments of a match")),
    ("Esc", mark("Unselect, close what is open")),
    (mark("Ctrl + wheel"), mark("Size of the pictures")),
    (mark("Alt + Left, Alt + Right"), mark("Move on or back in the order of an album")),
)

MAP = (
    (mark("Arrows"), mark("Move the map")),
    ("+, -", mark("Closer, farther")),
    (mark("Enter or Space"), mark("Choose the group in the middle")),
    (mark("Ctrl + Enter"), mark("In the list of places: search for it")),
)
PEOPLE = (
    (mark("Enter, F2"), mark("Open a person, name a person")),
    ("Y, N, S", mark("Yes, no, skip (the question above)")),
    ("M", mark("Merge people, or move faces to another person")),
    ("Del", mark("These are not this person")),
    ("H", mark("Hide, or show again")),
    (mark("Ctrl + Space, Shift + arrows"), mark("Select several")),
)
VIEWER = (
    ("F, B, T, L, X, S", mark("Boxes: faces, bodies, things, titles, text, safety")),
    ("A", mark("All boxes, or none")),
    (mark("Tab, arrows"), mark("Go from box to box")),
    (mark("Enter, F2, Del"), mark("What can be done with a box, name or correct it, it is wrong")),
    ("R", mark("Draw around a part; with the arrows, Shift + arrows and Enter, or Ctrl + drag")),
    (mark("F3, Shift + F3"), mark("Next and previous hit")),
    (mark("Space, arrows, comma, period"), mark("Play, move, one frame back and on")),
    (mark("Shift or Alt + comma, period"), mark("Ten frames, or one second")),
    ("[, ]", mark("Previous and next cut")),
    ("I, O, Alt + X", mark("In a film: a clip begins, ends; neither")),
    ("C, N", mark("In a film: add the clip, the line, hit or shot; mark a moment")),
    ("P, X", mark("The panel with what is known; text boxes")),
    ("Z, 0, 1, +, -", mark("Whole or 100 %, whole, 100 %, closer, farther")),
    (mark("Arrows, middle button, Space + drag"), mark("Move the picture when it is looked at closely")),
    ("C", mark("Compare with the next one")),
    (mark("Ctrl + G, G"), mark("In a document: go to a page, pages as small pictures")),
)
COMPARE = (
    (mark("Left, Right"), mark("The one in focus")),
    ("0 - 5, F, X", mark("Stars, favourite, rejected")),
    ("N, Del", mark("The next one in this place, take out")),
    ("L, B, D", mark("Move together, blink, where they differ")),
    ("Z, +, -", mark("Whole or 100 %, closer, farther")),
)


class Shortcuts(QDialog):
    """Every key, by menu."""

    def __init__(self, actions: Sequence[Action], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        content.setObjectName("content")
        table = QGridLayout(content)
        table.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.L)
        table.setHorizontalSpacing(tokens.XL)
        table.setVerticalSpacing(6)
        table.setColumnStretch(0, 3)
        table.setColumnStretch(1, 2)
        for group in MENUS:
            self._group(
                table, tr(group), [(keys(one), one.title) for one in actions if one.group == group and one.shortcut]
            )
        for title, pairs in (
            (tr("In the grid"), GRID),
            (tr("On the map"), MAP),
            (tr("In the people view"), PEOPLE),
            (tr("In the viewer"), VIEWER),
            (tr("In the comparison"), COMPARE),
        ):
            self._group(table, title, [(tr(keys), tr(what)) for keys, what in pairs])
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, tokens.L, tokens.L)
        column.addWidget(area)
        column.addWidget(button(tr("Close"), self.close), 0, Qt.AlignmentFlag.AlignRight)
        self.resize(640, 600)

    def _group(self, table: QGridLayout, title: str, pairs: list[tuple[str, str]]) -> None:
        if not pairs:
            return
        row = table.rowCount()
        heading = label(title, "subtitle")
        heading.setContentsMargins(0, tokens.M, 0, 2)
        table.addWidget(heading, row, 0, 1, 2)
        for offset, (shortcut, words) in enumerate(pairs, 1):
            for at, made in enumerate((label(words, wrap=True), label(shortcut, "muted", wrap=True))):
                made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                table.addWidget(made, row + offset, at, Qt.AlignmentFlag.AlignTop)
