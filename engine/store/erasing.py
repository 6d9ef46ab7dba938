"""Erasing people: every row that holds something of a face or voice goes, and what is left of them can be counted."""

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from engine.language import tr
from engine.store import decisions, findings, persons, settings, whole, words
from engine.store.appearances import PLACE

PENDING = "erasing"  # a fact of the program: rows are gone, what lies beside them may not be
BIOMETRIC = "('face', 'speaker')"  # kinds of findings
_SEEN = f"kind IN {BIOMETRIC}"  # the number of a deleted finding may be given to another one


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be erased: people, where they appear, their findings, names and the decisions that speak of them."""

    people: tuple[int, ...]
    appearances: tuple[int, ...]
    findings: tuple[int, ...]
    decisions: tuple[int, ...]
    names: tuple[str, ...]
    assets: tuple[int, ...]
    spaces: tuple[int, ...]  # whose vectors are concerned


def target(connection: sqlite3.Connection, person_id: int, alike: Collection[int] = ()) -> Target:
    """Everything of one person, with faces of nobody (`alike`) that are taken for the same one.

    People of whom nothing is left because they became this person go along.
    """
    people = {person_id}
    mine = set(_ids(connection, "SELECT id FROM appearance WHERE person_id = ?1 OR (person_id IS NULL "
                    "AND id IN (SELECT value FROM json_each(?2)))", person_id, json.dumps(sorted(alike))))  # fmt: skip
    told = _told(connection)
    merges = [about for _, verb, _, about in told if verb == "merge"]
    while empty := {
        one for about in merges if about & people for one in about - people if _shell(connection, one)
    }:  # fmt: skip
        people |= empty
    names = _ids(connection, "SELECT name FROM person_name WHERE person_id IN (SELECT value FROM json_each(?))",
                 json.dumps(sorted(people)))  # fmt: skip
    names += _ids(connection, "SELECT name FROM person WHERE id = ? AND name <> ''", person_id)
    about = tuple(number for number, _, faces, who in told if who & people or faces & mine)
    return _with_findings(connection, sorted(people), sorted(mine), about, sorted(set(map(str, names))))


def everybody(connection: sqlite3.Connection) -> Target:
    """Everything of everybody, also what has no appearance."""
    people = _ids(connection, "SELECT id FROM person UNION SELECT person_id FROM person_name "
                  "UNION SELECT person_id FROM not_person UNION SELECT low FROM not_same "
                  "UNION SELECT high FROM not_same")  # fmt: skip
    mine = _ids(connection, "SELECT id FROM appearance")
    names = _ids(connection, "SELECT name FROM person_name UNION SELECT name FROM person WHERE name <> ''")
    found = _with_findings(connection, people, mine, tuple(one[0] for one in _told(connection)), list(map(str, names)))
    rest = _ids(connection, f"SELECT id FROM finding WHERE kind IN {BIOMETRIC}")
    assets = _ids(connection, f"SELECT DISTINCT asset_id FROM finding WHERE kind IN {BIOMETRIC}")
    return Target(found.people, found.appearances, tuple(rest), found.decisions, found.names,
                  tuple(sorted({*found.assets, *assets})), found.spaces)  # fmt: skip


def count(connection: sqlite3.Connection, what: Target) -> dict[str, int]:
    """What there is of it now: all zero after it was erased."""
    return {
        "people": _count(connection, "person", "id", what.people),
        "names": _count(connection, "person_name", "person_id", what.people),
        "appearances": _count(connection, "appearance", "id", what.appearances),
        "findings": _count(connection, "finding", "id", what.findings, _SEEN),
        "vectors": _count(connection, "embedding", "finding_id", what.findings,
                          f"finding_id IN (SELECT id FROM finding WHERE {_SEEN})"),
        "denials": _count(connection, "not_person", "appearance_id", what.appearances)
        + _count(connection, "not_person", "person_id", what.people),
        "decisions": len(what.decisions) - _count(connection, "void_decision", "decision_id", what.decisions),
        "words": _worded(connection, what),
    }  # fmt: skip


def erase(connection: sqlite3.Connection, what: Target) -> None:
    """Delete the rows; what stays is where they were, as geometry, so that no analysis brings them back."""
    mine, people = json.dumps(what.appearances), json.dumps(what.people)
    listed = "(SELECT value FROM json_each(?))"
    connection.execute(
        f"INSERT INTO erased_place(asset_id, sort, {PLACE}) SELECT asset_id, sort, {PLACE} FROM appearance "
        f"WHERE id IN {listed}",
        (mine,),
    )
    findings.drop(connection, what.findings)
    connection.execute(
        f"DELETE FROM not_person WHERE appearance_id IN {listed} OR person_id IN {listed}", (mine, people)
    )
    connection.execute(f"DELETE FROM not_same WHERE low IN {listed} OR high IN {listed}", (people, people))
    connection.execute(f"UPDATE person SET cover = NULL WHERE cover IN {listed}", (mine,))
    for table, column, ids in (
        ("appearance", "id", mine), ("person_name", "person_id", people), ("person", "id", people),
    ):  # fmt: skip
        connection.execute(f"DELETE FROM {table} WHERE {column} IN {listed}", (ids,))
    for name in what.names:
        if persons.by_name(connection, name) is None:
            _forget_searches(connection, name)
    connection.executemany("INSERT OR IGNORE INTO void_decision VALUES(?)", ((one,) for one in what.decisions))
    whole.index_all(connection, what.assets)
    decisions.record(connection, "erase", tr("Erased what was known of people"), {}, {})
    settings.put_own(connection, PENDING, True)


def pending(connection: sqlite3.Connection) -> bool:
    """Whether rows were erased whose traces in files are still to be cleared away."""
    return bool(settings.own(connection, PENDING, False))


def cleared(connection: sqlite3.Connection) -> None:
    """The traces in files are gone, too."""
    settings.put_own(connection, PENDING, False)


def left(connection: sqlite3.Connection) -> set[int]:
    """Every appearance that is still known."""
    return set(_ids(connection, "SELECT id FROM appearance"))


def scrub(connection: sqlite3.Connection) -> None:
    """Leave nothing of deleted rows in the file: outside a transaction, seconds for each gigabyte of the library.

    The full-text index keeps deleted words until its parts are merged; the file keeps deleted rows until it is written
    anew, and the write-ahead log until it is folded in.
    """
    connection.execute("PRAGMA secure_delete = ON")
    try:
        words.optimize(connection)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def fold_log(connection: sqlite3.Connection) -> bool:
    """Fold the write-ahead log into the file and empty it; False while somebody still reads from it."""
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _with_findings(
    connection: sqlite3.Connection, people: Sequence[int], mine: Sequence[int], told: Sequence[int], names: list[str]
) -> Target:
    rows = connection.execute(
        "SELECT a.finding_id, a.asset_id, e.space_id FROM appearance a LEFT JOIN embedding e "
        "ON e.finding_id = a.finding_id WHERE a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(mine)),),
    ).fetchall()
    return Target(
        tuple(people), tuple(mine), tuple(row[0] for row in rows if row[0] is not None), tuple(told), tuple(names),
        tuple(sorted({row[1] for row in rows})), tuple(sorted({row[2] for row in rows if row[2] is not None})),
    )  # fmt: skip


def _told(connection: sqlite3.Connection) -> list[tuple[int, str, set[int], set[int]]]:
    """The decisions about people: number, verb, appearances and people that each speaks of."""
    marks = ", ".join("?" * len(decisions.PEOPLE))
    found = []
    for number, verb, *raw in connection.execute(
        f"SELECT id, verb, before, after FROM decision WHERE verb IN ({marks})", decisions.PEOPLE
    ):
        states = [json.loads(text) for text in raw]
        faces = {one for state in states for one in persons.faces_of(state)}
        found.append((number, verb, faces, {one for state in states for one in persons.people_of(state)}))
    return found


def _shell(connection: sqlite3.Connection, person_id: int) -> bool:
    return not _ids(connection, "SELECT 1 FROM appearance WHERE person_id = ? LIMIT 1", person_id)


def _forget_searches(connection: sqlite3.Connection, name: str) -> None:
    """Saved searches for a person who was erased keep the name: they go; a part of another word is no name."""
    named = re.compile(rf"(?<!\w){re.escape(name.casefold())}(?!\w)")
    rows = connection.execute("SELECT id, name, query FROM saved_search").fetchall()
    for number, title, query in rows:
        if named.search(f"{title}\n{query}".casefold()):
            connection.execute("DELETE FROM saved_search WHERE id = ?", (number,))


def _worded(connection: sqlite3.Connection, what: Target) -> int:
    """Texts of assets that name these people as who is seen there."""
    if not what.names:
        return 0
    rows = connection.execute("SELECT text FROM finding WHERE analyzer = '' AND label = 'person'")
    others = {row[0].casefold() for row in connection.execute("SELECT name FROM person WHERE name <> ''")}
    gone = {name.casefold() for name in what.names} - (others if not what.people else set())
    return sum(bool(gone & {name.casefold() for name in text.split(", ")}) for (text,) in rows)


def _count(connection: sqlite3.Connection, table: str, column: str, ids: Iterable[int], also: str = "1") -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {column} IN (SELECT value FROM json_each(?)) AND {also}"
    return int(connection.execute(sql, (json.dumps(list(ids)),)).fetchone()[0])


def _ids(connection: sqlite3.Connection, sql: str, *values: object) -> list[int]:
    return [row[0] for row in connection.execute(sql, values)]
