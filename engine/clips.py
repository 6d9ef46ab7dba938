"""The list of clips: pieces of films and recordings with in and out points, each change of it a decision."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.decided import Decided
from engine.errors import KinoraError, NotFound
from engine.language import tr, trn
from engine.model import Moment
from engine.model.clips import Clip
from engine.store import assets, clips, decisions
from engine.store.db import Database

State = dict[str, Any]
LONGEST_NAME = 200  # characters


class Clips:
    """The clips of a library in one order; a clip without an end is a mark."""

    def __init__(self, database: Database, decided: Decided) -> None:
        self._database = database
        self._decided = decided

    def listing(self, asset_id: int | None = None) -> list[Clip]:
        """The clips and marks in their order, of one asset or of all."""
        with self._database.read() as connection:
            return clips.listing(connection, asset_id)

    def add(self, asset_id: int, moment: Moment, name: str = "", note: str = "") -> int:
        """Put a piece of an asset at the end of the list (a moment without an end: a mark); return the clip's id."""
        return self.add_all([(asset_id, moment, name)], note)[0]

    def add_all(self, pieces: Sequence[tuple[int, Moment, str]], note: str = "") -> list[int]:
        """Put several pieces (asset, moment, name) at the end of the list; return their ids. Raises NotFound."""
        wanted = [_wanted(asset_id, moment, name, note) for asset_id, moment, name in pieces]
        return self._decided.record(partial(_add, wanted=wanted))

    def rename(self, clip_id: int, name: str) -> None:
        """Give a clip another name. Raises NotFound."""
        name = " ".join(name.split())[:LONGEST_NAME]
        self._change([clip_id], lambda state: {**state, "name": name}, tr("Renamed a clip"))

    def describe(self, clip_id: int, note: str) -> None:
        """Write a note on a clip. Raises NotFound."""
        self._change([clip_id], lambda state: {**state, "note": note.strip()}, tr("Wrote a note on a clip"))

    def cut(self, clip_id: int, start: float, end: float | None) -> None:
        """Move the in and out points of a clip; without an end it is a mark. Raises NotFound."""
        start, until = _span(start, end)
        self._change([clip_id], lambda state: {**state, "start": start, "end": until}, tr("Moved the ends of a clip"))

    def order(self, ids: Sequence[int]) -> None:
        """Put these clips into this order, in the places that they have. Raises NotFound."""
        self._decided.record(partial(_order, ids=list(ids)))

    def remove(self, ids: Sequence[int]) -> None:
        """Take clips out of the list; the films stay as they are."""
        self._decided.record(partial(_remove, ids=list(ids)))

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for: add, name, note, order, remove. Raises KinoraError."""
        if act == "add":
            moment = Moment(given["start"], given["end"])
            return self.add(given["asset_id"], moment, given["name"], given["note"])
        verbs: dict[str, Callable[..., None]] = {
            "name": self.rename, "note": self.describe, "order": self.order, "remove": self.remove,
        }  # fmt: skip
        if act not in verbs:
            raise KinoraError(tr("Clips cannot be told to {act}.", act=act))
        verbs[act](*given.values())
        return given.get("clip_id", given.get("ids"))

    def _change(self, ids: Sequence[int], change: Callable[[State], State], said: str) -> None:
        self._decided.record(partial(_changed, ids=list(ids), change=change, said=said))


def _wanted(asset_id: int, moment: Moment, name: str, note: str) -> State:
    if moment.start is None:
        raise NotFound(tr("A clip needs a place in a film or recording."))
    start, end = _span(moment.start, moment.end)
    return {"asset_id": asset_id, "start": start, "end": end, "name": " ".join(name.split())[:LONGEST_NAME],
            "note": note}  # fmt: skip


def _span(start: float, end: float | None) -> tuple[float, float | None]:
    """In and out in order; a piece without length is a mark."""
    start = max(0.0, start)
    if end is None or abs(end - start) < 1e-6:
        return start, None
    return min(start, max(0.0, end)), max(start, end)


def _add(connection: sqlite3.Connection, wanted: Sequence[Mapping[str, Any]]) -> list[int]:
    for one in wanted:
        assets.get(connection, one["asset_id"])  # raises NotFound
    made = clips.new(connection, wanted)
    count = len(made)
    said = tr("Marked a moment") if count == 1 and made[0]["end"] is None else trn("Added {n} clip", "Added {n} clips",
                                                                                  count)  # fmt: skip
    _record(connection, [], made, said)
    return [one["id"] for one in made]


def _changed(connection: sqlite3.Connection, ids: Sequence[int], change: Callable[[State], State], said: str) -> None:
    known = _known(connection, ids)
    made = [change(state) for state in known]
    if made != known:
        _record(connection, known, made, said)


def _order(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    known = _known(connection, ids)
    places = sorted(state["place"] for state in known)
    made = [{**state, "place": place} for state, place in zip(known, places, strict=True)]
    if made != known:
        _record(connection, known, made, tr("Changed the order of clips"))


def _remove(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    known = list(clips.states(connection, ids).values())
    if known:
        _record(connection, known, [], trn("Removed {n} clip", "Removed {n} clips", len(known)))


def _known(connection: sqlite3.Connection, ids: Iterable[int]) -> list[State]:
    wanted = list(ids)
    found = clips.states(connection, wanted)
    if len(found) != len(set(wanted)):
        raise NotFound(tr("This clip is not in the list any more."))
    return [found[number] for number in wanted]


def _record(connection: sqlite3.Connection, old: Sequence[State], new: Sequence[State], said: str) -> None:
    change = {"off": list(old), "on": list(new)}
    clips.apply(connection, change)
    decisions.record(connection, "clip", said, {"off": list(new), "on": list(old)}, change)
