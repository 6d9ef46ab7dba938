"""One setting: its words and the widget for its type."""

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from engine.language import tr
from engine.settings import Option

REST = 500  # milliseconds without a key before text and numbers are saved
WIDTH = 190


class OptionLine(QWidget):
    """Shows and edits one option.

    Signals:
        edited: the new value.
    """

    edited = Signal(object)

    def __init__(self, option: Option, look: Look) -> None:
        super().__init__()
        self.option = option
        self._showing = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(lambda: self.edited.emit(self.value()))
        self.editor = self._editor()
        self.editor.setAccessibleName(tr(option.title))
        self.editor.setAccessibleDescription(tr(option.help))
        self._error = label("", "danger", wrap=True)
        self._error.hide()
        self._reset = Tool(look, "undo", tr("Back to the default ({shown})", shown=shown(option.default)))
        self._reset.clicked.connect(self._to_default)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._assemble()
        self.show_value(option.default)

    def value(self) -> Any:
        """What the widget holds."""
        editor = self.editor
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        if isinstance(editor, QComboBox):
            return editor.currentData()
        if isinstance(editor, QPlainTextEdit):
            return tuple(line.replace("\\r", "\r") for line in editor.toPlainText().splitlines())
        if isinstance(editor, QSpinBox | QDoubleSpinBox):
            return editor.value()
        return editor.text() if isinstance(editor, QLineEdit) else None

    def show_value(self, value: Any) -> None:
        """Show a stored value; a field that is being typed in is left alone."""
        if self._rest.isActive():
            return
        self._showing = True
        editor = self.editor
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(value)))
        elif isinstance(editor, QPlainTextEdit):
            text = "\n".join(part.replace("\r", "\\r") for part in value)
            if text != editor.toPlainText():
                editor.setPlainText(text)
        elif isinstance(editor, QSpinBox | QDoubleSpinBox):
            editor.setValue(value)
        elif isinstance(editor, QLineEdit):
            editor.setText(str(value))
        self._showing = False
        self.mark_default(value)

    def mark_default(self, value: Any) -> None:
        """Offer the way back when the value is not the default."""
        self._reset.setVisible(value != self.option.default)

    def show_error(self, text: str) -> None:
        """Say what is wrong with the value; nothing when it is fine."""
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def close_line(self) -> None:
        """Save what still rests, and stop the timer."""
        if self._rest.isActive():
            self._rest.stop()
            self.edited.emit(self.value())

    def _assemble(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(tr(self.option.title), "strong", wrap=True))
        words.addWidget(label(tr(self.option.help), "small", wrap=True))
        wide = isinstance(self.editor, QPlainTextEdit)
        line = QHBoxLayout()
        line.setSpacing(tokens.S)
        line.addLayout(words, 1)
        if not wide:
            line.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, tokens.S, 0, tokens.S)
        column.setSpacing(tokens.S)
        column.addLayout(line)
        if wide:
            column.addWidget(self.editor)
        column.addWidget(self._error)

    def _editor(self) -> QWidget:
        default = self.option.default
        if isinstance(default, bool):
            return self._check()
        if isinstance(default, tuple):
            return self._lines()
        if self.option.choices:
            return self._choice()
        if isinstance(default, str):
            return self._text()
        return self._number()

    def _check(self) -> QWidget:
        made = QCheckBox()
        made.toggled.connect(self._at_once)
        return made

    def _choice(self) -> QWidget:
        made = QComboBox()
        made.setFixedWidth(WIDTH)
        for choice in self.option.choices:
            made.addItem(vocabulary.named(choice), choice)
        made.currentIndexChanged.connect(self._at_once)
        made.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]  # scrolling the page must not change it
        return made

    def _lines(self) -> QWidget:
        made = QPlainTextEdit()
        made.setTabChangesFocus(True)
        made.setFixedHeight(116)
        made.textChanged.connect(self._soon)
        return made

    def _text(self) -> QWidget:
        made = QLineEdit()
        made.setFixedWidth(WIDTH)
        made.textEdited.connect(self._soon)
        return made

    def _number(self) -> QWidget:
        option = self.option
        made: QSpinBox | QDoubleSpinBox
        low = option.low if option.low is not None else 0
        high = option.high if option.high is not None else 1_000_000
        if isinstance(option.default, int):
            made = QSpinBox()
            made.setRange(int(low), int(high))
        else:
            made = QDoubleSpinBox()
            made.setRange(low, high)
            made.setLocale(words.locale())
            made.setDecimals(2)
            made.setSingleStep(0.05 if high <= 1 else 1)
        made.setSuffix(f" {option.unit}" if option.unit else "")
        made.setFixedWidth(WIDTH)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.lineEdit().setTextMargins(8, 0, 0, 0)
        made.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        made.valueChanged.connect(self._soon)
        return made

    def _at_once(self) -> None:
        if not self._showing:
            self.edited.emit(self.value())

    def _soon(self) -> None:
        if not self._showing:
            self._rest.start()

    def _to_default(self) -> None:
        self._rest.stop()
        self.show_value(self.option.default)
        self.show_error("")
        self.edited.emit(self.option.default)


def shown(value: Any) -> str:
    """A default in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return tr("{n} entries", n=len(value)) if isinstance(value, tuple) else str(value)
