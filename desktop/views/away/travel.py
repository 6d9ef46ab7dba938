"""What may travel to other machines and what never leaves this computer: analyzers, folders, albums."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.models.deeds import stay_words
from desktop.operations import Operations
from desktop.views.away.pages import Page, card
from desktop.views.away.signs import Drawing
from desktop.views.parts.cards import emptied
from engine.errors import Cancelled, KinoraError
from engine.language import mark, tr
from engine.model import Stay, StayScope

LEAD = mark(
    "Names, places, folders and dates of your files never travel, and neither do the files themselves. To a host goes "
    "only what an analyzer must see or hear: small pictures, pages, sound without music quality, all without a word "
    "on whose they are."
)
REASONS = {
    "faces": mark("Who is in a picture can be told from it: it stays here unless you say otherwise."),
}
SCOPES = {
    StayScope.FOLDER: (mark("Folders that never leave this computer"), "folder",
                       mark("No folder is marked. Nothing in a marked folder, or below it, ever travels.")),
    StayScope.ALBUM: (mark("Albums that never leave this computer"), "album",
                      mark("No album is marked. The menu of an album in the library marks it.")),
}  # fmt: skip


class TravelPage(Page):
    """The marks, and how they are set.

    Signals:
        decided: a mark was set or taken away: a sentence that offers to undo it.
    """

    decided = Signal(str)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self._latest = ops.latest()
        self._shown: tuple[Stay, ...] | None = None
        self.marks: tuple[Stay, ...] = ()
        self.boxes: dict[str, QCheckBox] = {}
        self._analyzers = QVBoxLayout()
        self._lists = {scope: QVBoxLayout() for scope in SCOPES}
        self.add = button(tr("Mark a folder…"), self.choose_folder)
        self._assemble()

    def shown(self) -> None:
        """The page came to the front."""
        self._latest.start(self._load())

    def close_page(self) -> None:
        """Ask for nothing more."""
        self._latest.cancel()

    def choose_folder(self) -> None:
        """Ask for a folder that is to stay here."""
        dialog = QFileDialog(self, tr("A folder that never leaves this computer"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(lambda names: self.mark_folder(names[0]))
        dialog.open()

    def mark_folder(self, path: str) -> None:
        """Mark a folder."""
        self._ops.start(self._mark(StayScope.FOLDER, str(Path(path)), Path(path).name or path, on=True))

    # --- inside

    async def _load(self) -> None:
        hosts = self._ops.library.hosts
        found = await self._ops.ask(lambda: (tuple(hosts.travellers()), tuple(hosts.stays())))
        if found is None:
            return
        able, self.marks = found
        for name in able:
            if name not in self.boxes:
                self._add_box(name)
                await asyncio.sleep(0)
        staying = {stay.target for stay in self.marks if stay.scope is StayScope.ANALYZER}
        for name, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(name not in staying)
            box.blockSignals(False)
        if self._shown != self.marks:
            self._shown = self.marks
            for scope, holder in self._lists.items():
                self._fill(holder, scope, [stay for stay in self.marks if stay.scope is scope])
                await asyncio.sleep(0)

    def _add_box(self, name: str) -> None:
        box = QCheckBox(vocabulary.analysis(name))
        box.toggled.connect(lambda on: self._ops.start(
            self._mark(StayScope.ANALYZER, name, vocabulary.analysis(name), on=not on)))  # fmt: skip
        self.boxes[name] = box
        self._analyzers.addWidget(box)
        if name in REASONS:
            why = label(tr(REASONS[name]), "small", wrap=True)
            why.setContentsMargins(tokens.XL + 2, 0, 0, tokens.XS)
            why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            box.setAccessibleDescription(why.text())
            self._analyzers.addWidget(why)

    def _fill(self, holder: QVBoxLayout, scope: StayScope, marks: Sequence[Stay]) -> None:
        emptied(holder)
        _, icon, none = SCOPES[scope]
        for stay in marks:
            holder.addWidget(self._line(stay, icon))
        if not marks:
            note = label(tr(none), "muted", wrap=True)
            note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            holder.addWidget(note)

    def _line(self, stay: Stay, icon: str) -> QWidget:
        made = QWidget()
        name = label(words.breakable(stay.target if stay.scope is StayScope.FOLDER else stay.title), wrap=True)
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        free = Tool(self._look, "close", tr("Let {name} travel again", name=stay.title))
        free.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        free.clicked.connect(lambda _on=False: self._ops.start(
            self._mark(stay.scope, stay.target, stay.title, on=False)))  # fmt: skip
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.S)
        line.addWidget(Drawing(self._look, icon, "muted", 18))
        line.addWidget(name, 1)
        line.addWidget(free)
        return made

    async def _mark(self, scope: StayScope, target: str, title: str, *, on: bool) -> None:
        try:
            await self._ops.demand(self._ops.library.hosts.stay, scope, target, on)
            self.decided.emit(stay_words(title, on=on))
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
        await self._load()

    def _assemble(self) -> None:
        lead = label(tr(LEAD), "", wrap=True)
        lead.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._inner.addWidget(lead)
        self._analyzers.setSpacing(2)
        self._add_card(tr("What may travel"), self._analyzers)
        for scope, (title, _, _) in SCOPES.items():
            self._lists[scope].setSpacing(tokens.XS)
            more = self.add if scope is StayScope.FOLDER else None
            self._add_card(tr(title), self._lists[scope], more)
        self._inner.addStretch(1)

    def _add_card(self, title: str, holder: QVBoxLayout, more: QWidget | None = None) -> None:
        sheet, column = card(title, more)
        column.addLayout(holder)
        self._inner.addWidget(sheet)
