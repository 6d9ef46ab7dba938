"""The second step: what Kinora shall understand. The catalogue lies here; nothing is fetched before a click."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.badge import badge
from desktop.look.look import Look
from desktop.look.parts import label, rule
from desktop.operations import Operations
from desktop.views.parts.cards import Card
from desktop.views.shelf.deeds import Deeds
from desktop.views.shelf.line import terms_words
from desktop.views.start.step import Step
from engine.language import tr, trn
from engine.model import PackRow, TaskRow

SMALL = 100_000_000  # bytes up to which a pack is chosen from the start
UNDER = 28  # pixels to the words of a box: its square and the gap of the style sheet
STARTERS = frozenset({"face-detection", "objects", "sounds", "tags", "pose"})  # what most people want to search for


class PackChoice(QWidget):
    """A pack that can be chosen."""

    def __init__(self, pack: PackRow, titles: str) -> None:
        super().__init__()
        self.pack = pack
        self.box = QCheckBox(titles)
        there = pack.state != "available"
        size = words.size(pack.size) if pack.size else tr("size not known")
        said = label(pack.summary, "", wrap=True)
        small = label(f"{pack.title} · {size} · {terms_words(pack)}", "small", wrap=True)
        for part in (said, small):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            part.setIndent(UNDER)
        self.box.setAccessibleDescription(f"{said.text()} {small.text()}")
        text = QVBoxLayout()
        text.setSpacing(1)
        for widget in (self.box, said, small):
            text.addWidget(widget)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, tokens.XS, 0, tokens.XS)
        line.addLayout(text, 1)
        if there:
            self.box.setChecked(True)
            self.box.setEnabled(False)
            line.addWidget(badge(tr("Installed"), "good"), 0, Qt.AlignmentFlag.AlignVCenter)


class SensesStep(Step):
    """Asks which packs.

    Signals:
        go_on: the next step; what was chosen is being installed.
    """

    go_on = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(
            tr("What shall it understand?"),
            tr(
                "Text, dates, places and looks are read in any case. These packs add more. Each is downloaded once, "
                "runs on this computer, and can be removed again."
            ),
        )
        self._ops = ops
        self.deeds = Deeds(ops, self)
        self.deeds.changed.connect(self.open_step)
        self.lines: list[PackChoice] = []
        self._loading = ops.latest()
        self.offline = Card(
            look,
            "warning",
            tr("Offline is switched on, so nothing is downloaded."),
            tr("Import packs from a folder or a zip file, or switch Offline off in the settings."),
        )
        self.offline.hide()
        frame = QFrame()
        frame.setObjectName("card")
        self._column = QVBoxLayout(frame)
        self._column.setContentsMargins(tokens.L, tokens.S, tokens.L, tokens.S)
        self._column.setSpacing(tokens.XS)
        self.sum = label("", "muted", wrap=True)
        self.body.addWidget(self.offline)
        self.body.addWidget(self.sum)
        self.body.addWidget(frame)
        self.bring = self.add_button(tr("Import from a folder…"), self.deeds.import_folder)
        self.later = self.add_button(tr("Later"), self.go_on.emit, "quiet")
        self.go = self.add_button(tr("Go on"), self._go, "primary")

    def open_step(self) -> None:
        """It came to the front: look at the catalogue."""
        self._loading.start(self._load())

    def close_step(self) -> None:
        """Forget what is asked."""
        self._loading.cancel()

    def chosen(self) -> list[PackRow]:
        """The packs that are to be installed."""
        return [line.pack for line in self.lines if line.box.isChecked() and line.pack.state == "available"]

    async def _load(self) -> None:
        packs = await self._ops.ask(self._ops.library.packs.offers)
        tasks = await self._ops.ask(self._ops.library.packs.tasks)
        settings = await self._ops.ask(self._ops.library.settings)
        if packs is not None and tasks is not None and settings is not None:
            self._show(packs, tasks, offline=bool(settings["net.offline"]))

    def _show(self, packs: Sequence[PackRow], tasks: Sequence[TaskRow], *, offline: bool) -> None:
        before = {line.pack.id: line.box.isChecked() for line in self.lines}
        titles = {task.task: task.title for task in tasks}
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.lines = []
        for pack in packs:
            line = PackChoice(pack, ", ".join(titles.get(task, task) for task in pack.tasks))
            if pack.state == "available":
                wanted = bool(STARTERS & set(pack.tasks)) and 0 < pack.size <= SMALL
                line.box.setChecked(before.get(pack.id, wanted) and not offline)
                line.box.setEnabled(not offline)
            line.box.toggled.connect(self._count)
            if self.lines:
                self._column.addWidget(rule())
            self._column.addWidget(line)
            self.lines.append(line)
        self.offline.setVisible(offline)
        self._count()

    def _count(self) -> None:
        chosen = self.chosen()
        size = words.size(sum(pack.size for pack in chosen))
        self.sum.setText(
            trn("{n} pack, {size} to download.", "{n} packs, {size} to download.", len(chosen), size=size)
            if chosen
            else tr("Nothing is downloaded. Packs can be added at any time.")
        )
        self.go.setText(tr("Install and go on") if chosen else tr("Go on"))
        self.later.setVisible(bool(chosen))

    def _go(self) -> None:
        chosen = self.chosen()
        if chosen:
            self._ops.start(self.deeds.install_all(chosen))
        self.go_on.emit()
