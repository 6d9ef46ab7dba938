"""Runs the searches of the library view: the newest wins, and what is selected stays so when the list is refreshed."""

import asyncio
import time
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.models import query
from desktop.operations import Operations
from engine.errors import QueryError
from engine.model import Cell, Hit, Listing, Results

FIRST = 48  # hits that come with their words at once; further ones follow when they show
SOON = 0.08  # seconds until the list shows a change after a while without one
PAUSE = 1.0  # least seconds between two refreshes of the list while things change
SHARE = 6  # a refresh takes at most one part in so many of the time
KEPT = 5000  # selected rows that are found again after a refresh
SHOWN = 6  # moments of an entry
TOGETHER = 0.03  # seconds that a list waits for the words of its first entries
VISIBLE = 60  # entries whose words are fetched when the list comes to rest


@dataclass(frozen=True, slots=True)
class Found:
    """The list of a query; `kept` are rows that were selected before (None: it is a new list)."""

    text: str
    sort: str  # the order in force: best match for words unless another one was chosen
    listing: Listing
    kept: tuple[int, ...] | None
    current: int


class Seeker(QObject):
    """Asks the library for lists and hits.

    Signals:
        listed: a `Found`.
        hits_came: `hits` changed.
        refused: a `QueryError`.
    """

    listed = Signal(object)
    hits_came = Signal()
    refused = Signal(object)

    def __init__(self, ops: Operations, view: "QObject") -> None:
        super().__init__(view)
        self.text = ""
        self.sort = "taken"
        self.hits: dict[int, Hit] = {}
        self.opened: set[int] = set()  # stacks whose members are listed side by side
        self.listing = Listing(array("q"), ())
        self.missing = ""  # what would find more: "12 videos have no transcript: install a speech pack"
        self._ops = ops
        self._view = view
        self._searches = ops.latest()
        self._completing = ops.latest()
        self._took = 0.0
        self._ended = 0.0  # when the last search was ready
        self._stale = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._again)

    def ask(self, text: str, sort: str) -> None:
        """Search for something else."""
        new = text != self.text or sort != self.sort
        if text != self.text:
            self.opened.clear()
        self.text, self.sort = text, sort
        self._stale = False
        self._timer.stop()
        self._searches.start(self._search(keep=not new))

    def open_stack(self, stack: int) -> None:
        """List the members of a stack side by side, or the stack as one again."""
        self.opened ^= {stack}
        self._searches.start(self._search(keep=True))

    def refresh(self, *, hurry: bool) -> None:
        """The library changed: list again soon, or when the view shows again."""
        self._stale = True
        if hurry and not self._timer.isActive():
            rest = max(PAUSE, self._took * SHARE) - (time.monotonic() - self._ended)
            self._timer.start(round(max(SOON, rest) * 1000))  # the first change after a while shows at once

    def go_on(self) -> None:
        """The view shows again."""
        if self._stale:
            self.refresh(hurry=True)

    def complete_hits(self, ids: Sequence[int], cell: Callable[[int], Cell | None]) -> None:
        """Fetch the words of entries that show and did not come with the first hits."""
        missing = [asset for asset in ids if asset not in self.hits][:VISIBLE]
        if missing and self.hits and query.ranks(self.text):
            self._completing.start(self._complete(self.text, missing, cell))

    @property
    def took(self) -> float:
        """Seconds of the last search."""
        return self._took

    def close(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    def _again(self) -> None:
        self._stale = False
        self._searches.start(self._search(keep=True))

    async def _search(self, *, keep: bool) -> None:
        text, library = self.text, self._ops.library
        sort = query.order_of(text, self.sort)
        sort = "relevance" if query.ranks(text) and sort == "taken" else sort
        began = time.monotonic()
        # Both at once: what matched comes with the list, so that it need not be laid out twice.
        hits = self._ops.start(self._found(text)) if query.ranks(text) else None
        try:
            listing = await self._ops.demand(library.listing, text, sort, opened=tuple(self.opened))
        except QueryError as error:
            self.refused.emit(error)
            return
        kept, current = await self._kept(listing.ids) if keep else (None, -1)
        if hits is not None:
            await asyncio.wait([hits], timeout=TOGETHER)
        self.listing = listing
        if not keep or (hits is not None and hits.done()):
            self._take(hits.result() if hits is not None and hits.done() else None)
        self.listed.emit(Found(text, sort, listing, kept, current))
        if hits is not None and not hits.done():
            self._take(await hits)
            self.hits_came.emit()
        self._ended = time.monotonic()
        self._took = self._ended - began

    async def _found(self, text: str) -> Results | None:
        """The words of the first entries; a mistake in the query is told by the list."""
        try:
            return await self._ops.demand(self._ops.library.search, text, FIRST)
        except QueryError:
            return None

    def _take(self, results: Results | None) -> None:
        self.hits = {hit.asset.id: hit for hit in results.hits if hit.moments} if results is not None else {}
        self.missing = results.missing if results is not None else ""

    async def _kept(self, ids: "array[int]") -> tuple[tuple[int, ...], int]:
        """The rows of what is selected now, in another list."""
        grid = self._view.grid  # type: ignore[attr-defined]
        selected = set(grid.selected_ids()) if len(grid.selection) <= KEPT else set()
        here = grid.cells.ids[grid.current] if 0 <= grid.current < len(grid.cells.ids) else -1
        if not selected and here < 0:
            return (), -1
        rows = await self._ops.ask(rows_of, ids, selected | {here})
        found = rows or {}
        return tuple(row for asset, row in found.items() if asset in selected), found.get(here, -1)

    async def _complete(self, text: str, missing: list[int], cell: Callable[[int], Cell | None]) -> None:
        for asset in missing:
            known = cell(asset)
            moments = await self._ops.ask(self._ops.library.moments, asset, text) if known is not None else None
            if text != self.text:
                return
            if known is not None and moments:
                self.hits[asset] = Hit(known, "", 0.0, moments[:SHOWN])
        self.hits_came.emit()


def rows_of(ids: Sequence[int], wanted: Collection[int]) -> dict[int, int]:
    """Where the wanted ids stand in a list (runs in a thread: a list may have a million)."""
    return {asset: row for row, asset in enumerate(ids) if asset in wanted}
