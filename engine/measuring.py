"""When the frames of a film are shown, and the wave of a recording: measured once by a worker, then kept."""

from collections.abc import Callable, Iterator
from fractions import Fraction

from engine.errors import StoreError
from engine.jobs.measure import FRAMES, PEAKS
from engine.language import tr
from engine.media import peaks, times
from engine.model import AssetRow, Step
from engine.model.film import FrameTimes, Peaks
from engine.pictures import Pictures
from engine.viewing import place

__all__ = ["FRAMES", "PEAKS", "Measures"]


class Measures:
    """What is measured of the films and recordings of a library; disposable, like previews."""

    def __init__(self, pictures: Pictures, asset: Callable[[int], AssetRow], *, owner: bool) -> None:
        self._pictures = pictures
        self._asset = asset
        self._owner = owner

    def make(self, asset_id: int, of: str) -> Iterator[Step]:
        """Measure `frames` or `peaks` where that was not done yet; closing it stops the work.

        Raises:
            FileMissing: the file cannot be reached now.
            KinoraError: it has no frames, no sound, or is damaged.
        """
        row = self._asset(asset_id)
        cell = row.cell
        if self._pictures.measures(cell.content, of).exists():
            return
        if not self._owner:
            raise StoreError(tr("This library is open for reading only."))
        yield from self._pictures.measure(cell.content, cell.kind, row.facts.mime, row.facts, place(row), of)

    def frames(self, asset_id: int) -> FrameTimes | None:
        """When the frames of a film are shown; None before `make`."""
        data = self._read(asset_id, FRAMES)
        if data is None:
            return None
        head, found = times.unpacked(data)
        rate = Fraction(*head["rate"]) if head["rate"] else None
        return FrameTimes(found, Fraction(*head["base"]), rate, head["timecode"]) if len(found) else None

    def peaks(self, asset_id: int) -> Peaks | None:
        """The wave of a film's or recording's sound; None before `make`."""
        data = self._read(asset_id, PEAKS)
        return None if data is None else Peaks(*peaks.unpacked(data))

    def _read(self, asset_id: int, of: str) -> bytes | None:
        try:
            return self._pictures.measures(self._asset(asset_id).cell.content, of).read_bytes()
        except OSError:
            return None
