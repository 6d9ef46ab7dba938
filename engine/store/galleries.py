"""What clustering reads and writes: every face or voice of a space with its vector, and who it is taken for."""

import sqlite3
import time
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.store import pets, whole

CHUNK = 2000  # rows written in one transaction


@dataclass(slots=True)
class Gallery:
    """The appearances of one sort in one space, in the order of their ids, as columns; animals apart from people."""

    space: str
    dim: int
    animals: bool = False
    ids: "array[int]" = field(default_factory=lambda: array("q"))
    assets: "array[int]" = field(default_factory=lambda: array("q"))
    pages: "array[int]" = field(default_factory=lambda: array("q"))
    starts: "array[float]" = field(default_factory=lambda: array("d"))  # -1 = a picture
    ends: "array[float]" = field(default_factory=lambda: array("d"))
    people: "array[int]" = field(default_factory=lambda: array("q"))  # -1 = nobody
    decided: "array[int]" = field(default_factory=lambda: array("b"))
    stray: "array[int]" = field(default_factory=lambda: array("b"))  # an animal that was taken for a person
    quality: "array[float]" = field(default_factory=lambda: array("f"))
    vectors: bytearray = field(default_factory=bytearray)  # fp16, little-endian


@dataclass(frozen=True, slots=True)
class Rules:
    """What humans said that clustering has to keep to."""

    touched: frozenset[int]  # people with a name or with something that a human (or the file) said
    denied: frozenset[tuple[int, int]]  # appearance, person
    never: frozenset[tuple[int, int]]  # two people


def load(connection: sqlite3.Connection, sort: str, space: str = "") -> list[Gallery]:
    """Every appearance of a sort that has a vector, a gallery for each space (or for the one that is named).

    Faces of animals have one of their own: they are never compared with people. What the user ignores is in none.
    """
    found: dict[tuple[int, bool], Gallery] = {}
    for number, name, dim in connection.execute("SELECT id, name, dim FROM space"):
        if space in ("", name):
            found |= {(number, animals): Gallery(name, dim, animals) for animals in (False, True)}
    pet = dict(connection.execute(f"SELECT p.id, {pets.PERSON} FROM person p")) if sort == "face" else {}
    rows = connection.execute(
        "SELECT e.space_id, a.id, a.asset_id, coalesce(a.page, 0), coalesce(a.start, -1), "
        "coalesce(a.\"end\", a.start, -1), coalesce(a.person_id, -1), a.how IN ('you', 'file'), a.quality, "
        "coalesce(a.animal, 0), e.fp16 FROM appearance a JOIN embedding e ON e.finding_id = a.finding_id "
        "WHERE a.sort = ? AND NOT (a.ignored AND a.person_id IS NULL) ORDER BY a.id",
        (sort,),
    )
    for space_id, *values, animal, fp16 in rows:
        person, decided = values[5], values[6]
        stray = bool(animal and not decided and not pet.get(person, 1))
        gallery = found.get((space_id, stray or bool(pet.get(person, animal))))
        if gallery is None:
            continue
        gallery.stray.append(stray)
        columns: tuple[Any, ...] = (
            gallery.ids, gallery.assets, gallery.pages, gallery.starts, gallery.ends, gallery.people, gallery.decided,
            gallery.quality,
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
        gallery.vectors += fp16
    return [gallery for gallery in found.values() if gallery.ids]


def stamp(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Changes whenever clustering could come to another answer."""
    row = connection.execute(
        "SELECT coalesce(max(id), 0), count(*), coalesce(sum(person_id), 0), coalesce(sum(finding_id), 0), "
        "coalesce(sum(animal), 0), (SELECT coalesce(max(id), 0) FROM decision), (SELECT count(*) FROM not_person) "
        "FROM appearance"
    ).fetchone()
    return tuple(row)


def rules(connection: sqlite3.Connection) -> Rules:
    """What has to be kept to."""
    touched = connection.execute(
        "SELECT id FROM person WHERE name <> '' UNION "
        "SELECT DISTINCT person_id FROM appearance WHERE person_id IS NOT NULL AND how IN ('you', 'file')"
    )
    return Rules(
        frozenset(row[0] for row in touched),
        frozenset(connection.execute("SELECT appearance_id, person_id FROM not_person")),
        frozenset(connection.execute("SELECT low, high FROM not_same")),
    )


@dataclass(frozen=True, slots=True)
class Move:
    """An appearance that clustering takes for somebody: a person (new ones below -1), -1 = nobody; from whom."""

    appearance_id: int
    was: int
    person: int
    score: float


def store(connection: sqlite3.Connection, moves: Iterable[Move], made: dict[int, int]) -> set[int]:
    """Write what clustering found; `made` remembers the new people by their numbers. Return the assets whose words
    changed.

    What a human decided in the meantime stays, and so does what was moved or denied since the reading.
    """
    assets: set[int] = set()
    for move in moves:
        if move.person < -1 and move.person not in made:
            cursor = connection.execute("INSERT INTO person(made) VALUES(?)", (time.time(),))
            made[move.person] = int(cursor.lastrowid or 0)
        person = made.get(move.person, move.person)
        target = None if person < 0 else person
        changed = connection.execute(
            "UPDATE appearance SET person_id = ?1, how = ?2, score = ?3 "
            "WHERE id = ?4 AND how NOT IN ('you', 'file') AND coalesce(person_id, -1) = ?5 "
            "AND NOT EXISTS(SELECT 1 FROM not_person WHERE appearance_id = ?4 AND person_id = ?1) "
            "AND (?1 IS NULL OR EXISTS(SELECT 1 FROM person WHERE id = ?1)) RETURNING asset_id",
            (target, "auto" if target else "", move.score if target else None, move.appearance_id, move.was),
        ).fetchall()
        if changed and _named(connection, target, None if move.was < 0 else move.was):
            assets.add(changed[0][0])
    return assets


def _named(connection: sqlite3.Connection, *people: int | None) -> bool:
    sql = "SELECT 1 FROM person WHERE id = ? AND name <> ''"
    return any(connection.execute(sql, (one,)).fetchone() for one in people if one is not None)


def tidy(connection: sqlite3.Connection, gone: Mapping[int, int]) -> None:
    """Let people whom nobody named and who have no face left go; the picture of one that joined another stays known."""
    for number in gone:
        connection.execute(
            "DELETE FROM person WHERE id = ?1 AND name = '' "
            "AND NOT EXISTS(SELECT 1 FROM appearance WHERE person_id = ?1) "
            "AND NOT EXISTS(SELECT 1 FROM not_person WHERE person_id = ?1) "
            "AND NOT EXISTS(SELECT 1 FROM not_same WHERE ?1 IN (low, high))",
            (number,),
        )


def index(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Bring the words of assets up to date."""
    whole.index_all(connection, asset_ids)
