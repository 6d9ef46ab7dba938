"""Compare: two to four files side by side, looked at as one, until the best is chosen."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts.aside import Aside
from desktop.views.parts.contenders import Contenders
from desktop.views.parts.contrast import contrasts, measured
from desktop.views.parts.elided import Elided
from desktop.views.parts.flicker import Flicker
from desktop.views.parts.pane import Pane, level
from desktop.views.parts.picture import Picture
from engine.language import digits, mark, tr, trn
from engine.model import AssetRow, Change, FindingKind

MOST = 4  # files side by side
LEAST = 190  # pixels of one
CLOSER = 1.25
REJECTED = "rejected"  # the tag of what was not chosen
MEASURES = ((mark("Sharpness"), "sharpness"), (mark("Exposure"), "exposure"), (mark("Contrast"), "contrast"))
SIDE_BY_SIDE, ONE_PLACE = 0, 1


class CompareView(View):
    """Files of a list beside each other; the keys are about the one in focus."""

    id = "compare"
    title = mark("Compare")
    icon = "compare"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.contenders = Contenders()
        self.current = 0
        self.panes: list[Pane] = []  # as many as were shown side by side so far
        self.aside = Aside(ops, look, self)
        self.flicker = Flicker(ops, look)
        self.leave = Tool(look, "back", tr("Back (Esc)"))
        self.what = Elided("strong")
        self.count = label("", "small")
        self.link = Tool(look, "link", tr("Move together (L)"), checkable=True)
        self.blink = Tool(look, "blink", tr("Blink: one after the other at the same place (B)"), checkable=True)
        self.differ = Tool(look, "difference", tr("Show where they differ (D)"), checkable=True)
        self.whole = Tool(look, "fit", tr("Whole picture or 100 % (Z)"))
        self.again = Tool(look, "right", tr("Put the next one in this place (N)"))
        self.pile = QStackedWidget(self)
        self._rows: dict[int, AssetRow] = {}
        self._qualities: dict[int, dict[str, float]] = {}
        self._reading = ops.latest()
        self._assemble()
        self._connect()

    # --- the view

    def open(self, ids: Sequence[int]) -> None:
        """Compare the first of these; the others wait to be put in."""
        self._turn_to(SIDE_BY_SIDE)
        self.aside.forget()
        self._rows.clear()
        self._qualities.clear()
        self.contenders = Contenders(list(ids), self._room())
        self.current = 0
        self.link.setChecked(True)
        self._refresh()
        self.setFocus()

    def selected(self) -> list[int]:
        shown = self.contenders.shown
        return [shown[self.current]] if self.current < len(shown) else []

    def changed(self, change: Change) -> None:
        if change.topics & {"assets", "files", "decisions", "findings"} and self.isVisible():
            for asset in list(change.assets) or list(self._rows):
                self._rows.pop(asset, None)
                self._qualities.pop(asset, None)
            self._refresh()

    def shown(self) -> None:
        self._focus(self.current)

    def hidden(self) -> None:
        self.aside.stop()
        self._reading.cancel()
        self._turn_to(SIDE_BY_SIDE)

    def close_view(self) -> None:
        self.hidden()
        self.aside.forget()

    # --- what is compared

    def _refresh(self) -> None:
        self._reading.start(self._read())

    async def _read(self) -> None:
        wanted = [asset for asset in self.contenders.shown if asset not in self._rows]
        library = self.ops.library

        def read() -> list[tuple[AssetRow, dict[str, float]]]:
            found = []
            for asset in wanted:
                measures = library.findings(asset, [FindingKind.QUALITY])
                scores = {one.finding.label: one.finding.score or 0.0 for one in measures}
                found.append((library.asset(asset), scores))
            return found

        for row, scores in await self.ops.ask(read) or ():
            self._rows[row.cell.id], self._qualities[row.cell.id] = row, scores
        self._fill()

    def _add(self) -> None:
        place, pane = len(self.panes), Pane(self.look, self._side_by_side)
        pane.entered.connect(lambda: self._entered(place))
        pane.rated.connect(self.rate)
        pane.liked.connect(self.favour)
        pane.closed.connect(self.take_out)
        pane.opened.connect(self.open_current)
        pane.unveiled.connect(lambda: self.look.veil.show(self.contenders.shown[place]))
        self.panes.append(pane)
        self.aside.add(pane.canvas)
        self._across.addWidget(pane, 1)

    def _fill(self) -> None:
        rows = [self._rows[asset] for asset in self.contenders.shown if asset in self._rows]
        measures = [
            measured(tr(name), [self._qualities.get(row.cell.id, {}).get(key) for row in rows])
            for name, key in MEASURES
        ]
        facts = contrasts(rows, *measures) if rows else []
        self.current = min(self.current, max(0, len(rows) - 1))
        while len(self.panes) < min(MOST, len(rows)):
            self._add()
        for place, pane in enumerate(self.panes):
            pane.setVisible(place < len(rows))
            if place < len(rows):
                told = [(fact, fact.values[place], place in fact.best) for fact in facts if fact.values[place]]
                pane.show_row(place + 1, rows[place], told)
                pane.show_favourite(rows[place].cell.favourite)
        self.aside.show([row.cell for row in rows])
        self._veils()
        self._mark()
        self._count()
        QTimer.singleShot(0, self, self._level)  # when the words have been laid out

    def _veils(self) -> None:
        for place, pane in enumerate(self.panes):
            pane.show_veil(self.aside.veiled(place))

    def _count(self) -> None:
        shown, waiting = len(self.contenders.shown), len(self.contenders.waiting)
        names = [self._rows[asset].cell.name for asset in self.contenders.shown if asset in self._rows]
        self.what.say(" · ".join(names))
        self.count.setText(
            tr("{n} of {all}", n=digits(shown), all=digits(shown + waiting)) if waiting else digits(shown)
        )
        self.again.setEnabled(bool(waiting))
        for part in (self.blink, self.differ):
            part.setEnabled(shown > 1)

    # --- the one in focus

    def step(self, by: int) -> None:
        """Give the next (1) or previous (-1) one the focus; while they blink, show it."""
        if self.pile.currentIndex() == ONE_PLACE:
            self.flicker.turn(by)
        elif self.contenders.shown:
            self._focus((self.current + by) % len(self.contenders.shown))

    def _focus(self, place: int) -> None:
        self.current = place
        self._mark()
        if self.pile.currentIndex() == SIDE_BY_SIDE and self.panes[place].isVisible():
            self.panes[place].canvas.setFocus()

    def _entered(self, place: int) -> None:
        self.current = place
        self._mark()

    def _mark(self) -> None:
        for place, pane in enumerate(self.panes):
            pane.show_current(place == self.current and len(self.contenders.shown) > 1)

    def rate(self, stars: int) -> None:
        """Give the one in focus stars."""
        if ids := self.selected():
            said = trn("{n} star given.", "{n} stars given.", stars) if stars else tr("Stars taken away.")
            self._do(said, self.ops.library.rate, ids, stars or None)

    def favour(self, on: bool | None = None) -> None:
        """Make the one in focus a favourite, or no longer."""
        ids = self.selected()
        row = self._rows.get(ids[0]) if ids else None
        if row is not None:
            wanted = not row.cell.favourite if on is None else on
            said = tr("It is a favourite.") if wanted else tr("It is no favourite any more.")
            self._do(said, self.ops.library.keep.favourite, ids, wanted)

    def reject(self) -> None:
        """Tag the one in focus as rejected, and let the next one take its place."""
        if ids := self.selected():
            name = self._rows[ids[0]].cell.name if ids[0] in self._rows else ""
            self._do(tr("{name} is tagged “{tag}”.", name=name, tag=REJECTED), self.ops.library.tag, ids, REJECTED)
            self.take_out()

    def swap(self) -> None:
        """Put the next one that waits in the place of the one in focus."""
        if self.contenders.swap(self.current):
            self._refresh()
        else:
            self.message.emit(tr("There is no further one to compare."))

    def take_out(self) -> None:
        """Take the one in focus out of the comparison; the next one takes its place, if there is one."""
        if not self.contenders.drop(self.current):
            self.go_back.emit()
            return
        self._refresh()

    def open_current(self) -> None:
        """Show the one in focus in the viewer."""
        if self.contenders.shown:
            self.open_asset.emit(list(self.contenders.shown), self.current, "")

    def _do(self, said: str, verb: Any, *values: object) -> None:
        self.ops.start(self._decide(said, verb, *values))

    async def _decide(self, said: str, verb: Any, *values: object) -> None:
        done: list[bool] = []

        def work() -> None:
            verb(*values)
            done.append(True)

        await self.ops.ask(work)
        if done:
            self.undoable.emit(said)

    # --- ways to look

    def toggle_zoom(self) -> None:
        """Between the whole pictures and 100 %."""
        if self.pile.currentIndex() == ONE_PLACE:
            self.flicker.canvas.toggle()
        else:
            self.aside.toggle(self.current)

    def zoom(self, factor: float) -> None:
        """Look closer or from farther away."""
        if self.pile.currentIndex() == ONE_PLACE:
            self.flicker.canvas.zoom(factor)
        else:
            self.aside.zoom(factor, self.current)

    def _link(self, on: bool) -> None:
        self.aside.link(on, self.current)

    def turn_over(self) -> None:
        """Begin to blink, or show the other one."""
        if self.pile.currentIndex() == ONE_PLACE and self.blink.isChecked():
            self.flicker.turn()
        else:
            self.blink.setChecked(True)

    def _blink(self, on: bool) -> None:
        if on and (found := self._pictures()) is not None:
            self.differ.setChecked(False)
            self._turn_to(ONE_PLACE)
            self.flicker.blink(found, min(self.current, len(found) - 1), *self._view())
        elif not self.differ.isChecked():
            self._turn_to(SIDE_BY_SIDE)

    def _differ(self, on: bool) -> None:
        if on and (found := self._pictures()) is not None:
            self.blink.setChecked(False)
            self._turn_to(ONE_PLACE)
            other = (self.current + 1) % len(found)
            self.flicker.subtract([found[self.current], found[other]], *self._view())
        elif not self.blink.isChecked():
            self._turn_to(SIDE_BY_SIDE)

    def _pictures(self) -> list[tuple[Picture, str]] | None:
        """What is compared at one place; None where a picture is missing or blurred."""
        found: list[tuple[Picture, str]] = []
        for place, asset in enumerate(self.contenders.shown):
            row = self._rows.get(asset)
            picture = None if row is None or self.aside.veiled(place) else self.aside.picture(place)
            if row is not None and picture is not None:
                found.append((picture, row.cell.name))
        if len(found) < 2 or len(found) < len(self.contenders.shown):
            self.message.emit(tr("Not every picture can be shown at one place: one is blurred or not there yet."))
            self.blink.setChecked(False)
            self.differ.setChecked(False)
            return None
        return found

    def _view(self) -> tuple[float, Any]:
        lens = self.panes[self.current].canvas.lens
        return lens.times, lens.centre

    def _turn_to(self, way: int) -> None:
        if way == SIDE_BY_SIDE:
            self.blink.setChecked(False)
            self.differ.setChecked(False)
            self.flicker.stop()
        self.pile.setCurrentIndex(way)
        if self.isVisible():
            (self.flicker if way == ONE_PLACE else self.panes[self.current].canvas).setFocus()

    def _escape(self) -> None:
        if self.pile.currentIndex() == ONE_PLACE:
            self._turn_to(SIDE_BY_SIDE)
        else:
            self.go_back.emit()

    # --- room

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.contenders.fit(self._room()):
            self._refresh()
        self._level()

    def _room(self) -> int:
        return max(2, min(MOST, (self.width() - 2 * tokens.M) // LEAST))

    def _level(self) -> None:
        level([pane for pane in self.panes if not pane.isHidden()], self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if way is not None:
            self.step(way if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else -way)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_current()
        elif event.key() == Qt.Key.Key_Space and self.pile.currentIndex() == ONE_PLACE:
            self.flicker.turn()
        else:
            super().keyPressEvent(event)

    # --- building

    def _assemble(self) -> None:
        bar = QFrame(self)
        bar.setObjectName("bar")
        line = QHBoxLayout(bar)
        line.setContentsMargins(tokens.S, 6, tokens.S, 6)
        line.setSpacing(2)
        line.addWidget(self.leave)
        line.addSpacing(tokens.XS)
        line.addWidget(self.what, 1)
        line.addWidget(self.count)
        line.addSpacing(tokens.S)
        for part in (self.again, self.link, self.blink, self.differ, self.whole):
            line.addWidget(part)
        self._side_by_side = QWidget(self.pile)
        self._across = QHBoxLayout(self._side_by_side)
        self._across.setContentsMargins(tokens.M, tokens.M, tokens.M, tokens.M)
        self._across.setSpacing(tokens.M)
        self.pile.addWidget(self._side_by_side)
        self._add()
        self.panes[0].hide()
        self.pile.addWidget(self.flicker)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.pile, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        self.leave.clicked.connect(self.go_back)
        self.link.toggled.connect(self._link)
        self.blink.toggled.connect(self._blink)
        self.differ.toggled.connect(self._differ)
        self.whole.clicked.connect(self.toggle_zoom)
        self.again.clicked.connect(self.swap)
        self.look.veil.changed.connect(self._veils)
        for stars in range(6):
            self._key(str(stars), lambda stars=stars: self.rate(stars))
        for keys, call in (
            ("Esc", self._escape), ("F", self.favour), ("X", self.reject), ("N", self.swap), ("Del", self.take_out),
            ("L", self.link.toggle), ("B", self.turn_over), ("D", self.differ.toggle), ("Z", self.toggle_zoom),
            ("+", lambda: self.zoom(CLOSER)), ("=", lambda: self.zoom(CLOSER)), ("-", lambda: self.zoom(1 / CLOSER)),
        ):  # fmt: skip
            self._key(keys, call)

    def _key(self, keys: str, call: Any) -> None:
        action = QAction(self, shortcut=QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False: call())
        self.addAction(action)
