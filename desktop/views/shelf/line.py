"""One pack in the list: what it is, what its makers allow, what can be done with it."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.badge import badge
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.tasks import LEAST_BYTES, Task, byte_words
from desktop.views.shelf.consent import commercial_badge
from engine.language import tr, trn
from engine.model import PackRow

SPOKEN = 4  # languages that are named; of more the number is said


class PackLine(QWidget):
    """A pack with its buttons.

    Signals:
        asked: what to do (install, check, remove, cancel) with this pack.
    """

    asked = Signal(str, object)

    def __init__(
        self, look: Look, pack: PackRow, task: str, *, offline: bool, note: str = "", first: bool = False
    ) -> None:
        super().__init__()
        self.pack = pack
        self._look = look
        self._offline = offline
        self._first = first  # the one to install when somebody wants this ability
        self.setAccessibleName(f"{pack.title}, {state_words(pack, task)}")
        self.words = QVBoxLayout()
        self.words.setSpacing(3)
        title = label(pack.title, "strong", wrap=True)
        self.words.addWidget(title)
        self.words.addWidget(self._signs(task))
        hint = pack.hint if pack.problem and not note else ""
        for text, role in ((pack.summary, ""), (terms_words(pack), "small"), (facts(pack), "small"),
                           (note or pack.problem, "danger"), (hint, "small")):  # fmt: skip
            if text:
                part = label(text, role, wrap=True, select=role == "danger")
                part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                self.words.addWidget(part)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("How far {title} is", title=pack.title))
        self.how_far = label("", "small")
        self.stop = Tool(look, "close", tr("Cancel installing {title}", title=pack.title))
        self.stop.clicked.connect(lambda: self.asked.emit("cancel", pack))
        self.moving = QWidget()
        line = QHBoxLayout(self.moving)
        line.setContentsMargins(0, 2, 0, 0)
        line.setSpacing(tokens.S)
        line.addWidget(self.bar, 1)
        line.addWidget(self.how_far)
        line.addWidget(self.stop)
        self.moving.hide()
        self.words.addWidget(self.moving)
        self.buttons = QVBoxLayout()
        self.buttons.setSpacing(tokens.XS)
        self.buttons.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._add_buttons()
        across = QHBoxLayout(self)
        across.setContentsMargins(0, tokens.S, 0, tokens.S)
        across.setSpacing(tokens.L)
        across.addLayout(self.words, 1)
        across.addLayout(self.buttons)

    def show_task(self, task: Task | None) -> None:
        """Show how far the work on it is; None when there is none."""
        self.moving.setVisible(task is not None)
        for index in range(self.buttons.count()):
            item = self.buttons.itemAt(index)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setEnabled(task is None and widget.property("closed") is not True)
        if task is None:
            return
        share = task.share
        known = share is not None and (task.unit != "bytes" or task.step.total >= LEAST_BYTES)
        self.bar.setRange(0, 1000 if known else 0)
        self.bar.setValue(round((share or 0) * 1000) if known else 0)
        self.how_far.setText(tr("stopping…") if task.cancelled else byte_words(task) or task.step.text)
        self.stop.setEnabled(not task.cancelled)

    def _signs(self, task: str) -> QWidget:
        holder = QWidget()
        flow = Flow(holder, gap=6)
        pack = self.pack
        tone = {"damaged": "bad", "available": "plain"}.get(pack.state, "accent" if task in pack.chosen_for else "good")
        flow.addWidget(badge(state_words(pack, task), tone))
        flow.addWidget(badge(pack.licence or tr("Licence unknown"), "plain", pack.terms))
        flow.addWidget(commercial_badge(pack.commercial))
        return holder

    def _add_buttons(self) -> None:
        pack = self.pack
        if pack.state in ("available", "damaged"):
            again = pack.state == "damaged"
            self._button(
                tr("Install again") if again else tr("Install"), "install", "primary" if self._first else "", net=True
            )
        if pack.state == "installed":
            self._button(tr("Check"), "check", "quiet")
        if pack.state in ("installed", "damaged"):
            self._button(tr("Remove…"), "remove", "quiet")

    def _button(self, text: str, what: str, kind: str, *, net: bool = False) -> None:
        made = button(text, partial(self.asked.emit, what, self.pack), kind)
        made.setAccessibleName(f"{text.rstrip('… ')} {self.pack.title}")
        if net and self._offline:
            made.setEnabled(False)
            made.setProperty("closed", True)
            made.setToolTip(tr("Offline is switched on. Import the pack from a folder or a zip file."))
        self.buttons.addWidget(made)


def state_words(pack: PackRow, task: str = "") -> str:
    """`In use`, `Installed`, `Not installed` ..."""
    if pack.state == "damaged":
        return tr("Damaged")
    if task and task in pack.chosen_for:
        return tr("In use")
    return {"installed": tr("Installed"), "bundled": tr("Comes with Kinora")}.get(pack.state, tr("Not installed"))


def terms_words(pack: PackRow) -> str:
    """What the makers allow, in plain words."""
    if pack.terms and pack.terms != pack.licence:
        return pack.terms
    return tr("Free to use, also commercially.") if pack.commercial else tr("Not for what earns money.")


def facts(pack: PackRow) -> str:
    """Size, languages, speed and source in one line."""
    spoken = pack.languages
    languages = ", ".join(spoken) if len(spoken) <= SPOKEN else trn("{n} language", "{n} languages", len(spoken))
    parts = (
        words.size(pack.size) if pack.size else tr("size not known"),
        languages,
        speed_words(pack),
        pack.source,
    )
    return " · ".join(part for part in parts if part)


def speed_words(pack: PackRow) -> str:
    """`42 pictures a second on this machine`; empty before it was measured."""
    if pack.speed is None:
        return tr("speed not measured here yet") if pack.state == "installed" else ""
    number = words.decimal(pack.speed, 1 if pack.speed < 10 else 0)
    unit = pack.unit or "pictures"
    if unit.startswith("seconds"):
        return tr("{number} {unit} in a second on this machine", number=number, unit=tr(unit))
    return tr("{number} {unit} a second on this machine", number=number, unit=tr(unit))
