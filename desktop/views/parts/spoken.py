"""What is said in a film or recording: read along, look for words, correct lines, write subtitles."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label, row
from desktop.operations import Operations
from desktop.views.parts.lineedit import LineEditor
from desktop.views.parts.saving import SPOKEN, ask_target
from desktop.views.parts.senses import Said
from desktop.views.parts.subject import Subject
from desktop.views.parts.transcript import Transcript
from engine.errors import KinoraError
from engine.language import digits, tr
from engine.model import Moment
from engine.model.lines import Line


class SaidPanel(QWidget):
    """The transcript with its tools.

    Signals:
        done: a decision was made, in a sentence that can be undone.
        told: a sentence without a way back.
        clipped: make a clip of a sentence: its moment and its words.
    """

    done = Signal(str)
    told = Signal(str)
    clipped = Signal(object, str)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops = ops
        self._subject: Subject | None = None
        self._lines: list[Line] = []
        self._number = -1  # of the sentence that is corrected
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find in what is said"))
        self.search.setAccessibleName(tr("Find in what is said"))
        self.search.setClearButtonEnabled(True)
        self.count = label("", "small")
        self.follow = Tool(look, "down", tr("Follow what sounds"), checkable=True)
        self.follow.setChecked(True)
        self.export = Tool(look, "export", tr("Export subtitles…"))
        self.transcript = Transcript(ops, look)
        self.editor = LineEditor(self.transcript.viewport())
        self.hint = label(tr("Double-click a line to correct it (F2)."), "small", wrap=True)
        self._lay_out()
        self._connect()

    def show_subject(self, subject: Subject) -> None:
        """Take an asset."""
        before = self._subject.row.cell.id if self._subject is not None else None
        self._subject = subject
        if before != subject.row.cell.id:
            self.close_editor()
            self.search.clear()
        self.transcript.show_said(subject.senses.said)

    def close_editor(self) -> None:
        """Leave the line as it is."""
        if self.editor.isVisible():
            self.editor.hide()
            self.transcript.setFocus()
        self._number = -1

    # --- correcting

    def edit(self, number: int) -> None:
        """Correct a sentence, over its place."""
        if self._subject is not None and 0 <= number < len(self.transcript.said):
            self._number = number
            self._ops.start(self._open(self._subject.row.cell.id, number))

    async def _open(self, asset: int, number: int) -> None:
        lines = await self._ops.ask(self._ops.library.corrections.lines, asset)
        if lines is None or self._subject is None or self._subject.row.cell.id != asset or self._number != number:
            return
        self._lines = lines
        line = self._line(number)
        if line is None:
            return
        self.transcript.reveal(number)
        last = number + 1 >= len(self.transcript.said)
        self.editor.open_at(self.transcript.rect_of(number), line, self._voices(), last=last)

    def _line(self, number: int) -> Line | None:
        said = self.transcript.said
        if not 0 <= number < len(said):
            return None
        one = said[number]
        return next((line for line in self._lines if (line.moment, line.text) == (one.moment, one.text)), None)

    def _voices(self) -> list[tuple[int, str]]:
        """The speakers of the recording: an appearance and a name for each."""
        if self._subject is None:
            return []
        return [(number, name) for number, name in self._subject.senses.voices if name]

    def _save(self, text: str, start: float, end: float, voice: int | None) -> None:
        line = self.editor.line
        if line is None or self._subject is None:
            return
        if (text, start, end, voice) == (line.text, line.moment.start, line.moment.end, line.voice):
            self.close_editor()
            return
        rewrite = partial(self._ops.library.corrections.rewrite, text=text, start=start, end=end, voice=voice)
        self._do(tr("The line is corrected."), rewrite, self._subject.row.cell.id, line.moment, line.text)

    def _do(self, said: str, verb: Callable[..., object], *values: object) -> None:
        self.close_editor()
        self._ops.start(self._ask(said, verb, *values))

    async def _ask(self, said: str, verb: Callable[..., object], *values: object) -> None:
        try:
            await self._ops.demand(verb, *values)
        except KinoraError as error:
            self._ops.tell(error)
            return
        self.done.emit(said)

    def _split(self, before: int) -> None:
        line = self.editor.line
        if line is not None and self._subject is not None:
            verbs, asset = self._ops.library.corrections, self._subject.row.cell.id
            self._do(tr("The line is two now."), verbs.split, asset, line.moment, line.text, before)

    def _join(self) -> None:
        line, after = self.editor.line, self._line(self._number + 1)
        if line is not None and after is not None and self._subject is not None:
            verbs, both = self._ops.library.corrections, [(line.moment, line.text), (after.moment, after.text)]
            self._do(tr("The lines are one now."), verbs.merge, self._subject.row.cell.id, both)

    def _revert(self) -> None:
        line = self.editor.line
        if line is not None and self._subject is not None:
            verbs, asset = self._ops.library.corrections, self._subject.row.cell.id
            self._do(tr("What was read stands again."), verbs.revert, asset, line.moment, line.text)

    # --- the menu of a sentence

    def show_menu(self, number: int, point: QPoint) -> None:
        """Show what can be done with a sentence."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if number >= 0:
            one = self.transcript.said[number]
            menu.addAction(tr("Play from here")).triggered.connect(lambda: self.transcript.picked.emit(_place(one)))
            menu.addAction(tr("Correct this line… (F2)")).triggered.connect(lambda: self.edit(number))
            menu.addAction(tr("Add as a clip (C)")).triggered.connect(lambda: self.clipped.emit(_place(one), one.text))
            self._voice_menu(menu, one)
            menu.addSeparator()
        copied = menu.addAction(tr("Copy"))
        copied.setEnabled(self.transcript.textCursor().hasSelection())
        copied.triggered.connect(self.transcript.copy)
        menu.addAction(tr("Export subtitles…")).triggered.connect(self.ask_export)
        menu.popup(point)

    def _voice_menu(self, menu: QMenu, one: Said) -> None:
        voices = self._voices()
        if len(voices) < 1 or self._subject is None:
            return
        who = menu.addMenu(tr("Who says this"))
        verbs, asset = self._ops.library.corrections, self._subject.row.cell.id
        for number, name in [*voices, (None, tr("Nobody"))]:
            action = who.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == one.speaker)
            action.triggered.connect(
                lambda _on=False, number=number: self._do(
                    tr("It is said who speaks."), verbs.speak, asset, [(one.moment, one.text)], number
                )
            )

    # --- exporting

    def ask_export(self) -> None:
        """Ask where the subtitles go, and write them."""
        if self._subject is None:
            return
        name = Path(self._subject.row.cell.name).stem
        forms = [(ending, tr(title)) for ending, title in SPOKEN]
        ask_target(self, tr("Export subtitles"), name, forms, self.write)

    def write(self, target: Path) -> None:
        """Write what is said; the ending says in what form."""
        if self._subject is not None:
            self._ops.start(self._write(self._subject.row.cell.id, target))

    async def _write(self, asset: int, target: Path) -> None:
        if await self._ops.ask(self._ops.library.exports.write_said, asset, target) is not None:
            self.told.emit(tr("Written to {target}.", target=target))

    # --- finding

    def _find(self, wanted: str) -> None:
        found = self.transcript.find_words(wanted)
        self.count.setText(digits(found) if wanted.strip() else "")
        if found:
            self.transcript.next_found()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.transcript.viewport() and event.type() == QEvent.Type.Resize and self.editor.isVisible():
            self.editor.place(self.transcript.rect_of(self._number))
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        self.transcript.edited.connect(self.edit)
        self.transcript.menu_asked.connect(self.show_menu)
        self.transcript.viewport().installEventFilter(self)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self.transcript.next_found)
        self.export.clicked.connect(self.ask_export)
        self.follow.toggled.connect(partial(setattr, self.transcript, "follows"))
        editor = self.editor
        editor.saved.connect(self._save)
        editor.split.connect(self._split)
        editor.joined.connect(self._join)
        editor.reverted.connect(self._revert)
        editor.closed.connect(self.close_editor)

    def _lay_out(self) -> None:
        top = row(self.search, self.count, self.follow, self.export, gap=tokens.XS, stretch=0)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, tokens.S)
        column.setSpacing(tokens.XS)
        column.addLayout(top)
        column.addWidget(self.transcript, 1)
        column.addWidget(self.hint)


def _place(one: Said) -> Moment:
    return one.moment if one.moment.start is not None else Moment(one.start, one.end)
