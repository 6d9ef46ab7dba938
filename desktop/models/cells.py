"""The rows that a grid shows, fetched in pages off the UI thread and kept while they may be needed."""

from array import array
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.operations import Operations
from engine.model import Cell

PAGE = 256  # rows of one request
KEPT = 8_000  # cells kept, some 8 MB


class Cells(QObject):
    """Cells by asset id over a list of ids.

    Signals:
        arrived: cells came or changed; repaint what shows.
    """

    arrived = Signal()

    def __init__(self, ops: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: array[int] = array("q")
        self._ops = ops
        self._kept: OrderedDict[int, Cell] = OrderedDict()
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._fetch)

    def show(self, ids: "array[int]") -> None:
        """Take a new list; cells that are known stay known."""
        self.ids = ids
        self._wanted = []

    def get(self, row: int) -> Cell | None:
        """The cell of a row, or None while it is on its way (never waits)."""
        return self._kept.get(self.ids[row])

    def known(self, asset: int) -> Cell | None:
        """The cell of an asset when it is at hand."""
        return self._kept.get(asset)

    @property
    def busy(self) -> bool:
        """Whether rows are on their way."""
        return bool(self._asked or self._wanted)

    def want(self, first: int, last: int) -> None:
        """Fetch the rows first..last (not included) that are missing or stale; older wishes are dropped."""
        ids = self.ids[max(0, first) : last]
        missing = [i for i in ids if i not in self._asked and (i not in self._kept or i in self._stale)]
        self._wanted = missing
        if missing and not self._timer.isActive():
            self._timer.start()

    def put(self, cells: Iterable[Cell]) -> None:
        """Take cells that came with another answer (hits of a search)."""
        for cell in cells:
            self._kept[cell.id] = cell
            self._kept.move_to_end(cell.id)
            self._stale.discard(cell.id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def changed(self, assets: Iterable[int] = ()) -> None:
        """These assets changed (none named: any may have); what shows stays until the new row is here."""
        named = set(assets)
        self._stale |= named & self._kept.keys() if named else set(self._kept)
        self.arrived.emit()

    def _fetch(self) -> None:
        if not self._wanted:
            return
        batch, self._wanted = self._wanted[:PAGE], self._wanted[PAGE:]
        self._asked.update(batch)
        self._stale.difference_update(batch)
        self._ops.start(self._load(batch))
        if self._wanted:
            self._timer.start()

    async def _load(self, batch: list[int]) -> None:
        try:
            cells = await self._ops.ask(self._ops.library.cells, batch)
        finally:
            self._asked.difference_update(batch)
        if cells:
            self.put(cells)
            self.arrived.emit()
