"""The library: the search box, the grid with its time line, and what is known of the selection."""

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.grid.grid import Grid
from desktop.look.grid.moments import telling
from desktop.look.grid.scrubber import Scrubber
from desktop.look.look import Look
from desktop.look.parts import Empty
from desktop.models import query
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.browse.bar import Bar
from desktop.views.browse.chosen import Chosen
from desktop.views.browse.details import Details
from desktop.views.browse.explain import Explain
from desktop.views.browse.menu import show_menu
from desktop.views.browse.narrow import Narrow
from desktop.views.browse.seeker import Found, Seeker
from desktop.views.browse.suggest import suggest
from engine.errors import QueryError
from engine.language import mark, tr
from engine.model import Change, Moment

SELECTED = 20_000  # ids that a command gets at most in one go


class LibraryView(View):
    """Search and browse."""

    id: ClassVar[str] = "library"
    title: ClassVar[str] = mark("Library")
    icon: ClassVar[str] = "library"
    shortcut: ClassVar[str] = "Ctrl+1"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._pages = QStackedWidget(self._splitter)
        self._grid_page = QFrame(self._pages)
        self.grid = Grid(ops, look, self._grid_page)
        self.scrubber = Scrubber(self.grid)
        self.bar = Bar(ops, look)
        self._details: Details | None = None  # made when it shows for the first time
        self.deeds = Deeds(ops, self)
        self.narrow = Narrow(ops, look, self.deeds)
        self.explanation = Explain(look, self)
        self.seeker = Seeker(ops, self)
        self._selecting = QTimer(self, singleShot=True, interval=60)
        self._selecting.timeout.connect(self._show_selection)
        self._resized = QTimer(self)  # the size of the pictures is an option: it is saved once it rests
        self._resized.setSingleShot(True)
        self._resized.setInterval(600)
        self._resized.timeout.connect(self._save_size)
        self._assemble()
        self._connect()
        self.ops.start(self._take_size())
        self.seeker.ask("", self.bar.sort)
        self.bar.box.past.reload()

    # --- what the window asks

    def search(self, text: str) -> None:
        """Show what a query finds."""
        self.bar.box.set_query(text)

    def focus_search(self) -> None:
        """Go to the search box and mark its text."""
        self.bar.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.box.selectAll()

    def shown(self) -> None:
        self.seeker.go_on()
        self.narrow.reload_saved()
        if not self.bar.box.hasFocus():
            self.grid.setFocus()

    def changed(self, change: Change) -> None:
        if change.topics & {"searches", "albums"} or (change.topics & {"files", "roots"} and self.isVisible()):
            self.narrow.reload_saved()
        if "settings" in change.topics and not self._resized.isActive():
            self.ops.start(self._take_size())
        if change.topics & {"history", "settings"}:
            self.bar.box.past.reload()
        if change.topics & {"assets", "findings", "decisions", "files"}:
            self.grid.cells.changed(change.assets)
            self.grid.previews.forget(list(change.assets) or None)
            self._selecting.start()
        if change.topics & {"assets", "files", "roots", "decisions", "findings", "packs"}:
            self.seeker.refresh(hurry=self.isVisible())

    def asked(self) -> str:
        return self.bar.box.text()

    def selected(self) -> list[int]:
        chosen = self.grid.selected_ids(SELECTED)
        cell = self.grid.cell_at(self.grid.current)
        return chosen or ([cell.id] if cell is not None else [])

    def following(self, asset: int) -> list[int]:
        row, ids = self.grid.current, self.grid.cells.ids
        return [ids[row + 1]] if 0 <= row < len(ids) - 1 and ids[row] == asset else []

    def grids(self) -> Sequence[QWidget]:
        return (self.grid,)

    def export_ids(self) -> Sequence[int]:
        """What an export writes: the selection when there are several, else the whole list."""
        listing = self.seeker.listing
        return self.grid.selected_ids() if len(self.grid.selection) > 1 else listing.ids + listing.under

    def grow(self, pixels: int) -> None:
        """Make the pictures larger or smaller."""
        self.grid.set_cell(self.grid.cell_side + pixels)

    def toggle_names(self) -> None:
        """Show or hide the names."""
        self.grid.set_names(not self.grid.names)

    def toggle_details(self) -> None:
        """Show or hide the panel."""
        self.bar.details.toggle()

    def toggle_narrow(self) -> None:
        """Show or hide the panel that narrows down."""
        self.bar.narrow.toggle()

    def save_search(self) -> None:
        """Keep this search, or forget it when it is kept."""
        text = self.bar.box.text().strip()
        if text:
            self.narrow.keep(text, self.bar.sort)
        else:
            self.message.emit(tr("There is no search to save."))

    def find_similar(self) -> None:
        """Search for what is like the current item."""
        ids = self.selected()
        if ids:
            self.search(query.like(ids[0]))

    def explain(self, row: int = -1) -> None:
        """Say why the current item was found."""
        row = row if row >= 0 else self.grid.current
        cell = self.grid.cell_at(row)
        if cell is None or not self.seeker.text.strip():
            self.message.emit(tr("Only what a search found can be explained."))
            return
        self.ops.start(self._explain(row, cell.id, cell.name))

    def open_stack(self, row: int = -1) -> None:
        """Show the members of a stack side by side, or as one again."""
        cell = self.grid.cell_at(row if row >= 0 else self.grid.current)
        if cell is not None and cell.stacked > 1:
            self.seeker.open_stack(cell.stack)
        else:
            self.message.emit(tr("This is in no stack."))

    def open_current(self) -> None:
        """Open the current item, or the first one that is selected."""
        row = self.grid.current if self.grid.current >= 0 else next(iter(self.grid.selection), 0)
        self._open(row)

    def save_state(self) -> dict[str, Any]:
        return {
            "sort": self.bar.sort,
            "names": self.grid.names,
            "details": self.bar.details.isChecked(),
            "matches": self.bar.matches.isChecked(),
            "narrow": self.bar.narrow.isChecked(),
            "splitter": self._splitter.sizes() if self._detailed() else [],
            "query": self.bar.box.text(),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        self.bar.set_sort(str(state.get("sort", "taken")))
        self.grid.set_names(bool(state.get("names", True)))
        self.bar.details.setChecked(bool(state.get("details", False)))
        self.bar.matches.setChecked(bool(state.get("matches", True)))
        self.bar.narrow.setChecked(bool(state.get("narrow", True)))
        sizes = state.get("splitter")
        if isinstance(sizes, list) and len(sizes) == self._splitter.count() == 2:
            self._splitter.setSizes([int(size) for size in sizes])
        if state.get("query"):
            self.bar.box.set_query(str(state["query"]))
        else:
            self.seeker.ask("", self.bar.sort)

    def close_view(self) -> None:
        self._selecting.stop()
        self._resized.stop()
        self.seeker.close()
        self.bar.close_bar()
        self.grid.close_grid()

    # --- inside

    def _assemble(self) -> None:
        self.empty = Empty(
            self.look,
            "drop",
            tr("Drop photos, videos, audio or documents here"),
            tr(
                "Kinora reads them where they are and never changes them. Afterwards you can search "
                "for what is in them."
            ),
        )
        self.empty.add(tr("Add folder…"), lambda: self.command.emit("file.add_folder"), "primary")
        self.empty.add(tr("Add files…"), lambda: self.command.emit("file.add_files"))
        self.nothing = Empty(self.look, "search", tr("Nothing found"))
        line = QHBoxLayout(self._grid_page)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.grid, 1)
        line.addWidget(self.scrubber)
        for page in (self._grid_page, self.empty, self.nothing):
            self._pages.addWidget(page)
        self.chosen = Chosen(self.look, self._grid_page)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._pages)
        self._splitter.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.narrow)
        middle.addWidget(self._splitter, 1)
        self.narrow.hide()
        column.addLayout(middle, 1)

    def _connect(self) -> None:
        bar, grid = self.bar, self.grid
        bar.asked.connect(self.seeker.ask)
        bar.box.left_down.connect(self._enter_grid)
        bar.matches.toggled.connect(lambda _on: self._show_hits())
        bar.details.toggled.connect(self._show_details)
        bar.narrow.toggled.connect(self._show_narrow)
        bar.packs_asked.connect(lambda: self.command.emit("view.packs"))
        bar.box.starred.connect(self.save_search)
        self.narrow.asked.connect(self._narrowed)
        self.narrow.moved.connect(self._show_star)
        self.narrow.forgotten.connect(self.revocable)
        grid.explain_asked.connect(self.explain)
        bar.zoom.valueChanged.connect(grid.set_cell)
        grid.zoomed.connect(bar.zoom.setValue)
        grid.zoomed.connect(lambda _side: self._resized.start())
        grid.activated.connect(self._open)
        grid.moment_activated.connect(self._open_at)
        grid.selection_changed.connect(self._selecting.start)
        grid.menu_asked.connect(self._menu)
        grid.rested.connect(self._rested)
        self.seeker.listed.connect(self._listed)
        self.seeker.hits_came.connect(self._show_hits)
        self.seeker.refused.connect(self._refused)
        self.chosen.asked.connect(self.command)
        self.chosen.left.connect(self.grid.select_nothing)
        self.chosen.stands.connect(self.stand)
        self.deeds.done.connect(self.undoable)
        self.deeds.said.connect(self.message)
        grid.stack_asked.connect(self.open_stack)
        grid.moved.connect(self._move)
        self.narrow.albums.listed.connect(self._show_sortable)

    @property
    def details(self) -> Details:
        """What is known of the selection, in a panel."""
        if self._details is None:
            self._details = made = Details(self.ops, self.look, self._splitter)
            made.hide()
            made.setMinimumWidth(220)
            self._splitter.addWidget(made)
            self._splitter.setStretchFactor(1, 0)
            made.serve(self.deeds)
            made.query.connect(self.search)
            made.reveal.connect(lambda _asset: self.command.emit("items.reveal"))
        return self._details

    def _listed(self, found: Found) -> None:
        listing = found.listing
        self.grid.opened = frozenset(self.seeker.opened)
        self.grid.show_listing(listing, keep=found.kept, current=found.current)
        self.bar.show_result(found)
        self.bar.box.past.stand(found.text, len(listing.ids))
        self.bar.box.pace(listing.took)
        if len(listing.ids):
            self._pages.setCurrentWidget(self._grid_page)
        elif found.text.strip():
            suggest(self.nothing, found.text, self.search)
            self._pages.setCurrentWidget(self.nothing)
        else:
            self._pages.setCurrentWidget(self.empty)
        self._show_hits()
        self.explanation.hide()
        self.narrow.show_query(found.text)
        self._show_sortable()
        self._show_star()

    def _narrowed(self, text: str, sort: str) -> None:
        self.bar.set_sort(query.order_of(text, sort or self.bar.sort))
        self.search(text)

    def _show_sortable(self) -> None:
        self.grid.sortable = self.bar.sort == "album" and self.narrow.albums.current() is not None

    def _move(self, row: int) -> None:
        """The selected items of an album were dragged in front of another one."""
        album, ids = self.narrow.albums.current(), self.grid.cells.ids
        if album is not None and self.grid.sortable:
            self.deeds.move_in(album, self.grid.selected_ids(), ids[row] if row < len(ids) else None)

    def _show_narrow(self, shown: bool) -> None:
        self.narrow.setVisible(shown)
        if shown:
            self.narrow.refresh()

    def _show_star(self) -> None:
        self.bar.box.show_kept(self.narrow.find_saved(self.bar.box.text()) is not None)

    async def _explain(self, row: int, asset: int, name: str) -> None:
        text = self.seeker.text
        hits = await self.ops.ask(self.ops.library.explain, text, asset)
        if hits is not None and text == self.seeker.text and row < self.grid.plan.count:
            corner = self.grid.viewport().mapTo(self, QPoint(0, 0))
            self.explanation.show_hits(name, hits, self.grid.place_of(row).translated(corner), self.grid)

    def _refused(self, error: QueryError) -> None:
        self.bar.show_error(error)

    def _show_hits(self) -> None:
        hits = self.seeker.hits
        self.bar.matches.setVisible(bool(hits))
        self.bar.show_missing(self.seeker.missing)
        self.grid.show_hits(hits, wide=self.bar.matches.isChecked() and any(telling(hit) for hit in hits.values()))

    def _enter_grid(self) -> None:
        self.grid.setFocus(Qt.FocusReason.TabFocusReason)

    def _show_selection(self) -> None:
        count = len(self.grid.selection)
        shown = self._detailed() or self.grid.pointer.banding
        self.chosen.show_count(0 if shown else count)
        if self._detailed():
            self.details.show_assets(self.grid.selected_ids(SELECTED if count > 1 else 1), count)

    def _detailed(self) -> bool:
        return self._details is not None and self._details.isVisible()

    def _show_details(self, shown: bool) -> None:
        if shown or self._details is not None:
            self.details.setVisible(shown)
        self._selecting.start()
        if shown:
            if self._splitter.sizes()[1] < 200:
                self._splitter.setSizes([max(1, self.width() - tokens.PANEL), tokens.PANEL])
            self._show_selection()

    def _open(self, row: int) -> None:
        cell = self.grid.cell_at(row)
        if cell is not None and self.grid.blurred(cell):
            self.look.veil.show(cell.id)  # the first time only uncovers it
            return
        if 0 <= row < len(self.grid.cells.ids):
            self.bar.box.past.note(self.seeker.text, opened=True)
            self.open_asset.emit(self.grid.cells.ids, row, self.seeker.text)

    def _open_at(self, row: int, moment: Moment) -> None:
        self.bar.box.past.note(self.seeker.text, opened=True)
        self.open_moment.emit(self.grid.cells.ids, row, self.seeker.text, moment)

    def _menu(self, point: QPoint) -> None:
        if len(self.grid.selection):
            cell = self.grid.cell_at(self.grid.current)
            show_menu(
                self, point, self.command.emit, count=len(self.grid.selection),
                album=self.narrow.albums.current() is not None, stacked=cell is not None and cell.stacked > 1,
            )  # fmt: skip

    def _rested(self, ids: list[int]) -> None:
        self.ops.start(self.ops.ask(self.ops.library.visible, ids))
        self.seeker.complete_hits(ids, self.grid.cells.known)

    def _save_size(self) -> None:
        self.ops.start(self.ops.ask(self.ops.library.set, "look.cell", self.grid.cell_side))

    async def _take_size(self) -> None:
        settings = await self.ops.ask(self.ops.library.settings)
        if settings and not self._resized.isActive():
            self.grid.set_cell(int(settings["look.cell"]))
            self._resized.stop()  # it was not the user who changed it here
