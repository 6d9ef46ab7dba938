"""The rows of people: their names, who is whom in an asset, and how a decision about them is put into effect."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.model import Facts
from engine.store import whole

REGIONS = "regions"  # in the extra facts of a photo as its reader gives them: faces that the file names
LONGEST_NAME = 200  # characters

# What a decision about people changed, as a decision's `before` and `after` keep it. Numbers only: names stand in
# `person_name`, so that erasing somebody leaves no name behind in decisions, which are never changed.
State = dict[str, Any]
# faces: {appearance: [person or None, how]}, names: {person: row of person_name or 0}, hidden: {person: 0 or 1},
# pets: {person: 1, 0 or None}, ignored: {appearance: 0 or 1}, covers: {person: appearance or None},
# denied and allowed: [[appearance, person]], apart and together: [[low, high]]


def apply(connection: sqlite3.Connection, state: Mapping[str, Any]) -> None:
    """Bring people and appearances into the state that a decision left (or found)."""
    now = time.time()
    for number in people_of(state):
        connection.execute("INSERT OR IGNORE INTO person(id, made) VALUES(?, ?)", (number, now))
    connection.executemany(
        "UPDATE appearance SET person_id = ?, how = ?, score = NULL WHERE id = ?",
        ((person, how, int(number)) for number, (person, how) in state.get("faces", {}).items()),
    )
    connection.executemany(
        "UPDATE person SET name = coalesce((SELECT name FROM person_name WHERE id = ?), ''), used = ? WHERE id = ?",
        ((name, now, int(number)) for number, name in state.get("names", {}).items()),
    )
    connection.executemany(
        "UPDATE person SET hidden = ? WHERE id = ?", ((on, int(one)) for one, on in state.get("hidden", {}).items())
    )
    connection.executemany(
        "UPDATE person SET cover = ? WHERE id = ?", ((face, int(one)) for one, face in state.get("covers", {}).items())
    )
    connection.executemany(
        "UPDATE person SET pet = ? WHERE id = ?", ((pet, int(one)) for one, pet in state.get("pets", {}).items())
    )
    connection.executemany(
        "UPDATE appearance SET ignored = ? WHERE id = ?",
        ((on, int(one)) for one, on in state.get("ignored", {}).items()),
    )
    connection.executemany("INSERT OR IGNORE INTO not_person VALUES(?, ?)", state.get("denied", []))
    connection.executemany("DELETE FROM not_person WHERE appearance_id = ? AND person_id = ?", state.get("allowed", []))
    connection.executemany("INSERT OR IGNORE INTO not_same VALUES(?, ?)", state.get("apart", []))
    connection.executemany("DELETE FROM not_same WHERE low = ? AND high = ?", state.get("together", []))


def people_of(state: Mapping[str, Any]) -> set[int]:
    """The people that a state is about."""
    found = {person for person, _ in state.get("faces", {}).values() if person is not None}
    found |= {row[5] for row in state.get("rows", {}).values() if row is not None and row[5] is not None}
    for key in ("names", "hidden", "covers", "pets"):
        found.update(int(number) for number in state.get(key, {}))
    for key in ("denied", "allowed"):
        found.update(person for _, person in state.get(key, []))
    for key in ("apart", "together"):
        found.update(person for pair in state.get(key, []) for person in pair)
    return found


def faces_of(state: Mapping[str, Any]) -> set[int]:
    """The appearances that a state is about."""
    found = {int(number) for key in ("faces", "ignored", "rows") for number in state.get(key, {})}
    for key in ("denied", "allowed"):
        found.update(number for number, _ in state.get(key, []))
    return found | {face for face in state.get("covers", {}).values() if face is not None}


def touched(connection: sqlite3.Connection, *states: Mapping[str, Any]) -> list[int]:
    """The assets whose words these states change."""
    found: set[int] = set()
    for state in states:
        for number in state.get("faces", {}):
            found.update(_first(connection, "SELECT asset_id FROM appearance WHERE id = ?", int(number)))
        for number in (*state.get("names", {}), *state.get("hidden", {})):
            found.update(_first(connection, "SELECT asset_id FROM appearance WHERE person_id = ?", int(number)))
    return sorted(found)


def by_name(connection: sqlite3.Connection, name: str, *, make: bool = False) -> int | None:
    """The person of that name, whatever its case; `make` one when there is none."""
    wanted = clean(name).casefold()
    if not wanted:
        return None
    for number, known in connection.execute("SELECT id, name FROM person WHERE name <> '' ORDER BY id"):
        if known.casefold() == wanted:
            return int(number)
    if not make:
        return None
    number = new(connection)
    connection.execute("INSERT INTO person_name(person_id, name) VALUES(?, ?)", (number, clean(name)))
    connection.execute("UPDATE person SET name = ? WHERE id = ?", (clean(name), number))
    return number


def name_row(connection: sqlite3.Connection, person_id: int) -> int:
    """The row of `person_name` with a person's name, 0 without one."""
    row = connection.execute(
        "SELECT n.id FROM person p JOIN person_name n ON n.name = p.name WHERE p.id = ? AND p.name <> '' "
        "ORDER BY n.person_id = p.id DESC, n.id DESC LIMIT 1",
        (person_id,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def new(connection: sqlite3.Connection) -> int:
    """Make a person without a name."""
    cursor = connection.execute("INSERT INTO person(made) VALUES(?)", (time.time(),))
    return int(cursor.lastrowid or 0)


def clean(name: str) -> str:
    """A name without stray white space, of reasonable length."""
    return " ".join(name.split())[:LONGEST_NAME]


def is_denied(connection: sqlite3.Connection, appearance_id: int, person_id: int) -> bool:
    """Whether the user said that this appearance is not that person."""
    return bool(
        _first(
            connection, "SELECT 1 FROM not_person WHERE appearance_id = ? AND person_id = ?", appearance_id, person_id
        )
    )


def named_among(connection: sqlite3.Connection, appearance_ids: Iterable[int]) -> bool:
    """Whether one of these appearances is somebody with a name."""
    sql = "SELECT 1 FROM appearance a JOIN person p ON p.id = a.person_id WHERE a.id = ? AND p.name <> ''"
    return any(_first(connection, sql, number) for number in appearance_ids)


def index_words(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Let plain words find the people in these assets."""
    whole.index_all(connection, asset_ids)


def without_regions(facts: Facts) -> Facts:
    """Facts as they are stored: the names of faces stand in the tables of people alone, where they can be erased."""
    if REGIONS not in facts.extra:
        return facts
    return replace(facts, extra={key: value for key, value in facts.extra.items() if key != REGIONS})


def _first(connection: sqlite3.Connection, sql: str, *values: object) -> list[int]:
    return [row[0] for row in connection.execute(sql, values)]


def state_of_faces(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[str, list[Any]]:
    """Who these appearances are now and who said so; unknown ids are left out."""
    found: dict[str, list[Any]] = {}
    for number in ids:
        row = connection.execute("SELECT person_id, how FROM appearance WHERE id = ?", (number,)).fetchone()
        if row is not None:
            found[str(number)] = list(row)
    return found
