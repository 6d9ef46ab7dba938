"""The packs: what Kinora can learn to see and hear, what does it now, what could be installed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Empty, Tool, label, page
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts.cards import Card, emptied
from desktop.views.shelf.deeds import Deeds, titles
from desktop.views.shelf.group import TaskGroup
from engine.language import mark, tr, trn
from engine.model import Change, PackRow, TaskRow

AGAIN = 700  # milliseconds between two looks while things change
State = tuple[TaskRow, tuple[PackRow, ...], bool, str, tuple[tuple[str, str], ...]]
WHICH = (
    ("", mark("All packs")),
    ("installed", mark("Installed")),
    ("available", mark("Not installed")),
    ("wanted", mark("Files wait for them")),
    ("free", mark("Commercial use allowed")),
)
OFFLINE = mark("Offline is switched on, so nothing is downloaded.")
OFFLINE_HINT = mark("Import packs from a folder or a zip file, or switch Offline off in the settings.")


class PacksView(View):
    """Every task with its packs."""

    id: ClassVar[str] = "packs"
    title: ClassVar[str] = mark("Packs")
    icon: ClassVar[str] = "packs"
    shortcut: ClassVar[str] = "Ctrl+5"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.groups: list[TaskGroup] = []
        self._built: dict[str, tuple[State, TaskGroup]] = {}  # by task, with what they show
        self.deeds = Deeds(ops, self)
        self.deeds.said.connect(self.message)
        self.deeds.changed.connect(self.refresh)
        self._shown: tuple[object, ...] = ()
        self._latest = ops.latest()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN)
        self._again.timeout.connect(self.refresh)
        ops.tasks.changed.connect(self._show_tasks)
        self.setAcceptDrops(True)
        self._assemble()

    # --- the view

    def shown(self) -> None:
        self.refresh()
        self.box.setFocus()

    def hidden(self) -> None:
        self._again.stop()

    def changed(self, change: Change) -> None:
        concerned = change.topics & {"settings", "packs", "health", "jobs"}
        if concerned and self.isVisible() and not self._again.isActive():
            self._again.start()

    def close_view(self) -> None:
        self._again.stop()

    def refresh(self) -> None:
        """Look at the packs again."""
        self._latest.start(self._load())

    # --- inside

    def import_zip(self) -> None:
        """Ask for the zip file of a pack."""
        self.deeds.import_zip()

    def _do(self, what: str, pack: PackRow) -> None:
        deeds = self.deeds
        {"install": deeds.install, "check": deeds.check, "remove": deeds.remove, "cancel": deeds.cancel}[what](pack)

    async def _choose(self, task: str, pack_id: str) -> None:
        await self.ops.ask(self.ops.library.packs.choose, task, pack_id)
        self.refresh()

    async def _load(self) -> None:
        library = self.ops.library
        packs = await self.ops.ask(library.packs.listing)
        tasks = await self.ops.ask(library.packs.tasks)
        settings = await self.ops.ask(library.settings)
        if packs is not None and tasks is not None and settings is not None:
            await self._show_packs(packs, tasks, settings)

    async def _show_packs(
        self, packs: Sequence[PackRow], tasks: Sequence[TaskRow], settings: dict[str, object]
    ) -> None:
        """Show these; only tasks that changed are built anew, a piece in each turn of the loop: the window answers."""
        offline = bool(settings["net.offline"])
        chosen = {task.task: str(settings.get(f"packs.{task.task}", "")) for task in tasks}
        fresh = (tuple(packs), tuple(tasks), offline, tuple(chosen.items()), tuple(self.deeds.notes.items()))
        if fresh == self._shown:
            return
        self._head_words(packs, tasks, offline)
        self.pile.setCurrentWidget(self.area if tasks else self.blank)
        await asyncio.sleep(0)
        for number, task in enumerate(tasks):
            fitting = sorted((pack for pack in packs if task.task in pack.tasks), key=lambda pack: _rank(pack, task))
            notes = {pack.id: self.deeds.notes[pack.id] for pack in fitting if pack.id in self.deeds.notes}
            choice = chosen[task.task].split("@")[0]
            state = (task, tuple(fitting), offline, choice, tuple(notes.items()))
            if self._built.get(task.task, (None,))[0] != state:
                await self._build(number, state, notes)
        for gone in self._built.keys() - chosen.keys():
            self._drop(self._built.pop(gone)[1])
        self.groups = [self._built[task.task][1] for task in tasks]
        self._shown = fresh
        self._none.hide()
        if self.box.text() or self.which.currentData():
            self._filter(self.box.text())
        self._show_tasks()

    async def _build(self, number: int, state: State, notes: dict[str, str]) -> None:
        """Put the group of a task in its place, for the one that is there."""
        task, packs, offline, choice, _ = state
        group = TaskGroup(self.look, task, packs, offline=offline)
        group.hide()
        group.setParent(self._holder)  # from the start: a later move would have everything styled twice
        try:
            await self._fill(group, packs, notes)
        except asyncio.CancelledError:
            self._drop(group)
            raise
        group.show_choice(choice)
        group.asked.connect(self._do)
        group.chosen.connect(lambda name, pack_id: self.ops.start(self._choose(name, pack_id)))
        before = self._built.get(task.task, (None, None))[1]
        self._list.insertWidget(number, group)
        group.show()
        self._built[task.task] = (state, group)
        if before is not None:
            if before in self.groups:
                self.groups[self.groups.index(before)] = group
            self._drop(before)
        if self.box.text() or self.which.currentData():
            self._filter(self.box.text())
        self._show_tasks()
        await asyncio.sleep(0)

    async def _fill(self, group: TaskGroup, packs: Sequence[PackRow], notes: dict[str, str]) -> None:
        await asyncio.sleep(0)
        for pack in packs:
            group.add(pack, notes.get(pack.id, ""))
            await asyncio.sleep(0)

    def _drop(self, group: TaskGroup) -> None:
        self._list.removeWidget(group)
        group.hide()
        group.setParent(None)
        group.deleteLater()

    def _head_words(self, packs: Sequence[PackRow], tasks: Sequence[TaskRow], offline: bool) -> None:
        ready = [pack for pack in packs if pack.state == "installed"]
        bytes_ = words.size(sum(pack.size for pack in ready))
        served = sum(bool(task.pack) for task in tasks)
        held = (
            tr("{count} installed, {bytes}", count=trn("{n} pack", "{n} packs", len(ready)), bytes=bytes_)
            if ready
            else tr("No pack is installed yet")
        )
        self.sum.setText(tr("{held}. {served} of {n} abilities are there.", held=held, served=served, n=len(tasks)))
        emptied(self._cards)
        if offline:
            self._cards.addWidget(Card(self.look, "warning", tr(OFFLINE), tr(OFFLINE_HINT)))
        if not ready:
            self._cards.addWidget(
                Card(
                    self.look,
                    "",
                    tr("Packs teach Kinora to see and hear more"),
                    tr(
                        "Each is a set of models that runs on this computer: faces, things, speech, search "
                        "by meaning. Install what you want to search for; files that wait for it are read by "
                        "themselves."
                    ),
                )
            )

    def _show_tasks(self) -> None:
        for group in self.groups:
            for line in group.lines:
                found = (self.ops.tasks.titled(title) for title in titles(line.pack))
                line.show_task(next((task for task in found if task is not None), None))

    def _filter(self, text: str) -> None:
        wanted, which = text.lower().split(), str(self.which.currentData())
        found = [group.filter(wanted, which) for group in self.groups]
        self._none.setVisible(bool(found) and not any(found))

    # --- dropping a pack

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if pack_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in pack_paths(event):
            self.deeds.take_in(path)
        event.acceptProposedAction()

    # --- building

    def _assemble(self) -> None:
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Find a pack"))
        self.box.setAccessibleName(tr("Find a pack"))
        self.box.setClearButtonEnabled(True)
        self.box.setMaximumWidth(240)
        self.box.textChanged.connect(self._filter)
        self.bring = Tool(self.look, "download", tr("Import a pack from a folder or a zip file"), text=tr("Import"))
        menu = QMenu(self)
        menu.addAction(tr("From a folder…")).triggered.connect(lambda _on=False: self.deeds.import_folder())
        menu.addAction(tr("From a zip file…")).triggered.connect(lambda _on=False: self.deeds.import_zip())
        self.bring.setMenu(menu)
        self.bring.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Which packs are shown"))
        for key, text in WHICH:
            self.which.addItem(tr(text), key)
        self.which.currentIndexChanged.connect(lambda _row: self._filter(self.box.text()))
        self.sum = label("", "small", wrap=True)
        self._none = label(tr("No pack is like that."), "muted")
        self._none.hide()
        self._cards = QVBoxLayout()
        self._cards.setSpacing(tokens.S)
        self._list = QVBoxLayout()
        self._list.setSpacing(tokens.XL)
        self.blank = Empty(self.look, "packs", tr("Looking for packs…"))
        self.area = page(self._content())
        self.pile = QStackedWidget()
        self.pile.addWidget(self.blank)
        self.pile.addWidget(self.area)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pile)

    def _content(self) -> QWidget:
        self._holder = content = QWidget()
        content.setObjectName("content")
        content.setMaximumWidth(900)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.XL)
        inner.setSpacing(tokens.L)
        head = QHBoxLayout()
        head.setSpacing(tokens.S)
        head.addWidget(label(tr(self.title), "title"))
        head.addStretch(1)
        head.addWidget(self.box, 1)
        head.addWidget(self.which)
        head.addWidget(self.bring)
        inner.addLayout(head)
        inner.addWidget(self.sum)
        inner.addLayout(self._cards)
        inner.addWidget(self._none)
        inner.addLayout(self._list)
        inner.addStretch(1)
        return content


def pack_paths(event: QDropEvent) -> list[Path]:
    """The folders with a pack's description, and the zip files, among what is dragged."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile() and url.toLocalFile()]
    return [path for path in paths if path.suffix.lower() == ".zip" or (path / "pack.json").is_file()]


def _rank(pack: PackRow, task: TaskRow) -> tuple[bool, bool, bool, str]:
    """In use first, then what is installed, then what needs no consent."""
    return (task.task not in pack.chosen_for, pack.state == "available", pack.consent, pack.title.lower())
