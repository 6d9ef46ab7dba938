"""Who appears where, for searches: names to people, and people who are seen or heard together."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from engine.model import Moment
from engine.store.fold import fold

LISTED = "IN (SELECT value FROM json_each(?))"
APART = 1.0  # seconds between two spans that still are one time


def ids(connection: sqlite3.Connection, names: Iterable[str]) -> list[int]:
    """The people that names mean: `#12` is that one; else it is a whole name, or the beginning of a part of one."""
    known = [(row[0], fold(row[1])) for row in connection.execute("SELECT id, name FROM person WHERE name <> ''")]
    found: dict[int, None] = {}
    for name in names:
        if name.startswith("#") and name[1:].isdigit():
            found[int(name[1:])] = None
            continue
        wanted = fold(name)
        exact = [person for person, folded in known if folded == wanted]
        found.update(dict.fromkeys(exact or [person for person, folded in known if f" {wanted}" in f" {folded}"]))
    return list(found)


def together(connection: sqlite3.Connection, people: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """The condition on `asset a` that of each group of names somebody appears, all in one picture or at one time."""
    tables, parts, values = [], [], list[str]()
    for number, names in enumerate(people):
        tables.append(f"appearance x{number}")
        parts.append(f"x{number}.person_id {LISTED}")
        values.append(json.dumps(ids(connection, names)))
        for other in range(number):
            parts.append(f"x{number}.asset_id = x{other}.asset_id AND {_meet(f'x{number}', f'x{other}')}")
    return f"a.id IN (SELECT x0.asset_id FROM {', '.join(tables)} WHERE {' AND '.join(parts)})", values


def _meet(one: str, other: str) -> str:
    """Both are on one page and at one time; what has no time or page is there all the time, as in a photo."""
    return (
        f"({one}.page IS NULL OR {other}.page IS NULL OR {one}.page = {other}.page) AND "
        f"({one}.start IS NULL OR {other}.start IS NULL OR ("
        f'{one}.start <= ifnull({other}."end", {other}.start) + {APART} AND '
        f'{other}.start <= ifnull({one}."end", {one}.start) + {APART}))'
    )


def speakers(connection: sqlite3.Connection, assets: Collection[int]) -> dict[int, list[tuple[str, float, float]]]:
    """Who has a name and is heard in these assets: name, first and last second of each stretch of speech."""
    rows = connection.execute(
        'SELECT x.asset_id, p.name, x.start, x."end", x.spans FROM appearance x '
        f"JOIN person p ON p.id = x.person_id WHERE x.asset_id {LISTED} AND x.sort = 'voice' "
        "AND p.name <> '' AND p.hidden = 0 AND x.start IS NOT NULL ORDER BY x.asset_id, x.start",
        (json.dumps(list(assets)),),
    )
    found: dict[int, list[tuple[str, float, float]]] = {}
    for asset, name, start, end, raw in rows:
        spans = [(a, b) for a, b, *_ in json.loads(raw)] if raw else [(start, start if end is None else end)]
        found.setdefault(asset, []).extend((name, a, b) for a, b in spans)
    return found


def moments(
    connection: sqlite3.Connection, people: Collection[int], assets: Collection[int]
) -> dict[int, list[tuple[Moment, str]]]:
    """Where these people appear in these assets: the moment and the name, in the order of time."""
    from engine.store.findings import moment_of

    rows = connection.execute(
        'SELECT x.asset_id, p.name, x.start, x."end", x.page, x.x, x.y, x.w, x.h FROM appearance x '
        f"JOIN person p ON p.id = x.person_id WHERE x.asset_id {LISTED} AND x.person_id {LISTED} "
        "ORDER BY x.asset_id, x.page, x.start, x.id",
        (json.dumps(list(assets)), json.dumps(list(people))),
    )
    found: dict[int, list[tuple[Moment, str]]] = {}
    for asset, name, *place in rows:
        found.setdefault(asset, []).append((moment_of(place), name))
    return found
