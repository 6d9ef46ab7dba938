"""How often each value of a property occurs among some assets.

Unless exact counts are asked for, of more than `SAMPLED` assets so many are looked at, spread evenly over all of them
by their ids, and the counts are those of the sample in proportion, rounded to two digits: narrowing has to be proposed
at once, also of a million. Exact counts look at all of them, `SAMPLED` at a time: a million in hand at once would be
hundreds of megabytes.
"""

import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.store.fold import fold, tokens
from engine.store.numbers import numbers, parts
from engine.store.plan import Plan
from engine.store.where import KINDED, NO_NAME, SEEN, compiled, words_of

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
OPEN_TAGS = TAGS.replace("GROUP BY", f"WHERE {NO_NAME} GROUP BY")
NAMED = {"person": PEOPLE, "tag": TAGS, "album": ALBUMS}
NAMELESS = {"tag": OPEN_TAGS, "album": ALBUMS}

Counts = list[tuple[str, str, int]]  # value as a filter takes it, as it is shown, how many
COLUMNS = {"type": "kind", "year": "year", "place": "place", "camera": "camera", "safe": "safety"}
KINDS = {"shows": ("object", "label"), "sound": ("sound",), "pose": ("pose",)}


def every(connection: sqlite3.Connection, plan: Plan) -> "array[int]":
    """Every asset under the conditions of a plan without words, in order of id."""
    where, values = _under(connection, plan)
    sql = f"SELECT group_concat(a.id) FROM asset a WHERE {SEEN} AND ({where})"
    return numbers(connection, sql, values, ascending=True)


def count(connection: sqlite3.Connection, plan: Plan) -> int:
    """How many assets are under the conditions of a plan without words."""
    where, values = _under(connection, plan)
    row = connection.execute(f"SELECT count(*) FROM asset a WHERE {SEEN} AND ({where})", values).fetchone()
    return int(row[0])


def seen(connection: sqlite3.Connection, assets: "array[int]") -> "array[int]":
    """Of these assets (in order of id) those that lists show."""
    found = array("q")
    sql = f"SELECT group_concat(a.id) FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value WHERE {SEEN}"
    for part in parts(assets):
        found.extend(numbers(connection, sql, (json.dumps(part),), ascending=True))
    return found


def _under(connection: sqlite3.Connection, plan: Plan) -> tuple[str, list[object]]:
    pairs = [compiled(connection, branch.where) for branch in plan.branches] or [("1", [])]
    return " OR ".join(f"({sql})" for sql, _ in pairs), [value for _, values in pairs for value in values]


def counts(
    connection: sqlite3.Connection, assets: Sequence[int], *, exact: bool, names: bool = True
) -> tuple[dict[str, Counts], bool]:
    """The most frequent values of each filter among these assets (in order of id), and whether they are estimated.

    A count is what the filter finds among them, also where that is more than the value itself: "Nikon Z 6" finds the
    "Nikon Z 6 II" too. Without `names` nobody has one, and tags that are names are not there.
    """
    step = 1 if exact else max(1, -(-len(assets) // SAMPLED))
    tally = _Tally(NAMED if names else NAMELESS)
    for part in _parts(assets, step):
        tally.add(connection, part)
    found = tally.counts(connection)
    found.update(_findings(connection, assets, step, tally.texts))
    if step > 1:
        found = {name: [(value, shown, _about(count * step)) for value, shown, count in rows]
                 for name, rows in found.items()}  # fmt: skip
    return found, step > 1


def _parts(assets: Sequence[int], step: int) -> Iterator[str]:
    """Every `step`th of the assets in lists of JSON, each short enough to be held in several forms at once."""
    for start in range(0, len(assets), SAMPLED * step):
        yield json.dumps(list(assets[start : start + SAMPLED * step : step]))


class _Tally:
    """What was counted so far; parts of the assets have no asset in common, so their counts add up."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = named
        self.columns: dict[str, Counter[str]] = {name: Counter() for name in COLUMNS}
        self.names: dict[str, Counter[str]] = {name: Counter() for name in named}  # by their folded spelling
        self.shown: dict[str, dict[str, str]] = {name: {} for name in named}
        self.texts: dict[str, Counter[str]] = {name: Counter() for name in KINDS}

    def add(self, connection: sqlite3.Connection, part: str) -> None:
        """Count one part more."""
        for name, column in COLUMNS.items():
            rows = connection.execute(
                f"SELECT a.{column}, count(*) FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value "
                f"WHERE a.{column} <> '' GROUP BY 1 ORDER BY min(v.key)",
                (part,),
            )
            self.columns[name].update({str(value): count for value, count in rows})
        for name, sql in self._named.items():
            self._add_names(name, connection.execute(sql, (part,)))
        for name, kinds in KINDS.items():
            rows = connection.execute(
                "SELECT f.text, count(DISTINCT f.asset_id) FROM json_each(?) v CROSS JOIN finding f "
                f"ON f.asset_id = v.value AND f.kind IN ({_marks(kinds)}) WHERE f.{KINDED} AND f.text <> '' "
                "GROUP BY f.text",
                (part, *kinds),
            )
            self.texts[name].update(dict(rows))

    def _add_names(self, name: str, rows: Iterable[tuple[str, str, int]]) -> None:
        """Names that assets have: those that differ only in case and accents are one for a filter."""
        held: dict[str, set[int]] = {}
        for spelled, assets, hidden in rows:
            key = fold(spelled)
            held.setdefault(key, set()).update(json.loads(f"[{assets}]"))
            if typed(spelled) and not hidden:
                self.shown[name].setdefault(key, spelled)
        self.names[name].update({key: len(assets) for key, assets in held.items()})

    def counts(self, connection: sqlite3.Connection) -> dict[str, Counts]:
        """The most frequent values of columns and names."""
        found: dict[str, Counts] = {name: _most(self.columns[name]) for name in ("type", "safe")}
        found["year"] = sorted(_most(self.columns["year"]), key=lambda row: row[0], reverse=True)
        for name in ("place", "camera"):
            found[name] = _begun(connection, name, self.columns[name])
        for name, shown in self.shown.items():
            own = Counter({shown[key]: count for key, count in self.names[name].items() if key in shown})
            found[name] = sorted(_most(own), key=lambda row: (-row[2], row[0]))
        return found


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


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


def typed(value: str) -> bool:
    """Whether a filter can be asked for exactly this value: it has a letter or digit and no sign of the language."""
    return bool(fold(value)) and not value.startswith(("#", "[")) and not value.endswith("*") and not SIGNS & set(value)


def _findings(
    connection: sqlite3.Connection, assets: Sequence[int], step: int, texts: Mapping[str, Counter[str]]
) -> dict[str, Counts]:
    """How many assets each value finds as a filter: also those where it stands among other words ("dog", "hot dog")."""
    found: dict[str, Counts] = {}
    for name, kinds in KINDS.items():
        holding = _holding(texts[name], apart=name == "pose")
        several = {value: own for value, own in holding.items() if len(own) > 1}
        counts = Counter({value: texts[name][own[0]] for value, own in holding.items() if value not in several})
        if several:
            for part in _parts(assets, step):
                counts.update(_together(connection, part, kinds, several))
        found[name] = [(value, value, count) for value, count in sorted(counts.most_common(MOST), key=_by_count)]
    return found


def _by_count(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]


def _holding(texts: Counter[str], *, apart: bool) -> dict[str, list[str]]:
    """The most frequent values, each with the texts in which it stands.

    `apart`: the values of one text stand side by side ("standing, arms up").
    """
    words = {text: f" {' '.join(tokens(text))} " for text in texts}
    values: Counter[str] = Counter()
    for text, count in texts.items():
        for value in text.split(", ") if apart else (text,):
            values[value] += count
    wanted = {value: f" {' '.join(tokens(value))} " for value, _ in values.most_common(MOST * 2) if typed(value)}
    return {value: [text for text, all_ in words.items() if one in all_] for value, one in wanted.items()}


def _together(
    connection: sqlite3.Connection, part: str, kinds: Sequence[str], several: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """How many assets of a part have any of a value's texts."""
    rows = connection.execute(
        f"SELECT f.text, {_OF} FROM json_each(?) v CROSS JOIN finding f ON f.asset_id = v.value "
        f"AND f.kind IN ({_marks(kinds)}) WHERE f.{KINDED} AND f.text IN (SELECT value FROM json_each(?)) "
        "GROUP BY f.text",
        (part, *kinds, json.dumps(sorted({text for texts in several.values() for text in texts}))),
    )
    held: dict[str, set[int]] = {text: set(json.loads(f"[{assets}]")) for text, assets in rows}
    return {value: len(set[int]().union(*(held.get(text, ()) for text in own))) for value, own in several.items()}


def _about(count: int) -> int:
    """A count of a sample in proportion, to two digits."""
    size: int = 10 ** max(0, len(str(count)) - 2)
    return round(count / size) * size
