"""The report for whoever helps: it is read before it is saved."""

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.workers.watchdog import STEPS, Answers
from engine.language import current, tr

TURNS = 10


class ReportPage(QWidget):
    """Shows the text of a report.

    Signals:
        back: leave the page.
        save: keep it in a file.
        copy: put it on the clipboard.
    """

    back = Signal()
    save = Signal()
    copy = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setAccessibleName(tr("Report"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("Report"))
        self.text.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.leave = Tool(look, "back", tr("Back to the health view"))
        self.leave.clicked.connect(self.back)
        head = QHBoxLayout()
        head.setSpacing(tokens.S)
        head.addWidget(self.leave)
        head.addWidget(label(tr("Report"), "title"), 1)
        self.keep = button(tr("Save…"), self.save.emit, "primary")
        head.addWidget(button(tr("Copy"), self.copy.emit))
        head.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.XL)
        column.setSpacing(tokens.M)
        column.addLayout(head)
        words = tr(
            "This is all of it: versions, numbers, settings, error codes and the program's own words. It names no "
            "files, folders, people or places, and it goes nowhere unless you pass it on."
        )
        column.addWidget(label(words, wrap=True))
        column.addWidget(self.text, 1)

    def show_report(self, text: str) -> None:
        """Show a report."""
        self.text.setPlainText(text)
        self.keep.setFocus()


def beside(look: Look, answers: Answers | None) -> Mapping[str, list[str]]:
    """What the window adds to a report; places in the program's code and numbers only."""
    return {"Window": list(_window(look)), "Answers": list(_answers(answers))}


def _window(look: Look) -> Iterator[str]:
    yield f"Qt: {qVersion()} ({QGuiApplication.platformName()})"
    yield f"theme: {look.theme}, {'dark' if look.colours.dark else 'light'}; language: {current()}"
    for screen in QGuiApplication.screens():
        size, dense = screen.size(), screen.devicePixelRatio()
        yield f"screen: {size.width()} x {size.height()} at {dense:g}, {screen.refreshRate():.0f} Hz"


def _answers(answers: Answers | None) -> Iterator[str]:
    if answers is None:
        return
    over = ", ".join(f"over {step * 1000:.0f} ms: {n}" for step, n in zip(STEPS, answers.over, strict=True))
    yield f"{answers.pulses} looks, {over}; longest {answers.longest * 1000:.0f} ms"
    for turn in answers.turns[:TURNS]:
        yield f"{turn.wall * 1000:.0f} ms, {turn.cpu * 1000:.0f} at work, {turn.doing}: {' < '.join(turn.where)}"
