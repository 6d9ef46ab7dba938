"""The stage for documents: their pages as pictures, or their text where there are none."""

import asyncio

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Empty, Tool, label
from desktop.operations import Operations
from desktop.views.parts.leaves import SIDE as LEAF_SIDE
from desktop.views.parts.leaves import Leaves
from desktop.views.parts.overlays import Layer
from desktop.views.parts.pages import Pages
from desktop.views.parts.picture import Picture
from desktop.views.parts.prose import Prose
from desktop.views.parts.script import write
from desktop.views.parts.stage import Stage, render
from desktop.views.parts.subject import Subject
from engine.errors import KinoraError
from engine.language import tr
from engine.model import Moment

AT_ONCE = 2  # pages that are drawn at the same time
LATER = 0.05  # seconds until it is looked again whether the large pages are drawn
PAGED = frozenset({"application/pdf"})


class PaperStage(Stage):
    """A document.

    Signals:
        hopped: a button asks for the next (1) or previous (-1) hit.
    """

    hopped = Signal(int)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.pages = Pages(look)
        self.prose = Prose(look)
        self.blank = Empty(look, "document", tr("No text was found in this document."))
        self.leaves = Leaves(look)
        self.stack = QStackedWidget()
        for part in (self.pages, self.prose, self.blank):
            self.stack.addWidget(part)
        self.number = QLineEdit()
        self.number.setFixedWidth(64)
        self.number.setAccessibleName(tr("Page"))
        self.word = label(tr("Page"), "small")
        self.count = label("", "small")
        self.hits = label("", "small")
        self.side = Tool(look, "leaves", tr("Pages as small pictures (G)"), checkable=True)
        self.wide = Tool(look, "fit-width", tr("As wide as the window (0)"))
        self.whole = Tool(look, "fit", tr("A whole page (Z)"))
        self.before = Tool(look, "up", tr("Previous hit (Shift+F3)"))
        self.after = Tool(look, "down", tr("Next hit (F3)"))
        self._bar = self._made_bar()
        self._subject: Subject | None = None
        self._writing = ops.latest()
        self._queue: list[int] = []
        self._drawing: dict[int, asyncio.Task[None]] = {}
        self._leafing = ops.latest()
        self.draws = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.leaves)
        across.addWidget(self.stack, 1)
        column.addLayout(across, 1)
        column.addWidget(self._bar)
        self.pages.wanted.connect(self._want)
        self.pages.turned.connect(self._turned)
        self.pages.zoomed.connect(self.zoomed)
        self.pages.chosen.connect(self.chosen)
        self.pages.menu_asked.connect(self.menu_asked)
        self.leaves.wanted.connect(lambda pages: self._leafing.start(self._draw_leaves(pages)))
        self.leaves.picked.connect(self.pages.turn)
        self.side.toggled.connect(self._show_leaves)
        self.wide.clicked.connect(self.fit)
        self.whole.clicked.connect(self.pages.fit_page)
        self.prose.selectionChanged.connect(self.chosen)
        self.number.editingFinished.connect(self._typed)
        self.before.clicked.connect(lambda: self.hopped.emit(-1))
        self.after.clicked.connect(lambda: self.hopped.emit(1))

    # --- the stage

    def begin(self, subject: Subject, first: Picture | None, at: Moment | None) -> None:
        self.leave()
        self._subject = subject
        if is_paged(subject):
            count = subject.row.cell.pages or subject.row.facts.pages or max(subject.marks, default=1)
            self.pages.begin(max(1, count), subject.marks)
            self.leaves.begin(max(1, count))
            if first is not None:
                self.pages.put(1, first, 0)
            self._show(self.pages)
            self.zoomed.emit(self.pages.zoom)
            if at is not None:
                self.pages.go(at)
        else:
            self._show(self.prose if subject.lines else self.blank)
            self._writing.start(self._write(subject, at))
        self._count(subject)

    def renew(self, subject: Subject) -> None:
        was, self._subject = self._subject, subject
        if is_paged(subject):
            self.pages.put_marks(subject.marks)
        elif was is None or was.lines != subject.lines or was.hits != subject.hits:
            self._show(self.prose if subject.lines else self.blank)
            self._writing.start(self._write(subject, None))
        self._count(subject)

    def leave(self) -> None:
        self._subject = None
        self._writing.cancel()
        self._queue.clear()
        for task in list(self._drawing.values()):
            task.cancel()
        self._drawing.clear()
        self._leafing.cancel()
        self.leaves.begin(0)
        self.pages.release()
        self.prose.release()

    def go(self, moment: Moment) -> None:
        if self.stack.currentWidget() is self.pages:
            self.pages.go(moment)
        else:
            self.prose.go(moment)

    def veil(self, on: bool) -> None:
        self.pages.veil(on)
        self.leaves.veil(on)

    def show_layer(self, layer: Layer, on: bool) -> None:
        (self.pages.shown.add if on else self.pages.shown.discard)(layer)
        self.pages.viewport().update()

    def zoom(self, factor: float) -> None:
        if self.stack.currentWidget() is self.pages:
            self.pages.set_zoom(self.pages.zoom * factor)
        elif factor > 1:
            self.prose.zoomIn(1)
        else:
            self.prose.zoomOut(1)

    def fit(self) -> None:
        self.pages.set_zoom(1.0)

    def full(self) -> None:
        self.pages.set_zoom(1.0)

    def toggle_zoom(self) -> None:
        if abs(self.pages.zoom - 1.0) < 0.01:
            self.pages.fit_page()
        else:
            self.fit()

    def toggle_leaves(self) -> None:
        """Show or hide the small pictures of the pages."""
        self.side.toggle()

    def ask_page(self) -> None:
        """Let the number of a page be typed."""
        if self.stack.currentWidget() is self.pages:
            self.number.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.number.selectAll()

    def copied(self) -> str:
        if self.stack.currentWidget() is self.pages:
            return self.pages.copied()
        return self.prose.textCursor().selectedText().replace("\u2029", "\n")

    def choose_all(self) -> None:
        if self.stack.currentWidget() is self.pages:
            self.pages.choose_page()
        else:
            self.prose.selectAll()

    def step_match(self, direction: int) -> Moment | None:
        """In a text without pages: go to the next (1) or previous (-1) match; its moment, None where hits are boxes."""
        return self.prose.step(direction) if self.stack.currentWidget() is self.prose else None

    # --- drawing pages

    def _want(self, pages: list[int]) -> None:
        self._queue = [page for page in pages if page not in self._drawing]
        self._pump()

    def _pump(self) -> None:
        subject = self._subject
        while subject is not None and self._queue and len(self._drawing) < AT_ONCE:
            page = self._queue.pop(0)
            self._drawing[page] = self.ops.start(self._draw(subject, page, self.pages.side_for(page)))

    async def _draw(self, subject: Subject, page: int, side: int) -> None:
        asset = subject.row.cell.id
        try:
            picture = await self.ops.demand(render, self.ops.library, asset, side=side, page=page)
        except KinoraError as error:
            if self._is(asset):
                self.pages.fail(page, error.text)
                self.troubled.emit(error.text, error.hint)
        else:
            if self._is(asset):
                self.pages.put(page, picture, side)
        finally:
            if self._is(asset):
                self._drawing.pop(page, None)
                self._pump()

    def _show_leaves(self, on: bool) -> None:
        self.leaves.setVisible(on and self.stack.currentWidget() is self.pages and len(self.pages.sheets) > 1)

    async def _draw_leaves(self, pages: list[int]) -> None:
        """Draw small pages one after the other, behind the large ones."""
        subject = self._subject
        for page in pages:
            while self._drawing:
                await asyncio.sleep(LATER)
            if subject is None or not self._is(subject.row.cell.id):
                return
            try:
                drawn = await self.ops.demand(render, self.ops.library, subject.row.cell.id, side=LEAF_SIDE, page=page)
            except KinoraError:
                self.leaves.fail(page)  # said where the large page stands
            else:
                self.leaves.put(page, drawn.levels[-1])

    def _is(self, asset: int) -> bool:
        return self._subject is not None and self._subject.row.cell.id == asset

    async def _write(self, subject: Subject, at: Moment | None) -> None:
        script = await self.ops.ask(write, subject.lines, subject.hits)
        if script is None or not self._is(subject.row.cell.id):
            return
        self.prose.remark(script) if at is None else self.prose.begin(script)
        if at is not None:
            self.prose.go(at)

    # --- the bar

    def _show(self, part: QWidget) -> None:
        self.stack.setCurrentWidget(part)
        self.setFocusProxy(part)
        paged = part is self.pages
        self.zooms, self.layers = True, (Layer.TEXT,) if paged else ()
        for each in (self.word, self.number, self.count, self.side, self.wide, self.whole):
            each.setVisible(paged)
        self._show_leaves(self.side.isChecked())

    def _count(self, subject: Subject) -> None:
        self.count.setText(tr("of {n}", n=len(self.pages.sheets)))
        found = len(subject.hits)
        self.hits.setText(tr("1 hit") if found == 1 else tr("{found} hits", found=found) if found else "")
        for part in (self.before, self.after):
            part.setVisible(bool(found))
        self._bar.setVisible(self.stack.currentWidget() is self.pages or bool(found))

    def _turned(self, page: int) -> None:
        self.leaves.show_page(page)
        if not self.number.hasFocus():
            self.number.setText(str(page))

    def _typed(self) -> None:
        if self.number.text().strip().isdigit():
            self.pages.turn(int(self.number.text()))
        self.number.setText(str(self.pages.page))
        self.pages.setFocus()

    def _made_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("strip")
        line = QHBoxLayout(bar)
        line.setContentsMargins(tokens.M, tokens.XS, tokens.M, tokens.XS)
        line.setSpacing(tokens.S)
        line.addWidget(self.word)
        line.addWidget(self.number)
        line.addWidget(self.count)
        line.addStretch(1)
        for part in (self.side, self.wide, self.whole):
            line.addWidget(part)
        line.addStretch(1)
        line.addWidget(self.hits)
        line.addWidget(self.before)
        line.addWidget(self.after)
        return bar


def is_paged(subject: Subject) -> bool:
    """Whether a document is shown as pictures of its pages."""
    return subject.row.facts.mime in PAGED or any(page > 0 for page in subject.marks)
