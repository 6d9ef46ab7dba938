"""The viewer: one asset large, with what was found in it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop import places
from desktop.look.look import Look
from desktop.look.parts import Empty
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts import keys
from desktop.views.parts.about import About
from desktop.views.parts.cards import Card
from desktop.views.parts.clipping import Clipping
from desktop.views.parts.film import FilmStage
from desktop.views.parts.filmstrip import Filmstrip
from desktop.views.parts.hands import Hands
from desktop.views.parts.overlays import Layer
from desktop.views.parts.paper import PaperStage
from desktop.views.parts.showing import Showing
from desktop.views.parts.stage import Stage
from desktop.views.parts.standing import Standing
from desktop.views.parts.subject import Subject
from desktop.views.parts.topbar import TopBar
from desktop.views.parts.transport import volume_of
from engine.language import mark, tr
from engine.model import Cell, Change, Moment

NARROW = 680  # pixels: below this width the panel beside the picture is not shown


class ViewerView(View):
    """Shows the assets of a list one by one."""

    id = "viewer"
    title = mark("Viewer")
    icon = "photo"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.ids: Sequence[int] = ()
        self.index = 0
        self.query = ""
        self.subject: Subject | None = None
        self.bar = TopBar(look)
        self.about = About(ops, look, self)
        self.deeds = Deeds(ops, self)
        self.strip = Filmstrip(ops, look)
        self.stages: dict[str, Stage] = {}
        self.stage: Stage | None = None
        self.blank = Empty(look, "warning", "")
        self._again = self.blank.add(tr("Try again"), self._retry_all)
        self.card = Card(look, "warning", "")
        self.shade = Card(
            look, "", tr("This picture is blurred."), tr("Kinora thinks that it may not be for every eye.")
        )
        self.shade.add(tr("Show"), self.unveil, "primary")
        self.shade.add(tr("Show all until Kinora is closed"), lambda: look.veil.lift())
        self._covered: Cell | None = None  # what was decided last whether to blur it
        self._layers = dict.fromkeys(Layer, False)
        self._hit = -1
        self.showing = Showing(self)
        self._assemble()
        self.hands = Hands(self)
        self.clipping = Clipping(self)
        self._connect()
        keys.install(self)

    # --- opening

    def open(self, ids: Sequence[int], index: int, query: str = "", moment: Moment | None = None) -> None:
        """Show the asset at `index` of a list, at a moment if one is given."""
        self.ids, self.query = ids, query
        self.strip.show_list(ids, index)
        self.strip.setVisible(len(ids) > 1)
        self.showing.open()
        self._show(min(max(0, index), len(ids) - 1), moment)
        self.setFocus()

    def step(self, by: int) -> None:
        """Go on or back in the list."""
        self.show_index(self.index + by)

    def show_index(self, index: int) -> None:
        """Show another asset of the list."""
        if 0 <= index < len(self.ids) and index != self.index:
            self._show(index, None)

    @property
    def asset(self) -> int | None:
        """The asset that is shown."""
        return self.ids[self.index] if len(self.ids) else None

    # --- the view

    def changed(self, change: Change) -> None:
        """Take newer findings, decisions and files of the shown asset."""
        touched = change.topics & {"assets", "files", "findings", "decisions", "jobs", "people"}
        asset = self.asset
        if change.topics & {"assets", "files", "findings"}:
            self.strip.cells.changed(change.assets)
            self.strip.previews.forget(tuple(change.assets) or None)
        if touched - {"jobs", "people"}:
            self.showing.nearby.forget(change.assets)
        if not touched or asset is None or not self.isVisible():
            return
        if change.topics - {"jobs"} and (not change.assets or asset in change.assets):
            self.renew()

    def shown(self) -> None:
        self.focus_stage()

    def _come(self) -> None:
        if not self.isVisible():
            self.came.emit()

    def hidden(self) -> None:
        """Stop playing and give back what is open."""
        self.showing.leave()

    def selected(self) -> list[int]:
        return [self.asset] if self.asset is not None else []

    def following(self, asset: int) -> list[int]:
        return [self.ids[self.index + 1]] if self.index + 1 < len(self.ids) else []

    def save_state(self) -> dict[str, Any]:
        film = self.stages.get("film")
        volume = film.player.volume if isinstance(film, FilmStage) else self._volume
        layers = [layer.value for layer, on in self._layers.items() if on]
        return {"panel": self.bar.panel.isChecked(), "layers": layers, "volume": volume}

    def restore_state(self, state: dict[str, Any]) -> None:
        self.bar.panel.setChecked(state.get("panel") in (True, "true", None))
        shown = state.get("layers") or ()
        for layer in Layer:
            self.bar.set_layer(layer, layer.value in shown)
        self._volume = volume_of(state.get("volume"), 0.8)

    def close_view(self) -> None:
        self.showing.leave()
        self.strip.close_strip()

    # --- showing

    def _show(self, index: int, moment: Moment | None) -> None:
        way = -1 if index < self.index else 1
        self.index, self.subject, self._hit = index, None, -1
        self.bar.show_place(index, len(self.ids))
        self.strip.show_index(index)
        cell = self.strip.cell(index)
        self.bar.show_asset(cell.name if cell else "", "")
        self.showing.show(self.ids[index], moment, way)

    def renew(self) -> None:
        """Take newer findings of the shown asset."""
        self.showing.renew()

    def adopt(self, stage: Stage) -> None:
        """Take a new stage into the pile."""
        self.pile.addWidget(stage)
        stage.troubled.connect(self._warn)
        stage.zoomed.connect(self.bar.show_zoom)
        for layer, on in self._layers.items():
            stage.show_layer(layer, on)
        self.hands.adopt(stage)
        if isinstance(stage, FilmStage):
            stage.set_volume(self._volume)
            stage.at_second.connect(self.about.transcript.show_second)
            self.clipping.adopt(stage)
        if isinstance(stage, (FilmStage, PaperStage)):
            stage.hopped.connect(self.next_hit)

    def focus_stage(self) -> None:
        """Give the keys to the stage."""
        if self.stage is not None and self.isVisible() and not self.about.isAncestorOf(self.focusWidget() or self):
            self.stage.setFocus()

    # --- states

    def say(self, found: Standing) -> None:
        """Say what is wrong: on the page that stands in for a picture, or above the stage."""
        self.card.setVisible(bool(found.stage and found.text))
        self.card.say(found.text, found.hint)
        self.blank.title.setText(found.text)
        self.blank.text.setText(found.hint)
        self._again.setVisible(found.retry)

    def _warn(self, text: str, hint: str) -> None:
        self.card.say(text, hint)
        self.card.show()

    def cover(self, cell: Cell) -> None:
        """Blur what must not be seen by every eye, before it is drawn."""
        self._covered = cell
        veiled = self.stage is not None and self.look.veil.hides(cell.id, cell.safety)
        self.shade.setVisible(veiled)
        if self.stage is not None:
            self.stage.veil(veiled)

    def _cover_again(self) -> None:
        if self._covered is not None and self._covered.id == self.asset:
            self.cover(self._covered)
            self.focus_stage()

    def unveil(self) -> None:
        """Show a blurred picture, until the window is closed."""
        if self.asset is not None:
            self.look.veil.show(self.asset)

    # --- moments

    def go(self, moment: Moment) -> None:
        """Show a moment of the asset."""
        if self.stage is not None:
            self.stage.go(moment)
            self.went_to(moment)

    def next_hit(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) moment that matches."""
        subject = self.subject
        if subject is None or not subject.hits:
            self.message.emit(
                tr("Nothing in this file matches the search.") if self.query else tr("There was no search.")
            )
            return
        if isinstance(self.stage, PaperStage) and (moment := self.stage.step_match(direction)) is not None:
            self.went_to(moment)
            return
        if isinstance(self.stage, FilmStage):
            self._hit = self.stage.hit_from_here(subject, direction)
        elif self._hit < 0 and direction < 0:
            self._hit = len(subject.hits) - 1
        else:
            self._hit = (self._hit + direction) % len(subject.hits)
        self.go(subject.hits[self._hit].moment)

    def went_to(self, moment: Moment) -> None:
        """A moment is shown now."""
        self.about.show_moment(moment)
        if self.subject is not None:
            self._hit = next((i for i, hit in enumerate(self.subject.hits) if hit.moment == moment), self._hit)

    # --- decisions

    def _retry_all(self) -> None:
        if self.subject is not None:
            failed = [job.id for job in self.subject.row.jobs if job.state == "failed"]
            self._retry(failed)

    def _retry(self, jobs: list[int]) -> None:
        self.ops.start(self._decide(self.ops.library.retry, jobs))
        self.message.emit(tr("It is tried again."))

    def _on_asset(self, name: str, *values: object) -> None:
        if self.asset is not None:
            self.ops.start(self._decide(getattr(self.ops.library, name), [self.asset], *values))

    async def _decide(self, verb: Any, *values: object) -> None:
        await self.ops.ask(verb, *values)
        await self.showing.renewed()

    def _reveal(self, raw: bytes) -> None:
        if not places.reveal(path := Path(os.fsdecode(raw))):
            self.message.emit(tr("The file manager did not open. The file is {path}.", path=path))

    def copy(self) -> None:
        """Copy the chosen words, or what the box with the focus says."""
        held = self.stage.held() if self.stage is not None else None
        words = (self.stage.copied() if self.stage is not None else "") or (held[0].text if held is not None else "")
        if words:
            self.hands.copy(words)

    # --- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not keys.pressed(self, event):
            super().keyPressEvent(event)

    def zoom(self, factor: float) -> None:
        """Look closer or from farther away."""
        if self.stage is not None:
            self.stage.zoom(factor)

    def fit(self) -> None:
        """Show the whole."""
        if self.stage is not None:
            self.stage.fit()

    def toggle_zoom(self) -> None:
        """Between the whole and 100 %."""
        if self.stage is not None:
            self.stage.toggle_zoom()

    def full(self) -> None:
        """Show 100 %."""
        if self.stage is not None:
            self.stage.full()

    def choose_all(self) -> None:
        """Choose every word in sight."""
        if self.stage is not None:
            self.stage.choose_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_panel(self.bar.panel.isChecked())

    def _show_panel(self, shown: bool) -> None:
        """A narrow window keeps its room for the picture."""
        self.about.setVisible(shown and self.width() >= NARROW)

    def _layer(self, layer: Layer, on: bool) -> None:
        self._layers[layer] = on
        for stage in self.stages.values():
            stage.show_layer(layer, on)

    # --- building

    def _assemble(self) -> None:
        self._volume = 0.8
        middle = QWidget(self)
        self.pile = QStackedWidget(middle)
        self.pile.addWidget(self.blank)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.card, self.shade):
            part.hide()
            column.addWidget(part)
        column.addWidget(self.pile, 1)
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(middle, 1)
        across.addWidget(self.about)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.bar)
        whole.addLayout(across, 1)
        whole.addWidget(self.strip)
        self._again.hide()
        self.bar.panel.setChecked(True)

    def _connect(self) -> None:
        bar, about = self.bar, self.about
        bar.back.connect(self.go_back)
        bar.before.connect(lambda: self.step(-1))
        bar.after.connect(lambda: self.step(1))
        bar.closer.connect(lambda: self.zoom(keys.CLOSER))
        bar.farther.connect(lambda: self.zoom(1 / keys.CLOSER))
        bar.fitted.connect(self.fit)
        bar.layered.connect(self._layer)
        bar.paneled.connect(self._show_panel)
        self.deeds.done.connect(self.undoable)
        about.kept.favoured.connect(lambda asset, on: self.deeds.favourite([asset], on))
        about.kept.noted.connect(self.deeds.note)
        about.picked.connect(self.go)
        about.retried.connect(self._retry)
        about.rated.connect(lambda stars: self._on_asset("rate", stars or None))
        about.tagged.connect(lambda name: self._on_asset("tag", name))
        about.untagged.connect(lambda name: self._on_asset("untag", name))
        about.asked.connect(self.show_query)
        about.reveal.connect(self._reveal)
        self.strip.picked.connect(self.show_index)
        self.showing.arrived.connect(self._come)
        self.look.veil.changed.connect(self._cover_again)
