"""What stands in the moments that a search found: their words, by who said them."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from engine.model import Moment
from engine.store.findings import OPEN, moment_of


@dataclass(frozen=True, slots=True)
class Piece:
    """One finding's words: who said it, what it is, the text."""

    analyzer: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A moment with its words."""

    id: int
    asset: int
    kind: str  # of the asset
    moment: Moment
    pieces: tuple[Piece, ...]


def of_moments(connection: sqlite3.Connection, moments: Iterable[int], *, names: bool) -> dict[int, Evidence]:
    """The moments with their words, with `names` also those that say who is there."""
    wanted = json.dumps(list(moments))
    pieces: dict[int, list[Piece]] = {}
    for moment, *piece in connection.execute(
        "SELECT f.moment_id, f.analyzer, f.label, f.text "
        "FROM json_each(?) v CROSS JOIN finding f ON f.moment_id = v.value "
        f"WHERE f.text <> ''{'' if names else f' AND {OPEN}'} ORDER BY f.id",
        (wanted,),
    ):
        pieces.setdefault(moment, []).append(Piece(*piece))
    rows = connection.execute(
        'SELECT m.id, m.asset_id, a.kind, m.start, m."end", m.page, m.x, m.y, m.w, m.h FROM json_each(?) v '
        "CROSS JOIN moment m ON m.id = v.value CROSS JOIN asset a ON a.id = m.asset_id",
        (wanted,),
    )
    return {row[0]: Evidence(row[0], row[1], row[2], moment_of(row[3:]), tuple(pieces.get(row[0], ()))) for row in rows}
