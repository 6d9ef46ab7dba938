"""Values of the library that a search box can propose: cameras, places, years, tags, folders ..., with counts."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial as with_

from engine.store.fold import fold
from engine.store.pets import PERSON
from engine.store.where import KINDED, SEEN, distinct, folders, named

MOST = 40  # values of one kind that are counted
COUNTED = 1_000  # assets of one value that are counted
LOOKED = 50_000  # things that analyzers found among which values are proposed


def values(connection: sqlite3.Connection, name: str, partial: str, limit: int) -> list[tuple[str, int]]:
    """Values of a property that match what is typed, with their assets.

    Properties: place, camera, language, year, tag, folder, person, pet, shows, pose, sound, logo, album.

    A value matches when one of its words begins like `partial`; the most frequent come first.
    """
    found = list(_VALUES[name](connection, fold(partial)))
    found = [(value, count) for value, count in found if count]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return found[:limit]


def _few(names: Iterator[str], count: Callable[[str], int]) -> Iterator[tuple[str, int]]:
    for number, name in enumerate(names):
        if number == MOST:
            return
        yield name, count(name)


def _number(connection: sqlite3.Connection, sql: str, *arguments: object) -> int:
    """How many rows `sql` has, counted up to `COUNTED`."""
    return int(connection.execute(f"SELECT count(*) FROM ({sql} LIMIT {COUNTED})", arguments).fetchone()[0])


def _column(column: str) -> Callable[[sqlite3.Connection, str], Iterator[tuple[str, int]]]:
    def found(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
        sql = f"SELECT 1 FROM asset a WHERE a.{column} <> '' AND a.{column} = ? AND {SEEN}"
        names = (name for name, words in named(connection, column) if f" {partial}" in words)
        return _few(names, lambda name: _number(connection, sql, name))

    return found


def _languages(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    sql = f"SELECT 1 FROM asset a WHERE a.language <> '' AND a.language = ? AND {SEEN}"
    names = (name for name in distinct(connection, "language") if name.startswith(partial))
    return _few(names, lambda name: _number(connection, sql, name))


def _years(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    rows = connection.execute(
        "WITH RECURSIVE v(x) AS (SELECT max(year) FROM asset UNION ALL "
        "SELECT (SELECT max(year) FROM asset WHERE year < x) FROM v WHERE x IS NOT NULL) "
        "SELECT x FROM v WHERE x IS NOT NULL"
    )
    names = (str(row[0]) for row in rows if str(row[0]).startswith(partial))
    return _few(
        names, lambda name: _number(connection, f"SELECT 1 FROM asset a WHERE a.year = ? AND {SEEN}", int(name))
    )


def _tags(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    sql = "SELECT DISTINCT asset_id FROM asset_tag WHERE tag_id = (SELECT id FROM tag WHERE name = ?)"
    rows = connection.execute("SELECT name FROM tag")
    names = (row[0] for row in rows if f" {partial}" in f" {fold(row[0])}")
    return _few(names, lambda name: _number(connection, sql, name))


def _folders(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    sql = "SELECT DISTINCT asset_id FROM file WHERE folder_id = ? AND state IN ('present', 'offline')"
    last = f"/{partial}"
    matching = [folder for folder, path in folders(connection) if last in path[path[:-1].rfind("/") :]]
    for folder in matching[:MOST]:
        shown = connection.execute("SELECT shown FROM folder WHERE id = ?", (folder,)).fetchone()[0]
        name = shown.replace("\\", "/").rstrip("/").rpartition("/")[2]
        yield name, _number(connection, sql, folder)


def _persons(connection: sqlite3.Connection, partial: str, *, pets: bool = False) -> Iterator[tuple[str, int]]:
    rows = connection.execute(
        f"SELECT name FROM person p WHERE name <> '' AND hidden = 0 AND (NOT ? OR {PERSON}) GROUP BY name "
        "ORDER BY max(used) DESC, name",
        (pets,),
    )
    sql = (
        "SELECT DISTINCT x.asset_id FROM person p JOIN appearance x ON x.person_id = p.id "
        "WHERE p.name <> '' AND p.name = ? COLLATE NOCASE"
    )
    names = (row[0] for row in rows if f" {partial}" in f" {fold(row[0])}")
    return _few(names, lambda name: _number(connection, sql, name))


def _found(*kinds: str) -> Callable[[sqlite3.Connection, str], Iterator[tuple[str, int]]]:
    """What analyzers called the things of these kinds, told from so many of them."""
    marks = ", ".join("?" * len(kinds))

    def found(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
        rows = connection.execute(
            "SELECT text, count(DISTINCT asset_id) FROM (SELECT text, asset_id FROM finding "
            f"WHERE kind IN ({marks}) AND {KINDED} LIMIT {LOOKED}) WHERE text <> '' GROUP BY text",
            kinds,
        )
        return ((text, count) for text, count in rows if f" {partial}" in f" {fold(text)}")

    return found


def _logos(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    rows = connection.execute("SELECT name, count(*) FROM logo GROUP BY name COLLATE NOCASE")
    return ((name, count) for name, count in rows if f" {partial}" in f" {fold(name)}")


def _albums(connection: sqlite3.Connection, partial: str) -> Iterator[tuple[str, int]]:
    rows = connection.execute("SELECT id, name FROM album").fetchall()
    names = {name: number for number, name in rows if f" {partial}" in f" {fold(name)}"}
    sql = "SELECT 1 FROM album_member WHERE album_id = ?"
    return _few(iter(names), lambda name: _number(connection, sql, names[name]))


_VALUES: Mapping[str, Callable[[sqlite3.Connection, str], Iterator[tuple[str, int]]]] = {
    "place": _column("place"),
    "camera": _column("camera"),
    "language": _languages,
    "year": _years,
    "tag": _tags,
    "folder": _folders,
    "person": _persons,
    "pet": with_(_persons, pets=True),
    "shows": _found("object", "label"),
    "pose": _found("pose"),
    "sound": _found("sound"),
    "logo": _logos,
    "album": _albums,
}
