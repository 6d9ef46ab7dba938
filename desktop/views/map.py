"""Places: the pictures of a search on a map that is drawn here, with the places by name and the pictures of one."""

from array import array
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.atlas.chart import Chart
from desktop.look.atlas.projection import Sight
from desktop.look.grid.grid import Grid
from desktop.look.look import Look
from desktop.look.parts import Empty, Tool, button, row
from desktop.models import query
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts.elided import Elided
from desktop.views.parts.placelist import PlaceList
from engine.errors import QueryError
from engine.language import digits, tr, trn
from engine.model import Area, Change, Cluster, Listing, PlaceRow
from engine.model import Chart as Found

APART = 64  # pixels between two clusters
CITIES = 48
AGAIN = 1200  # milliseconds after which a change of the library is drawn
NEAR = 0.35  # degrees around a place that is gone to
WIDEST = 7.0  # zoom that is not gone beyond when a whole search is shown
STRIP = 188  # pixels of the pictures of a cluster


class MapView(View):
    """The map of a search."""

    id: ClassVar[str] = "map"
    title: ClassVar[str] = "Places"
    icon: ClassVar[str] = "map"
    shortcut: ClassVar[str] = "Ctrl+M"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.text = ""  # the search that is shown
        self.found: Found | None = None
        self.chart = Chart(ops, look)
        self.list = PlaceList(look)
        self.pictures = Grid(ops, look)
        self.pictures.setAccessibleName(tr("Pictures of this place"))
        self.pictures.set_cell(112)
        self.pictures.set_names(False)
        self._chosen: Area | None = None
        self._charts, self._lists, self._strips = ops.latest(), ops.latest(), ops.latest()
        self._fresh = True  # nothing was shown yet
        self._stale = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN)
        self._again.timeout.connect(self.refresh)
        self._assemble()
        self._connect()

    # --- what the window asks

    def take_query(self, text: str) -> None:
        """Show another search (the one of the library, when the map is opened)."""
        if text != self.text or self._fresh:
            self.text, self._fresh = text, False
            self.close_strip()
            self.ops.start(self._begin(text))

    def shown(self) -> None:
        if self._fresh:
            self.take_query("")
        elif self._stale:
            self.refresh()
        self.chart.setFocus()

    def changed(self, change: Change) -> None:
        if change.topics & {"assets", "files", "roots", "findings"}:
            self.chart.previews.forget()
            self._stale = True
            if self.isVisible() and not self._again.isActive():
                self._again.start()
        if change.topics & {"assets", "files"}:
            self.pictures.cells.changed(change.assets)

    def selected(self) -> list[int]:
        return self.pictures.selected_ids(2000) if self.strip.isVisible() else []

    def grids(self) -> tuple[QWidget, ...]:
        return (self.pictures,)

    def save_state(self) -> dict[str, Any]:
        sight = self.chart.sight
        return {"x": sight.x, "y": sight.y, "zoom": sight.zoom, "list": self.list.isVisibleTo(self)}

    def restore_state(self, state: dict[str, Any]) -> None:
        numbers = [state.get(name) for name in ("x", "y", "zoom")]
        if all(isinstance(one, (int, float)) for one in numbers):
            self.chart.look_at(Sight(*(float(one) for one in numbers)), glide=False)  # type: ignore[arg-type]
        self.list.setVisible(bool(state.get("list", True)))

    def close_view(self) -> None:
        self._again.stop()
        self.chart.close_chart()
        self.pictures.close_grid()

    def refresh(self) -> None:
        """Ask for what is visible now."""
        self._stale = False
        self._charts.start(self._load(self.text))

    def search_here(self) -> None:
        """Show what lies in the visible rectangle, or in the chosen cluster, in the library."""
        self.show_query.emit(query.within(self.text, self._chosen or self.chart.area))

    def close_strip(self) -> None:
        """Put the pictures of a cluster away."""
        self._chosen = None
        self._strips.cancel()
        self.chart.choose(None)
        self.strip.hide()

    # --- inside

    def _assemble(self) -> None:
        self._what = Elided("strong")
        self._all = button(tr("Show everything"), lambda: self.take_query(""), "quiet")
        self._count = Elided("small")
        fit = Tool(self.look, "fit", tr("Show all of them"))
        fit.clicked.connect(lambda: self.ops.start(self._fit()))
        closer = Tool(self.look, "plus", tr("Closer (+)"))
        closer.clicked.connect(lambda: self.chart.zoom_by(1.0))
        farther = Tool(self.look, "minus", tr("Farther (-)"))
        farther.clicked.connect(lambda: self.chart.zoom_by(-1.0))
        places = Tool(self.look, "list", tr("Places by name"), checkable=True)
        places.setChecked(True)
        places.toggled.connect(self.list.setVisible)
        here = button(tr("Search here"), self.search_here, "primary")
        here.setToolTip(tr("Show what the visible part of the map holds in the library"))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._what)
        words.addWidget(self._count)
        head = row(fit, farther, closer, places, here)
        bar = QFrame()
        bar.setObjectName("bar")
        line = QHBoxLayout(bar)
        line.setContentsMargins(tokens.L, tokens.M, tokens.M, tokens.S)
        line.addLayout(words, 1)
        line.addWidget(self._all)
        line.addLayout(head)
        self._assemble_strip()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.chart, 1)
        column.addWidget(self.strip)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.addWidget(left)
        split.addWidget(self.list)
        split.setStretchFactor(0, 1)
        split.setCollapsible(0, False)
        self.nothing = Empty(
            self.look, "map", tr("Nothing here knows where it was taken"),
            tr("Photos and films with a position appear on this map. It is drawn on this computer: nothing is loaded "
               "from the network."),
        )  # fmt: skip
        self.pages = QStackedWidget()
        self.pages.addWidget(split)
        self.pages.addWidget(self.nothing)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(bar)
        whole.addWidget(self.pages, 1)

    def _assemble_strip(self) -> None:
        self.strip = QFrame()
        self.strip.setObjectName("panel")
        self.strip.setFixedHeight(STRIP)
        self.strip.setAccessibleName(tr("Pictures of this place"))
        self._near = Elided("strong")
        close = Tool(self.look, "close", tr("Close"))
        close.clicked.connect(self.close_strip)
        head = QHBoxLayout()
        head.setContentsMargins(tokens.L, tokens.S, tokens.S, 0)
        head.addWidget(self._near, 1)
        head.addWidget(button(tr("Come closer"), self._come_closer, "quiet"))
        head.addWidget(button(tr("Search here"), self.search_here, "quiet"))
        head.addWidget(close)
        column = QVBoxLayout(self.strip)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.pictures, 1)
        self.strip.hide()

    def _connect(self) -> None:
        self.chart.moved.connect(self.refresh)
        self.chart.picked.connect(self._picked)
        self.chart.opened.connect(self._come_closer)
        self.list.chosen.connect(self._go_to)
        self.list.searched.connect(lambda place: self.show_query.emit(place.query))
        self.pictures.activated.connect(lambda at: self.open_asset.emit(self.pictures.cells.ids, at, self.text))

    async def _begin(self, text: str) -> None:
        self._what.say(tr("Search: {query}", query=text) if text.strip() else tr("Everything with a place"))
        self._all.setVisible(bool(text.strip()))
        await self._fit(glide=False)
        self.refresh()

    async def _fit(self, *, glide: bool = True) -> None:
        try:
            area = await self.ops.demand(self.ops.library.atlas.bounds, self.text)
        except QueryError as error:
            self._count.say(f"{error.text} {error.hint}".strip())
            return
        if area is not None:
            self.chart.fit(area, glide=glide, closest=WIDEST)

    async def _load(self, text: str) -> None:
        area, degrees = self.chart.area, APART / self.chart.sight.degree
        atlas = self.ops.library.atlas
        try:
            found = await self.ops.demand(atlas.chart, text, area, degrees)
        except QueryError as error:
            self._count.say(f"{error.text} {error.hint}".strip())
            return
        self.found = found
        shown = [one.asset for one in found.clusters]
        cells = await self.ops.ask(self.ops.library.cells, shown) or []
        self.chart.safety = {one.id: one.safety for one in cells}
        self.chart.show_clusters(found.clusters)
        self._say(found)
        self._lists.start(self._list(text, area))

    async def _list(self, text: str, area: Area) -> None:
        places = await self.ops.ask(self.ops.library.atlas.places, text, area)
        self.list.show_places(places or [])
        cities = await self.ops.ask(self.ops.library.atlas.cities, area, CITIES)
        if cities is not None:
            self.chart.show_clusters(self.chart.clusters, cities)

    def _say(self, found: Found) -> None:
        inside = trn("{n} item in view", "{n} items in view", found.inside)
        of_all = tr("{placed} with a place", placed=digits(found.placed))
        without = tr("{n} without", n=digits(found.without))
        self._count.say(" · ".join((inside, of_all, without)))
        self.pages.setCurrentIndex(0 if found.placed or self.text.strip() else 1)

    def _picked(self, cluster: Cluster | None) -> None:
        if cluster is None:
            self.close_strip()
            return
        self._chosen = cluster.area
        self.chart.choose(cluster)
        self._strips.start(self._show_strip(self.text, cluster))

    async def _show_strip(self, text: str, cluster: Cluster) -> None:
        ids = await self.ops.ask(self.ops.library.atlas.newest, text, cluster.area)
        places = await self.ops.ask(self.ops.library.atlas.places, text, cluster.area, 1)
        if ids is None:
            return
        name = places[0].name if places else ""
        count = trn("{n} item", "{n} items", cluster.count)
        self._near.say(tr("{count} near {place}", count=count, place=name) if name else count)
        self.pictures.show_listing(Listing(array("q", ids), ()))
        self.strip.show()

    def _come_closer(self, cluster: Cluster | None = None) -> None:
        area = cluster.area if cluster is not None else self._chosen
        if area is not None:
            self.close_strip()
            self.chart.fit(area)

    def _go_to(self, place: PlaceRow) -> None:
        latitude, longitude = place.latitude, place.longitude
        self.chart.fit(Area(latitude - NEAR, longitude - NEAR, latitude + NEAR, longitude + NEAR))
