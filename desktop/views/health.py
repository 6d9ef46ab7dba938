"""The health: how every part is, what goes on, memory, disk, answers, errors, the log, and a report to pass on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from desktop import places
from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import button, label, page
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.checkup.figures import AnswersBlock, Block, DiskBlock, MemoryBlock, TroublesBlock, VersionsBlock
from desktop.views.checkup.journal import Journal
from desktop.views.checkup.parts import Parts
from desktop.views.checkup.report import ReportPage, beside
from engine.care import report_file, report_name
from engine.language import digits, mark, tr, trn
from engine.model import QueueStatus, Step
from engine.model.health import Health, State

EVERY = 2000  # milliseconds between two looks while the view shows
COMMANDS = {"work": "view.jobs", "packs": "view.packs", "hosts": "view.hosts", "settings": "view.settings",
            "rescan": "file.rescan", "resume": "work.resume"}  # fmt: skip


class HealthView(View):
    """Looks gently while it shows, and not at all while it does not."""

    id: ClassVar[str] = "health"
    title: ClassVar[str] = mark("Health")
    icon: ClassVar[str] = "health"
    shortcut: ClassVar[str] = "Ctrl+9"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.health: Health | None = None
        self._latest = ops.latest()
        self._reading = ops.latest()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(EVERY)
        self._again.timeout.connect(self.refresh)
        self.built = asyncio.Event()  # every block is there
        self.page: ReportPage | None = None  # made for the first report
        self.pile = QStackedWidget()
        self._assemble()
        ops.start(self._build())

    # --- the view

    def shown(self) -> None:
        self.refresh()

    def hidden(self) -> None:
        self._again.stop()
        self._latest.cancel()

    def close_view(self) -> None:
        self.hidden()

    def refresh(self) -> None:
        """Look again."""
        self._again.stop()
        self._latest.start(self._look())

    # --- what can be done

    def mend(self, fix: str) -> None:
        """Do what mends a part."""
        if fix in COMMANDS:
            self.command.emit(COMMANDS[fix])
        elif fix == "folder":
            places.reveal(self.ops.library.path)
        elif fix == "check":
            self.ops.start(self._check())
        elif fix == "go_on":
            self.ops.start(self._then_look(self.ops.library.care.go_on))
        elif fix == "retry":
            self.ops.start(self._then_look(self.ops.library.retry))

    def make_report(self) -> None:
        """Make the report and show it."""
        self.ops.start(self._report())

    def save_as(self) -> None:
        """Ask where the report shall be kept."""
        dialog = QFileDialog(self, tr("Save the report"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("Text (*.txt)"), tr("Packed (*.zip)")])
        dialog.setDefaultSuffix("txt")
        dialog.selectFile(report_name())
        dialog.fileSelected.connect(lambda name: self.ops.start(self.save(Path(name))))
        dialog.open()

    async def save(self, target: Path) -> None:
        """Keep what is shown in a file."""
        body = report_file(self._text(), target.suffix)
        await self.ops.demand(self.ops.library.exports.write, target, body)
        self.message.emit(tr("The report is in {name}.", name=target.name))

    # --- inside

    async def _look(self) -> None:
        await self.built.wait()
        health = await self.ops.ask(self.ops.library.health)
        if health is not None:
            await self._show(health)
        await self._read_log()
        if self.isVisible():
            self._again.start()

    async def _read_log(self) -> None:
        level = str(self.journal.level.currentData())
        lines = await self.ops.ask(self.ops.library.care.log, 300, self.journal.words.text(), level)
        if lines is not None:
            self.journal.show_lines(lines)

    async def _show(self, health: Health) -> None:
        """Show it, a piece in each turn of the loop."""
        self.health = health
        for part in self.parts.missing(health.parts):
            self.parts.add(part)
            await asyncio.sleep(0)
        self.parts.show_parts(health.parts)
        self.sum.setText(sum_words(health))
        self.queue.setText(queue_words(health.queue))
        await asyncio.sleep(0)
        self.memory.show_memory(health.memory)
        self.disk.show_rooms(health.rooms, health.free)
        await asyncio.sleep(0)
        watchdog = self.ops.watchdog
        self.answers.show_answers(watchdog.answers() if watchdog is not None else None)
        self.troubles.show_troubles(health.troubles)
        self.versions.show_versions(health.versions)

    async def _then_look(self, call: Any) -> None:
        await self.ops.ask(call)
        self.refresh()

    async def _check(self) -> None:
        found: list[str] = []
        title = tr("Checking the library")
        if await self.ops.run(title, self._checked(found), plain=title):
            self.message.emit(found[0] if found else tr("No damage was found."))
        self.refresh()

    def _checked(self, found: list[str]) -> Iterator[Step]:
        lost = self.health is not None and any(
            part.name == "words" and part.state is State.BROKEN for part in self.health.parts
        )
        for step in self.ops.library.check(repair=lost):
            if isinstance(step, Step):
                yield step
            else:
                found.append(f"{step.text} {step.mend}".strip())

    async def _report(self) -> None:
        watchdog = self.ops.watchdog
        more = beside(self.look, watchdog.answers() if watchdog is not None else None)
        text = await self.ops.ask(self.ops.library.care.report, more)
        if text is None:
            return
        if self.page is None:
            self.page = ReportPage(self.look)
            self.page.back.connect(lambda: self.pile.setCurrentIndex(0))
            self.page.save.connect(self.save_as)
            self.page.copy.connect(self._copy)
            self.pile.addWidget(self.page)
        self.page.show_report(text)
        self.pile.setCurrentWidget(self.page)

    def _text(self) -> str:
        return self.page.text.toPlainText() if self.page is not None else ""

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text())
        self.message.emit(tr("The report is on the clipboard."))

    def _forget(self) -> None:
        if self.ops.watchdog is not None:
            self.ops.watchdog.forget()
        self.refresh()

    # --- building

    def _assemble(self) -> None:
        self.parts = Parts()
        self.parts.asked.connect(self.mend)
        self.sum = label("", "muted", wrap=True)
        self.queue = label("", wrap=True)
        self.pile.addWidget(self._area())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pile)

    async def _build(self) -> None:
        """Make the blocks, one in each turn of the loop: all at once would hold up the window."""
        self._add(self._work())
        await asyncio.sleep(0)
        self.memory, self.disk = MemoryBlock(self.look), DiskBlock()
        pair = QWidget()
        line = QHBoxLayout(pair)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.L)
        line.addWidget(self.memory, 1)
        line.addWidget(self.disk, 1)
        self._add(pair)
        await asyncio.sleep(0)
        self.answers = AnswersBlock()
        self.answers.anew.connect(self._forget)
        self._add(self.answers)
        await asyncio.sleep(0)
        self.troubles = TroublesBlock()
        self.troubles.work.connect(lambda: self.command.emit("view.jobs"))
        self._add(self.troubles)
        await asyncio.sleep(0)
        self.journal = Journal()
        self.journal.changed.connect(lambda: self._reading.start(self._read_log()))
        self._add(self.journal)
        await asyncio.sleep(0)
        self.versions = VersionsBlock()
        self._add(self.versions)
        self.built.set()

    def _add(self, block: QWidget) -> None:
        self._inner.insertWidget(self._inner.count() - 1, block)

    def _area(self) -> QScrollArea:
        content = QWidget()
        content.setObjectName("content")
        content.setMaximumWidth(900)
        self._inner = inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.XL)
        inner.setSpacing(tokens.L)
        inner.addLayout(self._head())
        inner.addWidget(self.parts)
        inner.addStretch(1)
        return page(content)

    def _head(self) -> QHBoxLayout:
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(label(tr(self.title), "title"))
        text.addWidget(self.sum)
        self.reporting = button(tr("Make a report…"), self.make_report)
        line = QHBoxLayout()
        line.addLayout(text, 1)
        line.addWidget(self.reporting, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _work(self) -> Block:
        block = Block(tr("Work"))
        block.head.addWidget(button(tr("Show the work"), lambda: self.command.emit("view.jobs"), "quiet"))
        block.column.addWidget(self.queue)
        return block


def sum_words(health: Health) -> str:
    """`Everything is in order.` or how many parts need a look."""
    broken = sum(part.state is State.BROKEN for part in health.parts)
    look = sum(part.state is State.LOOK for part in health.parts)
    if broken:
        return trn("{n} part does not work.", "{n} parts do not work.", broken)
    if look:
        return trn("{n} part is worth a look.", "{n} parts are worth a look.", look)
    return tr("Everything is in order.")


def queue_words(status: QueueStatus) -> str:
    """Numbers of the queue with rate and time left."""
    pending = status.waiting + status.running
    parts = [
        trn("{n} step waits", "{n} steps wait", status.waiting) if status.waiting else "",
        tr("{n} at work", n=digits(status.running)) if status.running else "",
        tr("{rate} files a second", rate=words.decimal(status.per_second))
        if pending and status.per_second >= 0.05
        else "",
        words.left(status.left) if pending and status.left is not None else "",
        tr("{n} done", n=digits(status.done)) if status.done else "",
        tr("{n} failed", n=digits(status.failed)) if status.failed else "",
        tr("{n} held", n=digits(status.held)) if status.held else "",
    ]
    return " · ".join(part for part in parts if part) or tr("Nothing to do.")
