"""The end of the log, with a filter."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit

from desktop.look import tokens
from desktop.look.parts import label
from desktop.views.checkup.figures import Block
from engine.language import mark, tr
from engine.model.health import LogLine

LEVELS = (("", mark("Everything")), ("WARNING", mark("Warnings and errors")), ("ERROR", mark("Errors")))
HEIGHT = 240


class Journal(Block):
    """The log.

    Signals:
        changed: other words or another level are wanted.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Log"))
        self.words = QLineEdit()
        self.words.setPlaceholderText(tr("Words in the log"))
        self.words.setAccessibleName(tr("Words in the log"))
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(220)
        self.words.textChanged.connect(self.changed)
        self.level = QComboBox()
        self.level.setAccessibleName(tr("What of the log is shown"))
        for key, words in LEVELS:
            self.level.addItem(tr(words), key)
        self.level.currentIndexChanged.connect(self.changed)
        self.head.addWidget(self.words, 1)
        self.head.addWidget(self.level)
        self.head.setSpacing(tokens.S)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("Log"))
        self.text.setFixedHeight(HEIGHT)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.text.setStyleSheet(f'font-family: "{fixed.family()}"; font-size: {tokens.SMALL}px;')
        self.none = label(tr("Nothing of that kind is in the log."), "muted")
        self.column.addWidget(self.none)
        self.column.addWidget(self.text)
        self._shown: tuple[LogLine, ...] | None = None

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        """Show newer entries; who reads further up is left there."""
        fresh = tuple(lines)
        if fresh == self._shown:
            return
        self._shown = fresh
        bar = self.text.verticalScrollBar()
        at_end, before = bar.value() >= bar.maximum() - 2, bar.value()
        self.text.setPlainText("\n".join(f"{one.at}  {one.level}  {one.source}  {one.text}" for one in fresh))
        bar.setValue(bar.maximum() if at_end else before)
        self.text.setVisible(bool(fresh))
        self.none.setVisible(not fresh)
