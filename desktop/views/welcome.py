"""The first start in three steps: which folders, what to understand, and it works."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from desktop.tasks import ADDING
from desktop.views.base import View
from desktop.views.start.folders import FolderStep
from desktop.views.start.live import LiveStep
from desktop.views.start.senses import SensesStep
from engine.language import mark, tr
from engine.model import Change

FOLDERS, SENSES, LIVE = 0, 1, 2
STEPS = (mark("1  Folders"), mark("2  Understanding"), mark("3  It works"))


class WelcomeView(View):
    """Leads from nothing to a library that can be searched; can be skipped, and opened again from the help menu."""

    id: ClassVar[str] = "welcome"
    title: ClassVar[str] = mark("Welcome")
    icon: ClassVar[str] = "kinora"
    shortcut: ClassVar[str] = ""

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self._open = FOLDERS  # the step that a next start goes on with; -1 when it is over
        self.folders, self.senses, self.live = FolderStep(ops, look), SensesStep(ops, look), LiveStep(ops, look)
        self.pile = QStackedWidget(self)
        self.steps = (self.folders, self.senses, self.live)
        for step in self.steps:
            self.pile.addWidget(step)
        self.names: list[QLabel] = [label(tr(name), "small") for name in STEPS]
        self.skip = button(tr("Skip"), self.leave, "quiet")
        self.skip.setToolTip(tr("Go to the library; these steps are in the help menu."))
        policy = self.skip.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.skip.setSizePolicy(policy)
        head = QHBoxLayout()
        head.setContentsMargins(tokens.XL, tokens.M, tokens.L, 0)
        head.setSpacing(tokens.L)
        head.addStretch(1)
        for name in self.names:
            head.addWidget(name)
        head.addStretch(1)
        head.addWidget(self.skip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.pile, 1)
        self.folders.chosen.connect(self.begin)
        self.folders.later.connect(lambda: self.go(SENSES))
        self.senses.go_on.connect(lambda: self.go(LIVE))
        self.senses.deeds.said.connect(self.message)
        self.live.finished.connect(self.leave)
        self.live.search.connect(self._search)
        self.go(FOLDERS)

    # --- the view

    @property
    def step(self) -> int:
        """Which step shows."""
        return self.pile.currentIndex()

    def shown(self) -> None:
        self.steps[self.step].open_step()
        self._focus()

    def hidden(self) -> None:
        self._open = -1  # who goes elsewhere needs no guide any more
        for step in self.steps:
            step.close_step()

    def changed(self, change: Change) -> None:
        if self.isVisible() and self.step == SENSES and change.topics & {"packs"}:
            self.senses.open_step()

    def save_state(self) -> dict[str, Any]:
        return {"open": self._open}

    def restore_state(self, state: dict[str, Any]) -> None:
        found = state.get("open")
        self.go(int(found) if found in (SENSES, LIVE) else FOLDERS)

    def close_view(self) -> None:
        for step in self.steps:
            step.close_step()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button that has the focus, else the one that goes on; Escape skips."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = self.focusWidget()
            pressed = focus if isinstance(focus, QPushButton) else self.steps[self.step].primary
            if pressed is not None and pressed.isEnabled():
                pressed.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    # --- the steps

    def go(self, step: int) -> None:
        """Show a step."""
        self.steps[self.step].close_step()
        self._open = step
        self.pile.setCurrentIndex(step)
        for number, name in enumerate(self.names):
            name.setProperty("role", "strong" if number == step else "small")
            name.style().unpolish(name)
            name.style().polish(name)
            name.setAccessibleDescription(tr("this step") if number == step else "")
        self.skip.setVisible(step != LIVE)
        if self.isVisible():
            self.shown()

    def take_paths(self, paths: Sequence[Path]) -> None:
        self.begin(paths)

    def begin(self, paths: Sequence[Path]) -> None:
        """Read these folders and files, and go on meanwhile."""
        if paths:
            self.ops.start(self._add(list(paths)))
            self.go(SENSES)

    def leave(self) -> None:
        """Go to the library."""
        self._open = -1
        self.command.emit("view.library")

    # --- inside

    async def _add(self, paths: list[Path]) -> None:
        name = paths[0].name or str(paths[0])
        title = tr("Adding {name}", name=name) if len(paths) == 1 else tr("Adding {n} things", n=len(paths))
        await self.ops.run(title, self.ops.library.add(paths), plain=tr(ADDING))

    def _search(self, query: str) -> None:
        self._open = -1
        self.show_query.emit(query)

    def _focus(self) -> None:
        primary = self.steps[self.step].primary
        if primary is not None and primary.isEnabled():
            primary.setFocus()
        elif self.step == FOLDERS:
            self.folders.more.setFocus()
