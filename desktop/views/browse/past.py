"""The searches of the past in the search box: what is kept of them, and how they are offered again."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.operations import Operations
from engine.language import tr, trn
from engine.model import AskedRow, Completion

RESTS = 4000  # milliseconds that a search which found something stands before it counts as one
ALONE, BESIDE = 8, 3  # that are offered in an empty box, and beside other proposals


@dataclass(frozen=True, slots=True)
class Earlier(Completion):
    """A search of the past, as a proposal for the whole box."""


class Past(QObject):
    """Keeps and offers searches.

    Signals:
        came: `rows` changed.
    """

    came = Signal()

    def __init__(self, ops: Operations, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[AskedRow, ...] = ()  # for an empty box
        self._ops = ops
        self._loading = ops.latest()
        self._standing = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(RESTS)
        self._rest.timeout.connect(lambda: self.note(self._standing))

    def reload(self) -> None:
        """Ask for the searches that an empty box offers."""
        self._loading.start(self._load())

    def stand(self, text: str, found: int) -> None:
        """A search shows; when it stays it was meant, and not only typed through."""
        self._standing = text.strip()
        if self._standing and found:
            self._rest.start()
        else:
            self._rest.stop()

    def note(self, text: str, *, opened: bool = False) -> None:
        """Keep a search that was meant: Enter was pressed, it stood for long, or something was opened from it."""
        self._rest.stop()
        if text.strip():
            self._ops.start(self._ops.ask(self._ops.library.history.note, text, opened=opened))

    def remove(self, text: str) -> None:
        """Forget one search."""
        self.rows = tuple(one for one in self.rows if one.query != text)
        self._ops.start(self._ops.ask(self._ops.library.history.remove, text))

    def clear(self) -> None:
        """Forget all of them."""
        self.rows = ()
        self._ops.start(self._ops.ask(self._ops.library.history.clear))

    def offered(self) -> list[Completion]:
        """What an empty box offers."""
        return [_proposal(row, 0) for row in self.rows]

    async def beside(self, text: str) -> Sequence[Completion]:
        """The searches that begin with what is typed."""
        found = await self._ops.ask(self._ops.library.history.listing, text, BESIDE + 1) or []
        return [_proposal(row, len(text)) for row in found if row.query != text.strip()][:BESIDE]

    def close(self) -> None:
        """Stop the timer."""
        self._rest.stop()

    async def _load(self) -> None:
        found: Sequence[AskedRow] | None = await self._ops.ask(self._ops.library.history.listing, "", ALONE)
        self.rows = tuple(found or ())
        self.came.emit()


def _proposal(row: AskedRow, length: int) -> Earlier:
    times = row.times + row.opened
    said = trn("searched {n} time", "searched {n} times", times) if times > 1 else tr("searched before")
    return Earlier(row.query, row.query, said, 0, length)
