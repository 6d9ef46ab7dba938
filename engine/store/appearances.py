"""Appearances: where a person is seen or heard, kept in step with the findings that show it, whatever pack it was."""

import json
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.model import Box, Facts, Finding
from engine.store import persons, places
from engine.store.places import Spans, Spot

SORTS = {"faces": "face", "speech": "voice"}  # analyzer -> what it shows
KINDS = {"face": "face", "voice": "speaker"}  # sort -> kind of finding
DECIDED = "(how IN ('you', 'file') OR id IN (SELECT appearance_id FROM not_person))"
Vectors = dict[int, tuple[int, bytes]]  # appearance -> space and fp16
PLACE = 'start, "end", page, x, y, w, h, spans'


class Shown(NamedTuple):
    """A finding that shows a face or voice."""

    id: int
    moment_id: int
    spot: Spot
    place: tuple[object, ...]  # the values of `PLACE`
    quality: float
    vector: tuple[int, bytes] | None  # space and fp16


def sync(connection: sqlite3.Connection, asset_id: int, analyzer: str, known: Vectors) -> None:
    """After a commit: let the appearances of an asset follow the new findings.

    A face or voice that was known keeps its row, its person and all that was decided of it, also when another pack
    found it. What was decided is kept without a finding; the rest of what is no longer found goes. `known` is what
    `remember` said before.
    """
    sort = SORTS.get(analyzer)
    if sort is None:
        return
    shown = _shown(connection, asset_id, analyzer, sort)
    rows = connection.execute(
        f"SELECT id, finding_id, {PLACE}, {DECIDED} FROM appearance WHERE asset_id = ? AND sort = ? ORDER BY id",
        (asset_id, sort),
    ).fetchall()
    old = [spot_of(row[2:10]) for row in rows]
    matched = places.pairs(
        old,
        [one.spot for one in shown],
        lambda i, j: _cosine(known.get(rows[i][0]), shown[j].vector),
        places.LEAST_REGION if any(row[1] is None for row in rows) else places.LEAST_BOX,
    )
    if rows:
        connection.execute(
            "UPDATE appearance SET finding_id = NULL, moment_id = NULL WHERE asset_id = ? AND sort = ?",
            (asset_id, sort),
        )
    kept = {rows[at][0] for at in matched.values()}
    gone = [row[0] for row in rows if row[0] not in kept and not row[10]]
    touched = persons.named_among(connection, gone)
    connection.executemany("DELETE FROM appearance WHERE id = ?", ((one,) for one in gone))
    for at, one in enumerate(shown):
        _follow(connection, asset_id, sort, one, rows[matched[at]][0] if at in matched else None)
    if touched:
        persons.index_words(connection, [asset_id])


def _follow(connection: sqlite3.Connection, asset_id: int, sort: str, one: Shown, known: int | None) -> None:
    if known is None:
        connection.execute(
            f"INSERT INTO appearance(sort, asset_id, finding_id, moment_id, quality, {PLACE}) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (sort, asset_id, one.id, one.moment_id, one.quality, *one.place),
        )
        return
    connection.execute(
        'UPDATE appearance SET finding_id = ?, moment_id = ?, quality = ?, start = ?, "end" = ?, page = ?, '
        "x = ?, y = ?, w = ?, h = ?, spans = ? WHERE id = ?",
        (one.id, one.moment_id, one.quality, *one.place, known),
    )


def _shown(connection: sqlite3.Connection, asset_id: int, analyzer: str, sort: str) -> list[Shown]:
    rows = connection.execute(
        'SELECT f.id, f.moment_id, f.score, f.data, m.start, m."end", m.page, m.x, m.y, m.w, m.h, e.space_id, e.fp16 '
        "FROM finding f JOIN moment m ON m.id = f.moment_id LEFT JOIN embedding e ON e.finding_id = f.id "
        "WHERE f.asset_id = ? AND f.analyzer = ? AND f.kind = ? ORDER BY f.id",
        (asset_id, analyzer, KINDS[sort]),
    )
    found = []
    for number, moment_id, score, raw, start, end, *rest, space, fp16 in rows:
        data = json.loads(raw)
        spans = data.get("spans") or []
        if spans and start is None:
            start, end = min(span[0] for span in spans), max(span[1] for span in spans)
        place = (start, end, *rest, json.dumps(spans, separators=(",", ":")) if spans else "")
        vector = None if fp16 is None else (space, fp16)
        found.append(Shown(number, moment_id, spot_of(place), place, _quality(sort, score, data), vector))
    return found


def _quality(sort: str, score: float | None, data: dict[str, object]) -> float:
    """How well a face is seen as its analyzer says; of a voice how long it is heard, ten seconds being enough."""
    said = data.get("quality")
    if isinstance(said, dict):
        said = said.get("all")
    if isinstance(said, int | float):
        return min(1.0, max(0.0, float(said)))
    spans = data.get("spans")
    if sort == "voice" and isinstance(spans, list):
        return min(1.0, places.length(tuple((a, b) for a, b, *_ in spans)) / 10.0)
    return min(1.0, max(0.0, float(score or 0.0)))


def spot_of(values: Sequence[object]) -> Spot:
    """Make a spot of the columns named in `PLACE`."""
    start, end, page, x, y, w, h, raw = values
    box = None if x is None else Box(x, y, w, h)  # type: ignore[arg-type]
    spans: Spans = tuple((a, b) for a, b, *_ in json.loads(str(raw))) if raw else ()
    if not spans and start is not None:
        spans = ((start, end if end is not None else start),)  # type: ignore[assignment]
    return Spot(spans, page, box)  # type: ignore[arg-type]


def remember(connection: sqlite3.Connection, asset_id: int, analyzer: str) -> Vectors:
    """Before findings are replaced: the vectors of the known tracks, which tell them apart when the boxes do not."""
    sort = SORTS.get(analyzer)
    if sort is None:
        return {}
    rows = connection.execute(
        "SELECT a.id, e.space_id, e.fp16 FROM appearance a JOIN embedding e ON e.finding_id = a.finding_id "
        "WHERE a.asset_id = ? AND a.sort = ? AND a.start IS NOT NULL",
        (asset_id, sort),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _cosine(a: tuple[int, bytes] | None, b: tuple[int, bytes] | None) -> float | None:
    """Of two unit vectors in one space; None where they are in two, or unknown."""
    if a is None or b is None or a[0] != b[0] or len(a[1]) != len(b[1]):
        return None
    form = f"<{len(a[1]) // 2}e"
    return float(sum(x * y for x, y in zip(struct.unpack(form, a[1]), struct.unpack(form, b[1]), strict=True)))


def not_erased(
    connection: sqlite3.Connection, asset_id: int, analyzer: str, found: Sequence[Finding]
) -> Sequence[Finding]:
    """Findings without those where somebody was erased: they are not even written for a moment."""
    sort = SORTS.get(analyzer)
    if sort is None:
        return found
    rows = connection.execute(
        f"SELECT {PLACE} FROM erased_place WHERE asset_id = ? AND sort = ?", (asset_id, sort)
    ).fetchall()
    if not rows:
        return found
    erased = [spot_of(row) for row in rows]
    return [
        one for one in found
        if one.kind.value != KINDS[sort] or not _erased_at(_spot(one), erased)
    ]  # fmt: skip


def _erased_at(spot: Spot, erased: Sequence[Spot]) -> bool:
    """Whether somebody was erased there; other packs and programs draw other boxes, so that a part is enough."""
    return any(places.likeness(one, spot, least=places.LEAST_REGION) > 0 for one in erased)


def _spot(found: Finding) -> Spot:
    moment, spans = found.moment, found.data.get("spans")
    if spans:
        return Spot(tuple((a, b) for a, b, *_ in spans), moment.page, moment.box)
    if moment.start is None:
        return Spot((), moment.page, moment.box)
    return Spot(((moment.start, moment.start if moment.end is None else moment.end),), moment.page, moment.box)


def take_regions(
    connection: sqlite3.Connection, asset_id: int, facts: Facts, *, beside: bool = False
) -> list[tuple[int, int]]:
    """Let the faces that the file itself names (XMP), or one `beside` it, be appearances; decisions of them stay.

    Returns those that are who the file says, each with its person. The names go to the tables of people and nowhere
    else: see `persons.without_regions`.
    """
    said = facts.extra.get(persons.REGIONS, ())
    regions = [(entry["name"], Box(*entry["box"]), int(entry.get("pet", False))) for entry in said]
    rows = connection.execute(
        "SELECT a.id, a.how, a.finding_id, a.person_id, a.beside, coalesce(n.name, ''), "
        'a.start, a."end", a.page, a.x, a.y, a.w, a.h, a.spans FROM appearance a '
        "LEFT JOIN person_name n ON n.id = a.named WHERE a.asset_id = ? AND a.sort = 'face'",
        (asset_id,),
    ).fetchall()
    if not regions and not any(row[1] == "file" for row in rows):
        return []
    erased = connection.execute(
        f"SELECT {PLACE} FROM erased_place WHERE asset_id = ? AND sort = 'face'", (asset_id,)
    ).fetchall()
    gone = [spot_of(row) for row in erased]
    wanted = [(name, box, pet) for name, box, pet in regions if not _erased_at(Spot(box=box), gone)]
    matched = places.pairs(
        [spot_of(row[6:]) for row in rows], [Spot(box=box) for _, box, _ in wanted], least=places.LEAST_REGION
    )
    taken = [
        _take_region(connection, asset_id, name, box, rows[matched[at]] if at in matched else None, beside)
        for at, (name, box, _) in enumerate(wanted)
    ]
    for (_, _, pet), one in zip(wanted, taken, strict=True):
        if one is not None:
            connection.execute("UPDATE appearance SET animal = ? WHERE id = ?", (pet, one[0]))
    kept = set(matched.values())
    _let_go(connection, [row for i, row in enumerate(rows) if row[1] == "file" and row[4] == beside and i not in kept])
    return [one for one in taken if one is not None]


def _take_region(
    connection: sqlite3.Connection, asset_id: int, name: str, box: Box, row: Sequence[Any] | None, beside: bool
) -> tuple[int, int] | None:
    """Let one face be who the file says; None where the user, or what stands beside the file, says otherwise."""
    if row is None:
        person_id = persons.by_name(connection, name, make=True)
        cursor = connection.execute(
            "INSERT INTO appearance(sort, asset_id, x, y, w, h, person_id, how, named, beside) "
            "VALUES('face', ?, ?, ?, ?, ?, ?, 'file', ?, ?)",
            (asset_id, *box, person_id, persons.name_row(connection, person_id or 0), beside),
        )
        return int(cursor.lastrowid or 0), person_id or 0
    number, how, _, known, old, said, *_ = row
    if how == "file" and known is not None:
        if old and not beside:
            return None
        if said.casefold() == persons.clean(name).casefold():  # it was renamed or merged since then: that stays
            return number, known
    person_id = persons.by_name(connection, name)
    if how == "you" or (person_id is not None and persons.is_denied(connection, number, person_id)):
        return None
    if how == "file" and not old and beside and person_id is not None and person_id == known:
        return number, known  # both say so: what stands in the file itself outlives the one beside it
    person_id = persons.by_name(connection, name, make=True)
    connection.execute(
        "UPDATE appearance SET person_id = ?, how = 'file', score = NULL, named = ?, beside = ? WHERE id = ?",
        (person_id, persons.name_row(connection, person_id or 0), beside, number),
    )
    return number, person_id or 0


def named_beside(connection: sqlite3.Connection) -> set[int]:
    """The assets of which a file beside them names a face, and that have no file on a drive that is away."""
    return {
        row[0] for row in connection.execute(
            "SELECT DISTINCT p.asset_id FROM appearance p JOIN asset a ON a.id = p.asset_id "
            "WHERE p.beside AND p.how = 'file' AND a.offline = 0"
        )
    }  # fmt: skip


def _let_go(connection: sqlite3.Connection, rows: Sequence[Sequence[object]]) -> None:
    """The file no longer names these: they go, or are nobody's when an analyzer sees a face there."""
    for number, _, finding_id, *_ in rows:
        if finding_id is None:
            connection.execute("DELETE FROM appearance WHERE id = ?", (number,))
        else:
            connection.execute(
                "UPDATE appearance SET person_id = NULL, how = '', named = NULL, beside = 0 WHERE id = ?", (number,)
            )
