"""Conditions on assets turned into SQL over `asset a`, with the values of the library that they name."""

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.store import pets
from engine.store import who as people
from engine.store.fold import fold
from engine.store.plan import AllOf, AnyOf, Between, Condition, Is, Near, NotOf, Together, Within

Sql = tuple[str, list[Any]]
Pair = tuple[str, str]
SEEN = "(a.present > 0 OR a.offline > 0)"  # what searches and grids show: a file is in reach, or its drive is elsewhere
SPARSE = 20_000  # up to so many members a set is gathered once; a larger one is asked asset by asset

# What the index of findings by kind leaves out; it serves only who says so.
KINDED = "kind NOT IN ('text', 'shot', 'keyframe', 'cut')"
MEMBER = "a.id IN"  # how membership in a gathered set begins, and nothing else
LISTED = "IN (SELECT value FROM json_each(?))"
IN_REACH = "state IN ('present', 'offline')"
HAS_TEXT = (
    "(EXISTS(SELECT 1 FROM words_docsize WHERE id > a.id << 20 AND id <= (a.id << 20) | 1048575) "
    "AND EXISTS(SELECT 1 FROM finding WHERE asset_id = a.id AND analyzer <> '' AND kind = 'text' AND text <> ''))"
)
# Sets of assets: (every member, whether asset a is one); both take the same values.
SPEECH = (f"SELECT asset_id FROM finding WHERE kind = 'voice' AND {KINDED}",
          "EXISTS(SELECT 1 FROM finding WHERE asset_id = a.id AND kind = 'voice')")  # fmt: skip
FACES = (
    f"SELECT asset_id FROM finding WHERE kind = 'face' AND {KINDED} "
    f"UNION ALL SELECT asset_id FROM finding WHERE kind = 'part' AND {KINDED} AND label LIKE '%face%'",
    "EXISTS(SELECT 1 FROM finding WHERE asset_id = a.id "
    "AND (kind = 'face' OR (kind = 'part' AND label LIKE '%face%')))",
)
FOLDERS = (f"SELECT asset_id FROM file WHERE folder_id {LISTED} AND {IN_REACH}",
           f"EXISTS(SELECT 1 FROM file WHERE asset_id = a.id AND folder_id {LISTED} AND {IN_REACH})")  # fmt: skip
TAGS = (f"SELECT asset_id FROM asset_tag WHERE tag_id {LISTED}",
        f"EXISTS(SELECT 1 FROM asset_tag WHERE asset_id = a.id AND tag_id {LISTED})")  # fmt: skip
NO_NAME = "NOT EXISTS(SELECT 1 FROM named_tag n WHERE n.asset_id = x.asset_id AND n.tag_id = x.tag_id)"
OPEN_TAGS = (f"SELECT x.asset_id FROM asset_tag x WHERE x.tag_id {LISTED} AND {NO_NAME}",
             "EXISTS(SELECT 1 FROM asset_tag x WHERE x.asset_id = a.id "
             f"AND x.tag_id {LISTED} AND {NO_NAME})")  # fmt: skip
PEOPLE = (f"SELECT asset_id FROM appearance WHERE person_id {LISTED}",
          f"EXISTS(SELECT 1 FROM appearance WHERE asset_id = a.id AND person_id {LISTED})")  # fmt: skip
ALBUMS = (f"SELECT asset_id FROM album_member WHERE album_id {LISTED}",
          f"EXISTS(SELECT 1 FROM album_member WHERE asset_id = a.id AND album_id {LISTED})")  # fmt: skip
# Sets that a table lists by itself: favourites, notes, stacks.
TABLES = {
    name: (f"SELECT asset_id FROM {table}", f"EXISTS(SELECT 1 FROM {table} WHERE asset_id = a.id)")
    for name, table in (("favourite", "favourite"), ("note", "note"), ("stacked", "stacked"))
}
IDS = ("SELECT value FROM json_each(?)", f"a.id {LISTED}")
KM_OF_DEGREE = 111.195  # of latitude: the mean radius of the earth (IUGG) times pi / 180
FAILED = ("SELECT id FROM asset WHERE error_code <> '' UNION ALL SELECT asset_id FROM job WHERE state = 'failed'",
          "(a.error_code <> '' OR EXISTS(SELECT 1 FROM job WHERE asset_id = a.id AND state = 'failed'))")  # fmt: skip
WAITING = (
    "SELECT asset_id FROM job WHERE state = 'waiting' UNION ALL SELECT asset_id FROM job WHERE state = 'running'",
    "EXISTS(SELECT 1 FROM job WHERE asset_id = a.id AND state IN ('waiting', 'running'))",
)


def compiled(connection: sqlite3.Connection, condition: Condition) -> Sql:
    """Return the condition as SQL over `asset a` and its values."""
    if isinstance(condition, AllOf):
        return _joined(connection, condition.parts, " AND ", "1")
    if isinstance(condition, AnyOf):
        return _joined(connection, condition.parts, " OR ", "0")
    if isinstance(condition, NotOf):
        sql, values = compiled(connection, condition.part)
        return f"NOT ifnull(({sql}), 0)", values
    if isinstance(condition, Between):
        return _between(condition)
    if isinstance(condition, Together):
        return people.together(connection, condition.people)
    if isinstance(condition, Near):
        return near(connection, condition)
    if isinstance(condition, Within):
        return within(condition)
    if condition.name in _SETS:
        return _member(connection, *_SETS[condition.name](connection, condition))
    return _PROPERTIES[condition.name](connection, condition)


def few(connection: sqlite3.Connection, condition: Condition, where: Sql, most: int) -> list[int] | None:
    """The assets under `where` (which is `condition`) if an index shows that they are at most so many, else None."""
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        counted = _counted(connection, part)
        if counted is None:
            continue
        sql, values = counted
        if connection.execute(f"SELECT count(*) FROM ({sql} LIMIT {most + 1})", values).fetchone()[0] <= most:
            rows = connection.execute(f"SELECT a.id FROM asset a WHERE {SEEN} AND {where[0]}", where[1])
            return [row[0] for row in rows]
    return None


def _counted(connection: sqlite3.Connection, part: Condition) -> Sql | None:
    """A query with one row for each asset under a condition that an index answers; None where none does."""
    if isinstance(part, Is) and part.name in _SETS:
        every, values = _SETS[part.name](connection, part)
        return every[0], values
    indexed = isinstance(part, Between) or (
        isinstance(part, Is)
        and None not in part.values
        and part.name in {"kind", "place", "camera", "language", "twins"}
    )
    if not indexed:
        return None
    sql, values = compiled(connection, part)
    return f"SELECT 1 FROM asset a WHERE {SEEN} AND {sql}", values


def _joined(connection: sqlite3.Connection, parts: tuple[Condition, ...], word: str, empty: str) -> Sql:
    if not parts:
        return empty, []
    pairs = [compiled(connection, part) for part in parts]
    return "(" + word.join(sql for sql, _ in pairs) + ")", [value for _, values in pairs for value in values]


def _between(condition: Between) -> Sql:
    parts, values = [f"a.{condition.name} IS NOT NULL"], []
    for bound, sign in ((condition.low, ">="), (condition.high, "<")):
        if bound is not None:
            parts.append(f"a.{condition.name} {sign} ?")
            values.append(bound)
    return "(" + " AND ".join(parts) + ")", values


def _column(name: str) -> Callable[[sqlite3.Connection, Is], Sql]:
    def one_of(_: sqlite3.Connection, condition: Is) -> Sql:
        known = [value for value in condition.values if value is not None]
        sql = f"a.{name} IN ({', '.join('?' * len(known))})"
        return (f"({sql} OR ifnull(a.{name}, 0) = 0)" if None in condition.values else sql), known

    return one_of


def _member(connection: sqlite3.Connection, pair: Pair, values: list[Any]) -> Sql:
    """Membership in a set, asked in the way that is cheaper for its size."""
    every, one = pair
    count = connection.execute(f"SELECT count(*) FROM ({every} LIMIT {SPARSE + 1})", values).fetchone()[0]
    return (f"{MEMBER} ({every})" if count <= SPARSE else one), values


def _has(connection: sqlite3.Connection, condition: Is) -> Sql:
    parts, values = [], list[Any]()
    for value in condition.values:
        if value == "gps":
            parts.append("a.latitude IS NOT NULL")
        elif value == "text":
            parts.append(HAS_TEXT)
        else:
            sets = {"faces": FACES, "speech": SPEECH, "note": TABLES["note"]}
            sql, more = _member(connection, sets[str(value)], [])
            parts.append(sql)
            values += more
    return "(" + " OR ".join(parts) + ")", values


def _state(connection: sqlite3.Connection, condition: Is) -> Sql:
    parts = []
    for value in condition.values:
        if value == "offline":
            parts.append("(a.present = 0 AND a.offline > 0)")
        else:
            sets = {"failed": FAILED, "waiting": WAITING, **TABLES}
            parts.append(_member(connection, sets[str(value)], [])[0])
    return "(" + " OR ".join(parts) + ")", []


def _twins(_: sqlite3.Connection, condition: Is) -> Sql:
    bits = 0
    for value in condition.values:
        bits |= int(value or 0)
    return "(a.twins > 0 AND a.twins & ? > 0)", [bits]


def _folders(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    wanted = [_path(str(value)) for value in condition.values]
    ids = [folder for folder, path in folders(connection) if any(want in path for want in wanted)]
    return FOLDERS, [json.dumps(ids)]


def _tags(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    wanted = [str(value) for value in condition.values]
    plain = {fold(value) for value in wanted if not value.endswith("*")}
    begins = tuple(fold(value) for value in wanted if value.endswith("*"))
    ids = []
    for tag, name in connection.execute("SELECT id, name FROM tag"):
        folded = fold(name)
        if folded in plain or (begins and folded.startswith(begins)):
            ids.append(tag)
    return TAGS, [json.dumps(ids)]


def _open_tags(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    return OPEN_TAGS, _tags(connection, condition)[1]


def _named(column: str) -> Callable[[sqlite3.Connection, Is], Sql]:
    """A text column of few values: those whose words begin like the wanted ones, without regard to case and accents."""

    def one_of(connection: sqlite3.Connection, condition: Is) -> Sql:
        wanted = [f" {fold(str(value))}" for value in condition.values]
        names = [name for name, words in named(connection, column) if any(want in words for want in wanted)]
        return f"(a.{column} <> '' AND a.{column} {LISTED})", [json.dumps(names, ensure_ascii=False)]

    return one_of


def distinct(connection: sqlite3.Connection, column: str) -> list[str]:
    """The values of an indexed text column of assets, by jumping from one to the next through its index."""
    rows = connection.execute(
        f"WITH RECURSIVE v(x) AS (SELECT min({column}) FROM asset WHERE {column} <> '' UNION ALL "
        f"SELECT (SELECT min({column}) FROM asset WHERE {column} <> '' AND {column} > x) FROM v WHERE x IS NOT NULL) "
        "SELECT x FROM v WHERE x IS NOT NULL"
    )
    return [row[0] for row in rows]


def named(connection: sqlite3.Connection, column: str) -> Iterator[tuple[str, str]]:
    """The values of a column with their folded words (a space before each); places also with other names."""
    for name in distinct(connection, column):
        yield name, words_of(connection, column, name)


def words_of(connection: sqlite3.Connection, column: str, name: str) -> str:
    """The folded words of one value, as `named` gives them."""
    more = ""
    if column == "place":
        row = connection.execute(
            "SELECT country || ' ' || ifnull(json_extract(facts, '$.place_words'), '') FROM asset "
            "WHERE place <> '' AND place = ? LIMIT 1",
            (name,),
        ).fetchone()
        more = row[0] if row else ""
    return f" {folded(name)} {folded(more)}"


def folders(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Every folder's id and its folded path: /holidays/2019/"""
    for folder, shown in connection.execute("SELECT id, shown FROM folder"):
        yield folder, _path(shown) + "/"


@lru_cache(maxsize=131072)
def _path(shown: str) -> str:
    parts = (fold(part) for part in shown.replace("\\", "/").split("/"))
    return "/" + "/".join(part for part in parts if part)


folded = lru_cache(maxsize=131072)(fold)


def _people(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    return PEOPLE, [json.dumps(people.ids(connection, [str(value) for value in condition.values]))]


def _pets(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    known = pets.every(connection)
    return PEOPLE, [json.dumps([one for one in people.ids(connection, map(str, condition.values)) if one in known])]


def _albums(connection: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    return ALBUMS, [json.dumps(albums_named(connection, map(str, condition.values)))]


def albums_named(connection: sqlite3.Connection, wanted: Iterable[str]) -> list[int]:
    """The albums that are meant: by name whatever its case and accents, `name*` for a beginning, `#id`."""
    wanted = list(wanted)
    numbers = {one[1:] for one in wanted if one.startswith("#")}
    plain = {fold(one) for one in wanted if not one.startswith("#") and not one.endswith("*")}
    begins = tuple(fold(one) for one in wanted if one.endswith("*"))
    found = []
    for number, name in connection.execute("SELECT id, name FROM album"):
        folded_name = folded(name)
        if str(number) in numbers or folded_name in plain or (begins and folded_name.startswith(begins)):
            found.append(number)
    return found


def _ids(_: sqlite3.Connection, condition: Is) -> tuple[Pair, list[Any]]:
    return IDS, [json.dumps(list(condition.values))]


def near(connection: sqlite3.Connection, condition: Near) -> Sql:
    """Taken around a position. Distances are those of a plane that touches the earth there: right to a percent at
    hundreds of kilometres, wrong beyond, where nobody asks for what is near."""
    latitude, longitude = condition.latitude, condition.longitude
    if condition.place:
        middle = middle_of(connection, condition.place)
        if middle is None:
            return "0", []
        latitude, longitude = middle
    high = condition.km / KM_OF_DEGREE
    wide = KM_OF_DEGREE * max(0.01, math.cos(math.radians(latitude)))
    sql = (
        "(a.latitude IS NOT NULL AND a.latitude BETWEEN ? AND ? AND "
        "(a.latitude - ?) * (a.latitude - ?) * ? + "
        "min(abs(a.longitude - ?), 360 - abs(a.longitude - ?)) * min(abs(a.longitude - ?), 360 - abs(a.longitude - ?)) "
        "* ? <= ?)"
    )
    values = [latitude - high, latitude + high, latitude, latitude, KM_OF_DEGREE**2, *(longitude,) * 4, wide**2]
    return sql, [*values, condition.km**2]


def within(condition: Within) -> Sql:
    """Taken in a rectangle of the earth."""
    area = condition.area
    sides = "OR" if area.over else "AND"
    sql = f"(a.latitude IS NOT NULL AND a.latitude BETWEEN ? AND ? AND (a.longitude >= ? {sides} a.longitude <= ?))"
    return sql, [area.south, area.north, area.west, area.east]


def middle_of(connection: sqlite3.Connection, place: str) -> tuple[float, float] | None:
    """Where the assets of a place were taken, in the middle; None where none knows its position."""
    sql, values = _named("place")(connection, Is("place", (place,)))
    row = connection.execute(
        f"SELECT avg(a.latitude), avg(a.longitude) FROM asset a WHERE a.latitude IS NOT NULL AND {sql}", values
    ).fetchone()
    return None if row[0] is None else (row[0], row[1])


_SETS: Mapping[str, Callable[[sqlite3.Connection, Is], tuple[Pair, list[Any]]]] = {
    "folder": _folders, "tag": _tags, "open tag": _open_tags, "person": _people, "pet": _pets, "id": _ids,
    "album": _albums,
}  # fmt: skip
_PROPERTIES: Mapping[str, Callable[[sqlite3.Connection, Is], Sql]] = {
    "kind": _column("kind"), "safety": _column("safety"), "language": _column("language"), "rating": _column("rating"),
    "place": _named("place"), "camera": _named("camera"), "has": _has, "twins": _twins, "state": _state,
}  # fmt: skip
