"""Bringing one asset after another onto the stages of the viewer, without an empty moment in between."""

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.views.parts.about import ABOUT, MOMENTS
from desktop.views.parts.facts import summary
from desktop.views.parts.film import FilmStage
from desktop.views.parts.nearby import Glimpse, Nearby
from desktop.views.parts.paper import PaperStage, is_paged
from desktop.views.parts.photo import PhotoStage
from desktop.views.parts.picture import Picture
from desktop.views.parts.stage import Stage
from desktop.views.parts.standing import Standing, differs, standing
from desktop.views.parts.subject import Subject, arranged, fetch
from engine.model import WHOLE, Kind, Moment

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

LONGEST = 150  # milliseconds that the former view stays while nothing is known yet
FURTHER = (1, -1, 2, -2, 3)  # steps ahead, in the direction in which one goes, that are made ready
STAGES: dict[str, type[Stage]] = {"film": FilmStage, "paper": PaperStage, "photo": PhotoStage}


class Showing(QObject):
    """What the viewer shows now; the view's `stage` and `subject` follow it.

    Signals:
        arrived: there is something to be seen: a picture, a page, or why there is none.
    """

    arrived = Signal()

    def __init__(self, view: "ViewerView") -> None:
        super().__init__(view)
        self._view = view
        self.nearby = Nearby(view.ops)
        self._loading = view.ops.latest()
        self._fresh = True  # opened from another view, not stepped to
        self._begun = 0  # the asset whose stage has begun
        self._way = 1  # 1: going on, -1: going back
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LONGEST)
        self._late.timeout.connect(self.arrived)

    def open(self) -> None:
        """What is shown next is opened from another view."""
        self._fresh, self._way = True, 1
        self._late.start()

    def show(self, asset: int, moment: Moment | None, way: int = 1) -> None:
        """Show an asset: at once what is at hand, then what is found in it."""
        self._way = way
        self._begun = 0
        glimpse = self.nearby.glimpse(asset)
        if glimpse is not None:
            self._glimpse(glimpse, moment)
        self._loading.start(self._load(asset, moment, known=glimpse is not None))

    def renew(self) -> None:
        """Take newer findings of the asset that is shown."""
        view = self._view
        if view.asset is not None and view.subject is not None:
            self._loading.start(self._renew(view.asset))

    async def renewed(self) -> None:
        """The same, and wait for it."""
        view = self._view
        if view.asset is not None and view.subject is not None:
            await self._renew(view.asset)

    def leave(self) -> None:
        """Stop what runs and show nothing."""
        view = self._view
        self._late.stop()
        self._loading.cancel()
        self.nearby.stop()
        self._begun = 0
        if view.stage is not None:
            view.stage.leave()
        view.stage, view.subject = None, None
        view.say(Standing(""))
        view.pile.setCurrentWidget(view.blank)

    # --- inside

    def _glimpse(self, glimpse: Glimpse, moment: Moment | None) -> None:
        """Begin with what is known at once, where the rest only adds to it."""
        view, row = self._view, glimpse.row
        subject = arranged(row, (), (), "")
        view.bar.show_asset(row.cell.name, summary(row))
        if glimpse.picture is None or not _adds(subject, searched=bool(view.query.strip()) and moment is None):
            return
        found = standing(subject, preview=True)
        if found.stage:
            self._begin(subject, found, glimpse.picture, moment)

    def _begin(self, subject: Subject, found: Standing, first: Picture | None, at: Moment | None) -> None:
        view = self._view
        asset = subject.row.cell.id
        view.say(found)
        self._turn_to(self._stage(found.stage))
        view.cover(subject.row.cell)
        if view.stage is not None:
            view.stage.begin(subject, self.nearby.sharp(asset) or first, at)
        view.bar.suit(view.stage)
        self._begun = asset
        self._late.stop()
        self.arrived.emit()
        view.focus_stage()
        self._prepare()

    async def _load(self, asset: int, moment: Moment | None, *, known: bool) -> None:
        view = self._view
        reading = asyncio.ensure_future(view.ops.ask(fetch, view.ops.library, asset, view.query))
        try:
            glimpse = self.nearby.glimpse(asset) if known else await self.nearby.fetch(asset)
            if glimpse is not None and not known and asset == view.asset:
                self._glimpse(glimpse, moment)
            subject = await reading
        finally:
            reading.cancel()
        if subject is None or asset != view.asset:
            return
        target = moment if moment is not None and moment != WHOLE else subject.best
        first = glimpse.picture if glimpse is not None else None
        found = standing(subject, preview=first is not None)
        view.subject = subject
        view.bar.show_asset(subject.row.cell.name, summary(subject.row))
        if self._begun == asset and view.stage is self._stage(found.stage) and view.stage is not None:
            self._add(view.stage, subject, target, went=moment is not None)
        else:
            self._begin(subject, found, first, target)
        view.bar.count(subject)
        await asyncio.sleep(0)  # the picture first, the panel in the next turn of the loop
        view.about.show_subject(subject)
        if target is not None:
            view.went_to(target)
        if self._fresh:
            view.about.tabs.setCurrentIndex(MOMENTS if len(subject.hits) > 1 else ABOUT)
            self._fresh = False

    def _add(self, stage: Stage, subject: Subject, target: Moment | None, *, went: bool) -> None:
        self._view.cover(subject.row.cell)
        stage.renew(subject)
        if target is not None and not (went and isinstance(stage, FilmStage)):
            stage.go(target)

    async def _renew(self, asset: int) -> None:
        view = self._view
        subject = await view.ops.ask(fetch, view.ops.library, asset, view.query)
        if subject is None or asset != view.asset or view.subject is None:
            return
        was, view.subject = view.subject, subject
        view.about.show_subject(subject)
        view.bar.count(subject)
        if view.stage is None or differs(was, subject):
            self._begun = 0
            await self._load(asset, None, known=False)
            return
        view.cover(subject.row.cell)
        view.stage.renew(subject)

    def _stage(self, name: str) -> Stage | None:
        view = self._view
        if name and name not in view.stages:
            stage = STAGES[name](view.ops, view.look)
            view.stages[name] = stage
            stage.sharpened.connect(self._sharpened)
            view.adopt(stage)
        return view.stages.get(name)

    def _turn_to(self, stage: Stage | None) -> None:
        view = self._view
        if view.stage is not None and view.stage is not stage:
            view.stage.leave()
        view.stage = stage
        view.pile.setCurrentWidget(stage if stage is not None else view.blank)

    def _sharpened(self, asset: int, picture: Picture) -> None:
        self.nearby.keep(asset, picture)
        self._prepare()

    def _prepare(self) -> None:
        view = self._view
        steps = (view.index + self._way * step for step in FURTHER)
        self.nearby.prepare([view.ids[index] for index in steps if 0 <= index < len(view.ids)])


def _adds(subject: Subject, *, searched: bool) -> bool:
    """Whether the findings only add to what is seen at once: a film and pages open where the search leads."""
    kind = subject.row.cell.kind
    if kind is Kind.PHOTO:
        return True
    if searched:
        return False
    return kind is Kind.VIDEO or (kind is Kind.DOCUMENT and is_paged(subject))
