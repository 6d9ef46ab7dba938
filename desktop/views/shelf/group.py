"""A task with the packs that can do it: which one does it now, what waits, what could be installed."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import label, rule
from desktop.views.parts.cards import Card
from desktop.views.shelf.line import PackLine
from engine.language import tr, trn
from engine.model import PackRow, TaskRow

WIDTH = 280  # of the choice
SHORT = 32  # characters of a title that fit on a button


class TaskGroup(QWidget):
    """One task.

    Signals:
        chosen: the task and the id of the pack that shall do it ("" leaves it to Kinora).
        asked: what to do with a pack.
    """

    chosen = Signal(str, str)
    asked = Signal(str, object)

    def __init__(self, look: Look, task: TaskRow, packs: Sequence[PackRow], *, offline: bool) -> None:
        super().__init__()
        self._look, self._offline = look, offline
        self.task = task
        self.lines: list[PackLine] = []
        self._rules: list[QFrame] = []  # before each line but the first
        self.setAccessibleName(task.title)
        frame = QFrame()
        frame.setObjectName("card")
        self._inner = QVBoxLayout(frame)
        self._inner.setContentsMargins(tokens.L, tokens.S, tokens.L, tokens.S)
        self._inner.setSpacing(tokens.XS)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(tokens.S)
        outer.addLayout(self._head(packs))
        outer.addWidget(frame)
        if task.note:
            self._inner.addWidget(self._waiting(look, packs, offline))
        self._wanted = next((pack for pack in packs if pack.state == "available" and not pack.consent), None)
        if not packs:
            none = tr("No pack for this is known. One can be imported from a folder or a zip file.")
            self._inner.addWidget(label(none, "muted", wrap=True))

    def add(self, pack: PackRow, note: str = "") -> None:
        """Add the line of the next of its packs; apart from the rest, for a line takes milliseconds to make."""
        first = pack is self._wanted and not self.task.pack
        if self.lines:
            self._rules.append(rule())
            self._inner.addWidget(self._rules[-1])
        line = PackLine(self._look, pack, self.task.task, offline=self._offline, note=note, first=first)
        line.asked.connect(self.asked)
        self.lines.append(line)
        self._inner.addWidget(line)
        line.ensurePolished()

    def filter(self, wanted: Sequence[str], which: str = "") -> bool:
        """Show the packs that have all the words (or whose task has them) and are of that sort; False without one."""
        own = f"{self.task.title} {self.task.help}".lower()
        shown = 0
        for number, line in enumerate(self.lines):
            text = f"{line.pack.title} {line.pack.id} {line.pack.summary}".lower()
            fits = all(word in own or word in text for word in wanted) and self._is(line.pack, which)
            line.setVisible(fits)
            if number:
                self._rules[number - 1].setVisible(fits and shown > 0)
            shown += fits
        fits = shown > 0 or (not self.lines and not which and all(word in own for word in wanted))
        self.setVisible(fits)
        return fits

    def _is(self, pack: PackRow, which: str) -> bool:
        if which == "wanted":
            return bool(self.task.note) and pack.state == "available"
        if which == "free":
            return pack.commercial
        there = pack.state in ("installed", "bundled", "damaged")
        return {"installed": there, "available": not there}.get(which, True)

    def _head(self, packs: Sequence[PackRow]) -> QHBoxLayout:
        text = QVBoxLayout()
        text.setSpacing(1)
        text.addWidget(label(self.task.title, "subtitle", wrap=True))
        said = self.task.help
        if self.task.analyzers:
            said = tr("{help} Needed by: {list}.", help=said, list=", ".join(self.task.analyzers))
        text.addWidget(label(said, "small", wrap=True))
        head = QHBoxLayout()
        head.setSpacing(tokens.M)
        head.addLayout(text, 1)
        if self.task.packs:
            head.addWidget(self._choice(packs))
        return head

    def _choice(self, packs: Sequence[PackRow]) -> QComboBox:
        titles = {pack.id: pack.title for pack in packs}
        self.choice = made = QComboBox()
        made.setAccessibleName(tr("Pack for {title}", title=self.task.title))
        made.setFixedWidth(WIDTH)
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        now = titles.get(self.task.pack, self.task.pack)
        made.addItem(tr("Automatic: {now}", now=now) if now else tr("Automatic"), "")
        for pack_id in self.task.packs:
            made.addItem(titles.get(pack_id, pack_id), pack_id)
        made.setToolTip(tr("Now: {now}", now=now) if now else "")
        made.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]  # scrolling the page must not change it
        made.activated.connect(lambda row: self.chosen.emit(self.task.task, str(made.itemData(row))))
        return made

    def show_choice(self, pack_id: str) -> None:
        """Show what the setting says."""
        if self.task.packs:
            self.choice.setCurrentIndex(max(0, self.choice.findData(pack_id)))

    def _waiting(self, look: Look, packs: Sequence[PackRow], offline: bool) -> Card:
        waits = (
            tr("{count} will be read when it is there.", count=trn("{n} file", "{n} files", self.task.waiting))
            if self.task.waiting
            else ""
        )
        card = Card(look, "warning", self.task.note, waits)
        best = next((pack for pack in packs if pack.state == "available" and not pack.consent), None)
        if best is not None and not offline and not self.task.pack:
            card.add(
                tr("Install {title}", title=best.title) if len(best.title) <= SHORT else tr("Install the first"),
                lambda: self.asked.emit("install", best),
            )
        return card
