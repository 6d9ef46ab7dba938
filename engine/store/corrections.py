"""Corrections: what a person wrote in place of what a machine read, kept by its place, so that it outlives findings.

The findings of an asset hold what counts: the corrected lines stand there in place of the read ones, which wait in the
row of the correction. So everything that reads findings (search, snippets, exports) reads what was corrected. When the
asset is read again, the new findings at the place of a correction give way to it; a longer one keeps the words outside.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.model import Box, Finding, FindingKind, Moment
from engine.model.lines import spread
from engine.store import findings, places
from engine.store.places import Spot

ANALYZERS = ("speech", "ocr")  # whose lines can be corrected
MOST = 0.5  # share of a line that lies in the place of a correction from which it gives way
SAME = 1e-3  # seconds, or parts of the picture, within which two places are one
STATE = ("id", "asset_id", "analyzer", "places", "lines")
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A line of text among the findings."""

    id: int
    analyzer: str
    version: int
    finding: Finding

    @property
    def correction(self) -> int | None:
        """The correction that it belongs to."""
        number = self.finding.data.get("correction")
        return int(number) if number is not None else None


def stored(connection: sqlite3.Connection, asset_id: int, analyzer: str | None = None) -> list[Stored]:
    """The lines of an asset in the order of place and time."""
    rows = connection.execute(
        f"SELECT f.id, f.analyzer, f.version, {findings.COLUMNS} FROM finding f JOIN moment m ON m.id = f.moment_id "
        "WHERE f.asset_id = ? AND f.kind = 'text' AND f.analyzer IN (?, ?) "
        "ORDER BY coalesce(m.page, 0), coalesce(m.start, 0), f.id",
        (asset_id, *((analyzer, analyzer) if analyzer else ANALYZERS)),
    )
    return [Stored(row[0], row[1], row[2], findings.finding_of(row[3:])) for row in rows]


def originals(connection: sqlite3.Connection, asset_id: int) -> dict[int, str]:
    """What the machine read at the place of each correction of an asset."""
    rows = connection.execute("SELECT id, read FROM correction WHERE asset_id = ?", (asset_id,))
    return {number: " ".join(one["text"] for one in json.loads(read)) for number, read in rows}


def states(connection: sqlite3.Connection, asset_id: int, analyzer: str | None = None) -> list[State]:
    """The corrections of an asset, the oldest first, as a decision keeps them."""
    rows = connection.execute(
        f"SELECT {', '.join(STATE)} FROM correction WHERE asset_id = ?1 AND (?2 IS NULL OR analyzer = ?2) ORDER BY id",
        (asset_id, analyzer),
    )
    return [_state(row) for row in rows]


def replaced(connection: sqlite3.Connection, targets: Sequence[Stored], lines: Sequence[Mapping[str, Any]]) -> State:
    """The change that puts `lines` in place of `targets` (of one asset and analyzer), for `apply`: `off` and `on`."""
    asset_id = asset_of(connection, targets[0])
    taken = {one.correction for one in targets} - {None}
    off = [state for state in states(connection, asset_id, targets[0].analyzer) if state["id"] in taken]
    gone = [_line_of(one.finding) for one in targets]
    kept = [line for state in off for line in state["lines"] if not _is_among(line, gone)]
    spots = [place for state in off for place in state["places"]]
    plain = [one for one in targets if one.correction is None or one.finding.data.get("rest")]
    spots += [{**one.finding.moment.to_json(), "text": one.finding.text} for one in plain]
    made = {
        "id": next_id(connection), "asset_id": asset_id, "analyzer": targets[0].analyzer, "places": spots,
        "lines": sorted([*kept, *map(dict, lines)], key=lambda line: (line.get("page") or 0, line.get("start") or 0.0)),
    }  # fmt: skip
    return {"asset": asset_id, "off": off, "on": [made]}


def apply(connection: sqlite3.Connection, change: Mapping[str, Any]) -> None:
    """Take back the corrections under `off` and put those under `on` in force."""
    for state in change.get("off", ()):
        lift(connection, state["id"])
    for state in change.get("on", ()):
        _lay(connection, state)


def again(connection: sqlite3.Connection, asset_id: int, analyzer: str) -> None:
    """After an asset was read again: let every correction stand in place of what is now read there."""
    if analyzer not in ANALYZERS:
        return
    for state in states(connection, asset_id, analyzer):
        connection.execute("DELETE FROM correction WHERE id = ?", (state["id"],))
        _lay(connection, state)


def lift(connection: sqlite3.Connection, number: int) -> None:
    """Take a correction back: what was read stands there again."""
    row = connection.execute("SELECT asset_id, analyzer, read FROM correction WHERE id = ?", (number,)).fetchone()
    if row is None:
        return
    asset_id, analyzer, read = row
    mine = [one.id for one in stored(connection, asset_id, analyzer) if one.correction == number]
    findings.drop(connection, mine)
    for raw in json.loads(read):
        _add(connection, asset_id, analyzer, raw.get("version", 1), [Finding.from_json(raw)], [raw["id"]])
    connection.execute("DELETE FROM correction WHERE id = ?", (number,))


def _lay(connection: sqlite3.Connection, state: State) -> None:
    asset_id, analyzer, number = state["asset_id"], state["analyzer"], state["id"]
    free = [one for one in stored(connection, asset_id, analyzer) if one.correction is None]
    hidden, rest = _giving_way(free, state["places"])
    findings.drop(connection, [one.id for one in hidden])
    version = max((one.version for one in hidden), default=1)
    speakers = _speakers(connection, state["lines"])
    made = [_finding(line, number, analyzer, speakers) for line in state["lines"] if line["text"].strip()]
    made += [_with_mark(one, number, rest=True) for one in rest]
    _add(connection, asset_id, analyzer, version, made, sorted(one.id for one in hidden))
    read = [{**one.finding.to_json(), "version": one.version, "id": one.id} for one in hidden]
    connection.execute(
        "INSERT INTO correction(id, asset_id, analyzer, places, lines, read) VALUES(?, ?, ?, ?, ?, ?)",
        (number, asset_id, analyzer, _json(state["places"]), _json(state["lines"]), _json(read)),
    )


def _add(
    connection: sqlite3.Connection, asset_id: int, analyzer: str, version: int, made: Sequence[Finding],
    numbers: Sequence[int],
) -> None:  # fmt: skip
    """Store lines one by one in the numbers of those that they replace, as far as those go."""
    for at, one in enumerate(made):
        findings.add(connection, asset_id, analyzer, version, [one])
        if at < len(numbers):
            newest = connection.execute("SELECT max(id) FROM finding").fetchone()[0]
            findings.renumber(connection, newest, numbers[at])


def _giving_way(free: Sequence[Stored], spots: Sequence[Mapping[str, Any]]) -> tuple[list[Stored], list[Finding]]:
    """The lines that stand at these places, and what remains of those that go on outside of them."""
    hidden: dict[int, Stored] = {}
    rest: list[Finding] = []
    loose: list[Moment] = []
    for spot in spots:
        moment = Moment.from_json(spot)
        exact = [one for one in free if is_same(one.finding.moment, moment)]
        worded = [one for one in exact if one.finding.text == spot.get("text")] or exact
        hidden.update((one.id, one) for one in worded)
        if not exact:
            loose.append(moment)
    for one in free if loose else ():
        if one.id in hidden or not _meets(one.finding.moment, loose):
            continue
        hidden[one.id] = one
        rest += _outside(one.finding, loose)
    return list(hidden.values()), rest


def _meets(moment: Moment, spots: Iterable[Moment]) -> bool:
    """Whether a line lies for its most part in one of these places, or one of them in it."""
    return any(_share(moment, spot) >= MOST or _share(spot, moment) >= MOST for spot in spots)


def _share(inner: Moment, outer: Moment) -> float:
    """The share of a place that lies in another one: of its time, and of its box."""
    if inner.page != outer.page or (inner.start is None) != (outer.start is None):
        return 0.0
    share = 1.0
    if inner.start is not None and outer.start is not None:
        mine, other = _span(inner), _span(outer)
        shared = places.shared_time((mine,), (other,))
        length = mine[1] - mine[0]
        share = shared / length if length > 0 else float(other[0] <= mine[0] <= other[1])
    if (inner.box is None) != (outer.box is None):
        return 0.0
    if inner.box is not None and outer.box is not None:
        share *= _box_share(inner.box, outer.box)
    return share


def _box_share(inner: Box, outer: Box) -> float:
    union = places.likeness(Spot(box=inner), Spot(box=outer), least=places.LEAST_REGION)
    wide = min(inner.x + inner.w, outer.x + outer.w) - max(inner.x, outer.x)
    high = min(inner.y + inner.h, outer.y + outer.h) - max(inner.y, outer.y)
    area = inner.w * inner.h
    return max(union, wide * high / area if wide > 0 and high > 0 and area > 0 else 0.0)


def _outside(found: Finding, spots: Sequence[Moment]) -> list[Finding]:
    """What a spoken line says before, between and after these places, as lines of their own."""
    if found.moment.start is None or found.moment.box is not None:
        return []
    start, end = _span(found.moment)
    timed = [tuple(word) for word in found.data.get("words") or spread(found.text, start, end)]
    runs: list[list[Any]] = [[]]
    for word in timed:
        middle = (float(word[0]) + float(word[1])) / 2
        if any(_span(spot)[0] - SAME <= middle <= _span(spot)[1] + SAME for spot in spots):
            runs.append([])
        else:
            runs[-1].append(word)
    return [_part(found, run) for run in runs if run]


def _part(found: Finding, run: Sequence[Any]) -> Finding:
    text = " ".join(str(word[2]).strip() for word in run)
    data = {**found.data, "words": [list(word) for word in run]}
    moment = Moment(float(run[0][0]), float(run[-1][1]), found.moment.page)
    return Finding(found.kind, moment, text, found.label, found.score, data)


def _finding(line: Mapping[str, Any], number: int, analyzer: str, speakers: Mapping[int, str]) -> Finding:
    data: dict[str, Any] = {"correction": number}
    if line.get("words"):
        data["words"] = [[*word, 1.0] for word in line["words"]]
    if line.get("voice") is not None:
        data["voice"] = line["voice"]
        if line["voice"] in speakers:
            data["speaker"] = int(speakers[line["voice"]])
    if line.get("language"):
        data["language"] = line["language"]
    label = line.get("label") or {"speech": "speech"}.get(analyzer, analyzer)
    return Finding(FindingKind.TEXT, Moment.from_json(line), line["text"], label, 1.0, data)


def _with_mark(found: Finding, number: int, *, rest: bool) -> Finding:
    return Finding(
        found.kind,
        found.moment,
        found.text,
        found.label,
        found.score,
        {**found.data, "correction": number, "rest": rest},
    )


def _speakers(connection: sqlite3.Connection, lines: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The number that each voice (an appearance) has in the newest findings."""
    wanted = sorted({line["voice"] for line in lines if line.get("voice") is not None})
    rows = connection.execute(
        "SELECT a.id, f.label FROM appearance a JOIN finding f ON f.id = a.finding_id "
        "WHERE f.kind = 'speaker' AND a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    )
    return {number: label for number, label in rows if str(label).isdigit()}


def _line_of(found: Finding) -> dict[str, Any]:
    return {**found.moment.to_json(), "text": found.text}


def _is_among(line: Mapping[str, Any], gone: Iterable[Mapping[str, Any]]) -> bool:
    here = Moment.from_json(line)
    return any(line["text"] == one["text"] and is_same(here, Moment.from_json(one)) for one in gone)


def is_same(one: Moment, other: Moment) -> bool:
    """Whether two moments are the same place."""
    mine = (one.start, one.end, *(one.box or (None,) * 4))
    theirs = (other.start, other.end, *(other.box or (None,) * 4))
    if one.page != other.page:
        return False
    return all(
        a is b or (a is not None and b is not None and abs(a - b) <= SAME) for a, b in zip(mine, theirs, strict=True)
    )


def _span(moment: Moment) -> tuple[float, float]:
    start = moment.start or 0.0
    return start, start if moment.end is None else moment.end


def asset_of(connection: sqlite3.Connection, line: Stored) -> int:
    """The asset of a stored line."""
    return int(connection.execute("SELECT asset_id FROM finding WHERE id = ?", (line.id,)).fetchone()[0])


def next_id(connection: sqlite3.Connection) -> int:
    """An id that no correction has had: decisions name them."""
    used = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM correction), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'correction'), 0))"
    ).fetchone()
    return int(used[0]) + 1


def _state(row: Sequence[Any]) -> State:
    found = dict(zip(STATE, row, strict=True))
    return {**found, "places": json.loads(found["places"]), "lines": json.loads(found["lines"])}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
