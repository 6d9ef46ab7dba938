"""The settings, made from the declared options, and the folders that the library reads."""

import asyncio
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label, page
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.options.card import Card
from desktop.views.options.folders import Folders
from desktop.views.options.line import OptionLine
from engine.errors import SettingInvalid
from engine.language import mark, tr
from engine.model import Change
from engine.settings import OPTIONS, TASKS, Option

PACKS = "Packs"
IN_PACKS = frozenset(f"packs.{task}" for task, _ in TASKS)  # these are chosen in the packs view


class SettingsView(View):
    """Every option, saved as soon as it is changed."""

    id: ClassVar[str] = "settings"
    title: ClassVar[str] = mark("Settings")
    icon: ClassVar[str] = "settings"
    shortcut: ClassVar[str] = "Ctrl+,"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.lines: dict[str, OptionLine] = {}
        self.cards: dict[str, Card] = {}
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Find a setting"))
        self.box.setAccessibleName(tr("Find a setting"))
        self.box.setClearButtonEnabled(True)
        self.box.setMaximumWidth(280)
        self.box.textChanged.connect(self._filter)
        self._none = label(tr("No setting has these words."), "muted")
        self._none.hide()
        self.folders = Folders(ops, look)
        self.folders.command.connect(self.command)
        self.folders.decided.connect(self.undoable)
        self._latest = ops.latest()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(500)
        self._again.timeout.connect(self._refresh)
        self.built = asyncio.Event()  # every line is there
        self._assemble()
        ops.start(self._build())

    def shown(self) -> None:
        self.box.setFocus()
        self._refresh()

    def changed(self, change: Change) -> None:
        if (
            self.isVisible()
            and change.topics & {"settings", "roots", "files", "decisions"}
            and not self._again.isActive()
        ):
            self._again.start()

    def close_view(self) -> None:
        self._again.stop()
        for line in self.lines.values():
            line.close_line()

    def _assemble(self) -> None:
        content = QWidget()
        content.setObjectName("content")
        content.setMaximumWidth(900)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.XL, tokens.L, tokens.XL, tokens.XL)
        inner.setSpacing(tokens.L)
        inner.addLayout(self._head())
        inner.addWidget(self._none)
        self.cards["Folders"] = card = Card(tr("Folders"))
        card.add(self.folders, "folders watch remove drive offline add")
        inner.addWidget(card)
        inner.addStretch(1)
        self._content, self._inner = content, inner
        area = page(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)

    async def _build(self) -> None:
        """Make the lines, one in each turn of the loop: all at once would hold up the window."""
        for section in dict.fromkeys(option.section for option in OPTIONS):
            self.cards[section] = card = Card(tr(section))
            card.hide()
            self._inner.insertWidget(self._inner.count() - 1, card)
            if section == PACKS:
                card.add(self._way_to_packs(), "models choose install faces speech meaning objects sounds")
            for option in (one for one in OPTIONS if one.section == section and one.key not in IN_PACKS):
                await asyncio.sleep(0)
                made = self._line(option)
                await asyncio.sleep(0)
                card.add(made, f"{tr(section)} {tr(option.title)} {tr(option.help)} {option.key}")
                made.show()
            card.show()
            await asyncio.sleep(0)
        self.built.set()
        if self.box.text():
            self._filter(self.box.text())

    def _head(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.addWidget(label(tr(self.title), "title"))
        line.addStretch(1)
        line.addWidget(self.box, 1)
        return line

    def _line(self, option: Option) -> OptionLine:
        made = OptionLine(option, self.look)
        made.hide()
        made.setParent(self._content)  # from the start: a later move would have it styled twice
        made.ensurePolished()
        made.edited.connect(lambda value, o=option: self.ops.start(self._save(o, value)))
        self.lines[option.key] = made
        return made

    def _way_to_packs(self) -> QWidget:
        """Which pack does what is chosen where they are listed with their licences and speed."""
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, tokens.S, 0, tokens.S)
        line.setSpacing(tokens.M)
        words = tr("What Kinora can see and hear, which pack does it, and which could be installed.")
        said = label(words, "small", wrap=True)
        line.addWidget(said, 1)
        line.addWidget(button(tr("Packs"), lambda: self.command.emit("view.packs")))
        return holder

    def _filter(self, text: str) -> None:
        found = [card.filter(text) for card in self.cards.values()]
        self._none.setVisible(not any(found))

    def _refresh(self) -> None:
        self._latest.start(self._load())

    async def _load(self) -> None:
        await self.built.wait()
        values = await self.ops.ask(self.ops.library.settings)
        for key, value in (values or {}).items():
            if key in self.lines:
                self.lines[key].show_value(value)
        await self.folders.load()

    async def _save(self, option: Option, value: Any) -> None:
        line = self.lines[option.key]
        try:
            stored = option.clean(value)
        except SettingInvalid as error:
            line.show_error(f"{error.text} {error.hint}")
            return
        line.show_error("")
        await self.ops.demand(self.ops.library.set, option.key, stored)
        line.mark_default(stored)
        if option.restart:
            self.message.emit(tr("“{title}” works from the next start.", title=tr(option.title)))
