"""How often each value of a property occurs among some assets.

Of more than `SAMPLED` assets so many are looked at, spread evenly over all of them by their ids, and the counts are
those of the sample in proportion, rounded to two digits: narrowing has to be proposed at once, also of a million.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from engine.store.fold import tokens
from engine.store.plan import Plan
from engine.store.where import KINDED, SEEN, compiled

SAMPLED = 20_000
MOST = 12  # values of one property

Counts = list[tuple[str, str, int]]  # value as a filter takes it, as it is shown, how many


def every(connection: sqlite3.Connection, plan: Plan) -> list[int]:
    """Every asset under the conditions of a plan without words."""
    pairs = [compiled(connection, branch.where) for branch in plan.branches] or [("1", [])]
    where = " OR ".join(f"({sql})" for sql, _ in pairs)
    row = connection.execute(
        f"SELECT group_concat(a.id) FROM asset a WHERE {SEEN} AND ({where})",
        [value for _, values in pairs for value in values],
    ).fetchone()
    return sorted(json.loads(f"[{row[0] or ''}]"))


def counts(connection: sqlite3.Connection, assets: Sequence[int]) -> dict[str, Counts]:
    """The most frequent values of each filter among these assets (in order of id)."""
    step = max(1, -(-len(assets) // SAMPLED))
    part = json.dumps(list(assets[::step]))
    found: dict[str, Counts] = {}
    tallies = _columns(connection, part)
    for name, tally in tallies.items():
        found[name] = [(value, value, count) for value, count in tally.most_common(MOST)]
    found["year"].sort(key=lambda row: row[0], reverse=True)
    found["person"] = _people(connection, part)
    found["tag"] = _grouped(
        connection, part,
        "SELECT t.name, count(DISTINCT v.value) FROM json_each(?) v CROSS JOIN asset_tag x ON x.asset_id = v.value "
        "JOIN tag t ON t.id = x.tag_id GROUP BY t.id",
    )  # fmt: skip
    found["album"] = _grouped(
        connection, part,
        "SELECT b.name, count(*) FROM json_each(?) v CROSS JOIN album_member m ON m.asset_id = v.value "
        "JOIN album b ON b.id = m.album_id GROUP BY b.id",
    )  # fmt: skip
    found.update(_findings(connection, part))
    if step > 1:
        found = {name: [(value, shown, _about(count * step)) for value, shown, count in rows]
                 for name, rows in found.items()}  # fmt: skip
    return found


def _columns(connection: sqlite3.Connection, part: str) -> dict[str, Counter[str]]:
    rows = connection.execute(
        "SELECT a.kind, a.year, a.place, a.camera, a.safety FROM json_each(?) v "
        f"CROSS JOIN asset a ON a.id = v.value WHERE {SEEN}",
        (part,),
    ).fetchall()
    names = ("type", "year", "place", "camera", "safe")
    return {name: Counter(str(row[at]) for row in rows if row[at] not in (None, "")) for at, name in enumerate(names)}


def _people(connection: sqlite3.Connection, part: str) -> Counts:
    rows = connection.execute(
        "SELECT p.id, p.name, count(DISTINCT v.value) AS n FROM json_each(?) v "
        "CROSS JOIN appearance x ON x.asset_id = v.value JOIN person p ON p.id = x.person_id "
        "WHERE p.hidden = 0 AND p.name <> '' GROUP BY p.id ORDER BY n DESC, p.name LIMIT ?",
        (part, MOST),
    )
    return [(name, name, count) for _, name, count in rows]


def _grouped(connection: sqlite3.Connection, part: str, sql: str) -> Counts:
    rows = sorted(connection.execute(sql, (part,)), key=lambda row: (-row[1], row[0]))
    return [(str(value), str(value), count) for value, count in rows[:MOST]]


def _findings(connection: sqlite3.Connection, part: str) -> dict[str, Counts]:
    names = {"object": "shows", "label": "shows", "sound": "sound", "pose": "pose"}
    places: dict[str, dict[str, set[int]]] = {name: {} for name in names.values()}
    for kind, name in names.items():
        rows: Iterable[tuple[str, str]] = connection.execute(
            "SELECT f.text, group_concat(DISTINCT f.asset_id) FROM json_each(?) v CROSS JOIN finding f "
            f"ON f.asset_id = v.value AND f.kind = ? WHERE f.{KINDED} AND f.text <> '' GROUP BY f.text",
            (part, kind),
        )
        for text, assets in rows:
            places[name].setdefault(text, set()).update(json.loads(f"[{assets}]"))
    return {name: _found(held, apart=name == "pose") for name, held in places.items()}


def _found(places: Mapping[str, set[int]], *, apart: bool) -> Counts:
    """How many assets each value finds as a filter: also those where it stands among other words ("dog", "hot dog").

    `apart`: the values of one text stand side by side ("standing, arms up").
    """
    words = {text: f" {' '.join(tokens(text))} " for text in places}
    values: Counter[str] = Counter()
    for text, assets in places.items():
        for value in text.split(", ") if apart else (text,):
            values[value] += len(assets)
    counts: Counter[str] = Counter()
    for value, _ in values.most_common(MOST * 2):
        wanted = f" {' '.join(tokens(value))} "
        counts[value] = len(set[int]().union(*(places[text] for text, all_ in words.items() if wanted in all_)))
    return [(value, value, count) for value, count in counts.most_common(MOST)]


def _about(count: int) -> int:
    """A count of a sample in proportion, to two digits."""
    size: int = 10 ** max(0, len(str(count)) - 2)
    return round(count / size) * size
