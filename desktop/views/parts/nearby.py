"""Pictures kept ready around the one that is shown, so that going on shows the next at once."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from desktop.operations import Operations
from desktop.views.parts.picture import Picture, load
from desktop.views.parts.stage import SIDE, render, step_for
from engine.errors import KinoraError
from engine.model import AssetRow, Kind

if TYPE_CHECKING:
    from engine.library import Library

T = TypeVar("T")

GLIMPSES = 24  # small pictures that are kept, with what is known of their assets
SHARP = 4  # large pictures that are kept, about 17 MB each: this one, two that may be next, the one before
PAUSE = 0.15  # seconds of rest before anything is prepared


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is needed to show an asset at once: its row and its stored preview."""

    row: AssetRow
    picture: Picture | None


class Nearby:
    """Reads ahead for one viewer."""

    def __init__(self, ops: Operations) -> None:
        self._ops = ops
        self._glimpses: OrderedDict[int, Glimpse] = OrderedDict()
        self._sharp: OrderedDict[int, Picture] = OrderedDict()
        self._ahead = ops.latest()

    def glimpse(self, asset: int) -> Glimpse | None:
        """The glimpse of an asset when it is at hand; never waits."""
        return self._glimpses.get(asset)

    def sharp(self, asset: int) -> Picture | None:
        """The large picture of a photo when it is at hand."""
        return self._sharp.get(asset)

    async def fetch(self, asset: int) -> Glimpse | None:
        """Read the glimpse of an asset; None when there is no such asset (which was told)."""
        found = await self._ops.ask(look, self._ops.library, asset)
        if found is not None:
            _keep(self._glimpses, asset, found, GLIMPSES)
        return found

    def keep(self, asset: int, picture: Picture) -> None:
        """Keep a large picture."""
        _keep(self._sharp, asset, picture, SHARP)

    def prepare(self, ids: Sequence[int]) -> None:
        """Make these ready, the first first; what was to be made ready before is given up."""
        self._ahead.start(self._prepare(list(ids)))

    def forget(self, assets: Collection[int]) -> None:
        """What is known of these assets (none: of all) is stale; their pictures are not: they are of their contents."""
        for asset in list(assets) or list(self._glimpses):
            self._glimpses.pop(asset, None)

    def stop(self) -> None:
        """Prepare nothing more and give back the memory of large pictures."""
        self._ahead.cancel()
        self._sharp.clear()

    async def _prepare(self, ids: list[int]) -> None:
        await asyncio.sleep(PAUSE)
        for asset in ids:
            if asset not in self._glimpses:
                try:
                    found = await self._ops.demand(look, self._ops.library, asset)
                except KinoraError:
                    continue  # said when it is shown
                _keep(self._glimpses, asset, found, GLIMPSES)
        for asset in ids[:2]:
            glimpse = self._glimpses.get(asset)
            if glimpse is None or asset in self._sharp or not _drawable(glimpse.row):
                continue
            side = step_for(SIDE, max(glimpse.row.cell.width or 0, glimpse.row.cell.height or 0))
            try:
                self.keep(asset, await self._ops.demand(render, self._ops.library, asset, side=side))
            except KinoraError:
                continue


def look(library: "Library", asset: int) -> Glimpse:
    """An asset with its stored preview (blocking: for a thread). Raises NotFound."""
    row = library.asset(asset)
    try:
        path = library.preview(asset)
        return Glimpse(row, load(path) if path is not None else None)
    except KinoraError:
        return Glimpse(row, None)


def _drawable(row: AssetRow) -> bool:
    return row.cell.kind is Kind.PHOTO and any(place.state == "present" for place in row.files)


def _keep(kept: "OrderedDict[int, T]", asset: int, found: T, most: int) -> None:
    kept[asset] = found
    kept.move_to_end(asset)
    while len(kept) > most:
        kept.popitem(last=False)
