"""How often each value of a property occurs among some assets.

Unless exact counts are asked for, of more than `SAMPLED` assets so many are looked at, spread evenly over all of them
by their ids, and the counts are those of the sample in proportion, rounded to two digits: narrowing has to be proposed
at once, also of a million.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from engine.store.fold import fold, tokens
from engine.store.plan import Plan
from engine.store.where import KINDED, SEEN, compiled, words_of

SAMPLED = 20_000
MOST = 12  # values of one property

SIGNS = frozenset('"“”„«»')
_OF = "group_concat(DISTINCT v.value)"
PEOPLE = (
    f"SELECT p.name, {_OF}, min(p.hidden) FROM json_each(?) v CROSS JOIN appearance x ON x.asset_id = v.value "
    "JOIN person p ON p.id = x.person_id WHERE p.name <> '' GROUP BY p.id ORDER BY p.id"
)
TAGS = (
    f"SELECT t.name, {_OF}, 0 FROM json_each(?) v CROSS JOIN asset_tag x ON x.asset_id = v.value "
    "JOIN tag t ON t.id = x.tag_id GROUP BY t.id ORDER BY t.id"
)
ALBUMS = (
    f"SELECT b.name, {_OF}, 0 FROM json_each(?) v CROSS JOIN album_member m ON m.asset_id = v.value "
    "JOIN album b ON b.id = m.album_id GROUP BY b.id ORDER BY b.id"
)

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


def seen(connection: sqlite3.Connection, assets: Iterable[int]) -> list[int]:
    """Of these assets those that lists show, in order of id."""
    row = connection.execute(
        f"SELECT group_concat(a.id) FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value WHERE {SEEN}",
        (json.dumps(list(assets)),),
    ).fetchone()
    return sorted(json.loads(f"[{row[0] or ''}]"))


def counts(connection: sqlite3.Connection, assets: Sequence[int], *, exact: bool) -> tuple[dict[str, Counts], bool]:
    """The most frequent values of each filter among these assets (in order of id), and whether they are estimated.

    A count is what the filter finds among them, also where that is more than the value itself: "Nikon Z 6" finds the
    "Nikon Z 6 II" too.
    """
    step = 1 if exact else max(1, -(-len(assets) // SAMPLED))
    part = json.dumps(list(assets[::step]))
    tallies = _columns(connection, part)
    found: dict[str, Counts] = {name: _most(tallies[name]) for name in ("type", "safe")}
    found["year"] = sorted(_most(tallies["year"]), key=lambda row: row[0], reverse=True)
    for name in ("place", "camera"):
        found[name] = _begun(connection, name, tallies[name])
    found["person"] = _same(connection, part, PEOPLE)
    found["tag"] = _same(connection, part, TAGS)
    found["album"] = _same(connection, part, ALBUMS)
    found.update(_findings(connection, part))
    if step > 1:
        found = {name: [(value, shown, _about(count * step)) for value, shown, count in rows]
                 for name, rows in found.items()}  # fmt: skip
    return found, step > 1


def _columns(connection: sqlite3.Connection, part: str) -> dict[str, Counter[str]]:
    rows = connection.execute(
        "SELECT a.kind, a.year, a.place, a.camera, a.safety FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value",
        (part,),
    ).fetchall()
    names = ("type", "year", "place", "camera", "safe")
    return {name: Counter(str(row[at]) for row in rows if row[at] not in (None, "")) for at, name in enumerate(names)}


def _most(tally: Counter[str]) -> Counts:
    return [(value, value, count) for value, count in tally.most_common(MOST)]


def _begun(connection: sqlite3.Connection, column: str, tally: Counter[str]) -> Counts:
    """Values of a text column: each with those that have words which begin so, as the filter finds them."""
    words = {name: words_of(connection, column, name) for name in tally}
    found: Counter[str] = Counter()
    for value, _ in tally.most_common(MOST * 2):
        if typed(value):
            wanted = f" {fold(value)}"
            found[value] = sum(count for name, count in tally.items() if wanted in words[name])
    return _most(found)


def _same(connection: sqlite3.Connection, part: str, sql: str) -> Counts:
    """Names that assets have: those that differ only in case and accents are one for a filter."""
    held: dict[str, set[int]] = {}
    shown: dict[str, str] = {}
    for name, assets, hidden in connection.execute(sql, (part,)):
        key = fold(name)
        held.setdefault(key, set()).update(json.loads(f"[{assets}]"))
        if typed(name) and not hidden:
            shown.setdefault(key, name)
    found = Counter({shown[key]: len(assets) for key, assets in held.items() if key in shown})
    return sorted(_most(found), key=lambda row: (-row[2], row[0]))


def typed(value: str) -> bool:
    """Whether a filter can be asked for exactly this value: it has a letter or digit and no sign of the language."""
    return bool(fold(value)) and not value.startswith(("#", "[")) and not value.endswith("*") and not SIGNS & set(value)


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
        if not typed(value):
            continue
        wanted = f" {' '.join(tokens(value))} "
        counts[value] = len(set[int]().union(*(places[text] for text, all_ in words.items() if wanted in all_)))
    return [(value, value, count) for value, count in counts.most_common(MOST)]


def _about(count: int) -> int:
    """A count of a sample in proportion, to two digits."""
    size: int = 10 ** max(0, len(str(count)) - 2)
    return round(count / size) * size
