"""What is shown of people: the list of them, and where each one appears."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import NotFound
from engine.language import tr
from engine.model import AppearanceRow, Box, Moment, PersonRow
from engine.store.appearances import PLACE, spot_of
from engine.store.places import Talker

_PEOPLE = """
    SELECT p.id, p.name, p.hidden,
        count(CASE a.sort WHEN 'face' THEN 1 END), count(CASE a.sort WHEN 'voice' THEN 1 END),
        count(DISTINCT a.asset_id),
        coalesce((SELECT c.id FROM appearance c WHERE c.id = p.cover AND c.person_id = p.id),
            (SELECT c.id FROM appearance c WHERE c.person_id = p.id AND c.sort = 'face'
                ORDER BY c.how = 'you' DESC, c.quality DESC, c.id LIMIT 1)),
        coalesce(p.pet, 3 * sum(a.sort = 'face' AND coalesce(a.animal, 0))
            > count(CASE a.sort WHEN 'face' THEN 1 END), 0)
    FROM person p LEFT JOIN appearance a ON a.person_id = p.id
"""
_FACES = (
    'SELECT a.id, a.sort, a.asset_id, a.start, a."end", a.page, a.x, a.y, a.w, a.h, a.quality, a.person_id, '
    "coalesce(p.name, ''), a.how, a.score FROM appearance a LEFT JOIN person p ON p.id = a.person_id "
)
_STRANGE = "a.sort = 'face' AND a.person_id IS NULL AND a.ignored = 0"


def listing(connection: sqlite3.Connection, *, hidden: bool, unnamed: bool) -> list[PersonRow]:
    """Everybody who has a name or appears somewhere; those with a name first, then those who appear most."""
    rows = connection.execute(
        f"{_PEOPLE} WHERE (p.hidden = 0 OR ?) AND (p.name <> '' OR ?) GROUP BY p.id "
        "HAVING count(a.id) > 0 OR p.name <> '' ORDER BY p.name = '', count(a.id) DESC, p.id",
        (hidden, unnamed),
    )
    return [person_of(row) for row in rows]


def person(connection: sqlite3.Connection, person_id: int) -> PersonRow:
    """One person.

    Raises:
        NotFound: there is no such person.
    """
    row = connection.execute(f"{_PEOPLE} WHERE p.id = ? GROUP BY p.id", (person_id,)).fetchone()
    if row is None:
        raise NotFound(
            tr("There is no person {person_id} in this library.", person_id=person_id),
            hint="`kinora people` lists them.",
        )
    return person_of(row)


def person_of(row: Sequence[Any]) -> PersonRow:
    """Make a person of a row of the query above."""
    number, name, hidden, faces, voices, assets, cover, pet = row
    return PersonRow(number, name, bool(hidden), faces, voices, assets, cover, bool(name), bool(pet))


def appearances(
    connection: sqlite3.Connection, person_id: int | None, offset: int = 0, limit: int = 500
) -> list[AppearanceRow]:
    """Where a person appears, what was confirmed first, then the best; None: faces and voices of nobody."""
    rows = connection.execute(
        f"{_FACES} WHERE a.person_id IS ? ORDER BY a.how = 'auto', a.quality DESC, a.id LIMIT ? OFFSET ?",
        (person_id, limit, offset),
    )
    return [face_of(row) for row in rows]


def strangers(connection: sqlite3.Connection, offset: int = 0, limit: int = 500) -> list[AppearanceRow]:
    """Faces of nobody, seen once as far as anybody can tell, that the user did not ignore; the clearest first."""
    rows = connection.execute(
        f"{_FACES} WHERE {_STRANGE} ORDER BY a.quality DESC, a.id LIMIT ? OFFSET ?", (limit, offset)
    )
    return [face_of(row) for row in rows]


def count_strangers(connection: sqlite3.Connection) -> int:
    """How many there are."""
    return int(connection.execute(f"SELECT count(*) FROM appearance a WHERE {_STRANGE}").fetchone()[0])


def of_asset(connection: sqlite3.Connection, asset_id: int) -> list[AppearanceRow]:
    """Who appears in an asset, in the order of page, time and from left to right."""
    rows = connection.execute(
        f"{_FACES} WHERE a.asset_id = ? ORDER BY coalesce(a.page, 0), coalesce(a.start, 0), a.x, a.id", (asset_id,)
    )
    return [face_of(row) for row in rows]


def appearance(connection: sqlite3.Connection, appearance_id: int) -> AppearanceRow:
    """One appearance.

    Raises:
        NotFound: there is no such one.
    """
    row = connection.execute(f"{_FACES} WHERE a.id = ?", (appearance_id,)).fetchone()
    if row is None:
        raise NotFound(tr("There is no face or voice {appearance_id} in this library.", appearance_id=appearance_id))
    return face_of(row)


def face_of(row: Sequence[Any]) -> AppearanceRow:
    """Make an appearance of a row of the query above."""
    number, sort, asset, start, end, page, x, y, w, h, quality, who, name, how, score = row
    box = None if x is None else Box(x, y, w, h)
    return AppearanceRow(number, sort, asset, Moment(start, end, page, box), quality, who, name, how, score)


def best_time(connection: sqlite3.Connection, appearance_id: int) -> float | None:
    """The second of a film whose frame shows the face of a track in its box, None where its analyzer does not say."""
    row = connection.execute(
        "SELECT json_extract(f.data, '$.best') FROM appearance a JOIN finding f ON f.id = a.finding_id WHERE a.id = ?",
        (appearance_id,),
    ).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def used(connection: sqlite3.Connection) -> dict[int, float]:
    """When each person was last named or looked at, in Unix seconds."""
    return dict(connection.execute("SELECT id, used FROM person WHERE used > 0"))


def denied(connection: sqlite3.Connection) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """What is never to be asked again: appearance and person, and two people (smaller first)."""
    return (
        set(connection.execute("SELECT appearance_id, person_id FROM not_person")),
        set(connection.execute("SELECT low, high FROM not_same")),
    )


def parted(connection: sqlite3.Connection) -> set[tuple[int, int]]:
    """People of whom one has a face or voice that is not the other, as the user said (smaller first)."""
    rows = connection.execute(
        "SELECT DISTINCT min(a.person_id, n.person_id), max(a.person_id, n.person_id) FROM not_person n "
        "JOIN appearance a ON a.id = n.appearance_id WHERE a.person_id <> n.person_id"
    )
    return set(rows)


def talkers(connection: sqlite3.Connection) -> Iterator[Talker]:
    """The faces and voices of the films that have both."""
    rows = connection.execute(
        f"SELECT id, sort, asset_id, person_id, {PLACE} FROM appearance WHERE start IS NOT NULL AND asset_id IN "
        "(SELECT asset_id FROM appearance WHERE sort = 'voice' INTERSECT "
        "SELECT asset_id FROM appearance WHERE sort = 'face' AND start IS NOT NULL) ORDER BY id"
    )
    for number, sort, asset_id, person_id, *place in rows:
        yield Talker(number, sort, asset_id, person_id, spot_of(place).spans)


def everything(connection: sqlite3.Connection) -> Iterator[tuple[AppearanceRow, list[str], str | None, bytes | None]]:
    """Every appearance with the files of its asset and its vector: its space and fp16."""
    rows = connection.execute(
        f"{_FACES.replace('a.score FROM', 'a.score, s.name, e.fp16 FROM')} "
        "LEFT JOIN embedding e ON e.finding_id = a.finding_id LEFT JOIN space s ON s.id = e.space_id ORDER BY a.id"
    )
    for *row, space, fp16 in rows:
        places = connection.execute(
            "SELECT d.shown, f.shown FROM file f JOIN folder d ON d.id = f.folder_id "
            "WHERE f.asset_id = ? ORDER BY f.id",
            (row[2],),
        )
        yield face_of(row), [f"{folder}/{name}" for folder, name in places], space, fp16


def faces(connection: sqlite3.Connection) -> Iterator[tuple[AppearanceRow, float | None]]:
    """Every face with the second of its film that shows it best."""
    for row in connection.execute(f"{_FACES} WHERE a.sort = 'face' AND a.x IS NOT NULL ORDER BY a.id"):
        yield face_of(row), best_time(connection, row[0])
