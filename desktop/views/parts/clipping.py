"""What the viewer does with clips: add what is marked, what is said or found, keep the list, export it."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.views.parts.film import FilmStage
from desktop.views.parts.saving import LISTS, ask_target
from desktop.views.parts.timeline import Sort, TimeMark
from engine.errors import KinoraError
from engine.language import tr
from engine.model import Moment
from engine.model.clips import Clip

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

WORDS = 8  # of a sentence that name a clip


class Clipping(QObject):
    """The clips of one viewer."""

    def __init__(self, view: "ViewerView") -> None:
        super().__init__(view)
        self._view = view
        self._list = view.about.clips
        self._reading = view.ops.latest()
        self._known: list[Clip] = []
        said = view.about.said
        said.clipped.connect(lambda moment, text: self.add(moment, short(text)))
        said.done.connect(view.undoable)
        said.told.connect(view.message)
        panel = self._list
        panel.picked.connect(self._go)
        panel.renamed.connect(
            lambda number, name: self._do(tr("The clip is renamed."), self._clips.rename, number, name)
        )
        panel.described.connect(lambda number, note: self._do("", self._clips.describe, number, note))
        panel.cut.connect(lambda number, start, end: self._do("", self._clips.cut, number, start, end))
        panel.ordered.connect(lambda ids: self._do("", self._clips.order, ids))
        panel.removed.connect(lambda ids: self._do(tr("Taken out of the list."), self._clips.remove, ids))
        panel.exported.connect(self.ask_export)
        panel.added.connect(self.add_marked)
        view.about.filled.connect(self.renew)

    @property
    def _clips(self):  # type: ignore[no-untyped-def]  # the engine's Clips
        return self._view.ops.library.clips

    def adopt(self, stage: FilmStage) -> None:
        """Listen to a stage for films."""
        stage.clip_asked.connect(self.add_marked)
        stage.cutting.changed.connect(self._suit)

    def renew(self) -> None:
        """Read the list anew."""
        self._reading.start(self._read())

    async def _read(self) -> None:
        found = await self._view.ops.ask(self._clips.listing)
        if found is None:
            return
        self._known = found
        self._list.show_clips(found, self._view.asset)
        film = self._film
        if film is not None:
            film.show_clips([_marked(clip) for clip in found if clip.asset == self._view.asset])
        self._suit()

    def _suit(self) -> None:
        film = self._film
        self._list.add.setEnabled(film is not None and film.cutting.span(film.length) is not None)

    @property
    def _film(self) -> FilmStage | None:
        return self._view.stage if isinstance(self._view.stage, FilmStage) else None

    # --- adding

    def add_marked(self) -> None:
        """Add the piece from the in to the out point; without them the sentence, hit or shot that is shown."""
        film = self._film
        if film is None or self._view.subject is None:
            self._view.message.emit(tr("Clips are pieces of films and recordings."))
            return
        span = film.cutting.span(film.length)
        if span is not None:
            self.add(Moment(*span), "")
            film.cutting.clear()
            return
        found = self._here(film)
        if found is None:
            self._view.message.emit(tr("Set where the clip begins (I) and ends (O) first."))
            return
        self.add(*found)

    def _here(self, film: FilmStage) -> tuple[Moment, str] | None:
        """The sentence, the moment that matches, or the shot at the second that is shown."""
        subject, second = self._view.subject, film.second
        if subject is None:
            return None
        for hit in subject.hits:
            moment = hit.moment
            if moment.start is not None and moment.end is not None and moment.start - 0.05 <= second < moment.end:
                return Moment(moment.start, moment.end), short(hit.snippet or hit.why)
        for one in subject.senses.said:
            if one.start <= second < one.end:
                return Moment(one.start, one.end), short(one.text)
        cuts = [0.0, *(one.start for one in film.line.marks if one.sort is Sort.CUT), film.length]
        shots = [(start, end) for start, end in itertools.pairwise(cuts) if start <= second < end]
        return (Moment(*shots[0]), "") if len(cuts) > 2 and shots else None

    def add(self, moment: Moment, name: str) -> None:
        """Add a piece of the asset that is shown, or a mark."""
        asset = self._view.asset
        if asset is not None and moment.start is not None:
            whole = moment if moment.end is not None else Moment(moment.start)
            said = tr("A clip is added.") if whole.end is not None else tr("The moment is marked.")
            self._do(said, self._clips.add, asset, Moment(whole.start, whole.end), name)

    def mark(self) -> None:
        """Mark the moment that is shown."""
        film = self._film
        if film is not None:
            self.add(Moment(film.second), "")

    # --- the list

    def _go(self, clip: Clip) -> None:
        view = self._view
        if clip.asset != view.asset:
            if clip.asset in view.ids:
                view.open(view.ids, view.ids.index(clip.asset), view.query, clip.moment)
            else:
                view.open([clip.asset], 0, "", clip.moment)
            return
        view.go(clip.moment)
        film = self._film
        if film is not None and clip.moment.end is not None:
            film.cutting.put(clip.moment.start, clip.moment.end)

    def _do(self, said: str, verb: Callable[..., object], *values: object) -> None:
        self._view.ops.start(self._ask(said, verb, *values))

    async def _ask(self, said: str, verb: Callable[..., object], *values: object) -> None:
        try:
            await self._view.ops.demand(verb, *values)
        except KinoraError as error:
            self._view.ops.tell(error)
        else:
            if said:
                self._view.undoable.emit(said)
        await self._read()

    # --- exporting

    def ask_export(self, ids: list[int] | None = None) -> None:
        """Ask where the list goes, and write it."""
        forms = [(ending, tr(title)) for ending, title in LISTS]
        ask_target(self._view, tr("Export clips"), tr("Clips"), forms, lambda target: self.write(target, ids))

    def write(self, target: Path, ids: list[int] | None = None) -> None:
        """Write the list; the ending says in what form."""
        self._view.ops.start(self._write(target, ids))

    async def _write(self, target: Path, ids: list[int] | None) -> None:
        if await self._view.ops.ask(self._view.ops.library.exports.write_list, target, None, ids) is not None:
            self._view.message.emit(tr("Written to {target}.", target=target))


def short(text: str) -> str:
    """The first words of a sentence, as a name."""
    parts = text.split()
    return " ".join(parts[:WORDS]) + ("…" if len(parts) > WORDS else "")


def _marked(clip: Clip) -> TimeMark:
    sort = Sort.FLAG if clip.is_mark else Sort.CLIP
    return TimeMark(sort, clip.moment.start or 0.0, clip.moment.end, clip.name)
