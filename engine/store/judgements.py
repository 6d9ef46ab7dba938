"""Judgements: what a person says of things that machines saw: a wrong one goes, a safety level stands.

They are kept beside the corrections of texts, each by its place, and outlive findings in the same way: when the asset
is looked at again, what is seen anew at the place of a wrong thing under the same name goes as well.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import NotFound
from engine.language import tr
from engine.model import Finding, Moment
from engine.store import assets, corrections, findings
from engine.store.corrections import State, Stored

SAFETY = "safety"  # under this name the level of an asset is kept
KINDS = ("object", "label")  # what can be wrong
LEVELS = ("safe", "suggestive", "explicit")
SAME = 0.5  # overlap of two boxes from which they are of one thing


def wrong(connection: sqlite3.Connection, finding_id: int) -> tuple[str, State]:
    """The name of a thing that was seen and the change that takes it away, for `apply`. Raises NotFound."""
    row = connection.execute(
        f"SELECT f.asset_id, f.analyzer, {findings.COLUMNS} FROM finding f JOIN moment m ON m.id = f.moment_id "
        "WHERE f.id = ? AND f.kind IN (?, ?)",
        (finding_id, *KINDS),
    ).fetchone()
    if row is None:
        raise NotFound(
            tr("This is not there any more."), hint=tr("It was changed or read again; look at it once more.")
        )
    asset_id, analyzer, found = row[0], row[1], findings.finding_of(row[2:])
    place = {**found.moment.to_json(), "label": found.label}
    return found.label, {"asset": asset_id, "off": [], "on": [_made(connection, asset_id, analyzer, [place], [])]}


def level(connection: sqlite3.Connection, asset_ids: Sequence[int], said: str) -> State:
    """The change that gives assets a safety level (empty: that of the machines again), for `apply`."""
    off = [state for asset_id in asset_ids for state in corrections.states(connection, asset_id, SAFETY)]
    first = corrections.next_id(connection)
    on = [
        _state(first + number, asset_id, SAFETY, [], [{"text": said}])
        for number, asset_id in enumerate(dict.fromkeys(asset_ids))
        if said
    ]
    return {"assets": list(dict.fromkeys(asset_ids)), "off": off, "on": on}


def level_of(connection: sqlite3.Connection, asset_id: int) -> str:
    """The level that a person gave an asset, empty when nobody did."""
    row = connection.execute(
        "SELECT json_extract(lines, '$[0].text') FROM correction WHERE asset_id = ? AND analyzer = ?",
        (asset_id, SAFETY),
    ).fetchone()
    return str(row[0]) if row is not None else ""


def origin(connection: sqlite3.Connection, appearance_id: int) -> tuple[int, str]:
    """The asset that a face or voice is from and its safety level; of one that is gone 0 and the worst level."""
    row = connection.execute(
        "SELECT a.id, a.safety FROM appearance p JOIN asset a ON a.id = p.asset_id WHERE p.id = ?", (appearance_id,)
    ).fetchone()
    return (int(row[0]), str(row[1])) if row is not None else (0, LEVELS[-1])


def apply(connection: sqlite3.Connection, change: Mapping[str, Any]) -> None:
    """Take back the judgements under `off` and put those under `on` in force."""
    for state in change.get("off", ()):
        _lift(connection, state["id"])
    for state in change.get("on", ()):
        _lay(connection, state)
    for asset_id in touched(change):
        assets.summarise(connection, asset_id)


def touched(change: Mapping[str, Any]) -> list[int]:
    """The assets that a change is about."""
    return [int(one) for one in change["assets"]] if "assets" in change else [int(change["asset"])]


def again(connection: sqlite3.Connection, asset_id: int, analyzer: str) -> None:
    """After an asset was looked at again: what was wrong goes again."""
    if analyzer in (SAFETY, *corrections.ANALYZERS):
        return
    for state in corrections.states(connection, asset_id, analyzer):
        connection.execute("DELETE FROM correction WHERE id = ?", (state["id"],))
        _lay(connection, state)


def _made(
    connection: sqlite3.Connection,
    asset_id: int,
    analyzer: str,
    places: list[dict[str, Any]],
    lines: list[dict[str, Any]],
) -> State:
    return _state(corrections.next_id(connection), asset_id, analyzer, places, lines)


def _state(
    number: int, asset_id: int, analyzer: str, places: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> State:
    return {"id": number, "asset_id": asset_id, "analyzer": analyzer, "places": places, "lines": lines}


def _lay(connection: sqlite3.Connection, state: State) -> None:
    asset_id, analyzer = state["asset_id"], state["analyzer"]
    hidden = [] if analyzer == SAFETY else _at(connection, asset_id, analyzer, state["places"])
    findings.drop(connection, [one.id for one in hidden])
    read = [{**one.finding.to_json(), "text": one.finding.text, "version": one.version} for one in hidden]
    connection.execute(
        "INSERT INTO correction(id, asset_id, analyzer, places, lines, read) VALUES(?, ?, ?, ?, ?, ?)",
        (state["id"], asset_id, analyzer, json.dumps(state["places"]), json.dumps(state["lines"]), json.dumps(read)),
    )


def _lift(connection: sqlite3.Connection, number: int) -> None:
    row = connection.execute("SELECT asset_id, analyzer, read FROM correction WHERE id = ?", (number,)).fetchone()
    if row is None:
        return
    asset_id, analyzer, read = row
    for raw in json.loads(read):
        findings.add(connection, asset_id, analyzer, raw.get("version", 1), [Finding.from_json(raw)])
    connection.execute("DELETE FROM correction WHERE id = ?", (number,))


def _at(
    connection: sqlite3.Connection, asset_id: int, analyzer: str, places: Sequence[Mapping[str, Any]]
) -> list[Stored]:
    """What is seen at these places under the names that are wrong there."""
    rows = connection.execute(
        f"SELECT f.id, f.analyzer, f.version, {findings.COLUMNS} FROM finding f JOIN moment m ON m.id = f.moment_id "
        "WHERE f.asset_id = ? AND f.analyzer = ? AND f.kind IN (?, ?)",
        (asset_id, analyzer, *KINDS),
    )
    found = [Stored(row[0], row[1], row[2], findings.finding_of(row[3:])) for row in rows]
    return [
        one
        for one in found
        if any(one.finding.label == place["label"] and _same(one.finding.moment, place) for place in places)
    ]


def _same(here: Moment, place: Mapping[str, Any]) -> bool:
    """Whether both are one thing: at the same time, in about the same box."""
    there = Moment.from_json(place)
    if here.page != there.page or (here.start is None) != (there.start is None):
        return False
    if here.start is not None and there.start is not None and not _meet(here, there):
        return False
    if here.box is None or there.box is None:
        return here.box is there.box
    wide = min(here.box.x + here.box.w, there.box.x + there.box.w) - max(here.box.x, there.box.x)
    high = min(here.box.y + here.box.h, there.box.y + there.box.h) - max(here.box.y, there.box.y)
    if wide <= 0 or high <= 0:
        return False
    return wide * high >= SAME * (here.box.w * here.box.h + there.box.w * there.box.h - wide * high)


def _meet(here: Moment, there: Moment) -> bool:
    mine = (here.start or 0.0, here.end if here.end is not None else here.start or 0.0)
    other = (there.start or 0.0, there.end if there.end is not None else there.start or 0.0)
    return min(mine[1], other[1]) >= max(mine[0], other[0]) - corrections.SAME
