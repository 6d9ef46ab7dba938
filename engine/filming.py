"""Everything of a library that is about films and recordings: corrected words, clips, exports, measures."""

from collections.abc import Callable

from engine.clips import Clips
from engine.corrections import Corrections
from engine.decided import Decided
from engine.exporting import Exports
from engine.measuring import Measures
from engine.model import AssetRow
from engine.pictures import Pictures
from engine.store.db import Database


class Filmed:
    """What a library has for its films and recordings."""

    corrections: Corrections
    clips: Clips
    exports: Exports
    measures: Measures

    def _take_films(
        self, database: Database, decided: Decided, pictures: Pictures, asset: Callable[[int], AssetRow]
    ) -> None:
        self.corrections = Corrections(database, decided)
        self.clips = Clips(database, decided)
        self.exports = Exports(database)
        self.measures = Measures(pictures, asset, owner=database.own)
