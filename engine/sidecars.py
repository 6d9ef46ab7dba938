"""Sidecars (XMP): what other programs keep beside files is read, and what the library knows is written, when asked."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from engine.errors import KinoraError
from engine.language import tr
from engine.model import SidecarReport, Step
from engine.people import beside
from engine.store.db import Database

WANTED = beside.WANTED


class Sidecars:
    """The sidecars of one library. Originals are only ever read."""

    def __init__(self, database: Database, library: Path, listing: Callable[[str], Sequence[int]]) -> None:
        self._database = database
        self._log_path = library / "logs" / "workers.log" if database.own else None
        self._listing = listing
        self.report = SidecarReport()  # of the last export

    def export(
        self, what: str | Sequence[int], folder: Path | None, style: str = "long", *, sure: bool = False
    ) -> Iterator[Step]:
        """Write a sidecar for each file of these assets (ids, or a query).

        `folder`: below it, in folders like those of the library; None: beside the originals. `style`: "long" is
        `picture.jpg.xmp`, "short" `picture.xmp`. `sure`: only faces that a human named. `report` is complete at
        the end.

        Raises:
            KinoraError: the query cannot be read, or the folder cannot be written.
        """
        from engine.compose.xmp import Exporter

        exporter = Exporter(self._database, self._log_path, folder, style, sure=sure)
        self.report = exporter.report
        yield from exporter.steps(self._listing(what) if isinstance(what, str) else what)

    def take(self, wanted: Collection[str] = WANTED) -> Iterator[Step]:
        """Take over what sidecars beside the files say: one decision. What you decided otherwise stays.

        Raises:
            StoreError: this is not the Kinora that may change the library.
        """
        if unknown := set(wanted) - set(WANTED):
            raise KinoraError(
                tr("“{what}” is nothing that a sidecar holds.", what=", ".join(sorted(unknown))),
                hint=tr("It is {what}.", what=", ".join(WANTED)),
            )
        yield from beside.take(self._database, self._log_path, wanted)

    def told(self, wanted: Sequence[str] = WANTED) -> str:
        """Take over for another start of Kinora; what it came to. Raises KinoraError."""
        return deque((step.text for step in self.take(wanted)), maxlen=1)[0]
